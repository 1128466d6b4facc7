"""The live list of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from ada_mockserver.mock.api.own_routes import OwnCall, operation
from ada_mockserver.mock.console.event_list import STATES, EventFilters, list_events
from ada_mockserver.mock.console.lists import chosen, live_list
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.store.models import Event

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["PAGE"]


async def _list(call: OwnCall) -> Response:
    given = chosen(call, "state")
    filters = EventFilters(**{**given, "state": given["state"] if given["state"] in STATES else ""})
    session = call.transaction.session
    return await live_list(
        call,
        "events.html",
        Event,
        filters,
        lambda limit: list_events(session, filters, limit=limit),
        states=STATES,
    )


PAGE = Page([Route("/", operation(_list), methods=["GET"])], title="Events", path="/", order=10)
