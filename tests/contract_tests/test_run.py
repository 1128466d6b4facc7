"""The run against consumers in memory: what is sent, what is repeated, and when it stops."""

from __future__ import annotations

import asyncio
import re

import pytest

from ada_contract_tests.engine.check import Options, planned
from ada_contract_tests.engine.circuit_breaker import CONFIRMATIONS
from ada_contract_tests.engine.run import COMING_UP, RESTART, STARTING
from ada_contract_tests.engine.run_events import CaseFinished, RunStopped
from ada_contract_tests.suites.authentic import authentic
from ada_contract_tests.suites.signatures import UNSIGNED
from ada_schemas.contract.contract import ada_profile
from ada_schemas.errors import TargetError, UsageError
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

# --- the ordinary run ---


def test_all_good():
    """A consumer that accepts everything passes every case, each of which is sent once."""
    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))]
    target = FakeTarget()
    report = run(target, cases)
    assert counted(report) == {"passed": 34}
    assert len(target.sent) == 34
    assert (report.findings, report.notes, report.stopped, report.exit_code) == ((), (), "", 0)
    assert (report.target, report.seed) == ("http://consumer.example/hook", 1)


def test_results_in_the_order_of_the_cases():
    """Results stand in the order of the cases, whichever answer comes first."""

    async def after_some_turns(sent):
        for _ in range(sent.number * 7 % 13):
            await asyncio.sleep(0)
        return answer(500 if sent.mark in ("n3", "n11", "n25") else 200)

    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(40))]
    report = run(FakeTarget(after_some_turns), cases)
    assert [result.case for result in report.results] == cases
    assert [finding.case for finding in report.findings] == [f"{MESSAGE}/{n}" for n in ("n3", "n11", "n25")]


def test_the_number_of_jobs_changes_nothing():
    """One delivery at a time and eight at a time give the same report."""

    def answering(sent):
        if sent.mark in ("n1", "n2"):
            return silence("dropped")
        return answer(500 if sent.mark == "n7" else 200)

    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(20)), *cases_of(ENDED, *numbered(20))]
    one, eight = (run(FakeTarget(answering), cases, jobs=jobs) for jobs in (1, 8))
    assert one.findings == eight.findings
    assert outcomes(one) == outcomes(eight)
    assert [finding.case.partition("/")[2] for finding in one.findings] == ["n1", "n2", "n7"] * 2


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_how_many_were_under_way_changes_no_finding(jobs):
    """Of cases that get no answer, those that were sent first are repeated, however many were sent by then."""
    cases = examples(ENDED, MESSAGE)
    cases += [*cases_of(MESSAGE, *numbered(9), rule="ADA104"), *cases_of(MESSAGE, "a", "b", rule="ADA102")]
    target = FakeTarget(lambda s: silence() if s.event == MESSAGE else answer(200))
    report = run(target, cases, jobs=jobs, timeout=1.0)
    assert [finding.case for finding in report.findings] == [f"{MESSAGE}/{m}" for m in ("example", "n0", "a")]
    assert counted(report) == {"passed": 1, "failed": CONFIRMATIONS, "not run": 9}


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_jobs_is_how_many_are_under_way(jobs):
    """Never more than ``jobs`` deliveries are under way, and that many are."""
    target = FakeTarget()
    run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))], jobs=jobs)
    assert target.most_together == jobs


def test_progress():
    """Progress is told after every case, up to the number of cases."""
    seen = []
    report = run(FakeTarget(), [*examples(*EVENTS), *cases_of(ENDED, "a")], notify=seen.append)
    finished = [event for event in seen if isinstance(event, CaseFinished)]
    assert [(event.done, event.total) for event in finished] == [(n, 5) for n in range(1, 6)]
    assert {event.result.case.id for event in finished} == set(outcomes(report))
    assert seen == finished


def test_a_run_that_stops_says_so():
    """The reason is told once, as the last event of the run."""
    seen = []
    report = run(FakeTarget(lambda _: answer(500)), examples(*EVENTS), notify=seen.append)
    assert seen[-1] == RunStopped(report.stopped)
    assert sum(isinstance(event, RunStopped) for event in seen) == 1


def test_message_ids_are_never_used_twice():
    """Every case has a svix-id of its own."""
    target = FakeTarget()
    run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))])
    assert len({sent.headers["svix-id"] for sent in target.sent}) == 34


