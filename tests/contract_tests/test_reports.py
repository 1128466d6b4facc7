"""The report on a terminal, as JSON and as the text of a failed test, for one fixed run."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from ada_contract_tests.engine.case_run import Attempt, Trial
from rich.console import Console

from ada_contract_tests.findings import Finding, Report, Result
from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.reports.plain import finding_text, without_traceback
from ada_contract_tests.reports.terminal import print_report
from ada_contract_tests.suites.registry import Case
from ada_contract_tests.tracebacks import traceback_lines
from support.fake_targets import answer, silence

MESSAGE, ENDED = "conversation.message", "conversation.ended"
TRACEBACK = f"""Traceback (most recent call last):
  File "/usr/lib/python3.12/site-packages/starlette/routing.py", line 715, in app
    await self.middleware_stack(scope, receive, send)
  File "{Path.cwd()}/handlers.py", line 42, in handle
    return content["body"]
           ~~~~~~~^^^^^^^^
KeyError: 'body'
"""


def case_of(name, rule, event=MESSAGE):
    return Case(f"{event}/{name}", rule, event, f"{name} is there")


def result_of(name, rule, outcome, given=None, *, event=MESSAGE, finding=None, note=""):
    case = case_of(name, rule, event)
    trial = Trial((Attempt(case.id, event, "msg_1", given),), {}, {}) if given else None
    return Result(case, outcome, trial, finding, note)


def finding_of(name, rule, *, severity="error", cause="KeyError: 'body' (handlers.py:42)", **options):
    case = case_of(name, rule)
    return Finding(
        rule,
        case.id,
        MESSAGE,
        severity,
        case.summary,
        "2xx",
        "500",
        cause,
        **{"reproduce": (f"adakit check app:app --case {case.id} --seed 7",), **options},
    )


FILE = finding_of(
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
LINK = finding_of("union:link", "ADA103", changes=FILE.changes * 2)
SLOW = finding_of("enum:slow", "ADA402", cause="no answer in time", hint="Look at the queue.")
LENIENT = finding_of("hostile:deep", "ADA504", severity="warning", cause="status 500", traceback=TRACEBACK)
SAID_ALREADY = finding_of("hostile:said", "ADA505", severity="warning")

REPORT = Report(
    target="app:app",
    seed=7,
    results=(
        result_of("example", "ADA101", "passed", answer(200)),
        result_of("union:file", "ADA103", "failed", answer(500), finding=FILE),
        result_of("union:link", "ADA103", "failed", answer(500), finding=LINK),
        result_of("enum:slow", "ADA102", "failed", silence(what="h:1 said nothing."), finding=SLOW),
        result_of("signature:unsigned", "ADA301", "passed", answer(401)),
        result_of("hostile:deep", "ADA504", "passed", answer(500), finding=LENIENT),
        result_of("hostile:said", "ADA505", "passed", answer(500), finding=SAID_ALREADY),
        result_of("example", "ADA101", "passed", answer(204), event=ENDED),
        result_of(
            "headers:upper", "ADA309", "not applicable", event=ENDED, note="makes a difference over HTTP only"
        ),
        result_of("status:200", "ADA401", "not run", event=ENDED, note="not sent: the endpoint hangs"),
        result_of("forward:new", "ADA203", "passed", answer(200), event="any"),
    ),
    findings=(FILE, LINK, SLOW, LENIENT, SAID_ALREADY),
    seconds=1.25,
    total_cases=20,
    stopped="Stopped after 90 s: the endpoint leaves requests without an answer.",
    notes=("The consumer asked to slow down.",),
)

TERMINAL = """\
event                  documented  forward  authentic  delivery  hostile
conversation.message   3/4 failed        ·       1 ok         ·     2 ok
conversation.ended           1 ok        ·          ·   not run        ·
(no documented event)           ·     1 ok          ·         ·        ·

