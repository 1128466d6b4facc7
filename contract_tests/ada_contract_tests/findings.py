"""Findings, results and the report of a run: plain values, free of formatting.

Their texts come from outside in part. Each passes `ada_schemas.shown` when the value is made, so that every
report may print it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

from ada_contract_tests.rules import RULES
from ada_schemas.contract.contract import ada_profile
from ada_schemas.shown import shown, shown_lines

if TYPE_CHECKING:
    from collections.abc import Container

    from ada_contract_tests.case import Case
    from ada_contract_tests.exchange import Exchange
    from ada_contract_tests.rules import Severity
    from ada_mockserver.delivery.attempt import Attempt
    from ada_schemas.contract.profile import Profile

__all__ = ["OUTCOMES", "TIME_IS_UP", "Cell", "Finding", "Outcome", "Report", "Result", "owner_of"]

LONGEST_COMMAND = 16_000
"""Characters of a command that repeats a finding: it is copied, and has options of the user's own."""

Outcome = Literal["passed", "failed", "not run", "not applicable"]
TIME_IS_UP = "not tried: the time was up"
"""The note of a case that was left out for lack of time."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the consumer.

    ``expected`` and ``got`` are phrases; ``cause`` is the same text for failures that have one reason and
    serves to group them; ``changes`` says how the payload differs from an ordinary event: (payload path,
    JSON before, JSON after), ``-`` for absent. ``hint`` is a sentence of advice; what is to be copied stands
    on lines of its own below it.
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

    def __post_init__(self) -> None:
        for name in ("case", "event", "summary", "expected", "got", "cause", "excerpt"):
            object.__setattr__(self, name, shown(getattr(self, name)))
        for name in ("traceback", "hint"):
            object.__setattr__(self, name, shown_lines(getattr(self, name)))
        object.__setattr__(self, "changes", tuple(tuple(map(shown, change)) for change in self.changes))
        commands = tuple(shown(line, LONGEST_COMMAND) for line in self.reproduce)
        object.__setattr__(self, "reproduce", commands)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one case; ``exchange`` is None where it was not run, and ``note`` says why.

    ``tries`` is how many events it stands for, where they were drawn in its place.
    """

    case: Case
    outcome: Outcome
    exchange: Exchange | None = None
    finding: Finding | None = None
    note: str = ""
    tries: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", shown(self.note))

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that the case ended with."""
        return self.exchange.last if self.exchange is not None else None

    @property
    def seconds(self) -> float:
        """The time that the consumer took to answer, all deliveries of the case together."""
        deliveries = self.exchange.deliveries if self.exchange is not None else ()
        return sum(d.attempt.elapsed for d in deliveries if d.attempt.response is not None)


@dataclass(frozen=True, slots=True)
class Cell:
    """The cases of one event in one column of a report's matrix: outcomes by id, and ids with a warning.

    ``tries`` is how many events a case stands for that is not one by itself.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count the case of a finding as failed, or as one with a warning."""
        if finding.severity == "error":
            self.outcomes[finding.case] = "failed"
        else:
            self.outcomes.setdefault(finding.case, "passed")
            self.warned.add(finding.case)

    def count(self, outcome: Outcome) -> int:
        """How many of its cases ended like that."""
        return sum(self.tries.get(case, 1) for case, each in self.outcomes.items() if each == outcome)

    @property
    def applicable(self) -> int:
        """How many of its cases apply to the target."""
        every = sum(self.tries.get(case, 1) for case in self.outcomes)
        return every - self.count("not applicable")

    @property
    def verdict(self) -> Outcome | Literal["warned"]:
        """The worst that is to say of its cases; not run if all that apply are."""
        if self.count("failed"):
            return "failed"
        if self.warned:
            return "warned"
        if self.count("passed"):
            return "passed"
        return "not run" if self.applicable else "not applicable"

    @property
    def number(self) -> int:
        """How many of its cases the verdict is about."""
        return len(self.warned) if self.verdict == "warned" else self.count(self.verdict)


def owner_of(case_id: str, ids: Container[str]) -> str:
    """The case of a run that one belongs to: itself if it is among ``ids``, else what stands for it."""
    return case_id if case_id in ids else case_id.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run: results in the order of the cases, findings, and why it was cut short.

    ``is_general`` is true where the one finding stands for all cases; ``budget`` is how many seconds the run
    had, None for no limit; ``profile`` is that of the contract, whose provider the reports speak of.
    """

    target: str
    seed: int
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    seconds: float
    total_cases: int
    stopped: str = ""
    notes: tuple[str, ...] = ()
    is_general: bool = False
    budget: float | None = None
    profile: Profile = field(default_factory=ada_profile)

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", shown(self.target))
        object.__setattr__(self, "stopped", shown_lines(self.stopped))
        object.__setattr__(self, "notes", tuple(map(shown, self.notes)))

    @property
    def untried(self) -> dict[str, int]:
        """How many cases of each rule were left out as the time was up; none where the run was stopped."""
        left = Counter(r.case.rule for r in self.results if r.outcome == "not run" and r.note == TIME_IS_UP)
        return dict(sorted(left.items()))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that set the exit code."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that leave the exit code alone."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def coverage(self) -> float:
        """Contract coverage: the share carried out of all cases that apply to this target."""
        applicable = self.total_cases - self.count("not applicable")
        return (self.count("passed") + self.count("failed")) / applicable if applicable else 0.0

    @property
    def ok(self) -> bool:
        """True if the run was complete and found no error."""
        return not self.errors and not self.stopped

    @property
    def exit_code(self) -> int:
        """0 when good (warnings included), else 1."""
        return 0 if self.ok else 1

    def strictly(self) -> Report:
        """The same report with every warning as an error, its cases failed, and every case asked for."""
        findings = tuple(replace(f, severity="error") for f in self.findings)
        ids = {result.case.id for result in self.results}
        failed = {owner_of(finding.case, ids): finding for finding in findings}
        results = tuple(
            replace(r, outcome="failed", finding=failed[r.case.id])
            if r.case.id in failed and r.outcome == "passed"
            else r
            for r in self.results
        )
        stopped = self.stopped
        if self.untried and not stopped:
            stopped = f"--strict asks for every case: {sum(self.untried.values())} were not tried."
        return replace(self, findings=findings, results=results, stopped=stopped)

    def by_case(self) -> dict[str, list[Finding]]:
        """The findings of each case; those about drawn events belong to the case that stands for them."""
        ids = {result.case.id for result in self.results}
        found: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            found[owner_of(finding.case, ids)].append(finding)
        return found

    def count(self, outcome: Outcome) -> int:
        """How many cases ended like that."""
        return sum(result.outcome == outcome for result in self.results)

    def left_out(self) -> dict[str, list[str]]:
        """The ids of the cases that were not run or do not apply, by reason."""
        reasons: dict[str, list[str]] = {}
        for result in self.results:
            if result.outcome in ("not run", "not applicable"):
                reason = f"{result.outcome}: {result.note}" if result.note else result.outcome
                reasons.setdefault(reason, []).append(result.case.id)
        return reasons

    def matrix(self, by: Literal["family", "code"]) -> dict[str, dict[str, Cell]]:
        """The overview: a row an event, a column for each family or rule that occurs, in the rules' order.

        A case counts under its own rule. By code it counts under the rule that its finding names as well.
        """
        cells: dict[tuple[str, str], Cell] = defaultdict(Cell)
        own, owned = {result.case.id: result.case.rule for result in self.results}, self.by_case()
        for result in self.results:
            at = result.case.event, getattr(RULES[result.case.rule], by)
            cells[at].outcomes[result.case.id] = result.outcome
            if result.tries != 1 and result.outcome in (
                "passed",
                "failed",
            ):  # the ones that fail are counted by their findings
                cells[at].outcomes[result.case.id] = "passed"
                cells[at].tries[result.case.id] = result.tries - len(owned[result.case.id])
        for finding in self.findings:
            code = finding.rule if by == "code" else own.get(owner_of(finding.case, own), finding.rule)
            cells[finding.event, getattr(RULES[code], by)].add(finding)
        seen = {column for _, column in cells}
        columns = [c for c in dict.fromkeys(getattr(rule, by) for rule in RULES.values()) if c in seen]
        events = dict.fromkeys(event for event, _ in cells)
        return {event: {column: cells[event, column] for column in columns} for event in events}
