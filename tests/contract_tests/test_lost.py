"""ADA601: what was acknowledged and never handled, in one finding for each thing that explains it."""

from __future__ import annotations

import asyncio

import pytest

from ada_contract_tests.engine.ignores import read_ignores
from ada_contract_tests.engine.witness import LONGEST_WAIT, Witness, entries_seen
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.suites.selection import Selection
from ada_schemas.contract.paths import get
from support.fake_targets import cases_of, run, session
from support.witnessed_consumer import Consumer

MESSAGE, CREATED = "conversation.message", "conversation.created"
ALL_CODES = frozenset({"ADA601", "ADA602", "ADA603"})
CASES = [case_named(f"{MESSAGE}/absent:type")]
CASES += Selection(select="ADA101,ADA102,ADA103,ADA104,ADA105,ADA109,ADA403", events=(MESSAGE,)).choose()
ROLE, CONTENT = f"{MESSAGE}:data.author.role=end_user", f"{MESSAGE}:data.content.type=link,file"


def agents_texts(sent, known, *, told="ignored"):
    """Acts on what agents write as text, and on whatever is no message; tells the rest, or does not."""
    if sent.event != MESSAGE:
        return 200, "handled"
    if known:
        return 200, "duplicate"
    acts = get(sent.json, "data.author.role") in ("ai_agent", "human_agent")
    return 200, "handled" if acts and get(sent.json, "data.content.type") == "text" else told


def report_of(doing, cases=CASES, *, ignores=(), **options):
    consumer = Consumer(doing)
    witness = Witness(consumer.ask, consumer.target.clock)
    declared = read_ignores(ignores)
    return run(consumer.target, list(cases), witness=witness, codes=ALL_CODES, ignores=declared, **options)


def advice(declaration):
    return (
        "Handle it. If it is ignored on purpose, declare that, with pytest as a line of ada_ignores:\n"
        f"--ignores '{declaration}'"
    )


def test_what_tells_the_ignored_from_the_handled():
    """Each member that decides is one finding, with its declaration; never is every message called ignored."""
    report = report_of(agents_texts)
    by_role, by_type = report.findings
    assert (by_role.severity, by_type.severity) == ("error", "error")
    assert (
        by_role.summary == "conversation.message with data.author.role end_user is acknowledged and ignored"
    )
    assert by_type.summary == (
        "conversation.message with data.content.type link or file is acknowledged and ignored"
    )
    assert by_role.hint == advice(ROLE)
    assert by_type.hint == advice(CONTENT)
    assert by_role.case != by_type.case
    count = int(by_role.got.split()[-1])
    assert count > 50
    assert by_role.got == f"ignored, {count} times out of {count}"


def test_a_witness_that_tells_the_handled_alone():
    """Without an entry for what is ignored it is the same: the facts, and the declarations."""
    silent = report_of(lambda sent, known: agents_texts(sent, known, told=None))
    by_role, by_type = silent.findings
    assert [f.hint for f in silent.findings] == [advice(ROLE), advice(CONTENT)]
    assert by_role.severity == "error"
    assert by_role.summary == (
        "conversation.message with data.author.role end_user is acknowledged and never handled"
    )
    count = int(by_type.got.split()[-1])
    assert by_type.got == f"the witness says nothing, {count} times out of {count}"
    assert by_type.cause == "conversation.message with data.content.type link or file is lost"


@pytest.mark.parametrize("told", [{}, {"type": MESSAGE}, {"type": None}])
def test_a_witness_that_does_not_tell_the_type(told):
    """An entry is matched by its id: that its type is missing, or written otherwise, makes nothing ignored."""
    consumer = Consumer(lambda sent, known: agents_texts(sent, known, told=None))

    async def ask(only):
        told_of = [{"svix_id": e["svix_id"], "status": e["status"], **told} for e in consumer.entries]
        return entries_seen(told_of, only)

    witness = Witness(ask, consumer.target.clock)
    report = run(consumer.target, list(CASES), witness=witness, codes=ALL_CODES, ignores=read_ignores(()))
    assert [f.hint for f in report.findings] == [advice(ROLE), advice(CONTENT)]


def test_the_lines_that_repeat_it_show_something_handled_too():
    """Alone, one ignored message would be a whole event type that is ignored, which is a warning."""
    (found,) = report_of(
        agents_texts, ignores=[CONTENT], reproduce=lambda *cases: [c.id for c in cases]
    ).findings
    first, beside = found.reproduce
    assert first == found.case == f"{MESSAGE}/enum:data.author.role:end_user"
    assert beside == f"{MESSAGE}/enum:data.author.role:ai_agent"