1. error 2 cases, one cause: KeyError: 'body' (handlers.py:42)
   rule       ADA103 union branch
   case       conversation.message/union:file
              union:file is there
   expected   2xx
   got        500
   answer     Internal Server Error: something went wrong on our side, something
              went wrong on our side, something went wrong on our side,
   payload    data.content.type: "file" in place of "text"
              data.content.body absent
              data.content.filename added: "a.pdf"
   traceback  ...
                File "handlers.py", line 42, in handle
                  return content["body"]
              KeyError: 'body'
   fix        Branch on `type` before reading members that only one branch has.
   repeat     adakit check app:app --case conversation.message/union:file --seed 7
   also       conversation.message/union:link

2. error 1 case: no answer in time
   rule       ADA402 answer within 15 s
   case       conversation.message/enum:slow
              enum:slow is there
   expected   2xx
   got        500
   fix        Look at the queue.
   repeat     adakit check app:app --case conversation.message/enum:slow --seed 7

warning ADA504 hostile:deep is there: 500
   case       conversation.message/hostile:deep
   cause      status 500

Stopped after 90 s: the endpoint leaves requests without an answer.
The consumer asked to slow down.
FAIL  app:app: 6 passed, 3 failed, 1 not run, 1 not applicable, 2 warnings
      contract coverage 47.4 %: 11 of 20 cases selected, 1.2 s  (seed 7)
"""


def printed(report, *, width=80, **options):
    out = io.StringIO()
    print_report(report, Console(file=out, width=width, highlight=False, **options))
    return out.getvalue()


# --- on a terminal ---


def test_the_terminal():
    """The report shows the matrix, each cause with its simplest case, warnings briefly, and a summary."""
    assert printed(REPORT) == TERMINAL


@pytest.mark.parametrize("width", [30, 60, 100, 300])
def test_widths(width):
    """Whatever the width, nothing is cut off; what a person copies stays on one line."""
    text = printed(REPORT, width=width)
    assert "…" not in text
    assert "   repeat     adakit check app:app --case conversation.message/union:file --seed 7\n" in text
    assert "conversation.message   3/4 failed        ·       1 ok         ·     2 ok\n" in text


def test_no_line_ends_with_a_space():
    """Lines that are wrapped end where their text does."""
    assert [line for line in printed(REPORT, width=40).splitlines() if line != line.rstrip()] == []


def test_colours_are_for_terminals(monkeypatch):
    """Without a terminal there are no control codes; with one there are; NO_COLOR takes them away."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in printed(REPORT)
    assert "\x1b[1;31m" in printed(REPORT, force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in printed(REPORT, force_terminal=True, color_system="standard")


def test_markup_in_values_is_text():
    """Square brackets in what a consumer answers are shown, not taken for styles."""
    found = replace(SLOW, excerpt="[red]x[/red] [link=http://x]", cause="[bold]")
    text = printed(replace(REPORT, findings=(found,)))
    assert "answer     [red]x[/red] [link=http://x]\n" in text
    assert "2. error" not in text
    assert "1. error 1 case: [bold]\n" in text


def test_many_of_one_cause():
    """Of a cause with many cases five more are named, the others counted."""
    many = tuple(replace(SLOW, case=f"{MESSAGE}/n{n}") for n in range(9))
    lines = printed(replace(REPORT, findings=many)).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("   also"))
    assert [line.split()[-1] for line in lines[at : at + 5]] == [f"{MESSAGE}/n{n}" for n in range(1, 6)]
    assert lines[at + 5] == "              and 3 more (--report json=FILE lists all)"


def test_many_causes_of_warnings():
    """Six causes of warnings are shown, the others counted."""
    many = tuple(replace(LENIENT, cause=f"cause {n}", case=f"c{n}") for n in range(8))
    text = printed(replace(REPORT, findings=many))
    assert text.count("warning ADA504") == 6
    assert "and 2 more causes of warnings (--report json=FILE)\n" in text


