"""Delivering again: one event, or all that an endpoint missed since a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from ada_mockserver.mock.outbox.publish import schedule
from ada_mockserver.mock.store.database import change, find, wake_on_commit
from ada_mockserver.mock.store.models import Delivery, Endpoint, Event
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession


__all__ = ["recover", "resend"]


async def resend(session: AsyncSession, event_id: str, *, now: float, endpoint_id: str | None = None) -> int:
    """Deliver an event again, under its ``svix-id`` and from the beginning of the schedule.

    It goes to one endpoint, whatever that one's filters, else to every endpoint that it was meant for and
    that is enabled; returns to how many. Raises `UsageError` for an event or an endpoint that is not there or
    is disabled.
    """
    if await session.scalar(select(Event.id).where(Event.id == event_id)) is None:
        raise UsageError(
            f"There is no event '{event_id[:80]}'.", next_step="Its id is what svix-id said: msg_..."
        )
    if endpoint_id is not None:
        endpoint = await _enabled(session, endpoint_id)
        again = await _again(session, Delivery.event_id == event_id, endpoint.id, now, "resend")
        if not again:
            await schedule(session, [event_id], [endpoint.id], now=now, trigger="resend")
        return 1
    of_event = Delivery.event_id == event_id
    statement = select(Delivery.endpoint_id).where(of_event).order_by(Delivery.ordinal)
    count = 0
    for each in (await session.scalars(statement)).all():
        found = await find(session, Endpoint, each)
        if found is not None and not found.disabled:
            count += await _again(session, of_event, each, now, "resend")
    return count


async def recover(session: AsyncSession, endpoint_id: str, *, since: float, now: float) -> int:
    """Deliver to an endpoint what it missed since ``since`` (Unix seconds); returns how many events that is.

    Those are the events that its filters let through and that were not delivered and are not under way:
    failed, given up, or published while it was disabled. Raises `UsageError` for an endpoint that is not
    there or is disabled.
    """
    endpoint = await _enabled(session, endpoint_id)
    statement = (
        select(Event.id, Event.type, Event.channels, Delivery.state)
        .outerjoin(
            Delivery,
            and_(Delivery.event_id == Event.id, Delivery.endpoint_id == endpoint_id),
        )
        .where(Event.created_at >= since, Event.created_at <= now)
        .order_by(Event.ordinal)
    )
    rows = (await session.execute(statement)).all()
    failed = [row.id for row in rows if row.state == "failed"]
    missing = [row.id for row in rows if row.state is None and endpoint.takes(row.type, row.channels)]
    await schedule(session, missing, [endpoint_id], now=now, trigger="recover")
    for part in _parts(failed):
        await _again(session, Delivery.event_id.in_(part), endpoint_id, now, "recover")
    return len(failed) + len(missing)


def _parts(ids: list[str], size: int = 500) -> list[list[str]]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]


async def _enabled(session: AsyncSession, endpoint_id: str) -> Endpoint:
    endpoint = await find(session, Endpoint, endpoint_id)
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
    session: AsyncSession, which: ColumnElement[bool], endpoint_id: str, now: float, trigger: str
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
    wake_on_commit(session)
    statement = update(Delivery).where(which, Delivery.endpoint_id == endpoint_id)
    return await change(session, statement.values(values))
