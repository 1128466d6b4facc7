"""Conversations and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from ada_mockserver.events.payload import Author, file_content, text_content
from ada_mockserver.mock.agent.replies import answer, greet
from ada_mockserver.mock.api.errors import ApiError, Detail, invalid, not_found, refused
from ada_mockserver.mock.api.resources import context_of, found, listing, origin_of, reading, resource
from ada_mockserver.mock.api.validation import check_metadata_size, read_body
from ada_mockserver.mock.state.conversations import (
    end,
    end_handoff,
    hand_off,
    open_conversation,
    say,
)
from ada_mockserver.mock.state.records import add_end_user, native_channel
from ada_mockserver.mock.store.lookup import find
from ada_mockserver.mock.store.models import Conversation, Message, StoredChannel, StoredEndUser

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


__all__ = ["ROUTES"]

_MOST_EMAIL_TEXT = 10 * 1024


async def _create(request: Request) -> Response:
    body = await read_body(request, "create_conversation")
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    async with context_of(request).begin() as transaction:
        channel = await find(transaction.session, StoredChannel, body["channel_id"])
        if channel is None:
            raise not_found("channel")
        end_user_id = body.get("end_user_id")
        if end_user_id is not None and await find(transaction.session, StoredEndUser, end_user_id) is None:
            raise not_found("end user")
        conversation = await open_conversation(
            transaction, channel, end_user_id, metadata, origin=origin_of(request)
        )
        await greet(transaction, conversation)
    return JSONResponse(conversation.shown(), status_code=201)


async def _create_email(request: Request) -> Response:
    body = await read_body(request, "create_email_conversation")
    text = body.get("text", "")
    if len(text.encode()) > _MOST_EMAIL_TEXT:
        raise refused("$.text", "is larger than 10 KB")
    addresses = {f"$.{name}": body[name] for name in ("reply_to", "reply_as") if name in body}
    addresses |= {f"$.cc[{index}]": address for index, address in enumerate(body.get("cc", []))}
    for where, address in addresses.items():
        if not _is_address(address):
            raise refused(where, "must be an e-mail address")
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    async with context_of(request).begin() as transaction:
        channel = await native_channel(transaction.session, "email")
        user = await add_end_user(transaction, display_name=body["name"], email=body["reply_to"])
        conversation = await open_conversation(
            transaction, channel, user.id, metadata, origin=origin_of(request)
        )
        await greet(transaction, conversation)
        if text:
            author = Author("end_user", user.id, None, body["name"])
            await say(transaction, conversation, author, text_content(text))
            await answer(transaction, conversation, text)
    return JSONResponse({"conversation_id": conversation.id})


def _is_address(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and "@" not in domain and text.isprintable() and " " not in text


async def _update(request: Request) -> Response:
    body = await read_body(request, "update_conversation")
    async with context_of(request).begin() as transaction:
        conversation = await found(request, transaction, Conversation, lock=True)
        merged = {**conversation.details, **body["metadata"]}
        conversation.details = {key: value for key, value in merged.items() if value is not None}
        check_metadata_size(conversation.details, path="$.metadata")
        conversation.updated_at = max(transaction.at, conversation.updated_at)
    return JSONResponse(conversation.shown())


async def _end(request: Request) -> Response:
    async with context_of(request).begin() as transaction:
        conversation = await found(request, transaction, Conversation, lock=True)
        if not conversation.ended:  # a call disconnects
            await end(transaction, conversation, by_end_user=conversation.channel.modality != "voice")
    return JSONResponse({"message": "Conversation ended."})


async def _end_handoff(request: Request) -> Response:
    async with context_of(request).begin() as transaction:
        conversation = await found(request, transaction, Conversation, lock=True)
        if conversation.handoff is None:
            raise ApiError(422, "no_active_handoff", "The conversation is not in an active handoff.")
        await end_handoff(transaction, conversation)
    return JSONResponse({"message": "Handoff ended."})


async def _list_messages(request: Request) -> Response:
    async with context_of(request).begin() as transaction:
        conversation = await found(request, transaction, Conversation)
        return await listing(request, transaction, Message, Message.conversation_id == conversation.id)


async def _create_message(request: Request) -> Response:
    body = await read_body(request, "create_message")
    author = _author(body["author"])
    content = _content(body["content"])
    async with context_of(request).begin() as transaction:
        conversation = await found(request, transaction, Conversation, lock=True)
        if conversation.ended:
            raise ApiError(400, "conversation_ended", "The conversation has ended and takes no messages.")
        if author.role == "human_agent" and conversation.handoff is None:
            hand_off(transaction, conversation)
        message = await say(transaction, conversation, author, content)
        if author.role == "end_user":
            text = content["body"] if "body" in content else f"(the file {content['filename']})"
            await answer(transaction, conversation, text)
    shown = {
        "id": message.id,
        "conversation_id": conversation.id,
        **message.data,
        "updated_at": message.data["created_at"],
    }
    return JSONResponse(shown, status_code=201)


def _author(author: dict[str, Any]) -> Author:
    """The author of a message; an end user has an id, a human agent a name and, once stored, no id."""
    role, name = author["role"], author.get("display_name")
    if role == "end_user":
        if not author.get("id"):
            raise invalid(Detail("$.author.id", "is required when the role is end_user"))
        return Author(role, author["id"], author.get("avatar"), name)
    if not name:
        raise invalid(Detail("$.author.display_name", "is required when the role is human_agent"))
    return Author(role, None, author.get("avatar"), name)


def _content(content: dict[str, Any]) -> dict[str, Any]:
    if content["type"] == "text":
        return text_content(content["body"])
    return file_content(content["url"], content["mime_type"], content["filename"])


ROUTES = [
    resource("/v2/conversations", POST=_create),
    resource("/v2/conversations/email", POST=_create_email),
    resource("/v2/conversations/{conversation_id}", GET=reading(Conversation), PATCH=_update),
    resource("/v2/conversations/{conversation_id}/messages", GET=_list_messages, POST=_create_message),
    resource("/v2/conversations/{conversation_id}/end", POST=_end),
    resource("/v2/conversations/{conversation_id}/end-handoff", POST=_end_handoff),
]
