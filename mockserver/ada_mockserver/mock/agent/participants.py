"""The acts of people in conversations, by the API or by the console: begin, write, hand over, hand back, end.

Whatever entrance they come by, the same follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.agent.replies import answer, greet, hand_over
from ada_mockserver.mock.script import DEFAULT_INTEGRATION
from ada_mockserver.mock.state.conversations import end, end_handoff, hand_off, open_conversation, say
from ada_mockserver.mock.store.models import Message
from ada_schemas.errors import AdakitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.events.conversation import Closer
    from ada_mockserver.events.payload import Author, Metadata
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation, StoredChannel

__all__ = ["NotPossibleError", "begin", "close", "hand_back", "hand_to", "post_message", "usual_closer"]

_LATEST = 20


class NotPossibleError(AdakitError):
    """An act that a conversation does not allow as it stands; ``type`` is the reason's stable name."""

    def __init__(self, type_: str, what: str) -> None:
        super().__init__(what)
        self.type = type_


async def begin(
    transaction: Transaction,
    channel: StoredChannel,
    end_user_id: str | None,
    metadata: Metadata,
    *,
    origin: str | None = None,
    **profile: Any,
) -> Conversation:
    """A conversation that has begun, the AI Agent with its greeting; see `open_conversation`."""
    conversation = await open_conversation(
        transaction, channel, end_user_id, metadata, origin=origin, **profile
    )
    await greet(transaction, conversation)
    return conversation


async def post_message(
    transaction: Transaction, conversation: Conversation, author: Author, content: Mapping[str, Any]
) -> Message:
    """The end user writes, and is answered; or a human agent does, who has the conversation from then on.

    Raises `NotPossibleError` for a conversation that has ended.
    """
    if conversation.ended:
        # In the words that clients look for (a Slack bridge, 2026).
        raise NotPossibleError("conversation_expired", "Conversation is expired")
    if author.role == "human_agent" and conversation.handoff is None:
        hand_off(transaction, conversation)
    message = await say(transaction, conversation, author, content)
    if author.role == "end_user":
        text = content["body"] if "body" in content else f"(the file {content['filename']})"
        await answer(transaction, conversation, text)
    return message


async def hand_to(
    transaction: Transaction, conversation: Conversation, integration: str = DEFAULT_INTEGRATION
) -> None:
    """Somebody has the AI Agent hand over now, as the script would for a message.

    Raises `NotPossibleError` for a conversation that has ended, or that an integration has.
    """
    if conversation.ended:
        raise NotPossibleError("conversation_expired", "Conversation is expired")
    if conversation.handoff is not None:
        message = f"The conversation is in a handoff to {conversation.handoff} already."
        raise NotPossibleError("active_handoff", message)
    human = transaction.context.script.integrations.get(integration)
    text = await _last_words(transaction, conversation)
    await hand_over(transaction, conversation, integration, human, text=text)


async def _last_words(transaction: Transaction, conversation: Conversation) -> str:
    """The end user's last text among the latest messages; "" for none."""
    statement = select(Message.data).where(Message.conversation_id == conversation.id)
    latest = await transaction.session.scalars(statement.order_by(Message.ordinal.desc()).limit(_LATEST))
    said = (each["content"].get("body") for each in latest if each["author"]["role"] == "end_user")
    return next(filter(None, said), "")


async def hand_back(transaction: Transaction, conversation: Conversation) -> None:
    """The human agent hands back to the AI Agent; raises `NotPossibleError` where there is no handoff."""
    if conversation.handoff is None:
        raise NotPossibleError("no_active_handoff", "The conversation is not in an active handoff.")
    await end_handoff(transaction, conversation)


async def close(transaction: Transaction, conversation: Conversation, *, by: Closer | None = None) -> None:
    """End a conversation, by `usual_closer` unless it is said by whom; nothing happens to one that has."""
    if not conversation.ended:
        await end(transaction, conversation, by=by or usual_closer(conversation))


def usual_closer(conversation: Conversation) -> Closer:
    """Who ends a conversation that the API ends: the end user, but a call disconnects."""
    return "system" if conversation.channel.modality == "voice" else "end_user"
