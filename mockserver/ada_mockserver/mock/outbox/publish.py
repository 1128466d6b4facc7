"""Events enter the outbox: in the transaction of the call that caused them."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING

from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.mock.store.database import add_many, wake_on_commit
from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_mockserver.mock.store.models import Delivery, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.mock.store.models import Endpoint

__all__ = ["publish", "publish_all", "schedule", "takers"]


async def publish(
    session: AsyncSession,
    *,
    event_type: str,
    body: bytes,
    channels: Sequence[str],
    now: float,
    endpoint_id: str | None = None,
) -> str:
    """Store an event and its delivery to every enabled endpoint that takes it; returns its ``svix-id``.

    See `publish_all`; ``body`` is what is signed and sent.
    """
    (event_id,) = await publish_all(
        session,
        event_type=event_type,
        bodies=[body],
        channels=channels,
        now=now,
        endpoint_id=endpoint_id,
    )
    return event_id


async def publish_all(
    session: AsyncSession,
    *,
    event_type: str,
    bodies: Iterable[bytes],
    channels: Sequence[str],
    now: float,
    endpoint_id: str | None = None,
) -> list[str]:
    """Store events of a type and their deliveries to every enabled endpoint that takes them, in this order.

    ``event_type`` is as on the wire (``v1.conversation.ended``), ``channels`` are the channel tags of each.
    What is stored is delivered once the transaction is committed. Returns their ``svix-id``s, which are drawn
    from the system's randomness: a consumer may remember the ids of earlier runs. With an ``endpoint_id``
    they go to that endpoint alone, whatever its filters.
    """
    tags = tuple(channels)
    events = [
        Event(id=new_message_id(SystemRandom()), type=event_type, body=body, channels=tags, created_at=now)
        for body in bodies
    ]
    await add_many(session, events)
    chosen = takers(await list_endpoints(session), event_type, channels, endpoint_id=endpoint_id)
    ids = [event.id for event in events]
    await schedule(session, ids, [each.id for each in chosen], now=now, trigger="scheduled")
    return ids


def takers(
    endpoints: Iterable[Endpoint],
    event_type: str,
    channels: Sequence[str],
    *,
    endpoint_id: str | None = None,
) -> list[Endpoint]:
    """The enabled ones of some endpoints that an event goes to: those that take it, or the one of that id."""
    return [
        each
        for each in endpoints
        if (each.id == endpoint_id if endpoint_id else each.takes(event_type, channels)) and not each.disabled
    ]


async def schedule(
    session: AsyncSession,
    event_ids: Sequence[str],
    endpoint_ids: Sequence[str],
    *,
    now: float,
    trigger: str,
) -> None:
    """Begin to deliver events to endpoints that they were never meant for before."""
    deliveries = [
        Delivery(event_id=event_id, endpoint_id=endpoint_id, trigger=trigger, due_at=now)
        for event_id in event_ids
        for endpoint_id in endpoint_ids
    ]
    await add_many(session, deliveries)
    if deliveries:
        wake_on_commit(session)
