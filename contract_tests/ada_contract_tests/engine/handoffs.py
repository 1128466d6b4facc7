"""The start of a handoff within a check: after all events, one call after the other, in a session of its own.

It is no delivery: nobody sends it again, and neither its answers nor its pace count for those of events.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.circuit_breaker import NO_CONNECTION
from ada_contract_tests.engine.run_events import CaseFinished
from ada_contract_tests.findings import Result
from ada_schemas.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.run_events import RunEvent
    from ada_contract_tests.engine.session import Session
    from ada_contract_tests.findings import Finding, Report
    from ada_contract_tests.handoff import Handoff

__all__ = ["with_handoffs"]

NOT_STARTED = "not sent: the ordinary start of a handoff was not accepted"
TEXTS = ("summary", "expected", "got", "cause", "excerpt", "traceback", "hint")


async def with_handoffs(
    report: Report,
    cases: Sequence[Case],
    session: Session,
    handoff: Handoff,
    *,
    notify: Callable[[RunEvent], object],
) -> Report:
    """The report with the cases of a handoff; where the run of events was cut short they are not run.

    Raises TargetError where they are all that runs, and no connection can be made.
    """
    session.breaker.start()
    note = report.stopped or ("not sent: see the finding" if report.is_general else "")
    results: list[Result] = []
    for case in cases:
        if note:
            results.append(Result(case, "not run", note=note))
            continue
        result = await session.run_case(case, alone=True)
        error = result.attempt.error if result.attempt is not None else None
        if not report.results and not results and error is not None and error.kind in NO_CONNECTION:
            step = error.next_step or "Is the URL right, and the service running?"
            raise TargetError(error.what, usage=False, next_step=step)
        if result.finding is not None:
            result = replace(result, finding=_shown(result.finding, handoff))
        results.append(result)
        if case.expect.is_acceptance and not (result.attempt and result.attempt.accepted):
            note = NOT_STARTED
        notify(CaseFinished(result, len(results), len(cases)))
    return replace(
        report,
        results=(*report.results, *results),
        findings=(*report.findings, *(r.finding for r in results if r.finding is not None)),
        seconds=report.seconds + session.breaker.spent,
        total_cases=report.total_cases + len(cases),
    )


def _shown(finding: Finding, handoff: Handoff) -> Finding:
    """A finding as it may be shown: without the values of the flow's headers, which an answer may repeat."""
    texts: dict[str, Any] = {name: handoff.without_values(getattr(finding, name)) for name in TEXTS}
    return replace(finding, **texts)
