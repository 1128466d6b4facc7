"""A run: every case on one session, in an order that does not depend on timing, and never for long.

*Probing*: the ordinary events come first; if every one of them fails in the same way, the run ends with one
finding. *Running*: everything else, several at a time, each kind of each rule before any is tried again, as
long as there is time. *Settling*: cases that got no answer are repeated alone before anything is reported;
after three of one kind for one subject (an event, its forgeries, or hostile input), the rest of that subject
is not sent. *Finishing*: deliveries that belong at the end.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ada_contract_tests.engine.circuit_breaker import CONFIRMATIONS, NO_CONNECTION, PATIENCE
from ada_contract_tests.engine.run_checks import always_refused, always_the_same, page_finding
from ada_contract_tests.engine.run_events import CaseFinished, RunStopped
from ada_contract_tests.engine.schedule import Schedule, in_turns
from ada_contract_tests.engine.walls import is_page, is_unavailable
from ada_contract_tests.engine.witness import LONGEST_WAIT, WitnessNotReadyError
from ada_contract_tests.findings import TIME_IS_UP, Report, Result
from ada_contract_tests.rules import RULES
from ada_schemas.errors import TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.circuit_breaker import Group
    from ada_contract_tests.engine.run_events import RunEvent
    from ada_contract_tests.engine.session import Session
    from ada_contract_tests.exchange import Exchange
    from ada_contract_tests.findings import Finding
    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["RESTART", "Run"]

RESTART = 1.0
"""Seconds that an endpoint without connections is given before it is tried again: servers reload."""

STARTING = 10.0
"""Seconds at most that a service is waited for which says at the very start that it is not available yet."""

COMING_UP = 2.0
"""Seconds at most that a service is waited for which refuses its very first connections."""


@dataclass(slots=True)
class Run:
    """Runs cases once on a session, ``jobs`` at a time; ``notify`` is told of its events.

    ``made_for`` is the variable into which a secret was put that nobody named, "" where it was given;
    ``budget`` is how many seconds the run may take, None for as many as it needs.
    """

    session: Session
    jobs: int
    made_for: str = ""
    budget: float | None = None
    notify: Callable[[RunEvent], object] = lambda _: None
    _order: dict[str, int] = field(default_factory=dict)
    _turns: dict[str, int] = field(default_factory=dict)
    _recovered: int = 0
    _any_path: bool = False
    _time_is_up: bool = False
    _heavy: list[Case] = field(default_factory=list)
    _schedule: Schedule = field(init=False)

    def __post_init__(self) -> None:
        session = self.session
        self._schedule = Schedule(self.budget, lambda: session.breaker.spent, session.sender)

    async def run(self, cases: Sequence[Case], *, total_cases: int, seed: int) -> Report:
        """Run the cases; the report has a result for each of them, in their order.

        Raises TargetError when not one connection could be made, UsageError when no case applies.
        """
        session = self.session
        self._order = {case.id: number for number, case in enumerate(cases)}
        await self._begin()
        in_process = session.sender.target.in_process
        applicable = [c for c in cases if c.applies_to(in_process=in_process)]
        if not applicable:
            raise UsageError(
                "None of the selected cases applies to an application in process.",
                next_step="They make a difference over HTTP only: run the application and give its URL.",
            )
        overall = await self._probe(applicable)
        if overall is None:
            await self._run_all(in_turns(self._left(applicable)), later=self._heavy)
            await self._run_all(list(self._heavy))
            await self._settle()
            await session.finish()
            if session.breaker.late:
                self._stop_late()
            session.results = dict(sorted(session.results.items(), key=lambda entry: self._order[entry[0]]))
            overall = always_refused(
                list(session.results.values()),
                made_for=self.made_for,
                address=session.sender.target.address,
            )
            if overall is None:
                self._any_path = await session.answers_any_path()
        of_the_run = [overall] if overall else await session.close()
        results = [self._result(c, in_process=in_process) for c in cases]
        findings = [] if overall else [r.finding for r in results if r.finding is not None]
        return Report(
            target=session.sender.target.name,
            seed=seed,
            results=tuple(results if overall else [_with(r, of_the_run) for r in results]),
            findings=(*findings, *of_the_run),
            seconds=session.breaker.spent,
            total_cases=total_cases,
            stopped=session.stopped,
            notes=self._notes(),
            is_general=overall is not None,
            budget=self.budget,
            profile=session.events.contract.profile,
        )

    def _result(self, case: Case, *, in_process: bool) -> Result:
        if not case.applies_to(in_process=in_process):
            return Result(case, "not applicable", note="makes a difference over HTTP only")
        note = self.session.stopped or (TIME_IS_UP if self._time_is_up else "")
        return self.session.results.get(case.id) or Result(case, "not run", note=note)

    def _notes(self) -> tuple[str, ...]:
        notes, sender = [], self.session.sender
        if self._any_path:
            notes.append(
                "Forgeries are accepted, and a made-up path next to this one is answered alike:"
                " is the path right?"
            )
        if not sender.secrets:
            signs = bool(self.session.events.contract.profile.families)
            reason = "secret: none" if signs else "by the profile of the contract"
            notes.append(f"Requests were not signed ({reason}), so the rules ADA3xx were left out.")
        if sender.limit is not None:
            left = f"at the end {sender.limit} went at a time."
            notes.append(f"The consumer asked to slow down (Retry-After); {left}")
        if sender.is_slow and sender.room is not None and sender.room < self.jobs:
            left = f"so at the end {sender.room} went at a time."
            notes.append(f"An answer takes {sender.alone:.1f} s, and longer among others; {left}")
        if self._recovered:
            hint = f" ({self.jobs} at a time; --jobs 1 sends one after the other)" if self.jobs > 1 else ""
            notes.append(
                f"Left without an answer at first, answered when repeated alone: {self._recovered}{hint}."
            )
        witnessed = self.session.witness is not None
        notes += self.session.ignores.notes(sender.ledger, witnessed=witnessed)
        if self.session.unsettled and not self.session.stopped:
            waited = f"{LONGEST_WAIT:g} s after the run the consumer was still at work"
            missing = f"{self.session.unsettled} deliveries without an entry of the witness were not judged"
            notes.append(f"{waited}: {missing}.")
        return tuple(notes)

    async def _probe(self, cases: Sequence[Case]) -> Finding | None:
        """Send the ordinary events; one finding when they all fail in one way, and the run is over.

        Where none is selected, the first cases show whether there is an answer at all.
        """
        session = self.session
        ordinary = [c for c in cases if RULES[c.rule].example]
        probes = ordinary or cases[:CONFIRMATIONS]
        first = await self._first(probes[0])
        if first.attempt is not None and is_unavailable(first.attempt.status):
            await self._run_all(probes[1:2])  # one more will do: each of them asks to be waited for
            finding = self._all_alike(probes[:2])
            if finding is not None:
                return finding
        await self._run_all([c for c in probes[1:] if c.id not in session.results])
        if not session.breaker.answered:
            case, exchange = next(iter(session.breaker.silent.values())).pop(0)
            self._recovered += (await self._alone(case, exchange)).silence is None
        judged = [session.results[c.id] for c in probes if c.id in session.results]
        if session.breaker.answered and (len(judged) < len(probes) or not ordinary):
            return None
        return self._all_alike(probes) or await self._not_the_handler(judged)

    def _all_alike(self, probes: Sequence[Case]) -> Finding | None:
        """One finding if the first cases all fail in one way, and the run is over."""
        session = self.session
        finding = always_the_same(
            [session.results[c.id] for c in probes if c.id in session.results],
            made_for=self.made_for,
            address=session.sender.target.address,
        )
        if finding is not None:
            ordinary = any(RULES[case.rule].example for case in probes)
            what = "every ordinary event fails in the same way" if ordinary else "nothing is answered"
            self._stop(f"Stopped: {what}, so the rest was not sent.")
        return finding

    async def _first(self, case: Case) -> Result:
        result = await self._once_started(case)
        if result.attempt is not None and result.attempt.accepted:
            self.session.sender.had_not_started()  # alone it cannot have been too many
        error = result.attempt.error if result.attempt is not None else None
        if error is not None and error.kind in NO_CONNECTION:
            step = error.next_step or "Is the URL right, and the service running?"
            raise TargetError(error.what, usage=False, next_step=step)
        return result

    async def _begin(self) -> None:
        """Begin the session, again as long as the witness shows that the service may still be starting."""
        began = self.session.sender.clock.monotonic()
        while True:
            try:
                return await self.session.start()
            except WitnessNotReadyError as error:
                pause = COMING_UP / 4 if error.refused else RESTART
                if not await self._waited(pause, since=began, refused=error.refused):
                    raise

    async def _waited(self, pause: float, *, since: float, refused: bool) -> bool:
        """Wait for a service that may still be starting; False when the time that it is given is up."""
        clock = self.session.sender.clock
        left = (COMING_UP if refused else STARTING) - (clock.monotonic() - since)
        if left <= 0:
            return False
        await clock.sleep(min(pause, left))
        return True

    async def _once_started(self, case: Case) -> Result:
        """Run the first case, again as long as the service may still be starting."""
        clock, breaker = self.session.sender.clock, self.session.breaker
        result, began = await self._run(case), clock.monotonic()
        while (pause := _starting(result.attempt, clock.now())) is not None:
            refused = result.attempt is not None and result.attempt.error is not None
            if not await self._waited(pause, since=began, refused=refused):
                return result
            breaker.silent.clear()
            result = await self._run(case, earlier=result.exchange)
        return result

    async def _not_the_handler(self, judged: Sequence[Result]) -> Finding | None:
        """One finding if every event, a forgery and an event at a made-up path get a web page; else None."""
        session, pages = self.session, [r.attempt.response if r.attempt else None for r in judged]
        if not pages or not all(is_page(page) for page in pages):
            return None
        if not all(is_page(attempt.response) for attempt in await session.strange_requests(judged[0].case)):
            return None
        finding = page_finding(judged[0], session.reproduce(judged[0].case))
        for result in judged:
            session.results[result.case.id] = replace(result, outcome="failed", finding=finding)
        self._stop("Stopped: a web page comes back to everything, so the rest was not sent.")
        return finding

    def _left(self, cases: Sequence[Case]) -> list[Case]:
        """The cases that were not sent yet; those held back while nothing had answered are sent after all."""
        waiting = self.session.breaker.release()
        return [c for c in cases if c.id not in self.session.results and c.id not in waiting]

    async def _run(self, case: Case, *, alone: bool = False, earlier: Exchange | None = None) -> Result:
        self._turns.setdefault(case.id, len(self._turns))
        result = await self.session.run_case(case, alone=alone, earlier=earlier)
        if self.session.put_off is not None:
            self._stop("Stopped: the endpoint limits its rate, so the rest was not sent.")
        if case.id in self.session.results:
            self.notify(CaseFinished(result, len(self.session.results), len(self._order)))
        return result

    async def _alone(self, case: Case, earlier: Exchange | None = None) -> Exchange:
        """Run a case with no other beside it."""
        result = await self._run(case, alone=True, earlier=earlier)
        assert result.exchange is not None  # noqa: S101 - a case that was run has one
        return result.exchange

    async def _run_all(self, cases: Sequence[Case], *, later: list[Case] | None = None) -> None:
        """Run cases, ``jobs`` at a time, holding back those whose group has fallen silent.

        Those that there is no time for are left out; those that take much of it are put on ``later``.
        """
        waiting, schedule = iter(cases), self._schedule

        async def work() -> None:
            while True:
                async with schedule.turn():
                    case = next(waiting, None)
                    stopped = self.session.stopped or self.session.breaker.out_of_patience(settling=False)
                    if case is None or stopped:
                        return
                    if later is not None and schedule.is_heavy(case):
                        later.append(case)
                    elif not schedule.has_room_for(case, to_finish=self.session.to_finish):
                        self._time_is_up = True
                    elif not self.session.breaker.holds(case):
                        with schedule.under_way(case):
                            await self._run(case)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(max(1, min(self.jobs, len(cases)))):
                tasks.create_task(work())

    async def _settle(self) -> None:
        """Repeat alone what got no answer, the first of every group first; then what was held back.

        The first are those that were sent first: how many more were under way by then is a matter of timing.
        """
        breaker, session = self.session.breaker, self.session
        queues = {
            group: sorted(entries, key=lambda entry: self._turns[entry[0].id])
            for group, entries in breaker.silent.items()
        }
        while any(queues.values()) and not session.stopped:
            for group, queue in queues.items():
                if not queue or self._is_over():
                    continue
                case, exchange = queue.pop(0)
                opened = breaker.open_for(group)
                if opened is not None:
                    self._give_up(case, opened)
                    continue
                if group[0] in NO_CONNECTION:
                    await session.sender.clock.sleep(RESTART)
                self._recovered += breaker.confirm(group, await self._alone(case, exchange))
        left = [entry for queue in queues.values() for entry in queue]
        for case, exchange in left:
            note = "got no answer, and the run ended before it was repeated alone"
            session.results[case.id] = Result(case, "not run", exchange, note=note)
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            session.stopped += f" Without an answer, and not repeated: {left[0][0].id}{more}."
        for group, cases in breaker.held.items():
            for case in cases:
                opened = breaker.open_for(group)
                if opened is not None:
                    self._give_up(case, opened)
                elif not self._is_over():
                    breaker.confirm(group, await self._alone(case))

    def _is_over(self) -> bool:
        if self.session.breaker.out_of_patience(settling=True):
            self._stop_late()
        return bool(self.session.stopped)

    def _give_up(self, case: Case, group: Group) -> None:
        kind, subject = group
        what = {"timeout": "hangs on", "dropped": "drops connections on"}
        note = f"not sent: the endpoint {what.get(kind, 'no longer takes connections')} {subject}".rstrip()
        self.session.results[case.id] = Result(case, "not run", note=note)
        if kind in NO_CONNECTION:
            self._stop(f"Stopped: the endpoint no longer takes connections (seen at {case.id}).")

    def _stop_late(self) -> None:
        self._stop(
            f"Stopped after {PATIENCE:g} s: the endpoint leaves requests without an answer,"
            " so the rest was not sent."
        )

    def _stop(self, reason: str) -> None:
        if not self.session.stopped:
            self.session.stopped = reason
            self.notify(RunStopped(reason))


def _starting(attempt: Attempt | None, now: float) -> float | None:
    """Seconds to wait for a service that may still be starting, by its answer; None if it is there."""
    if attempt is None:
        return None
    if attempt.error is not None:
        return COMING_UP / 4 if attempt.error.kind == "refused" else None
    if not is_unavailable(attempt.status) or attempt.traceback or attempt.response is None:
        return None
    asked = attempt.response.retry_after(now)
    return RESTART if asked is None else max(asked, RESTART / 4)


def _with(result: Result, of_the_run: Sequence[Finding]) -> Result:
    """The result of a case; failed where it did not fail by itself and the run has an error about it."""
    error = next((f for f in of_the_run if f.case == result.case.id and f.severity == "error"), None)
    if error is None or result.outcome not in ("passed", "not run"):
        return result
    return replace(result, outcome="failed", finding=error)