@pytest.mark.parametrize("told", ["ignored", None])
def test_declared(told):
    """What is declared may be ignored, duplicates and the last event included; the report counts it."""
    report = report_of(lambda sent, known: agents_texts(sent, known, told=told), ignores=[ROLE, CONTENT])
    assert report.findings == ()
    by_role, by_type = report.notes
    assert by_role.startswith(f"Declared as ignored: {ROLE} covered ")
    assert int(by_role.split()[-2]) > int(by_type.split()[-2]) > 10
    assert by_type.endswith(" deliveries.")


def test_declared_in_part():
    """What is not declared is an error still."""
    assert [f.hint for f in report_of(agents_texts, ignores=[ROLE]).findings] == [advice(CONTENT)]
    assert [f.hint for f in report_of(agents_texts, ignores=[CONTENT]).findings] == [advice(ROLE)]


def test_declared_and_handled_all_the_same():
    """A declaration forbids nothing."""
    assert (
        report_of(lambda _, known: (200, "duplicate" if known else "handled"), ignores=[ROLE]).findings == ()
    )


def test_declared_and_handled_twice():
    """A declaration does not excuse what is handled twice."""
    report = report_of(lambda _sent, _known: (200, "handled"), ignores=[ROLE])
    assert {f.rule for f in report.findings} == {"ADA603"}


def test_a_declaration_that_covers_nothing():
    """That a declaration covered nothing is said."""
    never = "audit_log.emitted:data.activity=created"
    assert report_of(lambda _, known: (200, "duplicate" if known else "handled"), ignores=[never]).notes == (
        f"Declared as ignored: {never} covered no deliveries.",
    )


def test_a_declaration_without_a_witness():
    """Without a witness a declaration has no effect, which is said as well."""
    report = run(
        Consumer(agents_texts).target, cases_of(MESSAGE, "a", rule="ADA101"), ignores=read_ignores([ROLE])
    )
    assert report.notes == (
        f"Declared as ignored: {ROLE} covered 1 delivery; only a witness (--seen-url) shows what was ignored.",
    )


def test_one_message_that_no_member_explains():
    """A message like others that were handled is an error of its own case."""
    cases = [*CASES, *cases_of(MESSAGE, "a")]
    report = report_of(
        lambda sent, known: (200, "ignored" if sent.mark == "a" else "duplicate" if known else "handled"),
        cases,
    )
    (found,) = report.findings
    assert (found.case, found.severity, found.hint) == (f"{MESSAGE}/a", "error", "")
    assert found.got == "answered 200, and the witness says: ignored"


def test_one_message_of_its_kind():
    """A single message that a fact would explain is told better by its case."""
    cases = Selection(select="ADA101,ADA103", events=(MESSAGE,)).choose()
    report = report_of(
        lambda sent, _: (200, "ignored" if get(sent.json, "data.content.type") == "link" else "handled"),
        cases,
    )
    (found,) = report.findings
    assert (found.case, found.summary) == (
        f"{MESSAGE}/union:data.content:link",
        "data.content is of type link",
    )


def test_the_last_event_is_one_that_must_be_handled():
    """The events at the end, which show a batch that waits, are none that may be ignored."""
    consumer = Consumer()
    cases = [*cases_of(MESSAGE, "a", rule="ADA101"), *cases_of(CREATED, "b", rule="ADA101")]
    witness = Witness(consumer.ask, consumer.target.clock)
    run(consumer.target, cases, witness=witness, codes=ALL_CODES, ignores=read_ignores([ROLE]))
    assert [sent.event for sent in consumer.target.sent] == [MESSAGE, CREATED, CREATED, CREATED]


def test_a_bug_is_named_by_what_it_loses():
    """Messages that are lost for a null are one error, which names the member."""

    def doing(sent, known):
        if known:
            return 200, "duplicate"
        return 200, None if get(sent.json, "data.author.avatar") is None else "handled"

    (found,) = report_of(doing).findings
    assert found.severity == "error"
    assert (
        found.summary == "conversation.message with data.author.avatar null is acknowledged and never handled"
    )
    assert found.case == f"{MESSAGE}/null:data.author.avatar"


