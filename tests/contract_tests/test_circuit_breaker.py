"""The circuit breaker: what is not sent any more once similar cases stay without an answer."""

from __future__ import annotations

from collections import Counter

import pytest

from ada_contract_tests.engine.circuit_breaker import CONFIRMATIONS, PATIENCE, CircuitBreaker
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.suites.signatures import UNSIGNED
from ada_mockserver.clock import ManualClock
from support.exchanges import case_of, exchange_of
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
    silence,
    times_sent,
)

# --- silence in part ---


def test_one_silent_event():
    """An event that hangs is given up after three cases, each repeated alone; other events go on."""
    target = FakeTarget(lambda s: silence() if s.event == MESSAGE else answer(200))
    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(20)), *cases_of(ENDED, *numbered(20))]
    report = run(target, cases, jobs=1)
    of_message = [r for r in report.results if r.case.event == MESSAGE]
    assert Counter(r.outcome for r in of_message) == {"failed": 3, "not run": 18}
    assert {r.note for r in of_message if r.outcome == "not run"} == {
        "not sent: the endpoint hangs on conversation.message"
    }
    assert all(r.outcome == "passed" for r in report.results if r.case.event != MESSAGE)
    assert [f.case for f in report.findings] == [f"{MESSAGE}/{m}" for m in ("example", "n0", "n2")]
    assert [times_sent(target, m) for m in ("n0", "n2", "n1")] == [2, 2, 0]
    assert (report.stopped, report.exit_code) == ("", 1)


def test_silence_to_forgeries_and_to_hostile_input():
    """An endpoint that drops forgeries is tried with true events, and with hostile input, all the same."""
    forged = cases_of(MESSAGE, *[f"f{n}" for n in range(9)], rule="ADA301", forgery=UNSIGNED)
    hostile = cases_of(MESSAGE, *[f"h{n}" for n in range(9)], rule="ADA501")
    target = FakeTarget(lambda s: answer(200) if s.mark[0] not in "fh" else silence("dropped"))
    report = run(target, [*examples(*EVENTS), *forged, *hostile, *cases_of(MESSAGE, *numbered(9))])
    assert outcomes(report)[f"{MESSAGE}/n8"] == "passed"
    notes = Counter(result.note for result in report.results if result.outcome == "not run")
    assert notes == {
        "not sent: the endpoint drops connections on forged conversation.message": 6,
        "not sent: the endpoint drops connections on hostile input": 6,
    }


@pytest.mark.parametrize("kind", ["timeout", "dropped"])
def test_silence_under_concurrency_alone(kind):
    """What gets no answer among others, but one alone, is no finding; a note says how often."""
    target = FakeTarget(lambda s: silence(kind) if s.together > 2 else answer(200))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))], timeout=1.0)
    assert counted(report) == {"passed": 34}
    (note,) = report.notes
    assert note.startswith("Left without an answer at first, answered when repeated alone: ")
    assert report.exit_code == 0


def test_what_was_held_back_is_sent_when_the_silence_is_not_confirmed():
    """Cases that were held back are sent after all, and only those that really fail are findings."""
    silent_alone = ("n0", "n17")
    target = FakeTarget(
        lambda s: silence("dropped") if s.together > 2 or s.mark in silent_alone else answer(200)
    )
    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))]
    report = run(target, cases)
    assert [finding.case for finding in report.findings] == [f"{MESSAGE}/n0", f"{MESSAGE}/n17"]
    assert counted(report) == {"passed": 32, "failed": 2}


def test_silence_that_is_confirmed_only_after_the_release():
    """Held-back cases stop as well once three of their group were silent alone."""

    def answering(sent):
        alone_and_bad = sent.mark not in ("example", "n0", "n1", "n2")
        return silence("dropped") if sent.together > 1 or alone_and_bad else answer(200)

    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))]
    report = run(FakeTarget(answering), cases, jobs=8)
    of_message = Counter(r.outcome for r in report.results if r.case.event == MESSAGE)
    assert of_message["failed"] == 3
    assert of_message["not run"] >= 20


def test_what_is_repeated_is_a_new_event():
    """The repetition of a delivery that got no answer has ids of its own, so that no consumer knows it."""
    target = FakeTarget(lambda s: silence() if s.mark == "n1" else answer(200))
    run(target, [*examples(*EVENTS), *cases_of(MESSAGE, "n1")])
    first, second = (sent for sent in target.sent if sent.mark == "n1")
    assert first.headers["svix-id"] != second.headers["svix-id"]
    for member in ("message_id", "conversation_id"):
        assert first.json["data"][member] != second.json["data"][member]


