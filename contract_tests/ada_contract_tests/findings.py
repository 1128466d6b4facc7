"""What a run found: plain values, free of formatting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ada_contract_tests.rules import FAMILIES, RULES
from ada_contract_tests.tracebacks import members_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.engine.case_run import Trial
    from ada_contract_tests.suites.registry import Case
    from ada_contract_tests.targets.base import Answer

__all__ = ["Finding", "Group", "Outcome", "Report", "Result", "Severity", "group_findings"]

Severity = Literal["error", "warning"]
Outcome = Literal["passed", "failed", "not run", "not applicable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the consumer.

    ``expected`` and ``got`` are phrases; ``cause`` is the same text for failures that have one reason and
    serves to group them; ``changes`` says how the payload differs from an ordinary event: (payload path,
    JSON before, JSON after), ``-`` for absent.
    """

    rule: str
    case: str
    event: str
    severity: Severity
    summary: str
    expected: str
    got: str
    cause: str
    changes: tuple[tuple[str, str, str], ...] = ()
    excerpt: str = ""
    traceback: str = ""
    reproduce: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case; ``trial`` is None where it was not run, and ``note`` says why."""

    case: Case
    outcome: Outcome
    trial: Trial | None = None
    finding: Finding | None = None
    note: str = ""

    @property
    def answer(self) -> Answer | None:
        """The answer that the case ended with."""
        return self.trial.last.answer if self.trial is not None else None


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run: results in the order of the cases, findings, and what cut the run short."""

    target: str
    seed: int
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    seconds: float
    total_cases: int
    stopped: str = ""
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that set the exit code."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that do not."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def coverage(self) -> float:
        """Contract coverage: the share of all cases that apply to this target which were carried out."""
        applicable = self.total_cases - self.count("not applicable")
        return (self.count("passed") + self.count("failed")) / applicable if applicable else 0.0

    @property
    def ok(self) -> bool:
        """Whether the run was complete and found no error."""
        return not self.errors and not self.stopped

    @property
    def exit_code(self) -> int:
        """0 when good (warnings included), else 1."""
        return 0 if self.ok else 1

    def strictly(self) -> Report:
        """The same report with every warning as an error, and its cases failed."""
        findings = tuple(replace(f, severity="error") for f in self.findings)
        failed = {finding.case: finding for finding in findings}
        results = tuple(
            replace(r, outcome="failed", finding=failed[r.case.id])
            if r.case.id in failed and r.outcome == "passed"
            else r
            for r in self.results
        )
        return replace(self, findings=findings, results=results)

    def count(self, outcome: Outcome) -> int:
        """How many cases ended like that."""
        return sum(result.outcome == outcome for result in self.results)


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause; ``findings[0]`` has the smallest payload."""

    cause: str
    severity: Severity
    findings: tuple[Finding, ...] = field(default=())


def group_findings(findings: Sequence[Finding]) -> list[Group]:
    """Group findings by cause, errors first, then by how many there are; the simplest first in its group."""
    by_cause: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        by_cause.setdefault((finding.cause, finding.severity), []).append(finding)
    groups = [
        Group(cause, severity, tuple(sorted(found, key=_simplicity)))
        for (cause, severity), found in by_cause.items()
    ]
    return sorted(groups, key=lambda g: (g.severity != "error", -len(g.findings)))


def _simplicity(finding: Finding) -> tuple[int, bool, bool, str, int, int]:
    """Sorts what explains a cause best to the front: the lowest family, then the smallest difference.

    Before all comes what differs in nothing but the member that the cause names; a documented example, which
    is an ordinary event too, differs from the others in much.
    """
    rule, paths = RULES[finding.rule], [path for path, _, _ in finding.changes]
    size = sum(len(after) for _, _, after in finding.changes)
    is_it = len(paths) == 1 and paths[0].rpartition(".")[2] in members_named(finding.cause)
    family = list(FAMILIES).index(rule.family)
    return family, rule.example and bool(paths), not is_it, finding.rule, len(paths), size
