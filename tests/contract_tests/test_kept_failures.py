"""Kept failures: the next run sends them first, and forgets those that no longer fail."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

from ada_contract_tests.fuzz import draw
from ada_contract_tests.fuzz.kept import KeptFailures
from ada_contract_tests.suites.edits import Edit, FuzzedEvent, Step
from ada_contract_tests.suites.fuzzed import fuzzed_of_id
from ada_schemas.contract.contract import shipped
from support.fake_targets import FakeTarget, answer
from support.fuzzed import CREATED, ENDED, MESSAGE, body, fuzz, message, sequence

CONTRACT = shipped()
AREA, SEQUENCES = f"{MESSAGE}/fuzz:documented", "any/fuzz:sequences"
TARGET = "http://consumer.example/hook"


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """Sets what is drawn of each area, in place of chance: nothing, unless a test says so."""
    made = {}
    monkeypatch.setattr(draw, "drawn", lambda _contract, area, **_: made.get(area, []))

    def draws(*fuzzed):
        made.clear()
        for each in fuzzed:
            made.setdefault(each.area, []).append(each)

    return draws


def consumer(*words):
    """A consumer that answers 500 to messages with one of the words in them."""
    return FakeTarget(lambda sent: answer(500 if any(word in sent.body.decode() for word in words) else 200))


def kept(folder, *areas, target=TARGET, contract=CONTRACT):
    return KeptFailures(folder, target).of(areas or (AREA, SEQUENCES), contract)


def write(folder, area, text, target=TARGET):
    """Keep an entry of any bytes."""
    DirectoryBasedExampleDatabase(folder).save(f"adakit fuzz {target} {area}".encode(), text)


def test_what_is_kept(tmp_path):
    """What is kept is read again, by the area and the target that it belongs to."""
    failures = KeptFailures(tmp_path, TARGET)
    for fuzzed in (
        message(body("=")),
        message(body("%")),
        sequence(Step(CREATED), Step(ENDED, late=True, at=0.5)),
    ):
        assert failures.keep(fuzzed)
    assert sorted(str(f.parts) for f in kept(tmp_path)) == sorted(
        str(f.parts)
        for f in (
            message(body("=")),
            message(body("%")),
            sequence(Step(CREATED), Step(ENDED, late=True, at=0.5)),
        )
    )
    assert kept(tmp_path, f"{CREATED}/fuzz:documented", f"{MESSAGE}/fuzz:hostile") == []
    assert kept(tmp_path, target="other:app") == []
    failures.forget(message(body("=")))
    assert kept(tmp_path, AREA) == [message(body("%"))]


@pytest.mark.parametrize(
    "entry",
    [
        b"\xff\xfe",
        b"",
        b"nonsense",
        b"null",
        b"[1, 2]",
        b"[" * 100_000,
        b'[[["data", "content", "body"], "put", 1]]',
        b'[[["data", "content", "body"], "put", NaN]]',
    ],
)
def test_an_entry_that_is_none(tmp_path, entry):
    """What cannot be read, or could not be sent, is forgotten, and what lies beside it is not."""
    failures = KeptFailures(tmp_path, TARGET)
    failures.keep(message(body("=")))
    write(tmp_path, AREA, entry)
    assert kept(tmp_path, AREA) == [message(body("="))]
    assert (
        len(list(DirectoryBasedExampleDatabase(tmp_path).fetch(f"adakit fuzz {TARGET} {AREA}".encode()))) == 1
    )


def test_a_failure_of_another_contract(tmp_path):
    """An event that the contract of this run has no more is forgotten."""
    failures = KeptFailures(tmp_path, TARGET)
    failures.keep(sequence(Step(CREATED), Step(MESSAGE)))
    other = replace(CONTRACT, events=tuple(e for e in CONTRACT.events if e.name != MESSAGE))
    assert kept(tmp_path, contract=other) == []
    assert kept(tmp_path) == []


def test_a_found_failure_is_kept(tmp_path, drawn):
    """The smallest that fails is kept, not what was drawn, and found by the next run that draws nothing."""
    drawn(message(body("a = b"), Edit(("data", "message_id"), "id", "Ab3-" * 9)))
    (first,) = fuzz(consumer(" = "), folder=tmp_path).findings
    assert kept(tmp_path) == [fuzzed_of_id(first.case, CONTRACT)]
    drawn()
    (again,) = fuzz(consumer(" = "), folder=tmp_path).findings
    assert (again.case, again.changes) == (first.case, first.changes)
    assert fuzz(consumer(" = "), folder=tmp_path / "other").findings == ()


def test_a_kept_failure_is_sent_first(tmp_path, drawn):
    """It comes before all that is drawn, behind the ordinary events alone."""
    KeptFailures(tmp_path, TARGET).keep(message(body("kept")))
    drawn(*(message(body(f"text {n}")) for n in range(20)))
    target = consumer("kept")
    assert len(fuzz(target, folder=tmp_path).findings) == 1
    assert b'"kept"' in target.sent[1].body


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (("one",), "1 failure that was kept no longer fails."),
        (("one", "two"), "2 failures that were kept no longer fail."),
    ],
)
def test_a_failure_that_is_fixed(tmp_path, drawn, words, note):
    """After the fix the run is clean, says so once, and the failure is forgotten."""
    for word in words:
        KeptFailures(tmp_path, TARGET).keep(message(body(word)))
    report = fuzz(consumer(), folder=tmp_path)
    assert (report.findings, report.exit_code, report.notes[1:]) == ((), 0, (note,))
    assert kept(tmp_path) == []
    assert fuzz(consumer(), folder=tmp_path).notes[1:] == ()


def test_a_failure_that_comes_back(tmp_path, drawn):
    """One that passed beside others, and fails when it is sent alone, is found, and not forgotten."""
    KeptFailures(tmp_path, TARGET).keep(message(body("kept")))
    times = iter([200] + [500] * 100)
    target = FakeTarget(lambda sent: answer(next(times) if "kept" in sent.body.decode() else 200))
    report = fuzz(target, folder=tmp_path)
    assert report.notes[1:] == ()
    [[(path, before, after)]] = [finding.changes for finding in report.findings]
    assert (path, after) == ("data.content.body", '"kept"')
    assert before not in ('"kept"', "")
    assert kept(tmp_path) == [message(body("kept"))]


def test_a_failure_of_an_area_that_was_not_asked_for(tmp_path, drawn):
    """A kept failure stays where its area is not fuzzed, and where it was not sent."""
    KeptFailures(tmp_path, TARGET).keep(FuzzedEvent(MESSAGE, "hostile", (body("kept"),)))
    KeptFailures(tmp_path, TARGET).keep(message(body("kept")))
    fuzz(consumer(), folder=tmp_path, select="ADA702")
    assert len(kept(tmp_path, AREA, f"{MESSAGE}/fuzz:hostile")) == 2
    stopping = FakeTarget(lambda _: answer(429))
    fuzz(stopping, folder=tmp_path)
    assert kept(tmp_path, AREA) == [message(body("kept"))]


def test_a_kept_sequence(tmp_path, drawn):
    """Sequences are kept as events are."""
    drawn(sequence(Step(CREATED), Step(MESSAGE, at=1), Step(ENDED, at=2), Step(MESSAGE, at=3, ordinal=1)))
    seen = []

    def answering(sent):
        seen.append(sent.event)
        late = sent.event == MESSAGE and len(seen) > 1 and seen[-2] == ENDED
        return answer(500 if late else 200)

    events = f"{CREATED},{MESSAGE},{ENDED}"
    report = fuzz(FakeTarget(answering), folder=tmp_path, select="ADA704", events=events)
    assert len(report.findings) == 1
    drawn()
    again = fuzz(FakeTarget(answering), folder=tmp_path, select="ADA704", events=events)
    assert [f.case for f in again.findings] == [f.case for f in report.findings]


def test_nothing_is_written_without_a_failure(tmp_path, drawn):
    """A clean run leaves no folder behind."""
    fuzz(consumer(), folder=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_entries_are_plain_json(tmp_path):
    """An entry is the event itself: it outlives a change of what is drawn."""
    KeptFailures(tmp_path, TARGET).keep(message(body("=")))
    (entry,) = DirectoryBasedExampleDatabase(tmp_path).fetch(f"adakit fuzz {TARGET} {AREA}".encode())
    assert json.loads(entry) == [[["data", "content", "body"], "put", "="]]
