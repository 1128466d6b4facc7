"""The page of the check: a form, runs that are watched, and each case of one."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from ada_contract_tests.advice import advice_of
from ada_contract_tests.findings import OUTCOMES
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.reports.html import sign
from ada_contract_tests.reports.wording import event_name, many
from ada_contract_tests.rules import digits, rules_of
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_schemas.errors import AdakitError
from ada_schemas.shown import spelled
from adakit.check_page.form import DEFAULTS, can_fuzz, defaults_of, read_form
from adakit.check_page.runs import CheckRuns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from ada_contract_tests.exchange import Delivery
    from ada_contract_tests.findings import Report
    from ada_contract_tests.grouping import Group
    from ada_contract_tests.rules import Rule
    from ada_mockserver.mock.store.models import Endpoint
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile
    from adakit.check_page.runs import CheckRun

__all__ = ["check_page"]

PACKAGE = "adakit.check_page"
MOST_GROUPS, MOST_CASES, MOST_BODY = 100, 300, 20_000
_FORMATS = {
    "html": "text/html",
    "json": "application/json",
    "junit": "application/xml",
    "markdown": "text/markdown",
}
_ENDINGS = {"junit": "xml", "markdown": "md"}
_REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
)
"""The most that the report may do; its own policy names the one script that it runs."""


def check_page(contract_directory: str | None = None) -> Page:
    """The page, with runs of its own; ``contract_directory`` is what ``--contract`` named."""
    pages = _Pages(CheckRuns(), contract_directory)
    routes = [
        Route("/check", pages.show, methods=["GET"]),
        Route("/check", pages.start, methods=["POST"]),
        Route("/check/runs/{id}", pages.run, methods=["GET"]),
        Route("/check/runs/{id}/cancel", pages.cancel, methods=["POST"]),
        Route("/check/runs/{id}/cases", pages.cases, methods=["GET"]),
        Route("/check/runs/{id}/case", pages.case, methods=["GET"]),
        Route("/check/runs/{id}/case", pages.resend, methods=["POST"]),
        Route("/check/runs/{id}/report/{form}", pages.report, methods=["GET"]),
    ]
    return Page(routes, title="Check", path="/check", order=70, package=PACKAGE, end=pages.runs.end)


class _Pages:
    """The functions of the routes, on the runs that they share."""

    def __init__(self, runs: CheckRuns, contract_directory: str | None) -> None:
        self.runs = runs
        self._contract_directory = contract_directory

    async def show(self, request: Request) -> Response:
        given = {
            **defaults_of(context_of(request).contract.profile),
            **{name: request.query_params.get(name, "") for name in ("endpoint", "cases", "seed")},
        }
        return self._form(request, await _endpoints(request), given)

    async def start(self, request: Request) -> Response:
        form = await request.form()
        given = {name: str(form.get(name, "")).strip() for name in DEFAULTS}
        endpoints = await _endpoints(request)
        try:
            # The cases of a contract with hundreds of events take seconds, while the mock goes on delivering.
            target, options = await asyncio.to_thread(
                read_form, given, endpoints, context_of(request).contract, self._contract_directory
            )
        except AdakitError as error:
            return self._form(request, endpoints, given, fault=error.what, step=error.next_step, status=400)
        if self.runs.running is not None:
            fault = "Another check is running."
            return self._form(
                request, endpoints, given, fault=fault, step="Wait for it, or cancel it.", status=409
            )
        run = self.runs.start(target, options, request.app.state.feed.nudge)
        return see_other(request, f"/check/runs/{run.id}")

    async def run(self, request: Request) -> Response:
        run = self._found(request).as_it_is()
        block = "progress" if "hx-request" in request.headers else ""
        report = run.report
        groups = group_findings(report.findings)
        return self._page(
            request,
            "run.html",
            block=block,
            run=run,
            report=report,
            groups=[_group(group, report.profile) for group in groups[:MOST_GROUPS]],
            more_groups=max(0, len(groups) - MOST_GROUPS),
            matrix=_matrix(report),
            counts={outcome: report.count(outcome) for outcome in OUTCOMES},
        )

    async def cancel(self, request: Request) -> Response:
        run = self._found(request)
        run.cancel()
        return see_other(request, f"/check/runs/{run.id}")

    async def cases(self, request: Request) -> Response:
        """The cases of a cell of the matrix, or of an outcome."""
        run, query = self._found(request), request.query_params
        wanted = {name: query.get(name, "") for name in ("event", "rule", "outcome")}
        report = run.report
        owned = report.by_case()
        rows = [
            {"result": result, "findings": owned.get(result.case.id, [])}
            for result in report.results
            if wanted["event"] in ("", result.case.event)
            and wanted["outcome"] in ("", result.outcome)
            and (
                wanted["rule"] in ("", result.case.rule)
                or any(finding.rule == wanted["rule"] for finding in owned.get(result.case.id, []))
            )
        ]
        return self._page(
            request, "cases.html", run=run, wanted=wanted, rows=rows[:MOST_CASES], more=len(rows) - MOST_CASES
        )

    async def case(self, request: Request) -> Response:
        run = self._found(request)
        case_id = request.query_params.get("id", "")
        result, findings = run.result_of(case_id), run.findings_of(case_id)
        if result is None and not findings:
            raise HTTPException(404)
        rules = rules_of(run.report.profile)
        rule = rules[findings[0].rule if findings else result.case.rule]  # type: ignore[union-attr]  # one is there
        return self._page(
            request,
            "case.html",
            block="verdicts" if "hx-request" in request.headers else "",
            run=run,
            case_id=case_id,
            rule=rule,
            is_variant=result is not None and rule.family in ("documented", "forward"),
            tries=[_try(each.as_it_is(), case_id) for each in (*reversed(run.again.get(case_id, [])), run)],
        )

    async def resend(self, request: Request) -> Response:
        run = self._found(request)
        form = await request.form()
        case_id = str(form.get("id", ""))
        if run.result_of(case_id) is None:
            raise HTTPException(404)
        if self.runs.running is not None:
            raise ApiError(409, "conflict", "Another check is running. Wait for it, or cancel it.")
        run.repeat(case_id)
        return see_other(request, f"/check/runs/{run.id}/case?id={_quoted(case_id)}")

    async def report(self, request: Request) -> Response:
        run, form = self._found(request), request.path_params["form"]
        if form not in RENDERERS or run.finished is None:
            raise HTTPException(404)
        headers = {"cache-control": "no-store", "content-security-policy": _REPORT_POLICY}
        if form != "html" or "download" in request.query_params:
            name = f"adakit-check-{run.id}.{_ENDINGS.get(form, form)}"
            headers["content-disposition"] = f'attachment; filename="{name}"'
        body = RENDERERS[form](run.finished).encode(errors="backslashreplace")
        return Response(body, media_type=f"{_FORMATS[form]}; charset=utf-8", headers=headers)

    def _found(self, request: Request) -> CheckRun:
        run = self.runs.find(request.path_params["id"])
        if run is None:
            raise HTTPException(404)
        return run

    def _form(
        self,
        request: Request,
        endpoints: Sequence[Endpoint],
        given: Mapping[str, str],
        *,
        fault: str = "",
        step: str = "",
        status: int = 200,
    ) -> Response:
        shown = {**given, "secret": ""}
        return self._page(
            request,
            "check.html",
            status=status,
            endpoints=[each for each in endpoints if not each.disabled],
            given=shown,
            fault=fault,
            step=step,
            runs=self.runs.newest_first,
            running=self.runs.running,
            rules=_rules(context_of(request).contract),
            can_fuzz=can_fuzz(),
        )

    def _page(self, request: Request, name: str, **content: Any) -> Response:
        return html(request, f"{PACKAGE}:{name}", event_name=event_name, many=many, quoted=_quoted, **content)


async def _endpoints(request: Request) -> Sequence[Endpoint]:
    async with context_of(request).begin() as transaction:
        return await list_endpoints(transaction.session)


def _rules(contract: Contract) -> dict[str, Rule]:
    """The rules that can be selected; there are handoffs with Ada alone."""
    found = rules_of(contract.profile)
    beyond = contract.profile.beyond
    return {
        code: rule
        for code, rule in found.items()
        if code not in beyond and (contract.is_ada or rule.family != "handoff")
    }


def _matrix(report: Report) -> list[dict[str, Any]]:
    """The rows of the matrix of events and rules, each cell with its sign and its words."""
    rules = rules_of(report.profile)
    return [
        {
            "event": event,
            "cells": [
                {
                    "code": code,
                    "digits": digits(code),
                    "title": rules[code].title,
                    "kind": cell.verdict.replace(" ", "-") if cell.outcomes else "",
                    "sign": sign(cell) if cell.outcomes else ["", ""],
                }
                for code, cell in row.items()
            ],
        }
        for event, row in report.matrix("code").items()
    ]


def _group(group: Group, profile: Profile) -> dict[str, Any]:
    first = group.findings[0]
    identity = f"{group.severity} {group.cause} {first.rule}"
    return {
        "id": f"finding-{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}",
        "group": group,
        "first": first,
        "others": group.findings[1:51],
        "more": max(0, len(group.findings) - 51),
        "rule": rules_of(profile)[first.rule],
        "advice": advice_of(first, profile).split("\n"),
    }


def _try(run: CheckRun, case_id: str) -> dict[str, Any]:
    """How a case fared in a run: its verdict, its findings with what to do, and its deliveries."""
    result, profile = run.result_of(case_id), run.report.profile
    return {
        "run": run,
        "result": result,
        "findings": [
            {"finding": finding, "advice": advice_of(finding, profile).split("\n")}
            for finding in run.findings_of(case_id)
        ],
        "deliveries": [_delivery(each) for each in result.exchange.deliveries[:20]]
        if result is not None and result.exchange is not None
        else [],
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    sent, response = delivery.sent, delivery.attempt.response
    if isinstance(sent, bytes) and delivery.payload and len(sent) < MOST_BODY:
        sent = delivery.payload
    if isinstance(sent, bytes):
        text = sent.decode("utf-8", "backslashreplace")
    else:
        text = json.dumps(sent, indent=2, ensure_ascii=False)
    return {
        "label": delivery.label,
        "id": delivery.message_id,
        "sent": _shown(text),
        "attempt": delivery.attempt,
        "answer": _shown(response.body.decode("utf-8", "backslashreplace")) if response else "",
    }


def _shown(text: str) -> str:
    """A text as it may stand on a page, clipped."""
    more = f"\n… {len(text) - MOST_BODY} characters more" if len(text) > MOST_BODY else ""
    return spelled(text[:MOST_BODY].replace("\r\n", "\n"), keep="\n\t") + more


def _quoted(text: str) -> str:
    return quote(text, safe="")
