"""Findings of one cause make a group, the one that explains it best first."""

from __future__ import annotations

import pytest

from ada_contract_tests.findings import Finding
from ada_contract_tests.grouping import group_findings

MESSAGE = "conversation.message"


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