def test_warnings_fail_no_case():
    """A case whose finding is a warning has passed; with strict it has failed."""
    lenient = cases_of(MESSAGE, "n1", severity="warning")
    report = run(FakeTarget(lambda s: answer(500 if s.mark == "n1" else 200)), [*examples(*EVENTS), *lenient])
    assert counted(report) == {"passed": 5}
    assert [finding.severity for finding in report.findings] == ["warning"]
    assert (report.exit_code, report.strictly().exit_code) == (0, 1)
    assert outcomes(report.strictly())[f"{MESSAGE}/n1"] == "failed"


# --- early stop ---


@pytest.mark.parametrize("jobs", [1, 8])
@pytest.mark.parametrize(
    ("status", "summary"),
    [
        (401, "every correctly signed event is refused: secret mismatch?"),
        (404, "the endpoint answers every ordinary event with 404"),
        (500, "the endpoint answers every ordinary event with 500"),
    ],
)
def test_always_the_same_answer(status, summary, jobs):
    """When every ordinary event fails in one way, there is one finding and the rest is not sent."""
    target = FakeTarget(lambda _: answer(status))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))], jobs=jobs)
    (finding,) = report.findings
    assert (finding.summary, finding.got) == (summary, f"{status}, every time")
    assert finding.reproduce == ("repeat conversation.created/example",)
    assert len(target.sent) == len(EVENTS)
    assert report.stopped == "Stopped: every ordinary event fails in the same way, so the rest was not sent."
    assert counted(report) == {"failed": 4, "not run": 30}
    assert {r.note for r in report.results if r.outcome == "not run"} == {report.stopped}
    assert report.exit_code == 1


def test_different_failures_do_not_stop_the_run():
    """Ordinary events that fail in two ways are two findings, and the rest is sent."""
    target = FakeTarget(lambda s: answer(500 if s.event == MESSAGE else 400))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(5))])
    assert counted(report) == {"failed": 9}
    assert report.stopped == ""


def test_one_good_event_keeps_the_run_going():
    """A consumer that takes one ordinary event is tried to the end."""
    target = FakeTarget(lambda s: answer(200 if s.event == ENDED else 500))
    report = run(target, [*examples(*EVENTS), *cases_of(ENDED, *numbered(5))])
    assert counted(report) == {"passed": 6, "failed": 3}


@pytest.mark.parametrize("kind", ["timeout", "dropped"])
def test_always_silent(kind):
    """An endpoint that never answers is asked a few times, once of them alone, and gets one finding."""
    target = FakeTarget(lambda _: silence(kind))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))], jobs=1)
    (finding,) = report.findings
    assert finding.summary.startswith("no event gets an answer: ")
    assert len(target.sent) == CONFIRMATIONS + 1
    assert counted(report) == {"failed": 1, "not run": 33}
    assert report.exit_code == 1


def test_always_something_other_than_http():
    """Answers that are not HTTP are a finding that says so, with the wire's own advice."""
    what = "127.0.0.1:9 speaks TLS, not plain HTTP (after 0.00 s)."
    target = FakeTarget(lambda _: silence("protocol", what, next_step="Is it an https:// URL?"))
    (finding,) = run(target, examples(*EVENTS)).findings
    assert finding.summary == "no event gets an answer: the answer is not HTTP"
    assert finding.got == "127.0.0.1:9 speaks TLS, not plain HTTP (after 0.00 s), every time"
    assert finding.hint == "Is it an https:// URL?"


@pytest.mark.parametrize(
    ("jobs", "hint"), [(1, ""), (3, " (3 at a time; --jobs 1 sends one after the other)")]
)
def test_a_cold_start(jobs, hint):
    """Requests that got no answer while the endpoint started are repeated, and nothing is reported."""
    target = FakeTarget(lambda s: silence() if s.number <= 3 else answer(200))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9))], jobs=jobs)
    assert counted(report) == {"passed": 13}
    assert len(target.sent) == 16
    assert report.notes == (f"Left without an answer at first, answered when repeated alone: 3{hint}.",)
    assert report.exit_code == 0


# --- without the ordinary events ---


def test_a_single_case_that_hangs():
    """One selected case that hangs is a finding of its own."""
    report = run(FakeTarget(lambda _: silence()), cases_of(MESSAGE, "n1"))
    (finding,) = report.findings
    assert (finding.rule, finding.got) == ("ADA402", "no answer in time, every time")
    assert report.stopped == "Stopped: nothing is answered, so the rest was not sent."


def test_the_first_case_hangs_and_the_others_do_not():
    """Without ordinary events, a first case that hangs does not speak for the others."""
    target = FakeTarget(lambda s: silence() if s.mark == "n0" else answer(200))
    report = run(target, cases_of(MESSAGE, *numbered(9)))
    assert counted(report) == {"failed": 1, "passed": 8}
    assert report.stopped == ""


