"""The outcomes of the cases of a session: kept in the process that reports, also under pytest-xdist."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.findings import owner_of
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.pytest.collect import AdaItem
from ada_contract_tests.pytest.session_run import finding_from
from ada_contract_tests.reports.plain import without_traceback
from ada_contract_tests.reports.wording import many, percent
from ada_contract_tests.suites.fuzzed import is_area
from ada_contract_tests.suites.registry import all_cases
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ada_contract_tests.findings import Finding
    from ada_contract_tests.known_failures import Baseline, State
    from ada_contract_tests.pytest.bridge import Bridge

__all__ = ["Outcomes"]

MOST_CAUSES = 8

SENT = ("passed", "warned", "failed", "excused", "ignored")


@dataclass(slots=True)
class Outcome:
    """The end of one case; ``findings`` are there also where they were excused or ignored."""

    state: State
    findings: tuple[Finding, ...] = ()
    node_id: str = ""


@dataclass(slots=True, eq=False)  # pluggy keeps its plugins in a dict
class Outcomes:
    """A plugin of the session: takes what each case left in its report, and sums it up.

    Workers of pytest-xdist write it into the reports, which the controller reads.
    """

    bridge: Bridge
    is_worker: bool
    results: dict[str, Outcome] = field(default_factory=dict)
    written: Baseline | None = None
    in_process: bool = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add to the report of a case what became of it, as plain values."""
        report = yield
        if isinstance(item, AdaItem) and (report.when == "call" or report.outcome != "passed"):
            for finding in item.findings:
                if finding.traceback:
                    shorter = ((n, without_traceback(text, finding.traceback)) for n, text in report.sections)
                    report.sections = [(name, text) for name, text in shorter if text]
            told = {"case": item.case.id, "state": item.state, "in_process": self.bridge.record.in_process}
            shown = [asdict(f) | {"traceback": "", "excerpt": ""} for f in item.findings]
            report.ada_outcome = {**told, "findings": shown}  # type: ignore[attr-defined]  # pytest and pytest-xdist keep further attributes of a report
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a report says of a case."""
        told: dict[str, Any] | None = getattr(report, "ada_outcome", None)
        if told is not None:
            self.in_process |= told["in_process"]
            findings = tuple(map(finding_from, told["findings"]))
            self.results[told["case"]] = Outcome(told["state"], findings, report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Write the baseline, where that was asked for."""
        if self.is_worker or not self.results:
            return
        known = self.bridge.known_failures
        if known.baseline is None or not known.updating:
            return
        rules = {
            case.id: case.rule for case in (*all_cases(self.bridge.options.contract), *self.bridge.cases)
        }
        broken = {
            case_id: [
                finding.rule
                for finding in outcome.findings
                if outcome.state == "excused" and not known.expects(case_id, finding.rule, rules[case_id])
            ]
            for case_id, outcome in self.results.items()
            if outcome.state in SENT
        }
        if broken:
            self.written = known.baseline.updated(broken)
            self.written.write()

    def lines(self) -> Iterator[str]:
        """The summary: coverage, failures by cause, and what of the known can go."""
        yield from map(shown, self._lines())

    def _lines(self) -> Iterator[str]:
        if not self.results:
            return
        yield self._coverage()
        yield from self._causes()
        yield from self._baseline()
        yield from self.bridge.record.notes
        yield from self.bridge.known_failures.notes()
        done = {case_id for case_id, outcome in self.results.items() if outcome.state != "not run"}
        whole = self.bridge.configured_cases
        if whole is not None and done.issuperset(case.id for case in whole):
            found = list(self._broken())
            yield from self.bridge.known_failures.unused(self.bridge.unignored_cases, found)

    def _broken(self) -> Iterator[tuple[str, str]]:
        """The id and the broken rule of every case that fails, or would but for what is said of it."""
        for case_id, outcome in self.results.items():
            if outcome.state != "warned":
                yield from ((case_id, finding.rule) for finding in outcome.findings)

    def _coverage(self) -> str:
        sent = sum(outcome.state in SENT for outcome in self.results.values())
        over_http = (
            sum("http" in case.needs for case in all_cases(self.bridge.options.contract))
            if self.in_process
            else 0
        )
        total = (
            len({*(case.id for case in all_cases(self.bridge.options.contract)), *self.results}) - over_http
        )
        more = f" ({over_http} more make a difference over HTTP only)" if over_http else ""
        return f"contract coverage {percent(sent / total)}: {sent} of {total} cases{more}"

    def _causes(self) -> Iterator[str]:
        failed = {case_id: each for case_id, each in self.results.items() if each.state == "failed"}
        findings = [
            finding
            for case_id, outcome in failed.items()
            for finding in (outcome.findings if is_area(case_id) else outcome.findings[:1])
        ]
        groups = group_findings(findings)
        if len(findings) < 2:
            return
        reasons = "one reason" if len(groups) == 1 else f"{len(groups)} reasons"
        yield f"{len(findings)} cases failed for {reasons}; the simplest case of each:"
        for group in groups[:MOST_CAUSES]:
            yield f"  {len(group.findings):>4}  {group.cause}"
            yield f"        {self.results[owner_of(group.findings[0].case, self.results)].node_id}"
        if len(groups) > MOST_CAUSES:
            yield f"  and {len(groups) - MOST_CAUSES} more reasons"

    def _baseline(self) -> Iterator[str]:
        baseline = self.bridge.known_failures.baseline
        if baseline is None:
            return
        if self.written is not None:
            now, before = self.written.known, baseline.known
            change = f"{len(now - before)} new, {len(before - now)} gone"
            yield f"wrote {self.written.name}: {many(len(now), 'known failure')}, {change}"
            return
        sent = {case_id for case_id, outcome in self.results.items() if outcome.state in SENT}
        can_fail = {case.id for case in all_cases(self.bridge.options.contract)} - sent
        mended = {pair for pair in baseline.known - set(self._broken()) if pair[0] not in can_fail}
        if mended:
            yield (
                f"{many(len(mended), 'line')} of {baseline.name} can go: {min(mended)[0]}"
                f"{' and others' if len(mended) > 1 else ''} no longer fail{'s' * (len(mended) == 1)};"
                " pytest --ada-update-baseline writes it anew"
            )
