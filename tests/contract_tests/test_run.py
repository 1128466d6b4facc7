"""The run against consumers in memory: what is sent, what is repeated, and when it stops."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from ada_contract_tests.engine.circuit_breaker import CONFIRMATIONS, PATIENCE
from ada_contract_tests.engine.run import RESTART
from ada_contract_tests.engine.run_events import CaseFinished, RunFinished, RunStopped
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.suites.signatures import AUTHENTIC, UNSIGNED
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError, TargetError, UsageError
from support.fake_targets import SECRET, FakeTarget, answer, carried_out, cases_of, run, silence

EVENTS = ("conversation.created", "conversation.message", "conversation.ended", "end_user.created")
MESSAGE = "conversation.message"
ENDED = "conversation.ended"


def examples(*events):
    return [case for event in events for case in cases_of(event, "example", rule="ADA101")]


def numbered(count):
    return [f"n{number}" for number in range(count)]


def outcomes(report):
    return {result.case.id: result.outcome for result in report.results}


def counted(report):
    return Counter(result.outcome for result in report.results)


def times_sent(target, mark):
    """How often the message with that mark was sent."""
    return sum(sent.event == MESSAGE and sent.mark == mark for sent in target.sent)


def late_case(event=MESSAGE):
    return case_named(f"{event}/delivery:duplicate-at-the-end")


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
    assert seen[5:] == [RunFinished(report)]


def test_a_run_that_stops_says_so():
    """The reason is told once, before the end of the run."""
    seen = []
    report = run(FakeTarget(lambda _: answer(500)), examples(*EVENTS), notify=seen.append)
    assert seen[-2:] == [RunStopped(report.stopped), RunFinished(report)]
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
    assert [f.case for f in report.findings] == [f"{MESSAGE}/{m}" for m in ("example", "n0", "n1")]
    assert [times_sent(target, m) for m in ("n0", "n1", "n2")] == [2, 2, 0]
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
        "not sent: the endpoint drops connections on hostile input in place of conversation.message": 6,
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


# --- connections ---


def test_refused_at_once():
    """Where not one connection can be made there is no report but an error with a next step."""
    target = FakeTarget(lambda _: silence("refused", "127.0.0.1:9 refused the connection.", "Is it running?"))
    with pytest.raises(TargetError) as caught:
        run(target, examples(*EVENTS))
    assert (caught.value.what, caught.value.next_step) == (
        "127.0.0.1:9 refused the connection.",
        "Is it running?",
    )
    assert not caught.value.usage
    assert len(target.sent) == 1


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
    assert report.stopped == (f"Stopped: the endpoint no longer takes connections (seen at {ENDED}/n4).")
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


# --- the rest ---


def test_not_applicable_in_process():
    """What differs on the wire only is not sent to an application in process, and is left out of coverage."""
    on_wire = next(form for form in AUTHENTIC if form.over_http)
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


@pytest.mark.parametrize(
    ("accept", "severities", "outcome"),
    [(None, ["warning"], "passed"), ("200", ["error"], "failed"), ("2xx", [], "passed")],
)
def test_other_2xx(accept, severities, outcome):
    """A status of 204 is one warning an event, one error with --accept 200, nothing with --accept 2xx."""
    status = cases_of(ENDED, "status:200", rule="ADA401")
    report = run(FakeTarget(lambda _: answer(204)), [*examples(*EVENTS), *status], accept=accept)
    assert [finding.severity for finding in report.findings] == severities
    assert outcomes(report)[f"{ENDED}/status:200"] == outcome
    assert all(finding.reproduce == (f"repeat {ENDED}/status:200",) for finding in report.findings)


def test_retry_after():
    """A consumer that asks to slow down gets the same message again, fewer deliveries at a time, and a note."""

    def answering(sent):
        first = sum(s.headers["svix-id"] == sent.headers["svix-id"] for s in target.sent) == 1
        return answer(429, retry_after="2") if sent.mark == "n3" and first else answer(200)

    target = FakeTarget(answering)
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))])
    assert counted(report) == {"passed": 34}
    assert report.notes == ("The consumer asked to slow down (Retry-After); at the end 4 went at a time.",)
    assert report.seconds == pytest.approx(2.0)


def test_unsigned():
    """A run without a secret says that it signed nothing."""
    target = FakeTarget()
    report = run(target, examples(*EVENTS), secrets=())
    assert report.notes == ("Requests were not signed (secret: none), so the rules ADA3xx were left out.",)
    assert all("svix-signature" not in sent.headers for sent in target.sent)


# --- what belongs at the end of a run ---


def test_a_duplicate_at_the_end():
    """The event comes again, with its svix-id, when everything else has come."""
    target = FakeTarget()
    report = run(target, [late_case(), *examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))])
    first = next(
        n
        for n, sent in enumerate(target.sent)
        if sent.headers["svix-id"] == target.sent[-1].headers["svix-id"]
    )
    assert first < 10
    assert len(target.sent) == 36
    assert target.sent[first].body == target.sent[-1].body
    assert report.findings == ()


def test_a_consumer_that_forgets():
    """A consumer that remembers a few ids only, and refuses what it stored before, fails at the end."""
    stored, recent = set(), []

    def answering(sent):
        if sent.body in stored and sent.headers["svix-id"] not in recent[-20:]:
            return answer(500)
        stored.add(sent.body)
        recent.append(sent.headers["svix-id"])
        return answer(200)

    report = run(FakeTarget(answering), [late_case(), *examples(*EVENTS), *cases_of(MESSAGE, *numbered(30))])
    (finding,) = report.findings
    assert (finding.rule, finding.case, finding.got) == ("ADA403", late_case().id, "500")
    assert (
        finding.summary
        == "the same event comes again when all others have come (again at the end of the run)"
    )


def test_no_duplicate_at_the_end_of_what_failed():
    """What was refused is not sent again at the end."""
    target = FakeTarget(lambda sent: answer(500 if sent.event == MESSAGE else 200))
    run(target, [late_case(), *examples("conversation.created", "conversation.ended")])
    assert [sent.event for sent in target.sent].count(MESSAGE) == 1


def test_a_duplicate_at_the_end_without_a_run():
    """Carried out by itself, the case makes both deliveries."""
    deliveries = carried_out(late_case()).deliveries
    assert [delivery.label for delivery in deliveries] == ["first", "again at the end of the run"]
    assert len({delivery.message_id for delivery in deliveries}) == 1


# --- what is no event ---


@pytest.mark.parametrize(("to_a_signature", "severity"), [(401, "error"), (500, "warning")])
def test_malformed_json(to_a_signature, severity):
    """A 5xx to malformed JSON is a warning where a malformed signature is answered 5xx too, else an error."""

    def answering(sent):
        try:
            json.loads(sent.body)
        except ValueError:
            return answer(500)
        return answer(200 if "," in sent.headers["svix-signature"] else to_a_signature)

    case = case_named("any/body:malformed-json:truncated")
    (finding,) = run(FakeTarget(answering), [*examples(*EVENTS), case]).findings
    assert (finding.rule, finding.severity, finding.got) == ("ADA501", severity, "500")


# --- forgeries among a case's deliveries ---


def forged_after():
    return case_named(f"{MESSAGE}/signature:forged-after")


def is_signed(sent):
    try:
        verify(SECRET, sent.headers, sent.body, now=int(sent.headers["svix-timestamp"]))
    except SignatureError:
        return False
    return True


def test_a_consumer_that_trusts_known_ids():
    """A forgery under the id of an event that was verified is a forgery: accepting it is an error."""
    known = set()

    def answering(sent):
        trusted = sent.headers["svix-id"] in known or is_signed(sent)
        known.add(sent.headers["svix-id"])
        return answer(200 if trusted else 401)

    (finding,) = run(FakeTarget(answering), [*examples(*EVENTS), forged_after()]).findings
    assert (finding.rule, finding.severity, finding.expected, finding.got) == (
        "ADA302",
        "error",
        "a refusal (4xx)",
        "200 (the forged request was accepted)",
    )
    assert finding.summary.endswith("(the forgery, after the true event)")


def test_a_forgery_after_the_event_that_is_refused():
    """A consumer that verifies every request passes."""
    target = FakeTarget(lambda sent: answer(200 if is_signed(sent) else 401))
    assert run(target, [*examples(*EVENTS), forged_after()]).findings == ()
