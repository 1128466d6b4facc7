"""Declarations of what a consumer ignores on purpose: ``EVENT:PATH=VALUE[,VALUE]``.

EVENT is a glob over event types, PATH a member of the payload, VALUE one of its documented values or a state:
``null`` (or absent), ``absent``, ``not-null``, ``empty``. What a declaration covers may be acknowledged and
ignored; that it is handled all the same is no fault. A declaration of values covers events without that
member too: nothing tells on which side they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_contract_tests.suites.selection import chosen_events
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.vocabulary import MISSING, NULL, vocabulary
from ada_schemas.errors import UsageError, did_you_mean, either
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ada_contract_tests.exchange import Delivery
    from ada_schemas.contract.contract import Contract

__all__ = ["FORM", "Declaration", "Ignores", "declaration_of", "read_ignores", "speaks_of"]

WRITTEN = "Write it as EVENT:PATH=VALUE[,VALUE]"
FORM = f"{WRITTEN}, such as conversation.message:data.author.role=end_user."


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration: its text, its event types, the member, and the words of which one must hold of it."""

    text: str
    events: frozenset[str]
    path: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ignores:
    """The declarations of a run; ``contract`` is the one that its events are of."""

    declared: tuple[Declaration, ...] = ()
    contract: Contract | None = None

    @property
    def known(self) -> Contract:
        """The contract, ours if none was given."""
        return self.contract or shipped()

    def covers(self, event: str, payload: Any) -> bool:
        """True if a declaration covers an event with that payload."""
        return any(self._covers(one, event, payload) for one in self.declared)

    def owed(self, delivery: Delivery) -> bool:
        """True for an accepted delivery that must have an effect: nothing says that it may be ignored."""
        return delivery.must_be_handled and not (
            self.declared and self.covers(delivery.event, delivery.payload)
        )

    def notes(self, ledger: Iterable[Delivery], *, witnessed: bool) -> list[str]:
        """A sentence for each declaration: how many deliveries it covered."""
        judged = [(d.event, d.payload) for d in ledger if d.must_be_handled] if self.declared else []
        notes = []
        for one in self.declared:
            count = sum(self._covers(one, event, payload) for event, payload in judged)
            covered = f"{count or 'no'} {'delivery' if count == 1 else 'deliveries'}"
            blind = "" if witnessed else "; only a witness (--seen-url) shows what was ignored"
            notes.append(f"Declared as ignored: {one.text} covered {covered}{blind}.")
        return notes

    def _covers(self, one: Declaration, event: str, payload: Any) -> bool:
        if event not in one.events:
            return False
        words = vocabulary(self.known, event)
        if not one.words.isdisjoint(words.values.get(one.path, ())) and words.lacks(payload, one.path):
            return True
        said = words.said_by(payload, one.path)
        return not one.words.isdisjoint(said) or (NULL in one.words and MISSING in said)


def declaration_of(event: str, path: str, words: Iterable[str]) -> str:
    """The text that declares an event with these words at a member, ready to paste behind ``--ignores``."""
    return f"{event}:{path}={','.join(words)}"


def speaks_of(text: str, contract: Contract) -> bool:
    """True for a declaration that is about an event of a contract."""
    try:
        return bool(chosen_events([text.partition(":")[0]], contract) - {ANY})
    except UsageError:
        return False


def read_ignores(texts: Sequence[str], contract: Contract | None = None) -> Ignores:
    """The declarations that texts make; the same text counts once.

    Raises UsageError for one that cannot be read, and for an event, a member or a value that is not in the
    contract.
    """
    stripped = (text.strip() for text in texts)
    known = contract or shipped()
    return Ignores(tuple(_read(text, known) for text in dict.fromkeys(filter(None, stripped))), contract)


def _read(text: str, contract: Contract) -> Declaration:
    form = FORM if contract.is_ada else f"{WRITTEN}."
    event, colon, rest = text.partition(":")
    path, equals, given = (part.strip() for part in rest.partition("="))
    words = [word.strip() for word in given.split(",")]
    if not (colon and equals and event.strip() and path and all(words)):
        raise UsageError(f"{text!r} is no declaration of what is ignored.", next_step=form)
    events = chosen_events([event], contract) - {ANY}
    if not events:
        raise UsageError(f"{text!r} names no documented event.", next_step=form)
    vocabularies = {name: vocabulary(contract, name) for name in contract.event_names if name in events}
    concerned = {name: each for name, each in vocabularies.items() if each.words(path)}
    about = event.strip()
    if not concerned:
        paths = dict.fromkeys(place for each in vocabularies.values() for place in each.paths)
        listed = f"The members that can be named are {either(paths)}."
        raise _unfit(f"{text!r}: {about} has no member {path!r} that could be named.", path, paths, listed)
    known = dict.fromkeys(word for each in concerned.values() for word in each.words(path))
    for word in words:
        if word not in known:
            raise _unfit(f"{text!r}: {path} is never {word!r}.", word, known, f"It is {either(known)}.")
    return Declaration(text, frozenset(concerned), path, frozenset(words))


def _unfit(what: str, name: str, known: Iterable[str], listed: str) -> UsageError:
    return UsageError(what, next_step=" ".join(filter(None, (did_you_mean(name, known), listed))))
