"""The profile of generated conversations: how stories, channels, languages and endings are shared out.

The usual one is ``data/profile.yaml``; a document of the same form changes it, distribution by distribution.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.dialogues import KINDS, library
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

__all__ = ["Profile", "Weights", "changed", "usual"]


class Weights:
    """Names, each with its weight: a draw gives one with that chance."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)
        self.names = tuple(name for name, weight in weights.items() if weight > 0)
        self._edges = list(accumulate(weights[name] for name in self.names))

    def pick(self, rng: Random) -> str:
        """One of the names."""
        # The last edge is left out: a draw that rounding lifts to it is of the last name.
        return self.names[bisect_right(self._edges, rng.random() * self._edges[-1], hi=len(self.names) - 1)]


@dataclass(frozen=True, slots=True)
class Profile:
    """The shares and weights that conversations are drawn by; ``data/profile.yaml`` says what each is.

    Shares are from 0 to 1; ``stories`` holds the weights that differ from 1.
    """

    traffic: Weights
    locales: Weights
    channels: Weights
    handoff: float
    returning: float
    integrations: Weights
    endings: Weights
    survey: float
    stories: Mapping[str, float]
    pace: Mapping[str, float]
    _chats: Weights = field(init=False, repr=False)

    def __post_init__(self) -> None:
        weights = {name: self.channels.weights.get(name, 0) for name in ("custom", "chat")}
        chats = Weights(weights if any(weights.values()) else {"custom": 1})
        object.__setattr__(self, "_chats", chats)

    def chat_channel(self, rng: Random) -> Any:
        """The channel of a chat: a custom one, or Ada's own."""
        return self._chats.pick(rng)


@lru_cache(maxsize=1)
def usual() -> Profile:
    """The profile that holds unless another is given."""
    return Profile(**_parsed(parse_yaml(_data("profile.yaml"), name="profile.yaml")))


def changed(document: Any, *, name: str) -> Profile:
    """The usual profile as a document changes it.

    ``name`` is the file's, for messages. Raises `UsageError` that names every member which does not fit.
    """
    from ada_mockserver.fitting import fitting_errors, validator  # noqa: PLC0415 - few give a profile

    against = validator(json.loads(_data("profile.schema.json")))
    found = [f"{path[2:] or 'it'} {message}" for path, message in fitting_errors(against, document)]
    if not found:
        known = {one.id for kind in KINDS for one in library("en").dialogues[kind]}
        strange = [story for story in document.get("stories", {}) if story not in known]
        found += [f"stories.{story} is no story; there are {', '.join(sorted(known))}" for story in strange]
        weighted = ("traffic", "locales", "channels", "integrations", "endings")
        found += [
            f"{one} must have a weight above 0"
            for one in weighted
            if one in document and not any(document[one].values())
        ]
    if found:
        raise UsageError(f"The profile {name} does not fit: {'; '.join(found)}.")
    base = usual()
    return replace(base, **_parsed({**document, "pace": {**base.pace, **document.get("pace", {})}}))


def _parsed(document: dict[str, Any]) -> dict[str, Any]:
    weighted = {one.name for one in fields(Profile) if one.init and one.type == "Weights"}
    return {name: Weights(value) if name in weighted else value for name, value in document.items()}


def _data(name: str) -> str:
    return (resources.files("ada_mockserver") / "data" / name).read_text(encoding="utf-8")
