"""The page at ``/``: webhooks, conversations, events and attempts, and never a secret."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from sqlalchemy import select
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ada_mockserver.mock.api.own_routes import OwnCall, found, operation
from ada_mockserver.mock.outbox.attempts_log import list_attempts, list_deliveries
from ada_mockserver.mock.state.overview import read_state
from ada_mockserver.mock.store.models import Conversation, Event, Message

if TYPE_CHECKING:
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["ROUTES"]

SHOWN = 25
"""So many of each kind are on the page, the newest first."""

_ELEMENT = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


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


@lru_cache(maxsize=8)
def _policy_of(name: str) -> str:
    """The content security policy of a page: its own scripts and styles, by their hashes, and nothing else.

    They are read from the template, so that nothing which is shown on the page can be among them.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _ELEMENT.findall(_source(name)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    allowed = "".join(f"; {kind}-src {' '.join(found)}" for kind, found in hashes.items() if found)
    return (
        f"default-src 'none'{allowed}; connect-src 'self'; base-uri 'none'; form-action 'none'"
        "; frame-ancestors 'none'"
    )


def _clock(moment: str | None) -> str:
    """The time of day of an ISO 8601 text, to the millisecond."""
    return "" if moment is None else moment[11:23]


async def _page(call: OwnCall) -> Response:
    content = await _content(call.transaction)
    name = "content.html" if "content" in call.request.query_params else "page.html"
    text = _templates().get_template(name).render(**content, url=str(call.request.base_url).rstrip("/"))
    return HTMLResponse(
        text, headers={"content-security-policy": _policy_of(name), "cache-control": "no-store"}
    )


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
    return {**state, "events": shown, "attempts": attempts}


async def _survey(call: OwnCall) -> Response:
    """The page to which the link after a conversation leads."""
    await found(call, Conversation, "conversation_id")
    name = "survey.html"
    return HTMLResponse(_source(name), headers={"content-security-policy": _policy_of(name)})


ROUTES = [
    Route("/", operation(_page), methods=["GET"]),
    Route("/survey/{conversation_id}", operation(_survey), methods=["GET"]),
]
