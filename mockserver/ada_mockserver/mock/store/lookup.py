"""Looking a thing up by the id that others know it by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from ada_mockserver.mock.store.models import Identified

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["find", "is_id"]

Thing = TypeVar("Thing", bound=Identified)

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def is_id(text: str) -> bool:
    """True if a text can be an id here; no other is looked up."""
    return _ID.fullmatch(text) is not None


async def find(
    session: AsyncSession, kind: type[Thing], thing_id: str, *, lock: bool = False
) -> Thing | None:
    """The thing of that id, or None; ``lock`` keeps others from changing it until the transaction ends."""
    if not is_id(thing_id):
        return None
    statement = select(kind).where(kind.id == thing_id, kind.present())
    return await session.scalar(statement.with_for_update(of=kind) if lock else statement)
