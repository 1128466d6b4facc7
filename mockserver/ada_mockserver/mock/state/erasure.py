"""Erasure of end users: whatever is stored about them goes, but for the events that were emitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from ada_mockserver.mock.store.base import Base
from ada_mockserver.mock.store.database import change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Table

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["erase_end_users"]

_AT_ONCE = 500
"""Ids in one statement: databases bound its parameters."""


async def erase_end_users(transaction: Transaction, ids: Sequence[str]) -> None:
    """Delete end users with their conversations, and all that refers to either.

    A conversation goes as a whole, whoever else took part in it. The transaction has to be alone.
    """
    users = Base.metadata.tables["api_end_users"]
    for start in range(0, len(ids), _AT_ONCE):
        await _delete(transaction, users, users.c.id.in_(ids[start : start + _AT_ONCE]))


async def _delete(transaction: Transaction, table: Table, chosen: ColumnElement[bool]) -> None:
    for other in Base.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is table:
                await _delete(transaction, other, key.parent.in_(select(key.column).where(chosen)))
    await change(transaction.session, delete(table).where(chosen))
