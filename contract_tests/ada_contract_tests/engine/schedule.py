"""Schedule: in which order cases are sent, and which of them the time of a run still has room for."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from ada_contract_tests.rules import RULES
from ada_contract_tests.suites.fuzzed import is_fuzzed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.pacing import PacedSender

__all__ = ["Schedule", "in_turns", "kind_of"]

HEAVY = 0.15
"""The share of the time that a case may take in its turn; one that takes more comes last."""

FEW = 5
"""Deliveries of a case that comes in its turn, whatever the time."""

_MEMBERS = ("type", "timestamp", "data", "all")


def kind_of(case: Case) -> str:
    """The part of an id before its particular path or combination: ``enum``, ``signature:malformed:id``."""
    if is_fuzzed(case.id):
        return case.id.partition("/")[2].rpartition(":")[0]
    parts: list[str] = []
    for part in case.id.partition("/")[2].split(":"):
        if "." in part or part in _MEMBERS or (parts and parts[0] == "combination"):
            break
        parts.append(part)
    return ":".join(parts)


def in_turns(cases: Iterable[Case]) -> list[Case]:
    """Every kind of every rule once, then each of them again, ..., and the events in turn.

    Rules take turns too, so that each has begun before one is through; kinds of many deliveries come after
    the others. What ends the run begins it.
    """
    kinds: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        kinds[case.rule, kind_of(case)].append(case)
    turns: list[tuple[int, bool, bool, int, int, Case]] = []
    of_the_rule: dict[str, int] = defaultdict(int)
    order = {code: number for number, code in enumerate(RULES)}
    light_first = sorted(kinds.items(), key=lambda kind: kind[1][0].deliveries)
    for number, ((rule, _), members) in enumerate(light_first):
        turn = of_the_rule[rule]
        of_the_rule[rule] += 1
        for again, case in enumerate(_events_in_turn(members, number)):
            is_long = turn > 0 and case.deliveries > FEW
            turns.append((again, not case.at_the_end, is_long, turn, order[rule], case))
    return [turn[-1] for turn in sorted(turns, key=lambda turn: turn[:-1])]


def _events_in_turn(cases: Sequence[Case], start: int) -> list[Case]:
    """The first case of every event, then the second of each, ..., beginning with another event each time."""
    by_event: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_event[case.event].append(case)
    queues = list(by_event.values())
    queues = queues[start % len(queues) :] + queues[: start % len(queues)]
    longest = max(map(len, queues))
    return [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]


class Schedule:
    """The time of a run: ``budget`` is how many seconds it has, None for as many as it takes.

    ``spent`` gives how many have passed; ``sender`` knows how fast the consumer answers.
    """

    def __init__(self, budget: float | None, spent: Callable[[], float], sender: PacedSender) -> None:
        self.budget = budget
        self._spent = spent
        self._sender = sender
        self._under_way = 0
        self._cases = 0
        self._turn = asyncio.Condition()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The turn of a case: no more are carried out at a time than the consumer works on requests."""
        async with self._turn:
            await self._turn.wait_for(lambda: self._sender.room is None or self._cases < self._sender.room)
            self._cases += 1
        try:
            yield
        finally:
            async with self._turn:
                self._cases -= 1
                self._turn.notify_all()

    def is_heavy(self, case: Case) -> bool:
        """True for a case that takes so much of the time that the others come first."""
        return self.budget is not None and self._seconds(case) > HEAVY * self.budget

    def has_room_for(self, case: Case, *, to_finish: int) -> bool:
        """True if there is time left for a case, and for the ``to_finish`` deliveries that end the run."""
        if self.budget is None:
            return True
        others = self._sender.seconds_for(self._under_way + to_finish + 1, at_a_time=self._under_way + 1)
        return self._spent() + self._seconds(case) + others <= self.budget

    @contextmanager
    def under_way(self, case: Case) -> Iterator[None]:
        """Count the deliveries of a case while it is carried out."""
        deliveries = self._deliveries(case)
        self._under_way += deliveries
        try:
            yield
        finally:
            self._under_way -= deliveries

    def _seconds(self, case: Case) -> float:
        return self._sender.seconds_for(self._deliveries(case), at_a_time=case.at_a_time)

    def _deliveries(self, case: Case) -> int:
        """About how many deliveries a case makes: a burst is no more than can be answered in time."""
        if case.at_a_time < case.deliveries:
            return case.deliveries
        return self._sender.at_once(case.deliveries)
