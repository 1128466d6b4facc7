"""The report on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from ada_contract_tests.findings import TIME_IS_UP
from ada_contract_tests.reports.terminal import print_report
from support.sample_reports import EVENT, FIXED, LENIENT, SLOW, result

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
   fix        handlers.py:42 reads `body` as if it were always there: read it
              with a default (`.get('body')`).
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
Warnings are advice and fail nothing, except with --strict. adakit check --explain ADA504 says more.

Stopped after 90 s: the endpoint leaves requests without an answer.
The consumer asked to slow down.
FAIL  app:app: 6 passed, 3 failed, 1 not run, 1 not applicable, 2 warnings
      contract coverage 47.4 %: 11 of 20 cases selected, 1.2 s  (seed 7)
"""


def printed(report, *, width=80, **options):
    out = io.StringIO()
    print_report(report, Console(file=out, width=width, highlight=False, **options))
    return out.getvalue()


def test_the_terminal():
    """The report shows the matrix, each cause with its simplest case, warnings briefly, and a summary."""
    assert printed(FIXED) == TERMINAL


@pytest.mark.parametrize("width", [30, 60, 100, 300])
def test_widths(width):
    """Whatever the width, nothing is cut off; what a person copies stays on one line."""
    text = printed(FIXED, width=width)
    assert "…" not in text
    assert "   repeat     adakit check app:app --case conversation.message/union:file --seed 7\n" in text
    assert "conversation.message   3/4 failed        ·       1 ok         ·     2 ok\n" in text


def test_no_line_ends_with_a_space():
    """Lines that are wrapped end where their text does."""
    assert [line for line in printed(FIXED, width=40).splitlines() if line != line.rstrip()] == []


def test_colours_are_for_terminals(monkeypatch):
    """Without a terminal there are no control codes; with one there are; NO_COLOR takes them away."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in printed(FIXED)
    assert "\x1b[1;31m" in printed(FIXED, force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in printed(FIXED, force_terminal=True, color_system="standard")


def test_markup_in_values_is_text():
    """Square brackets in what a consumer answers are shown, not taken for styles."""
    found = replace(SLOW, excerpt="[red]x[/red] [link=http://x]", cause="[bold]")
    text = printed(replace(FIXED, findings=(found,)))
    assert "answer     [red]x[/red] [link=http://x]\n" in text
    assert "2. error" not in text
    assert "1. error 1 case: [bold]\n" in text


def test_many_of_one_cause():
    """Of a cause with many cases five more are named, the others counted."""
    many = tuple(replace(SLOW, case=f"{EVENT}/n{n}") for n in range(9))
    lines = printed(replace(FIXED, findings=many)).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("   also"))
    assert [line.split()[-1] for line in lines[at : at + 5]] == [f"{EVENT}/n{n}" for n in range(1, 6)]
    assert lines[at + 5] == "              and 3 more (--report json=FILE lists all)"


def test_many_causes_of_warnings():
    """Six causes of warnings are shown, the others counted."""
    many = tuple(replace(LENIENT, cause=f"cause {n}", case=f"c{n}") for n in range(8))
    text = printed(replace(FIXED, findings=many))
    assert text.count("warning ADA504") == 6
    assert "and 2 more causes of warnings (--report json=FILE)\n" in text


def test_a_pass():
    """A good run is a matrix and two lines."""
    good = replace(
        FIXED,
        results=(result(f"{EVENT}/example"),),
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


def test_what_there_was_no_time_for():
    """A run whose time was up says before the verdict what it left out, and passes."""
    late = tuple(
        replace(result(f"{EVENT}/n{n}"), outcome="not run", exchange=None, note=TIME_IS_UP) for n in (1, 2)
    )
    results = (result(f"{EVENT}/example"), *late)
    cut = replace(FIXED, results=results, findings=(), stopped="", notes=(), total_cases=3, budget=120.0)
    rule = late[0].case.rule
    assert (
        "The 120 s of the check were up: 2 of 3 cases were not tried, by rule\n"
        f"      {rule} 2\n"
        "      Each kind of each rule comes before any comes again; --budget SECONDS gives more time.\n"
        "PASS  app:app: 1 passed, 2 not run\n"
    ) in printed(cut)


def test_coverage_is_not_rounded_up():
    """100 % stands for nothing missing, and for that alone."""
    passed = tuple(result(f"{EVENT}/n{n}") for n in range(1999))
    text = printed(replace(FIXED, results=passed, findings=(), total_cases=2000))
    assert "contract coverage 99.9 %: 1999 of 2000 cases" in text
