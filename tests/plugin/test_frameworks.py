"""The cases against consumers written with FastAPI, Flask and Django, as a first run meets them."""

from __future__ import annotations

import shlex

import pytest

from ada_contract_tests import all_cases
from ada_mockserver import EventFactory

FRAMEWORKS = [
    pytest.param("fastapi_shop", "app", "Internal Server Error", id="fastapi"),
    pytest.param("flask_shop", "create_app()", "*Internal Server Error*", id="flask"),
    pytest.param("django_shop", "app", "*Server Error (500)*", id="django"),
]
ABSENT = "conversation.created/absent:data.metadata"


def without_metadata():
    """The ids of the accepted cases that announce a conversation and say nothing of its metadata."""
    events = EventFactory(seed=0)
    payloads = {
        case.id: case.payload.change(events.event(case.base_event, key=case.id))
        for case in all_cases()
        if case.payload is not None
    }
    return [
        case
        for case, payload in payloads.items()
        if payload.get("type") == "v1.conversation.created"
        and "metadata" not in payload.get("data", {"metadata": "an event without data is not judged"})
    ]


def expected_of(cases):
    """Node id -> outcome where the consumer is correct: what only makes a difference over HTTP is skipped."""
    return {f"pyproject.toml::{case.id}": "SKIPPED" if "http" in case.needs else "PASSED" for case in cases}


def test_every_case(plain):
    """With two lines of configuration every case is an item of the configuration file, and passes.

    Those that only make a difference over HTTP are skipped in process. The summary names the seed, and 100 %.
    """
    run = plain.run()
    expected = expected_of(all_cases())
    assert run.outcomes == expected
    assert list(run.outcomes) == list(expected)
    assert f"adakit: {len(expected)} cases, repeat with --ada-seed {run.seed}" in run.lines
    sent = list(expected.values()).count("PASSED")
    over_http = f"({len(expected) - sent} more make a difference over HTTP only)"
    assert f"adakit: contract coverage 100 %: {sent} of {sent} cases {over_http}" in run.lines
    assert run.code == 0


@pytest.mark.parametrize(("module", "app", "answer"), FRAMEWORKS)
def test_correct_consumer(project, module, app, answer):
    """With every framework a rule of each family passes; packaging/test_examples.py sends all cases to each."""
    rules = ["ADA101", "ADA203", "ADA301", "ADA309", "ADA401", "ADA403", "ADA503"]
    project.add(f"{module}.py")
    project.configure(f"{module}:{app}", ada_select=rules)
    run = project.run()
    expected = expected_of(case for case in all_cases() if case.rule in rules)
    assert run.outcomes == expected
    assert list(run.outcomes) == list(expected)
    assert f"adakit: {len(expected)} cases, repeat with --ada-seed {run.seed}" in run.lines
    assert run.code == 0


def test_planted_bug(buggy):
    """One KeyError fails exactly the cases that lead to it."""
    expected = without_metadata()
    assert {ABSENT, "conversation.created/absent:all"} <= set(expected)
    run = buggy.run()
    assert run.cases("FAILED") == expected
    assert len(run.cases()) == len(all_cases())
    assert run.code == 1


@pytest.mark.parametrize(("module", "app", "answer"), FRAMEWORKS)
def test_failure_text(project, module, app, answer):
    """A failure names rule, case, what was expected and got, the change, the line that raised; it repeats."""
    project.add_buggy(f"{module}.py")
    project.configure(f"{module}:{app}", ada_select=["ADA105"], ada_events=["conversation.created"])
    run = project.run()
    assert run.cases("FAILED") == [case for case in without_metadata() if "absent" in case]
    source = (project.path / f"{module}.py").read_text().splitlines()
    line = next(n for n, text in enumerate(source, 1) if 'data["metadata"]' in text)
    failure = run.failure(ABSENT)
    check = f"adakit check {shlex.quote(f'{module}:{app}')} --path /webhooks/ada"
    expected = [
        f"data.metadata is absent: expected 2xx, got 500 (KeyError: 'metadata' ({module}.py:{line}))",
        "  rule       ADA105 optional member absent",
        f"  answer     {answer}",
        '  payload    - data.metadata   (was {"*',
        "  traceback  ...",
        f'               File "{module}.py", line *, in receive',
        "                 handle(json.loads(*body))",
        f'               File "{module}.py", line {line}, in handle',
        '                 log.info("locale: %s", (data["metadata"]).get("locale"))',
        "             KeyError: 'metadata'",
        f"  fix        `data.metadata` may be absent. {module}.py:{line} reads *",
        "             *",
        "             (`.get('metadata')`).",
        f"  repeat     pytest pyproject.toml::{ABSENT} --ada-seed {run.seed}",
        f"  or         {check} --case {ABSENT} --seed {run.seed}",
    ]
    # A bracket is literal here, and a wildcard to fnmatch.
    pytest.LineMatcher(failure).fnmatch_lines(
        [text.replace("[", "[[]") for text in expected], consecutive=True
    )
    _, pytest_command, *arguments = shlex.split(failure[-2])
    assert pytest_command == "pytest"
    again = project.run(*arguments)
    assert again.outcomes == {f"pyproject.toml::{ABSENT}": "FAILED"}
    assert again.failure(ABSENT) == failure
    assert f"adakit: 1 case, repeat with --ada-seed {run.seed}" in again.lines