def test_a_pass():
    """A good run is a matrix and two lines."""
    good = replace(
        REPORT,
        results=(result_of("example", "ADA101", "passed", answer(200)),),
        findings=(),
        stopped="",
        notes=(),
        total_cases=1,
    )
    assert printed(good) == (
        "event                 documented\n"
        "conversation.message        1 ok\n"
        "\n"
        "PASS  app:app: 1 passed\n"
        "      contract coverage 100 %: 1 of 1 cases selected, 1.2 s  (seed 7)\n"
    )


def test_coverage_is_not_rounded_up():
    """100 % stands for nothing missing, and for that alone."""
    passed = tuple(result_of(f"n{n}", "ADA101", "passed", answer(200)) for n in range(1999))
    text = printed(replace(REPORT, results=passed, findings=(), total_cases=2000))
    assert "contract coverage 99.9 %: 1999 of 2000 cases" in text


# --- as JSON ---


def test_json():
    """The JSON report holds the target, the outcome, a summary, the findings and every case."""
    value = json.loads(RENDERERS["json"](REPORT))
    assert {k: v for k, v in value.items() if k not in ("findings", "cases")} == {
        "target": "app:app",
        "seed": 7,
        "ok": False,
        "exit_code": 1,
        "seconds": 1.25,
        "stopped": "Stopped after 90 s: the endpoint leaves requests without an answer.",
        "notes": ["The consumer asked to slow down."],
        "summary": {
            "cases": 20,
            "selected": 11,
            "passed": 6,
            "failed": 3,
            "not_run": 1,
            "not_applicable": 1,
            "coverage": 0.4737,
            "errors": 3,
            "warnings": 2,
        },
    }


def test_findings_as_json():
    """A finding has its members by name; those that are empty are left out."""
    value = json.loads(RENDERERS["json"](REPORT))
    assert value["findings"][0] == {
        "rule": "ADA103",
        "case": f"{MESSAGE}/union:file",
        "event": MESSAGE,
        "severity": "error",
        "summary": "union:file is there",
        "expected": "2xx",
        "got": "500",
        "cause": "KeyError: 'body' (handlers.py:42)",
        "changes": [
            {"path": "data.content.type", "before": '"text"', "after": '"file"'},
            {"path": "data.content.body", "before": '"Hello"', "after": "-"},
            {"path": "data.content.filename", "before": "-", "after": '"a.pdf"'},
        ],
        "excerpt": FILE.excerpt,
        "traceback": TRACEBACK,
        "reproduce": [f"adakit check app:app --case {MESSAGE}/union:file --seed 7"],
    }
    assert value["findings"][2]["hint"] == "Look at the queue."
    assert "traceback" not in value["findings"][2]


def test_cases_as_json():
    """Every case has its outcome and, where there is one, its status, its error or its note."""
    cases = {
        (c["event"], c["id"].partition("/")[2]): c for c in json.loads(RENDERERS["json"](REPORT))["cases"]
    }
    assert cases[ENDED, "example"] == {
        "id": f"{ENDED}/example",
        "rule": "ADA101",
        "event": ENDED,
        "outcome": "passed",
        "status": 204,
        "seconds": 0.01,
    }
    assert cases[MESSAGE, "enum:slow"] == {
        "id": f"{MESSAGE}/enum:slow",
        "rule": "ADA102",
        "event": MESSAGE,
        "outcome": "failed",
        "status": None,
        "seconds": None,
        "error": "h:1 said nothing.",
    }
    assert cases[ENDED, "status:200"]["note"] == "not sent: the endpoint hangs"
    assert cases[ENDED, "headers:upper"]["outcome"] == "not applicable"


def test_json_is_utf_8():
    """Characters stand for themselves, and the text ends with a newline."""
    text = RENDERERS["json"](replace(REPORT, target="app:é"))
    assert '"target": "app:é"' in text
    assert text.endswith("}\n")


# --- as plain text ---


