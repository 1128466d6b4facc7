"""Fuzzing a consumer: what fails is found, made as small as it gets, sure, and reported as any other finding."""

from __future__ import annotations

import re

import pytest

from ada_contract_tests.engine.run_events import CaseFinished, RunFinished
from ada_contract_tests.engine.shrinking import MOST_CAUSES
from ada_contract_tests.engine.witness import Witness
from ada_contract_tests.fuzz import draw
from ada_contract_tests.suites.edits import Edit, FuzzedEvent, Step
from ada_contract_tests.suites.fuzzed import fuzzed_of_id
from ada_schemas.contract.contract import shipped
from support.fake_targets import FakeTarget, answer, outcomes, silence
from support.fuzzed import CREATED, ENDED, MESSAGE, body, fuzz, message, sequence
from support.witnessed_consumer import Consumer, once

CONTRACT = shipped()
UPDATED = "end_user.updated"
DOCUMENTED, FORWARD, HOSTILE = (f"{MESSAGE}/fuzz:{mode}" for mode in ("documented", "forward", "hostile"))
SEQUENCES = "any/fuzz:sequences"


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Without Schemathesis, wherever the tests run."""
    monkeypatch.setattr(draw, "is_installed", lambda: False)


@pytest.fixture
def drawn(monkeypatch):
    """Sets what is drawn of each area, in place of chance."""
    made = {}
    monkeypatch.setattr(draw, "drawn", lambda _contract, area, **_: made.get(area, []))

    def draws(*fuzzed):
        for each in fuzzed:
            made.setdefault(each.area, []).append(each)

    return draws


def text_of(sent):
    """The text of a message, "" for one of another kind or none."""
    data = sent.json.get("data")
    content = data.get("content") if isinstance(data, dict) else None
    found = content.get("body") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""


def refusing(fault, *, place="app.py:7", status=500):
    """A consumer that answers 500, at a line of its own, to what has the fault."""
    traceback = f'Traceback:\n  File "/srv/{place.partition(":")[0]}", line {place.partition(":")[2]}, in hook\nKeyError: 1\n'
    return FakeTarget(
        lambda sent: answer(status, traceback=traceback if place else None) if fault(sent) else answer(200)
    )


def found(report):
    """(rule, severity, summary, got) of every finding."""
    return [(f.rule, f.severity, f.summary, f.got) for f in report.findings]


def held(finding):
    """The event or sequence of a finding, as its id holds it."""
    return fuzzed_of_id(finding.case, CONTRACT)


ROLE = Edit(("data", "author", "role"), "put", "human_agent")
FILE = Edit(("data", "content"), "put", {"type": "file"})
NATIVE = Edit(("data", "channel"), "put", {"type": "native"})


def three_way(sent):
    """A message of a person at work, with a file, on a native channel."""
    data = sent.json["data"]
    return sent.event == MESSAGE and (
        data["author"].get("role"),
        data["content"].get("type"),
        data["channel"].get("type"),
    ) == ("human_agent", "file", "native")


# --- what is found ---


def test_a_good_consumer():
    """Nothing is found; each area has passed, and says how much was sent for it."""
    target = FakeTarget()
    report = fuzz(target, 20, select="ADA7xx", events=f"{MESSAGE},{ENDED}")
    assert (report.findings, report.exit_code, report.stopped) == ((), 0, "")
    assert outcomes(report) == {
        **{
            f"{event}/fuzz:{mode}": "passed"
            for event in (MESSAGE, ENDED)
            for mode in ("documented", "forward", "hostile")
        },
        SEQUENCES: "passed",
    }
    sent = sum(result.tries for result in report.results)
    assert 60 <= sent <= 20 + 20 + 4 * 5 + 20 + 2
    assert report.notes == (f"Fuzzed: {sent} events and sequences, {len(target.sent)} deliveries, 0 s.",)


def test_three_facts_together(drawn):
    """Of an event with many edits those are reported that fail together, with all that repeats it."""
    others = [
        body("text"),
        Edit(("data", "ai_agent_domain"), "remove"),
        Edit(("data", "message_id"), "id", "Ab3-" * 9),
    ]
    drawn(message(*others), message(others[0], ROLE, others[1], FILE, others[2], NATIVE), message(ROLE, FILE))
    report = fuzz(refusing(three_way))
    (finding,) = report.findings
    assert held(finding) == message(ROLE, FILE, NATIVE)
    assert (finding.rule, finding.severity, finding.event, finding.expected, finding.got) == (
        "ADA701",
        "error",
        MESSAGE,
        "2xx",
        "500",
    )
    assert finding.cause == "KeyError: 1 (app.py:7)"
    assert {path for path, _, _ in finding.changes} >= {
        "data.author.role",
        "data.content.type",
        "data.channel.type",
    }
    assert finding.reproduce[0] == f"adakit check http://consumer.example/hook --case {finding.case} --seed 1"
    assert (outcomes(report), report.exit_code) == ({DOCUMENTED: "failed"}, 1)
    assert report.results[0].finding is finding


def test_a_finding_is_repeated_by_its_id(drawn):
    """The line that a finding prints finds the same again, without fuzzing, with the same bytes."""
    drawn(message(ROLE, FILE, NATIVE, body("x")))
    (finding,) = fuzz(refusing(three_way)).findings
    (again,) = fuzz(refusing(three_way), cases=(finding.case,)).findings
    assert (again.case, again.rule, again.changes) == (finding.case, "ADA701", finding.changes)
    once_more = [refusing(three_way), refusing(three_way)]
    for target in once_more:
        fuzz(target, cases=(finding.case,))
    assert once_more[0].sent[0].body == once_more[1].sent[0].body


@pytest.mark.parametrize(
    ("fault", "summary"),
    [
        (lambda sent: len(text_of(sent)) > 2_000, "content.body has 2,001 characters"),
        (lambda sent: text_of(sent).startswith("="), 'content.body is "="'),
        (lambda sent: "%" in text_of(sent), 'content.body is "%"'),
    ],
)
def test_drawn_faults_in_texts(fault, summary):
    """Lengths and characters at which programs are known to break are among some hundred events."""
    assert found(fuzz(refusing(fault), 300)) == [("ADA701", "error", summary, "500")]


def test_a_number_in_metadata():
    """A number beyond a column's range is found in an entry of a map, and the least of them reported."""

    def fault(sent):
        values = (sent.json["data"].get("metadata") or {}).values()
        return any(type(value) is int and value > 2**31 - 1 for value in values)

    report = fuzz(refusing(fault), 40, events=CREATED)
    assert found(report) == [("ADA701", "error", 'metadata is {"key": 2147483648}', "500")]


