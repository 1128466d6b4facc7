"""ADA409: events over a connection that another request has used, as senders and proxies keep connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import signed
from ada_contract_tests.rules import expecting
from ada_contract_tests.suites.body_sizes import letter
from ada_contract_tests.suites.signatures import UNSIGNED
from ada_contract_tests.suites.suite import Suite
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.case import CaseRun, Deliver, Seal

    FirstRequest = Callable[[CaseRun], tuple[dict[str, Any] | bytes, Seal]]

__all__ = ["cases"]


def _over_the_connection_of(first: FirstRequest, after: str) -> Deliver:
    labels = (f"first: {after}", f"an ordinary event after {after}")
    return lambda run: run.in_turn(first(run), run.event(), labels=labels)


FIRST_REQUESTS: dict[str, tuple[str, FirstRequest]] = {
    "event": ("another event", lambda run: (run.event(key="first"), signed)),
    "forgery": ("a large forgery", lambda run: (letter(run, 64), UNSIGNED)),
    "malformed": ("malformed JSON", lambda run: (encode(run.event(key="first"))[:-20], signed)),
}
"""The request that comes first, by name: in words, and how it is made.

Malformed JSON is signed: only the owner of the secret could send it."""

cases = Suite("ADA409")
for name, (after, first) in FIRST_REQUESTS.items():
    cases.add(
        f"connection:after-{name}",
        f"an event comes over the connection of {after}",
        of="conversation.message",
        deliver=_over_the_connection_of(first, after),
        needs=("http", "target"),
        expect=expecting("ADA409", severity="warning") if name == "malformed" else None,
    )
