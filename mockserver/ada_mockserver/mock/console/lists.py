"""Pages with a live list: filters from the address, and rows alone for a page that asks for more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ada_mockserver.mock.console.rendering import html
from ada_mockserver.mock.store.base import is_id
from ada_mockserver.mock.store.endpoints import list_endpoints

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.responses import Response

    from ada_mockserver.mock.api.own_routes import OwnCall
    from ada_mockserver.mock.console.event_list import Filters
    from ada_mockserver.mock.store.base import Numbered

__all__ = ["MOST_NEW", "SHOWN", "chosen", "live_list"]

SHOWN = 100
"""Rows that are on a page, and that come with each scrolling to its end."""

MOST_NEW = 500
"""Rows that come at once when a page asks for what is new; of more the newest."""


def chosen(call: OwnCall, *names: str) -> dict[str, Any]:
    """The filters that the address names: those of every list, and these ``names``.

    The type may stand there without the version before it.
    What is no number where one is wanted counts as not there: a page for people has no use for an error.
    """
    query, contract = call.request.query_params, call.transaction.context.contract
    about = ("conversation",) if contract.is_ada else ()
    every = ("type", "endpoint", *about, "text", *names)
    # No payload and no id holds NUL, which PostgreSQL refuses to look for.
    given: dict[str, Any] = {name: query.get(name, "").replace("\0", "").strip() for name in every}
    if event := contract.known(given["type"]):
        given["type"] = event.type
    for name in ("before", "after"):
        if re.fullmatch(r"[0-9]{1,15}", query.get(name, "")):
            given[name] = int(query[name])
    if query.get("ids"):
        given["ids"] = [name for name in query["ids"].split(",") if is_id(name)][:SHOWN]
    return given


async def live_list(
    call: OwnCall,
    template: str,
    kind: type[Numbered],
    filters: Filters,
    read: Callable[[int], Awaitable[Sequence[Any]]],
    **content: Any,
) -> Response:
    """The page, or with ``?rows`` its rows alone: those after a row, before one, or that are named.

    ``read`` gives the rows that the filters let through, the newest first, so many at most.
    """
    session = call.transaction.session
    if "rows" in call.request.query_params:
        listed = await read(MOST_NEW if filters.after is not None else SHOWN)
        return html(call.request, template, block="rows", listed=listed)
    return html(
        call.request,
        template,
        listed=await read(SHOWN),
        filters=filters,
        endpoints=await list_endpoints(session),
        total=await session.scalar(select(func.count(kind.ordinal))) or 0,
        newest=await session.scalar(select(func.max(kind.ordinal))) or 0,
        shown=SHOWN,
        **content,
    )
