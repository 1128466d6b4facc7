"""Findings of one cause make a group, the one that explains it best first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest

from ada_contract_tests.findings import Finding
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.suites.registry import all_cases
from support.faulty_consumers import finding_of as bare
from support.faulty_consumers import findings_of

CREATED, MESSAGE, USER = "conversation.created", "conversation.message", "end_user.created"
FILE = f"{MESSAGE}/union:data.content:file"


def finding_of(case, cause, *, rule="ADA102", severity="error", changes=()):
    return Finding(rule, case, MESSAGE, severity, "summary", "2xx", "500", cause, changes=changes)


def test_groups():
    """Findings of one cause are a group; errors come first, then the largest group."""
    findings = [
        finding_of("w", "x", severity="warning"),
        finding_of("a", "rare"),
        finding_of("b", "frequent"),
        finding_of("c", "frequent"),
    ]
    groups = group_findings(findings)
    assert [(g.severity, g.cause, [f.case for f in g.findings]) for g in groups] == [
        ("error", "frequent", ["b", "c"]),
        ("error", "rare", ["a"]),
        ("warning", "x", ["w"]),
    ]


def test_warnings_and_errors_of_one_cause():
    """A cause that is a warning here and an error there is two groups."""
    found = group_findings([finding_of("a", "x", severity="warning"), finding_of("b", "x")])
    assert [g.severity for g in found] == ["error", "warning"]


def test_the_simplest_comes_first():
    """The first of a group has the lowest rule, then the fewest changes, then the shortest values."""
    long, short = (("p", "1", "xx"),), (("p", "1", "x"),)
    findings = [
        finding_of("high", "x", rule="ADA201"),
        finding_of("two", "x", changes=short * 2),
        finding_of("long", "x", changes=long),
        finding_of("short", "x", changes=short),
    ]
    (group,) = group_findings(findings)
    assert [f.case for f in group.findings] == ["short", "long", "two", "high"]


@pytest.mark.parametrize(
    "cause", ["KeyError: 'body' (a.py:1)", 'status 400: {"body":["null"]}', "body: required"]
)
def test_the_member_of_the_cause_comes_first(cause):
    """What differs in the member alone that the cause names explains it best; a documented example, worst."""
    other, itself = (("data.role", "1", "2"), ("data.body", "1", "null")), (("data.body", "1", "null"),)
    findings = [
        finding_of("example", cause, rule="ADA101", changes=other),
        finding_of("role", cause, rule="ADA102", changes=other),
        finding_of("null", cause, rule="ADA104", changes=itself),
    ]
    (group,) = group_findings(findings)
    assert [f.case for f in group.findings] == ["null", "role", "example"]
    (group,) = group_findings([finding_of("ordinary", cause, rule="ADA101"), *findings[:2]])
    assert [f.case for f in group.findings] == ["ordinary", "role", "example"]


# --- of consumers ---


def fixed_format(event, _):
    datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")


def groups(found):
    """The title and the cases of each group; the line of the user in the title as AT."""
    return [
        (re.sub(r"\btest_grouping\.py:\d+", "AT", group.cause), [finding.case for finding in group.findings])
        for group in group_findings(found)
    ]


def test_one_exception_over_several_events_is_one_group():
    """One exception at one line is one cause, though its message quotes other values."""
    events = [CREATED, MESSAGE, USER]
    cases = [f"{event}/time:timestamp:{form}" for event in events for form in ("seconds-z", "naive-seconds")]
    found = findings_of(fixed_format, f"{CREATED}/example:complete", *cases)
    assert len({finding.cause for finding in found}) == 2
    ((_, grouped),) = groups(found)
    assert sorted(grouped) == sorted(cases)


def test_a_value_that_a_table_lacks_is_one_group_and_a_member_that_lacks_another():
    """The values that a look-up misses are one cause, at one line; the names of members stay apart."""

    def reads(event, _):
        {"end_user": 1}[event["data"]["author"]["role"]]
        return event["data"]["content"]["body"] and event["data"]["message_id"]

    roles = [f"{MESSAGE}/enum:data.author.role:{role}" for role in ("ai_agent", "human_agent")]
    missing = [f"{MESSAGE}/absent:data.message_id", FILE]
    found = findings_of(
        reads, f"{CREATED}/status:200", f"{MESSAGE}/enum:data.author.role:end_user", *roles, *missing
    )
    kept = [finding for finding in found if finding.event == MESSAGE]
    assert [(len(cases), title.partition(" (")[0]) for title, cases in groups(kept)] == [
        (2, "KeyError: 'human_agent'"),
        (1, "KeyError: 'message_id'"),
        (1, "KeyError: 'body'"),
    ]


def test_a_bare_status_is_told_apart_by_kind():
    """Where nothing is known but the status, other kinds are other groups, each with a title and its own advice."""

    def handle(event, _):
        told = event.get("tags") == [] or event["data"].get("author", {"id": 1})["id"] is None
        return (500, "") if told or len(event["data"].get("content", {}).get("body", "")) > 9000 else None

    found = findings_of(
        handle,
        f"{MESSAGE}/example:complete",
        f"{MESSAGE}/null:data.author.id",
        f"{MESSAGE}/enum:data.author.role:human_agent",
        f"{MESSAGE}/length:data.content:text.body:10000-characters",
        f"{MESSAGE}/length:data.content:text.body:100000-characters",
        f"{USER}/list:tags:empty",
    )
    assert groups(found) == [
        (
            "status 500 (data.author.id is null)",
            [f"{MESSAGE}/null:data.author.id", f"{MESSAGE}/enum:data.author.role:human_agent"],
        ),
        (
            "status 500 (length of a text)",
            [
                f"{MESSAGE}/length:data.content:text.body:10000-characters",
                f"{MESSAGE}/length:data.content:text.body:100000-characters",
            ],
        ),
        ("status 500 (tags is empty)", [f"{USER}/list:tags:empty"]),
    ]


def test_a_bare_status_to_all_about_one_member_is_one_group():
    """A consumer that fails at one member, however it is, has one group."""

    def handle(event, _):
        return (500, "") if event["type"].startswith("v1.end_user") and event.get("tags") != ["vip"] else None

    found = findings_of(
        handle, f"{MESSAGE}/example:complete", *(f"{USER}/{n}:tags{d}" for n, d in
        (("absent", ""), ("list", ":empty"), ("list", ":many")))
    )  # fmt: skip
    assert [title for title, _ in groups(found)] == ["status 500"]


def test_an_ordinary_event_explains_all_of_its_event():
    """Where the ordinary event fails too, all of its event is one group, and it comes first."""

    def handle(event, _):
        return (500, "") if event["type"] == "v1.conversation.message" else None

    cases = [f"{MESSAGE}/null:data.author.id", f"{MESSAGE}/example:complete", FILE]
    found = findings_of(handle, f"{CREATED}/example:complete", *cases)
    ((title, grouped),) = groups(found)
    assert (title, grouped[0], len(grouped)) == ("status 500", f"{MESSAGE}/example:complete", 3)


def test_an_answer_that_names_its_cause_is_one_group():
    """What the answer says holds findings of one status together, whatever varies in them."""
    said = '{"error": "`metadata` is required"}'
    found = [
        finding_of(
            f"{CREATED}/absent:data.metadata",
            cause=f"status 400: {said}",
            changes=(("data.metadata", "{}", "-"),),
        ),
        finding_of(
            f"{CREATED}/absent:all", cause=f"status 400: {said}", changes=(("data.metadata", "{}", "-"),)
        ),
        bare(f"{CREATED}/combination:640804a1", cause=f"status 400: {said}"),
    ]
    assert len(groups(found)) == 1


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (("unsigned", "wrong-secret", "stale", "altered-body"), [""]),
        (("stale", "stale-day", "altered-signature-case"), [" (old request)", " (altered signature)"]),
    ],
)
def test_forgeries_that_are_accepted(names, titles):
    """Who accepts an unsigned request and a wrong secret verifies nothing; else each kind of forgery is a cause."""
    cause = "forged request answered 200"
    found = [bare(f"{CREATED}/signature:{name}", cause=cause, got="200") for name in names]
    assert [title for title, _ in groups(found)] == [f"{cause}{title}" for title in titles]


def test_characters_at_many_members_are_one_group():
    """Kinds that one fault makes fail together, such as Latin-1, are one group under what they have in common."""
    names = (
        "text:data.content:text.body:emoji",
        "text:data.author.display_name:cjk",
        "metadata:data.metadata:text-cjk",
    )
    found = [
        bare(f"{MESSAGE if n[0] == 't' else CREATED}/{n}")
        for n in (*names, "text:data.content:text.body:lines")
    ]
    assert [(title, len(cases)) for title, cases in groups(found)] == [
        ("status 500 (characters outside ASCII)", 3),
        ("status 500 (line break in a text)", 1),
    ]


def test_a_status_for_everything_has_few_groups():
    """However many kinds fail, the groups of one status are ten at most, and no case is in two of them."""
    found = [bare(case.id) for case in all_cases() if "/example:" not in case.id]
    grouped = groups(found)
    assert len(grouped) == 9
    assert sorted(case for _, cases in grouped for case in cases) == sorted(finding.case for finding in found)


def test_a_conversation_fails_for_the_reason_of_another_case():
    """What holds much of what others vary is no kind of its own where one of these fails."""
    found = [bare(f"{MESSAGE}/{name}") for name in ("combination:b6558e08", "null:data.author.id")]
    ((_, cases),) = groups(found)
    assert cases[0] == f"{MESSAGE}/null:data.author.id"


def test_what_varies_many_things_does_not_come_first():
    """Of a group the first is a case that varies one thing, though a course of deliveries shows no difference."""
    one, many = f"{MESSAGE}/time:timestamp:seconds-z", f"{MESSAGE}/delivery:mixed-times"
    changes = (("timestamp", '"a"', '"b"'),)
    found = [
        bare(many, cause="ValueError: x (a.py:1)"),
        bare(one, cause="ValueError: x (a.py:1)", changes=changes),
    ]
    ((_, cases),) = groups(found)
    assert cases == [one, many]


def test_what_is_drawn_is_told_apart_by_what_is_left_of_it():
    """Drawn events that were made as small as they get have different causes, where a status says nothing else."""
    case, status = f"{MESSAGE}/fuzz:documented:", "status 500"
    body, role = (
        (("data.content.body", '"x"', '"="'),),
        (("data.author.role", '"end_user"', '"human_agent"'),),
    )
    first, second = (
        finding_of(case + "a", status, changes=body),
        finding_of(case + "b", status, changes=role),
    )
    told = [
        replace(first, summary='content.body is "="'),
        replace(second, summary="author.role is human_agent"),
    ]
    assert [(group.cause, len(group.findings)) for group in group_findings(told)] == [
        ('status 500 (content.body is "=")', 1),
        ("status 500 (author.role is human_agent)", 1),
    ]
    assert len(group_findings([replace(f, cause="KeyError: 'x' (a.py:1)") for f in told])) == 1
