"""Whole stories: the events that Ada would send for one conversation, profile or day of changes.

The course follows ``/reference/conversations/getting-started``. Dialogues are English in every locale; names
and addresses follow the locale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ada_mockserver.events.audit_log import STORY, draw_change, draw_entity_id
from ada_mockserver.events.dialogues import pick_dialogue
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.ids import between, hexadecimal, object_id, source, uuid4
from ada_mockserver.events.payload import (
    EndUser,
    Payload,
    audit_log_emitted,
    conversation_created,
    conversation_ended,
    conversation_message,
    end_user_event,
    file_content,
    handoff_ended,
    link_content,
    text_content,
)
from ada_mockserver.events.people import HANDOFF_INTEGRATION, member_id
from ada_schemas.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ada_mockserver.events.audit_log import Entry
    from ada_mockserver.events.dialogues import Dialogue, Kind, Turn
    from ada_mockserver.events.people import Surface
    from ada_schemas.contract.contract import Contract

__all__ = ["SCENARIOS", "Scenario", "Step", "scenario"]

# How long someone takes to answer, in milliseconds of payload time (least, most).
_PACE = {"end_user": (6_000, 40_000), "ai_agent": (1_200, 4_500), "human_agent": (15_000, 90_000)}


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
        self._authors = {
            "end_user": self.cast.as_end_user,
            "ai_agent": self.cast.as_ai_agent,
            "human_agent": self.cast.as_human_agent,
        }

    def wait(self, least: int, most: int) -> int:
        """Let time pass, between ``least`` and ``most`` milliseconds; returns the new time."""
        self.now += between(self.rng, least, most)
        return self.now

    def tell(self, build: Callable[[int], Payload], narration: str) -> None:
        """Add the event that ``build`` makes for its own time, a moment from now."""
        at = self.wait(5, 400)
        delay = (at - self._last_event) / 1000 if self.steps else 0.0
        self._last_event = at
        self.steps.append(Step(delay, self.factory.as_documented(build(at)), narration))

    def meet(self, user: EndUser | None = None) -> None:
        """The end user appears."""
        known = user or self.cast.end_user
        name = known.display_name or "Someone unknown"
        self.tell(
            lambda at: end_user_event("end_user.created", known, at=at), f"{name} appears for the first time."
        )

    def update(self, user: EndUser, narration: str) -> None:
        """The end user's profile becomes that of ``user``."""
        changed = replace(user, updated_at=self.wait(20_000, 900_000))
        self.tell(lambda at: end_user_event("end_user.updated", changed, at=at), narration)

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
        self.tell(lambda at: audit_log_emitted(change, at=at), f"{who}: {what}, by way of {entry.interface}.")

    def open(self) -> None:
        """The conversation begins."""
        conversation = self.cast.conversation
        self.now = max(self.now, conversation.created_at)
        channel = conversation.channel
        self.tell(
            lambda at: conversation_created(conversation, at=at),
            f"A conversation begins on the {channel.modality} channel “{channel.name}”.",
        )

    def talk(self, turns: Sequence[Turn], handoff_integration: str | None = None) -> None:
        """Everyone speaks in turn."""
        for turn in turns:
            if turn.file:
                content = file_content(self._presigned(turn.file), turn.mime_type, turn.file)
                self.say(turn.by, content, f"sends the file {turn.file}", handoff_integration)
            else:
                said = " ".join(turn.text.split())
                short = said if len(said) <= 70 else f"{said[:69].rstrip()}…"
                self.say(turn.by, text_content(turn.text), f"“{short}”", handoff_integration)

    def say(self, role: str, content: Payload, summary: str, handoff_integration: str | None = None) -> None:
        """One message."""
        author = self._authors[role]
        created = self.wait(*_PACE[role])
        message_id = uuid4(self.rng)
        self.tell(
            lambda at: conversation_message(
                self.cast.conversation,
                message_id=message_id,
                author=author,
                content=content,
                handoff_integration=handoff_integration,
                created_at=created,
                at=at,
            ),
            f"{author.display_name or 'The caller'} ({role.replace('_', ' ')}): {summary}",
        )

    def end(self, *, by_end_user: bool, narration: str) -> None:
        """The conversation ends."""
        role, who = ("end_user", self.cast.end_user.id) if by_end_user else ("system", None)
        ended = self.wait(2_000, 20_000)
        self.tell(
            lambda at: conversation_ended(
                self.cast.conversation, role=role, ended_by=who, updated_at=ended, at=at
            ),
            narration,
        )

    def survey(self) -> None:
        """The AI Agent asks how it was; the documentation shows such a link after the end."""
        conversation = self.cast.conversation
        host = conversation.domain.partition(".")[0]
        url = f"https://{host}.example.com/survey/{conversation.id}"
        self.say("ai_agent", link_content(url, "How did we do?"), "sends a link to the satisfaction survey")

    def dialogue(self, kind: Kind) -> Dialogue:
        """A dialogue of this kind between the people of the story."""
        return pick_dialogue(kind, self.rng, end_user=self.cast.persona, agent=self.cast.agent)

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


