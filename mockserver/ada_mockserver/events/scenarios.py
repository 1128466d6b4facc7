"""Whole stories: the events that Ada would send for one conversation, profile or day of changes.

The course follows ``/reference/conversations/getting-started``. Dialogues are English in every locale; names
and addresses follow the locale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ada_mockserver.events import conversation, payload
from ada_mockserver.events.audit_log import STORY, draw_change, draw_entity_id
from ada_mockserver.events.dialogues import pick_dialogue
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.ids import between, hexadecimal, object_id, source, uuid4
from ada_mockserver.events.payload import EndUser, Payload
from ada_mockserver.events.people import member_id
from ada_schemas.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ada_mockserver.events.audit_log import Entry
    from ada_mockserver.events.dialogues import Kind, Turn
    from ada_mockserver.events.payload import Conversation
    from ada_mockserver.events.people import Surface
    from ada_schemas.contract.contract import Contract

__all__ = ["SCENARIOS", "Scenario", "Step", "scenario"]

# How long someone takes to answer, in milliseconds of payload time (least, most).
_PACE = {"end_user": (6_000, 40_000), "ai_agent": (1_200, 4_500), "human_agent": (15_000, 90_000)}

# How a conversation ends that nobody in it ends.
_ENDINGS: dict[Kind, str] = {
    "voice": "The call disconnects; the system ends the conversation.",
    "email": "The thread is resolved; the system ends the conversation.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a story.

    ``delay`` is the time since the step before, in seconds of payload time (0 for the first); ``narration``
    is one line in plain English about what happened.
    """

    delay: float
    payload: Payload
    narration: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story: its name, the locale of its people, and its events in order of time."""

    name: str
    locale: str
    steps: tuple[Step, ...]


def scenario(
    name: str,
    *,
    seed: int | str,
    locale: str = "en_US",
    index: int = 0,
    contract: Contract | None = None,
) -> Scenario:
    """The story ``name`` as ``seed`` tells it; every ``index`` has other people, ids, times and texts.

    The arguments decide every byte; the events are those of ``contract``, ours if it is None. Raises
    ``UsageError`` for a name that is not in ``SCENARIOS``, and what ``Personas.load`` raises for the locale.
    """
    if name not in _STORIES:
        raise unknown("scenario", name, _STORIES, next_step=f"The scenarios are {', '.join(_STORIES)}.")
    _, surface, tell = _STORIES[name]
    story = _Story(EventFactory(seed=seed, locale=locale, contract=contract), f"{name}/{index}", surface)
    tell(story)
    return Scenario(name, story.factory.locale, tuple(story.steps))


@dataclass(slots=True)
class _Told:
    """A conversation as it stands in a story (`ada_mockserver.events.conversation.ConversationState`)."""

    subject: Conversation
    updated_at: int
    ended: bool = False
    handoff: str | None = None
    handoff_count: int = 0


class _Story:
    """A story while it is told: the cast, the time, and the steps so far."""

    def __init__(self, factory: EventFactory, key: str, surface: Surface) -> None:
        self.factory = factory
        self.rng = source(factory.seed, "scenario", key)
        self.cast = factory.cast(key, surface)
        self.now = self.cast.end_user.created_at
        self.steps: list[Step] = []
        self._last_event = 0
        self._entities: dict[tuple[str, str], str] = {}

    def wait(self, least: int, most: int) -> int:
        """Let time pass, between ``least`` and ``most`` milliseconds; returns the new time."""
        self.now += between(self.rng, least, most)
        return self.now

    def tell(self, build: Callable[..., Payload], narration: str) -> None:
        """Add the event that ``build`` makes for its own time ``at``, a moment from now."""
        at = self.wait(5, 400)
        delay = (at - self._last_event) / 1000 if self.steps else 0.0
        self._last_event = at
        self.steps.append(Step(delay, self.factory.as_documented(build(at=at)), narration))

    def meet(self, user: EndUser | None = None) -> None:
        """The end user appears."""
        known = user or self.cast.end_user
        name = known.display_name or "Someone unknown"
        met = partial(payload.end_user_event, "end_user.created", known)
        self.tell(met, f"{name} appears for the first time.")

    def update(self, user: EndUser, narration: str) -> None:
        """The end user's profile becomes that of ``user``."""
        changed = replace(user, updated_at=self.wait(20_000, 900_000))
        self.tell(partial(payload.end_user_event, "end_user.updated", changed), narration)

    def change(self, entry: Entry) -> None:
        """Somebody, or the system, changes the configuration."""
        actor = self.factory.personas.pick(self.rng)
        at = self.wait(60_000, 3_600_000)
        entity = (entry.entity_type, entry.entity_name)
        if entity not in self._entities:
            self._entities[entity] = draw_entity_id(self.rng, entry, at=at)
        change = draw_change(
            self.rng,
            entry,
            actor=actor,
            actor_id=member_id(self.factory.seed, actor),
            entity_id=self._entities[entity],
            at=at,
        )
        who = change.actor_name or "The system"
        what = f"{entry.entity_type} “{entry.entity_name}” {entry.activity}"
        self.tell(partial(payload.audit_log_emitted, change), f"{who}: {what}, by way of {entry.interface}.")

    def converse(self, kind: Kind) -> None:
        """A whole conversation, from the first appearance of the end user to what follows the end."""
        cast = self.cast
        dialogue = pick_dialogue(kind, self.rng, end_user=cast.persona, agent=cast.agent)
        self.meet()
        state = _Told(cast.conversation, updated_at=cast.conversation.created_at)
        self.now = max(self.now, cast.conversation.created_at)
        channel = cast.conversation.channel
        narration = f"A conversation begins on the {channel.modality} channel “{channel.name}”."
        self.tell(partial(conversation.begin, state), narration)
        for action in conversation.course(kind, dialogue):
            match action:
                case conversation.Speak(turn):
                    self.speak(state, turn)
                case conversation.HandOver(integration):
                    conversation.hand_off(state, integration, at=self.now)
                case conversation.HandBack():
                    self.wait(2_000, 20_000)
                    narration = f"The handoff to {state.handoff} ends; the AI Agent takes over again."
                    self.tell(partial(conversation.end_handoff, state), narration)
                case conversation.Close(by_end_user):
                    ended = self.wait(2_000, 20_000)
                    end = partial(conversation.end, state, by_end_user=by_end_user, updated_at=ended)
                    self.tell(end, _ENDINGS.get(kind, f"{cast.persona.display_name} ends the conversation."))
        if conversation.sends_survey(state):
            host = cast.conversation.domain.partition(".")[0]
            url = f"https://{host}.example.com/survey/{cast.conversation.id}"
            content = payload.link_content(url, "How did we do?")
            self.say(state, "ai_agent", content, "sends a link to the satisfaction survey")

    def speak(self, state: _Told, turn: Turn) -> None:
        """Somebody says a text or sends a file."""
        if turn.file:
            content = payload.file_content(self._presigned(turn.file), turn.mime_type, turn.file)
            self.say(state, turn.by, content, f"sends the file {turn.file}")
        else:
            said = " ".join(turn.text.split())
            short = said if len(said) <= 70 else f"{said[:69].rstrip()}…"
            self.say(state, turn.by, payload.text_content(turn.text), f"“{short}”")

    def say(self, state: _Told, role: str, content: Payload, summary: str) -> None:
        """One message."""
        author = self.cast.authors[role]
        created, message_id = self.wait(*_PACE[role]), uuid4(self.rng)
        self.tell(
            partial(conversation.say, state, author, content, message_id=message_id, created_at=created),
            f"{author.display_name or 'The caller'} ({role.replace('_', ' ')}): {summary}",
        )

    def _presigned(self, filename: str) -> str:
        """A download address as object stores presign it, for seven days, on a host reserved for examples."""
        upload, signature = object_id(self.rng, self.now), hexadecimal(self.rng, 64)
        moment = datetime.fromtimestamp(self.now // 1000, UTC)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"EXAMPLE-KEY-ID/{moment:%Y%m%d}/us-east-1/s3/aws4_request",
            "X-Amz-Date": f"{moment:%Y%m%dT%H%M%SZ}",
            "X-Amz-Expires": "604800",
            "X-Amz-SignedHeaders": "host",
            "response-content-disposition": f'attachment; filename="{filename}"',
            "X-Amz-Signature": signature,
        }
        signed = urlencode(query, quote_via=quote, safe="")
        return f"https://files.example.com/attachments/{upload}/{filename}?{signed}"


