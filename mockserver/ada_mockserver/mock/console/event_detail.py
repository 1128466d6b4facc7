"""An event as its page shows it: its deliveries with their attempts, and its neighbours."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from ada_mockserver.delivery.signing import PARTS
from ada_mockserver.mock.console.event_list import ListedDelivery, ListedEvent, conversation_in, holds_text
from ada_mockserver.mock.store.models import Delivery, Endpoint, Event, LoggedAttempt
from ada_schemas.contract.profile import BOTH
from ada_schemas.shown import shown_json, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = [
    "EventDetail",
    "ShownAttempt",
    "ShownDelivery",
    "neighbours",
    "plain_text",
    "read_detail",
    "readable",
]

MOST_ATTEMPTS = 40
"""Attempts that are shown of one event, the newest; the list of attempts has all."""

NEAR = 3_000
"""Events before and after one among which its neighbours in the conversation are looked for."""


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """An attempt; ``waited`` is the time since the one before it ended, None for the first.

    ``signature`` holds the three headers that a receiver verifies, as they were sent; ``answer`` is the
    answer's body as text, None where there was no answer.
    """

    ordinal: int
    id: str
    number: int
    at: float
    elapsed: float | None
    state: str
    status: int | None
    error_kind: str | None
    error: str | None
    trigger: str
    chaos: tuple[str, ...]
    url: str
    headers: Sequence[tuple[str, str]]
    answer_headers: Sequence[tuple[str, str]]
    answer: str | None
    next_at: float | None
    waited: float | None = None

    @property
    def outcome(self) -> str:
        """The status, the kind of error, or the state, whichever says most."""
        return str(self.status or self.error_kind or self.state)

    @property
    def signature(self) -> dict[str, str]:
        """The headers of the signature, by their names: of two families those that come first."""
        found = {name.lower(): value for name, value in self.headers}
        first = next((f for name in found for f in BOTH if name == f"{f}-id"), "")
        return {name: found[name] for part in PARTS if (name := f"{first}-{part}") in found}


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """An event for one endpoint: how far it is, its attempts in their order, and what the schedule holds.

    ``waits`` are the seconds of the tries that are left after the next one fails, without those that chance
    and the endpoint add; ``gone`` says why nothing can be sent to the endpoint, "" where it can.
    """

    endpoint_id: str
    url: str
    gone: str
    state: str
    reason: str
    due_at: float | None
    attempts: list[ShownAttempt]
    waits: Sequence[float]
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class EventDetail:
    """An event with its deliveries, in the order of the endpoints; ``others`` are the other endpoints."""

    event: Event
    conversation: str
    deliveries: list[ShownDelivery] = field(default_factory=list)
    others: list[Endpoint] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The state of its deliveries together, as the list of events says it."""
        listed = [ListedDelivery(d.endpoint_id, d.url, d.state, 0, "", None) for d in self.deliveries]
        return ListedEvent(0, "", "", 0.0, "", "", listed).state

    @property
    def attempts(self) -> list[ShownAttempt]:
        """All attempts that are shown, the newest first."""
        every = (attempt for delivery in self.deliveries for attempt in delivery.attempts)
        return sorted(every, key=lambda attempt: attempt.ordinal, reverse=True)


async def read_detail(
    session: AsyncSession, event: Event, schedule: Sequence[float], *, is_ada: bool = True
) -> EventDetail:
    """The content of an event's page; ``schedule`` holds the waits after each failure.

    Events of Ada alone are of conversations.
    """
    made = await _attempts(session, event.id)
    detail = EventDetail(event, conversation_in(event.body) if is_ada else "")
    statement = select(Endpoint).order_by(Endpoint.ordinal)
    endpoints = {endpoint.id: endpoint for endpoint in await session.scalars(statement)}
    of_event = select(Delivery).where(Delivery.event_id == event.id).order_by(Delivery.ordinal)
    for delivery in await session.scalars(of_event):
        endpoint = endpoints.pop(delivery.endpoint_id)
        gone = "deleted" if endpoint.deleted_at is not None else "disabled" if endpoint.disabled else ""
        waits = schedule[delivery.failures :] if delivery.state == "pending" else ()
        attempts = made[delivery.ordinal]
        shown = ShownDelivery(
            endpoint.id,
            endpoint.url,
            gone,
            delivery.state,
            delivery.reason,
            delivery.due_at,
            attempts,
            waits,
            delivery.attempts - len(attempts),
        )
        detail.deliveries.append(shown)
    detail.others.extend(each for each in endpoints.values() if each.deleted_at is None and not each.disabled)
    return detail


async def neighbours(session: AsyncSession, event: Event, conversation: str) -> tuple[str, str]:
    """The ids of the events before and after one in its conversation, "" for none nearby."""
    if not conversation:
        return "", ""
    found = []
    for near, order in (
        (Event.ordinal.between(event.ordinal - NEAR, event.ordinal - 1), Event.ordinal.desc()),
        (Event.ordinal.between(event.ordinal + 1, event.ordinal + NEAR), Event.ordinal),
    ):
        statement = select(Event.id).where(near, holds_text(session, conversation)).order_by(order).limit(1)
        found.append(await session.scalar(statement) or "")
    return found[0], found[1]


async def _attempts(session: AsyncSession, event_id: str) -> defaultdict[int, list[ShownAttempt]]:
    """The newest attempts of an event, by the ordinal of their delivery."""
    statement = (
        select(LoggedAttempt)
        .where(LoggedAttempt.event_id == event_id)
        .order_by(LoggedAttempt.ordinal.desc())
        .limit(MOST_ATTEMPTS)
    )
    found: defaultdict[int, list[ShownAttempt]] = defaultdict(list)
    ended: dict[int, float] = {}
    for row in reversed((await session.scalars(statement)).all()):
        before = ended.get(row.delivery)
        found[row.delivery].append(_shown(row, None if before is None else row.started_at - before))
        ended[row.delivery] = row.finished_at or row.started_at
    return found


def _shown(row: LoggedAttempt, waited: float | None) -> ShownAttempt:
    return ShownAttempt(
        row.ordinal,
        row.id,
        row.number,
        row.started_at,
        row.elapsed,
        row.state,
        row.status,
        row.error_kind,
        row.error and spelled(row.error),
        row.trigger,
        row.chaos,
        row.url,
        _lines(row.request_headers),
        _lines(row.response_headers or ()),
        None if row.response_body is None else readable(row.response_body),
        row.next_at,
        waited,
    )


def _lines(headers: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    return [(spelled(name), spelled(value)) for name, value in headers]


def readable(body: bytes) -> str:
    """A body as text for people: JSON with a member a line, and nothing that must not be printed."""
    try:
        return shown_json(json.loads(body), indent=2)
    except (ValueError, RecursionError):
        return plain_text(body)


def plain_text(body: bytes) -> str:
    """A body as it stands, as far as it can be printed."""
    return spelled(body.decode("utf-8", "replace").replace("\r\n", "\n"), keep="\n\t")
