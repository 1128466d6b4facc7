"""Fuzzing: events and sequences that nobody enumerated, sent by the engine, shrunk, sent again to be sure.

What is drawn goes through a run of its own (`engine.run`), several at a time, with all that it knows of
slow, silent and rate-limited consumers and of the witness. Of the failures of each cause one is shrunk, with
nothing else beside it and with fresh ids each time; one that does not fail again is flaky, and not reported.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from ada_contract_tests.case import CaseRun
from ada_contract_tests.engine.checks import changes_of, judge
from ada_contract_tests.engine.reduction import reduced
from ada_contract_tests.engine.witness import LONGEST_WAIT, witness_findings
from ada_contract_tests.findings import Outcome, Result
from ada_contract_tests.grouping import reasons_of
from ada_contract_tests.rules import RULES, rule_in_role
from ada_contract_tests.suites.edits import FuzzedEvent
from ada_contract_tests.suites.fuzzed import can_be_sent, fuzzed_case
from ada_schemas.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.run import Run
    from ada_contract_tests.engine.session import Session
    from ada_contract_tests.findings import Finding, Report
    from ada_contract_tests.fuzz.kept import KeptFailures
    from ada_contract_tests.suites.edits import Fuzzed

__all__ = ["FUZZ_FOLDER", "FUZZ_SECONDS", "FuzzPlan", "Fuzzing"]

FUZZ_SECONDS = 60.0
"""Seconds that fuzzing may take, if nothing else is said."""

FUZZ_FOLDER = ".hypothesis/adakit"
"""The folder in which failures are kept, if no other is named."""

DRAWING, SENDING = 0.3, 0.65
"""The shares of the time after which nothing more is drawn, or sent; the rest is for shrinking."""

PART = 500
"""Events of each name that are drawn before the time is looked at."""

MOST_CAUSES = 8
"""Causes of which a failure is shrunk; further ones are counted."""

MOST_OF_A_CAUSE = 3
"""Failures of one cause that are shrunk, where a smaller one does not explain them."""

CONFIRMATIONS = 2
"""Times that the smallest must fail again, with fresh ids."""

MARKED = 5.0
"""Seconds that a consumer is given to tell the witness of an ordinary event that came after another."""


@dataclass(frozen=True, slots=True)
class FuzzPlan:
    """How much is fuzzed.

    ``number`` is how many events are drawn of each name, and how many sequences; ``seconds`` how long all of
    it may take, 0 for as long as it needs; ``folder`` is where failures are kept, None to keep none.
    """

    number: int
    seconds: float = 0.0
    folder: Path | None = None


@dataclass(slots=True)
class Fuzzing:
    """One fuzz run: ``new_session`` makes its session, ``new_run`` a run on one, with a budget in seconds."""

    plan: FuzzPlan
    seed: int
    target: str
    new_session: Callable[[], Session]
    new_run: Callable[[Session, float | None], Run]
    _session: Session = field(init=False)
    _kept: KeptFailures | None = field(init=False, default=None)
    _began: float = field(init=False, default=0.0)
    _rounds: dict[str, int] = field(init=False, default_factory=lambda: defaultdict(int))
    _flaky: int = field(init=False, default=0)
    _unshrunk: int = field(init=False, default=0)
    _fixed: int = field(init=False, default=0)

    async def extend(self, report: Report, areas: Sequence[Case]) -> Report:
        """The report with what fuzzing found, and a result for each of the areas."""
        if report.is_general or report.stopped:
            note = report.stopped or "not fuzzed: see the finding"
            results = tuple(Result(area, "not run", note=note) for area in areas)
            return replace(
                report, results=(*report.results, *results), total_cases=report.total_cases + len(areas)
            )
        self._session = session = self.new_session()
        self._began = session.sender.clock.monotonic()
        if self.plan.folder is not None:
            from ada_contract_tests.fuzz.kept import KeptFailures  # noqa: PLC0415 - Hypothesis, when asked for

            self._kept = KeptFailures(self.plan.folder, self.target)
        kept = self._kept.of([area.id for area in areas], session.events.contract) if self._kept else []
        drawn = await self._drawn(areas, kept)
        sent = await self._send(drawn)
        findings = await self._smallest(sent, drawn, report)
        self._settle_kept(kept, {f.case for f in findings}, sent)
        return self._extended(report, areas, drawn, sent, findings)

    async def _drawn(self, areas: Sequence[Case], kept: Sequence[Fuzzed]) -> dict[str, Fuzzed]:
        """What is sent, by the id of its case: ordinary events, kept failures, then what is drawn."""
        from ada_contract_tests.fuzz.draw import drawn  # noqa: PLC0415 - Hypothesis, when asked for

        contract = self._session.events.contract
        names = frozenset(area.event for area in areas if area.event in contract.event_names)
        ordinary = [FuzzedEvent(name, "documented", ()) for name in contract.event_names if name in names]
        found: dict[str, Fuzzed] = {}
        for fuzzed in [*ordinary, *kept]:
            found.setdefault(fuzzed_case(fuzzed, contract).id, fuzzed)
        for part, number in enumerate(_in_parts(self.plan.number)):
            if self.plan.seconds and self._spent() > self.plan.seconds * DRAWING:
                break
            for area in areas:
                make = partial(
                    drawn, contract, area.id, names=names, number=number, seed=f"{self.seed}/{part}"
                )
                for fuzzed in await asyncio.to_thread(make):
                    found.setdefault(fuzzed_case(fuzzed, contract).id, fuzzed)
        return found

    async def _send(self, drawn: dict[str, Fuzzed]) -> Report:
        contract = self._session.events.contract
        cases = [fuzzed_case(fuzzed, contract) for fuzzed in drawn.values()]
        budget = None if not self.plan.seconds else max(1.0, self.plan.seconds * SENDING - self._spent())
        return await self.new_run(self._session, budget).run(cases, total_cases=len(cases), seed=self.seed)

    def _spent(self) -> float:
        return self._session.sender.clock.monotonic() - self._began

    def _is_late(self) -> bool:
        return bool(self.plan.seconds) and self._spent() > self.plan.seconds

    async def _smallest(self, sent: Report, drawn: dict[str, Fuzzed], before: Report) -> list[Finding]:
        """The smallest failure of each cause that the cases before have not shown."""
        found: list[Finding] = []
        known = {_key(f, r) for f, r in _reasoned(before.findings)}
        causes: dict[tuple[str, ...], list[tuple[Fuzzed, Finding]]] = defaultdict(list)
        for finding, reason in _reasoned(sent.findings):
            if finding.case in drawn and _is_told_by(finding, reason, known):
                continue
            if finding.case in drawn:
                causes[_key(finding, reason)].append((drawn[finding.case], finding))
        for number, (key, failures) in enumerate(
            sorted(causes.items(), key=lambda cause: min(_order(finding) for _, finding in cause[1]))
        ):
            if number >= MOST_CAUSES or self._is_late():
                self._unshrunk += 1
                continue
            found += await self._of_a_cause(key, failures, [*before.findings, *found])
        return found

    async def _of_a_cause(
        self, key: tuple[str, ...], failures: list[tuple[Fuzzed, Finding]], known: Sequence[Finding]
    ) -> list[Finding]:
        found: list[Finding] = []
        left = sorted(failures, key=lambda failure: (*_order(failure[1]), len(str(failure[0].as_json()))))
        for _ in range(MOST_OF_A_CAUSE):
            if not left or self._is_late():
                break
            fuzzed, _finding = left.pop(0)
            if await self._failure(fuzzed, key) is None:
                self._flaky += 1
                continue
            smallest = await reduced(fuzzed, lambda other: self._fails(other, key))
            finding = await self._confirmed(smallest, key)
            if finding is None:
                self._flaky += 1
                continue
            left = [(other, f) for other, f in left if not _explains(smallest, other)]
            if smallest.parts and not any(_is_same(finding, other) for other in (*known, *found)):
                found.append(finding)
                if self._kept is not None:
                    self._kept.keep(smallest)
        return found

    async def _fails(self, fuzzed: Fuzzed, key: tuple[str, ...]) -> bool:
        if self._is_late() or not can_be_sent(fuzzed, self._session.events.contract):
            return False
        return await self._failure(fuzzed, key) is not None

    async def _confirmed(self, fuzzed: Fuzzed, key: tuple[str, ...]) -> Finding | None:
        """The finding about the smallest, if it fails as often as it is sent again."""
        finding = None
        for number in range(CONFIRMATIONS):
            finding = await self._failure(fuzzed, key, patient=number > 0)
            if finding is None:
                return None
        return finding

    async def _failure(
        self, fuzzed: Fuzzed, key: tuple[str, ...], *, patient: bool = False
    ) -> Finding | None:
        """The finding of that cause about an event or a sequence, sent alone with ids that are fresh."""
        session = self._session
        case = fuzzed_case(fuzzed, session.events.contract)
        self._rounds[case.id] += 1
        run = CaseRun(case, session.sender, session.events, round=self._rounds[case.id] + 9)
        await case.deliver(run)
        exchange, lines = run.exchange, session.reproduce(case)
        if exchange.put_off is not None:
            return None
        found = [judge(case, exchange, timeout=session.sender.timeout, reproduce=lines)]
        if found[0] is None and session.witness is not None:
            found = [
                replace(f, changes=changes_of(exchange))
                for f in await self._witnessed(case, run, patient=patient)
            ]
        for finding, reason in _reasoned([f for f in found if f is not None]):
            if _key(finding, reason) == key:
                return finding
        return None

    async def _witnessed(self, case: Case, run: CaseRun, *, patient: bool) -> list[Finding]:
        """The findings of the witness about one case.

        An ordinary event is sent after it, and what comes of that says how long to wait; where a verdict is
        to be final, as long as after a whole run.
        """
        session, witness = self._session, self._session.witness
        assert witness is not None  # noqa: S101 - asked for where there is one
        owed = [d.message_id for d in run.deliveries if d.message_id and session.ignores.owed(d)]
        sent = [d.message_id for d in run.deliveries]
        try:
            if patient:
                seen = await witness.settled(owed, sent=sent, longest=LONGEST_WAIT)
            else:
                mark = CaseRun(case, session.sender, session.events, round=run.round + 10_000)
                marked = await mark.send(mark.event(), label="an ordinary event after it")
                wanted = [marked.message_id] if marked.message_id and marked.attempt.accepted else []
                seen = await witness.settled(wanted, sent=sent, longest=MARKED)
                session.sender.ledger.remove(marked)
                seen = replace(seen, settled=True)
        except TargetError:
            return []
        found = witness_findings(
            run.deliveries, seen, {case.id: case}, reproduce=session.reproduce, ignores=session.ignores
        )
        return [finding for finding in found if finding.rule in session.codes]

    def _settle_kept(self, kept: Sequence[Fuzzed], found: set[str], sent: Report) -> None:
        """Forget kept failures that no longer fail."""
        contract, outcomes = self._session.events.contract, {r.case.id: r for r in sent.results}
        failing = {finding.case for finding in sent.findings} | found
        for fuzzed in kept:
            case_id = fuzzed_case(fuzzed, contract).id
            result = outcomes.get(case_id)
            if self._kept is None or result is None or result.outcome not in ("passed", "failed"):
                continue
            if case_id not in failing:
                self._fixed += 1
                self._kept.forget(fuzzed)

    def _extended(
        self,
        report: Report,
        areas: Sequence[Case],
        drawn: dict[str, Fuzzed],
        sent: Report,
        found: Sequence[Finding],
    ) -> Report:
        results = []
        tried = {r.case.id for r in sent.results if r.outcome in ("passed", "failed")}
        for area in areas:
            own = [i for i, fuzzed in drawn.items() if fuzzed.area == area.id]
            done = len(tried.intersection(own))
            errors = [f for f in found if drawn_area(f.case) == area.id and f.severity == "error"]
            outcome: Outcome = "failed" if errors else "passed" if done else "not run"
            note = f"{done} of {len(own)} sent" if own else ""
            finding = errors[0] if errors else None
            results.append(Result(area, outcome, finding=finding, note=note, tries=done))
        general = (
            sent.findings if sent.is_general else [f for f in sent.findings if _is_of_the_run(f, report)]
        )
        return replace(
            report,
            results=(*report.results, *results),
            findings=(*report.findings, *found, *general),
            seconds=report.seconds + self._spent(),
            total_cases=report.total_cases + len(areas),
            stopped=report.stopped or sent.stopped,
            notes=(*report.notes, *self._notes(sent, len(tried), len(drawn))),
        )

    def _notes(self, sent: Report, tried: int, drawn: int) -> list[str]:
        deliveries = len(self._session.sender.ledger)
        of = f" of {drawn:,}" if tried < drawn else ""
        up = "; the time was up (--fuzz-seconds gives more)" if tried < drawn and not sent.stopped else ""
        sent_in = f"{deliveries:,} deliveries, {self._spent():.0f} s{up}"
        notes = [f"Fuzzed: {tried:,}{of} events and sequences, {sent_in}."]
        if self._fixed:
            was = (
                "failure that was kept no longer fails"
                if self._fixed == 1
                else "failures that were kept no longer fail"
            )
            notes.append(f"{self._fixed} {was}.")
        if self._flaky:
            was = "failure" if self._flaky == 1 else "failures"
            notes.append(f"Flaky: {self._flaky} {was} of fuzzed events did not fail again when sent alone.")
        if self._unshrunk:
            notes.append(f"Failures of {self._unshrunk} further causes were not shrunk: fix these first.")
        return notes


def _in_parts(number: int) -> list[int]:
    return [PART] * (number // PART) + ([number % PART] if number % PART else [])


def drawn_area(case_id: str) -> str:
    """The id of the area that a fuzzed case belongs to."""
    return case_id.rpartition(":")[0]


def _reasoned(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    return list(zip(findings, reasons_of(findings), strict=True))


def _key(finding: Finding, reason: str) -> tuple[str, ...]:
    """The same for findings of one cause: an exception at its place, else what is wrong with which event."""
    if _has_place(reason):
        return ("exception", reason)
    if RULES[finding.rule].family == "handled":
        return (finding.rule, finding.event)
    return (finding.rule, finding.event, finding.got.partition(" ")[0])


def _has_place(reason: str) -> bool:
    return reason.endswith(")") and ":" in reason.rpartition("(")[2]


def _is_told_by(finding: Finding, reason: str, known: set[tuple[str, ...]]) -> bool:
    """True if a case before has shown that exception at that place."""
    return _has_place(reason) and _key(finding, reason) in known


def _order(finding: Finding) -> tuple[bool, bool, str, str]:
    """Errors first, and before what the witness says, for which it takes longer to be sure."""
    return finding.severity != "error", RULES[finding.rule].family == "handled", finding.rule, finding.event


def _explains(smallest: Fuzzed, other: Fuzzed) -> bool:
    """True if all that fails in the smallest is in another failure too."""
    if isinstance(smallest, FuzzedEvent) and isinstance(other, FuzzedEvent):
        return {edit.place for edit in smallest.edits} <= {edit.place for edit in other.edits}
    return type(smallest) is type(other)


def _is_same(finding: Finding, known: Finding) -> bool:
    """True if a finding says no more than a known one: the same is wrong, with no fewer changes."""
    if (finding.rule, finding.event) != (known.rule, known.event) and finding.cause != known.cause:
        family = {RULES[finding.rule].family, RULES[known.rule].family}
        if "handled" in family or finding.event != known.event or finding.got != known.got:
            return False
    return {path for path, _, _ in known.changes} <= {path for path, _, _ in finding.changes}


def _is_of_the_run(finding: Finding, before: Report) -> bool:
    limit = rule_in_role("rate limit").code
    return finding.rule == limit and all(f.rule != limit for f in before.findings)
