"""The course of a conversation: each step changes its state and gives the event that Ada sends about it.

No step knows where the conversation is kept or how time passes: the scenarios have theirs in memory, the mock
Ada in its database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ada_mockserver.events import payload
from ada_mockserver.events.people import HANDOFF_INTEGRATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ada_mockserver.events.dialogues import Dialogue, Kind, Turn
    from ada_mockserver.events.payload import Author, Conversation, Payload

__all__ = [
    "Action",
    "Close",
    "ConversationState",
    "HandBack",
    "HandOver",
    "Speak",
    "begin",
    "course",
    "end",
    "end_handoff",
    "hand_off",
    "say",
    "sends_survey",
]


class ConversationState(Protocol):
    """A conversation as it stands; ``handoff`` is the integration that has it, None for the AI Agent."""

    updated_at: int
    ended: bool
    handoff: str | None
    handoff_count: int

    @property
    def subject(self) -> Conversation:
        """The conversation as events are about it."""


def begin(state: ConversationState, *, at: int) -> Payload:
    """The conversation begins."""
    return payload.conversation_created(state.subject, at=at)


def say(
    state: ConversationState,
    author: Author,
    content: Mapping[str, Any],
    *,
    message_id: str,
    created_at: int,
    at: int,
) -> Payload:
    """Somebody writes a message."""
    state.updated_at = max(state.updated_at, created_at)
    return payload.conversation_message(
        state.subject,
        message_id=message_id,
        author=author,
        content=content,
        handoff_integration=state.handoff,
        created_at=created_at,
        at=at,
    )


def hand_off(state: ConversationState, integration: str, *, at: int) -> None:
    """An integration takes over; Ada sends no event about it."""
    state.handoff, state.updated_at = integration, max(state.updated_at, at)
    state.handoff_count += 1


def end_handoff(state: ConversationState, *, at: int) -> Payload:
    """Control returns to the AI Agent; the conversation goes on. There is a handoff."""
    assert state.handoff is not None  # noqa: S101 - callers ask before
    event = payload.handoff_ended(state.subject, handoff_integration=state.handoff, at=at)
    state.handoff, state.updated_at = None, at
    state.handoff_count += 1
    return event


def end(state: ConversationState, *, by_end_user: bool, updated_at: int, at: int) -> Payload:
    """The end user ends the conversation, or else the system; a handoff has ended before."""
    state.ended, state.updated_at = True, updated_at
    role, who = ("end_user", state.subject.end_user_id) if by_end_user else ("system", None)
    return payload.conversation_ended(state.subject, role=role, ended_by=who, updated_at=updated_at, at=at)


def sends_survey(state: ConversationState) -> bool:
    """True if the AI Agent asks how it was after the end: the documentation shows such a link in a chat."""
    return state.subject.channel.modality == "messaging"


@dataclass(frozen=True, slots=True)
class Speak:
    """Somebody says what the dialogue has next."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class HandOver:
    """The AI Agent hands over to an integration."""

    integration: str


@dataclass(frozen=True, slots=True)
class HandBack:
    """The handoff ends."""


@dataclass(frozen=True, slots=True)
class Close:
    """The end user ends the conversation, or else the system."""

    by_end_user: bool


Action = Speak | HandOver | HandBack | Close


def course(kind: Kind, dialogue: Dialogue) -> Iterator[Action]:
    """The actions after the beginning (``/reference/conversations/getting-started``)."""
    yield from map(Speak, dialogue.turns)
    if dialogue.during:
        yield HandOver(HANDOFF_INTEGRATION)
        yield from map(Speak, dialogue.during)
        yield HandBack()
        yield from map(Speak, dialogue.after)
    # A call disconnects and a thread is resolved; only a chat is ended by somebody.
    yield Close(by_end_user=kind not in ("voice", "email"))
