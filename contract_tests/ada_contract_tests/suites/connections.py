"""ADA409: events over a connection that another request has used, as senders and proxies keep connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.engine.case_run import Attempt
from ada_contract_tests.suites.body_sizes import letter
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ada_contract_tests.engine.case_run import Stage
    from ada_mockserver.delivery.http import Headers

    FirstRequest = Callable[[Stage], tuple[Headers, bytes]]

__all__ = ["FIRST_REQUESTS", "over_the_connection_of"]


def over_the_connection_of(first: FirstRequest, after: str) -> Callable[[Stage], Awaitable[None]]:
    """Delivers an ordinary event over the connection of another request, which ``after`` names."""

    async def run(stage: Stage) -> None:
        courier, event, message_id = stage.courier, stage.event(stage.case.event), stage.courier.new_id()
        body = encode(event)
        true = courier.signed(body, message_id, courier.now()), body
        (before, _), (answer, reused) = await courier.requests_in_turn([first(stage), true])
        stage.record_unauthentic(before, label=f"first: {after}")
        where = "over the same connection" if reused else "over a new connection"
        label = f"an ordinary event after {after}, {where}"
        attempt = stage.record(Attempt(stage.case.id, stage.case.event, message_id, answer, label=label))
        await stage.redeliver_wanted([(attempt, event)])

    return run


def _another_event(stage: Stage) -> tuple[Headers, bytes]:
    courier, body = stage.courier, encode(stage.event(stage.case.event, "first"))
    return courier.signed(body, courier.new_id(), courier.now()), body


def _large_forgery(stage: Stage) -> tuple[Headers, bytes]:
    return (), encode(letter(stage, 64))


def _cut_off(stage: Stage) -> tuple[Headers, bytes]:
    courier, body = stage.courier, encode(stage.event(stage.case.event, "first"))[:-20]
    return courier.signed(body, courier.new_id(), courier.now()), body


FIRST_REQUESTS: tuple[tuple[str, str, FirstRequest], ...] = (
    ("event", "another event", _another_event),
    ("forgery", "a large forgery", _large_forgery),
    ("malformed", "malformed JSON", _cut_off),
)
"""What comes first, by name: in words, and how it is made (signature headers and body)."""
