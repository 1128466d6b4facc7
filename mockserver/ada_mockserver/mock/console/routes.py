"""The page at ``/``: webhooks, conversations, events and attempts, and never a secret."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from sqlalchemy import select
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ada_mockserver.mock.api.errors import not_found
from ada_mockserver.mock.api.resources import backend_of
from ada_mockserver.mock.control.state import read_state
from ada_mockserver.mock.outbox.attempts_log import list_attempts, list_deliveries
from ada_mockserver.mock.state.conversing import find_talk
from ada_mockserver.mock.store.conversation_tables import messages
from ada_mockserver.mock.store.delivery_tables import events

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Call

__all__ = ["ROUTES"]

SHOWN = 25
"""So many of each kind are on the page, the newest first."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = _clock
    return environment


def _source(name: str) -> str:
    return (resources.files("ada_mockserver.mock.console") / name).read_text(encoding="utf-8")


def _clock(moment: str | None) -> str:
    """The time of day of an ISO 8601 text, to the millisecond."""
    return "" if moment is None else moment[11:23]


async def _page(request: Request) -> Response:
    async with backend_of(request).call() as call:
        content = await _content(call)
    name = "content.html" if "content" in request.query_params else "page.html"
    text = _templates().get_template(name).render(**content, url=str(request.base_url).rstrip("/"))
    return HTMLResponse(text, headers={"content-security-policy": _POLICY, "cache-control": "no-store"})


async def _content(call: Call) -> dict[str, Any]:
    state = await read_state(call, limit=SHOWN)
    for talk in state["conversations"]:
        statement = (
            select(messages.c.data)
            .where(messages.c.conversation_id == talk["id"])
            .order_by(messages.c.ordinal)
            .limit(200)
        )
        talk["messages"] = list((await call.connection.execute(statement)).scalars())
    deliveries: dict[str, list[dict[str, Any]]] = {}
    for delivery in await list_deliveries(call.connection, limit=8 * SHOWN):
        deliveries.setdefault(delivery["event_id"], []).append(delivery)
    statement = select(events).order_by(events.c.ordinal.desc()).limit(SHOWN)
    shown = [
        {
            "id": row.id,
            "type": row.type,
            "channels": row.channels,
            "body": json.dumps(json.loads(row.body), indent=2, ensure_ascii=False),
            "timestamp": json.loads(row.body).get("timestamp"),
            "deliveries": deliveries.get(row.id, []),
        }
        for row in await call.connection.execute(statement)
    ]
    attempts = await list_attempts(call.connection, limit=SHOWN)
    return {**state, "events": shown, "attempts": attempts}


async def _survey(request: Request) -> Response:
    """Where the link after a conversation leads."""
    async with backend_of(request).call() as call:
        if await find_talk(call, request.path_params["conversation_id"], lock=False) is None:
            raise not_found("conversation")
    return HTMLResponse(_source("survey.html"), headers={"content-security-policy": _POLICY})


ROUTES = [
    Route("/", _page, methods=["GET"]),
    Route("/survey/{conversation_id}", _survey, methods=["GET"]),
]
