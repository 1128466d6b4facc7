"""Strategies for sequences: courses of a few conversations, delivered as retries may deliver them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ada_contract_tests.fuzz.events import SEEDS, edits_within
from ada_contract_tests.suites.edits import Edit, FuzzedSequence, Step
from ada_contract_tests.suites.fuzzed import builder_of
from ada_schemas.contract.shapes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ada_schemas.contract.contract import Contract

__all__ = ["sequences"]

MOST_TALKS = 3
MOST_STEPS = 16

CREATED, MESSAGE, HANDED_BACK, ENDED = (
    "conversation.created",
    "conversation.message",
    "conversation.handoff.ended",
    "conversation.ended",
)
SAID = ("yes", "ok", "/start", "stop", "hello", "thanks!")
"""Texts that are said more than once."""
SAID_AGAIN = 0.3
"""The share of messages that say what the one before did."""

INTEGRATION = partial(Edit, ("data", "handoff_integration"), "put")
USER_CREATED, USER_UPDATED = "end_user.created", "end_user.updated"
OF_A_TALK = (CREATED, MESSAGE, HANDED_BACK, ENDED, USER_CREATED, USER_UPDATED)


def sequences(contract: Contract, names: frozenset[str]) -> st.SearchStrategy[FuzzedSequence]:
    """Sequences of the chosen events; those of a contract without conversations are of any events of it."""

    @st.composite
    def made(draw: st.DrawFn) -> FuzzedSequence:
        return _sequence(draw, contract, names)

    return made()


def _sequence(draw: st.DrawFn, contract: Contract, names: frozenset[str]) -> FuzzedSequence:
    known = [name for name in contract.event_names if name in names]
    told = [name for name in known if name in OF_A_TALK] or known
    rng = random.Random(draw(SEEDS))  # noqa: S311 - no secret: a choice of events
    talks = rng.choice((1, 1, 1, 2, 2, MOST_TALKS))
    shared = talks > 1 and rng.random() < 0.5
    courses = []
    for talk in range(talks):
        course = _Course(draw, rng, contract, told, talk, 0 if shared else talk)
        courses.append(course.of_a_conversation() if known != told or CREATED in told else course.of_any())
    steps = _timed(rng, _interleaved(rng, courses)[:MOST_STEPS])
    return FuzzedSequence(tuple(_retried(rng, steps)))


@dataclass(slots=True)
class _Course:
    """The events of one conversation as they happen: what is documented, in a natural order."""

    draw: st.DrawFn
    rng: random.Random
    contract: Contract
    told: Sequence[str]
    talk: int
    person: int
    steps: list[Step] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def _add(self, name: str, *edits: Edit) -> None:
        if name in self.told:
            self.steps.append(Step(name, self.talk, self.person, self.counts[name], edits=tuple(edits)))
            self.counts[name] += 1

    def of_a_conversation(self) -> list[Step]:
        """Its beginning, turns, handoffs, changes of the profile, and its end; any of them may be missing."""
        rng = self.rng
        if self.talk == self.person and rng.random() < 0.5:
            self._add(USER_CREATED)
        if rng.random() < 0.8:
            self._add(CREATED)
        for _ in range(rng.randrange(4)):
            self._go_on(rng.choice(("talk", "talk", "handoff", "profile")))
        if rng.random() < 0.5:
            self._add(ENDED, *self._values(ENDED))
            if rng.random() < 0.25:
                self._add(USER_UPDATED)
        return self.steps or self.of_any()

    def _go_on(self, kind: str) -> None:
        if kind == "profile":
            self._add(USER_UPDATED, *self._values(USER_UPDATED))
            return
        known = self._integrations() if kind == "handoff" else ()
        integration = self.rng.choice(known) if known else None
        speaker = self.rng.choice((None, "end_user", "agent"))
        most = (0, 0, 1, 2, 3, 3, 7) if integration else (1, 2, 3, 3, 7)
        said: tuple[Edit, ...] = ()
        for number in range(self.rng.choice(most)):
            if not number or self.rng.random() > SAID_AGAIN:
                said = tuple(self._message(speaker, "human_agent" if integration else "ai_agent"))
            self._add(MESSAGE, INTEGRATION(integration), *said)
        if integration and self.rng.random() < 0.8:
            self._add(HANDED_BACK, INTEGRATION(integration))

    def _integrations(self) -> tuple[Any, ...]:
        """The integrations that a conversation may be handed off to."""
        shapes = (
            builder_of(self.contract, name).places.get("data.handoff_integration") for name in self.told
        )
        known = (shape.enum or shape.known_values for shape in shapes if isinstance(shape, Scalar))
        return next((values for values in known if values), ())

    def _message(self, speaker: str | None, agent: str) -> Iterator[Edit]:
        """The author and the content of a message; without a ``speaker`` the two of them take turns."""
        role = self.rng.choice(("end_user", "end_user", agent)) if speaker is None else speaker
        role = agent if role == "agent" else role
        if role != "end_user":
            yield Edit(("data", "author", "role"), "put", role)
        kind = self.rng.choice(("text", "text", "file", "link"))
        if kind != "text":
            yield Edit(("data", "content"), "put", {"type": kind})
        elif self.rng.random() < 0.6:
            yield Edit(("data", "content", "body"), "put", self.rng.choice(SAID))

    def _values(self, name: str) -> list[Edit]:
        """Mostly nothing, or a few values within the contract; times stay in order."""
        if name not in self.told or self.rng.random() < 0.4:
            return []
        edits = self.draw(edits_within(self.contract, name, most=1))
        return [edit for edit in edits if not edit.place.endswith(("_at", "timestamp"))]

    def of_any(self) -> list[Step]:
        """Events of any names, each of a later time than those of its name before."""
        for _ in range(self.rng.randint(1, 5)):
            self._add(self.rng.choice(self.told))
        return self.steps


PAUSES = (0, 0.001, 1, 1, 20, 60, 600, 7_200, 90_000)
"""Seconds between two events."""


def _timed(rng: random.Random, steps: Sequence[Step]) -> list[Step]:
    """The steps with the times at which they happen, in order."""
    at, timed = 0.0, []
    for step in steps:
        timed.append(replace(step, at=round(at, 3)))
        at += rng.choice(PAUSES)
    return timed


def _interleaved(rng: random.Random, courses: Sequence[list[Step]]) -> list[Step]:
    left, woven = [list(course) for course in courses], []
    while any(left):
        woven.append(rng.choice([course for course in left if course]).pop(0))
    return woven


def _retried(rng: random.Random, steps: list[Step]) -> list[Step]:
    """The order that retries make: some messages come later than they happened, some come again."""
    order = list(steps)
    for _ in range(rng.choice((0, 0, 1, 2))):
        if len(order) > 1:
            at = rng.randrange(len(order) - 1)
            order.insert(rng.randrange(at + 1, len(order)), replace(order.pop(at), late=True))
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        at = rng.randrange(len(order))
        order.insert(rng.randint(at + 1, len(order)), replace(order[at], again=1))
    return order
