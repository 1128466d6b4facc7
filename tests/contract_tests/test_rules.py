"""The rules as data: the verdict that each expects, and the words in which a person is told of it."""

from __future__ import annotations

import pytest

from ada_contract_tests.rules import EXPECTATIONS, RULES, Expectation, expecting, rule_in_role, rule_page
from ada_contract_tests.suites.registry import all_cases
from adakit.commands.check import explanation

STATUSES = (199, 200, 204, 299, 302, 399, 400, 401, 499, 500, 503)


@pytest.mark.parametrize(
    ("answer", "fitting"),
    [
        ("accepted", {200, 204, 299}),
        ("200", {200, 204, 299}),
        ("handled", {200, 204, 299}),
        ("refused", {400, 401, 499}),
        ("either", {200, 204, 299, 400, 401, 499}),
        ("survived", set(STATUSES) - {500, 503}),
        ("in time", set(STATUSES)),
    ],
)
def test_what_fits(answer, fitting):
    """A status fits an expectation, or does not, whatever else the expectation says."""
    plain = Expectation(answer)
    other = Expectation(answer, severity="warning", handled="never", tolerates_5xx=True, own_time_limit=True)
    for expectation in (plain, other):
        assert {status for status in STATUSES if expectation.fits(status)} == fitting


@pytest.mark.parametrize(
    ("answer", "phrase", "is_acceptance"),
    [
        ("accepted", "2xx", True),
        ("200", "200", True),
        ("in time", "2xx", True),
        ("refused", "a refusal (4xx)", False),
        ("either", "2xx, or a refusal (4xx)", False),
        ("survived", "any answer but a 5xx", False),
        ("handled", "2xx", False),
    ],
)
def test_how_it_is_said(answer, phrase, is_acceptance):
    """Findings say in a phrase what is expected; what must be accepted tells of the address and the secret."""
    assert (Expectation(answer).phrase, Expectation(answer).is_acceptance) == (phrase, is_acceptance)


@pytest.mark.parametrize("code", RULES)
def test_every_rule_is_explained(code):
    """What a rule expects stands in what --explain prints, and on its page."""
    words = RULES[code].must_hold
    assert words
    assert f"\nWhat must hold  {words}\n" in explanation(code)
    assert f"\n## What must hold\n\n{words}\n" in rule_page(RULES[code])


def test_every_expectation_is_of_a_rule():
    """No expectation is explained that no rule has."""
    assert set(EXPECTATIONS) == {found.expectation.answer for found in RULES.values()}


def test_the_expectation_of_a_rule():
    """A rule's own fields are the expectation of its cases, and a case may differ in some of them."""
    found = expecting("ADA503")
    assert found == Expectation("refused", "warning", "may", tolerates_5xx=True, own_time_limit=True)
    assert expecting("ADA503", severity="error", handled="never") == Expectation(
        "refused", "error", "never", tolerates_5xx=True, own_time_limit=True
    )


def test_a_case_expects_what_its_rule_does():
    """Cases of a few rules alone differ from what their rule expects; what must have no effect must be refused."""
    other = {case.rule for case in all_cases() if case.expect != RULES[case.rule].expectation}
    refining = {"ADA105", "ADA107", "ADA302", "ADA310", "ADA406", "ADA409"}
    assert other == refining | {"ADA501", "ADA502", "ADA503", "ADA504"}
    never = [case.expect.answer for case in all_cases() if case.expect.handled == "never"]
    assert set(never) == {"refused"}


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("exact status", "ADA401"),
        ("time limit", "ADA402"),
        ("rate limit", "ADA411"),
        ("lost", "ADA601"),
        ("refused yet handled", "ADA602"),
        ("repeated", "ADA603"),
    ],
)
def test_rules_of_the_run(role, code):
    """A rule that speaks for every run is known by its role, which it has alone."""
    assert rule_in_role(role).code == code
    assert [found.code for found in RULES.values() if found.role == role] == [code]
    assert {found.role for found in RULES.values() if found.role} == {
        "exact status",
        "time limit",
        "rate limit",
        "lost",
        "refused yet handled",
        "repeated",
    }
