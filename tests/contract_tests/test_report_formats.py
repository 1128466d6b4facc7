"""Reports for people and for CI systems: HTML, JUnit XML, Markdown."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from ada_contract_tests.engine.case_run import Attempt, Trial
from markdown_it import MarkdownIt

from ada_contract_tests.findings import Finding, Report, Result
from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.reports.junit import printable
from ada_contract_tests.suites.registry import Case
from ada_contract_tests.targets.base import Answer
from ada_mockserver.delivery.http import Response

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = (
    "</script><img src=x onerror=alert(1)> ]]> <!-- --> </pre></details> &amp; \"q\" 'a' $seed {x} one ` two"
    "\n```\n~~~\n````\n# h\n| a | b |\n\x00\x1b[31m\x85\ud800\udfff\ufffe\u202e @you [l](http://e.x) www.e.x"
)
NAMES = sorted(RENDERERS)
EVENT = "conversation.message"


def result(
    case_id: str, rule: str = "ADA101", outcome: Any = "passed", *, event: str = "", **more: Any
) -> Result:
    event = event or case_id.partition("/")[0]
    case = Case(case_id, rule, event, "what is particular about it")
    trial = None
    if outcome in ("passed", "failed"):
        answers = (Answer(Response(200, (), b"", 0.25)), Answer(Response(200, (), b"", 0.5)))
        attempts = tuple(Attempt(case_id, event, None, answer) for answer in answers)
        trial = Trial(attempts, {}, {})
    return Result(case, outcome, trial, **more)


def finding(case_id: str, rule: str = "ADA101", **more: Any) -> Finding:
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
    given: dict[str, Any] = {"target": "app:app", "seed": 7, "seconds": 61.25, "total_cases": len(results)}
    found = findings or tuple(r.finding for r in results if r.finding is not None)
    return Report(results=results, findings=found, **given | more)


def typical() -> Report:
    """Something of everything: a cause with two cases, a warning, cases that were left out."""
    first, second = f"{EVENT}/union:link", f"{EVENT}/null:body"
    warned = "conversation.ended/status:200"
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


@dataclass
class Element:
    """An element of a page: its text is that of all that is in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """What is in it and has this tag and these attributes; ``class_`` names one of its classes."""
        kind = attributes.pop("class_", None)
        found = [inner for child in self.children for inner in (child, *child.all())]
        return [
            e
            for e in found
            if tag in ("", e.tag)
            and attributes.items() <= e.attributes.items()
            and (kind is None or kind in e.attributes.get("class", "").split())
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found


class Page(HTMLParser):
    """Reads a page; what is not closed, or closed by something else, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert self.open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(attrs) == len(element.attributes), "an attribute is there twice"
        self.open[-1].children.append(element)
        if tag not in ("meta", "link", "col", "input", "wbr"):
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def page(of: Report) -> Element:
    return Page(RENDERERS["html"](of)).root


def xml(of: Report) -> ElementTree.Element:
    return ElementTree.fromstring(RENDERERS["junit"](of).encode())  # noqa: S314 - our own output


def tokens(text: str) -> list[Any]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def structure(tree: Any) -> list[Any]:
    """A document without its words."""
    if isinstance(tree, Element):
        return [tree.tag, sorted(tree.attributes), *map(structure, tree.children)]
    if isinstance(tree, ElementTree.Element):
        return [tree.tag, sorted(tree.attrib), *map(structure, tree)]
    return [(token.type, structure(token.children) if token.children else []) for token in tree]


def matrix(root: Element) -> dict[tuple[str, str], Element]:
    """The cells of the matrix that hold something, by the heads of their row and column."""
    table = root.one("table", class_="matrix")
    codes = [th.text for th in table.one("thead").children[1].children]
    cells: dict[tuple[str, str], Element] = {}
    for row in table.one("tbody").children:
        head, *rest = row.children
        assert len(rest) == len(codes)
        cells |= {(head.text, code): td for code, td in zip(codes, rest, strict=True) if td.attributes}
    return cells


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
    read: dict[str, Callable[[str], Any]] = {
        "html": lambda text: Page(text).root,
        "junit": ElementTree.fromstring,
        "markdown": tokens,
    }
    harmless = RENDERERS[name](with_text(re.sub(r"[^A-Za-z.\n]", "x", HOSTILE)))
    assert structure(read[name](text)) == structure(read[name](harmless))
    assert [c for c in text if not c.isprintable() and c not in "\n\xa0\ufe0f"] == []
    text.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tab\tand\nline\r\nend", "tab\tand\nline\nend"),
        ("\x00\x1b[31m\x7f\x85\r", r"\x00\x1b[31m\x7f\x85\x0d"),
        ("\ud800 \udfff \ufffe \uffff", r"\ud800 \udfff \ufffe \uffff"),
        ("a\u202eb\u2066c\u200e\u2028\ufeff", r"a\u202eb\u2066c\u200e\u2028\ufeff"),
        ("é 漢字 עברית 👩\u200d💻 \u00a0", "é 漢字 עברית 👩\u200d💻 \u00a0"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """Whatever XML forbids, or would rearrange the text around it, is spelled out."""
    assert printable(text) == shown


def test_html_needs_nothing_else() -> None:
    """The page loads nothing, runs no script but its own, and no link in it leads nowhere."""
    root = page(typical())
    ids = [e.attributes["id"] for e in root.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    links = [e.attributes[a] for e in root.all() for a in ("href", "src", "action") if a in e.attributes]
    assert {link for link in links if not link.startswith("#")} == {"data:,"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert "url(" not in root.one("style").text
    assert "@import" not in root.one("style").text
    policy = root.all("meta")[1].attributes["content"]
    digest = b64encode(sha256(root.one("script").text.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert not [name for e in root.all() for name in e.attributes if name.startswith("on")]


def test_html_head() -> None:
    """The head says target, verdict, counts, coverage, seed and duration."""
    root = page(typical())
    head = root.one("header", class_="top")
    assert root.one("title").text == "FAIL: app:app"
    assert head.one(class_="stamp").text == "✗FAIL"
    assert head.one("h1").one("code").text == "app:app"
    assert head.one(class_="lede").text == "2 cases fail, all for one cause."
    assert [li.text for li in head.all("li")] == [
        "5 passed", "2 failed", "1 not run", "1 not applicable", "1 warning"
    ]  # fmt: skip
    facts = {row.one("dt").text: row.one("dd").text for row in head.one("dl").children}
    assert facts == {
        "Contract coverage": "77.8 %of the cases that apply were carried out",
        "Cases selected": "9of 10",
        "Duration": "1 min 1 sslowest answer 500 ms",
        "Seed": "7same seed, same payloads",
    }
    assert root.one("p", class_="remark").text == "The consumer asked to slow down."


def test_html_matrix() -> None:
    """A cell says in sign, words and title what became of an event's cases, and links to the finding."""
    cells = {
        (event, code): (td.attributes["class"], td.text, [a.attributes["href"] for a in td.all("a")])
        for (event, code), td in matrix(page(typical())).items()
    }
    assert cells == {
        ("conversation.created", "101"): ("passed", "22 of 2 passed", []),
        ("conversation.created", "309"): ("not-applicable", "·not applicable", []),
        ("conversation.message", "103"): ("failed", "✗11 of 2 failed", ["#finding-1"]),
        ("conversation.message", "104"): ("failed", "✗11 of 1 failed", ["#finding-1"]),
        ("conversation.message", "402"): ("not-run", "–1 not run", []),
        ("conversation.ended", "401"): ("warned", "!11 of 1 with a warning", ["#finding-2"]),
        ("no documented event", "502"): ("passed", "11 of 1 passed", []),
    }
    title = matrix(page(typical()))["conversation.message", "103"].attributes["title"]
    assert title == "ADA103 union branch, conversation.message: 1 of 2 failed"


def test_html_matrix_heads() -> None:
    """Columns are grouped by family, and each code leads to what its rule says."""
    root = page(typical())
    families, codes = root.one("table", class_="matrix").one("thead").children
    spans = [(th.text.split()[0], th.attributes["colspan"]) for th in families.children[1:]]
    assert spans == [("documented", "3"), ("authentic", "1"), ("delivery", "2"), ("hostile", "1")]
    assert [a.attributes["href"] for a in codes.all("a")] == [
        "#ADA101", "#ADA103", "#ADA104", "#ADA309", "#ADA401", "#ADA402", "#ADA502"
    ]  # fmt: skip
    assert root.one("tr", id="ADA103").text.startswith("ADA103union branchContent is text")
    assert root.one("tr", id="ADA103").text.endswith("✗ 1 failed, 1 passed")


def test_html_counts_a_case_under_the_rule_of_its_finding() -> None:
    """A case that fails by another rule than its own shows in both columns."""
    case_id = f"{EVENT}/example:complete"
    late = finding(case_id, "ADA402")
    cells = matrix(page(report(result(case_id, outcome="failed", finding=late))))
    assert {code: td.attributes["class"] for (_, code), td in cells.items()} == {
        "101": "failed",
        "402": "failed",
    }


def test_html_finding() -> None:
    """A finding shows all that is known, commands to the letter, and its further cases on demand."""
    error, warning = page(typical()).all("article")
    assert error.one("h3").text == "✗ ErrorKeyError: 'body' (app.py:7)"
    assert (
        error.one(class_="extent").text == "2 cases, one cause: conversation.message (ADA103 ×1, ADA104 ×1)"
    )
    assert (
        error.one(class_="example").text == f"{EVENT}/union:linka member is absent. Rule ADA103 union branch"
    )
    assert error.one("dl").text == "Expected2xxGot500"
    diff = [(line.tag, line.text.replace("\xa0", " ")) for line in error.one("pre", class_="diff").children]
    assert diff == [
        ("span", "data.a"), ("del", '- "old"'), ("ins", '+ "new"'),
        ("span", "data.b"), ("ins", "+ 1"),
        ("span", "data.c"), ("del", "- 2"),
    ]  # fmt: skip
    titled = {
        e.children[0].text: e.text for e in error.all("div") if e.children and e.children[0].tag == "h4"
    }
    assert titled["Answer"] == "AnswerInternal Server Error"
    assert titled["Traceback"].endswith("KeyError: 'body'")
    assert titled["Fix"].startswith("FixBranch on type before")
    commands = [e.one("code").text for e in error.all("pre", class_="command")]
    assert commands == list(finding("a/b").reproduce)
    assert error.one("details").one("summary").text == "1 further case"
    assert [li.text for li in error.one("details").all("li")] == [f"{EVENT}/null:body ADA104, 500"]
    assert warning.one("h3").text == "! Warningaccepted with 202"


def test_html_hint_replaces_the_fix() -> None:
    """What a finding itself advises stands in place of its rule's advice, as it is."""
    case_id = f"{EVENT}/a"
    root = page(report(result(case_id, outcome="failed", finding=finding(case_id, hint="Use `/x/`."))))
    assert "Use `/x/`." in [p.text for p in root.one("article").all("p")]


def test_html_says_what_was_left_out() -> None:
    """Cases that were not run, or do not apply, are listed under the reason."""
    lists = page(typical()).one(class_="left-out").all("details")
    assert [e.text for e in lists] == [
        "1 case not applicable: over HTTP onlyconversation.created/headers:upper-case",
        f"1 case not run: not sent: it hangs{EVENT}/status:in-time",
    ]


def test_html_many_causes() -> None:
    """Of very many causes the first hundred are shown in full, the others in a line each."""
    failed = [
        result(f"{EVENT}/{n}", outcome="failed", finding=finding(f"{EVENT}/{n}", cause=f"cause {n}"))
        for n in range(130)
    ]
    root = page(report(*failed))
    assert len(root.all("article")) == 100
    assert root.one("section", id="findings").children[-1].one("summary").text == "30 further causes"


def test_empty_report() -> None:
    """A report without a single case says so, and shows no empty table."""
    root = page(report())
    assert root.one(class_="lede").text == "No case was carried out."
    assert root.all("table") == []
    assert (xml(report()).get("tests"), list(xml(report()))) == ("0", [])
    markdown = RENDERERS["markdown"](report())
    assert "No case was run." in markdown
    assert "|" not in markdown
    assert json.loads(RENDERERS["json"](report()))["cases"] == []


def test_stopped_report() -> None:
    """A run that was cut short is red everywhere, although no case failed, and says why."""
    stopped = report(
        result(f"{EVENT}/a"), result(f"{EVENT}/b", outcome="not run"), stopped="Stopped: it <hangs>."
    )
    root = page(stopped)
    assert root.one(class_="stamp").text == "✗FAIL"
    assert root.one(class_="lede").text == "1 case passed, then the run was cut short."
    assert root.one("p", class_="stopped").text == "Stopped: it <hangs>."
    suites = xml(stopped)
    assert (suites.get("errors"), suites.get("failures")) == ("1", "0")
    assert suites.find(".//error").get("message") == "Stopped: it <hangs>."  # type: ignore[union-attr]  # a missing one fails here
    markdown = RENDERERS["markdown"](stopped)
    assert markdown.startswith("## ❌ FAIL: ")
    assert "> ⛔ Stopped: it &#60;hangs&#62;." in markdown


def test_passed_report() -> None:
    """A run without a finding is green, and says that there is none."""
    good = report(result(f"{EVENT}/a"), result(f"{EVENT}/b"))
    root = page(good)
    assert root.one(class_="stamp").text == "✓PASS"
    assert root.one(class_="lede").text == "All 2 cases that apply passed."
    assert root.one("section", id="findings").text == "FindingsNone."
    assert xml(good).get("failures") == "0"
    assert RENDERERS["markdown"](good).startswith("## ✅ PASS: contract check of `app:app`\n")


def test_junit_suites() -> None:
    """There is a suite an event, with its counts, and with seed, target and coverage."""
    root = xml(typical())
    counts = ("tests", "failures", "errors", "skipped", "time")
    assert {s.get("name"): tuple(s.get(count) for count in counts) for s in root} == {
        "conversation.created": ("3", "0", "0", "1", "1.500"),
        "conversation.message": ("4", "2", "0", "1", "2.250"),
        "conversation.ended": ("1", "0", "0", "0", "0.750"),
        "no documented event": ("1", "0", "0", "0", "0.750"),
    }
    assert tuple(root.get(count) for count in counts) == ("9", "2", "0", "2", "61.250")
    properties = {p.get("name"): p.get("value") for p in root[0].iter("property")}
    assert properties == {"target": "app:app", "seed": "7", "coverage": "0.7778"}


def test_junit_tests() -> None:
    """A test is named after case and rule, and holds the failure, the warning or why it was skipped."""
    tests = {t.get("name", ""): t for t in xml(typical()).iter("testcase")}
    failed = tests[f"{EVENT}/union:link"]
    assert failed.get("classname") == "ADA103 union branch"
    assert failed.get("time") == "0.750"
    (failure,) = failed
    assert failure.tag == "failure"
    assert failure.attrib == {"message": "a member is absent: expected 2xx, got 500", "type": "ADA103"}
    assert "adakit check app:app --case 'a/b' --seed 7" in str(failure.text)
    assert "KeyError: 'body'" in str(failure.text)
    (skipped,) = tests[f"{EVENT}/status:in-time"]
    assert (skipped.tag, skipped.get("message")) == ("skipped", "not sent: it hangs")
    (warning,) = tests["conversation.ended/status:200"]
    assert warning.tag == "system-out"
    assert str(warning.text).startswith("warning: a member is absent: expected 2xx, got 202")
    assert list(tests["conversation.created/example:documented"]) == []


def test_junit_case_behind_a_summary() -> None:
    """Where one finding stands for many, every case that failed still says how."""
    results = [result(f"{EVENT}/{n}", outcome="failed", finding=finding(f"{EVENT}/{n}")) for n in range(3)]
    overall = finding(f"{EVENT}/0", got="401, every time")
    messages = [f.get("message", "") for f in xml(report(*results, findings=(overall,))).iter("failure")]
    assert [m.rpartition("got ")[2] for m in messages] == ["401, every time", "500", "500"]


def test_junit_strict() -> None:
    """In a strict report a warning is a failure, and its text is there once."""
    root = xml(typical().strictly())
    assert root.get("failures") == "3"
    assert list(root.iter("system-out")) == []


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
    assert cause.replace("\n", " ") in codes


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


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize(
    "pair",
    [
        "ink page", "ink paper", "ink sunk", "soft page", "soft paper", "soft sunk", "link paper",
        "good-ink good-soft", "bad-ink bad-soft", "odd-ink odd", "odd-ink odd-soft", "none-ink none",
        "bad-ink paper", "white good", "white bad",
    ],
)  # fmt: skip
def test_html_contrast(theme: str, pair: str) -> None:
    """Text stands out from what is behind it by 4.5 to 1, in the light, in the dark and on paper."""
    style = (files("ada_contract_tests.reports") / "report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", blocks[["light", "dark", "print"].index(theme)]))
    lighter, darker = sorted(
        (luminance(({"white": "#fff"} | colours)[n]) for n in pair.split()), reverse=True
    )
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