@pytest.mark.parametrize("jobs", [1, 8])
def test_the_same_seed_finds_the_same(jobs):
    """Two runs with one seed have the same findings, to the id, however many deliveries are under way."""
    runs = [
        fuzz(refusing(lambda sent: "%" in text_of(sent)), 120, seed=seed, jobs=n)
        for seed, n in ((3, 1), (3, jobs))
    ]
    assert runs[0].findings == runs[1].findings != ()


def test_a_form_is_not_taken_apart(drawn):
    """A time that fails stays a time: over a part of it any consumer would stumble."""
    moment = "2026-06-15T12:00:00.120000+05:45"

    def fault(sent):
        return sent.event == MESSAGE and not sent.json["data"]["created_at"].endswith(("Z", "00"))

    drawn(message(Edit(("data", "created_at"), "put", moment), body("text")))
    assert found(fuzz(refusing(fault))) == [("ADA701", "error", f'created_at is "{moment}"', "500")]


def test_additions(drawn):
    """What the versioning policy allows is an error of its own rule, shrunk like the rest."""
    new = Edit(("data", "author", "new_thing"), "put", {"new_a": [1, 2, 3], "new_b": "text"})
    drawn(
        FuzzedEvent(MESSAGE, "forward", (new, body("text"), Edit(("data", "message_id"), "id", "Ab3-" * 9)))
    )
    report = fuzz(refusing(lambda sent: "new_thing" in sent.json["data"].get("author", {})), select="ADA702")
    assert found(report) == [("ADA702", "error", "author.new_thing is {}", "500")]


