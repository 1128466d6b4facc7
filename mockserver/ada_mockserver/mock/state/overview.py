"""An overview of the state, for the console and for ``/_mock/state``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select

from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_mockserver.mock.store.models import (
    Conversation,
    Delivery,
    Event,
    LoggedAttempt,
    Message,
    Numbered,
    StoredChannel,
    StoredEndUser,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["read_state"]

Thing = TypeVar("Thing", bound=Numbered)

_COUNTED: dict[str, type[Numbered]] = {
    "channels": StoredChannel,
    "end_users": StoredEndUser,
    "conversations": Conversation,
    "messages": Message,
    "events": Event,
    "deliveries": Delivery,
    "attempts": LoggedAttempt,
}


async def read_state(transaction: Transaction, *, limit: int) -> dict[str, Any]:
    """Of each kind how many there are, and the newest ``limit``, the newest first."""
    session = transaction.session

    async def newest(kind: type[Thing]) -> Sequence[Thing]:
        return (await session.scalars(select(kind).order_by(kind.ordinal.desc()).limit(limit))).all()

    async def count(kind: type[Numbered], *where: ColumnElement[bool]) -> int:
        return await session.scalar(select(func.count(kind.ordinal)).where(*where)) or 0

    endpoints = await list_endpoints(session)
    return {
        "counts": {
            **{name: await count(kind) for name, kind in _COUNTED.items()},
            "webhooks": len(endpoints),
            "pending_deliveries": await count(Delivery, Delivery.state == "pending"),
        },
        "webhooks": [endpoint.shown() for endpoint in reversed(endpoints)][:limit],
        "channels": [channel.shown() for channel in await newest(StoredChannel)],
        "end_users": [user.shown() for user in await newest(StoredEndUser)],
        "conversations": [
            {**each.shown(), "handoff_integration": each.handoff} for each in await newest(Conversation)
        ],
    }
