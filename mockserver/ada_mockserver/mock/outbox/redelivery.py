"""Delivering again: one event, or all that an endpoint missed since a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, select, update

from ada_mockserver.mock.outbox.publish import schedule
from ada_mockserver.mock.store.database import change, find, wake_on_commit
from ada_mockserver.mock.store.models import Delivery, Endpoint, Event
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession


__all__ = ["recover", "resend", "resend_failed"]


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
    of_event = Delivery.event_id == event_id
    if endpoint_id is not None:
        endpoint = await _enabled(session, endpoint_id)
        if not await _again(session, of_event, endpoint.id, now, "resend"):
            await schedule(session, [event_id], [endpoint.id], now=now, trigger="resend")
        return 1
    meant_for = (
        select(Delivery.endpoint_id)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(of_event, Endpoint.present(), Endpoint.disabled.is_(False))
        .order_by(Delivery.ordinal)
    )
    enabled = (await session.scalars(meant_for)).all()
    return sum([await _again(session, of_event, each, now, "resend") for each in enabled])


async def resend_failed(session: AsyncSession, endpoint_id: str, *, now: float) -> int:
    """Deliver to an endpoint again what failed, whenever that was; returns how many events that is.

    Raises `UsageError` for an endpoint that is not there or is disabled.
    """
    endpoint = await _enabled(session, endpoint_id)
    return await _again(session, Delivery.state == "failed", endpoint.id, now, "resend")


async def recover(session: AsyncSession, endpoint_id: str, *, since: float, now: float) -> int:
    """Deliver to an endpoint what it missed since ``since`` (Unix seconds); returns how many events that is.

    Those are the events that its filters let through and that were not delivered and are not under way:
    failed, given up, or published while it was disabled. Raises `UsageError` for an endpoint that is not
    there or is disabled.
    """
    endpoint = await _enabled(session, endpoint_id)
    since_then = and_(Event.created_at >= since, Event.created_at <= now)
    known = exists().where(Delivery.event_id == Event.id, Delivery.endpoint_id == endpoint_id)
    unknown = select(Event.id, Event.type, Event.channels).where(since_then, ~known).order_by(Event.ordinal)
    rows = await session.execute(unknown)
    missing = [row.id for row in rows if endpoint.takes(row.type, row.channels)]
    failed = and_(Delivery.state == "failed", Delivery.event_id.in_(select(Event.id).where(since_then)))
    count = await _again(session, failed, endpoint_id, now, "recover")
    await schedule(session, missing, [endpoint_id], now=now, trigger="recover")
    return count + len(missing)


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
    wake_on_commit(session)
    statement = update(Delivery).where(which, Delivery.endpoint_id == endpoint_id)
    afresh = statement.values(
        state="pending", reason="", failures=0, held=True, claim=None, leased_until=None
    )
    return await change(session, afresh.values(trigger=trigger, due_at=now))