def test_one_failure_among_selected_cases():
    """Without ordinary events, cases that fail in one way are each a finding: the ordinary may be good."""
    report = run(FakeTarget(lambda _: answer(500)), cases_of(MESSAGE, *numbered(9)))
    assert [finding.summary for finding in report.findings] == [f"the mark is n{n}" for n in range(9)]


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_everything_selected_is_refused(status):
    """Without ordinary events, an answer that tells of the address or the secret still gets one finding."""
    optional = cases_of(ENDED, "absent", answer="either", handled="may")
    forged = cases_of(ENDED, "forged", rule="ADA301", forgery=UNSIGNED)
    report = run(FakeTarget(lambda _: answer(status)), [*cases_of(MESSAGE, *numbered(9)), *optional, *forged])
    (finding,) = report.findings
    assert finding.got == f"{status}, every time"
    assert counted(report) == {"failed": 9, "passed": 2}


# --- connections ---


def test_refused_at_once():
    """Where not one connection can be made in two seconds, there is no report but an error with a next step."""
    target = FakeTarget(lambda _: silence("refused", "127.0.0.1:9 refused the connection.", "Is it running?"))
    started = target.clock.monotonic()
    with pytest.raises(TargetError) as caught:
        run(target, examples(*EVENTS))
    assert (caught.value.what, caught.value.next_step) == (
        "127.0.0.1:9 refused the connection.",
        "Is it running?",
    )
    assert not caught.value.usage
    assert len(target.sent) == 5
    assert target.clock.monotonic() == pytest.approx(started + COMING_UP)


@pytest.mark.parametrize(
    "not_yet", [silence("refused"), answer(503), answer(502), answer(503, retry_after="4")]
)
def test_a_service_that_is_starting(not_yet):
    """A service that comes up while the first event waits for it is checked as if it had been there."""
    target = FakeTarget()
    began = target.clock.monotonic()
    target.answering = lambda _: not_yet if target.clock.monotonic() < began + 1.4 else answer(200)
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9))])
    assert counted(report) == {"passed": 13}
    assert (report.findings, report.notes) == ((), ())


def test_a_service_that_never_starts():
    """A service that is not available for so long gets one finding that asks whether it is still starting."""
    target = FakeTarget(lambda _: answer(503, b"warming up", retry_after="5"))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9))])
    (finding,) = report.findings
    assert finding.summary == "the service is not available: still starting?"
    assert finding.hint == (
        "It still answers 503 after some seconds. Is the service still starting, or does a proxy before it not"
        " reach it? Start the check when it is ready."
    )
    assert STARTING <= report.seconds <= STARTING + 15


# --- an endpoint that is not the handler ---

PAGE = b"<!doctype html><html><head><title>Shop</title></head><body><div id=app></div></body></html>"


def test_a_web_page_to_everything():
    """A page in answer to an event, to a forgery and at a made-up path is not the handler's: is the path right?"""
    target = FakeTarget(lambda _: answer(200, PAGE))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9))])
    (finding,) = report.findings
    assert (finding.summary, finding.got) == (
        "a web page comes back, at a made-up path too: this is not the webhook handler",
        "200 and a web page, every time",
    )
    assert finding.hint == (
        "Is the path right? A web page (HTML, 'Shop') comes back to everything: to a forged request, and at a"
        " made-up path next to this one. Give the path of the webhook endpoint in the URL, or with --path."
    )
    assert counted(report) == {"failed": 4, "not run": 9}
    assert (report.stopped, report.exit_code) == (
        "Stopped: a web page comes back to everything, so the rest was not sent.",
        1,
    )
    (elsewhere,) = [sent.path for sent in target.sent if sent.path is not None]
    assert re.fullmatch("/adakit-made-up-[0-9a-f]{8}", elsewhere)


@pytest.mark.parametrize(
    "answering",
    [
        lambda sent: answer(404) if sent.path else answer(200, PAGE),
        lambda sent: answer(200, PAGE) if "svix-id" in sent.headers else answer(401),
        lambda sent: answer(200, PAGE if sent.event == MESSAGE else b"ok"),
        lambda sent: answer(200, b"ok", content_type="text/html"),
    ],
)
def test_a_handler_that_answers_pages(answering):
    """A page at the one path alone, to signed events alone, or to some of them, is the handler's own answer."""
    report = run(FakeTarget(answering), [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(9))])
    assert (counted(report), report.findings) == ({"passed": 13}, ())


