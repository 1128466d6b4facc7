"""Consumers in process that are one function each, and the findings that the check has about them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.check import Options, run_cases
from ada_contract_tests.findings import Finding
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.targets.open import Secret, application_target
from ada_mockserver.clock import SystemClock
from support.fake_targets import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Handle = Callable[[dict[str, Any], bytes], object]
    """Takes an event and its bytes; gives a status and a body to answer with, or anything else for 200."""

__all__ = ["finding_of", "findings_of"]

STATUSES = {200: "200 OK", 401: "401 Unauthorized", 422: "422 Unprocessable Content", 500: "500 Sorry"}


def findings_of(handle: Handle, *cases: str) -> tuple[Finding, ...]:
    """The findings of cases against a WSGI application that calls ``handle`` for each event."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        answer = handle(json.loads(raw), raw)
        status, said = answer if isinstance(answer, tuple) else (200, "")
        start_response(STATUSES[status], [])
        return [said.encode()]

    async def main() -> tuple[Finding, ...]:
        clock = SystemClock()
        target = application_target(application, "wsgi", name="app:app", path="/", clock=clock)
        await target.start()
        try:
            chosen = [case_named(case) for case in cases]
            secret = Secret(SECRET, given=True)
            options = Options(seed=1)
            report = await run_cases(chosen, target, secret, options, clock=clock, target="app:app")
        finally:
            await target.stop()
        return report.findings

    return asyncio.run(main())


def finding_of(case: str, **more: Any) -> Finding:
    """A finding about a case that has a bare 500, unless more is said."""
    found = case_named(case)
    told: dict[str, Any] = {"expected": found.expect.phrase, "got": "500", "cause": "status 500"}
    return Finding(found.rule, case, found.event, "error", found.summary, **told | more)
