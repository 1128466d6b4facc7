"""The facts that tell what a consumer ignores from what it handles, found in the payloads of both.

A fact is a member and the words that hold of it (see `ada_schemas.contract.vocabulary`). It explains what was
ignored if no payload that was handled has one of its words. Several facts may overlap: they are chosen
greedily, the one that explains the most first. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.vocabulary import EMPTY, MISSING, NOT_NULL, NULL
from ada_schemas.errors import either

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ada_schemas.contract.vocabulary import Vocabulary

__all__ = ["Fact", "telling_facts"]

STATES = (NOT_NULL, EMPTY, MISSING, NULL)
"""The words that are no value, the most telling last; a value is more telling than any of them."""

Numbers = frozenset[int]


@dataclass(frozen=True, slots=True)
class Fact:
    """A member, and for each word that tells the numbers of the ignored payloads of which it holds.

    ``lacking`` are those without the member, which has documented values: that they are ignored as well
    follows from the fact.
    """

    path: str
    having: dict[str, Numbers]
    lacking: Numbers = frozenset()

    @property
    def words(self) -> tuple[str, ...]:
        """The words, in documented order."""
        return tuple(self.having)

    @property
    def explains(self) -> Numbers:
        """The numbers of the ignored payloads that have one of the words."""
        return _all_of(self.having.values())

    @property
    def settles(self) -> Numbers:
        """The numbers of those about which nothing more is to say."""
        return self.explains | self.lacking

    @property
    def phrase(self) -> str:
        """The fact as findings say it: ``data.content.type link or file``."""
        return f"{self.path} {either(self.words)}"


def telling_facts(words: Vocabulary, ignored: Sequence[Any], handled: Sequence[Any]) -> list[Fact]:
    """The fewest facts that explain as many of the ignored payloads as can be, the most telling first.

    Nothing is telling where nothing was handled.
    """
    if not handled:
        return []
    candidates = [fact for path in words.paths for fact in _candidates(words, path, ignored, handled)]
    chosen: list[Fact] = []
    left = frozenset(range(len(ignored)))
    while able := [fact for fact in candidates if fact.explains & left]:
        best = max(able, key=lambda fact: _merit(fact, left))
        chosen.append(replace(best, having={word: n for word, n in best.having.items() if n & left}))
        left -= best.settles
    return _without_spare_words(chosen)


def _candidates(
    words: Vocabulary, path: str, ignored: Sequence[Any], handled: Sequence[Any]
) -> Iterator[Fact]:
    """The facts about one member: its values and states together, and that it is there at all."""
    of_handled = _all_of(words.said_by(payload, path) for payload in handled)
    having: dict[str, set[int]] = {}
    for number, payload in enumerate(ignored):
        for word in words.said_by(payload, path) - of_handled:
            having.setdefault(word, set()).add(number)
    told = {word: frozenset(having[word]) for word in words.words(path) if word in having}
    there = told.pop(NOT_NULL, None)
    lacking = frozenset(n for n, payload in enumerate(ignored) if words.lacks(payload, path))
    values = words.values.get(path, ())
    if there and values and told.keys() >= set(values):
        told = {}  # every value, documented or not: it is there
    if told.keys().isdisjoint(values):
        lacking = frozenset()
    elif MISSING in told:
        del told[MISSING]
    if {NULL, MISSING} <= told.keys():
        told[NULL] |= told.pop(MISSING)
    if told:
        yield Fact(path, told, lacking)
    if there:
        yield Fact(path, {NOT_NULL: there})


def _merit(fact: Fact, left: Numbers) -> tuple[int, int]:
    """A sort key: how much is explained that nothing explains yet, then how telling the words are."""
    telling = min(STATES.index(word) if word in STATES else len(STATES) for word in fact.words)
    return len(fact.settles & left), telling


def _without_spare_words(facts: Sequence[Fact]) -> list[Fact]:
    """The facts without the words that explain nothing which the others do not explain, the rarest first."""
    kept = {(fact.path, word): numbers for fact in facts for word, numbers in fact.having.items()}
    for entry, numbers in sorted(kept.items(), key=lambda item: len(item[1])):
        if numbers <= _all_of(others for other, others in kept.items() if other != entry):
            del kept[entry]
    pruned = [
        replace(fact, having={word: n for word, n in fact.having.items() if (fact.path, word) in kept})
        for fact in facts
    ]
    return [fact for fact in pruned if fact.having]


def _all_of(sets: Iterable[frozenset[Any]]) -> frozenset[Any]:
    return frozenset().union(*sets)
