"""Checks of a whole run: an endpoint that always fails alike, and the exact status of each event type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_contract_tests.advice import EVERY_TIME
from ada_contract_tests.engine.walls import NOT_THE_HANDLER, page_title, wall_of
from ada_contract_tests.findings import Finding
from ada_contract_tests.grouping import reasons_of
from ada_contract_tests.rules import rule_in_role, rules_of
from ada_mockserver.clock import clock_difference
from ada_schemas.contract.contract import ada_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.walls import Wall
    from ada_contract_tests.findings import Result
    from ada_contract_tests.rules import Severity
    from ada_mockserver.delivery.attempt import Attempt
    from ada_schemas.contract.profile import Profile

__all__ = [
    "always_refused",
    "always_the_same",
    "in_place_of_all",
    "limit_finding",
    "page_finding",
    "status_findings",
]

TELLING = (401, 403, 404, 405)
"""Answers that say something about the address or the secret, whatever the event holds."""

REFUSED = (400, 401, 403)
"""Answers of an endpoint that does not take the sender for the provider."""


def always_the_same(results: Sequence[Result], *, made_for: str = "", address: str = "") -> Finding | None:
    """One finding in place of many when an endpoint refuses every ordinary event in one way; else None.

    A wall before the handler is one whatever else the answers say, and by a single answer; ``address`` is the
    endpoint's own.
    """
    findings = [r.finding for r in results if r.finding is not None]
    attempts = [r.attempt for r in results if r.attempt is not None]
    if not findings or len(findings) < len(results):
        return None
    walls = [_wall_of(result, address) for result in results if result.attempt is not None]
    before, single = walls[0], len(results) < 2
    if before is not None and {found[0].name if found else "" for found in walls} == {before[0].name}:
        return None if single and not before[0].certain else in_place_of_all(findings[0], *before)
    first, status = findings[0], attempts[0].status
    alike = status in TELLING and {attempt.status for attempt in attempts} == {status}
    if not alike and len(set(reasons_of(findings))) != 1:
        return None
    if single and status is not None:
        return None
    elsewhere = "://" in address  # an application in process goes by the clock of this process
    clocks = clock_difference() if status in REFUSED and elsewhere else ""
    hint = clocks or first.hint or _always_hint(status, made_for=made_for)
    return replace(
        first,
        severity="error",
        summary=_always_summary(status, first, suspect="clocks that differ" if clocks else "secret mismatch"),
        got=f"{first.got}{EVERY_TIME}",
        changes=(),
        hint=hint,
    )


def _wall_of(result: Result, address: str) -> tuple[Wall, str] | None:
    if result.exchange is None:
        return None
    return wall_of(result.exchange.last.response, address, frozenset(result.exchange.base))


def in_place_of_all(first: Finding, wall: Wall, fix: str) -> Finding:
    """The one finding about a wall before the handler: an ordinary event's, with the wall's own words."""
    got = first.got if first.got.endswith(EVERY_TIME) else f"{first.got}{EVERY_TIME}"
    return replace(
        first, severity="error", summary=wall.summary, got=got, cause=wall.name, changes=(), hint=fix
    )


def page_finding(result: Result, reproduce: tuple[str, ...]) -> Finding:
    """The one finding about a web page that answers everything; the result is that of an ordinary event."""
    response = result.attempt.response if result.attempt is not None else None
    assert response is not None  # noqa: S101 - a page came
    wall, case = NOT_THE_HANDLER, result.case
    return Finding(
        rule=case.rule,
        case=case.id,
        event=case.event,
        severity="error",
        summary=wall.summary,
        expected="an answer of the webhook handler",
        got=f"{response.status} and a web page{EVERY_TIME}",
        cause=wall.name,
        reproduce=reproduce,
        hint=wall.fix.format(seen=page_title(response)),
    )


def limit_finding(own: Case, put_off: Attempt, limited_at: tuple[int, float]) -> Finding:
    """The one finding about an endpoint that limits its rate, with the limit as it was seen.

    ``own`` is the case that it belongs to; ``limited_at`` is (requests that were taken, in how many seconds).
    """
    taken, seconds = limited_at
    seen = f"after {taken} requests in {seconds:.1f} s" if taken else "from the first request on"
    asked = put_off.response.header("retry-after") if put_off.response is not None else None
    asks = f", and asks to wait (Retry-After: {asked})" if asked else ""
    return Finding(
        rule=own.rule,
        case=own.id,
        event=own.event,
        severity="error",
        summary="the endpoint limits the rate of requests",
        expected="every delivery is taken, whatever the rate",
        got=f"{put_off.status} {seen}{asks}",
        cause="rate limit",
        hint=(
            f"Lift the limit for the check: it answers {put_off.status} {seen}{asks}. Such answers are no"
            " verdict on an event, and no refusal of a forgery, so the check ended there."
        ),
    )


def _always_summary(status: int | None, first: Finding, *, suspect: str) -> str:
    if status in REFUSED:
        return f"every correctly signed event is refused: {suspect}?"
    if status is None:
        return f"no event gets an answer: {first.cause}"
    return f"the endpoint answers every ordinary event with {status}"


def _always_hint(status: int | None, *, made_for: str) -> str:
    match status:
        case 400 | 401 | 403:
            where = f"the secret in {made_for}" if made_for else "the given secret"
            return f"Does the consumer verify with {where}? Compare with: adakit verify"
        case 404 | 410:
            return "Is the path right? Give the endpoint's path with --path, or in the URL."
        case 405:
            return "The path exists but takes no POST; give the webhook endpoint's path."
        case 413 | 415:
            return "The endpoint does not take application/json of this size or kind."
        case None:
            return "Is the process stuck, still starting, or something other than a web server?"
    return ""


def always_refused(results: Sequence[Result], *, made_for: str = "", address: str = "") -> Finding | None:
    """One finding if no event at all got past the address, a wall or the secret; else None."""
    wanted = [r for r in results if r.exchange is not None and r.case.expect.is_acceptance]
    if any(
        r.attempt is None or (r.attempt.status not in TELLING and not _wall_of(r, address)) for r in wanted
    ):
        return None
    return always_the_same(wanted, made_for=made_for, address=address)


def status_findings(
    results: Sequence[Result],
    *,
    severity: Severity,
    reproduce: Callable[..., tuple[str, ...]],
    profile: Profile | None = None,
) -> list[Finding]:
    """One finding for each event type that is accepted, but otherwise than with 200.

    It belongs to the event's own case about the status, and counts the deliveries of every case of the event.
    ``severity`` is a warning unless the user asked for 200: delivery counts any 2xx as success. ``profile``
    is that of the contract, Ada's if none is given.
    """
    role, findings = rules_of(profile or ada_profile())[rule_in_role("exact status").code], []
    for own in [r.case for r in results if r.case.rule == role.code]:
        other = [
            (result.case, delivery.attempt.status)
            for result in results
            if result.case.event == own.event and result.exchange is not None
            for delivery in result.exchange.deliveries
            if delivery.authentic and delivery.attempt.accepted and delivery.attempt.status != 200
            if delivery.expect.answer not in ("refused", "survived")
        ]
        if other:
            findings.append(_status_finding(own, other, severity, reproduce, expected=role.phrase))
    return findings


def _status_finding(
    own: Case,
    other: list[tuple[Case, int | None]],
    severity: Severity,
    reproduce: Callable[..., tuple[str, ...]],
    *,
    expected: str,
) -> Finding:
    statuses = " and ".join(str(status) for status in sorted({status or 0 for _, status in other}))
    example = next((case for case, _ in other if case.id == own.id), other[0][0])
    seen = "" if example.id == own.id else f", first at {example.id}"
    return Finding(
        rule=own.rule,
        case=own.id,
        event=own.event,
        severity=severity,
        summary="accepted, but not with 200",
        expected=expected,
        got=f"{statuses} to {len(other)} deliveries{seen}",
        cause=f"accepted with {statuses} instead of 200",
        reproduce=reproduce(example) if example.id == own.id else reproduce(example, own),
    )
