"""Runs cases against a target: concurrently, in an order that does not depend on timing, and never for long.

A run has three phases. *Probing*: the ordinary events; if every one of them fails in the same way, the run
ends with one finding. *Running*: everything else, ``jobs`` at a time. *Settling*: attempts that got no
answer are repeated alone before anything is reported; after three of one kind for one event, the rest of
that event is not sent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ada_contract_tests.findings import Report, Result
from ada_contract_tests.judging import always_the_same, judge, status_findings
from ada_schemas.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.cases import Case
    from ada_contract_tests.delivery import Courier
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.targets.base import Answer
    from ada_mockserver.events import EventFactory

__all__ = ["CONFIRMATIONS", "PATIENCE", "Runner"]

CONFIRMATIONS = 3
"""So many attempts without an answer, each repeated alone, and a group of cases stops."""

PATIENCE = 90.0
"""Seconds after which a run in which answers time out ends; an attempt under way may still take its limit."""

NO_CONNECTION = ("refused", "dns", "tls")

Group = tuple[str, str]
"""What stays silent together: the kind of silence and the event."""

ANY_SILENCE: Group = ("silent", "")
"""The group of everything, while there never was an answer."""


def _no_progress(done: int, total: int) -> None:
    pass


@dataclass(slots=True)
class Runner:
    """Runs a list of cases once.

    ``reproduce`` gives the lines that repeat a case; ``progress`` is called after each case with how many
    are done and how many there are; ``secret_given`` says whether the user named the secret.
    """

    courier: Courier
    events: EventFactory
    jobs: int
    reproduce: Callable[[Case], tuple[str, ...]]
    progress: Callable[[int, int], None] = _no_progress
    secret_given: bool = True
    accept_any_2xx: bool = False
    _results: dict[str, Result] = field(default_factory=dict)
    _silent: dict[Group, list[Case]] = field(default_factory=lambda: defaultdict(list))
    _held: dict[Group, list[Case]] = field(default_factory=lambda: defaultdict(list))
    _answered: bool = False
    _timed_out: bool = False
    _started: float = 0.0
    _total: int = 0
    _stopped: str = ""

    async def run(self, cases: Sequence[Case], *, total_cases: int, seed: int) -> Report:
        """Run the cases; the report has a result for each of them, in their order.

        Raises TargetError when not one connection could be made.
        """
        clock = self.courier.clock
        self._started, self._total = clock.monotonic(), len(cases)
        probes = [c for c in cases if c.rule == "ADA101"] or list(cases[:1])
        overall = await self._probe(probes)
        if overall is None:
            await self._run_all([c for c in cases if c.id not in self._results])
            await self._settle()
        results = [self._results.get(c.id) or Result(c, "not run", note=self._stopped) for c in cases]
        findings = [overall] if overall else [r.finding for r in results if r.finding is not None]
        if overall is None and not self.accept_any_2xx:
            for finding in status_findings(results):
                findings.append(replace(finding, reproduce=self._reproduction(finding.case)))
                results = [_failed(r, finding) for r in results]
        return Report(
            target=self.courier.target.name,
            seed=seed,
            results=tuple(results),
            findings=tuple(findings),
            seconds=clock.monotonic() - self._started,
            total_cases=total_cases,
            stopped=self._stopped,
        )

    def _reproduction(self, case_id: str) -> tuple[str, ...]:
        return self.reproduce(self._results[case_id].case)

    async def _probe(self, probes: list[Case]) -> Finding | None:
        """Send the ordinary events; one finding when they all fail in one way, and the run is over."""
        await self._first(probes[0])
        await self._run_all(probes[1:])
        if not self._answered:
            again = await self._deliver(probes[0])
            self._judge(probes[0], again) if again.error else self._take(probes[0], again)
        judged = [self._results[c.id] for c in probes if c.id in self._results]
        if self._answered and len(judged) < len(probes):
            return None
        finding = always_the_same(judged, secret_given=self.secret_given)
        if finding is not None:
            self._stopped = "Stopped: every ordinary event fails in the same way, so the rest was not sent."
        return finding

    async def _first(self, case: Case) -> None:
        answer = await self._deliver(case)
        if answer.error is not None and answer.error.kind in NO_CONNECTION:
            raise TargetError(answer.error.what, usage=False, next_step=answer.error.next_step)
        self._take(case, answer)

    async def _deliver(self, case: Case) -> Answer:
        return await self.courier.deliver(case, case.payload(self.events))

    async def _run_all(self, cases: Sequence[Case]) -> None:
        """Run cases, ``jobs`` at a time, holding back those whose group has fallen silent."""
        waiting = iter(cases)

        async def work() -> None:
            for case in waiting:
                if self._out_of_patience():
                    return
                silent = self._silent_group(case)
                if silent is not None:
                    self._held[silent].append(case)
                    continue
                self._take(case, await self._deliver(case))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(max(1, min(self.jobs, len(cases)))):
                tasks.create_task(work())

    def _silent_group(self, case: Case) -> Group | None:
        if not self._answered and sum(map(len, self._silent.values())) >= CONFIRMATIONS:
            return ANY_SILENCE
        for group in (("refused", ""), ("timeout", case.event), ("dropped", case.event)):
            if len(self._silent.get(group, ())) >= CONFIRMATIONS:
                return group
        return None

    def _out_of_patience(self) -> bool:
        if self._timed_out and self.courier.clock.monotonic() - self._started > PATIENCE:
            self._stopped = (
                f"Stopped after {PATIENCE:g} s: the endpoint leaves requests without an answer,"
                " so the rest was not sent."
            )
        return bool(self._stopped)

    def _take(self, case: Case, answer: Answer) -> None:
        """Judge an answer, or remember that there was none: that is repeated alone."""
        if answer.error is not None and answer.error.kind != "protocol":
            self._timed_out |= answer.error.kind == "timeout"
            kind = answer.error.kind
            self._silent[(kind, "" if kind in NO_CONNECTION else case.event)].append(case)
            return
        self._answered = True
        self._judge(case, answer)

    def _judge(self, case: Case, answer: Answer) -> None:
        finding = judge(
            case,
            answer,
            base=case.base(self.events),
            payload=case.payload(self.events),
            timeout=self.courier.timeout,
            reproduce=self.reproduce(case),
        )
        self._results[case.id] = Result(case, "failed" if finding else "passed", answer, finding)
        self.progress(len(self._results), self._total)

    async def _settle(self) -> None:
        """Repeat alone what got no answer, the first of every group first; then what was held back."""
        queues = {group: list(cases) for group, cases in self._silent.items()}
        confirmed: dict[Group, int] = defaultdict(int)
        while any(queues.values()):
            for group, queue in queues.items():
                if not queue or self._out_of_patience():
                    continue
                case = queue.pop(0)
                if confirmed[group] >= CONFIRMATIONS:
                    self._give_up(case, group)
                    continue
                answer = await self._deliver(case)
                confirmed[group] += answer.error is not None
                self._timed_out |= answer.error is not None and answer.error.kind == "timeout"
                self._judge(case, answer)
            if self._stopped:
                break
        self._silent.clear()
        await self._release(confirmed)

    async def _release(self, confirmed: dict[Group, int]) -> None:
        held, self._held = self._held, defaultdict(list)
        for group, cases in held.items():
            if confirmed[group]:
                for case in cases:
                    self._give_up(case, group)
            else:
                for case in cases:
                    if not self._out_of_patience():
                        self._judge(case, await self._deliver(case))

    def _give_up(self, case: Case, group: Group) -> None:
        kind, event = group
        what = {"timeout": "hangs", "dropped": "drops connections", "refused": "takes no connections"}
        note = f"not sent: the endpoint {what.get(kind, kind)}{f' on {event}' if event else ''}"
        self._results[case.id] = Result(case, "not run", note=note)
        if kind in NO_CONNECTION and not self._stopped:
            last = list(self._results.values())[-1].case.id
            self._stopped = f"Stopped: the endpoint no longer takes connections (seen at {last})."


def _failed(result: Result, finding: Finding) -> Result:
    if result.case.id == finding.case and result.outcome == "passed":
        return replace(result, outcome="failed", finding=finding)
    return result
