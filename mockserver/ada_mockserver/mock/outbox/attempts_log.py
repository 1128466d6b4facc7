"""What was attempted and what is still to come, as values that fit JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.store.delivery_tables import attempts, deliveries, events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

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
    connection: AsyncConnection, filters: Filters | None = None, *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Attempts, the newest first, each with its request, its answer or its error, and its times."""
    chosen = filters or Filters()
    statement = (
        select(attempts, events.c.type, events.c.body)
        .join(events, events.c.id == attempts.c.event_id)
        .where(*_common(chosen, attempts.c))
        .where(*_bounds(chosen))
        .order_by(attempts.c.ordinal.desc())
        .limit(limit)
    )
    return [_attempt(row) for row in await connection.execute(statement)]


async def list_deliveries(
    connection: AsyncConnection, filters: Filters | None = None, *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Deliveries, the newest first: of each event to each endpoint how far it is, and when it is next due."""
    chosen = filters or Filters()
    statement: Select[Any] = (
        select(deliveries, events.c.type, events.c.created_at)
        .join(events, events.c.id == deliveries.c.event_id)
        .where(*_common(chosen, deliveries.c))
        .order_by(deliveries.c.ordinal.desc())
        .limit(limit)
    )
    return [
        {
            "ordinal": row.ordinal,
            "event_id": row.event_id,
            "event_type": row.type,
            "endpoint_id": row.endpoint_id,
            "state": row.state,
            "reason": row.reason or None,
            "trigger": row.trigger,
            "attempts": row.attempts,
            "created_at": moment(row.created_at),
            "next_attempt_at": moment(row.due_at),
        }
        for row in await connection.execute(statement)
    ]


def moment(seconds: float | None) -> str | None:
    """A time as text: ISO 8601 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _common(filters: Filters, columns: Any) -> Iterable[ColumnElement[bool]]:
    equal = {
        columns.event_id: filters.event_id,
        columns.endpoint_id: filters.endpoint_id,
        columns.state: filters.state,
        columns.trigger: filters.trigger,
        events.c.type: filters.event_type and f"v1.{filters.event_type.removeprefix('v1.')}",
    }
    for column, wanted in equal.items():
        if wanted is not None:
            yield column == wanted
    if filters.before is not None:
        yield columns.ordinal < filters.before


def _bounds(filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.status is not None:
        yield attempts.c.status == filters.status
    if filters.since is not None:
        yield attempts.c.started_at >= filters.since
    if filters.until is not None:
        yield attempts.c.started_at <= filters.until


def _attempt(row: Row[Any]) -> dict[str, Any]:
    response = error = None
    if row.status is not None:
        response = {
            "status": row.status,
            "headers": row.response_headers,
            "body": bytes(row.response_body).decode("utf-8", "replace"),
        }
    elif row.error_kind:
        error = {"kind": row.error_kind, "message": row.error}
    return {
        "ordinal": row.ordinal,
        "id": row.id,
        "event_id": row.event_id,
        "event_type": row.type,
        "endpoint_id": row.endpoint_id,
        "number": row.number,
        "trigger": row.trigger,
        "state": row.state,
        "chaos": row.chaos,
        "started_at": moment(row.started_at),
        "finished_at": moment(row.finished_at),
        "elapsed": row.elapsed,
        "next_attempt_at": moment(row.next_at),
        "request": {
            "url": row.url,
            "headers": row.request_headers,
            "body": bytes(row.body).decode("utf-8", "replace"),
        },
        "response": response,
        "error": error,
    }
