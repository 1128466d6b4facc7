"""Circuit breaker: which cases to stop sending once similar ones stay without an answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_contract_tests.exchange import Exchange
    from ada_mockserver.clock import Clock

__all__ = ["CONFIRMATIONS", "NO_CONNECTION", "PATIENCE", "CircuitBreaker", "Group"]

CONFIRMATIONS = 3
"""So many requests without an answer, each repeated alone, and a group of cases is not sent any more."""

PATIENCE = 90.0
"""Seconds after which a run in which answers time out ends; an attempt under way may still take its limit."""

NO_CONNECTION = ("refused", "dns", "tls")
"""Kinds of errors that keep every case from being sent, whatever it is about."""

Group = tuple[str, str]
"""Cases that stay silent together: the kind of the error and their subject, "" for everything."""

ANY_SILENCE: Group = ("silent", "")
"""The group of everything, while there never was an answer."""


def _subject(case: Case) -> str:
    if case.expect.handled == "never":
        return f"forged {case.event}"
    return "hostile input" if case.expect.own_time_limit else case.event


@dataclass(slots=True)
class CircuitBreaker:
    """Counts silences, a group of cases each, and says when a group or the whole run has to stop.

    ``timeout`` is that of one attempt, in seconds. ``answered`` is true once anything was.
    """

    clock: Clock
    timeout: float
    answered: bool = False
    silent: dict[Group, list[tuple[Case, Exchange]]] = field(default_factory=lambda: defaultdict(list))
    held: dict[Group, list[Case]] = field(default_factory=lambda: defaultdict(list))
    confirmed: Counter[Group] = field(default_factory=Counter)
    late: bool = False
    _started: float = 0.0
    _timed_out: bool = False

    def start(self) -> None:
        """Begin to count the seconds of the run."""
        self._started = self.clock.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since the beginning of the run."""
        return self.clock.monotonic() - self._started

    def is_silence(self, exchange: Exchange) -> bool:
        """Note if an exchange was left without an answer; an answer that is not HTTP is one all the same."""
        silence = exchange.silence
        if silence is None or silence.kind == "protocol":
            self.answered = True
            return False
        self._timed_out |= silence.kind == "timeout"
        return True

    def keep(self, case: Case, exchange: Exchange) -> None:
        """Keep a silent case, to be repeated alone."""
        kind = exchange.silence.kind if exchange.silence is not None else "silent"
        group = (kind, "" if kind in NO_CONNECTION else _subject(case))
        self.silent[group].append((case, exchange))

    def holds(self, case: Case) -> bool:
        """True, and the case is held back, if its group has fallen silent."""
        group = self._silent_group(case)
        if group is not None:
            self.held[group].append(case)
        return group is not None

    def confirm(self, group: Group, exchange: Exchange) -> bool:
        """Count a repetition that got no answer, by its own kind of silence; true if it was answered."""
        silence = exchange.silence
        if silence is not None:
            self.confirmed[(silence.kind, "") if silence.kind in NO_CONNECTION else group] += 1
        return silence is None

    def open_for(self, group: Group) -> Group | None:
        """The group that was confirmed often enough to stop this one: itself, or that of everything."""
        candidates = (group, *((kind, "") for kind in NO_CONNECTION))
        return next((each for each in candidates if self.confirmed[each] >= CONFIRMATIONS), None)

    def _silent_group(self, case: Case) -> Group | None:
        if not self.answered and sum(map(len, self.silent.values())) >= CONFIRMATIONS:
            return ANY_SILENCE
        groups = [(kind, "") for kind in NO_CONNECTION]
        groups += [(kind, _subject(case)) for kind in ("timeout", "dropped")]
        return next((g for g in groups if len(self.silent.get(g, ())) >= CONFIRMATIONS), None)

    def release(self) -> set[str]:
        """The ids of the cases that wait for their turn; those held before there was an answer are let go."""
        self.held.pop(ANY_SILENCE, None)
        waiting = {case.id for entries in self.silent.values() for case, _ in entries}
        return waiting | {case.id for held in self.held.values() for case in held}

    def out_of_patience(self, *, settling: bool) -> bool:
        """True once a run in which answers time out has lasted long enough.

        Before it is ``settling``, the time is kept back that two attempts take: silent cases are repeated.
        """
        reserve = 0.0 if settling else min(2 * self.timeout, PATIENCE / 2)
        over = self._timed_out and self.spent > PATIENCE - reserve
        self.late |= over
        return over
