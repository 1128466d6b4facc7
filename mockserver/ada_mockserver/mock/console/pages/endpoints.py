"""The endpoints with how each fares, and the form that adds one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from starlette.routing import Route

from ada_mockserver.mock.api.calls import all_changed, context_of
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.api.own_routes import OwnCall, operation
from ada_mockserver.mock.api.things.webhooks import add_webhook, dashboard_members
from ada_mockserver.mock.console.endpoint_figures import count_pending, recent_outcomes
from ada_mockserver.mock.console.endpoint_form import EndpointForm, faults_of
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.store.models import Endpoint

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["PAGE"]

_SHOWN = 50
_BARS = 30
"""Attempts that the small chart of an endpoint shows."""


async def _list(call: OwnCall) -> Response:
    block = "rows" if "rows" in call.request.query_params else ""
    return await _page(call.request, call.transaction, block=block)


async def _add(request: Request) -> Response:
    form = EndpointForm.sent(await request.form())
    async with context_of(request).begin() as transaction:
        try:
            body = form.body()
            endpoint = await add_webhook(
                transaction, body, secret=form.secret or None, **dashboard_members(body)
            )
        except ApiError as error:
            return await _page(request, transaction, form=form, faults=faults_of(error), status=400)
        await all_changed(request, transaction, [(endpoint, "created")], interface="dashboard")
    return see_other(request, f"/endpoints/{endpoint.id}?done=added")


async def _page(request: Request, transaction: Transaction, **content: Any) -> Response:
    """The page; ``?before`` an ordinal it goes on with the endpoints that were added earlier."""
    session = transaction.session
    statement = select(Endpoint).where(Endpoint.present()).order_by(Endpoint.ordinal.desc())
    given = request.query_params.get("before", "")
    before = int(given) if re.fullmatch(r"[0-9]{1,15}", given) else None
    if before is not None:
        statement = statement.where(Endpoint.ordinal < before)
    found = (await session.scalars(statement.limit(_SHOWN + 1))).all()
    listed = found[:_SHOWN]
    ids = [each.id for each in listed]
    return html(
        request,
        "endpoints.html",
        **{
            "listed": listed,
            "before": before,
            "more": listed[-1].ordinal if len(found) > _SHOWN else None,
            "total": await session.scalar(select(func.count(Endpoint.ordinal)).where(Endpoint.present())),
            "outcomes": await recent_outcomes(session, ids, limit=_BARS),
            "pending": await count_pending(session, ids),
            "bars": _BARS,
            "form": EndpointForm(),
            "faults": {},
            **content,
        },
    )


PAGE = Page(
    [
        Route("/endpoints", operation(_list), methods=["GET"]),
        Route("/endpoints", _add, methods=["POST"]),
    ],
    title="Endpoints",
    path="/endpoints",
    order=40,
)
