"""An endpoint that limits its rate: one finding of its own, and no verdict on what was put off."""

from __future__ import annotations

import asyncio

import pytest

from ada_contract_tests.engine.witness import Witness
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.suites.signatures import UNSIGNED
from support.fake_targets import (
    ENDED,
    EVENTS,
    MESSAGE,
    FakeTarget,
    answer,
    cases_of,
    counted,
    examples,
    numbered,
    outcomes,
    run,
    times_sent,
)
from support.witnessed_consumer import Consumer

OWN = "conversation.message/status:not-put-off"


def limited(most, put_off):
    """Takes so many requests, and puts the others off."""
    return lambda sent: answer(200) if sent.number <= most else put_off


@pytest.mark.parametrize("jobs", [1, 8])
@pytest.mark.parametrize(
    ("put_off", "got"),
    [
        (answer(429), "429 after 10 requests in 0.0 s"),
        (
            answer(429, retry_after="60"),
            "429 after 10 requests in 0.0 s, and asks to wait (Retry-After: 60)",
        ),
        (answer(503, retry_after="60"), "503 after 10 requests in 0.0 s, and asks to wait (Retry-After: 60)"),
    ],
)
def test_a_limit_ends_the_run(put_off, got, jobs):
    """What is put off has no verdict; one finding names the limit, and the rest is not sent."""
    target = FakeTarget(limited(10, put_off))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))], jobs=jobs)
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.case) == ("ADA411", "error", OWN)
    assert (finding.summary, finding.got, finding.cause) == (
        "the endpoint limits the rate of requests",
        got,
        "rate limit",
    )
    assert finding.hint == (
        f"Lift the limit for the check: it answers {got}. Such answers are no verdict on an event, and no refusal"
        " of a forgery, so the check ended there."
    )
    assert counted(report) == {"passed": 10, "not run": 54}
    assert (report.stopped, report.exit_code) == (
        "Stopped: the endpoint limits its rate, so the rest was not sent.",
        1,
    )
    assert len(target.sent) < 60
    assert report.seconds <= 6 * jobs  # this clock adds up what is waited at the same time


def test_a_limit_without_retry_after():
    """A 503 that an event gets which was taken before is about the rate; nginx says no more."""
    report = run(
        FakeTarget(limited(10, answer(503))), [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))]
    )
    (finding,) = report.findings
    assert finding.rule == "ADA411"
    assert finding.got.startswith("503 after 10 requests in ")


def test_a_limit_and_a_witness():
    """The witness is held against nothing that was put off, and what it says of the rest still counts."""
    consumer = Consumer(
        lambda sent, _: (
            (429, None) if sent.number > 10 else (200, "rejected" if sent.mark == "n3" else "handled")
        )
    )
    witness = Witness(consumer.ask, consumer.target.clock)
    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))]
    report = run(consumer.target, cases, witness=witness, codes=frozenset({"ADA601"}), jobs=1)
    assert [(finding.rule, finding.case) for finding in report.findings] == [
        ("ADA411", OWN),
        ("ADA601", f"{MESSAGE}/n3"),
    ]
    assert counted(report) == {"passed": 9, "failed": 1, "not run": 54}


@pytest.mark.parametrize("headers", [{}, {"retry_after": "1"}])
def test_a_503_of_one_event(headers):
    """A 503 that one event alone gets is a verdict on that event."""
    target = FakeTarget(lambda sent: answer(503, **headers) if sent.mark == "n3" else answer(200))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))])
    assert [(finding.rule, finding.case, finding.got) for finding in report.findings] == [
        ("ADA102", f"{MESSAGE}/n3", "503")
    ]
    assert counted(report) == {"passed": 33, "failed": 1}


def test_a_limit_is_no_refusal_of_a_forgery():
    """A forgery that is answered 429 was not refused: it is sent again, and without an answer it is not judged."""
    forged = cases_of(ENDED, *[f"f{n}" for n in range(9)], rule="ADA301", forgery=UNSIGNED)
    target = FakeTarget(lambda sent: answer(429) if sent.mark == "f2" else answer(200 if sent.json else 401))
    target.answering = lambda sent: (
        answer(429) if sent.mark == "f2" else answer(200 if "svix-signature" in sent.headers else 401)
    )
    report = run(target, [*examples(*EVENTS), *forged], jobs=1)
    assert outcomes(report)[f"{ENDED}/f2"] == "not run"
    assert [finding.rule for finding in report.findings] == ["ADA411"]
    assert len([sent for sent in target.sent if sent.mark == "f2"]) == 4


def test_a_limit_from_the_first_request_on():
    """An endpoint that only ever answers 429 is one that limits its rate."""
    report = run(FakeTarget(lambda _: answer(429)), [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9))])
    assert [(finding.rule, finding.got) for finding in report.findings] == [
        ("ADA411", "429 from the first request on")
    ]


def test_a_burst_is_not_failed_by_a_limit():
    """A burst that meets the limit has no verdict: it is not the burst that failed."""
    burst = case_named(f"{MESSAGE}/delivery:burst")
    report = run(FakeTarget(limited(30, answer(429))), [*examples(*EVENTS), burst, *cases_of(MESSAGE, "n1")])
    assert outcomes(report)[burst.id] == "not run"
    assert [finding.rule for finding in report.findings] == ["ADA411"]


def test_its_own_case_fails():
    """Where the rule's own case was selected, it has failed, although it was not sent."""
    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9)), case_named(OWN)]
    report = run(FakeTarget(limited(9, answer(429))), cases)
    assert outcomes(report)[OWN] == "failed"


def test_politeness_is_waited_for():
    """A consumer that asks to wait for a moment, and then takes the event, passes; a note says how slow it went."""

    def answering(sent):
        times = times_sent(target, sent.mark)
        return answer(429, retry_after="1") if sent.mark in ("n3", "n9") and times <= 2 else answer(200)

    target = FakeTarget(answering)
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))])
    assert (counted(report), report.findings) == ({"passed": 34}, ())
    assert report.seconds == pytest.approx(4.0)


def test_politeness_ends():
    """A consumer that asks to wait again and again has a limit: the check does not wait for it for long."""

    async def answering(sent):
        await asyncio.sleep(0)
        return answer(429, retry_after="2") if times_sent(target, sent.mark) == 1 else answer(200)

    target = FakeTarget(answering)
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))], jobs=1)
    assert [finding.rule for finding in report.findings] == ["ADA411"]
    assert report.seconds <= 17