def test_hostile_events_only_warn(drawn):
    """Values beyond the contract may be refused; a 5xx is a warning, an error with --strict."""
    wrong = FuzzedEvent(
        MESSAGE, "hostile", (Edit(("data", "author"), "put", [1, 2]), Edit(("data", "content"), "remove"))
    )
    drawn(wrong)
    fault = lambda sent: sent.event == MESSAGE and isinstance(sent.json["data"].get("author"), list)  # noqa: E731
    assert fuzz(refusing(fault, status=400), select="ADA703").findings == ()
    report = fuzz(refusing(fault), select="ADA703")
    assert found(report) == [("ADA703", "warning", "author is []", "500")]
    assert (report.exit_code, outcomes(report)) == (0, {HOSTILE: "passed"})
    strict = fuzz(refusing(fault), select="ADA703", strict=True)
    assert (strict.exit_code, outcomes(strict)) == (1, {HOSTILE: "failed"})


def test_a_sequence(drawn):
    """A sequence is reported with the fewest deliveries that fail, and what comes of each."""
    seen = {}

    def fault(sent):
        of = seen.setdefault(sent.json["data"].get("conversation_id"), [])
        of.append(sent.event)
        return sent.event == ENDED and of.count(MESSAGE) >= 2

    steps = [
        Step(CREATED),
        *(Step(MESSAGE, ordinal=n, at=n) for n in range(4)),
        Step(UPDATED, at=9),
        Step(ENDED, at=99),
    ]
    drawn(sequence(*steps, Step(CREATED, talk=1, person=1)))
    report = fuzz(refusing(fault), select="ADA704", events=f"{CREATED},{MESSAGE},{ENDED},{UPDATED}")
    (finding,) = report.findings
    assert [step.event for step in held(finding).steps] == [MESSAGE, MESSAGE, ENDED]
    assert (finding.rule, finding.event, finding.got) == ("ADA704", "any", "500")
    assert (
        finding.summary
        == "3 deliveries, the last of them: conversation.ended of conversation A (delivery 3 of 3)"
    )
    assert finding.hint.splitlines()[0] == "Follow these deliveries, one after the other:"
    assert [line.partition(",")[0] for line in finding.hint.splitlines()[1:]] == [
        "1. conversation.message of conversation A",
        "2. conversation.message 2 of conversation A",
        "3. conversation.ended of conversation A",
    ]


def test_a_sequence_of_one_is_an_event(drawn):
    """What one delivery does by itself is reported of that event."""
    drawn(sequence(Step(CREATED), Step(MESSAGE, edits=(body("stop"),)), Step(ENDED)))
    report = fuzz(refusing(lambda sent: text_of(sent) == "stop"), select="ADA704", events="*")
    (finding,) = report.findings
    assert (finding.event, held(finding)) == (MESSAGE, message(body("stop")))


# --- one finding a cause ---


def test_one_cause_one_finding(drawn):
    """Failures at one line are one finding, the smallest of them."""
    drawn(*(message(body("=" * n), Edit(("data", "message_id"), "id", "Ab3-" * n)) for n in range(3, 9)))
    report = fuzz(refusing(lambda sent: "=" in text_of(sent)))
    assert found(report) == [("ADA701", "error", 'content.body is "="', "500")]


def test_two_causes_two_findings(drawn):
    """Failures at two lines are two findings; without a line, those that nothing smaller explains."""
    drawn(message(body("=")), message(ROLE, FILE, NATIVE))

    def answering(sent):
        if three_way(sent):
            return answer(500)
        return answer(500) if "=" in text_of(sent) else answer(200)

    summaries = [f.summary for f in fuzz(FakeTarget(answering)).findings]
    assert len(summaries) == 2
    assert 'content.body is "="' in summaries


def test_what_an_enumerated_case_shows_is_not_found_again(drawn):
    """A line that an enumerated case has shown is no news, and neither is one of its facts beside others."""
    drawn(message(Edit(("data", "author", "role"), "put", "human_agent"), FILE, body("x")))
    fault = lambda sent: sent.event == MESSAGE and sent.json["data"]["content"].get("type") == "file"  # noqa: E731
    for place in ("app.py:7", ""):
        report = fuzz(refusing(fault, place=place), select="ADA103,ADA701")
        assert {f.rule for f in report.findings} == {"ADA103"}
        assert outcomes(report)[DOCUMENTED] == "passed"


