"""Cursor pagination as Ada documents it: ``limit``, ``cursor``, and an absolute ``meta.next_page_url``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.validation import query_limit
from ada_mockserver.mock.state.records import is_id
from ada_mockserver.mock.store.models import Identified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession
    from starlette.requests import Request

__all__ = ["listing", "page"]

Thing = TypeVar("Thing", bound=Identified)


async def listing(
    request: Request,
    session: AsyncSession,
    kind: type[Thing],
    *,
    where: Sequence[ColumnElement[bool]] = (),
    shown: Callable[[Thing], dict[str, Any]],
) -> dict[str, Any]:
    """One page of things of a kind in order of creation; the cursor is the id of its first record.

    Raises `ApiError` (400) for a limit or a cursor that cannot be.
    """
    limit = query_limit(request.query_params)
    statement = select(kind).where(*where).order_by(kind.ordinal).limit(limit + 1)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        first = None
        if is_id(cursor):
            begin = select(kind.ordinal).where(kind.id == cursor, *where)
            first = await session.scalar(begin)
        if first is None:
            raise refused("$.cursor", "is not a cursor of this list", "query")
        statement = statement.where(kind.ordinal >= first)
    rows = (await session.scalars(statement)).all()
    following = rows[limit].id if len(rows) > limit else None
    return page(request, [shown(row) for row in rows[:limit]], following)


def page(request: Request, records: list[dict[str, Any]], following: str | None) -> dict[str, Any]:
    """The answer for one page; ``following`` is the cursor of the next one, None on the last."""
    url = None if following is None else str(request.url.include_query_params(cursor=following))
    return {"data": records, "meta": {"next_page_url": url}}
