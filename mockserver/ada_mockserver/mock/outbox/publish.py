"""An event enters the outbox: in the transaction of the call that caused it."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING

from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_mockserver.mock.store.models import Delivery, Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["publish", "schedule"]


async def publish(
    session: AsyncSession,
    *,
    event_type: str,
    body: bytes,
    channels: Sequence[str],
    now: float,
) -> str:
    """Store an event and its delivery to every enabled endpoint that takes it; returns its ``svix-id``.

    ``event_type`` is as on the wire (``v1.conversation.ended``), ``body`` what is signed and sent,
    ``channels`` its channel tags. What is stored is delivered once the transaction is committed. The id is
    drawn from the system's randomness: a consumer may remember the ids of earlier runs.
    """
    event_id = new_message_id(SystemRandom())
    session.add(Event(id=event_id, type=event_type, body=body, channels=tuple(channels), created_at=now))
    takers = [
        endpoint.id
        for endpoint in await list_endpoints(session)
        if not endpoint.disabled and endpoint.takes(event_type, channels)
    ]
    await schedule(session, [event_id], takers, now=now, trigger="scheduled")
    return event_id


async def schedule(
    session: AsyncSession,
    event_ids: Sequence[str],
    endpoint_ids: Sequence[str],
    *,
    now: float,
    trigger: str,
) -> None:
    """Begin to deliver events to endpoints that they were never meant for before."""
    await session.flush()  # the events first
    for event_id in event_ids:
        for endpoint_id in endpoint_ids:
            session.add(Delivery(event_id=event_id, endpoint_id=endpoint_id, trigger=trigger, due_at=now))
            wake_on_commit(session)
