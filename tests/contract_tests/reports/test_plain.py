"""A finding as the text of a failed test."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from ada_contract_tests.reports.plain import finding_text, without_traceback
from support.sample_reports import FILE, TRACEBACK


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
  fix        handlers.py:42 reads `body` as if it were always there: read it
             with a default (`.get('body')`).
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