def _chat(kind: Kind) -> Callable[[_Story], None]:
    return lambda story: story.converse(kind)


def _profile(story: _Story) -> None:
    """A visitor of whom nothing is known becomes a known customer, and then takes some of it back."""
    known = story.cast.end_user
    language = "fr-CA" if known.language != "fr-CA" else "en-CA"
    blank = EndUser(known.id, known.created_at, known.created_at, language=known.language)
    named = replace(known, email=None, metadata={})
    switched = replace(named, language=language)
    reachable = replace(switched, email=known.email)
    customer = replace(reachable, metadata=known.metadata)
    leaving = replace(customer, email=None, metadata={**known.metadata, "newsletter": False})
    name = known.display_name
    story.meet(blank)
    story.update(named, f"The visitor signs in and turns out to be {name}.")
    story.update(switched, f"{name} switches the language to {language}.")
    story.update(reachable, f"{name} gives an e-mail address.")
    story.update(customer, f"{name} becomes a customer: the metadata is filled in.")
    story.update(leaving, f"{name} takes the e-mail address back; the metadata changes again.")


def _audit(story: _Story) -> None:
    for entry in STORY:
        story.change(entry)


_STORIES: dict[str, tuple[str, Surface, Callable[[_Story], None]]] = {
    "conversation": (
        "A chat that the AI Agent resolves, with a survey link after its end.",
        "custom",
        _chat("messaging"),
    ),
    "handoff": (
        "A chat handed to a human agent and back, with files both ways.",
        "custom",
        _chat("handoff"),
    ),
    "voice": ("A phone call that ends when the line disconnects.", "voice", _chat("voice")),
    "email": ("An exchange of longer messages by e-mail.", "email", _chat("email")),
    "profile": ("An end user whose profile is filled in and changed.", "custom", _profile),
    "audit": ("A day of configuration changes, by people and by the system.", "custom", _audit),
}

SCENARIOS: Mapping[str, str] = MappingProxyType({name: story[0] for name, story in _STORIES.items()})
"""The scenarios by name, each with its subject in one line."""