def test_silence_on_one_event_holds_few_up():
    """While one event hangs, the others are sent: cases of all subjects take turns."""
    target = FakeTarget(lambda s: silence() if s.event == MESSAGE else answer(200))
    cases = [*cases_of(MESSAGE, *numbered(100)), *cases_of(ENDED, *numbered(10))]
    run(target, [*examples(*EVENTS), *cases], jobs=1)
    first_ended = next(n for n, sent in enumerate(target.sent) if sent.event == ENDED and sent.mark == "n9")
    assert sum(sent.event == MESSAGE for sent in target.sent[:first_ended]) == CONFIRMATIONS


# --- patience ---


def test_patience():
    """A run in which one case in ten hangs ends soon after 90 s, and the report says so."""
    target = FakeTarget(lambda s: silence() if s.mark.endswith("0") else answer(200))
    events = Selection(select="ADA101").choose()
    names = dict.fromkeys(case.event for case in events)
    cases = [*examples(*names), *(c for name in names for c in cases_of(name, *numbered(40)))]
    report = run(target, cases, jobs=1, timeout=15.0)
    assert report.stopped.startswith(
        "Stopped after 90 s: the endpoint leaves requests without an answer, so the rest was not sent."
        " Without an answer, and not repeated: "
    )
    assert PATIENCE < report.seconds <= PATIENCE + 15
    assert report.exit_code == 1
    notes = Counter(result.note for result in report.results if result.outcome == "not run")
    assert notes["got no answer, and the run ended before it was repeated alone"] > 0
    assert sum(notes.values()) == counted(report)["not run"]


def test_slow_but_in_time():
    """An endpoint that takes its time, yet answers in time, is tried to the end."""
    target = FakeTarget()

    def answering(_):
        target.clock.advance(14.9)
        return answer(200)

    target.answering = answering
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))], jobs=1)
    assert counted(report) == {"passed": 34}
    assert report.seconds == pytest.approx(34 * 14.9)


@pytest.mark.parametrize(
    ("timeout", "still", "after"), [(15.0, 60.0, 60.1), (2.0, 86.0, 86.1), (60.0, 45.0, 45.1)]
)
def test_time_is_kept_back_for_repeating(timeout, still, after):
    """Before it settles, a run keeps back the time of two attempts, at most half of all; then it uses it."""
    clock = ManualClock()
    breaker = CircuitBreaker(clock, timeout)
    breaker.start()
    clock.advance(still)
    assert breaker.is_silence(exchange_of(case_of(), silence()))
    assert not breaker.out_of_patience(settling=False)
    clock.advance(after - still)
    assert breaker.out_of_patience(settling=False)
    assert breaker.late
    assert not breaker.out_of_patience(settling=True)
    clock.advance(PATIENCE)
    assert breaker.out_of_patience(settling=True)


def test_dropped_connections_cost_no_patience():
    """Only answers that time out make a run end early, however long it takes."""
    clock = ManualClock()
    breaker = CircuitBreaker(clock, 15.0)
    breaker.start()
    assert breaker.is_silence(exchange_of(case_of(), silence("dropped")))
    clock.advance(10 * PATIENCE)
    assert not breaker.out_of_patience(settling=True)
    assert not breaker.late


def test_an_answer_that_is_no_http_is_an_answer():
    """What is not HTTP is no silence: there is somebody."""
    breaker = CircuitBreaker(ManualClock(), 15.0)
    assert not breaker.is_silence(exchange_of(case_of(), silence("protocol")))
    assert breaker.answered


def test_an_endpoint_that_dies():
    """Connections that break, and are refused when they are repeated, stop the run after three, whatever the subject."""
    target = FakeTarget(
        lambda s: answer(200) if s.number <= 12 else silence("dropped" if s.number <= 20 else "refused")
    )
    cases = [*examples(*EVENTS), *(case for event in EVENTS for case in cases_of(event, *numbered(6)))]
    report = run(target, cases, jobs=8)
    assert counted(report)["failed"] == CONFIRMATIONS
    assert report.stopped.startswith("Stopped: the endpoint no longer takes connections (seen at ")