def _conversation(story: _Story) -> None:
    dialogue = story.dialogue("messaging")
    story.meet()
    story.open()
    story.talk(dialogue.turns)
    story.end(by_end_user=True, narration=f"{story.cast.persona.display_name} ends the conversation.")
    story.survey()


def _handoff(story: _Story) -> None:
    dialogue = story.dialogue("handoff")
    conversation = story.cast.conversation
    story.meet()
    story.open()
    story.talk(dialogue.turns)
    story.talk(dialogue.during, HANDOFF_INTEGRATION)
    story.wait(2_000, 20_000)
    story.tell(
        lambda at: handoff_ended(conversation, handoff_integration=HANDOFF_INTEGRATION, at=at),
        f"The handoff to {HANDOFF_INTEGRATION} ends; the AI Agent takes over again.",
    )
    story.talk(dialogue.after)
    story.end(by_end_user=True, narration=f"{story.cast.persona.display_name} ends the conversation.")
    story.survey()


def _voice(story: _Story) -> None:
    dialogue = story.dialogue("voice")
    story.meet()
    story.open()
    story.talk(dialogue.turns)
    story.end(by_end_user=False, narration="The call disconnects; the system ends the conversation.")


def _email(story: _Story) -> None:
    dialogue = story.dialogue("email")
    story.meet()
    story.open()
    story.talk(dialogue.turns)
    story.end(by_end_user=False, narration="The thread is resolved; the system ends the conversation.")


def _profile(story: _Story) -> None:
    """A visitor of whom nothing is known becomes a known customer, and then takes some of it back."""
    known = story.cast.end_user
    language = "fr-CA" if known.language != "fr-CA" else "en-CA"
    blank = EndUser(
        id=known.id, created_at=known.created_at, updated_at=known.created_at, language=known.language
    )
    named = replace(
        blank,
        external_id=known.external_id,
        first_name=known.first_name,
        last_name=known.last_name,
        display_name=known.display_name,
        avatar=known.avatar,
        sunshine_user_id=known.sunshine_user_id,
    )
    switched = replace(named, language=language)
    reachable = replace(switched, email=known.email)
    customer = replace(reachable, metadata=known.metadata)
    leaving = replace(customer, email=None, metadata={**known.metadata, "newsletter": False})
    name = known.display_name
    story.meet(blank)
    for user, narration in (
        (named, f"The visitor signs in and turns out to be {name}."),
        (switched, f"{name} switches the language to {language}."),
        (reachable, f"{name} gives an e-mail address."),
        (customer, f"{name} becomes a customer: the metadata is filled in."),
        (leaving, f"{name} takes the e-mail address back; the metadata changes again."),
    ):
        story.update(user, narration)


def _audit(story: _Story) -> None:
    for entry in STORY:
        story.change(entry)


_STORIES: dict[str, tuple[str, Surface, Callable[[_Story], None]]] = {
    "conversation": (
        "A chat that the AI Agent resolves, with a survey link after its end.",
        "custom",
        _conversation,
    ),
    "handoff": ("A chat handed to a human agent and back, with files both ways.", "custom", _handoff),
    "voice": ("A phone call that ends when the line disconnects.", "voice", _voice),
    "email": ("An exchange of longer messages by e-mail.", "email", _email),
    "profile": ("An end user whose profile is filled in and changed.", "custom", _profile),
    "audit": ("A day of configuration changes, by people and by the system.", "custom", _audit),
}

SCENARIOS: Mapping[str, str] = MappingProxyType({name: story[0] for name, story in _STORIES.items()})
"""The scenarios by name, each with its subject in one line."""
