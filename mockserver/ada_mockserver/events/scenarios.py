"""Whole stories: the events that Ada would send for one conversation, profile or week of changes.

The course follows ``/reference/conversations/getting-started``. People speak the language of their locale
where there are dialogues in it (`ada_mockserver.events.dialogues.LANGUAGES`), English otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from ada_mockserver.events.dialogues import library
from ada_mockserver.events.ids import pick, source
from ada_mockserver.events.personas import Personas
from ada_mockserver.events.profile import Weights, usual
from ada_mockserver.events.story import Recital, Step, Story
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random
    from typing import Any

    from ada_mockserver.events.dialogues import Dialogue, Kind
    from ada_mockserver.events.people import Surface
    from ada_mockserver.events.profile import Profile
    from ada_schemas.contract.contract import Contract

__all__ = ["SCENARIOS", "Scenario", "Step", "Teller", "scenario"]

_USUAL_LOCALE = "en_US"

Told = TypeVar("Told", bound=Story)


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
    locale: str | None = None,
    index: int = 0,
    contract: Contract | None = None,
    profile: Profile | None = None,
) -> Scenario:
    """The story ``name`` as ``seed`` tells it; every ``index`` has other people, ids, times and texts.

    The arguments are those of `Teller`. Raises ``UsageError`` for a name that is not in ``SCENARIOS``, and
    what ``Personas.load`` raises for the locale.
    """
    return Teller(name, seed=seed, locale=locale, contract=contract, profile=profile).tell(index)


class Teller:
    """Tells the stories of one scenario, one for each index.

    The arguments decide every byte, whatever the order in which the indexes are asked for. The events are
    those of ``contract``, ours if it is None. ``locale`` is where the people are from: for None those of the
    profile in ``traffic``, American ones in the other scenarios. Raises what `scenario` raises.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int | str,
        locale: str | None = None,
        contract: Contract | None = None,
        profile: Profile | None = None,
    ) -> None:
        if name not in _TALES:
            raise unknown("scenario", name, _TALES, next_step=f"The scenarios are {', '.join(_TALES)}.")
        self.name = name
        self.seed = str(seed)
        self.profile = profile or usual()
        self._tale = _TALES[name][1]
        self._foreign = None if contract is None or contract is shipped() else contract
        self._locale = locale
        self._personas = Personas.load(locale or _USUAL_LOCALE)
        self._by_locale: dict[str, Personas] = {}
        self._drawers: dict[tuple[str, Kind, bool], Callable[[Random], Dialogue]] = {}
        if self._locale is None and name == "traffic":
            self._by_locale = {one: Personas.load(one) for one in self.profile.locales.names}

    def tell(self, index: int) -> Scenario:
        """The story of that index."""
        story = self._told(Story, index)
        return Scenario(self.name, story.locale, tuple(story.steps))

    def bodies(self, index: int) -> list[bytes]:
        """The bytes of the events of `tell`, and nothing else of them."""
        return self._told(Recital, index).bodies

    def _told(self, kind: type[Told], index: int) -> Told:
        rng = source(self.seed, "scenario", self.name, index)
        personas = self._by_locale[self.profile.locales.pick(rng)] if self._by_locale else self._personas
        story = kind(rng, seed=self.seed, personas=personas, profile=self.profile, contract=self._foreign)
        self._tale(self, story, rng, personas.locale)
        return story

    def dialogue(self, rng: Random, locale: str, kind: Kind, *, handoff: bool) -> Dialogue:
        """A dialogue of a kind in the language of the locale, by the weights of the profile."""
        key = (locale[:2], kind, handoff)
        draw = self._drawers.get(key)
        if draw is None:
            draw = self._drawers[key] = self._drawer(library(locale).of(kind, handoff=handoff))
        return draw(rng)

    def _drawer(self, dialogues: tuple[Dialogue, ...]) -> Callable[[Random], Dialogue]:
        weights = {one.id: self.profile.stories.get(one.id, 1) for one in dialogues}
        if len(set(weights.values())) == 1 or not any(weights.values()):
            return lambda rng: pick(rng, dialogues)
        by_id, weighted = {one.id: one for one in dialogues}, Weights(weights)
        return lambda rng: by_id[weighted.pick(rng)]

    def converse(self, story: Story, rng: Random, locale: str, **chosen: Any) -> None:
        """A conversation; what is not chosen is drawn by the profile."""
        kind: Kind = chosen["kind"]
        surface: Surface = chosen.get("surface") or self.profile.chat_channel(rng)
        handoff = kind == "handoff" or (kind != "messaging" and rng.random() < self.profile.handoff)
        dialogue = self.dialogue(rng, locale, kind, handoff=handoff)
        story.converse(dialogue, surface, returning=chosen.get("returning", False))


def _chat(kind: Kind, surface: str | None = None) -> Tale:
    return lambda teller, story, rng, locale: teller.converse(story, rng, locale, kind=kind, surface=surface)


def _profile(_teller: Teller, story: Story, _rng: Random, _locale: str) -> None:
    story.change_profile()


def _audit(_teller: Teller, story: Story, _rng: Random, _locale: str) -> None:
    story.change_configuration()


def _traffic(teller: Teller, story: Story, rng: Random, locale: str) -> None:
    profile = teller.profile
    match profile.traffic.pick(rng):
        case "profile":
            story.change_profile()
        case "audit":
            story.change_configuration()
        case _:
            surface = profile.channels.pick(rng)
            returning = rng.random() < profile.returning
            modality = surface.removeprefix("custom-")
            if modality in ("custom", "chat"):
                kind = "handoff" if rng.random() < profile.handoff else "messaging"
            else:
                kind = modality
            teller.converse(story, rng, locale, kind=kind, surface=surface, returning=returning)


if TYPE_CHECKING:
    Tale = Callable[[Teller, Story, Random, str], None]

_TALES: dict[str, tuple[str, Tale]] = {
    "conversation": (
        "A chat that the AI Agent resolves, with a survey link after its end.",
        _chat("messaging"),
    ),
    "handoff": ("A chat handed to human agents and back, many with files.", _chat("handoff")),
    "voice": ("A phone call that ends when the line disconnects.", _chat("voice", "voice")),
    "email": ("An exchange of longer messages by e-mail.", _chat("email", "email")),
    "profile": ("An end user whose profile is filled in and changed.", _profile),
    "audit": ("A working week of configuration changes, by people and by the system.", _audit),
    "traffic": ("All of these, mixed as an AI Agent's days are, in several languages.", _traffic),
}

SCENARIOS: Mapping[str, str] = MappingProxyType({name: tale[0] for name, tale in _TALES.items()})
"""The scenarios by name, each with its subject in one line."""
