"""Reports of runs that never were, for the renderers to show: built piece by piece, and two whole ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import case
from ada_contract_tests.findings import Finding, Report, Result
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from support.exchanges import exchange_of
from support.fake_targets import answer, silence

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ENDED",
    "EVENT",
    "FILE",
    "FIXED",
    "LENIENT",
    "SLOW",
    "TRACEBACK",
    "finding",
    "report",
    "result",
    "typical",
    "with_text",
]

EVENT, ENDED = "conversation.message", "conversation.ended"
TRACEBACK = f"""Traceback (most recent call last):
  File "/usr/lib/python3.12/site-packages/starlette/routing.py", line 715, in app
    await self.middleware_stack(scope, receive, send)
  File "{Path.cwd()}/handlers.py", line 42, in handle
    return content["body"]
           ~~~~~~~^^^^^^^^
KeyError: 'body'
"""
TWICE = tuple(Attempt(response=Response(200, (), b"", seconds)) for seconds in (0.25, 0.5))


def result(
    case_id: str,
    rule: str = "ADA101",
    outcome: Any = "passed",
    *answers: Attempt,
    event: str = "",
    **more: Any,
) -> Result:
    """The result of a case; it was sent twice if it was run and no answer is given."""
    about = case(case_id, rule, event or case_id.partition("/")[0], "what is particular about it")
    sent: Sequence[Attempt] = answers or (TWICE if outcome in ("passed", "failed") else ())
    return Result(about, outcome, exchange_of(about, *sent) if sent else None, **more)


def finding(case_id: str, rule: str = "ADA101", **more: Any) -> Finding:
    """A finding with all that one can have, but a hint."""
    texts: dict[str, Any] = {
        "severity": "error",
        "summary": "a member is absent",
        "expected": "2xx",
        "got": "500",
        "cause": "KeyError: 'body' (app.py:7)",
        "changes": (("data.a", '"old"', '"new"'), ("data.b", "-", "1"), ("data.c", "2", "-")),
        "excerpt": "Internal Server Error",
        "traceback": "Traceback (most recent call last):\n  File \"app.py\", line 7, in f\nKeyError: 'body'",
        "reproduce": ("adakit check app:app --case 'a/b' --seed 7", "curl -d '{\"a\": 1}' http://127.0.0.1/"),
    }
    return Finding(rule=rule, case=case_id, event=case_id.partition("/")[0], **texts | more)


def report(*results: Result, findings: tuple[Finding, ...] = (), **more: Any) -> Report:
    """The report of these results, with their findings unless others are given."""
    given: dict[str, Any] = {"target": "app:app", "seed": 7, "seconds": 61.25, "total_cases": len(results)}
    found = findings or tuple(r.finding for r in results if r.finding is not None)
    return Report(results=results, findings=found, **given | more)


def typical() -> Report:
    """Something of everything: a cause with two cases, a warning, cases that were left out."""
    first, second = f"{EVENT}/union:link", f"{EVENT}/null:body"
    warned = f"{ENDED}/status:200"
    return report(
        result("conversation.created/example:documented"),
        result("conversation.created/example:complete"),
        result("conversation.created/headers:upper-case", "ADA309", "not applicable", note="over HTTP only"),
        result(f"{EVENT}/example:documented", "ADA103"),
        result(first, "ADA103", "failed", finding=finding(first, "ADA103")),
        result(second, "ADA104", "failed", finding=finding(second, "ADA104")),
        result(f"{EVENT}/status:in-time", "ADA402", "not run", note="not sent: it hangs"),
        result(warned, "ADA401"),
        result("any/body:null", "ADA502"),
        findings=(
            finding(warned, "ADA401", severity="warning", cause="accepted with 202", got="202"),
            finding(first, "ADA103"),
            finding(second, "ADA104"),
        ),
        notes=("The consumer asked to slow down.",),
        total_cases=10,
    )


def with_text(text: str) -> Report:
    """A report that holds this text wherever text comes from outside."""
    case_id = f"{EVENT}/{text}"
    places = ("summary", "expected", "got", "cause", "excerpt", "traceback", "hint")
    texts: dict[str, Any] = dict.fromkeys(places, text)
    changes = ((text, text, text),) * 2
    error = replace(finding(case_id, **texts, changes=changes, reproduce=(text, text)), event=text)
    others = [replace(error, case=f"{case_id}{n}") for n in range(2)]
    warning = replace(error, severity="warning")
    left_out = (
        result(f"{EVENT}/{n}{text}", outcome=o, note=text, event=text)
        for n, o in enumerate(("not run", "not applicable"))
    )
    failed = [result(f.case, outcome="failed", finding=f, event=text) for f in (error, *others)]
    return report(
        *failed, *left_out, findings=(error, *others, warning), target=text, stopped=text, notes=(text, text)
    )


def _bare(name: str, rule: str, **more: Any) -> Finding:
    """A finding with as little as one can have."""
    case_id = f"{EVENT}/{name}"
    texts: dict[str, Any] = {
        "summary": f"{name} is there",
        "cause": "KeyError: 'body' (handlers.py:42)",
        "changes": (),
        "excerpt": "",
        "traceback": "",
        "reproduce": (f"adakit check app:app --case {case_id} --seed 7",),
    }
    return finding(case_id, rule, **texts | more)


FILE = _bare(
    "union:file",
    "ADA103",
    changes=(
        ("data.content.type", '"text"', '"file"'),
        ("data.content.body", '"Hello"', "-"),
        ("data.content.filename", "-", '"a.pdf"'),
    ),
    excerpt="Internal Server Error: " + "something went wrong on our side, " * 3,
    traceback=TRACEBACK,
)
LINK = _bare("union:link", "ADA103", changes=FILE.changes * 2)
SLOW = _bare("enum:slow", "ADA402", cause="no answer in time", hint="Look at the queue.")
LENIENT = _bare("hostile:deep", "ADA504", severity="warning", cause="status 500", traceback=TRACEBACK)
SAID_ALREADY = _bare("hostile:said", "ADA505", severity="warning")

FIXED = report(
    result(f"{EVENT}/example", "ADA101", "passed", answer(200)),
    result(f"{EVENT}/union:file", "ADA103", "failed", answer(500), finding=FILE),
    result(f"{EVENT}/union:link", "ADA103", "failed", answer(500), finding=LINK),
    result(f"{EVENT}/enum:slow", "ADA102", "failed", silence(what="h:1 said nothing."), finding=SLOW),
    result(f"{EVENT}/signature:unsigned", "ADA301", "passed", answer(401)),
    result(f"{EVENT}/hostile:deep", "ADA504", "passed", answer(500), finding=LENIENT),
    result(f"{EVENT}/hostile:said", "ADA505", "passed", answer(500), finding=SAID_ALREADY),
    result(f"{ENDED}/example", "ADA101", "passed", answer(204)),
    result(f"{ENDED}/headers:upper", "ADA309", "not applicable", note="makes a difference over HTTP only"),
    result(f"{ENDED}/status:200", "ADA401", "not run", note="not sent: the endpoint hangs"),
    result("any/forward:new", "ADA203", "passed", answer(200)),
    seconds=1.25,
    total_cases=20,
    stopped="Stopped after 90 s: the endpoint leaves requests without an answer.",
    notes=("The consumer asked to slow down.",),
)
"""A run with little of everything but of warnings, whose report is asserted to the letter."""
