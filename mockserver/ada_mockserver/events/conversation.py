"""The course of a conversation: each step changes its state and gives the event that Ada sends about it.

No step knows where the conversation is kept or how time passes: the scenarios have theirs in memory, the mock
Ada in its database. `course` says what happens, and how long before it nothing does, for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from ada_mockserver.events.dialogues import Turn
from ada_mockserver.events.event import Began, Ended, HandoffEnded, Message
from ada_mockserver.events.pace import (
    before_close,
    before_first_mail,
    before_hand_back,
    before_hand_over,
    before_survey,
    before_update,
    patience,
    pause_before,
    pick_up,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random
    from typing import Any

    from ada_mockserver.events.dialogues import Dialogue
    from ada_mockserver.events.payload import Author, Conversation
    from ada_mockserver.events.profile import Profile

__all__ = [
    "Action",
    "Close",
    "Closer",
    "ConversationState",
    "HandBack",
    "HandOver",
    "Learn",
    "Survey",
    "begin",
    "course",
    "end",
    "end_handoff",
    "hand_off",
    "say",
    "sends_survey",
]

Closer = Literal["end_user", "system", "human_agent"]
"""Who ends a conversation, as ``ended_by.role`` says it."""


class ConversationState(Protocol):
    """A conversation as it stands; ``handoff`` is the integration that has it, None for the AI Agent."""

    updated_at: int
    ended: bool
    handoff: str | None
    handoff_count: int

    @property
    def subject(self) -> Conversation:
        """The conversation as events are about it."""


def begin(state: ConversationState, *, at: int) -> Began:
    """The conversation begins."""
    return Began(state.subject, at)


def say(
    state: ConversationState,
    author: Author,
    content: Mapping[str, Any],
    message_id: str,
    created_at: int,
    at: int,
) -> Message:
    """Somebody writes a message."""
    state.updated_at = max(state.updated_at, created_at)
    return Message._make((state.subject, message_id, author, content, state.handoff, created_at, at))


def hand_off(state: ConversationState, integration: str, *, at: int) -> None:
    """An integration takes over; Ada sends no event about it."""
    state.handoff, state.updated_at = integration, max(state.updated_at, at)
    state.handoff_count += 1


def end_handoff(state: ConversationState, *, at: int) -> HandoffEnded:
    """Control returns to the AI Agent; the conversation goes on. There is a handoff."""
    assert state.handoff is not None  # noqa: S101 - callers ask before
    event = HandoffEnded(state.subject, state.handoff, at)
    state.handoff, state.updated_at = None, at
    state.handoff_count += 1
    return event


def end(state: ConversationState, *, by: Closer, updated_at: int, at: int) -> Ended:
    """Somebody, or the system, ends the conversation; a handoff has ended before."""
    state.ended, state.updated_at = True, updated_at
    who = state.subject.end_user_id if by == "end_user" else None
    return Ended(state.subject, by, who, updated_at, at)


def sends_survey(state: ConversationState) -> bool:
    """True if the AI Agent asks how it was after the end: the documentation shows such a link in a chat."""
    return state.subject.channel.modality == "messaging"


@dataclass(frozen=True, slots=True)
class Learn:
    """The profile of the end user gets these members; ``metadata`` is added to what there is."""

    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HandOver:
    """The AI Agent hands over to an integration."""

    integration: str


@dataclass(frozen=True, slots=True)
class HandBack:
    """The handoff ends."""


@dataclass(frozen=True, slots=True)
class Close:
    """The conversation ends."""

    by: Closer


@dataclass(frozen=True, slots=True)
class Survey:
    """The AI Agent sends a link to a survey, with that text."""

    text: str = "How did we do?"


Action = Turn | Learn | HandOver | HandBack | Close | Survey


def course(
    dialogue: Dialogue, words: Mapping[str, str], modality: str, *, rng: Random, profile: Profile
) -> Iterator[tuple[int, Action]]:
    """The actions after the beginning, each with the milliseconds before it; a turn is somebody's message.

    The placeholders are filled with ``words``. A handoff begins, waits for somebody, and ends; whoever ends
    the conversation is drawn by the profile. Follows ``/reference/conversations/getting-started``.
    """
    spoken = _spoken(dialogue.turns, words, modality, rng, profile)
    if modality == "email":
        spoken[0] = (before_first_mail(rng), spoken[0][1])
    yield from spoken
    last, closer = dialogue.turns[-1], _closer(dialogue, modality, rng, profile)
    if dialogue.during:
        yield before_hand_over(rng), HandOver(profile.integrations.pick(rng))
        waiting = pick_up(rng, modality, profile.pace)
        for pause, action in _spoken(dialogue.during, words, modality, rng, profile):
            human = isinstance(action, Turn) and action.by == "human_agent"
            yield pause + waiting * human, action
            waiting *= not human
        yield before_hand_back(rng), HandBack()
        if closer == "human_agent":
            yield before_close(rng, closer, modality), Close(closer)
        else:
            yield from _spoken(dialogue.after, words, modality, rng, profile)
            last = dialogue.after[-1] if dialogue.after else dialogue.during[-1]
    if closer != "human_agent":
        # Who says nothing more does not press a button to say so.
        if last.by != "end_user" and profile.endings.weights.get("system"):
            closer = "system"
        yield before_close(rng, closer, modality), Close(closer)
    if modality == "messaging" and rng.random() < profile.survey:
        yield before_survey(rng), Survey()


def _closer(dialogue: Dialogue, modality: str, rng: Random, profile: Profile) -> Closer:
    """A call disconnects and a thread is resolved; only a chat is ended by somebody."""
    if modality != "messaging":
        return "system"
    drawn = profile.endings.pick(rng)
    if drawn == "human_agent" and not dialogue.during:
        return "end_user"
    return drawn  # type: ignore[return-value]  # the profile's schema has these names alone


def _spoken(
    turns: tuple[Turn, ...], words: Mapping[str, str], modality: str, rng: Random, profile: Profile
) -> list[tuple[int, Action]]:
    spoken: list[tuple[int, Action]] = []
    pace, before = profile.pace, None
    for turn in turns:
        filled = turn.filled(words)
        length = 0 if filled.file else len(filled.text)
        pause = pause_before(rng, filled.by, modality, length, pace)
        if before is not None and before.by == filled.by == "ai_agent" and not (before.file or before.link):
            pause += patience(rng)  # it asked, and got no answer
        spoken.append((pause, filled))
        before = filled
        if filled.learns:
            spoken.append((before_update(rng), Learn(filled.learns)))
    return spoken