def test_a_line_that_another_event_has_shown(drawn):
    """An exception that an enumerated case of one event has shown is no news of another."""
    drawn(FuzzedEvent(ENDED, "documented", (Edit(("data", "ai_agent_domain"), "put", "a.ada.support"),)))

    def fault(sent):
        data = sent.json["data"]
        return data.get("ai_agent_domain") == "a.ada.support" or data.get("content", {}).get("type") == "file"

    report = fuzz(refusing(fault), select="ADA103,ADA701", events=f"{MESSAGE},{ENDED}")
    assert {f.rule for f in report.findings} == {"ADA103"}


@pytest.mark.parametrize(
    ("select", "notes"),
    [
        ("ADA101", ("Nothing was fuzzed: the selection leaves out ADA7xx.",)),
        ("ADA101,ADA701", ("Fuzzed: 1 events and sequences, 1 deliveries, 0 s.",)),
    ],
)
def test_a_selection_without_what_is_drawn(drawn, select, notes):
    """Where the rules of what is drawn are left out, the report says that nothing was."""
    report = fuzz(refusing(lambda _: False), select=select)
    assert report.notes == notes


def test_many_causes(drawn):
    """Beyond a number of causes a failure is reported as it was drawn, and the report says so."""
    drawn(*(message(body(f"token{n}"), ROLE) for n in range(MOST_CAUSES + 2)))

    def answering(sent):
        number = re.fullmatch(r"token(\d)", text_of(sent))
        if number is None:
            return answer(200)
        return answer(500, traceback=f'T:\n  File "/srv/app.py", line 1{number[1]}, in f\nOddError: 1\n')

    report = fuzz(FakeTarget(answering))
    assert sorted(f.cause for f in report.findings) == [
        f"OddError: 1 (app.py:1{n})" for n in range(MOST_CAUSES + 2)
    ]
    assert sorted(len(held(f).edits) for f in report.findings) == [1] * MOST_CAUSES + [2, 2]
    assert report.notes[1:] == ("Failures of 2 further causes were not shrunk: fix these first.",)


def test_an_ordinary_event_that_fails():
    """Where ordinary events fail too that is the one finding, and none of what is drawn."""
    report = fuzz(
        refusing(lambda sent: sent.event == MESSAGE), 5, select="ADA7xx", events=f"{MESSAGE},{ENDED}"
    )
    assert found(report) == [("ADA701", "error", "an ordinary event", "500")]
    assert held(report.findings[0]) == message()
    assert outcomes(report)[DOCUMENTED] == "failed"
    plain = fuzz(refusing(lambda sent: sent.event == MESSAGE, place=""), 5, select="ADA7xx", events="*")
    assert [(f.event, f.summary) for f in plain.findings] == [(MESSAGE, "an ordinary event")]
    enumerated = fuzz(
        refusing(lambda sent: sent.event == MESSAGE, place=""),
        5,
        select="ADA101,ADA7xx",
        events=f"{MESSAGE},{ENDED}",
    )
    assert {f.rule for f in enumerated.findings} == {"ADA101"}


def test_a_consumer_that_always_fails():
    """Where the enumerated cases have shown that every event fails nothing is drawn."""
    target = refusing(lambda _: True)
    report = fuzz(target, select="ADA101,ADA701")
    assert [(f.rule, f.got) for f in report.findings] == [("ADA101", "500, every time")]
    assert {r.note for r in report.results if r.case.id == DOCUMENTED} == {report.stopped}
    assert len(target.sent) < 10


# --- flaky ---


def test_flaky(drawn):
    """A failure that does not come again when it is sent alone is said, and not reported."""
    drawn(*(message(body(f"text {n}")) for n in range(6)))
    report = fuzz(FakeTarget(lambda sent: answer(500 if sent.number == 4 else 200)))
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.notes[1:] == (
        "Flaky: 1 failure of fuzzed events did not come again when they were sent alone.",
    )


def test_what_fails_now_and_then_is_flaky(drawn):
    """The smallest must fail each time that it is sent again, or it is none."""
    drawn(message(body("text"), ROLE))
    times = iter(range(10_000))
    target = FakeTarget(
        lambda sent: answer(500 if text_of(sent) and "text" in text_of(sent) and next(times) < 3 else 200)
    )
    report = fuzz(target)
    assert report.findings == ()
    assert report.notes[1].startswith("Flaky: 1 failure")