def test_plain_text():
    """A finding as text: headline, how the payload differs, traceback, fix and the ways to repeat it."""
    assert (
        finding_text(FILE, repeat="pytest 'pyproject.toml::x'")
        == """\
union:file is there: expected 2xx, got 500 (KeyError: 'body' (handlers.py:42))
  rule       ADA103 union branch
  answer     Internal Server Error: something went wrong on our side, somethi...
  payload    ~ data.content.type: "file"   (was "text")
             - data.content.body   (was "Hello")
             + data.content.filename: "a.pdf"
  traceback  ...
               File "handlers.py", line 42, in handle
                 return content["body"]
             KeyError: 'body'
  fix        Branch on `type` before reading members that only one branch has.
  repeat     pytest 'pyproject.toml::x'
  or         adakit check app:app --case conversation.message/union:file --seed 7"""
    )


def test_many_changes():
    """Of many differences the first are shown, the others counted, so that all fits on a screen."""
    many = replace(FILE, changes=tuple((f"p{n}", "1", "2") for n in range(30)), traceback="", excerpt="")
    lines = finding_text(many).splitlines()
    assert lines[2] == "  payload    ~ p0: 2   (was 1)"
    assert lines[-4:-2] == ["             ~ p15: 2   (was 1)", "             and 14 more differences"]
    assert len(lines) + 1 == 22  # the command to repeat it takes two


LONG = replace(
    FILE,
    summary="data.metadata is absent, and so are many other members whose names make a long line: " * 3,
    got="500 (an answer that is told at length) " * 5,
    excerpt="something went wrong on our side, " * 9,
    changes=tuple((f"data.channel.metadata.key{n}", f'"{n}' * 60, f'"{n + 1}' * 60) for n in range(30)),
    traceback="Traceback (most recent call last):\n"
    + "".join(f'  File "/srv/app.py", line {n}, in f{n}\n    call({n})\n' for n in range(30))
    + "ValueError: "
    + "a long message " * 20,
)


@pytest.mark.parametrize("traceback", [LONG.traceback, ""], ids=["traceback", "none"])
@pytest.mark.parametrize("simpler", ["", "conversation.message/union:data.content:file"])
def test_fits_on_a_screen(traceback, simpler):
    """However much there is to say, a finding takes 22 lines of 80 columns."""
    text = finding_text(replace(LONG, traceback=traceback), repeat="pytest x --ada-seed 7", simpler=simpler)
    assert sum(max(1, math.ceil(len(line) / 80)) for line in text.splitlines()) <= 22
    assert "~ data.channel.metadata.key0: " in text
    assert ("ValueError: a long message" in text) is bool(traceback)


def test_telling_changes_first():
    """Where not all differences have room, those that the exception names come first, then their neighbours."""
    others = tuple((f"data.channel.p{n}", "1", "2") for n in range(30))
    lines = finding_text(replace(FILE, changes=(*others, *FILE.changes))).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("  payload"))
    assert "data.content.body" in lines[first]
    assert "data.content.type" in lines[first + 1]
    assert "data.content.filename" in lines[first + 2]
    assert "data.channel.p0" in lines[first + 3]


COMBINED = replace(
    FILE,
    rule="ADA109",
    summary="handoff_integration absent, channel.created_at absent, author.id null, author.avatar absent, "
    "channel.modality voice, channel custom, author.role human_agent, content file, metadata empty",
    cause="status 500",
    traceback="",
    excerpt="",
    changes=(
        *((f"data.channel.metadata.p{n}", "1", "2") for n in range(30)),
        ("data.handoff_integration", '"zendesk"', "-"),
        ("data.author.avatar", '"a"', "-"),
        ("data.author.role", '"end_user"', '"human_agent"'),
        ("data.content.type", '"text"', '"file"'),
        ("data.content.url", "-", '"https://example.com/a"'),
    ),
)


