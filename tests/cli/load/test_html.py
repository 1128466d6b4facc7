"""The page of a load: key figures, charts, no network, nothing that breaks out of it."""

from __future__ import annotations

import random
import re

import pytest

from ada_mockserver import Endpoint, Load, LoadReport, SystemClock
from ada_schemas.errors import WireError
from adakit.load.html import render
from adakit.load.summary import Summary
from support.html_page import read_page


def page(*, rate=None, report=None, url="http://h.example/hook", **options):
    if report is None:
        report = LoadReport(rate=rate)
        if rate is None:
            report.service = report.latency
        for number in range(1000):
            report.add_answer(200, 0.002 + number / 1e5, 0.002, number / 250)
        report.end(4.0)
    load = Load(Endpoint(url, ("whsec_secret",)), SystemClock(), random.Random(1), rate=rate)
    return render(Summary(load, report, options.pop("what", "handoff"), **options))


def failing():
    report = LoadReport(rate=100.0, resent=3, repeated=1)
    for number in range(300):
        report.add_answer(200 if number % 10 else 500, number / 1e4, 0.001, number / 100)
    for kind in ("timeout", "dropped"):
        report.add_error(WireError(f"{kind} <it>.", kind=kind), 3.0)
    report.end(3.5)
    return report


def test_key_figures():
    """Throughput, percentiles and sums are on the page, the seed too."""
    found = read_page(page(seed=7))
    assert found.one("h1").text == "adakit send handoffhttp://h.example/hook"
    assert found.one(class_="lede").text == "All accepted: 1,000 of 1,000 deliveries in 4 s."
    facts = {div.one("dt").text: div.one("dd").text for div in found.one(class_="facts").children}
    assert facts["Throughput"] == "250/sas fast as it goes"
    assert facts["Median latency"] == "7.0 mshalf of the answers are as fast"
    assert facts["Longest"] == "12.0 msof 1,000 answers"
    header, row = found.all("tr")[:2]
    assert [cell.text for cell in header.children] == ["", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"]
    assert row.children[0].text == "latency"
    assert "seed 7" in found.one("footer").text


def test_two_curves_at_a_rate():
    """At a rate the page tells latency from service time, and draws the rate that was asked for."""
    found = read_page(page(rate=100.0, report=failing()))
    lines = found.all("path", class_="line")
    assert [path.attributes["class"] for path in lines] == ["line service", "line latency"]
    assert found.one("line", class_="asked")
    assert "100/s asked for" in found.one(class_="facts").text


def test_failures():
    """How deliveries ended is a table; what failed first, and what was repeated, is said."""
    found = read_page(page(rate=100.0, report=failing()))
    rows = [[cell.text for cell in row.children[:3]] for row in found.one(class_="ends").all("tr")]
    assert rows == [
        ["200", "270", "89.4 %"],
        ["500", "30", "9.9 %"],
        ["dropped: the connection closed before an answer", "1", "0.3 %"],
        ["timeout: no answer within the time limit", "1", "0.3 %"],
    ]
    remarks = [item.text for item in found.one(class_="remarks").children]
    assert remarks == [
        "First failure: timeout <it>.",
        (
            "3 requests met a kept connection that had just been closed, and went once more over a new one,"
            " under the same svix-id."
        ),
        "1 delivery took more than one attempt.",
    ]


@pytest.mark.parametrize("report", [None, failing(), LoadReport()])
def test_a_page_that_loads_nothing(report):
    """The policy allows one style sheet, by its hash; nothing is inline beside it, and nothing is loaded."""
    text = page(report=report)
    found = read_page(text)
    policy = found.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    assert re.fullmatch(
        r"default-src 'none'; img-src data:; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'",
        policy,
    )
    assert found.all("script") == []
    assert not [
        e for e in found.all() if "style" in e.attributes or any(k.startswith("on") for k in e.attributes)
    ]
    assert not re.search(r"(?:src|href)=\"(?!data:,)", text)
    assert "url(" not in text


def test_numbers_of_the_drawings():
    """Every place on a drawing is a finite number within it."""
    for report in (None, failing()):
        for element in read_page(page(report=report)).all("path"):
            numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?|nan|inf", element.attributes["d"])]
            assert min(numbers) >= 0
            assert max(numbers) <= 1000


def test_nothing_delivered():
    """A load of nothing has a page without charts."""
    found = read_page(page(report=LoadReport(), interrupted=True))
    assert found.one(class_="lede").text == "Nothing was delivered."
    assert found.all("figure") == []


def test_texts_from_outside():
    """What was named on the command line cannot break out of its place."""
    found = read_page(page(what="<b>", url="http://h.example/<script>"))
    assert found.one("h1").text == "adakit send <b>http://h.example/<script>"
    assert "whsec_secret" not in found.text


@pytest.mark.parametrize("count", [1, 2, 3, 10, 100_000])
@pytest.mark.parametrize("spread", [0.0, 0.001, 10.0])
def test_any_distribution(count, spread):
    """However few or alike the latencies, a page can be drawn."""
    report = LoadReport()
    report.service = report.latency
    for number in range(count):
        report.add_answer(200, 1e-6 + spread * number / count, 0.0, number / 1e4)
    report.end(count / 1e4)
    found = read_page(page(report=report))
    assert len(found.all("path", class_="line")) == (count > 1)
