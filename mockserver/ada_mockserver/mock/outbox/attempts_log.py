"""The log: attempts made and deliveries still to come, as values that fit JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.store.models import Delivery, Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = [
    "ATTEMPT_STATES",
    "DELIVERY_STATES",
    "TRIGGERS",
    "Filters",
    "list_attempts",
    "list_deliveries",
    "moment",
]

ATTEMPT_STATES = ("in-flight", "succeeded", "failed", "interrupted")
DELIVERY_STATES = ("pending", "delivered", "failed")
TRIGGERS = ("scheduled", "retry", "resend", "recover", "duplicate")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which attempts or deliveries to list; None lets everything through.

    ``event_type`` is with or without ``v1.``; ``state`` is one of `ATTEMPT_STATES` or `DELIVERY_STATES`,
    ``trigger`` one of `TRIGGERS`; ``status``, ``since`` and ``until`` (Unix seconds of the beginning) are of
    attempts; ``before`` is the ``ordinal`` of the last one of a page.
    """

    event_id: str | None = None
    endpoint_id: str | None = None
    event_type: str | None = None
    state: str | None = None
    trigger: str | None = None
    status: int | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None


async def list_attempts(
    session: AsyncSession, filters: Filters | None = None, *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Attempts, the newest first, each with its request, its answer or its error, and its times."""
    chosen = filters or Filters()
    statement = (
        select(LoggedAttempt, Event.type, Event.body)
        .join(Event, Event.id == LoggedAttempt.event_id)
        .where(*_conditions(chosen, LoggedAttempt))
        .order_by(LoggedAttempt.ordinal.desc())
        .limit(limit)
    )
    return [_attempt(*row) for row in await session.execute(statement)]


async def list_deliveries(
    session: AsyncSession, filters: Filters | None = None, *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Deliveries, the newest first: of each event to each endpoint how far it is, and when it is next due."""
    chosen = filters or Filters()
    statement = (
        select(Delivery, Event.type, Event.created_at)
        .join(Event, Event.id == Delivery.event_id)
        .where(*_conditions(chosen, Delivery))
        .order_by(Delivery.ordinal.desc())
        .limit(limit)
    )
    return [
        {
            "ordinal": delivery.ordinal,
            "event_id": delivery.event_id,
            "event_type": event_type,
            "endpoint_id": delivery.endpoint_id,
            "state": delivery.state,
            "reason": delivery.reason or None,
            "trigger": delivery.trigger,
            "attempts": delivery.attempts,
            "created_at": moment(created_at),
            "next_attempt_at": moment(delivery.due_at),
        }
        for delivery, event_type, created_at in await session.execute(statement)
    ]


def moment(seconds: float | None) -> str | None:
    """A time as text: ISO 8601 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _conditions(filters: Filters, kind: type[Delivery | LoggedAttempt]) -> Iterable[ColumnElement[bool]]:
    equal = {
        kind.event_id: filters.event_id,
        kind.endpoint_id: filters.endpoint_id,
        kind.state: filters.state,
        kind.trigger: filters.trigger,
    }
    for column, wanted in equal.items():
        if wanted is not None:
            yield column == wanted
    if filters.event_type is not None:
        yield Event.type.in_((filters.event_type, f"v1.{filters.event_type}"))
    if filters.before is not None:
        yield kind.ordinal < filters.before
    if kind is Delivery:
        return
    if filters.status is not None:
        yield LoggedAttempt.status == filters.status
    if filters.since is not None:
        yield LoggedAttempt.started_at >= filters.since
    if filters.until is not None:
        yield LoggedAttempt.started_at <= filters.until


def _attempt(attempt: LoggedAttempt, event_type: str, body: bytes) -> dict[str, Any]:
    return {
        "ordinal": attempt.ordinal,
        "id": attempt.id,
        "event_id": attempt.event_id,
        "event_type": event_type,
        "endpoint_id": attempt.endpoint_id,
        "number": attempt.number,
        "trigger": attempt.trigger,
        "state": attempt.state,
        "chaos": list(attempt.chaos),
        "started_at": moment(attempt.started_at),
        "finished_at": moment(attempt.finished_at),
        "elapsed": attempt.elapsed,
        "next_attempt_at": moment(attempt.next_at),
        "request": {
            "url": attempt.url,
            "headers": attempt.request_headers,
            "body": body.decode("utf-8", "replace"),
        },
        **attempt.outcome(attempt.response_headers),
    }
