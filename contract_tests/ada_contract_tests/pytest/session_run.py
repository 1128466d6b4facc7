"""The one run of a session, whose cases the items of pytest report.

A verdict may depend on the whole run: on deliveries that come at its end, on the statuses of others, on what
the witness says once the consumer has settled. So the first item that is executed runs every collected case,
exactly as the command does, and each item reports its own. Under pytest-xdist one worker makes the run, in a
folder that all of them know, and the others wait for its record.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from ada_contract_tests.findings import Finding
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.suites.fuzzed import is_area
from ada_contract_tests.tracebacks import exception_text
from ada_schemas.errors import AdakitError
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ada_contract_tests.findings import Report

__all__ = ["CaseRecord", "RunRecord", "finding_from", "shared_run"]

LONGEST_WAIT = 24 * 3600
"""Seconds that a worker waits for the one that makes the run."""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """The end of one case: its outcome, its findings, and a note where it, or the run, was cut short.

    ``simpler`` has for each finding the first case that fails for the same reason, "" for the case itself.
    """

    outcome: str
    findings: tuple[Finding, ...] = ()
    note: str = ""
    simpler: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The end of a run.

    ``is_general`` is true where the one finding stands for all cases; ``failed`` is the message of an error
    that kept the run from being made, which the item that made it raises.
    """

    cases: dict[str, CaseRecord] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_general: bool = False
    in_process: bool = False
    failed: str = ""

    @classmethod
    def of(cls, report: Report, *, in_process: bool) -> RunRecord:
        """The record of a report.

        A run that was stopped has failed, whatever excuses its findings: the first case that was not sent
        says so, or else the first without a finding.
        """
        findings = report.by_case()
        order = {result.case.id: number for number, result in enumerate(report.results)}
        first_case = {
            id(finding): min((f.case for f in group.findings), key=lambda case: order.get(case, len(order)))
            for group in group_findings(report.findings)
            for finding in group.findings
        }
        records = {}
        for result in report.results:
            found, outcome, note = findings[result.case.id], result.outcome, result.note
            if is_area(result.case.id) and outcome in ("passed", "failed"):
                note = ""  # it says how many, and nothing of a run that was cut short
            if report.is_general and not found and outcome != "not applicable":
                outcome, note = "not run", report.stopped or f"see {report.findings[0].case}"
            simpler = tuple("" if (c := first_case[id(f)]) == f.case else c for f in found)
            records[result.case.id] = CaseRecord(outcome, tuple(found), note, simpler)
        if report.stopped and not report.is_general:
            first = min(records, key=lambda i: (records[i].outcome != "not run", bool(records[i].findings)))
            records[first] = replace(records[first], outcome="failed", note=report.stopped)
        return cls(records, report.notes, report.is_general, in_process)

    @classmethod
    def of_failure(cls, error: BaseException) -> RunRecord:
        """The record of a run that this error kept from being made."""
        if isinstance(error, AdakitError):
            return cls(failed=error.what)
        if isinstance(error, Exception):
            said = shown(exception_text("".join(format_exception(error))))
            return cls(failed=f"the run ended with {said}")
        return cls(failed="the run was interrupted")

    def simpler(self, finding: Finding) -> str:
        """The first case that fails for the same reason; "" where it is the one of the finding itself."""
        record = self.cases.get(finding.case, CaseRecord(""))
        told = zip(record.findings, record.simpler, strict=False)
        return next((simpler for found, simpler in told if found == finding), "")

    @classmethod
    def loaded(cls, text: str) -> RunRecord:
        """The record whose fields that JSON holds."""
        data = json.loads(text)
        cases = {
            case_id: CaseRecord(
                **told
                | {"findings": tuple(map(finding_from, told["findings"])), "simpler": tuple(told["simpler"])}
            )
            for case_id, told in data["cases"].items()
        }
        return cls(**data | {"cases": cases, "notes": tuple(data["notes"])})


def finding_from(data: dict[str, Any]) -> Finding:
    """The finding of plain values, also after a way through JSON."""
    lists = {"changes": tuple(map(tuple, data["changes"])), "reproduce": tuple(data["reproduce"])}
    return Finding(**data | lists)


def shared_run(folder: Path, make: Callable[[], RunRecord]) -> RunRecord:
    """The record of the run that one of several workers makes: this one, or that of another.

    Raises what ``make`` raises, in the worker that made the run; in the others ``failed`` says it.
    """
    import sqlite3  # noqa: PLC0415 - only with pytest-xdist

    record = folder / "run.json"
    with closing(sqlite3.connect(folder / "turn.db", timeout=LONGEST_WAIT, isolation_level=None)) as turn:
        turn.execute("BEGIN EXCLUSIVE")  # a lock that ends with its process, on every system
        if record.exists():
            return RunRecord.loaded(record.read_text(encoding="utf-8"))
        try:
            made = make()
        except BaseException as error:
            made = RunRecord.of_failure(error)
            raise
        finally:
            draft = record.with_suffix(".new")
            draft.write_text(json.dumps(asdict(made)), encoding="utf-8")
            draft.replace(record)
        return made
