"""Checks of one case: from an exchange to a finding. Pure functions, one sentence each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ada_contract_tests.findings import Finding
from ada_contract_tests.rules import rule_in_role
from ada_contract_tests.targets.redact import redact
from ada_contract_tests.tracebacks import exception_text
from ada_schemas.contract.paths import ABSENT, differences
from ada_schemas.shown import shown, shown_json

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_contract_tests.exchange import Delivery, Exchange
    from ada_contract_tests.rules import Severity
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Response

__all__ = ["cause_of", "changes_of", "judge"]

EXCERPT = 300
"""Characters of a response body that a finding shows."""

LATE = "The event is lost: after a 2xx it is not sent again. Store it before the answer, then work on it."
"""The meaning of an exception after the answer."""

NO_ANSWER = {
    "timeout": "no answer in time",
    "dropped": "the connection was closed without a complete answer",
    "protocol": "the answer is not HTTP",
}
"""What stands for an answer, by the kind of the error; any other kind means that there was no connection."""


def judge(
    case: Case, exchange: Exchange, *, timeout: float, reproduce: tuple[str, ...] = ()
) -> Finding | None:
    """The finding about an exchange; None when all is right.

    Of several deliveries the first one that is wrong counts; those that were followed by another delivery
    of the same message do not. ``timeout`` is the limit in seconds.
    """
    for delivery in exchange.deliveries:
        wrong = _mismatch(case, delivery, timeout) if delivery.final else None
        if wrong is not None:
            rule, expected, got, hint = wrong
            return Finding(
                rule=rule,
                case=case.id,
                event=case.event,
                severity=_severity(delivery),
                summary=f"{case.summary} ({delivery.label})" if delivery.label else case.summary,
                expected=expected,
                got=got,
                cause=cause_of(delivery.attempt, forged=not delivery.authentic),
                changes=changes_of(exchange),
                excerpt=_excerpt(delivery.attempt.response),
                traceback=delivery.attempt.traceback or "",
                reproduce=reproduce,
                hint=hint,
            )
    return None


def _mismatch(case: Case, delivery: Delivery, timeout: float) -> tuple[str, str, str, str] | None:
    """(rule, expected, got, hint) of an answer that is wrong, else None."""
    attempt, expect, forged = delivery.attempt, delivery.expect, not delivery.authentic
    if attempt.error is not None:
        if attempt.error.kind == "timeout" and not expect.own_time_limit:
            return rule_in_role("time limit").code, f"an answer within {timeout:g} s", "no answer in time", ""
        return (
            case.rule,
            expect.phrase,
            attempt.error.what.rstrip("."),
            delivery.hint or attempt.error.next_step,
        )
    assert attempt.response is not None  # noqa: S101 - an answer without error has a response
    status = attempt.response.status
    if expect.fits(status):
        if not attempt.late or not attempt.accepted or expect.answer in ("refused", "survived"):
            return None
        got = f"{status}, then {exception_text(attempt.traceback or '')}"
        return case.rule, "2xx, and no exception after it", got, delivery.hint or LATE
    got = f"{status}{_meaning(attempt.response, forged=forged)}"
    hint = delivery.hint or ("" if forged else _hint(attempt, attempt.response))
    return case.rule, expect.phrase, got, hint


def _severity(delivery: Delivery) -> Severity:
    expect, status = delivery.expect, delivery.attempt.status or 0
    return "warning" if expect.tolerates_5xx and status >= 500 else expect.severity


def _meaning(response: Response, *, forged: bool = False) -> str:
    if 300 <= response.status < 400:
        return " (a redirect; redirects are not followed)"
    if forged and response.accepted:
        return " (the forged request was accepted)"
    return ""


SHARED_MEMORY = "OperationalError: database table is locked"
"""What SQLite says of a database in memory that several threads share, and of no other."""


def _hint(attempt: Attempt, response: Response) -> str:
    if SHARED_MEMORY in (attempt.traceback or ""):
        return (
            "SQLite in memory refuses some of what threads do at once: test with a file, or with the database"
            " of production. In Django: DATABASES['default']['TEST'] = {'NAME': 'test.sqlite3'}."
        )
    location = response.header("location")
    if 300 <= response.status < 400 and location:
        where = shown(redact(location))
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


def changes_of(exchange: Exchange) -> tuple[tuple[str, str, str], ...]:
    """How the payload of an exchange differs from an ordinary event, as findings show it."""
    return tuple((path, _json(a), _json(b)) for path, a, b in differences(exchange.base, exchange.payload))


def _json(value: Any) -> str:
    if value is ABSENT:
        return "-"
    text = shown_json(value)
    return text if len(text) <= 120 else text[:117] + "..."


def cause_of(attempt: Attempt, *, forged: bool = False) -> str:
    """The same text for answers that fail for one reason: the exception, else the status and what it says."""
    if attempt.error is not None:
        return NO_ANSWER.get(attempt.error.kind, "no connection")
    if attempt.traceback:
        return exception_text(attempt.traceback)
    assert attempt.response is not None  # noqa: S101 - an answer without error has a response
    status = attempt.response.status
    if forged:
        return f"forged request answered {status}"
    said = re.sub(r"[0-9a-f]{8,}|\d+|msg_\w+", "*", _excerpt(attempt.response))
    return f"status {status}: {said[:160]}" if said else f"status {status}"