# --- the witness ---


def witnessed(doing):
    """A consumer with a witness, and the witness."""
    consumer = Consumer(doing)
    return {"target": consumer.target, "witness": Witness(consumer.ask, consumer.target.clock)}


def test_acknowledged_and_lost(drawn):
    """An event that was answered 200 and had no effect is shrunk by what the witness says."""
    drawn(
        message(body("some text = more"), ROLE, Edit(("data", "message_id"), "id", "Ab3-" * 9)),
        message(body("ok")),
    )
    consumer = witnessed(lambda sent, known: (200, None if "=" in text_of(sent) else once(sent, known)[1]))
    report = fuzz(**consumer, select="ADA701,ADA6xx")
    assert found(report) == [
        ("ADA601", "error", 'content.body is "="', "answered 200, and the witness says: nothing")
    ]
    assert report.findings[0].changes == (("data.content.body", report.findings[0].changes[0][1], '"="'),)


def test_handled_twice(drawn):
    """A message whose repetition is handled again, after another, is shrunk to those deliveries."""
    last = {}

    def doing(sent, known):
        talk, own = sent.json["data"].get("conversation_id"), sent.headers["svix-id"]
        twice = known and last.get(talk) == own
        last[talk] = own
        return 200, "duplicate" if twice else "handled"

    steps = [
        Step(CREATED),
        Step(MESSAGE, at=1),
        Step(ENDED, at=2),
        Step(MESSAGE, at=1, again=1),
        Step(UPDATED, at=3),
    ]
    drawn(sequence(*steps))
    report = fuzz(**witnessed(doing), select="ADA704,ADA6xx", events=f"{CREATED},{MESSAGE},{ENDED},{UPDATED}")
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("ADA603", "error")
    assert [step.event for step in held(finding).steps if step.event == MESSAGE] == [MESSAGE, MESSAGE]
    assert len(held(finding).steps) == 3


def test_what_may_be_ignored(drawn):
    """Additions and values beyond the contract may be acknowledged and ignored."""
    new = Edit(("data", "new_thing"), "put", 1)
    drawn(FuzzedEvent(MESSAGE, "forward", (new,)), FuzzedEvent(MESSAGE, "hostile", (new,)))
    consumer = witnessed(lambda sent, _: (200, "ignored" if "new_thing" in sent.json["data"] else "handled"))
    assert fuzz(**consumer, select="ADA702,ADA703,ADA6xx").findings == ()


# --- consumers that answer late, seldom, or not at all ---


def test_a_hang(drawn):
    """An event without an answer is found like one with a wrong answer."""
    drawn(message(body("(" * 30 + ")"), ROLE), message(body("ok")))
    report = fuzz(
        FakeTarget(lambda sent: silence() if "((" in text_of(sent) else answer(200)), select="ADA701,ADA402"
    )
    assert [(f.rule, f.summary) for f in report.findings] == [("ADA402", 'content.body is "(("')]


@pytest.mark.parametrize(
    ("kind", "stopped", "note"),
    [
        ("refused", True, "Fuzzed: 7 of 31 events and sequences, 15 deliveries, 3 s."),
        (
            "timeout",
            False,
            "Fuzzed: 7 of 31 events and sequences, 15 deliveries, 165 s; not sent: the endpoint hangs on {}.",
        ),
    ],
)
def test_an_endpoint_that_falls_silent(drawn, kind, stopped, note):
    """An endpoint that answers nothing any more ends it, and no fact of an event is blamed."""
    drawn(*(message(body(f"text {n}")) for n in range(30)))
    report = fuzz(FakeTarget(lambda sent: answer(200) if sent.number < 5 else silence(kind)))
    assert [f.summary for f in report.findings] == ["an ordinary event"]
    assert (report.notes, bool(report.stopped), report.exit_code) == ((note.format(MESSAGE),), stopped, 1)


