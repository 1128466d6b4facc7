"""ADA409: events over a connection that another request has used, as senders and proxies keep connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import case, signed
from ada_contract_tests.suites.body_sizes import letter
from ada_contract_tests.suites.signatures import UNSIGNED
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ada_contract_tests.case import Case, CaseRun, Seal
    from ada_schemas.contract.contract import Contract

__all__ = ["cases"]

FirstRequest = tuple[dict[str, Any] | bytes, "Seal"]


def _over_the_connection_of(
    first: Callable[[CaseRun], FirstRequest], after: str
) -> Callable[[CaseRun], Awaitable[None]]:
    async def deliver(run: CaseRun) -> None:
        labels = (f"first: {after}", f"an ordinary event after {after}")
        await run.in_turn(first(run), run.event(), labels=labels)

    return deliver


def _another_event(run: CaseRun) -> FirstRequest:
    return run.event(key="first"), signed


def _large_forgery(run: CaseRun) -> FirstRequest:
    return letter(run, 64), UNSIGNED


def _cut_off(run: CaseRun) -> FirstRequest:
    return encode(run.event(key="first"))[:-20], signed


FIRST_REQUESTS = (
    ("event", "another event", _another_event),
    ("forgery", "a large forgery", _large_forgery),
    ("malformed", "malformed JSON", _cut_off),
)
"""The request that comes first, by name: in words, and how it is made."""


def cases(contract: Contract, event: str) -> Iterator[Case]:  # noqa: ARG001 - every suite is asked alike
    """A message over each of these connections."""
    if event != "conversation.message":
        return
    for name, after, first in FIRST_REQUESTS:
        yield case(
            f"{event}/connection:after-{name}",
            "ADA409",
            event,
            f"an event comes over the connection of {after}",
            deliver=_over_the_connection_of(first, after),
            needs=("http", "target"),
        )
