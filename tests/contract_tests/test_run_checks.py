"""What a whole run shows: an endpoint that always fails alike, and statuses other than 200."""

from __future__ import annotations

import time

import pytest

from ada_contract_tests.engine.checks import judge
from ada_contract_tests.engine.run_checks import always_the_same, status_findings
from ada_contract_tests.findings import Result
from support.exchanges import MESSAGE, TRACEBACK, case_of, exchange_of
from support.fake_targets import answer, silence

# --- one finding in place of many ---


def result_of(given, *, rule="ADA101"):
    case = case_of(rule)
    exchange = exchange_of(case, given)
    finding = judge(case, exchange, timeout=15, reproduce=("again",))
    return Result(case, "failed" if finding else "passed", exchange, finding)


@pytest.mark.parametrize(
    ("given", "summary", "got", "hint"),
    [
        (
            answer(401),
            "every correctly signed event is refused: secret mismatch?",
            "401, every time",
            "Does the consumer verify with the given secret? Compare with: adakit verify",
        ),
        (
            answer(404),
            "the endpoint answers every ordinary event with 404",
            "404, every time",
            "Is the path right? Give the endpoint's path with --path, or in the URL.",
        ),
        (
            answer(410),
            "the endpoint answers every ordinary event with 410",
            "410, every time",
            "Is the path right? Give the endpoint's path with --path, or in the URL.",
        ),
        (
            answer(405),
            "the endpoint answers every ordinary event with 405",
            "405, every time",
            "The path exists but takes no POST; give the webhook endpoint's path.",
        ),
        (
            answer(413),
            "the endpoint answers every ordinary event with 413",
            "413, every time",
            "The endpoint does not take application/json of this size or kind.",
        ),
        (
            answer(302, location="/hook/"),
            "the endpoint answers every ordinary event with 302",
            "302 (a redirect; redirects are not followed), every time",
            "It redirects to /hook/; give that address, or the path with its slash.",
        ),
        (answer(500), "the endpoint answers every ordinary event with 500", "500, every time", ""),
        (
            silence("timeout"),
            "no event gets an answer: no answer in time",
            "no answer in time, every time",
            "Is the process stuck, still starting, or something other than a web server?",
        ),
    ],
)
def test_always_the_same(given, summary, got, hint):
    """One finding says that every event fails in one way, and what to look at first."""
    finding = always_the_same([result_of(given), result_of(given)])
    assert (finding.summary, finding.got, finding.hint) == (summary, got, hint)
    assert (finding.case, finding.reproduce) == (f"{MESSAGE}/case", ("again",))


def test_whose_secret():
    """In process, where the secret was made, the advice names the variable that holds it."""
    results = [result_of(answer(403)), result_of(answer(403))]
    assert always_the_same(results, made_for="ADA_WEBHOOK_SECRET").hint == (
        "Does the consumer verify with the secret in ADA_WEBHOOK_SECRET? Compare with: adakit verify"
    )


@pytest.mark.parametrize(
    ("address", "suspect", "hint"),
    [
        (
            "http://127.0.0.1:80/hook",
            "clocks that differ",
            "The clocks may differ: that of this process stands",
        ),
        ("/hook", "secret mismatch", "Does the consumer verify with the given secret?"),
    ],
)
def test_a_clock_that_stands_still(monkeypatch, address, suspect, hint):
    """Where a test froze the clock that signs, an endpoint elsewhere refuses for that; in process it is one."""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    results = [result_of(answer(401)), result_of(answer(401))]
    finding = always_the_same(results, address=address)
    assert finding.summary == f"every correctly signed event is refused: {suspect}?"
    assert finding.hint.startswith(hint)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [answer(200), answer(200)],
        [answer(500)],
        [answer(500), answer(200)],
        [answer(500), answer(400)],
        [answer(500, traceback=TRACEBACK), answer(500)],
    ],
)
def test_not_always_the_same(answers):
    """A single failure, a success, or failures of two causes are no case for one finding."""
    assert always_the_same([result_of(a) for a in answers]) is None


# --- the exact status ---


def status_case(event, given, name="status:200", rule="ADA401", *, forged=False):
    case = case_of(rule, event=event, name=name, forged=forged)
    return Result(case, "passed", exchange_of(case, given, authentic=not forged))


def repeated(*cases):
    """Stands for the lines that repeat cases: their ids."""
    return tuple(case.id for case in cases)


def test_status_findings():
    """One finding an event says which other statuses came, and how often."""
    results = [
        status_case("a", answer(204)),
        status_case("a", answer(202), "n1", "ADA102"),
        status_case("a", answer(204), "n2", "ADA102"),
        status_case("a", answer(200), "n3", "ADA102"),
        status_case("b", answer(200)),
        status_case("c", answer(201), "n1", "ADA102"),
    ]
    (finding,) = status_findings(results, severity="warning", reproduce=repeated)
    assert (finding.rule, finding.case, finding.event, finding.severity) == (
        "ADA401",
        "a/status:200",
        "a",
        "warning",
    )
    assert finding.got == "202 and 204 to 3 deliveries"
    assert finding.cause == "accepted with 202 and 204 instead of 200"
    assert finding.reproduce == ("a/status:200",)
    assert finding.expected == "200, as each event's page asks; delivery itself counts any 2xx"


def test_what_says_nothing_about_the_status():
    """Forgeries and hostile input are not counted."""
    results = [
        status_case("a", answer(200)),
        status_case("a", answer(204), "f", "ADA301", forged=True),
        status_case("a", answer(204), "h", "ADA501"),
    ]
    assert status_findings(results, severity="error", reproduce=repeated) == []


def test_the_example_of_a_status_finding():
    """Where the case about the status was not answered, another delivery is the example."""
    results = [status_case("a", silence()), status_case("a", answer(204), "n1", "ADA102")]
    (finding,) = status_findings(results, severity="error", reproduce=repeated)
    assert finding.case == "a/status:200"
    assert finding.got == "204 to 1 deliveries, first at a/n1"
    assert finding.reproduce == ("a/n1", "a/status:200")
