"""Fuzzing: events and sequences that nobody enumerated, sent by the engine, shrunk, sent again to be sure.

What is drawn goes through a run of its own (`engine.run`), several at a time, with all that it knows of
slow, silent and rate-limited consumers and of the witness. Of the failures of each cause one is shrunk, with
nothing else beside it and with fresh ids each time; one that does not fail again is flaky, and not reported.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from ada_contract_tests.engine.shrinking import Shrinking
from ada_contract_tests.findings import TIME_IS_UP, Outcome, Result
from ada_contract_tests.suites.edits import FuzzedEvent
from ada_contract_tests.suites.fuzzed import area_of, fuzzed_case

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

FUZZ_SECONDS = 45.0
"""Seconds that fuzzing may take, if nothing else is said."""

FUZZ_FOLDER = ".hypothesis/adakit"
"""The folder in which failures are kept, if no other is named."""

DRAWING, SENDING = 0.3, 0.65
"""The shares of the time after which nothing more is drawn, or sent; the rest is for shrinking.

Where drawing took longer, as on a busy machine, sending has its share of the time all the same.
"""

PART = 500
"""Events of each name that are drawn before the time is looked at."""


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
    _fixed: int = field(init=False, default=0)
    _unkept: int = field(init=False, default=0)

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
        shrinking = Shrinking(session, self._is_late)
        await shrinking.shrink(
            [(drawn[f.case], f) for f in sent.findings if f.case in drawn], report.findings
        )
        await self._settle_kept(kept, sent, shrinking, report.findings)
        return self._extended(report, areas, drawn, sent, shrinking)

    async def _drawn(self, areas: Sequence[Case], kept: Sequence[Fuzzed]) -> dict[str, Fuzzed]:
        """What is sent, by the id of its case: ordinary events, kept failures, then what is drawn."""
        from ada_contract_tests.fuzz.draw import drawn  # noqa: PLC0415 - Hypothesis, when asked for

        contract = self._session.events.contract
        named = frozenset(area.event for area in areas if area.event in contract.event_names)
        names = named or frozenset(contract.event_names)  # where sequences alone are asked for, of all events
        ordinary = [FuzzedEvent(name, "documented", ()) for name in contract.event_names if name in names]
        found: dict[str, Fuzzed] = {}
        for fuzzed in [*ordinary, *kept]:
            found.setdefault(fuzzed_case(fuzzed, contract).id, fuzzed)
        for part, number in enumerate(_in_parts(self.plan.number)):
            if part and self.plan.seconds and self._spent() * (part + 1) / part > self.plan.seconds * DRAWING:
                break  # one part more would take as long as each so far
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
        seconds = self.plan.seconds
        left = max(seconds * SENDING - self._spent(), seconds * (SENDING - DRAWING))
        budget = left if seconds else None
        return await self.new_run(self._session, budget).run(cases, total_cases=len(cases), seed=self.seed)

    def _spent(self) -> float:
        return self._session.sender.clock.monotonic() - self._began

    def _is_late(self) -> bool:
        return bool(self.plan.seconds) and self._spent() > self.plan.seconds

    async def _settle_kept(
        self, kept: Sequence[Fuzzed], sent: Report, shrinking: Shrinking, before: Sequence[Finding]
    ) -> None:
        """Forget what no longer fails, find what fails only where it is sent alone, keep what was found."""
        contract = self._session.events.contract
        tried = {r.case.id for r in sent.results if r.outcome == "passed"}
        failing = {finding.case for finding in sent.findings}
        alone = []
        for fuzzed in kept:
            case_id = fuzzed_case(fuzzed, contract).id
            if self._kept is None or case_id not in tried or case_id in failing or self._is_late():
                continue
            wrong = await shrinking.findings(fuzzed, patient=True)
            if wrong:
                alone.append((fuzzed, wrong[0]))
            else:
                self._fixed += 1
                self._kept.forget(fuzzed)
        await shrinking.shrink(alone, (*before, *(finding for _, finding in shrinking.smallest)))
        for fuzzed, _ in shrinking.smallest:
            if self._kept is not None and not self._kept.keep(fuzzed):
                self._unkept += 1

    def _extended(
        self,
        report: Report,
        areas: Sequence[Case],
        drawn: dict[str, Fuzzed],
        sent: Report,
        shrinking: Shrinking,
    ) -> Report:
        found = [finding for _, finding in shrinking.smallest]
        results = []
        tried = {r.case.id for r in sent.results if r.outcome in ("passed", "failed")}
        for area in areas:
            own = [i for i, fuzzed in drawn.items() if fuzzed.area == area.id]
            done = len(tried.intersection(own))
            errors = [f for f in found if area_of(f.case) == area.id and f.severity == "error"]
            outcome: Outcome = "failed" if errors else "passed" if done else "not run"
            note = f"{done} of {len(own)} sent" if own else ""
            finding = errors[0] if errors else None
            results.append(Result(area, outcome, finding=finding, note=note, tries=done or 1))
        limited = self._session.put_off is not None
        general = sent.findings if sent.is_general and not limited else ()
        return replace(
            report,
            results=(*report.results, *results),
            findings=(*report.findings, *found, *general),
            seconds=report.seconds + self._spent(),
            total_cases=report.total_cases + len(areas),
            stopped=report.stopped or ("" if limited else sent.stopped),
            notes=(*report.notes, *self._notes(sent, shrinking, len(tried), len(drawn))),
        )

    def _notes(self, sent: Report, shrinking: Shrinking, tried: int, drawn: int) -> list[str]:
        deliveries = len(self._session.sender.ledger)
        of = f" of {drawn:,}" if tried < drawn else ""
        sent_in = (
            f"{deliveries:,} deliveries, {self._spent():.0f} s{'' if sent.stopped else _why_not_all(sent)}"
        )
        notes = [f"Fuzzed: {tried:,}{of} events and sequences, {sent_in}."]
        if self._session.put_off is not None:
            taken, seconds = self._session.put_off[2]
            notes.append(
                f"Fuzzing ended early: the endpoint limits its rate ({taken:,} requests in {seconds:.0f} s)."
            )
        if self._fixed == 1:
            notes.append("1 failure that was kept no longer fails.")
        elif self._fixed:
            notes.append(f"{self._fixed} failures that were kept no longer fail.")
        if shrinking.flaky:
            failures = "1 failure" if shrinking.flaky == 1 else f"{shrinking.flaky} failures"
            notes.append(f"Flaky: {failures} of fuzzed events did not come again when they were sent alone.")
        if self._unkept:
            notes.append(f"Failures are not kept: {self.plan.folder} cannot be written.")
        if shrinking.unshrunk:
            notes.append(f"Failures of {shrinking.unshrunk} further causes were not shrunk: fix these first.")
        return notes


def _why_not_all(sent: Report) -> str:
    """Why not everything that was drawn was sent, as the end of a sentence; "" where it was."""
    notes = [result.note for result in sent.results if result.outcome == "not run" and result.note]
    if TIME_IS_UP in notes:
        return "; the time was up (--fuzz-seconds gives more)"
    return f"; {notes[0]}" if notes else ""


def _in_parts(number: int) -> list[int]:
    return [PART] * (number // PART) + ([number % PART] if number % PART else [])