def test_combination_names_what_it_combines():
    """Of a combination the kinds come first, then what is missing, then what follows; the title counts the rest."""
    lines = finding_text(COMBINED).splitlines()
    assert lines[0] == (
        "channel.modality voice, channel custom, author.role human_agent, content file,"
        " handoff_integration absent and 4 more facts: expected 2xx, got 500"
    )
    first = next(n for n, line in enumerate(lines) if line.startswith("  payload"))
    paths = [line.removeprefix("  payload").split()[1].rstrip(":") for line in lines[first : first + 5]]
    assert paths == [
        "data.author.role",
        "data.content.type",
        "data.handoff_integration",
        "data.author.avatar",
        "data.content.url",
    ]


def test_combination_names_the_cause_first():
    """What the exception names stands in the title, however many facts there are."""
    text = finding_text(replace(COMBINED, cause="KeyError: 'created_at'"))
    assert text.startswith("channel.created_at absent, channel.modality voice, channel custom, ")


def test_logged_again():
    """A traceback that a framework logged too is cut out of captured output, and nothing else is."""
    logged = f"INFO before\nERROR    app:app.py:9 Exception on /hooks [POST]\n{TRACEBACK}INFO after\n"
    assert without_traceback(logged, TRACEBACK) == "INFO before\nINFO after"
    by_hand = f"ERROR cannot handle msg_1\n{TRACEBACK}"
    assert without_traceback(by_hand, TRACEBACK) == "ERROR cannot handle msg_1"
    other = TRACEBACK.replace("'body'", "'other'")
    assert without_traceback(other, TRACEBACK) == other.strip("\n")


# --- tracebacks ---


def test_a_traceback_shows_the_users_own_frames():
    """Frames of installed packages are left out, paths are relative, and marks under the code are gone."""
    assert traceback_lines(TRACEBACK, 9) == [
        "...",
        '  File "handlers.py", line 42, in handle',
        '    return content["body"]',
        "KeyError: 'body'",
    ]


def test_the_frame_that_raised_is_always_shown():
    """Where an installed package raised, its frame is the last that is shown."""
    deep = TRACEBACK.replace("KeyError", '  File "/x/site-packages/lib.py", line 1, in f\n    g()\nKeyError')
    assert traceback_lines(deep, 9)[-3:] == [
        '  File ".../lib.py", line 1, in f',
        "    g()",
        "KeyError: 'body'",
    ]


def test_a_long_traceback_is_cut_from_above():
    """Of a long traceback the end is shown, from the beginning of a frame."""
    frames = "".join(f'  File "/srv/app.py", line {n}, in f{n}\n    call()\n' for n in range(30))
    lines = traceback_lines(f"Traceback (most recent call last):\n{frames}ValueError: x\n", 8)
    assert len(lines) <= 8
    assert (lines[0], lines[-1]) == ("...", "ValueError: x")
    assert lines[1].startswith('  File "/srv/app.py"')


def test_where_a_package_raised_the_users_line_stays():
    """In however little room, the user's last line and what the package raised are shown."""
    frames = "".join(f'  File "/srv/app.py", line {n}, in f{n}\n    call()\n' for n in range(9))
    raised = (
        '  File "/x/site-packages/lib.py", line 1, in f\n    raise X(\n        y\n    )\nlib.X: much\nmore\n'
    )
    text = f"Traceback (most recent call last):\n{frames}{raised}"
    assert traceback_lines(text, 5) == [
        "...",
        '  File "/srv/app.py", line 8, in f8',
        "    call()",
        '  File ".../lib.py", line 1, in f',
        "lib.X: much",
    ]
    assert traceback_lines(text, 9)[-2:] == ["lib.X: much", "more"]


def test_a_traceback_without_frames():
    """What is no traceback is shown as it is, its end if it is long."""
    assert traceback_lines("", 5) == []
    assert traceback_lines("a\n\nb\n", 5) == ["a", "b"]
    assert traceback_lines("\n".join("abcdefgh"), 3) == ["f", "g", "h"]
