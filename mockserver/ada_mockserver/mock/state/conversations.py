"""Conversations in the database: each step is one of `ada_mockserver.events.conversation`, and emitted.

A step's events come strictly later than those before, also while the clock stands still: consumers order
events by their time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events import conversation as course
from ada_mockserver.events.ids import object_id, uuid4
from ada_mockserver.events.pace import before_survey
from ada_mockserver.events.payload import Author, Metadata, link_content
from ada_mockserver.mock.script import DEFAULT_INTEGRATION
from ada_mockserver.mock.state.planned import in_turn, plan
from ada_mockserver.mock.state.records import add_end_user
from ada_mockserver.mock.store.models import Conversation, ConversationFact, Message, StoredChannel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.events.conversation import Closer
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = [
    "ai_agent",
    "cancel_handoff",
    "end",
    "end_handoff",
    "hand_off",
    "open_conversation",
    "say",
    "send_survey",
]


async def open_conversation(
    transaction: Transaction,
    channel: StoredChannel,
    end_user_id: str | None,
    metadata: Metadata,
    *,
    origin: str | None = None,
    **profile: Any,
) -> Conversation:
    """Begin a conversation; without an end user one is created first, with this profile."""
    at = transaction.at
    conversation = Conversation(
        end_user_id=end_user_id or (await add_end_user(transaction, **profile)).id,
        id=object_id(transaction.rng, at),
        created_at=at,
        updated_at=at,
        last_at=at,
        domain=transaction.context.domain,
        details=dict(metadata),
        origin=origin,
        stored_channel=channel,
    )
    await transaction.add(conversation)
    begun = course.begin(conversation, at=_later(transaction, conversation))
    event_id = await transaction.emit(begun.payload(), _tags(conversation))
    _note(transaction, conversation, "begun", event_id=event_id)
    return conversation


async def say(
    transaction: Transaction, conversation: Conversation, author: Author, content: Mapping[str, Any]
) -> Message:
    """Add a message, and emit it."""
    at = _later(transaction, conversation)
    message_id = uuid4(transaction.rng)
    said = course.say(conversation, author, content, message_id, at, at)
    payload = said.payload()
    data = {name: payload["data"][name] for name in ("created_at", "author", "content")}
    event_id = await transaction.emit(payload, _tags(conversation))
    message = Message(
        id=message_id, conversation_id=conversation.id, created_at=at, data=data, event_id=event_id
    )
    await transaction.add(message)
    return message


def ai_agent(transaction: Transaction) -> Author:
    """The AI Agent as an author."""
    script = transaction.context.script
    return Author("ai_agent", None, script.avatar, script.display_name)


def hand_off(
    transaction: Transaction, conversation: Conversation, integration: str = DEFAULT_INTEGRATION
) -> None:
    """The integration takes over."""
    course.hand_off(conversation, integration, at=transaction.at)
    _note(transaction, conversation, "handed-off", integration)


def cancel_handoff(transaction: Transaction, conversation: Conversation) -> None:
    """The handoff does not come about, so none has ended: no event tells of it."""
    _note(transaction, conversation, "handoff-failed", conversation.handoff)
    conversation.handoff, conversation.human = None, None
    conversation.handoff_count += 1
    conversation.updated_at = max(transaction.at, conversation.updated_at)


async def end_handoff(transaction: Transaction, conversation: Conversation) -> None:
    """Control returns to the AI Agent; the conversation goes on."""
    tags, integration = _tags(conversation), conversation.handoff
    ended = course.end_handoff(conversation, at=_later(transaction, conversation))
    conversation.human = None
    event_id = await transaction.emit(ended.payload(), tags)
    _note(transaction, conversation, "handoff-ended", integration, event_id=event_id)


async def end(
    transaction: Transaction, conversation: Conversation, *, by: Closer, survey: bool = True
) -> None:
    """The conversation ends, a handoff first; a survey link follows in a chat, unless ``survey`` is false."""
    tags = _tags(conversation)
    if conversation.handoff is not None:
        await end_handoff(transaction, conversation)
    at = _later(transaction, conversation)
    event_id = await transaction.emit(course.end(conversation, by=by, updated_at=at, at=at).payload(), tags)
    _note(transaction, conversation, "ended", by, event_id=event_id)
    if not survey or not course.sends_survey(conversation):
        return
    if transaction.context.takes_time:
        pause = before_survey(transaction.rng)
        await plan(transaction, conversation, in_turn(at, [(pause, {"kind": "survey"})]))
    else:
        await send_survey(transaction, conversation)


async def send_survey(transaction: Transaction, conversation: Conversation) -> None:
    """The AI Agent sends the link to a survey, where the script has a text for it."""
    context = transaction.context
    if context.script.survey is not None:
        url = f"{conversation.origin or context.base_url}/survey/{conversation.id}"
        content = link_content(url, context.script.survey)
        await say(transaction, conversation, ai_agent(transaction), content)


def _note(
    transaction: Transaction,
    conversation: Conversation,
    kind: str,
    who: str | None = None,
    *,
    event_id: str | None = None,
) -> None:
    """Remember what happened: after all that was said by then, and before what is said next."""
    at = max(transaction.at - 1, conversation.last_at)
    fact = ConversationFact(conversation_id=conversation.id, at=at, kind=kind, who=who, event_id=event_id)
    transaction.session.add(fact)


def _tags(conversation: Conversation) -> tuple[str, ...]:
    """The channel tags of its events (release notes 2026-04-29 and 2026-06-01)."""
    custom = (conversation.channel.id,) if conversation.channel.custom else ()
    return custom if conversation.handoff is None else (*custom, conversation.handoff)


def _later(transaction: Transaction, conversation: Conversation) -> int:
    """The time of the next event: now, or the millisecond after the last one; no change is later."""
    conversation.last_at = max(transaction.at, conversation.last_at + 1, conversation.updated_at)
    return conversation.last_at
