"""The dialogues of the scenarios: customer service, with placeholders.

The texts are English in every locale; only names and addresses follow the locale.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from ada_mockserver.events.ids import between, digits, hexadecimal, pick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from ada_mockserver.events.personas import Persona

__all__ = ["Dialogue", "Kind", "Role", "Turn", "dialogues", "pick_dialogue"]

Kind = Literal["messaging", "handoff", "voice", "email"]
Role = Literal["end_user", "ai_agent", "human_agent"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: a text, or a file of a MIME type; the other members are empty."""

    by: Role
    text: str = ""
    file: str = ""
    mime_type: str = ""

    def filled(self, words: Mapping[str, str]) -> Turn:
        """The turn with every placeholder replaced by its word."""
        return Turn(self.by, self.text.format_map(words), self.file.format_map(words), self.mime_type)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One exchange between an end user and an AI Agent.

    A dialogue with a handoff goes on ``during`` it, with a human agent, and ``after`` it.
    """

    id: str
    topic: str
    turns: tuple[Turn, ...]
    during: tuple[Turn, ...] = ()
    after: tuple[Turn, ...] = ()

    def filled(self, words: Mapping[str, str]) -> Dialogue:
        """The dialogue with every placeholder replaced by its word."""
        parts = (self.turns, self.during, self.after)
        return Dialogue(self.id, self.topic, *(tuple(turn.filled(words) for turn in part) for part in parts))


@lru_cache(maxsize=4)
def dialogues(kind: Kind) -> tuple[Dialogue, ...]:
    """Every dialogue of a kind, placeholders unfilled, in the order of the data file."""
    return tuple(
        Dialogue(
            entry["id"],
            entry["topic"],
            *(tuple(Turn(**turn) for turn in entry.get(part, ())) for part in ("turns", "during", "after")),
        )
        for entry in _document()[kind]
    )


def pick_dialogue(kind: Kind, rng: Random, *, end_user: Persona, agent: Persona) -> Dialogue:
    """A dialogue drawn from ``rng``, filled in for this end user and this human agent."""
    return pick(rng, dialogues(kind)).filled(_words(rng, end_user, agent))


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    text = (resources.files("ada_mockserver") / "data" / "dialogues.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _words(rng: Random, end_user: Persona, agent: Persona) -> dict[str, str]:
    """A word for every name that may stand in braces; the order of the draws is part of what a seed gives."""
    words = {name: pick(rng, choices) for name, choices in _document()["words"].items()}
    return {
        **words,
        **asdict(end_user),
        "agent": agent.first_name,
        "order": f"A-{digits(rng, 6)}",
        "booking": hexadecimal(rng, 6).upper(),
        "invoice": f"INV-2026-{digits(rng, 4)}",
        "amount": f"${between(rng, 12, 240)}.{between(rng, 0, 99):02d}",
        "last4": digits(rng, 4),
        "code": digits(rng, 6),
    }
