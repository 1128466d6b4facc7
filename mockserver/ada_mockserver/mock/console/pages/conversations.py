"""The list of conversations, live, and the beginning of a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import func, select
from starlette.routing import Route

from ada_mockserver.events.payload import text_content
from ada_mockserver.events.people import speaker
from ada_mockserver.mock.agent.participants import begin, post_message
from ada_mockserver.mock.api.calls import context_of, origin_of
from ada_mockserver.mock.api.own_routes import OwnCall, operation
from ada_mockserver.mock.console.conversation_form import Faults, Filled, read_filled
from ada_mockserver.mock.console.conversation_list import HOLDERS, ConversationFilters, list_conversations
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import Conversation, StoredChannel, StoredEndUser

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.events.payload import Channel
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["PAGE"]

SHOWN = 50
"""Conversations on a page."""


async def _list(call: OwnCall) -> Response:
    return await _page(call.request, call.transaction)


async def _page(
    request: Request,
    transaction: Transaction,
    *,
    filled: Filled | None = None,
    faults: Faults | None = None,
) -> Response:
    """The page, or with ``?rows`` the list alone; with ``faults`` of the form that was filled in."""
    query, session = request.query_params, transaction.session
    # No database takes a NUL in a text to look for.
    given = {name: query.get(name, "").replace("\0", "").strip() for name in ("text", "holder", "before")}
    if given["holder"] not in HOLDERS:
        given["holder"] = ""
    filters = ConversationFilters(**given)
    listed = await list_conversations(session, filters, limit=SHOWN + 1)
    shown = listed[:SHOWN]
    older = {**given, "before": shown[-1].place} if len(listed) > SHOWN else {}
    content: dict[str, Any] = {
        "listed": shown,
        "filters": filters,
        "older": urlencode({name: value for name, value in older.items() if value}),
        "total": await session.scalar(select(func.count(Conversation.ordinal))) or 0,
    }
    if "rows" in query:
        return html(request, "conversations.html", block="list", **content)
    channels = await session.scalars(select(StoredChannel).order_by(StoredChannel.ordinal.desc()).limit(200))
    return html(
        request,
        "conversations.html",
        status=400 if faults else 200,
        holders=HOLDERS,
        channels=sorted((channel.value for channel in channels), key=_usual_first),
        filled=filled or Filled(),
        faults=faults or {},
        starting="start" in query,
        **content,
    )


def _usual_first(channel: Channel) -> tuple[bool, bool]:
    return channel.modality != "messaging", not channel.custom


async def _start(request: Request) -> Response:
    """Begin a conversation as an end user, who says something where a first message is filled in."""
    filled, faults = await read_filled(request), Faults()
    metadata, email = filled.metadata(faults), filled.email(faults)
    async with context_of(request).begin() as transaction:
        channel = await find(transaction.session, StoredChannel, filled["channel"])
        if channel is None:
            faults["channel"] = "is not there any more"
        if channel is None or faults:
            return await _page(request, transaction, filled=filled, faults=faults)
        profile = {"display_name": filled["name"] or None, "email": email}
        conversation = await begin(transaction, channel, None, metadata, origin=origin_of(request), **profile)
        if filled["text"]:
            user = await find(transaction.session, StoredEndUser, conversation.end_user_id)
            assert user is not None  # noqa: S101 - it has just been created
            await post_message(transaction, conversation, speaker(user.value), text_content(filled["text"]))
    return see_other(request, f"/conversations/{conversation.id}")


PAGE = Page(
    [
        Route("/conversations", operation(_list), methods=["GET"]),
        Route("/conversations", _start, methods=["POST"]),
    ],
    title="Conversations",
    path="/conversations",
    order=30,
    ada_only=True,
)
