"""The live list of attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from ada_mockserver.mock.api.own_routes import OwnCall, operation
from ada_mockserver.mock.console.attempt_list import AttemptFilters, list_attempt_rows
from ada_mockserver.mock.console.lists import chosen, live_list
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.store.models import LoggedAttempt

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["PAGE"]

_ANSWERS = ("succeeded", "failed", "in-flight", "interrupted", "2xx", "4xx", "5xx", "timeout", "refused")


async def _list(call: OwnCall) -> Response:
    filters = AttemptFilters(**chosen(call, "answer"))
    session = call.transaction.session
    return await live_list(
        call,
        "attempts.html",
        LoggedAttempt,
        filters,
        lambda limit: list_attempt_rows(session, filters, limit=limit),
        answers=_ANSWERS,
    )


PAGE = Page(
    [Route("/attempts", operation(_list), methods=["GET"])], title="Attempts", path="/attempts", order=20
)
