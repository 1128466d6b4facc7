"""Runs cases against a target: concurrently, in an order that does not depend on timing, and never for long.

A run has three phases. *Probing*: the ordinary events; if every one of them fails in the same way, the run
ends with one finding. *Running*: everything else, ``jobs`` at a time. *Settling*: attempts that got no
answer are repeated alone before anything is reported; after three of one kind for one subject (an event,
its forgeries, or its hostile input), the rest of that subject is not sent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ada_contract_tests.engine.case_run import Stage, finish, perform
from ada_contract_tests.engine.checks import always_the_same, changes_of, judge, status_findings
from ada_contract_tests.engine.circuit_breaker import NO_CONNECTION, group_of, interleaved
from ada_contract_tests.engine.witness import CUT_SHORT, LONGEST_WAIT, witness_findings
from ada_contract_tests.findings import Report, Result
from ada_schemas.errors import TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.engine.case_run import Courier, Trial
    from ada_contract_tests.engine.circuit_breaker import Group
    from ada_contract_tests.engine.witness import Witness
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.suites.registry import Case
    from ada_mockserver.events.factory import EventFactory

__all__ = ["CONFIRMATIONS", "PATIENCE", "Runner"]

CONFIRMATIONS = 3
"""So many attempts without an answer, each repeated alone, and a group of cases stops."""

PATIENCE = 90.0
"""Seconds after which a run in which answers time out ends; an attempt under way may still take its limit."""

FIRST_RETRY = 6.0
"""Seconds: a failed delivery is repeated after 5 s (/reference/webhooks/overview), and a little."""

RESTART = 1.0
"""Seconds that an endpoint without connections is given before it is tried again: servers reload."""

TELLING = (401, 403, 404, 405)
"""Answers that say something about the address or the secret, whatever the event holds."""

ANY_SILENCE: Group = ("silent", "")
"""The group of everything, while there never was an answer."""


def _no_progress(done: int, total: int) -> None:
    pass


@dataclass(slots=True)
class Runner:
    """Runs a list of cases once.

    ``reproduce`` gives the lines that repeat a case; ``progress`` is called after each case with how many
    are done and how many there are; ``secret_given`` says whether the user named the secret. ``witness``
    is asked once all is sent, for the rules ADA6xx in ``codes``.
    """

    courier: Courier
    events: EventFactory
    jobs: int
    reproduce: Callable[[Case], tuple[str, ...]]
    progress: Callable[[int, int], None] = _no_progress
    secret_given: bool = True
    accept: str | None = None
    witness: Witness | None = None
    codes: frozenset[str] = frozenset()
    _results: dict[str, Result] = field(default_factory=dict)
    _silent: dict[Group, list[tuple[Case, Trial]]] = field(default_factory=lambda: defaultdict(list))
    _held: dict[Group, list[Case]] = field(default_factory=lambda: defaultdict(list))
    _postponed: list[Stage] = field(default_factory=list)
    _answered: bool = False
    _recovered: int = 0
    _timed_out: bool = False
    _started: float = 0.0
    _total: int = 0
    _stopped: str = ""
    _late: bool = False

    async def run(self, cases: Sequence[Case], *, total_cases: int, seed: int) -> Report:
        """Run the cases; the report has a result for each of them, in their order.

        Raises TargetError when not one connection could be made, UsageError when no case applies.
        """
        clock = self.courier.clock
        self._started, self._total = clock.monotonic(), len(cases)
        if self.witness is not None:
            await self.witness.begin()
        applicable = [c for c in cases if not (self.courier.target.in_process and c.over_http)]
        if not applicable:
            raise UsageError(
                "None of the selected cases applies to an application in process.",
                next_step="They make a difference over HTTP only: run the application and give its URL.",
            )
        overall = await self._probe(applicable)
        if overall is None:
            await self._run_all(interleaved(self._left(applicable)))
            await self._settle()
            await self._finish()
            if self._late:
                self._stop_late()
            overall = self._always_refused(applicable)
        results = [self._results.get(c.id) or self._not_run(c) for c in cases]
        findings = [overall] if overall else [r.finding for r in results if r.finding is not None]
        if overall is None:
            for finding in [*self._status_findings(results), *await self._witnessed()]:
                findings.append(finding)
                results = [_failed(r, finding) for r in results]
        return Report(
            target=self.courier.target.name,
            seed=seed,
            results=tuple(results),
            findings=tuple(findings),
            seconds=clock.monotonic() - self._started,
            total_cases=total_cases,
            stopped=self._stopped,
            notes=self._notes(),
        )

    def _not_run(self, case: Case) -> Result:
        if self.courier.target.in_process and case.over_http:
            return Result(case, "not applicable", note="makes a difference over HTTP only")
        return Result(case, "not run", note=self._stopped)

    def _status_findings(self, results: Sequence[Result]) -> list[Finding]:
        if self.accept == "2xx":
            return []
        found = status_findings(results, severity="error" if self.accept == "200" else "warning")
        return [replace(f, reproduce=self._reproduction(f.case)) for f in found]

    async def _witnessed(self) -> list[Finding]:
        """What the witness says, once the consumer has settled."""
        if self.witness is None:
            return []
        cases = {case_id: result.case for case_id, result in self._results.items()}
        try:
            longest = CUT_SHORT if self._stopped else LONGEST_WAIT
            seen = await self.witness.settled(self._owed(cases), longest=longest)
            if not self._stopped and seen.counts.keys() >= set(self._owed(cases)):
                await self._last_event(cases)
                seen = await self.witness.settled(self._owed(cases))
        except TargetError as error:
            self._stopped = self._stopped or error.what
            return []
        reproduce = {case_id: self.reproduce(case) for case_id, case in cases.items()}
        nameless = self.witness.nameless(seen)
        found = witness_findings(self.courier, seen, cases, reproduce=reproduce, nameless=nameless)
        trials = {case_id: result.trial for case_id, result in self._results.items()}
        return [
            replace(finding, changes=changes_of(trial))
            for finding in found
            if finding.rule in self.codes and (trial := trials[finding.case]) is not None
        ]

    def _owed(self, cases: dict[str, Case]) -> list[str]:
        """The messages that were accepted and must have had an effect."""
        return [
            attempt.message_id
            for attempt in self.courier.ledger
            if attempt.authentic
            and attempt.final
            and attempt.message_id
            and attempt.accepted
            and not attempt.stale
            and cases[attempt.case].handling == "must"
        ]

    async def _last_event(self, cases: dict[str, Case]) -> None:
        """One more ordinary event, alone: a consumer that waits for others to come never handles it.

        It comes only where nothing is waiting, or it might be what completes a batch.
        """
        for case in cases.values():
            if case.handling == "must" and self._results[case.id].outcome == "passed":
                stage = Stage(case, self.courier, self.events, round=2)
                await stage.send(stage.event(case.event), label="one more event, alone")
                return

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self.courier.secret is None:
            notes.append("Requests were not signed (secret: none), so the rules ADA3xx were left out.")
        if self.courier.limit is not None:
            left = f"at the end {self.courier.limit} went at a time."
            notes.append(f"The consumer asked to slow down (Retry-After); {left}")
        if self._recovered:
            hint = f" ({self.jobs} at a time; --jobs 1 sends one after the other)" if self.jobs > 1 else ""
            notes.append(
                f"Left without an answer at first, answered when repeated alone: {self._recovered}{hint}."
            )
        return tuple(notes)

    def _reproduction(self, case_id: str) -> tuple[str, ...]:
        return self.reproduce(self._results[case_id].case)

    async def _probe(self, cases: Sequence[Case]) -> Finding | None:
        """Send the ordinary events; one finding when they all fail in one way, and the run is over.

        Where none is selected, the first cases show whether there is an answer at all.
        """
        ordinary = [c for c in cases if c.rule == "ADA101"]
        probes = ordinary or cases[:CONFIRMATIONS]
        await self._first(probes[0])
        await self._run_all(probes[1:])
        if not self._answered:
            case, trial = next(iter(self._silent.values())).pop(0)
            again = await self._perform(case, earlier=trial)
            if again.unanswered is None:
                self._recovered += 1
                self._take(case, again)
            else:
                self._judge(case, again)
        judged = [self._results[c.id] for c in probes if c.id in self._results]
        if self._answered and (len(judged) < len(probes) or not ordinary):
            return None
        finding = always_the_same(judged, secret_given=self.secret_given)
        if finding is not None:
            what = "every ordinary event fails in the same way" if ordinary else "nothing is answered"
            self._stopped = f"Stopped: {what}, so the rest was not sent."
        return finding

    def _left(self, cases: Sequence[Case]) -> list[Case]:
        """The cases that were not sent yet; those held back while nothing had answered are sent after all."""
        self._held.pop(ANY_SILENCE, None)
        waiting = {case.id for trials in self._silent.values() for case, _ in trials}
        waiting.update(case.id for held in self._held.values() for case in held)
        return [c for c in cases if c.id not in self._results and c.id not in waiting]

    def _always_refused(self, cases: Sequence[Case]) -> Finding | None:
        """One finding where no event at all got past the address or the secret, else None."""
        results = [self._results[c.id] for c in cases if c.id in self._results and _must_be_accepted(c)]
        answers = [r.answer.response for r in results if r.answer is not None]
        if any(response is None or response.status not in TELLING for response in answers):
            return None
        return always_the_same(results, secret_given=self.secret_given)

    async def _first(self, case: Case) -> None:
        trial = await self._perform(case)
        error = trial.last.answer.error
        if error is not None and error.kind in NO_CONNECTION:
            step = error.next_step or "Is the URL right, and the service running?"
            raise TargetError(error.what, usage=False, next_step=step)
        self._take(case, trial)

    async def _perform(self, case: Case, *, earlier: Trial | None = None) -> Trial:
        return await perform(case, self.courier, self.events, earlier=earlier, postponed=self._postponed)

    async def _run_all(self, cases: Sequence[Case]) -> None:
        """Run cases, ``jobs`` at a time, holding back those whose group has fallen silent."""
        waiting = iter(cases)

        async def work() -> None:
            for case in waiting:
                if self._out_of_patience(reserve=self._reserve()):
                    return
                silent = self._silent_group(case)
                if silent is not None:
                    self._held[silent].append(case)
                    continue
                self._take(case, await self._perform(case))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(max(1, min(self.jobs, len(cases)))):
                tasks.create_task(work())

    def _silent_group(self, case: Case) -> Group | None:
        if not self._answered and sum(map(len, self._silent.values())) >= CONFIRMATIONS:
            return ANY_SILENCE
        groups = [group_of(kind, case) for kind in (*NO_CONNECTION, "timeout", "dropped")]
        return next((g for g in groups if len(self._silent.get(g, ())) >= CONFIRMATIONS), None)

    def _reserve(self) -> float:
        """The seconds that are kept for repeating alone what got no answer: enough for two attempts."""
        return min(2 * self.courier.timeout, PATIENCE / 2)

    def _out_of_patience(self, *, reserve: float = 0.0) -> bool:
        """Whether a run in which answers time out has lasted long enough, a ``reserve`` of seconds aside."""
        spent = self.courier.clock.monotonic() - self._started
        if self._timed_out and spent > PATIENCE - reserve:
            self._late = True
            if not reserve:
                self._stop_late()
        return bool(self._stopped) or (self._late and reserve > 0)

    def _stop_late(self) -> None:
        self._stopped = self._stopped or (
            f"Stopped after {PATIENCE:g} s: the endpoint leaves requests without an answer,"
            " so the rest was not sent."
        )

    def _take(self, case: Case, trial: Trial) -> None:
        """Judge a trial, or remember that an answer is missing: that is repeated alone."""
        silent = trial.unanswered
        if silent is None or silent.answer.error is None or silent.answer.error.kind == "protocol":
            self._answered = True
            self._judge(case, trial)
            return
        kind = silent.answer.error.kind
        self._timed_out |= kind == "timeout"
        self._silent[group_of(kind, case)].append((case, trial))

    def _judge(self, case: Case, trial: Trial) -> None:
        finding = judge(case, trial, timeout=self.courier.timeout, reproduce=self.reproduce(case))
        failed = finding is not None and finding.severity == "error"
        self._results[case.id] = Result(case, "failed" if failed else "passed", trial, finding)
        self.progress(len(self._results), self._total)

    async def _settle(self) -> None:
        """Repeat alone what got no answer, the first of every group first; then what was held back."""
        queues = {group: list(trials) for group, trials in self._silent.items()}
        confirmed: dict[Group, int] = defaultdict(int)
        while any(queues.values()) and not self._stopped:
            for group, queue in queues.items():
                if not queue or self._out_of_patience():
                    continue
                case, trial = queue.pop(0)
                if confirmed[group] >= CONFIRMATIONS:
                    self._give_up(case, group)
                    continue
                if group[0] in NO_CONNECTION:
                    await self.courier.clock.sleep(RESTART)
                again = await self._perform(case, earlier=trial)
                confirmed[group] += self._confirm(case, again)
                self._recovered += again.unanswered is None
        left = [entry for queue in queues.values() for entry in queue]
        for case, trial in left:
            note = "got no answer, and the run ended before it was repeated alone"
            self._results[case.id] = Result(case, "not run", trial, note=note)
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            self._stopped += f" Without an answer, and not repeated: {left[0][0].id}{more}."
        self._silent.clear()
        held, self._held = self._held, defaultdict(list)
        for group, cases in held.items():
            for case in cases:
                if confirmed[group] >= CONFIRMATIONS:
                    self._give_up(case, group)
                elif not self._out_of_patience():
                    confirmed[group] += self._confirm(case, await self._perform(case))

    async def _finish(self) -> None:
        """The deliveries that belong at the end of the run, of cases that have passed so far.

        Where a witness can tell what a repetition did, they come no sooner than Ada's first retry; an
        application in process is spared the wait.
        """
        if self._postponed and self.witness is not None and not self.courier.target.in_process:
            spent = self.courier.clock.monotonic() - self._started
            await self.courier.clock.sleep(max(0.0, FIRST_RETRY - spent))
        for stage in self._postponed:
            result = self._results.get(stage.case.id)
            if result is not None and result.outcome == "passed" and not self._out_of_patience():
                self._confirm(stage.case, await finish(stage))

    def _confirm(self, case: Case, trial: Trial) -> bool:
        """Judge a trial that was made alone; true when it got no answer."""
        silent = trial.unanswered
        self._timed_out |= (
            silent is not None and silent.answer.error is not None and silent.answer.error.kind == "timeout"
        )
        self._judge(case, trial)
        return silent is not None

    def _give_up(self, case: Case, group: Group) -> None:
        kind, subject = group
        what = {"timeout": "hangs on", "dropped": "drops connections on"}
        note = f"not sent: the endpoint {what.get(kind, 'no longer takes connections')} {subject}".rstrip()
        self._results[case.id] = Result(case, "not run", note=note)
        if kind in NO_CONNECTION and not self._stopped:
            self._stopped = f"Stopped: the endpoint no longer takes connections (seen at {case.id})."


def _must_be_accepted(case: Case) -> bool:
    return case.forgery is None and not case.refusable and not case.rule.startswith("ADA5")


def _failed(result: Result, finding: Finding) -> Result:
    """The result of a case that passed by itself and has a finding all the same."""
    if result.case.id == finding.case and result.outcome == "passed" and finding.severity == "error":
        return replace(result, outcome="failed", finding=finding)
    return result