@pytest.mark.parametrize(("elsewhere", "notes"), [(200, 1), (404, 0)])
def test_forgeries_are_accepted_anywhere(elsewhere, notes):
    """Where forgeries are accepted and a made-up path is answered alike, a note asks whether the path is right."""
    forged = cases_of(ENDED, "forged", rule="ADA301", forgery=UNSIGNED)
    target = FakeTarget(lambda sent: answer(elsewhere if sent.path else 200, b"ok"))
    report = run(target, [*examples(*EVENTS), *forged])
    assert [finding.rule for finding in report.findings] == ["ADA301"]
    assert (
        report.notes
        == (
            "Forgeries are accepted, and a made-up path next to this one is answered alike: is the path right?",
        )[:notes]
    )


@pytest.mark.parametrize("kind", ["dns", "tls", "refused"])
def test_an_error_without_advice_gets_one(kind):
    """Every error about connections names a next step."""
    with pytest.raises(TargetError) as caught:
        run(FakeTarget(lambda _: silence(kind)), examples(*EVENTS))
    assert caught.value.next_step == "Is the URL right, and the service running?"


@pytest.mark.parametrize("kind", ["refused", "dns", "tls"])
def test_the_endpoint_dies(kind):
    """An endpoint that takes no connections any more ends the run, after three attempts a second apart."""
    target = FakeTarget(lambda s: silence(kind) if s.number > 10 else answer(200))
    cases = [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30)), *cases_of(ENDED, *numbered(30))]
    report = run(target, cases, jobs=1)
    assert counted(report) == {"passed": 10, "failed": 3, "not run": 51}
    assert [finding.cause for finding in report.findings] == ["no connection"] * 3
    assert report.stopped == (f"Stopped: the endpoint no longer takes connections (seen at {ENDED}/n9).")
    assert report.seconds == pytest.approx(3 * RESTART)
    assert report.exit_code == 1


def test_the_endpoint_restarts():
    """An endpoint that is away for a moment is given a second, and nothing is reported."""
    target = FakeTarget()
    target.answering = lambda _: (
        silence("refused") if len(target.sent) > 4 and target.clock.now() < began + RESTART else answer(200)
    )
    began = target.clock.now()
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))], jobs=1)
    assert counted(report) == {"passed": 34}
    assert report.exit_code == 0


def test_protocol_errors_are_not_repeated():
    """An answer that is not HTTP is judged at once: it is an answer."""
    target = FakeTarget(lambda s: silence("protocol") if s.mark == "n1" else answer(200))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, "n1")])
    assert [finding.cause for finding in report.findings] == ["the answer is not HTTP"]
    assert times_sent(target, "n1") == 1


# --- the rest ---


def test_not_applicable_in_process():
    """What differs on the wire only is not sent to an application in process, and is left out of coverage."""
    on_wire = next(form for form in authentic(ada_profile()) if form.over_http)
    cases = [*examples(*EVENTS), *cases_of(ENDED, "case", rule=on_wire.rule, form=on_wire, needs=("http",))]
    report = run(FakeTarget(in_process=True), cases)
    assert counted(report) == {"passed": 4, "not applicable": 1}
    assert report.results[-1].note == "makes a difference over HTTP only"
    assert report.coverage == 1.0
    assert counted(run(FakeTarget(), cases)) == {"passed": 5}


def test_nothing_applies():
    """A selection of which nothing applies in process is a usage error that says what to do."""
    with pytest.raises(UsageError) as caught:
        run(FakeTarget(in_process=True), cases_of(ENDED, "case", rule="ADA309", needs=("http",)))
    assert str(caught.value) == (
        "None of the selected cases applies to an application in process.\n"
        "  They make a difference over HTTP only: run the application and give its URL."
    )


def test_unsigned():
    """A run without a secret says that it signed nothing."""
    target = FakeTarget()
    report = run(target, examples(*EVENTS), secrets=())
    assert report.notes == ("Requests were not signed (secret: none), so the rules ADA3xx were left out.",)
    assert all("svix-signature" not in sent.headers for sent in target.sent)


def test_every_case_without_a_secret():
    """To a consumer that verifies nothing every case can be sent that is not about signing, unsigned."""
    target = FakeTarget(lambda sent: answer(400 if b"\xff" in sent.body or b'\xc3"' in sent.body else 200))
    cases = planned(Options(), unsigned=True)
    report = run(target, cases, secrets=())
    assert counted(report) == {"passed": len(cases)}
    assert report.findings == ()
    assert not any("svix-signature" in sent.headers for sent in target.sent)
