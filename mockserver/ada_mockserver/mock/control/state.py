"""``/_mock``: what a test or a person does to the mock that nobody can do to Ada. It needs no API key.

``health`` answers without the database; ``state`` shows what there is, never a secret; ``events`` are what
was emitted; ``clear`` forgets everything but the time and the chaos; ``seed`` makes channels, end users,
webhooks and whole conversations at once; ``webhooks`` sets what Ada's dashboard sets: the channels that a
webhook is filtered by, and the headers that go with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select
from starlette.responses import JSONResponse

from ada_mockserver.mock.agent.initial import clear
from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.resources import context_of, resource
from ada_mockserver.mock.api.validation import parse_json, query_limit, read_body
from ada_mockserver.mock.api.webhooks import find_webhook, header_lines, query_event_type, show_webhook
from ada_mockserver.mock.control.seed import seed
from ada_mockserver.mock.state.conversations import show_conversation
from ada_mockserver.mock.state.records import show_end_user
from ada_mockserver.mock.store.endpoints import list_endpoints, update_endpoint
from ada_mockserver.mock.store.models import (
    Conversation,
    Delivery,
    Event,
    LoggedAttempt,
    Message,
    Numbered,
    StoredChannel,
    StoredEndUser,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.endpoints import Changes

__all__ = ["ROUTES", "read_state"]

Thing = TypeVar("Thing", bound=Numbered)

_COUNTED: dict[str, type[Numbered]] = {
    "channels": StoredChannel,
    "end_users": StoredEndUser,
    "conversations": Conversation,
    "messages": Message,
    "events": Event,
    "deliveries": Delivery,
    "attempts": LoggedAttempt,
}


async def _health(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    return JSONResponse({"status": "ok"})


async def _state(request: Request) -> Response:
    async with context_of(request).begin() as transaction:
        state = await read_state(transaction, limit=query_limit(request.query_params))
    return JSONResponse(state)


async def read_state(transaction: Transaction, *, limit: int) -> dict[str, Any]:
    """What there is: of each kind how many, and the newest ``limit``, the newest first."""
    session = transaction.session

    async def newest(kind: type[Thing]) -> Sequence[Thing]:
        return (await session.scalars(select(kind).order_by(kind.ordinal.desc()).limit(limit))).all()

    async def count(kind: type[Numbered], *where: ColumnElement[bool]) -> int:
        return await session.scalar(select(func.count(kind.ordinal)).where(*where)) or 0

    endpoints = await list_endpoints(session)
    return {
        "counts": {
            **{name: await count(kind) for name, kind in _COUNTED.items()},
            "webhooks": len(endpoints),
            "pending_deliveries": await count(Delivery, Delivery.state == "pending"),
        },
        "webhooks": [show_webhook(endpoint) for endpoint in reversed(endpoints)][:limit],
        "channels": [channel.value.payload() for channel in await newest(StoredChannel)],
        "end_users": [show_end_user(user.value) for user in await newest(StoredEndUser)],
        "conversations": [
            {**show_conversation(each), "handoff_integration": each.handoff}
            for each in await newest(Conversation)
        ],
    }


async def _events(request: Request) -> Response:
    kind, limit = query_event_type(request.query_params, "type"), query_limit(request.query_params)
    statement = select(Event).order_by(Event.ordinal.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(Event.type == kind)
    async with context_of(request).begin() as transaction:
        found = (await transaction.session.scalars(statement)).all()
    return JSONResponse({"data": [_show_event(event) for event in found]})


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


async def _seed(request: Request) -> Response:
    body = await request.body()
    document = parse_json(body) if body.strip() else {}
    if not isinstance(document, dict):
        raise refused("$", "must be an object")
    async with context_of(request).begin() as transaction:
        made = await seed(transaction, document)
    return JSONResponse(made, status_code=201)


async def _set_webhook(request: Request) -> Response:
    body = await read_body(request, "set_webhook")
    changes: Changes = {}
    if "channels" in body:
        changes["channels"] = body["channels"]
    if "headers" in body:
        changes["headers"] = header_lines(body["headers"], "$.headers")
    async with context_of(request).begin() as transaction:
        webhook = await find_webhook(request, transaction)
        changed = await update_endpoint(transaction.session, webhook.id, now=transaction.now, **changes)
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
