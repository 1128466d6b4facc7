"""From a trial to a finding: pure functions, one sentence each."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ada_contract_tests.findings import Finding, Result
from ada_contract_tests.targets.app_thread import redact
from ada_contract_tests.tracebacks import exception_text
from ada_schemas.contract.paths import ABSENT, differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.engine.case_run import Attempt, Trial
    from ada_contract_tests.findings import Severity
    from ada_contract_tests.suites.registry import Case
    from ada_contract_tests.targets.base import Answer
    from ada_mockserver.delivery.http import Response

__all__ = ["always_the_same", "cause_of", "changes_of", "judge", "status_findings"]

EXCERPT = 300
"""Characters of a response body that a finding shows."""

LIBRARIES_RAISE = ("ADA310", "ADA503")
"""Here the official libraries raise undocumented errors, before they have looked at any signature."""

NOT_AN_EVENT = ("ADA501", "ADA502")
"""Here those libraries parse, and raise likewise, where they are used as documented."""

LATE = (
    "The event is lost: after a 2xx Ada does not send it again. Store it before the answer, then work on it."
)
"""What an exception after the answer means."""

NO_ANSWER = {
    "timeout": "no answer in time",
    "dropped": "the connection was closed without a complete answer",
    "protocol": "the answer is not HTTP",
}
"""What stands for an answer, by the kind of the error; any other kind means that there was no connection."""


def judge(case: Case, trial: Trial, *, timeout: float, reproduce: tuple[str, ...] = ()) -> Finding | None:
    """What is wrong with a trial; None when all is right.

    Of several attempts the first one that is wrong counts; those that were followed by another delivery
    of the same message do not. ``timeout`` is the limit in seconds.
    """
    for attempt in trial.attempts:
        if attempt.final:
            finding = _judge_attempt(case, trial, attempt, timeout, reproduce)
            if finding is not None:
                return finding
    return None


def _judge_attempt(
    case: Case, trial: Trial, attempt: Attempt, timeout: float, reproduce: tuple[str, ...]
) -> Finding | None:
    answer = attempt.answer
    forged = not attempt.authentic
    wrong = _what_is_wrong(case, answer, timeout, forged=forged)
    if wrong is None:
        return None
    rule, expected, got, hint = wrong
    return Finding(
        rule=rule,
        case=case.id,
        event=case.event,
        severity=_severity(case, answer, trial, forged=forged),
        summary=f"{case.summary} ({attempt.label})" if attempt.label else case.summary,
        expected=expected,
        got=got,
        cause=cause_of(answer, forged=forged),
        changes=changes_of(trial),
        excerpt=_excerpt(answer.response),
        traceback=answer.traceback or "",
        reproduce=reproduce,
        hint=hint,
    )


def _what_is_wrong(
    case: Case, answer: Answer, timeout: float, *, forged: bool
) -> tuple[str, str, str, str] | None:
    """(rule, expected, got, hint) of an answer that is wrong, else None."""
    hostile = case.rule.startswith("ADA5")
    if answer.error is not None:
        if answer.error.kind == "timeout" and not hostile:
            return "ADA402", f"an answer within {timeout:g} s", "no answer in time", ""
        return (
            case.rule,
            _expected(case, forged=forged),
            answer.error.what.rstrip("."),
            answer.error.next_step,
        )
    assert answer.response is not None  # noqa: S101 - an answer without error has a response
    status = answer.response.status
    if _is_good(case, status, forged=forged):
        if not answer.late or forged or hostile or not 200 <= status < 300:
            return None
        got = f"{status}, then {exception_text(answer.traceback or '')}"
        return case.rule, "2xx, and no exception after it", got, LATE
    got = f"{status}{_meaning(status, forged=forged)}"
    return case.rule, _expected(case, forged=forged), got, "" if forged else _hint(answer, answer.response)


def _is_good(case: Case, status: int, *, forged: bool) -> bool:
    if forged:
        return 400 <= status < 500
    if case.rule == "ADA503":
        return 300 <= status < 500
    if case.rule.startswith("ADA5"):
        return status < 500
    if case.rule == "ADA402":
        return True
    return 200 <= status < 300 or (case.refusable and 400 <= status < 500)


def _severity(case: Case, answer: Answer, trial: Trial, *, forged: bool) -> Severity:
    status = answer.response.status if answer.response is not None else 0
    if forged and 0 < status < 400:
        return "error"
    by_the_library = case.rule in LIBRARIES_RAISE or (case.rule in NOT_AN_EVENT and trial.library_raises)
    return "warning" if case.lenient or (by_the_library and status >= 500) else "error"


def _expected(case: Case, *, forged: bool) -> str:
    if forged or case.rule == "ADA503":
        return "a refusal (4xx)"
    if case.rule.startswith("ADA5"):
        return "any answer but a 5xx"
    if case.rule == "ADA401":
        return "200"
    return "2xx, or a refusal (4xx)" if case.refusable else "2xx"


def _meaning(status: int, *, forged: bool = False) -> str:
    if 300 <= status < 400:
        return " (a redirect; redirects are not followed)"
    if forged and 200 <= status < 300:
        return " (the forged request was accepted)"
    return ""


SHARED_MEMORY = "OperationalError: database table is locked"
"""What SQLite says of a database in memory that several threads share, and of no other."""


def _hint(answer: Answer, response: Response) -> str:
    if SHARED_MEMORY in (answer.traceback or ""):
        return (
            "SQLite in memory refuses some of what threads do at once: test with a file, or with the database"
            " of production. In Django: DATABASES['default']['TEST'] = {'NAME': 'test.sqlite3'}."
        )
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        where = redact("".join(c for c in location if c.isprintable()))
        return f"It redirects to {where}; give that address, or the path with its slash."
    return ""


def _excerpt(response: Response | None) -> str:
    if response is None or not response.body:
        return ""
    text = response.body[: 8 * EXCERPT].decode("utf-8", "replace")
    if "<html" in text.lower():
        text = re.sub(r"<(style|script).*?(</\1>|$)|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    text = redact(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return text if len(text) <= EXCERPT else text[: EXCERPT - 3] + "..."


def changes_of(trial: Trial) -> tuple[tuple[str, str, str], ...]:
    """How the payload of a trial differs from an ordinary event, as findings show it."""
    return tuple((path, _json(a), _json(b)) for path, a, b in differences(trial.base, trial.payload))


def _json(value: Any) -> str:
    if value is ABSENT:
        return "-"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."


def cause_of(answer: Answer, *, forged: bool = False) -> str:
    """The same text for answers that fail for one reason: the exception, else the status and what it says."""
    if answer.error is not None:
        return NO_ANSWER.get(answer.error.kind, "no connection")
    if answer.traceback:
        return exception_text(answer.traceback)
    assert answer.response is not None  # noqa: S101 - an answer without error has a response
    status = answer.response.status
    if forged:
        return f"forged request answered {status}"
    said = re.sub(r"[0-9a-f]{8,}|\d+|msg_\w+", "*", _excerpt(answer.response))
    return f"status {status}: {said[:160]}" if said else f"status {status}"


def always_the_same(results: Sequence[Result], *, secret_given: bool) -> Finding | None:
    """One finding in place of many when an endpoint refuses every ordinary event in one way; else None."""
    findings = [r.finding for r in results if r.finding is not None]
    answers = [r.answer for r in results if r.answer is not None]
    if not findings or len(findings) < len(results) or len({f.cause for f in findings}) != 1:
        return None
    first, response = findings[0], answers[0].response
    if len(results) < 2 and response is not None:
        return None
    status = response.status if response is not None else None
    hint = first.hint or _always_hint(status, secret_given=secret_given)
    return Finding(
        rule=first.rule,
        case=first.case,
        event=first.event,
        severity="error",
        summary=_always_summary(status, first),
        expected=first.expected,
        got=f"{first.got}, every time",
        cause=first.cause,
        excerpt=first.excerpt,
        traceback=first.traceback,
        reproduce=first.reproduce,
        hint=hint,
    )


def _always_summary(status: int | None, first: Finding) -> str:
    if status in (400, 401, 403):
        return "every correctly signed event is refused: secret mismatch?"
    if status is None:
        return f"no event gets an answer: {first.cause}"
    return f"the endpoint answers every ordinary event with {status}"


def _always_hint(status: int | None, *, secret_given: bool) -> str:
    match status:
        case 400 | 401 | 403:
            where = "the given secret" if secret_given else "the secret in ADA_WEBHOOK_SECRET"
            return f"Does the consumer verify with {where}? Compare with: adakit verify"
        case 404:
            return "Is the path right? Give the endpoint's path with --path, or in the URL."
        case 405:
            return "The path exists but takes no POST; give the webhook endpoint's path."
        case 413 | 415:
            return "The endpoint does not take application/json of this size or kind."
        case None:
            return "Is the process stuck, still starting, or something other than a web server?"
    return ""


def status_findings(results: Sequence[Result], *, severity: Severity) -> list[Finding]:
    """ADA401: one finding for each event type that is accepted, but otherwise than with 200.

    ``severity`` is a warning unless the user asked for 200: Ada's overview counts any 2xx as success.
    """
    findings = []
    for event in dict.fromkeys(r.case.event for r in results if r.case.rule == "ADA401"):
        other = [
            (result, response.status)
            for result in results
            if result.case.event == event and result.case.forgery is None and result.case.rule[3] != "5"
            for response in _responses(result)
            if 200 <= response.status < 300 and response.status != 200
        ]
        if other:
            findings.append(_status_finding(event, other, severity))
    return findings


def _responses(result: Result) -> list[Response]:
    attempts = result.trial.attempts if result.trial is not None else ()
    return [a.answer.response for a in attempts if a.authentic and a.answer.response is not None]


def _status_finding(event: str, other: list[tuple[Result, int]], severity: Severity) -> Finding:
    statuses = sorted({status for _, status in other})
    case_id = f"{event}/status:200"
    example = next((r for r, _ in other if r.case.id == case_id), other[0][0])
    return Finding(
        rule="ADA401",
        case=example.case.id,
        event=event,
        severity=severity,
        summary="accepted, but not with 200",
        expected="200, as each event's page asks; delivery itself counts any 2xx",
        got=f"{' and '.join(map(str, statuses))} to {len(other)} deliveries",
        cause=f"accepted with {' and '.join(map(str, statuses))} instead of 200",
        reproduce=(),
    )
