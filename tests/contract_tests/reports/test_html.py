"""The report as an HTML page."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from ada_contract_tests.reports import RENDERERS
from support.html_page import Element, read_page
from support.sample_reports import EVENT, finding, report, result, typical

if TYPE_CHECKING:
    from ada_contract_tests.findings import Report


def page(of: Report) -> Element:
    return read_page(RENDERERS["html"](of))


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
    assert titled["Fix"].startswith("Fixapp.py:7 reads body as if it were always there")
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
