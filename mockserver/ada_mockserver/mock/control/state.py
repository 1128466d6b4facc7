"""``/_mock``: what a test or a person does to the mock that nobody can do to Ada. It needs no API key.

``health`` answers without the database; ``state`` shows what there is, never a secret; ``events`` are what
was emitted; ``clear`` forgets everything but the time and the chaos; ``seed`` makes channels, end users,
webhooks and whole conversations at once; ``webhooks`` sets what Ada's dashboard sets: the channels that a
webhook is filtered by, and the headers that go with it; ``integrations`` what Ada's staff set, the status.
With another provider's contract there are webhooks and events alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from starlette.responses import JSONResponse

from ada_mockserver.mock.agent.initial import clear
from ada_mockserver.mock.api.bodies import parse_json
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.own_routes import OwnCall, found, operation, resource
from ada_mockserver.mock.api.queries import query_limit
from ada_mockserver.mock.api.things.webhooks import dashboard_members, query_event_type
from ada_mockserver.mock.control.seed import seed
from ada_mockserver.mock.state.installations import Integration
from ada_mockserver.mock.state.overview import read_state
from ada_mockserver.mock.store.endpoints import update_endpoint
from ada_mockserver.mock.store.models import Endpoint, Event

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROUTES", "ROUTES_OF_ADA"]


async def _health(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    return JSONResponse({"status": "ok"})


async def _state(call: OwnCall) -> dict[str, Any]:
    return await read_state(call.transaction, limit=query_limit(call.request.query_params))


async def _events(call: OwnCall) -> dict[str, Any]:
    kind, limit = query_event_type(call.request, "type"), query_limit(call.request.query_params)
    statement = select(Event).order_by(Event.ordinal.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(Event.type == kind)
    return {"data": [_show_event(event) for event in await call.transaction.session.scalars(statement)]}


def _show_event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "channels": event.channels,
        "created_at": event.created_at,
        "payload": parse_json(event.body),
    }


async def _clear(request: Request) -> Response:
    initial = request.app.state.initial
    await clear(context_of(request), initial)
    kept = "" if initial is None else " What the server began with is there again."
    return JSONResponse({"message": f"Everything but the time and the chaos is forgotten.{kept}"})


async def _seed(call: OwnCall) -> dict[str, Any]:
    return await seed(call.transaction, call.body)


async def _set_webhook(call: OwnCall) -> dict[str, Any]:
    transaction, changes = call.transaction, dashboard_members(call.body)
    webhook = await found(call, Endpoint)
    await update_endpoint(transaction.session, webhook.id, now=transaction.now, **changes)
    return {**webhook.shown(), "channels": list(webhook.channels)}


async def _set_integration(call: OwnCall) -> dict[str, Any]:
    integration = await found(call, Integration)
    integration.data = {**integration.data, **call.body}
    return integration.shown()


ROUTES_OF_ADA = [
    resource("/_mock/integrations/{id}", PATCH=operation(_set_integration, body="set_integration")),
]
ROUTES = [
    resource("/_mock/webhooks/{id}", PATCH=operation(_set_webhook, body="set_webhook")),
    resource("/_mock/health", GET=_health),
    resource("/_mock/state", GET=operation(_state)),
    resource("/_mock/events", GET=operation(_events)),
    resource("/_mock/clear", POST=_clear),
    resource("/_mock/seed", POST=operation(_seed, body="seed", status=201)),
]
