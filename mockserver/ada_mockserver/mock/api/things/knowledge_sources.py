"""Knowledge sources: what articles come from.

A source is gone some time after it was deleted, and its articles with it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ada_mockserver.events.payload import member_time
from ada_mockserver.mock.api.collection import Collection
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.store.base import NamedByClient
from ada_mockserver.mock.store.database import change, find, wake_on_commit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ada_mockserver.mock.api.calls import Call
    from ada_mockserver.mock.state.transaction import MockContext

__all__ = ["DUE", "OPERATIONS", "Fading", "KnowledgeSource", "begin_to_delete", "delete_due"]


class Fading(NamedByClient):
    """A thing that is gone `DELETION` seconds after it was deleted: at ``gone_at``, in Unix seconds."""

    __abstract__ = True

    DELETION: ClassVar[float] = 5.0

    gone_at: Mapped[float | None] = mapped_column(index=True, default=None)


class KnowledgeSource(Fading):
    """A knowledge source; ``synced_at`` is when articles of it were last sent, in Unix milliseconds."""

    __tablename__ = "api_knowledge_sources"
    kind = "knowledge source"
    entity = "knowledge_source"

    synced_at: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)

    def shown(self) -> dict[str, Any]:
        """Its members; the last synchronization and the status only where there is one."""
        shown = {"external_id": None, "metadata": None, **self.dated()}
        if self.synced_at is not None:
            shown["last_sync"] = member_time(self.synced_at)
        if self.gone_at is not None:
            shown["status"] = "deleting"
        return shown


async def begin_to_delete(call: Call, things: Iterable[Fading]) -> None:
    """Have things be gone after a while, apart from those that will be already."""
    staying = [thing for thing in things if thing.gone_at is None]
    for thing in staying:
        thing.gone_at = call.transaction.now + thing.DELETION
    wake_on_commit(call.transaction.session)
    await call.all_changed((thing, "deleted") for thing in staying)


async def delete_due(kind: type[Fading], context: MockContext) -> float | None:
    """Delete the things of a kind that are to be gone by now; returns when the next one is to be."""
    async with context.begin() as transaction:
        await change(transaction.session, sa.delete(kind).where(kind.gone_at <= transaction.now))
        return await transaction.session.scalar(sa.select(sa.func.min(kind.gone_at)))


async def _check(call: Call, members: dict[str, Any], source: KnowledgeSource | None) -> None:
    if source is None and await find(call.transaction.session, KnowledgeSource, members["id"]):
        raise ApiError(409, "conflict", "There is a knowledge source with this id already.")


async def _delete(call: Call) -> None:
    await begin_to_delete(call, [call.thing(KnowledgeSource)])


_SOURCES = Collection(KnowledgeSource, _check)

OPERATIONS = {
    "list-sources": _SOURCES.list,
    "create-source": _SOURCES.create,
    "update-source": _SOURCES.update,
    "delete-source": _delete,
}

DUE = partial(delete_due, KnowledgeSource)
