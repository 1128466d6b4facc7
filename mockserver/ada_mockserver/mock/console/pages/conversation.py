"""A conversation: its transcript beside its events, and all that people can do in it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ada_mockserver.events.payload import Author, file_content, text_content
from ada_mockserver.events.people import speaker
from ada_mockserver.mock.agent.participants import (
    NotPossibleError,
    close,
    hand_back,
    hand_to,
    post_message,
    usual_closer,
)
from ada_mockserver.mock.api.bodies import size_in_words
from ada_mockserver.mock.api.calls import context_of, origin_of
from ada_mockserver.mock.api.document import BODY_LIMIT
from ada_mockserver.mock.api.errors import ApiError, not_found
from ada_mockserver.mock.api.own_routes import OwnCall, found, operation
from ada_mockserver.mock.api.things.attachments import FILE_TYPES, checked_file
from ada_mockserver.mock.api.times import zoned
from ada_mockserver.mock.console.conversation_form import Filled, read_filled, said_of
from ada_mockserver.mock.console.conversation_list import messages_of, name_of
from ada_mockserver.mock.console.conversation_view import read_transcript
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.state.attachments import add_attachment, address
from ada_mockserver.mock.state.handoff_calls import list_calls
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import Conversation, StoredEndUser
from ada_schemas.errors import AdakitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from ada_mockserver.events.conversation import Closer
    from ada_mockserver.mock.state.transaction import Transaction

    Read = Callable[[Request, Transaction, Conversation], Awaitable[Response]]
    Act = Callable[[Request, Transaction, Conversation, Filled], Awaitable[None]]

__all__ = ["PAGE"]

CALLS_SHOWN = 20
_AROUND_FILE = 64 * 1024
_AGENT = "Robin"
"""The human agent where none is scripted."""

_CLOSERS: dict[Closer, str] = {
    "end_user": "the end user",
    "human_agent": "the human agent",
    "system": "the system, as the AI Agent does it",
}


async def _show(request: Request, transaction: Transaction, conversation: Conversation) -> Response:
    """The page; ``?before`` shows older messages, and does not follow what happens."""
    return await _page(request, transaction, conversation, before=_ordinal(request, "before"))


async def _transcript(request: Request, transaction: Transaction, conversation: Conversation) -> Response:
    """The transcript ``?since`` a message, unless it is ``known`` as it is."""
    since = _ordinal(request, "since") or 0
    transcript = await read_transcript(transaction.session, conversation, since=since)
    if request.query_params.get("known") == transcript.stamp:
        return Response(status_code=204)
    return html(request, "conversation.html", block="newest", talk=conversation, transcript=transcript)


async def _earlier(request: Request, transaction: Transaction, conversation: Conversation) -> Response:
    before = _ordinal(request, "before") or 0
    transcript = await read_transcript(transaction.session, conversation, before=before)
    content: dict[str, Any] = {"talk": conversation, "transcript": transcript, "older": True}
    return html(request, "conversation.html", block="earlier", **content)


async def _around(request: Request, transaction: Transaction, conversation: Conversation) -> Response:
    content = await _surroundings(request, transaction, conversation)
    if request.query_params.get("known") == content["stamp"]:
        return Response(status_code=204)
    return html(request, "conversation.html", block="around", **content)


def _reading(read: Read, *, part: bool = True) -> Callable[[Request], Awaitable[Response]]:
    """A handler that shows a conversation, or a ``part`` of its page, loaded anew once it is gone."""

    async def serve(call: OwnCall) -> Response:
        request, transaction = call.request, call.transaction
        conversation = await find(transaction.session, Conversation, request.path_params["id"])
        if conversation is not None:
            return await read(request, transaction, conversation)
        if part:
            return Response(status_code=204, headers={"hx-refresh": "true"})
        return html(request, "conversation.html", status=404, talk=None)

    return operation(serve)


def _ordinal(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


async def _page(
    request: Request,
    transaction: Transaction,
    conversation: Conversation,
    *,
    before: int | None = None,
    fault: str = "",
    filled: Filled | None = None,
) -> Response:
    transcript = await read_transcript(transaction.session, conversation, before=before)
    return html(
        request,
        "conversation.html",
        status=400 if fault else 200,
        transcript=transcript,
        older=before is not None,
        fault=fault,
        filled=filled or Filled(),
        most=size_in_words(BODY_LIMIT),
        most_bytes=BODY_LIMIT - _AROUND_FILE,
        file_types=",".join(f".{extension}" for extension in FILE_TYPES.pattern.split("|")),
        **await _surroundings(request, transaction, conversation),
    )


async def _surroundings(
    request: Request, transaction: Transaction, conversation: Conversation
) -> dict[str, Any]:
    """The part beside the transcript: facts and forms; ``stamp`` differs once anything in it has changed."""
    session, script = transaction.session, transaction.context.script
    user = await find(session, StoredEndUser, conversation.end_user_id)
    assert user is not None  # noqa: S101 - end users are deleted with their conversations
    first = await messages_of(session, [conversation.id], func.min)
    calls = await list_calls(session, conversation_id=conversation.id, limit=CALLS_SHOWN)
    humans = {name: human and human.display_name for name, human in script.integrations.items()}
    closers = dict(_CLOSERS)
    if conversation.handoff_count == 0:
        del closers["human_agent"]
    if usual_closer(conversation) == "system":
        closers = {"system": "the system: a call disconnects"}
    content: dict[str, Any] = {
        "user": user.shown(),
        "user_name": name_of(user.value, first.get(conversation.id)),
        "human": conversation.human,
        "agent_name": (conversation.human or {}).get("display_name") or _AGENT,
        "calls": [{**call, "at": zoned(call["created_at"]).timestamp()} for call in calls],
        "humans": humans,
        "called": script.called,
        "closers": closers,
        "delivers": request.app.state.outbox is not None,
    }
    facts = (conversation.shown(), conversation.handoff, content)
    stamp = hashlib.sha256(repr(facts).encode("utf-8", "replace")).hexdigest()[:16]
    return {**content, "talk": conversation, "stamp": stamp}


async def _write(
    request: Request, transaction: Transaction, conversation: Conversation, filled: Filled
) -> None:
    """A text, a file or both, as the end user or as a human agent."""
    if not filled["text"] and filled.file is None:
        raise UsageError("Write something, or choose a file.")
    if filled["role"] == "human_agent":
        if not filled["name"]:
            raise UsageError("A human agent needs a name.")
        author = Author("human_agent", None, None, filled["name"])
    else:
        user = await find(transaction.session, StoredEndUser, conversation.end_user_id)
        assert user is not None  # noqa: S101 - see above
        author = speaker(user.value)
    file = None
    if filled.file is not None:
        try:
            file = checked_file(filled.file)
        except ApiError as error:
            raise UsageError(f"The file {said_of(error)}.") from None
    if filled["text"]:
        await post_message(transaction, conversation, author, text_content(filled["text"]))
    if file is not None:
        filename, mime_type, content = file
        attachment = await add_attachment(
            transaction, conversation, filename=filename, mime_type=mime_type, content=content
        )
        url = await address(transaction, attachment, origin_of(request))
        await post_message(transaction, conversation, author, file_content(url, mime_type, filename))


async def _hand_off(
    request: Request,  # noqa: ARG001 - as every act
    transaction: Transaction,
    conversation: Conversation,
    filled: Filled,
) -> None:
    integration = filled["integration"]
    if integration not in transaction.context.script.integrations:
        raise UsageError("The script knows no such integration.")
    await hand_to(transaction, conversation, integration)


async def _end_handoff(
    request: Request,  # noqa: ARG001 - likewise
    transaction: Transaction,
    conversation: Conversation,
    filled: Filled,  # noqa: ARG001 - likewise
) -> None:
    await hand_back(transaction, conversation)


async def _end(
    request: Request,  # noqa: ARG001 - likewise
    transaction: Transaction,
    conversation: Conversation,
    filled: Filled,
) -> None:
    by = next((closer for closer in _CLOSERS if closer == filled["by"]), None)
    if by is None:
        raise UsageError("Choose who ends the conversation.")
    if conversation.ended:
        raise NotPossibleError("conversation_expired", "The conversation has ended already.")
    await close(transaction, conversation, by=by)


def _acting(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """A form that does something in a conversation: all of it, or nothing and the reason."""

    async def serve(request: Request) -> Response:
        filled, chosen = await read_filled(request), request.path_params["id"]
        fault = ""
        try:
            async with context_of(request).begin() as transaction:
                conversation = await find(transaction.session, Conversation, chosen, lock=True)
                if conversation is None:
                    raise not_found(Conversation.kind)
                await act(request, transaction, conversation, filled)
        except AdakitError as error:
            fault = error.what
        if "hx-request" in request.headers:
            if fault:
                return html(request, "conversation.html", block="fault", status=400, fault=fault)
            # The parts of the page that show it look again at once.
            return HTMLResponse("", headers={"cache-control": "no-store", "hx-trigger": "acted"})
        if not fault:
            return see_other(request, f"/conversations/{chosen}")
        async with context_of(request).begin() as transaction:
            conversation = await found(OwnCall(request, transaction), Conversation)
            return await _page(request, transaction, conversation, fault=fault, filled=filled)

    return serve


PAGE = Page(
    [
        Route("/conversations/{id}", _reading(_show, part=False), methods=["GET"]),
        Route("/conversations/{id}/transcript", _reading(_transcript), methods=["GET"]),
        Route("/conversations/{id}/earlier", _reading(_earlier), methods=["GET"]),
        Route("/conversations/{id}/around", _reading(_around), methods=["GET"]),
        Route("/conversations/{id}/messages", _acting(_write), methods=["POST"]),
        Route("/conversations/{id}/handoff", _acting(_hand_off), methods=["POST"]),
        Route("/conversations/{id}/end-handoff", _acting(_end_handoff), methods=["POST"]),
        Route("/conversations/{id}/end", _acting(_end), methods=["POST"]),
    ],
    ada_only=True,
)
