"""The page at ``/``: webhooks, conversations, events and attempts, and never a secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from starlette.routing import Route

from ada_mockserver.mock.api.own_routes import OwnCall, found, operation
from ada_mockserver.mock.console import integrations
from ada_mockserver.mock.console.pages import html
from ada_mockserver.mock.outbox.attempts_log import list_attempts, list_deliveries
from ada_mockserver.mock.state.handoff_calls import list_calls
from ada_mockserver.mock.state.overview import read_state
from ada_mockserver.mock.store.models import Conversation, Event, Message

if TYPE_CHECKING:
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["ROUTES"]

SHOWN = 25
"""So many of each kind are on the page, the newest first."""


async def _page(call: OwnCall) -> Response:
    content = await _content(call.transaction)
    name = "content.html" if "content" in call.request.query_params else "page.html"
    return html(name, **content, url=str(call.request.base_url).rstrip("/"))


async def _content(transaction: Transaction) -> dict[str, Any]:
    state = await read_state(transaction, limit=SHOWN)
    for conversation in state["conversations"]:
        statement = (
            select(Message.data)
            .where(Message.conversation_id == conversation["id"])
            .order_by(Message.ordinal)
            .limit(200)
        )
        conversation["messages"] = (await transaction.session.scalars(statement)).all()
    deliveries: dict[str, list[dict[str, Any]]] = {}
    for delivery in await list_deliveries(transaction.session, limit=8 * SHOWN):
        deliveries.setdefault(delivery["event_id"], []).append(delivery)
    newest = select(Event).order_by(Event.ordinal.desc()).limit(SHOWN)
    shown = [
        {
            "id": event.id,
            "type": event.type,
            "channels": event.channels,
            "body": json.dumps(json.loads(event.body), indent=2, ensure_ascii=False),
            "timestamp": json.loads(event.body).get("timestamp"),
            "deliveries": deliveries.get(event.id, []),
        }
        for event in await transaction.session.scalars(newest)
    ]
    attempts = await list_attempts(transaction.session, limit=SHOWN)
    handoffs = await list_calls(transaction.session, limit=SHOWN)
    return {**state, "events": shown, "attempts": attempts, "handoffs": handoffs}


async def _survey(call: OwnCall) -> Response:
    """The page to which the link after a conversation leads."""
    await found(call, Conversation, "conversation_id")
    return html("survey.html")


ROUTES = [
    *integrations.ROUTES,
    Route("/", operation(_page), methods=["GET"]),
    Route("/survey/{conversation_id}", operation(_survey), methods=["GET"]),
]
