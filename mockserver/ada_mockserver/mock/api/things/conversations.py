"""Conversations and their messages."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.payload import Author, file_content, text_content
from ada_mockserver.mock.agent.participants import NotPossibleError, begin, close, hand_back, post_message
from ada_mockserver.mock.api.bodies import size_in_words
from ada_mockserver.mock.api.errors import ApiError, Detail, not_found, refused
from ada_mockserver.mock.api.metadata import check_metadata_size, merged
from ada_mockserver.mock.api.pages import page
from ada_mockserver.mock.state.records import add_end_user, native_channel
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import Conversation, Message, StoredChannel, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS", "is_address"]

_MOST_EMAIL_TEXT = 10 * 1024


async def _create(call: Call) -> dict[str, Any]:
    body, transaction = call.body, call.transaction
    metadata = body.get("metadata", {})
    check_metadata_size(metadata, path="$.metadata")
    channel = await find(transaction.session, StoredChannel, body["channel_id"])
    if channel is None:
        raise not_found("channel")
    end_user_id = body.get("end_user_id")
    if end_user_id is not None and await find(transaction.session, StoredEndUser, end_user_id) is None:
        raise not_found("end user")
    conversation = await begin(transaction, channel, end_user_id, metadata, origin=call.origin)
    return conversation.shown()


async def _create_email(call: Call) -> dict[str, Any]:
    body, transaction = call.body, call.transaction
    text, metadata = body.get("text", ""), body.get("metadata", {})
    if len(text.encode()) > _MOST_EMAIL_TEXT:
        raise refused("$.text", f"is larger than {size_in_words(_MOST_EMAIL_TEXT)}")
    addresses = {f"$.{name}": body[name] for name in ("reply_to", "reply_as") if name in body}
    addresses |= {f"$.cc[{index}]": address for index, address in enumerate(body.get("cc", []))}
    for where, address in addresses.items():
        if not is_address(address):
            raise refused(where, "must be an e-mail address")
    check_metadata_size(metadata, path="$.metadata")
    if not _is_own(body.get("reply_as", ""), transaction.context.domain):
        message = "The address in reply_as is another AI Agent's."
        raise ApiError(422, "unprocessable", message, details=[Detail("$.reply_as", "is another AI Agent's")])
    channel = await native_channel(transaction.session, "email")
    user = await add_end_user(transaction, display_name=body["name"], email=body["reply_to"])
    conversation = await begin(transaction, channel, user.id, metadata, origin=call.origin)
    if text:
        author = Author("end_user", user.id, None, body["name"])
        await post_message(transaction, conversation, author, text_content(text))
    return {"conversation_id": conversation.id}


def is_address(text: str) -> bool:
    """True if a text can be an e-mail address."""
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and "@" not in domain and text.isprintable() and " " not in text


def _is_own(address: str, domain: str) -> bool:
    """True unless Ada gave the address to another AI Agent; whose other domains are is unknown."""
    host = address.rpartition("@")[2].lower()
    return not host.endswith(".ada.support") or host == domain


async def _read(call: Call) -> dict[str, Any]:
    return call.thing(Conversation).shown()


async def _update(call: Call) -> dict[str, Any]:
    conversation = call.thing(Conversation)
    conversation.details = merged(conversation.details, call.body["metadata"])
    check_metadata_size(conversation.details, path="$.metadata")
    conversation.updated_at = max(call.transaction.at, conversation.updated_at)
    return conversation.shown()


async def _end(call: Call) -> dict[str, Any]:
    await close(call.transaction, call.thing(Conversation))
    return {"message": "Conversation ended."}


async def _end_handoff(call: Call) -> dict[str, Any]:
    with _refusing(422):
        await hand_back(call.transaction, call.thing(Conversation))
    return {"message": "Handoff ended."}


async def _list_messages(call: Call) -> dict[str, Any]:
    return await page(call, Message, Message.conversation_id == call.thing(Conversation).id)


async def _create_message(call: Call) -> dict[str, Any]:
    author, content = _author(call.body["author"]), _content(call.body["content"])
    conversation = call.thing(Conversation)
    with _refusing(400):
        message = await post_message(call.transaction, conversation, author, content)
    return {
        "id": message.id,
        "conversation_id": conversation.id,
        **message.data,
        "updated_at": message.data["created_at"],
    }


@contextmanager
def _refusing(status: int) -> Iterator[None]:
    """Answer with this status what is not possible in the conversation as it stands."""
    try:
        yield
    except NotPossibleError as error:
        raise ApiError(status, error.type, error.what) from None


def _author(author: dict[str, Any]) -> Author:
    """The author of a message; an end user has an id, a human agent a name and, once stored, no id."""
    role, name = author["role"], author.get("display_name")
    if role == "end_user":
        if not author.get("id"):
            raise refused("$.author.id", "is required when the role is end_user")
        return Author(role, author["id"], author.get("avatar"), name)
    if not name:
        raise refused("$.author.display_name", "is required when the role is human_agent")
    return Author(role, None, author.get("avatar"), name)


def _content(content: dict[str, Any]) -> dict[str, Any]:
    if content["type"] == "text":
        return text_content(content["body"])
    return file_content(content["url"], content["mime_type"], content["filename"])


OPERATIONS = {
    "create-conversation": _create,
    "create-email-conversation": _create_email,
    "get-conversation": _read,
    "update-conversation": _update,
    "list-messages": _list_messages,
    "create-message": _create_message,
    "end-conversation": _end,
    "end-handoff": _end_handoff,
}
