"""An overview of the state, for the console and for ``/_mock/state``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select

from ada_mockserver.mock.store import models
from ada_mockserver.mock.store.base import Numbered
from ada_mockserver.mock.store.endpoints import list_endpoints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["read_state"]

Thing = TypeVar("Thing", bound=Numbered)

_OF_ADA: dict[str, type[Numbered]] = {
    "channels": models.StoredChannel,
    "end_users": models.StoredEndUser,
    "conversations": models.Conversation,
    "messages": models.Message,
}
_COUNTED: dict[str, type[Numbered]] = {
    "events": models.Event,
    "deliveries": models.Delivery,
    "attempts": models.LoggedAttempt,
}


async def read_state(transaction: Transaction, *, limit: int) -> dict[str, Any]:
    """Of each kind how many there are, and the newest ``limit``, the newest first.

    What Ada alone has is left out with another provider's contract.
    """
    session, is_ada = transaction.session, transaction.context.contract.is_ada

    async def newest(kind: type[Thing]) -> Sequence[Thing]:
        return (await session.scalars(select(kind).order_by(kind.ordinal.desc()).limit(limit))).all()

    async def count(kind: type[Numbered], *where: ColumnElement[bool]) -> int:
        return await session.scalar(select(func.count(kind.ordinal)).where(*where)) or 0

    endpoints = await list_endpoints(session)
    state: dict[str, Any] = {
        "counts": {
            **{name: await count(kind) for name, kind in ((_OF_ADA if is_ada else {}) | _COUNTED).items()},
            "webhooks": len(endpoints),
            "pending_deliveries": await count(models.Delivery, models.Delivery.state == "pending"),
        },
        "webhooks": [endpoint.shown() for endpoint in reversed(endpoints)][:limit],
    }
    if not is_ada:
        return state
    return state | {
        "channels": [channel.shown() for channel in await newest(models.StoredChannel)],
        "end_users": [user.shown() for user in await newest(models.StoredEndUser)],
        "conversations": [
            {**each.shown(), "handoff_integration": each.handoff}
            for each in await newest(models.Conversation)
        ],
    }
