"""The session: one case after the other, and what the whole of them shows."""

from __future__ import annotations

import asyncio

import pytest

from ada_contract_tests.suites.registry import case_named
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError
from support.fake_targets import (
    ENDED,
    EVENTS,
    MESSAGE,
    SECRET,
    FakeTarget,
    answer,
    carried_out,
    cases_of,
    counted,
    examples,
    numbered,
    outcomes,
    run,
    session,
    silence,
)


def within(made, *cases):
    """The results of carrying cases out on a session, one after the other."""

    async def main():
        await made.start()
        return [await made.run_case(case) for case in cases]

    return asyncio.run(main())


def test_a_case_is_judged_at_once():
    """A case that was answered has its verdict, and the session keeps it."""
    made = session(FakeTarget(lambda sent: answer(500 if sent.mark == "bad" else 200)))
    good, bad = within(made, *cases_of(MESSAGE, "good", "bad"))
    assert (good.outcome, good.finding, good.attempt.status) == ("passed", None, 200)
    assert (bad.outcome, bad.finding.got, bad.finding.reproduce) == (
        "failed",
        "500",
        (f"repeat {MESSAGE}/bad",),
    )
    assert made.results == {f"{MESSAGE}/good": good, f"{MESSAGE}/bad": bad}


def test_silence_is_no_verdict_until_it_is_repeated_alone():
    """A case without an answer is kept; repeated alone, it is judged by that, and the first one counts no more."""
    target = FakeTarget(lambda _: silence())
    made = session(target)
    (case,) = cases_of(MESSAGE, "a")
    (first,) = within(made, case)
    assert (first.outcome, first.note) == ("not run", "got no answer, and was not repeated alone")
    assert made.results == {}
    again = asyncio.run(made.run_case(case, alone=True, earlier=first.exchange))
    assert (again.outcome, again.finding.rule) == ("failed", "ADA402")
    assert made.results == {case.id: again}
    assert [delivery.final for delivery in made.sender.ledger] == [False, True]


@pytest.mark.parametrize(("accept", "severities"), [(None, ["warning"]), ("200", ["error"]), ("2xx", [])])
def test_closing_tells_of_other_statuses(accept, severities):
    """What only all cases together show is told when the session is closed."""
    made = session(FakeTarget(lambda _: answer(202)), accept=accept)
    within(made, case_named(f"{ENDED}/status:200"), *cases_of(ENDED, "a"))
    found = asyncio.run(made.close())
    assert [(finding.severity, finding.case) for finding in found] == [
        (severity, f"{ENDED}/status:200") for severity in severities
    ]
    assert all(finding.got == "202 to 2 deliveries" for finding in found)


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


def late_case(event=MESSAGE):
    return case_named(f"{event}/delivery:duplicate-at-the-end")


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
