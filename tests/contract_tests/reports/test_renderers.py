"""Requirements of every renderer, and of the words that they share."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.reports.plain import finding_text
from ada_contract_tests.reports.terminal import print_report
from ada_contract_tests.reports.wording import printable
from support.html_page import Element, read_page
from support.sample_reports import EVENT, finding, report, result, typical, with_text

if TYPE_CHECKING:
    from ada_contract_tests.findings import Report

HOSTILE = (
    "</script><img src=x onerror=alert(1)> ]]> <!-- --> </pre></details> &amp; \"q\" 'a' $seed {x} one ` two"
    "\n```\n~~~\n````\n# h\n| a | b |\n\x00\x1b[31m\x85\ud800\udfff\ufffe\u202e @you [l](http://e.x) www.e.x"
)


NAMES = sorted(RENDERERS)


READERS: dict[str, Any] = {
    "html": read_page,
    "json": json.loads,
    "junit": ElementTree.fromstring,
    "markdown": lambda text: MarkdownIt("commonmark").enable("table").parse(text),
}
"""A reader for the format of each renderer, which refuses what is not well formed."""


def read(name: str, of: Report) -> Any:
    return READERS[name](RENDERERS[name](of))


def structure(tree: Any) -> list[Any]:
    """A document without its words."""
    if isinstance(tree, Element):
        return [tree.tag, sorted(tree.attributes), *map(structure, tree.children)]
    if isinstance(tree, ElementTree.Element):
        return [tree.tag, sorted(tree.attrib), *map(structure, tree)]
    return [(token.type, structure(token.children) if token.children else []) for token in tree]


def test_renderers() -> None:
    """The formats are those that the documentation of ``--report`` names."""
    assert NAMES == ["html", "json", "junit", "markdown"]


@pytest.mark.parametrize("name", NAMES)
def test_pure(name: str) -> None:
    """The same report gives the same text, whatever the time."""
    assert RENDERERS[name](typical()) == RENDERERS[name](typical())


@pytest.mark.parametrize("name", ["html", "junit", "markdown"])
def test_hostile_text_is_harmless(name: str) -> None:
    """Text from outside changes no structure, and nothing unprintable gets into the file."""
    text = RENDERERS[name](with_text(HOSTILE))
    harmless = RENDERERS[name](with_text(re.sub(r"[^A-Za-z.\n]", "x", HOSTILE)))
    assert structure(READERS[name](text)) == structure(READERS[name](harmless))
    assert [c for c in text if not c.isprintable() and c not in "\n\xa0\ufe0f"] == []
    text.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tab\tand\nline\r\nend", "tab\tand\nline\nend"),
        ("\x00\x1b[31m\x7f\x85\r", r"\x00\x1b[31m\x7f\x85\r"),
        ("\ud800 \udfff \ufffe \uffff", r"\ud800 \udfff \ufffe \uffff"),
        ("a\u202eb\u2066c\u200e\u2028\ufeff", r"a\u202eb\u2066c\u200e\u2028\ufeff"),
        ("é 漢字 עברית 👩\u200d💻 \u00a0", "é 漢字 עברית 👩\u200d💻 \u00a0"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """Whatever XML forbids, or would rearrange the text around it, is spelled out."""
    assert printable(text) == shown


def test_empty_report() -> None:
    """A report without a single case says so, and shows no empty table."""
    root = read("html", report())
    assert root.one(class_="lede").text == "No case was carried out."
    assert root.all("table") == []
    assert (read("junit", report()).get("tests"), list(read("junit", report()))) == ("0", [])
    markdown = RENDERERS["markdown"](report())
    assert "No case was run." in markdown
    assert "|" not in markdown
    assert read("json", report())["cases"] == []


def test_stopped_report() -> None:
    """A run that was cut short is red everywhere, although no case failed, and says why."""
    stopped = report(
        result(f"{EVENT}/a"), result(f"{EVENT}/b", outcome="not run"), stopped="Stopped: it <hangs>."
    )
    root = read("html", stopped)
    assert root.one(class_="stamp").text == "✗FAIL"
    assert root.one(class_="lede").text == "1 case passed, then the run was cut short."
    assert root.one("p", class_="stopped").text == "Stopped: it <hangs>."
    suites = read("junit", stopped)
    assert (suites.get("errors"), suites.get("failures")) == ("1", "0")
    assert suites.find(".//error").get("message") == "Stopped: it <hangs>."  # type: ignore[union-attr]  # a missing one fails here
    markdown = RENDERERS["markdown"](stopped)
    assert markdown.startswith("## ❌ FAIL: ")
    assert "> ⛔ Stopped: it &#60;hangs&#62;." in markdown


def test_passed_report() -> None:
    """A run without a finding is green, and says that there is none."""
    good = report(result(f"{EVENT}/a"), result(f"{EVENT}/b"))
    root = read("html", good)
    assert root.one(class_="stamp").text == "✓PASS"
    assert root.one(class_="lede").text == "All 2 cases that apply passed."
    assert root.one("section", id="findings").text == "FindingsNone."
    assert read("junit", good).get("failures") == "0"
    assert RENDERERS["markdown"](good).startswith("## ✅ PASS: contract check of `app:app`\n")


FINDINGS = tuple(
    finding(
        f"{EVENT}/case-{n}",
        code,
        expected=f"expectation {n}",
        got=f"outcome {n}",
        cause=f"cause {n}",
        hint=f"Advice {n}.",
        reproduce=(f"adakit check app:app --case {EVENT}/case-{n}", f"curl http://127.0.0.1/{n}"),
    )
    for n, code in enumerate(("ADA101", "ADA301", "ADA402"))
)
FAILED = report(*(result(f.case, f.rule, "failed", finding=f) for f in FINDINGS))


def words_of(value: Any) -> str:
    """All that a reader of a document can see, in its order."""
    match value:
        case dict():
            return words_of(list(value.values()))
        case list() | tuple():
            return "\n".join(map(words_of, value))
        case Element():
            return value.text
        case ElementTree.Element():
            return words_of([[*e.attrib.values(), e.text] for e in value.iter()])
    return (
        words_of(value.children)
        if getattr(value, "children", None)
        else str(getattr(value, "content", value))
    )


def terminal() -> str:
    out = io.StringIO()
    print_report(FAILED, Console(file=out, width=80))
    return out.getvalue()


def plain() -> str:
    return "\n".join(map(finding_text, FINDINGS))


@pytest.mark.parametrize("name", [*NAMES, "terminal", "plain"])
def test_every_finding_is_told(name: str) -> None:
    """Whatever the format, a finding says its rule, case, expectation, outcome, advice and how to repeat it."""
    text = {"terminal": terminal, "plain": plain}.get(name, lambda: words_of(read(name, FAILED)))()
    commands = 1 if name in ("plain", "junit") else 2
    told = [(f.rule, f.case, f.expected, f.got, f.hint, *f.reproduce[:commands]) for f in FINDINGS]
    assert [[words for words in each if words not in text] for each in told] == [[]] * len(FINDINGS)


def test_only_a_page_needs_templates() -> None:
    """Importing the renderers, or using another than that of pages, does not import jinja2."""
    script = (
        "import sys\n"
        "from ada_contract_tests.findings import Report\n"
        "from ada_contract_tests.reports import RENDERERS, plain, terminal\n"
        "empty = Report('app', 1, (), (), 0.0, 0)\n"
        "for name in ('json', 'junit', 'markdown', 'html'):\n"
        "    RENDERERS[name](empty)\n"
        "    print(name, 'jinja2' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "json False\njunit False\nmarkdown False\nhtml True\n"
