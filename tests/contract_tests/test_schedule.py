"""The order of the cases, and what a limited time has room for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ada_contract_tests.engine.schedule import in_turns, kind_of
from ada_contract_tests.reports.json import render
from ada_contract_tests.reports.wording import not_tried
from ada_contract_tests.suites.registry import all_cases, case_named
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from support.fake_targets import (
    EVENTS,
    MESSAGE,
    FakeTarget,
    cases_of,
    counted,
    examples,
    numbered,
    outcomes,
    run,
)


@pytest.mark.parametrize(
    ("case_id", "kind"),
    [
        ("conversation.message/enum:data.author.role:human_agent", "enum"),
        ("conversation.created/forward:unknown-key:data", "forward:unknown-key"),
        ("conversation.created/absent:type", "absent"),
        ("conversation.message/signature:malformed:id", "signature:malformed:id"),
        ("conversation.message/delivery:burst", "delivery:burst"),
        ("any/body:deep:lists", "body:deep:lists"),
    ],
)
def test_kinds(case_id, kind):
    """The kind of a case is its id before the path that it is about."""
    assert kind_of(case_named(case_id)) == kind


def test_combinations_are_one_kind():
    """Combinations of two facts are one kind, whichever the facts are."""
    assert {kind_of(case) for case in all_cases() if case.rule == "ADA109"} == {"combination"}


def test_every_kind_comes_before_any_comes_again():
    """All kinds of all rules come once, then those that have more come again; nothing is lost."""
    cases = in_turns(all_cases())
    assert sorted(case.id for case in cases) == sorted(case.id for case in all_cases())
    kinds = [(case.rule, kind_of(case)) for case in cases]
    first_again = next(n for n, kind in enumerate(kinds) if kind in kinds[:n])
    assert set(kinds[:first_again]) == set(kinds)
    assert first_again < 150


def test_rules_and_events_take_turns():
    """Among the first cases are all rules, and all events; what ends the run begins it."""
    cases = in_turns(all_cases())
    rules = {case.rule for case in all_cases()}
    assert {case.rule for case in cases[: len(rules) + 1]} == rules
    assert len({case.event for case in cases[:60]}) == 8
    assert cases[0].at_the_end


class SlowTarget(FakeTarget):
    """Answers one request after the other, each after a second."""

    free_at = float("-inf")
    seconds = 1.0

    async def request(self, headers, body, *, timeout, **options):
        """Take a turn of a second behind those that wait already."""
        came = self.clock.now()
        found = await super().request(headers, body, timeout=timeout, **options)
        self.free_at = max(self.free_at, came) + self.seconds
        took = self.free_at - came
        if self.clock.now() < self.free_at:
            await self.clock.sleep(self.free_at - self.clock.now())
        return Attempt(response=replace(found.response, elapsed=took))


def slow_run(seconds=1.0, *, cases, budget=None, **options):
    target = SlowTarget()
    target.seconds = seconds
    return target, run(target, cases, budget=budget, **options)


def test_a_serial_consumer_gets_a_verdict_in_time():
    """A consumer that takes one request a second is checked for as long as there is time, and accused of nothing."""
    target, report = slow_run(cases=list(all_cases()), budget=120.0)
    assert not [finding for finding in report.findings if finding.rule in ("ADA402", "ADA405")]
    assert 90 <= report.seconds <= 125
    assert report.stopped == ""
    tried = {result.case.rule for result in report.results if result.outcome != "not run"}
    assert tried == {case.rule for case in all_cases()}
    assert target.most_together < 8
    assert not_tried(report).startswith("The 120 s of the check were up: ")
    assert '"not_tried": {' in render(report)


def test_what_was_not_tried_is_told():
    """A run that had no time for all is good, says what it left out, and is not for --strict."""
    _, report = slow_run(cases=[*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))], budget=20.0)
    counts = counted(report)
    assert counts["passed"] + counts["not run"] == 64
    assert 0 < counts["not run"] < 60
    assert report.untried == {"ADA102": counts["not run"]}
    assert (report.exit_code, report.strictly().exit_code) == (0, 1)
    assert report.strictly().stopped == f"--strict asks for every case: {counts['not run']} were not tried."
    assert not_tried(report) == (
        f"The 20 s of the check were up: {counts['not run']} of 64 cases were not tried, by rule\n"
        f"      ADA102 {counts['not run']}\n"
        "      Each kind of each rule comes before any comes again; --budget SECONDS gives more time."
    )
    assert report.notes == (
        "An answer takes 1.0 s, and longer among others; so at the end 1 went at a time.",
    )
    assert report.seconds <= 22


def test_without_a_limit_all_are_tried():
    """Without a budget a slow consumer is sent every case."""
    _, report = slow_run(cases=[*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))])
    assert (counted(report), report.untried) == ({"passed": 64}, {})


def test_long_cases_come_last():
    """A case that takes much of the time comes when the others are through, and is left out if that is too late."""
    burst = case_named(f"{MESSAGE}/delivery:long-conversation")
    others = cases_of(MESSAGE, *numbered(20))
    _, report = slow_run(cases=[*examples(*EVENTS), burst, *others], budget=100.0)
    assert outcomes(report)[burst.id] == "not run"
    assert counted(report) == {"passed": 24, "not run": 1}
    target, report = slow_run(0.6, cases=[*examples(*EVENTS), burst, *others], budget=150.0)
    assert counted(report) == {"passed": 25}
    assert target.sent[-1].event == MESSAGE
    assert "" not in [sent.mark for sent in target.sent[:24]]


def test_a_burst_is_no_more_than_can_be_answered_in_time():
    """A slow consumer gets as many deliveries at once as it can answer within the time limit."""
    burst = case_named(f"{MESSAGE}/delivery:burst")
    target, report = slow_run(cases=[*examples(*EVENTS), burst])
    assert (counted(report), report.findings) == ({"passed": 5}, ())
    assert len(target.sent) == len(EVENTS) + 7


def test_a_consumer_that_works_on_many_at_a_time():
    """Answers that take long, and no longer among others, hold nothing back."""
    target = FakeTarget(lambda _: Attempt(response=Response(200, (), b"", 0.9)))
    report = run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(60))])
    assert target.most_together == 8
    assert report.notes == ()


def test_a_quick_consumer_is_never_held_back():
    """Answers in no time say nothing about how many may go at a time."""
    target = FakeTarget(
        lambda sent: Attempt(response=Response(200, (), b"", 0.5 if sent.number % 9 == 0 else 0.01))
    )
    run(target, [*examples(*EVENTS), *cases_of(MESSAGE, *numbered(90))])
    assert target.most_together == 8
