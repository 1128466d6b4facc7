"""The live list of events, and that of attempts: filtered, the newest first, more as one scrolls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from starlette.routing import Route

from ada_mockserver.mock.api.own_routes import OwnCall, operation
from ada_mockserver.mock.console.event_list import STATES, EventFilters, list_events
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html
from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_mockserver.mock.store.models import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

__all__ = ["PAGE"]

SHOWN = 100
"""Events that are on the page, and that come with each scrolling to its end."""

MOST_NEW = 500
"""Events that come at once when the page asks for what is new; of more the newest."""


async def _list(call: OwnCall) -> Response:
    """The page, and ``?rows``: the rows alone that follow ``before``, or came after ``after``, or ``ids``."""
    query, session = call.request.query_params, call.transaction.session
    filters = _filters(query)
    if "rows" in query:
        limit = MOST_NEW if filters.after is not None else SHOWN
        events = await list_events(session, filters, limit=limit)
        return html(call.request, "events.html", block="rows", events=events)
    events = await list_events(session, filters, limit=SHOWN)
    return html(
        call.request,
        "events.html",
        events=events,
        filters=filters,
        states=STATES,
        endpoints=await list_endpoints(session),
        total=await session.scalar(select(func.count(Event.ordinal))) or 0,
        newest=await session.scalar(select(func.max(Event.ordinal))) or 0,
        shown=SHOWN,
    )


def _filters(query: Mapping[str, str]) -> EventFilters:
    given: dict[str, Any] = {
        name: query.get(name, "").strip() for name in ("type", "state", "endpoint", "conversation", "text")
    }
    if given["state"] not in STATES:
        given["state"] = ""
    if given["type"] and not given["type"].startswith("v1."):
        given["type"] = f"v1.{given['type']}"
    for name in ("before", "after"):
        if re.fullmatch(r"[0-9]{1,15}", query.get(name, "")):
            given[name] = int(query[name])
    if "ids" in query:
        given["ids"] = query["ids"].split(",")[:SHOWN]
    return EventFilters(**given)


PAGE = Page(
    [Route("/", operation(_list), methods=["GET"])],
    title="Events",
    path="/",
    order=10,
)
