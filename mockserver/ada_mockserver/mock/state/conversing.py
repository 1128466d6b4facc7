"""What happens in conversations, whoever causes it: each step changes the state and emits its event.

A step's events come strictly later than those before, also while the clock stands still: consumers order
events by their time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from ada_mockserver.events.ids import object_id, uuid4
from ada_mockserver.events.payload import (
    Author,
    Channel,
    Conversation,
    Metadata,
    conversation_created,
    conversation_ended,
    conversation_message,
    handoff_ended,
    link_content,
    member_time,
)
from ada_mockserver.mock.agent.script import DEFAULT_INTEGRATION
from ada_mockserver.mock.state.records import add_end_user, find_channel, is_id
from ada_mockserver.mock.store.conversation_tables import conversations, messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.mock.state.transaction import Call

__all__ = [
    "Talk",
    "ai_agent",
    "end",
    "end_handoff",
    "find_talk",
    "hand_off",
    "open_talk",
    "save_talk",
    "say",
    "show_talk",
]


@dataclass(slots=True)
class Talk:
    """A conversation as it stands; times are Unix milliseconds.

    ``handoff`` is the integration that has it, None for the AI Agent; ``human`` is what is left of the
    scripted human agent's part; ``shift`` counts the handoffs that began and that ended; ``origin`` is where
    the client that began it reaches the mock.
    """

    id: str
    channel: Channel
    end_user_id: str
    created_at: int
    updated_at: int
    last_at: int
    metadata: Metadata
    ended: bool = False
    handoff: str | None = None
    human: dict[str, Any] | None = None
    turns: int = 0
    shift: int = 0
    origin: str | None = None

    def tags(self) -> tuple[str, ...]:
        """The channel tags of its events (release notes 2026-04-29 and 2026-06-01)."""
        custom = (self.channel.id,) if self.channel.custom else ()
        return custom if self.handoff is None else (*custom, self.handoff)

    def subject(self, domain: str) -> Conversation:
        """The conversation as events are about it."""
        return Conversation(
            self.id, self.channel, self.end_user_id, self.created_at, domain, dict(self.metadata)
        )

    def later(self, at: int) -> int:
        """The time of the next event: ``at``, or the millisecond after the last one."""
        self.last_at = max(at, self.last_at + 1)
        return self.last_at


async def find_talk(call: Call, conversation_id: str, *, lock: bool = True) -> Talk | None:
    """The conversation of that id, or None; ``lock`` keeps others from changing it until the call is over."""
    if not is_id(conversation_id):
        return None
    statement = select(conversations).where(conversations.c.id == conversation_id)
    row = (await call.connection.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        return None
    channel = await find_channel(call.connection, row.channel_id)
    assert channel is not None  # noqa: S101 - a foreign key
    return Talk(
        row.id,
        channel,
        row.end_user_id,
        last_at=row.last_at,
        ended=row.ended,
        handoff=row.handoff,
        **row.data,
    )


async def save_talk(call: Call, talk: Talk) -> None:
    """Keep a conversation that has changed."""
    await call.connection.execute(
        update(conversations).where(conversations.c.id == talk.id).values(_columns(talk))
    )


def _columns(talk: Talk) -> dict[str, Any]:
    return {
        "ended": talk.ended,
        "handoff": talk.handoff,
        "last_at": talk.last_at,
        "data": {
            "created_at": talk.created_at,
            "updated_at": talk.updated_at,
            "metadata": talk.metadata,
            "human": talk.human,
            "turns": talk.turns,
            "shift": talk.shift,
            "origin": talk.origin,
        },
    }


def show_talk(talk: Talk) -> dict[str, Any]:
    """A conversation as the API answers it."""
    return {
        "id": talk.id,
        "channel_id": talk.channel.id,
        "end_user_id": talk.end_user_id,
        "status": "ended" if talk.ended else "active",
        "created_at": member_time(talk.created_at),
        "updated_at": member_time(talk.updated_at),
        "metadata": talk.metadata,
    }


async def open_talk(
    call: Call, channel: Channel, end_user_id: str | None, metadata: Metadata, **profile: Any
) -> Talk:
    """Begin a conversation; without an end user one is created first, with this profile."""
    if end_user_id is None:
        end_user_id = (await add_end_user(call, **profile)).id
    talk = Talk(
        object_id(call.rng, call.at), channel, end_user_id, call.at, call.at, call.at, metadata=metadata
    )
    await call.connection.execute(
        insert(conversations).values(
            id=talk.id, channel_id=channel.id, end_user_id=end_user_id, **_columns(talk)
        )
    )
    at = talk.later(call.at)
    await call.emit(conversation_created(talk.subject(call.backend.domain), at=at), talk.tags())
    await save_talk(call, talk)
    return talk


async def say(call: Call, talk: Talk, author: Author, content: Mapping[str, Any]) -> dict[str, Any]:
    """Add a message, and emit it; returns the message as it is kept."""
    at = talk.later(call.at)
    talk.updated_at = max(talk.updated_at, at)
    message_id = uuid4(call.rng)
    data: dict[str, Any] = {
        "created_at": member_time(at),
        "author": {
            "id": author.id,
            "role": author.role,
            "avatar": author.avatar,
            "display_name": author.display_name,
        },
        "content": dict(content),
    }
    await call.connection.execute(insert(messages).values(id=message_id, conversation_id=talk.id, data=data))
    payload = conversation_message(
        talk.subject(call.backend.domain),
        message_id=message_id,
        author=author,
        content=content,
        handoff_integration=talk.handoff,
        created_at=at,
        at=at,
    )
    await call.emit(payload, talk.tags())
    return {"id": message_id, **data}


def ai_agent(call: Call) -> Author:
    """The AI Agent as an author."""
    script = call.backend.script
    return Author("ai_agent", None, script.avatar, script.display_name)


async def hand_off(call: Call, talk: Talk, integration: str = DEFAULT_INTEGRATION) -> None:
    """The integration takes over."""
    talk.handoff = integration
    talk.shift += 1
    talk.updated_at = max(talk.updated_at, call.at)


async def end_handoff(call: Call, talk: Talk) -> None:
    """Control returns to the AI Agent; the conversation goes on."""
    assert talk.handoff is not None  # noqa: S101 - callers ask before
    at = talk.later(call.at)
    payload = handoff_ended(talk.subject(call.backend.domain), handoff_integration=talk.handoff, at=at)
    await call.emit(payload, talk.tags())
    talk.handoff = talk.human = None
    talk.shift += 1
    talk.updated_at = at


async def end(call: Call, talk: Talk, *, role: str, ended_by: str | None) -> None:
    """The conversation ends, a handoff first; a survey link follows on messaging channels."""
    tags, script = talk.tags(), call.backend.script
    if talk.handoff is not None:
        await end_handoff(call, talk)
    at = talk.later(call.at)
    talk.ended, talk.updated_at = True, at
    payload = conversation_ended(
        talk.subject(call.backend.domain), role=role, ended_by=ended_by, updated_at=at, at=at
    )
    await call.emit(payload, tags)
    if script.survey is not None and talk.channel.modality == "messaging":
        url = f"{talk.origin or call.backend.base_url}/survey/{talk.id}"
        await say(call, talk, ai_agent(call), link_content(url, script.survey))
