"""Pages of a list, as Ada documents them: ``limit``, ``cursor``, and an absolute ``meta.next_page_url``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.api.errors import refused

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ada_mockserver.mock.api.calls import Call
    from ada_mockserver.mock.store.base import Resource

__all__ = ["everything", "page"]


async def page(call: Call, kind: type[Resource], *where: ColumnElement[bool]) -> dict[str, Any]:
    """One page of things of a kind in order of creation; the cursor is the id of its first record.

    Raises `ApiError` (400) for a cursor that cannot be; where the document is lenient it counts as not given.
    """
    limit, cursor = call.query["limit"], call.query.get("cursor")
    statement = select(kind).where(kind.present(), *where).order_by(kind.ordinal)
    if cursor is not None:
        key = kind.key(cursor)
        begin = select(kind.ordinal).where(kind.id == key, kind.present(), *where)
        first = None if key is None else await call.transaction.session.scalar(begin)
        if first is not None:
            statement = statement.where(kind.ordinal >= first)
        elif not call.operation.is_lenient("cursor"):
            raise refused("$.cursor", "is not a cursor of this list", "query")
    things = (await call.transaction.session.scalars(statement.limit(limit + 1))).all()
    following = things[limit].named if len(things) > limit else None
    url = None if following is None else str(call.request.url.include_query_params(cursor=following))
    return {"data": [thing.shown() for thing in things[:limit]], "meta": {"next_page_url": url}}


async def everything(call: Call, kind: type[Resource], *where: ColumnElement[bool]) -> dict[str, Any]:
    """All things of a kind in order of creation, for lists without pages."""
    statement = select(kind).where(kind.present(), *where).order_by(kind.ordinal)
    return {"data": [thing.shown() for thing in await call.transaction.session.scalars(statement)]}
