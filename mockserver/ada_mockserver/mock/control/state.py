"""``/_mock``: what a test or a person does to the mock that nobody can do to Ada. It needs no API key.

``health`` answers without the database; ``state`` shows what there is, never a secret; ``events`` are what
was emitted; ``clear`` forgets everything but the time and the chaos; ``seed`` makes channels, end users,
webhooks and whole conversations at once; ``webhooks`` sets what Ada's dashboard sets: the channels that a
webhook is filtered by, and the headers that go with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from starlette.responses import JSONResponse

from ada_mockserver.mock.agent.initial import clear
from ada_mockserver.mock.agent.seed import seed
from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.resources import backend_of, resource
from ada_mockserver.mock.api.validation import parse_json, query_limit, read_body
from ada_mockserver.mock.api.webhooks import find_webhook, header_lines, query_event_type, show_webhook
from ada_mockserver.mock.state.conversing import find_talk, show_talk
from ada_mockserver.mock.state.records import channel_of, end_user_of, show_end_user
from ada_mockserver.mock.store.conversation_tables import channels, conversations, end_users, messages
from ada_mockserver.mock.store.delivery_tables import attempts, deliveries, events
from ada_mockserver.mock.store.endpoints import list_endpoints, update_endpoint

if TYPE_CHECKING:
    from sqlalchemy import Table
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Call
    from ada_mockserver.mock.store.endpoints import Changes

__all__ = ["ROUTES", "read_state"]


async def _health(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    return JSONResponse({"status": "ok"})


async def _state(request: Request) -> Response:
    async with backend_of(request).call() as call:
        state = await read_state(call, limit=query_limit(request.query_params))
    return JSONResponse(state)


async def read_state(call: Call, *, limit: int) -> dict[str, Any]:
    """What there is: of each kind how many, and the newest ``limit``, the newest first."""

    async def newest(table: Table) -> list[Any]:
        statement = select(table).order_by(table.c.ordinal.desc()).limit(limit)
        return list((await call.connection.execute(statement)).all())

    async def count(table: Table) -> int:
        return int((await call.connection.execute(select(func.count()).select_from(table))).scalar_one())

    talks = []
    for row in await newest(conversations):
        talk = await find_talk(call, row.id, lock=False)
        assert talk is not None  # noqa: S101 - read in the same transaction
        talks.append({**show_talk(talk), "handoff_integration": talk.handoff})
    counted = (channels, end_users, conversations, messages, events, deliveries, attempts)
    names = ("channels", "end_users", "conversations", "messages", "events", "deliveries", "attempts")
    pending = select(func.count()).where(deliveries.c.state == "pending")
    endpoints = await list_endpoints(call.connection)
    return {
        "counts": {
            **{name: await count(table) for name, table in zip(names, counted, strict=True)},
            "webhooks": len(endpoints),
            "pending_deliveries": int((await call.connection.execute(pending)).scalar_one()),
        },
        "webhooks": [show_webhook(endpoint) for endpoint in reversed(endpoints)][:limit],
        "channels": [channel_of(row).payload() for row in await newest(channels)],
        "end_users": [show_end_user(end_user_of(row)) for row in await newest(end_users)],
        "conversations": talks,
    }


async def _events(request: Request) -> Response:
    kind, limit = query_event_type(request.query_params, "type"), query_limit(request.query_params)
    statement = select(events).order_by(events.c.ordinal.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(events.c.type == kind)
    async with backend_of(request).call() as call:
        rows = (await call.connection.execute(statement)).all()
    return JSONResponse({"data": [_event(row) for row in rows]})


def _event(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "channels": row.channels,
        "created_at": row.created_at,
        "payload": parse_json(bytes(row.body)),
    }


async def _clear(request: Request) -> Response:
    initial = request.app.state.initial
    await clear(backend_of(request), initial)
    kept = "" if initial is None else " What the server began with is there again."
    return JSONResponse({"message": f"Everything but the time and the chaos is forgotten.{kept}"})


async def _seed(request: Request) -> Response:
    body = await request.body()
    document = parse_json(body) if body.strip() else {}
    if not isinstance(document, dict):
        raise refused("$", "must be an object")
    async with backend_of(request).call() as call:
        made = await seed(call, document)
    return JSONResponse(made, status_code=201)


async def _set_webhook(request: Request) -> Response:
    body = await read_body(request, "set_webhook")
    changes: Changes = {}
    if "channels" in body:
        changes["channels"] = body["channels"]
    if "headers" in body:
        changes["headers"] = header_lines(body["headers"], "$.headers")
    async with backend_of(request).call() as call:
        webhook = await find_webhook(request, call)
        changed = await update_endpoint(call.connection, webhook.id, now=call.now, **changes)
        assert changed is not None  # noqa: S101 - found right above
    return JSONResponse({**show_webhook(changed), "channels": list(changed.channels)})


ROUTES = [
    resource("/_mock/webhooks/{id}", PATCH=_set_webhook),
    resource("/_mock/health", GET=_health),
    resource("/_mock/state", GET=_state),
    resource("/_mock/events", GET=_events),
    resource("/_mock/clear", POST=_clear),
    resource("/_mock/seed", POST=_seed),
]
