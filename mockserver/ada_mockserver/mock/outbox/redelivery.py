"""Delivering again: one event, or all that an endpoint missed since a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from ada_mockserver.mock.outbox.publish import schedule
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.delivery_tables import deliveries, events
from ada_mockserver.mock.store.endpoints import get_endpoint
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from ada_mockserver.mock.store.endpoints import Endpoint

__all__ = ["recover", "resend"]


async def resend(
    connection: AsyncConnection, event_id: str, *, now: float, endpoint_id: str | None = None
) -> int:
    """Deliver an event again, under its ``svix-id`` and from the beginning of the schedule.

    It goes to one endpoint, whatever that one's filters, else to every endpoint that it was meant for and
    that is enabled; returns to how many. Raises `UsageError` for an event or an endpoint that is not there or
    is disabled.
    """
    known = (await connection.execute(select(events.c.id).where(events.c.id == event_id))).one_or_none()
    if known is None:
        raise UsageError(
            f"There is no event '{event_id[:80]}'.", next_step="Its id is what svix-id said: msg_..."
        )
    if endpoint_id is not None:
        endpoint = await _enabled(connection, endpoint_id)
        again = await _again(connection, deliveries.c.event_id == event_id, endpoint.id, now, "resend")
        if not again:
            await schedule(connection, [event_id], [endpoint.id], now=now, trigger="resend")
        return 1
    of_event = deliveries.c.event_id == event_id
    statement = select(deliveries.c.endpoint_id).where(of_event).order_by(deliveries.c.ordinal)
    count = 0
    for (each,) in (await connection.execute(statement)).all():
        found = await get_endpoint(connection, each)
        if found is not None and not found.disabled:
            count += await _again(connection, of_event, each, now, "resend")
    return count


async def recover(connection: AsyncConnection, endpoint_id: str, *, since: float, now: float) -> int:
    """Deliver to an endpoint what it missed since ``since`` (Unix seconds); returns how many events that is.

    Those are the events that its filters let through and that were not delivered and are not under way:
    failed, given up, or published while it was disabled. Raises `UsageError` for an endpoint that is not
    there or is disabled.
    """
    endpoint = await _enabled(connection, endpoint_id)
    statement = (
        select(events.c.id, events.c.type, events.c.channels, deliveries.c.state)
        .outerjoin(
            deliveries,
            and_(deliveries.c.event_id == events.c.id, deliveries.c.endpoint_id == endpoint_id),
        )
        .where(events.c.created_at >= since, events.c.created_at <= now)
        .order_by(events.c.ordinal)
    )
    rows = (await connection.execute(statement)).all()
    failed = [row.id for row in rows if row.state == "failed"]
    missing = [row.id for row in rows if row.state is None and endpoint.takes(row.type, row.channels)]
    await schedule(connection, missing, [endpoint_id], now=now, trigger="recover")
    for part in _parts(failed):
        await _again(connection, deliveries.c.event_id.in_(part), endpoint_id, now, "recover")
    return len(failed) + len(missing)


def _parts(ids: list[str], size: int = 500) -> list[list[str]]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]


async def _enabled(connection: AsyncConnection, endpoint_id: str) -> Endpoint:
    endpoint = await get_endpoint(connection, endpoint_id)
    if endpoint is None:
        raise UsageError(
            f"There is no endpoint '{endpoint_id[:80]}'.", next_step="Its id is the webhook's: ep_..."
        )
    if endpoint.disabled:
        raise UsageError(
            f"The endpoint {endpoint_id} is disabled.",
            next_step="Enable it first: PATCH the webhook with enabled true.",
        )
    return endpoint


async def _again(
    connection: AsyncConnection, which: ColumnElement[bool], endpoint_id: str, now: float, trigger: str
) -> int:
    """Begin deliveries anew; an attempt that is under way no longer decides about them."""
    values: dict[str, Any] = {
        "state": "pending",
        "reason": "",
        "trigger": trigger,
        "failures": 0,
        "due_at": now,
        "held": True,
        "claim": None,
        "leased_until": None,
    }
    changed = await connection.execute(
        update(deliveries).where(which, deliveries.c.endpoint_id == endpoint_id).values(values)
    )
    wake_on_commit(connection)
    return changed.rowcount
