"""A scenario that a user wrote, told: what the document says stands, all else is drawn from the seed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from ada_mockserver.events import conversation
from ada_mockserver.events.dialogues import Turn, Words
from ada_mockserver.events.edits import overridden
from ada_mockserver.events.event import Composed
from ada_mockserver.events.ids import between, object_id, source
from ada_mockserver.events.pace import (
    before_close,
    before_first_mail,
    before_hand_back,
    before_hand_over,
    before_survey,
    before_update,
    pause_before,
    pick_up,
)
from ada_mockserver.events.people import (
    AI_AGENT,
    FIRST_TIME,
    HANDOFF_INTEGRATION,
    cast_of,
    draw_cast,
    speaker,
)
from ada_mockserver.events.personas import Personas, namesake
from ada_mockserver.events.profile import usual
from ada_mockserver.events.scenarios import Scenario
from ada_mockserver.events.story import Step, Story
from ada_mockserver.events.written.document import ScenarioError
from ada_mockserver.events.written.plan import read_plan
from ada_mockserver.events.written.samples import sample
from ada_mockserver.events.written.steps import Sample, Wait
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from ada_mockserver.events.conversation import Action
    from ada_mockserver.events.edits import Edit
    from ada_mockserver.events.payload import Author, Channel, EndUser
    from ada_mockserver.events.people import Cast, Surface
    from ada_mockserver.events.personas import Persona
    from ada_mockserver.events.profile import Profile
    from ada_mockserver.events.story import Told
    from ada_mockserver.events.written.plan import Plan
    from ada_mockserver.events.written.steps import WrittenStep
    from ada_schemas.contract.contract import Contract

__all__ = ["WrittenTeller", "written_scenario"]

_LATEST = 4_291_747_200_000
"""The end of 2105: ids, which begin with the seconds, can tell no later time."""
_YEAR = 365 * 86_400_000
_DAY = 86_400_000
_NAMES = ("first_name", "last_name", "display_name")
_BETWEEN_SAMPLES = (1_000, 20_000)


def written_scenario(
    document: str | Mapping[str, Any],
    *,
    seed: int | str | None = None,
    locale: str | None = None,
    index: int = 0,
    contract: Contract | None = None,
    profile: Profile | None = None,
) -> Scenario:
    """The story that a document tells: YAML text, or the data that it means.

    ``seed`` and ``locale`` win over those of the document; every ``index`` has other people, ids and times.
    Raises ``ScenarioError`` that says all that is wrong, and ``UsageError`` where there is no seed.
    """
    plan = read_plan(document, name="document", locale=locale, contract=contract)
    chosen = plan.seed if seed is None else seed
    if chosen is None:
        raise UsageError("The scenario has no seed.", next_step="Give it one, or pass seed=...")
    return WrittenTeller(plan, seed=chosen, profile=profile).tell(index)


class WrittenTeller:
    """Tells a scenario that a user wrote, once for each index.

    All that the document leaves open is drawn from ``seed`` and the index, at the pace of ``profile``. Texts,
    paths and addresses of the document are its own matter: what they make of an event is not looked at here.
    """

    def __init__(self, plan: Plan, *, seed: int | str, profile: Profile | None = None) -> None:
        self.plan = plan
        self._seed = str(seed)
        self._profile = profile or usual()
        self._personas = Personas.load(plan.locale)
        self._surface, described = _channel_of(plan.data.get("channel", "custom"))
        self._channel = self._own_channel(described)

    def tell(self, index: int = 0) -> Scenario:
        """The story of that index.

        Raises ``ScenarioError`` for a path to set or unset that leads nowhere, and where time runs out.
        """
        return Scenario(self.plan.name, self.plan.locale, tuple(step for step, _ in self.traced(index)))

    def bodies(self, index: int = 0) -> list[bytes]:
        """The bytes of the events of `tell`."""
        return [step.body for step, _ in self.traced(index)]

    def traced(self, index: int = 0) -> list[tuple[Step, str]]:
        """The events of the story, each with the title of what it is about: ``step 3 (ai_agent)``."""
        rng = source(self._seed, "written", self.plan.name, index)
        story = Story(
            rng,
            seed=self._seed,
            personas=self._personas,
            profile=self._profile,
            contract=self.plan.foreign,
        )
        telling = _Telling(self.plan, self._profile, story, rng, self._cast(rng))
        telling.begin()
        for step in self.plan.steps:
            for _ in range(step.repeat):
                telling.take(step)
        return list(zip(story.steps, telling.titles, strict=True))

    def _cast(self, rng: Random) -> Cast:
        """The people of a story, with what the document says of them."""
        plan = self.plan
        drawn = cast_of(rng, self._seed, self._personas, self._surface, met=plan.start)
        persona, user = self._end_user(rng, drawn, plan.data.get("end_user", {}))
        agent = drawn.agent
        if name := plan.data.get("human_agent", {}).get("display_name"):
            agent = namesake(rng, plan.locale, name=name)
        begun = drawn.conversation
        if plan.known and plan.start is not None:
            begun = replace(begun, id=object_id(rng, plan.start), created_at=plan.start)
        about = replace(
            begun,
            channel=self._channel,
            end_user_id=user.id,
            metadata=plan.data.get("conversation", {}).get("metadata", begun.metadata),
        )
        return replace(drawn, persona=persona, agent=agent, end_user=user, conversation=about)

    def _end_user(self, rng: Random, cast: Cast, given: Mapping[str, Any]) -> tuple[Persona, EndUser]:
        persona, user = cast.persona, cast.end_user
        names = {name: given[name] for name in _NAMES if given.get(name)}
        if names:
            named = {"name" if name == "display_name" else name: value for name, value in names.items()}
            persona = namesake(rng, self.plan.locale, **named)
            user = replace(
                user,
                first_name=persona.first_name or None,
                last_name=persona.last_name or None,
                display_name=persona.display_name,
                avatar=user.avatar and persona.avatar,
                email=user.email and persona.email,
            )
        elif "display_name" in given:
            user = replace(user, first_name=None, last_name=None, avatar=None, email=None)
        members = {name: value for name, value in given.items() if name not in ("known", "set", "unset")}
        user = replace(user, **members)
        if self.plan.known:
            met = user.created_at - between(rng, _DAY, _YEAR)
            user = replace(user, id=object_id(rng, met), created_at=met, updated_at=met)
        return persona, user

    def _own_channel(self, described: Mapping[str, Any]) -> Channel:
        """The channel, the same in every story: one that the document describes has an id of its own."""
        drawn = draw_cast(self._seed, self._personas, "", self._surface).conversation.channel
        begun = FIRST_TIME if self.plan.start is None else self.plan.start
        if not described and drawn.created_at < begun:
            return drawn
        rng = source(self._seed, "channel", self._surface, json.dumps(described, sort_keys=True))
        created = min(drawn.created_at, begun - between(rng, _DAY, _YEAR))
        return replace(drawn, id=object_id(rng, created), created_at=created, **described)


class _Telling:
    """One story while its steps happen; ``titles`` says of each event what it is about."""

    def __init__(self, plan: Plan, profile: Profile, story: Story, rng: Random, cast: Cast) -> None:
        self.titles: list[str] = []
        self._plan, self._profile, self._story, self._rng, self._cast = plan, profile, story, rng, cast
        self._user = cast.end_user
        self._words = Words(rng, plan.locale, end_user=cast.persona, agent=cast.agent)
        self._words.update(plan.data.get("words", {}))
        self._quoted = _Quoted(self._words)
        self._authors = self._speakers()
        self._state: Told
        self._integration = HANDOFF_INTEGRATION
        self._unanswered = False
        self._mailed = False

    def begin(self) -> None:
        """The end user appears, unless known before, and the conversation begins."""
        story, plan = self._story, self._plan
        if not plan.known:
            story.now = self._user.created_at
            story.appear(self._user)
            self._finish("end_user", ("end_user",), plan.edits("end_user"))
        story.now = max(story.now, self._cast.conversation.created_at)
        self._state = story.begin(self._cast.conversation)
        self._finish("conversation", ("conversation",), plan.edits("conversation"))

    def take(self, step: WrittenStep) -> None:
        """Let a step happen, after its pause."""
        story, action = self._story, self._filled(step.action)
        pause = self._pause(action) if step.after is None else step.after
        if isinstance(action, Wait):
            pause += action.milliseconds
        way = ("steps", step.number - 1)
        if story.now + pause >= _LATEST:
            self._refuse(way, f"{step.title} comes after the year 2105, of which no id can tell. Wait less.")
        if isinstance(action, Wait | Sample):
            story.now += pause
            if isinstance(action, Sample):
                self._sample(action.event)
        else:
            self._user = story.play([(pause, self._possible(action))], self._state, self._user, self._authors)
        self._finish(step.title, way, step.edits)

    def _possible(self, action: Action) -> Action:
        """The action with its integration; a handoff to end where there is none to end."""
        match action:
            case conversation.HandOver(integration):
                self._integration = integration or self._profile.integrations.pick(self._rng)
                self._unanswered = True
                return conversation.HandOver(self._integration)
            case conversation.HandBack() if self._state.handoff is None:
                self._state.handoff = self._integration
            case Turn() as turn:
                self._unanswered &= turn.by != "human_agent"
                self._mailed = True
        return action

    def _sample(self, name: str) -> None:
        story = self._story
        event = sample(
            name,
            self._plan.contract,
            self._rng,
            cast=self._cast,
            user=self._user,
            state=self._state,
            words=self._words,
            at=story.now,
        )
        story.tell(event, f"A sample of {name}.")
        story.now = event.at

    def _finish(self, title: str, way: tuple[str | int, ...], edits: Sequence[Edit]) -> None:
        """Change the events that are new as the document asks, and keep what they are about."""
        steps = self._story.steps
        for index in range(len(self.titles), len(steps)):
            self.titles.append(title)
            if not edits:
                continue
            step = steps[index]
            try:
                made = overridden(step.payload, edits, self._plan.contract)
            except UsageError as error:
                self._refuse(way, f"{title}: {error.what} {error.next_step}")
            event = Composed(made, step.about, step.event.at)
            steps[index] = step._replace(event=event, told=step.narration, contract=None)

    def _refuse(self, way: tuple[str | int, ...], what: str) -> NoReturn:
        document = self._plan.document
        raise ScenarioError(document.name, [document.problem(way, what)])

    def _speakers(self) -> dict[str, Author]:
        data = self._plan.data
        return {
            "end_user": speaker(self._user),
            "ai_agent": replace(AI_AGENT, **data.get("ai_agent", {})),
            "human_agent": replace(self._cast.authors["human_agent"], **data.get("human_agent", {})),
        }

    def _pause(self, action: Action | Wait | Sample) -> int:
        """The time before an action, as long as it would take."""
        rng, modality = self._rng, self._cast.conversation.channel.modality
        match action:
            case Turn() as turn:
                return self._writing(turn, modality)
            case conversation.HandOver():
                return before_hand_over(rng)
            case conversation.HandBack():
                return before_hand_back(rng)
            case conversation.Learn():
                return before_update(rng)
            case conversation.Survey():
                return before_survey(rng)
            case conversation.Close(by):
                return before_close(rng, by, modality)
            case Sample():
                return between(rng, *_BETWEEN_SAMPLES)
        return 0

    def _writing(self, turn: Turn, modality: str) -> int:
        rng, pace = self._rng, self._profile.pace
        if modality == "email" and not self._mailed:
            return before_first_mail(rng)
        pause = pause_before(rng, turn.by, modality, 0 if turn.file else len(turn.text), pace)
        if self._unanswered and turn.by == "human_agent":
            pause += pick_up(rng, modality, pace)
        return pause

    def _filled(self, action: Any) -> Any:
        """The action with its placeholders filled in."""
        if not self._plan.filling:
            return action
        match action:
            case Turn() as turn:
                text, file = (text.format_map(self._words) for text in (turn.text, turn.file))
                link = turn.link.format_map(self._quoted)
                return Turn(turn.by, text, file, turn.mime_type, link)
            case conversation.Learn(members):
                return conversation.Learn(self._filled_members(members))
            case conversation.Survey(text):
                return conversation.Survey(text.format_map(self._words))
        return action

    def _filled_members(self, members: Mapping[str, Any]) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for name, value in members.items():
            if isinstance(value, dict):
                filled[name] = self._filled_members(value)
            else:
                filled[name] = value.format_map(self._words) if isinstance(value, str) else value
        return filled


class _Quoted(dict[str, str]):
    """The words as they stand in an address."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self._plain = words

    def __missing__(self, name: str) -> str:
        return quote(self._plain[name], safe="")


def _channel_of(given: str | Mapping[str, Any]) -> tuple[Surface, dict[str, Any]]:
    """The kind of channel that a document asks for, and what it says of it."""
    if isinstance(given, str):
        return given, {}  # type: ignore[return-value]  # the schema has these names alone
    modality = given.get("modality", "messaging")
    if given.get("type", "custom") == "native":
        surface = "chat" if modality == "messaging" else modality
    else:
        surface = "custom" if modality == "messaging" else f"custom-{modality}"
    described = {name: value for name, value in given.items() if name not in ("type", "modality")}
    return surface, described  # type: ignore[return-value]  # the schema has these names alone
