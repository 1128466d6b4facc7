"""The dialogues of the stories: customer service in the end user's language, with placeholders.

Each language has a data file of its own, written in that language; a locale of another is told in English.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ada_mockserver.events.ids import between, digits, hexadecimal, pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from ada_mockserver.events.personas import Persona

__all__ = [
    "KINDS",
    "LANGUAGES",
    "Dialogue",
    "Kind",
    "Library",
    "Role",
    "Turn",
    "Words",
    "library",
    "placeholders",
]

Kind = Literal["messaging", "handoff", "voice", "email"]
Role = Literal["end_user", "ai_agent", "human_agent"]

KINDS: tuple[Kind, ...] = ("messaging", "handoff", "voice", "email")
"""A chat, one with a handoff, a phone call, and an exchange of e-mails."""

LANGUAGES = ("en", "ar", "de", "es", "fr", "ja", "pt")
"""The languages that there are dialogues in; the first is spoken where a locale has none of its own."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Turn(NamedTuple):
    """One message: a text, a file of a MIME type, or a link with its text; the other members are empty.

    The link of a file is its address, where that is not to be drawn.

    ``learns`` are the members of the end user's profile that the message changes.
    """

    by: Role
    text: str = ""
    file: str = ""
    mime_type: str = ""
    link: str = ""
    learns: Mapping[str, Any] = _NOTHING

    def filled(self, words: Mapping[str, str]) -> Turn:
        """The turn with every placeholder replaced by its word."""
        by, text, file, _, link, learns = self
        if not (file or link or learns):
            # By `_make`, which is twice as fast, as in the other places where every message passes.
            return Turn._make((by, text.format_map(words), "", "", "", _NOTHING)) if "{" in text else self
        return Turn(
            by,
            text.format_map(words),
            file.format_map(words),
            self.mime_type,
            link.format_map(words),
            _filled(learns, words),
        )


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One exchange between an end user and an AI Agent.

    A dialogue with a handoff goes on ``during`` it, with a human agent, and ``after`` it. ``learnt`` are the
    members of the end user's profile that change in the course of it, the avatar with the name.
    """

    id: str
    topic: str
    turns: tuple[Turn, ...]
    during: tuple[Turn, ...] = ()
    after: tuple[Turn, ...] = ()
    learnt: frozenset[str] = frozenset()

    @property
    def everything(self) -> Iterable[Turn]:
        """All turns in their order."""
        return (*self.turns, *self.during, *self.after)


@dataclass(frozen=True, slots=True)
class Library:
    """The dialogues of one language: of each kind those without a handoff and those with one."""

    words: Mapping[str, tuple[str, ...]]
    amounts: Mapping[str, str]
    dialogues: Mapping[Kind, tuple[Dialogue, ...]]
    _split: dict[tuple[Kind, bool], tuple[Dialogue, ...]] = field(default_factory=dict, repr=False)

    def of(self, kind: Kind, *, handoff: bool) -> tuple[Dialogue, ...]:
        """The dialogues of a kind with or without a handoff."""
        found = self._split.get((kind, handoff))
        if found is None:
            found = tuple(one for one in self.dialogues[kind] if bool(one.during) == handoff)
            self._split[kind, handoff] = found
        return found


@lru_cache(maxsize=len(LANGUAGES))
def _read(language: str) -> Library:
    file = resources.files("ada_mockserver") / "data" / f"dialogues.{language}.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return Library(
        {name: tuple(choices) for name, choices in document["words"].items()},
        document["amounts"],
        {kind: tuple(map(_dialogue, document[kind])) for kind in KINDS},
    )


def library(locale: str) -> Library:
    """The dialogues for a locale, written ``de_DE`` or ``de-DE``; placeholders unfilled."""
    language = locale[:2]
    return _read(language if language in LANGUAGES else LANGUAGES[0])


def _dialogue(entry: dict[str, Any]) -> Dialogue:
    parts = (tuple(Turn(**turn) for turn in entry.get(part, ())) for part in ("turns", "during", "after"))
    turns, during, after = parts
    made = Dialogue(entry["id"], entry["topic"], turns, during, after)
    learnt = {name for turn in made.everything for name in turn.learns}
    return replace(made, learnt=frozenset(learnt | ({"avatar"} if "display_name" in learnt else set())))


_OF_PEOPLE = ("first_name", "last_name", "display_name", "email", "agent", "agent_last", "agent_name")
_NUMBERS = ("order", "booking", "invoice", "tracking", "last4", "code")


class Words(dict[str, str]):
    """A word for every name that may stand in braces, drawn when it is first asked for."""

    def __init__(self, rng: Random, locale: str, *, end_user: Persona, agent: Persona) -> None:
        super().__init__(
            first_name=end_user.first_name,
            last_name=end_user.last_name,
            display_name=end_user.display_name,
            email=end_user.email,
            agent=agent.first_name,
            agent_last=agent.last_name,
            agent_name=agent.display_name,
        )
        self.locale = locale
        self._rng = rng

    def __missing__(self, name: str) -> str:
        word = self[name] = self._draw(name)
        return word

    def _draw(self, name: str) -> str:
        rng = self._rng
        match name:
            case "order":
                return f"A-{digits(rng, 6)}"
            case "booking":
                return hexadecimal(rng, 6).upper()
            case "invoice":
                return f"INV-2026-{digits(rng, 4)}"
            case "tracking":
                return f"00{digits(rng, 9)}{digits(rng, 9)}"
            case "last4":
                return digits(rng, 4)
            case "code":
                return digits(rng, 6)
        chosen = library(self.locale)
        if name == "amount":
            written = chosen.amounts.get(self.locale.replace("-", "_"), chosen.amounts["default"])
            return written.format(units=between(rng, 12, 240), cents=f"{between(rng, 0, 99):02d}")
        return pick(rng, chosen.words[name])


def placeholders(locale: str) -> tuple[str, ...]:
    """The names that `Words` of a locale have a word for."""
    return (*_OF_PEOPLE, *_NUMBERS, "amount", *library(locale).words)


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """``value`` with the placeholders of every text in it replaced."""
    if isinstance(value, str):
        return value.format_map(words)
    if isinstance(value, dict):
        return {name: _filled(member, words) for name, member in value.items()}
    return value
