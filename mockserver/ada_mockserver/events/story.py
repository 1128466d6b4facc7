"""A story while it is told: people, the time, and the events so far.

What happens in a conversation is `ada_mockserver.events.conversation.course`; here it happens in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ada_mockserver.events import conversation, payload
from ada_mockserver.events.audit_log import WEEK, draw_change, next_moment
from ada_mockserver.events.dialogues import Turn, Words
from ada_mockserver.events.event import Began, Changed, Composed, Ended, HandoffEnded, Message, ProfileEvent
from ada_mockserver.events.files import presigned
from ada_mockserver.events.ids import between, object_id, uuid4
from ada_mockserver.events.payload import Author, EndUser, Payload, file_content, link_content, text_content
from ada_mockserver.events.people import AI_AGENT, FIRST_TIME, WEEKS, cast_of, member_id, speaker
from ada_mockserver.events.sampling import as_documented

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from ada_mockserver.events.audit_log import Entry
    from ada_mockserver.events.dialogues import Dialogue
    from ada_mockserver.events.event import Event
    from ada_mockserver.events.payload import Conversation
    from ada_mockserver.events.people import Cast, Surface
    from ada_mockserver.events.personas import Personas
    from ada_mockserver.events.profile import Profile
    from ada_schemas.contract.contract import Contract

__all__ = ["Recital", "Step", "Story", "Told", "before_learning", "content_of", "learnt"]

_SHORT = 70
"""Characters of a message that its narration shows."""
_YEAR = 365 * 86_400_000


class Step(NamedTuple):
    """One event of a story.

    ``delay`` is the time since the step before, in seconds of payload time (0 for the first). ``contract`` is
    the one whose members the event has, None for ours.
    """

    delay: float
    event: Event
    told: str = ""
    contract: Contract | None = None

    @property
    def payload(self) -> Payload:
        """The event as a JSON object."""
        made = self.event.payload()
        return made if self.contract is None else as_documented(made, self.contract)

    @property
    def body(self) -> bytes:
        """The event as the bytes that go on the wire: those of its payload."""
        return self.event.body() if self.contract is None else payload.encode(self.payload)

    @property
    def about(self) -> str:
        """The id of the end user whom it is about, "" for the configuration: events of one are in order."""
        event = self.event
        if isinstance(event, ProfileEvent):
            return event.user.id
        if isinstance(event, Composed):
            return event.about
        return "" if isinstance(event, Changed) else event.conversation.end_user_id

    @property
    def narration(self) -> str:
        """One line in plain English about what happened."""
        return self.told or _narration(self.event)


@dataclass(slots=True)
class Told:
    """A conversation as it stands in a story (`ada_mockserver.events.conversation.ConversationState`)."""

    subject: Conversation
    updated_at: int
    ended: bool = False
    handoff: str | None = None
    handoff_count: int = 0


class Story:
    """Tells stories: the ``locale`` of its cast, ``now`` in Unix milliseconds, and the ``steps`` so far."""

    def __init__(
        self,
        rng: Random,
        *,
        seed: str,
        personas: Personas,
        profile: Profile,
        contract: Contract | None = None,
    ) -> None:
        self.steps: list[Step] = []
        self.now = 0
        self.locale = personas.locale
        self._rng = rng
        self._seed = seed
        self._personas = personas
        self._profile = profile
        self._contract = contract
        self._last_event = 0

    def meet(self, surface: Surface) -> Cast:
        """The people of the story, on a channel of that kind."""
        cast = cast_of(self._rng, self._seed, self._personas, surface)
        self.now = cast.end_user.created_at
        return cast

    def wait(self, least: int, most: int) -> int:
        """Let time pass, between ``least`` and ``most`` milliseconds; returns the new time."""
        self.now += between(self._rng, least, most)
        return self.now

    def tell(self, event: Event, narration: str = "") -> None:
        """Add an event."""
        delay = (event.at - self._last_event) / 1000 if self.steps else 0.0
        self._last_event = event.at
        self.steps.append(Step._make((delay, event, narration, self._contract)))

    def appear(self, user: EndUser) -> None:
        """The end user is seen for the first time."""
        self.tell(ProfileEvent("end_user.created", user, self._moment()))

    def update(self, user: EndUser, narration: str) -> None:
        """The end user's profile is now that of ``user``."""
        self.tell(ProfileEvent("end_user.updated", user, self._moment()), narration)

    def converse(self, dialogue: Dialogue, surface: Surface, *, returning: bool = False) -> None:
        """A whole conversation, from the first appearance of the end user to what follows the end."""
        rng = self._rng
        cast = self.meet(surface)
        words = Words(rng, self._personas.locale, end_user=cast.persona, agent=cast.agent)
        user = before_learning(cast.end_user, dialogue)
        subject = cast.conversation
        if returning:
            met = max(user.created_at - between(rng, 86_400_000, _YEAR), FIRST_TIME - _YEAR)
            user = replace(user, id=object_id(rng, met), created_at=met, updated_at=met)
            subject = replace(subject, end_user_id=user.id)
        else:
            self.appear(user)
        self.now = max(self.now, subject.created_at)
        state = self.begin(subject)
        steps = conversation.course(dialogue, words, subject.channel.modality, rng=rng, profile=self._profile)
        authors = {"end_user": speaker(user), "ai_agent": AI_AGENT}
        if dialogue.during:
            agent = cast.agent
            authors["human_agent"] = Author("human_agent", None, agent.avatar, agent.display_name)
        self.play(steps, state, user, authors)

    def begin(self, subject: Conversation) -> Told:
        """A conversation begins."""
        state = Told(subject, subject.created_at)
        self.tell(conversation.begin(state, at=self._moment()))
        return state

    def play(
        self,
        steps: Iterable[tuple[int, conversation.Action]],
        state: Told,
        user: EndUser,
        authors: dict[str, Author],
    ) -> EndUser:
        """Let the actions happen, each after its pause; returns the end user as it is then."""
        for pause, action in steps:
            self.now += pause
            if isinstance(action, Turn):  # most are, and a match statement takes longer
                plain = not (action.file or action.link)
                content = text_content(action.text) if plain else content_of(action, self._rng, self.now)
                self._say(state, authors[action.by], content)
                continue
            match action:
                case conversation.Learn(members):
                    user = replace(user, updated_at=self.now, **learnt(user, members))
                    authors["end_user"] = speaker(user)
                    new = " and ".join(name.replace("_", " ") for name in members)
                    who = user.display_name or "the end user"
                    self.update(user, f"The profile of {who} changes: {new}.")
                case conversation.HandOver(integration):
                    conversation.hand_off(state, integration, at=self.now)
                case conversation.HandBack():
                    self.tell(conversation.end_handoff(state, at=self._moment()))
                case conversation.Close(by):
                    ended = self.now
                    self.tell(conversation.end(state, by=by, updated_at=ended, at=self._moment()))
                case conversation.Survey(text):
                    host = state.subject.domain.partition(".")[0]
                    url = f"https://{host}.example.com/survey/{state.subject.id}"
                    self._say(state, authors["ai_agent"], link_content(url, text))
        return user

    def change_profile(self) -> None:
        """A visitor of whom nothing is known becomes a known customer, and then takes some of it back."""
        known = self.meet("custom").end_user
        language = "fr-CA" if known.language != "fr-CA" else "en-CA"
        named = replace(known, email=None, metadata={})
        switched = replace(named, language=language)
        reachable = replace(switched, email=known.email)
        customer = replace(reachable, metadata=known.metadata)
        leaving = replace(customer, email=None, metadata={**known.metadata, "newsletter": False})
        name = known.display_name
        self.appear(EndUser(known.id, known.created_at, known.created_at, language=known.language))
        for user, narration in (
            (named, f"The visitor signs in and turns out to be {name}."),
            (switched, f"{name} switches the language to {language}."),
            (reachable, f"{name} gives an e-mail address."),
            (customer, f"{name} becomes a customer: the metadata is filled in."),
            (leaving, f"{name} takes the e-mail address back; the metadata changes again."),
        ):
            self.update(replace(user, updated_at=self.wait(20_000, 900_000)), narration)

    def change_configuration(self) -> None:
        """The changes of a working week, by a few people and by the system."""
        rng = self._rng
        self.now = FIRST_TIME + int(rng.random() * WEEKS) * 7 * 86_400_000
        team = self._personas.pick_two(rng)
        entities: dict[tuple[str, str], str] = {}
        for entry in WEEK:
            self.now = next_moment(rng, self.now)
            self._change(entry, team, entities)

    def _change(self, entry: Entry, team: tuple[Any, ...], entities: dict[tuple[str, str], str]) -> None:
        actor = team[int(self._rng.random() * len(team))]
        entity = (entry.entity_type, entry.entity_name)
        change = draw_change(
            self._rng,
            entry,
            actor=actor,
            actor_id=member_id(self._seed, actor),
            entity_id=entities.get(entity),
            at=self.now,
        )
        entities[entity] = change.entity_id
        who = change.actor_name or "The system"
        what = f"{entry.entity_type} “{entry.entity_name}” {entry.activity}"
        self.tell(Changed(change, self._moment()), f"{who}: {what}, by way of {entry.interface}.")

    def _moment(self) -> int:
        """The time of the next event: a moment after what it is about."""
        self.now = now = self.now + 5 + int(self._rng.random() * 396)
        return now

    def _say(self, state: Told, author: Author, content: Mapping[str, Any]) -> None:
        created, message_id = self.now, uuid4(self._rng)
        self.tell(conversation.say(state, author, content, message_id, created, self._moment()))


