"""The report as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ada_contract_tests.reports import RENDERERS
from support.sample_reports import EVENT, finding, report, result, typical, with_text


def tokens(text: str) -> list[Any]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def test_markdown_verdict_and_matrix() -> None:
    """The verdict comes first, then a row an event with a column a family of rules."""
    text = RENDERERS["markdown"](typical())
    assert text.startswith(
        "## ❌ FAIL: contract check of `app:app`\n\n"
        "**5 passed**, **2 failed**, 1 not run, 1 not applicable, 1 warning.\n\n"
        "Contract coverage **77.8 %**: 9 of 10 cases selected, 61.2 s, seed 7.\n\n"
    )
    assert [line for line in text.splitlines() if line.startswith("|")] == [
        "| event | documented | authentic | delivery | hostile input |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| `conversation.created` | ✅ 2 | · | · | · |",
        "| `conversation.message` | ❌ 2/3 | · | not run | · |",
        "| `conversation.ended` | · | · | ⚠️ 1/1 | · |",
        "| no documented event | · | · | · | ✅ 1 |",
    ]


def test_markdown_finding() -> None:
    """A finding has a heading, what changed, the answer, the fix, and commands in a block of code."""
    parsed = tokens(RENDERERS["markdown"](typical()))
    headings = [parsed[n + 1].content for n, t in enumerate(parsed) if t.type == "heading_open"]
    assert headings[1:] == [
        "Findings",
        "1. ❌ ADA103 union branch: 2 cases, one cause",
        "2. ⚠️ ADA401 status is 200: 1 case",
    ]
    blocks = {t.info: t.content for t in reversed(parsed) if t.type == "fence"}
    assert blocks["sh"] == "\n".join(finding("a/b").reproduce) + "\n"
    assert blocks["diff"] == (
        '@@ data.a @@\n- "old"\n+ "new"\n@@ data.b @@\n+ 1\n@@ data.c @@\n- 2\n'
    )  # fmt: skip
    assert blocks["text"] == "Internal Server Error\n"


@pytest.mark.parametrize("cause", ["`a`", "a ``` b", "`", "a|b", "*a* <b> &amp; \\", "two\nlines"])
def test_markdown_code(cause: str) -> None:
    """Inline code shows what it holds to the letter, on one line."""
    case_id = f"{EVENT}/a"
    parsed = tokens(RENDERERS["markdown"](report(findings=(finding(case_id, cause=cause),))))
    codes = [c.content for t in parsed for c in t.children or () if c.type == "code_inline"]
    assert cause.replace("\n", r"\n") in codes


def test_markdown_shows_twenty_causes() -> None:
    """Of more than twenty causes the first twenty are shown, and how many there are besides."""
    failed = [
        result(f"{EVENT}/{n}", outcome="failed", finding=finding(f"{EVENT}/{n}", cause=f"cause {n}"))
        for n in range(23)
    ]
    text = RENDERERS["markdown"](report(*failed))
    assert text.count("\n#### ") == 20
    assert text.endswith("And 3 more (`--report json=FILE` or `html=FILE` has them all).\n")


def test_markdown_fits() -> None:
    """However much there is to say, it takes less than 60 KB, and the last words say what is missing."""
    long = "`|<漢" * 2_000
    causes = [
        replace(f, cause=f"{n} {f.cause}", case=f"{f.case}{n}{m}")
        for n in range(40)
        for m in range(40)
        for f in with_text(long).findings[:1]
    ]
    left_out = [result(f"{EVENT}/{n}", outcome="not run", note=f"{n} {long}") for n in range(40)]
    text = RENDERERS["markdown"](
        report(*left_out, findings=tuple(causes), target=long, stopped=long, notes=(long,) * 40)
    )
    assert 20_000 < len(text.encode()) < 60_000
    assert re.search(r"\nAnd \d+ more \(.*\)\.\n$", text)
