"""The report as JSON, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ada_contract_tests.advice import advice_of
from ada_schemas.shown import shown_json

if TYPE_CHECKING:
    from ada_contract_tests.findings import Finding, Report, Result
    from ada_schemas.contract.profile import Profile

__all__ = ["render"]


def render(report: Report) -> str:
    """One object: target, seed, summary, findings, and every case with its outcome; times in seconds."""
    value = {
        "target": report.target,
        "seed": report.seed,
        "ok": report.ok,
        "exit_code": report.exit_code,
        "seconds": round(report.seconds, 3),
        "stopped": report.stopped or None,
        "budget": report.budget,
        "not_tried": report.untried,
        "notes": list(report.notes),
        "summary": {
            "cases": report.total_cases,
            "selected": len(report.results),
            "passed": report.count("passed"),
            "failed": report.count("failed"),
            "not_run": report.count("not run"),
            "not_applicable": report.count("not applicable"),
            "coverage": round(report.coverage, 4),
            "errors": len(report.errors),
            "warnings": len(report.warnings),
        },
        "findings": [_finding(finding, report.profile) for finding in report.findings],
        "cases": [_result(result) for result in report.results],
    }
    return shown_json(value, indent=2) + "\n"


def _finding(finding: Finding, profile: Profile) -> dict[str, Any]:
    value = {k: v for k, v in asdict(finding).items() if v or k in ("rule", "case", "event")}
    value["fix"] = advice_of(finding, profile)
    if finding.changes:
        value["changes"] = [dict(zip(("path", "before", "after"), c, strict=True)) for c in finding.changes]
    return value


def _result(result: Result) -> dict[str, Any]:
    answer = result.attempt
    response = answer.response if answer else None
    value: dict[str, Any] = {
        "id": result.case.id,
        "rule": result.case.rule,
        "event": result.case.event,
        "outcome": result.outcome,
        "status": response.status if response else None,
        "seconds": round(response.elapsed, 6) if response else None,
    }
    if answer and answer.error:
        value["error"] = answer.error.what
    if result.note:
        value["note"] = result.note
    return value
