"""Conversations and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from starlette.responses import JSONResponse

from ada_mockserver.events.payload import Author, file_content, text_content
from ada_mockserver.mock.agent.replies import answer, greet
from ada_mockserver.mock.api.errors import ApiError, Detail, invalid, not_found, refused
from ada_mockserver.mock.api.pages import listing
from ada_mockserver.mock.api.resources import backend_of, origin_of, resource
from ada_mockserver.mock.api.validation import check_metadata_size, read_body
from ada_mockserver.mock.state.conversing import (
    Talk,
    end,
    end_handoff,
    find_talk,
    hand_off,
    open_talk,
    save_talk,
    say,
    show_talk,
)
from ada_mockserver.mock.state.records import add_end_user, find_channel, find_end_user
from ada_mockserver.mock.store.conversation_tables import channels, messages

if TYPE_CHECKING:
    from sqlalchemy import Row
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import Call

__all__ = ["ROUTES"]

_MOST_EMAIL_TEXT = 10 * 1024


async def _create(request: Request) -> Response:
    body = await read_body(request, "create_conversation")
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    async with backend_of(request).call() as call:
        channel = await find_channel(call.connection, body["channel_id"])
        if channel is None:
            raise not_found("channel")
        end_user_id = body.get("end_user_id")
        if end_user_id is not None and await find_end_user(call.connection, end_user_id) is None:
            raise not_found("end user")
        talk = await open_talk(call, channel, end_user_id, metadata)
        talk.origin = origin_of(request)
        await greet(call, talk)
        await save_talk(call, talk)
    return JSONResponse(show_talk(talk), status_code=201)


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
    async with backend_of(request).call() as call:
        statement = select(channels.c.id).where(channels.c.custom.is_(False), channels.c.modality == "email")
        channel_id = (await call.connection.execute(statement.limit(1))).scalar_one()
        channel = await find_channel(call.connection, channel_id)
        assert channel is not None  # noqa: S101 - found right above
        user = await add_end_user(call, display_name=body["name"], email=body["reply_to"])
        talk = await open_talk(call, channel, user.id, metadata)
        talk.origin = origin_of(request)
        await greet(call, talk)
        if text:
            author = Author("end_user", user.id, None, user.display_name)
            await say(call, talk, author, text_content(text))
            await answer(call, talk, text)
        await save_talk(call, talk)
    return JSONResponse({"conversation_id": talk.id})


def _is_address(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and "@" not in domain and text.isprintable() and " " not in text


async def _get(request: Request) -> Response:
    async with backend_of(request).call() as call:
        talk = await _found(request, call, lock=False)
    return JSONResponse(show_talk(talk))


async def _update(request: Request) -> Response:
    body = await read_body(request, "update_conversation")
    async with backend_of(request).call() as call:
        talk = await _found(request, call)
        merged = {**talk.metadata, **body["metadata"]}
        talk.metadata = {key: value for key, value in merged.items() if value is not None}
        check_metadata_size(talk.metadata, path="$.metadata")
        talk.updated_at = max(call.at, talk.updated_at)
        await save_talk(call, talk)
    return JSONResponse(show_talk(talk))


async def _end(request: Request) -> Response:
    async with backend_of(request).call() as call:
        talk = await _found(request, call)
        if not talk.ended:
            if talk.channel.modality == "voice":  # the call disconnects
                await end(call, talk, role="system", ended_by=None)
            else:
                await end(call, talk, role="end_user", ended_by=talk.end_user_id)
            await save_talk(call, talk)
    return JSONResponse({"message": "Conversation ended."})


async def _end_handoff(request: Request) -> Response:
    async with backend_of(request).call() as call:
        talk = await _found(request, call)
        if talk.handoff is None:
            raise ApiError(422, "no_active_handoff", "The conversation is not in an active handoff.")
        await end_handoff(call, talk)
        await save_talk(call, talk)
    return JSONResponse({"message": "Handoff ended."})


async def _list_messages(request: Request) -> Response:
    async with backend_of(request).call() as call:
        talk = await _found(request, call, lock=False)
        found = await listing(
            request,
            call.connection,
            messages,
            where=[messages.c.conversation_id == talk.id],
            shown=_log,
        )
    return JSONResponse(found)


def _log(row: Row[Any]) -> dict[str, Any]:
    return {"type": "message_logs", "message_id": row.id, **row.data}


async def _create_message(request: Request) -> Response:
    body = await read_body(request, "create_message")
    author = _author(body["author"])
    content = _content(body["content"])
    async with backend_of(request).call() as call:
        talk = await _found(request, call)
        if talk.ended:
            raise ApiError(400, "conversation_ended", "The conversation has ended and takes no messages.")
        if author.role == "human_agent" and talk.handoff is None:
            await hand_off(call, talk)
        message = await say(call, talk, author, content)
        if author.role == "end_user":
            await answer(
                call, talk, content["body"] if "body" in content else f"(the file {content['filename']})"
            )
        await save_talk(call, talk)
    shown = {
        "id": message["id"],
        "conversation_id": talk.id,
        "author": message["author"],
        "content": message["content"],
        "created_at": message["created_at"],
        "updated_at": message["created_at"],
    }
    return JSONResponse(shown, status_code=201)


def _author(author: dict[str, Any]) -> Author:
    """Who writes; an end user has an id, a human agent a name and, in what is kept, no id."""
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


async def _found(request: Request, call: Call, *, lock: bool = True) -> Talk:
    talk = await find_talk(call, request.path_params["conversation_id"], lock=lock)
    if talk is None:
        raise not_found("conversation")
    return talk


ROUTES = [
    resource("/v2/conversations", POST=_create),
    resource("/v2/conversations/email", POST=_create_email),
    resource("/v2/conversations/{conversation_id}", GET=_get, PATCH=_update),
    resource("/v2/conversations/{conversation_id}/messages", GET=_list_messages, POST=_create_message),
    resource("/v2/conversations/{conversation_id}/end", POST=_end),
    resource("/v2/conversations/{conversation_id}/end-handoff", POST=_end_handoff),
]