def test_an_event_type_without_any_entry():
    """An event type that the witness never speaks of is one error, which says how to leave it out."""
    handled = cases_of(CREATED, "x", rule="ADA101")
    report = report_of(
        lambda sent, _: (200, None if sent.event == MESSAGE else "handled"),
        [*handled, *cases_of(MESSAGE, "a", "b", rule="ADA101")],
    )
    (found,) = report.findings
    assert (found.rule, found.severity, found.case) == ("ADA601", "error", f"{MESSAGE}/a")
    assert found.summary == "every conversation.message is acknowledged and never handled"
    assert found.got == "the witness says nothing, 2 times out of 2"
    assert found.hint == "Handle it. If that is on purpose, say so: --events '!conversation.message'."


@pytest.mark.parametrize(
    "cases", [cases_of(MESSAGE, "a", rule="ADA101"), cases_of(MESSAGE, "a", "b", rule="ADA103")]
)
def test_too_little_to_speak_of_every_one(cases):
    """One event, or none that is ordinary, is told by its case: nothing says that the others are lost too."""
    report = report_of(lambda _sent, _known: (200, None), cases)
    assert [(f.case, f.summary, f.got) for f in report.findings] == [
        (one.id, one.summary, "answered 200, and the witness says: nothing") for one in cases
    ]


def test_a_consumer_that_is_still_at_work():
    """What a slow queue has not come to when the wait ends is held against nobody, and said."""
    consumer = Consumer(lambda _sent, _known: (200, None))
    cases = cases_of(MESSAGE, *"abc", rule="ADA101")
    clock = consumer.target.clock
    started = clock.monotonic()

    async def ask(only):
        done = int((clock.monotonic() - started) / 4)
        consumer.entries = [
            {"svix_id": f"other {n}", "type": "v1.x", "status": "handled"} for n in range(done)
        ]
        return await consumer.ask(only)

    report = run(consumer.target, cases, witness=Witness(ask, clock), codes=ALL_CODES)
    assert report.findings == ()
    assert clock.monotonic() - started >= LONGEST_WAIT
    assert report.notes == (
        (
            "90 s after the run the consumer was still at work: 3 deliveries without an entry of the witness were"
            " not judged."
        ),
    )


def test_a_run_that_was_cut_short():
    """Once a run was stopped, only what the witness says of a message counts, not that it says nothing."""
    consumer = Consumer(lambda sent, _: (200, "rejected" if sent.mark == "b" else None))
    made = session(consumer.target, witness=Witness(consumer.ask, consumer.target.clock), codes=ALL_CODES)

    async def main():
        await made.start()
        for case in cases_of(MESSAGE, "a", "b"):
            await made.run_case(case)
        made.stopped = "Stopped."
        return await made.close()

    (found,) = asyncio.run(main())
    assert (found.case, found.got) == (f"{MESSAGE}/b", "answered 200, and the witness says: rejected")


def test_an_event_type_that_is_ignored():
    """A consumer that ignores a whole event type gets one warning, which says how to leave it out."""
    consumer = Consumer(lambda sent, _: (200, "ignored" if sent.event == MESSAGE else "handled"))
    witness = Witness(consumer.ask, consumer.target.clock)
    cases = [*cases_of(CREATED, "x", rule="ADA101"), *cases_of(MESSAGE, "a", "b", "c")]
    (finding,) = run(consumer.target, cases, witness=witness, codes=ALL_CODES).findings
    assert (finding.rule, finding.severity, finding.got) == ("ADA601", "warning", "ignored, 3 times out of 3")
    assert finding.hint == "If that is on purpose, say so: --events '!conversation.message'."


@pytest.mark.parametrize("told", ["ignored", None])
def test_nothing_is_handled(told):
    """Where every type is ignored it is one error: a service is for something."""
    cases = Selection(select="ADA101").choose()
    (finding,) = report_of(lambda *_: (200, told), cases).findings
    assert (finding.rule, finding.severity) == ("ADA601", "error")
    fate, said = ("ignored", "ignored") if told else ("never handled", "the witness says nothing")
    assert finding.summary == f"every event of every type is acknowledged and {fate}"
    number = len(cases) + 2 * bool(told)  # two more come at the end, where nothing is waited for any more
    assert finding.got == f"{said}, {number} times out of {number}"
    assert finding.hint == "Handle what the service is for; tell the witness of it as `handled`."


def test_all_but_one_type_is_ignored():
    """A service for one kind of event may ignore the others: warnings, each with the way to leave it out."""
    report = report_of(
        lambda sent, _: (200, "handled" if sent.event == CREATED else "ignored"),
        Selection(select="ADA101").choose(),
    )
    assert {finding.severity for finding in report.findings} == {"warning"}
    assert len(report.findings) == 6
