"""The variants of a contract's events as the console lists them: found by words, grouped by event."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ada_mockserver.events.variants import event_variations
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.variation.builder import Variation

__all__ = ["MOST_EVENTS", "Group", "find_events", "find_variants", "names_of", "variant_known"]

FEW = 12
"""Variants of an event that are listed where all events are."""

MANY = 200
"""Variants of an event that are listed where one event is chosen, or words are looked for."""


MOST_EVENTS = 60
"""Events of which all variants are listed together; of more, one event has to be chosen first."""


@dataclass(frozen=True, slots=True)
class Group:
    """The variants of an event that were looked for; ``shown`` are those that are listed."""

    event: str
    found: Sequence[Variation]
    shown: Sequence[Variation]


def find_variants(contract: Contract, *, event: str = "", text: str = "", every: bool = False) -> list[Group]:
    """The variants of an event, "" for all events, in whose id and summary all words of a text are.

    The listed ones are limited unless ``every`` one is to be; an event without any is left out.
    """
    words = text.lower().split()
    groups = []
    for name in (event,) if event else names_of(contract):
        found = [each for each, said in _searched(contract, name) if all(word in said for word in words)]
        limit = len(found) if every else MANY if event or words else FEW
        if found:
            groups.append(Group(name, found, found[:limit]))
    return groups


def names_of(contract: Contract) -> tuple[str, ...]:
    """The names of the events that have variants: of no contract are some where payloads say their type."""
    return (*contract.event_names, *([ANY] if _searched(contract, ANY) else []))


def find_events(contract: Contract, text: str) -> list[str]:
    """The names of events in which all words of a text are."""
    words = text.lower().split()
    return [name for name in names_of(contract) if all(word in name.lower() for word in words)]


def variant_known(contract: Contract, case_id: str) -> Variation | None:
    """The variant of that id, None where there is none."""
    name = case_id.partition("/")[0]
    if name not in names_of(contract):
        return None
    return next((each for each, _ in _searched(contract, name) if each.id == case_id), None)


@lru_cache(maxsize=128)
def _searched(contract: Contract, name: str) -> list[tuple[Variation, str]]:
    """The variants of an event, each with the text in which words are looked for."""
    return [(each, f"{each.id} {each.summary}".lower()) for each in event_variations(contract, name)]
