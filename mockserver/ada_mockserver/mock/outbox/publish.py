"""An event enters the outbox: in the transaction of the call that caused it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.delivery_tables import deliveries, endpoints, events
from ada_mockserver.mock.store.endpoints import read_endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["publish", "schedule"]


async def publish(
    connection: AsyncConnection,
    *,
    event_type: str,
    body: bytes,
    channels: Sequence[str],
    now: float,
    rng: random.Random | None = None,
) -> str:
    """Store an event and its delivery to every enabled endpoint that takes it; returns its ``svix-id``.

    ``event_type`` is as on the wire (``v1.conversation.ended``), ``body`` what is signed and sent,
    ``channels`` its channel tags. What is stored is delivered once the transaction is committed. The id is
    drawn from ``rng``, by default the system's: a consumer may remember the ids of earlier runs.
    """
    event_id = new_message_id(rng or random.SystemRandom())
    await connection.execute(
        insert(events).values(
            id=event_id, type=event_type, body=body, channels=list(channels), created_at=now
        )
    )
    statement = (
        select(endpoints)
        .where(endpoints.c.deleted_at.is_(None), endpoints.c.disabled.is_(False))
        .order_by(endpoints.c.ordinal)
    )
    subscribed = [read_endpoint(row) for row in await connection.execute(statement)]
    takers = [endpoint.id for endpoint in subscribed if endpoint.takes(event_type, channels)]
    await schedule(connection, [event_id], takers, now=now, trigger="scheduled")
    return event_id


async def schedule(
    connection: AsyncConnection,
    event_ids: Sequence[str],
    endpoint_ids: Sequence[str],
    *,
    now: float,
    trigger: str,
) -> None:
    """Begin to deliver events to endpoints that they were never meant for before."""
    rows = [
        {
            "event_id": event_id,
            "endpoint_id": endpoint_id,
            "state": "pending",
            "reason": "",
            "trigger": trigger,
            "attempts": 0,
            "failures": 0,
            "due_at": now,
            "held": False,
        }
        for event_id in event_ids
        for endpoint_id in endpoint_ids
    ]
    if rows:
        await connection.execute(insert(deliveries), rows)
        wake_on_commit(connection)