class Recital(Story):
    """Tells stories of which the bytes alone are wanted: ``bodies`` in place of steps."""

    def __init__(self, rng: Random, **arguments: Any) -> None:
        super().__init__(rng, **arguments)
        self.bodies: list[bytes] = []

    def tell(self, event: Event, narration: str = "") -> None:
        """Add the bytes of an event."""
        if self._contract is None:
            self.bodies.append(event.body())
        else:
            self.bodies.append(Step(0.0, event, narration, self._contract).body)


def content_of(turn: Turn, rng: Random, at: int) -> Payload:
    """The content of the message that a turn is."""
    if turn.file:
        return file_content(turn.link or presigned(rng, turn.file, at), turn.mime_type, turn.file)
    if turn.link:
        return link_content(turn.link, turn.text or None)
    return text_content(turn.text)


def before_learning(user: EndUser, dialogue: Dialogue) -> EndUser:
    """The end user as far as it is known before the dialogue: without what is learnt in it."""
    if not dialogue.learnt:
        return user
    unknown: dict[str, Any] = dict.fromkeys(dialogue.learnt - {"metadata", "language"})
    return replace(user, **unknown)


def learnt(user: EndUser, members: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an end user that become others once ``members`` are known of it."""
    given = dict(members)
    if "metadata" in given:
        given["metadata"] = {**user.metadata, **given["metadata"]}
    return given


_ENDINGS = {
    "end_user": "The end user ends the conversation.",
    "human_agent": "The human agent ends the conversation.",
    "voice": "The call disconnects; the system ends the conversation.",
    "email": "The thread is resolved; the system ends the conversation.",
    "messaging": "Nobody writes any more; the system ends the conversation.",
}


def _narration(event: Event) -> str:
    """The line about an event that is told without words of its own."""
    match event:
        case ProfileEvent(user=user):
            return f"{user.display_name or 'Someone unknown'} appears for the first time."
        case Began(conversation=begun):
            return f"A conversation begins on the {begun.channel.modality} channel “{begun.channel.name}”."
        case HandoffEnded(handoff_integration=integration):
            return f"The handoff to {integration} ends; the AI Agent takes over again."
        case Ended(role=role, conversation=ended):
            return _ENDINGS[ended.channel.modality if role == "system" else role]
        case Message():
            return _said(event)
    raise AssertionError(event)  # a change is told with its words


def _said(event: Message) -> str:
    content, author = event.content, event.author
    match content["type"]:
        case "text":
            said = " ".join(content["body"].split())
            summary = f"“{said if len(said) <= _SHORT else said[: _SHORT - 1].rstrip() + '…'}”"
        case "file":
            summary = f"sends the file {content['filename']}"
        case _:
            summary = f"sends the link “{content['link_text'] or content['url']}”"
    unnamed = "The caller" if event.conversation.channel.modality == "voice" else "The visitor"
    return f"{author.display_name or unnamed} ({author.role.replace('_', ' ')}): {summary}"
