"""The report as JUnit XML."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ada_contract_tests.reports import RENDERERS
from support.sample_reports import EVENT, finding, report, result, typical

if TYPE_CHECKING:
    from ada_contract_tests.findings import Report


def xml(of: Report) -> ElementTree.Element:
    return ElementTree.fromstring(RENDERERS["junit"](of).encode())  # noqa: S314 - our own output


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