def test_a_rate_limit(drawn):
    """What is put off is no verdict on an event; the report says that it ended there."""
    drawn(*(message(body(f"text {n}")) for n in range(30)))
    report = fuzz(FakeTarget(lambda sent: answer(200) if sent.number <= 10 else answer(429)))
    assert (report.findings, report.exit_code, report.stopped) == ((), 0, "")
    assert report.notes[-1] == "Fuzzing ended early: the endpoint limits its rate (10 requests in 0 s)."


# --- time ---


def test_the_time_is_up(drawn):
    """With --fuzz-seconds no more is sent than there is time for; the rest is for shrinking."""
    drawn(*(message(body(f"text {n}")) for n in range(200)))
    target = FakeTarget()

    def answering(sent):
        target.clock.advance(1.0)
        return answer(500 if text_of(sent) == "text 3" else 200)

    target.answering = answering
    report = fuzz(target, seconds=100.0)
    assert len(report.findings) == 1
    assert 64 < len(target.sent) <= 101
    assert report.notes[0] == (
        f"Fuzzed: 64 of 201 events and sequences, {len(target.sent)} deliveries, {len(target.sent)} s; "
        "the time was up (--fuzz-seconds gives more)."
    )
    assert report.results[0].note == "64 of 201 sent"


@pytest.mark.parametrize(("each", "parts", "sent"), [(1.0, 4, 61), (12.0, 2, 41), (50.0, 1, 35)])
def test_drawing_takes_long(monkeypatch, each, parts, sent):
    """Nothing more is drawn than there is time for, and however long it took, sending has its share."""
    target, made = FakeTarget(), []

    def drawing(*_, number, **__):
        target.clock.advance(each)
        made.append(number)
        return [message(body(f"text {len(made)} {n}")) for n in range(number)]

    def answering(_):
        target.clock.advance(1.0)
        return answer(200)

    monkeypatch.setattr(draw, "drawn", drawing)
    target.answering = answering
    fuzz(target, 2_000, seconds=100.0)
    assert made == [500] * parts
    assert len(target.sent) == pytest.approx(sent, abs=1)


def test_no_time_to_shrink(drawn):
    """A failure that there was no time for is reported as it was drawn."""
    drawn(*(message(body(f"text {n}"), ROLE) for n in range(20)))
    target = FakeTarget()

    def answering(sent):
        failing = "text 19" in text_of(sent)
        target.clock.advance(60.0 if failing else 0.1)
        return answer(500 if failing else 200)

    target.answering = answering
    report = fuzz(target, seconds=50.0)
    assert [held(f) for f in report.findings] == [message(body("text 19"), ROLE)]
    assert report.notes[-1] == "Failures of 1 further causes were not shrunk: fix these first."


def test_progress():
    """Progress counts what was drawn; the end of the check is told once, with the whole report."""
    seen = []
    report = fuzz(FakeTarget(), 5, select="ADA101,ADA701", notify=seen.append)
    assert seen[-1] == RunFinished(report)
    assert [type(event) for event in seen].count(RunFinished) == 1
    fuzzed = [event for event in seen if isinstance(event, CaseFinished) and "/fuzz:" in event.result.case.id]
    assert [event.done for event in fuzzed] == [*range(1, len(fuzzed) + 1)]
    assert {event.total for event in fuzzed} == {report.results[-1].tries} == {len(fuzzed)}


# --- reports ---


def test_an_event_too_long_for_an_id(drawn, tmp_path):
    """What does not fit into a command is repeated from what was kept."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 900)))
    drawn(message(body(text)))
    report = fuzz(refusing(lambda sent: text_of(sent) == text), folder=tmp_path / "kept")
    (finding,) = report.findings
    line = f"adakit check http://consumer.example/hook --fuzz 1 --fuzz-db {tmp_path}/kept --case {DOCUMENTED} --seed 1"
    assert finding.reproduce == (line,)


def test_a_folder_that_cannot_be_written(drawn, tmp_path):
    """Where failures cannot be kept the report says so; the finding stands."""
    drawn(message(body("=")))
    (tmp_path / "file").write_text("", encoding="utf-8")
    report = fuzz(refusing(lambda sent: text_of(sent) == "="), folder=tmp_path / "file" / "kept")
    assert len(report.findings) == 1
    assert report.notes[1:] == (f"Failures are not kept: {tmp_path}/file/kept cannot be written.",)
