"""What a run says at its end, and how it ends early where nothing works."""

from __future__ import annotations

import re

import pytest

from ada_contract_tests import all_cases

ABSENT = "conversation.created/absent:data.metadata"
ALL_ABSENT = "conversation.created/absent:all"
FIRST = "conversation.created/example:documented"
IN_PROCESS = sum("http" not in case.needs for case in all_cases())
OVER_HTTP = len(all_cases()) - IN_PROCESS


@pytest.mark.parametrize("distributed", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_coverage(plain, distributed):
    """The summary names the share of all cases that was carried out.

    test_frameworks.py and packaging/test_examples.py carry out all of them, alone and under pytest-xdist: 100 %.
    """
    over_http = f"({OVER_HTTP} more make a difference over HTTP only)"
    some = plain.run("-k", "conversation.ended", "--ada-select", "ADA101", *distributed, plugins=("xdist",))
    sent = len(some.cases("PASSED"))
    share = f"{100 * sent / IN_PROCESS:.1f}"
    assert f"adakit: contract coverage {share} %: {sent} of {IN_PROCESS} cases {over_http}" in some.lines


@pytest.mark.parametrize(
    "distributed", [(), ("-n", "1"), ("--dist", "each", "--tx", "popen")], ids=["alone", "xdist", "each"]
)
def test_summary_of_every_distribution(plain, distributed):
    """The process that prints sums the run up, although another one made it."""
    run = plain.run("--ada-secret", "none", "--ada-select", "ADA101", *distributed, plugins=("xdist",))
    assert any(line.startswith("adakit: contract coverage") for line in run.lines)
    if "each" not in distributed:
        said = "adakit: Requests were not signed (secret: none), so the rules ADA3xx were left out."
        assert said in run.lines


def test_causes(project):
    """Failures are counted by their cause, the most frequent first, each with its simplest case."""
    project.add(
        "plain_shop.py",
        ('(data.get("metadata") or {})', 'data["metadata"]'),
        (
            '    if event["type"] == "v1.conversation.created":',
            (
                '    assert event["type"] != "v1.conversation.reopened", "new event"\n'
                '    if event["type"] == "v1.conversation.created":'
            ),
        ),
    )
    project.configure("plain_shop:app", ada_select=["ADA105", "ADA203"])
    run = project.run()
    start = run.lines.index("adakit: 3 cases failed for 2 reasons; the simplest case of each:")
    expected = [
        r"     2  KeyError: 'metadata' \(plain_shop.py:\d+\)",
        f"        pyproject.toml::{ABSENT}",
        r"     1  AssertionError: new event \(plain_shop.py:\d+\)",
        "        pyproject.toml::any/forward:new-event:v1.conversation.reopened",
    ]
    for line, pattern in zip(run.lines[start + 1 :], expected, strict=False):
        assert re.fullmatch(pattern, line), line


def test_summary_stands_last(buggy):
    """What adakit sums up stands below pytest's list of failures, which may be longer than the screen."""
    run = buggy.run("--ada-select", "ADA105", "--ada-events", "conversation.created")
    listed = run.lines.index(next(line for line in run.lines if line.startswith("FAILED pyproject.toml::")))
    assert listed < run.lines.index("adakit: 2 cases failed for one reason; the simplest case of each:")


def test_see_also(buggy):
    """A failure for the same reason as one before names that one, which has the fix and whole traceback."""
    run = buggy.run("--ada-select", "ADA105", "--ada-events", "conversation.created")
    first, second = run.failure(ABSENT), run.failure(ALL_ABSENT)
    assert not any("see also" in line for line in first)
    assert f"  see also   {ABSENT}: fails for the same reason" in second
    assert any(line.startswith("  fix") for line in first)
    assert not any(line.startswith("  fix") for line in second)
    assert "             KeyError: 'metadata'" in second


def test_no_single_failure_summary(buggy):
    """One failure needs no summary of causes."""
    assert "failed for" not in buggy.run(f"pyproject.toml::{ABSENT}", "--ada-select", "ADA105").text


WRONG = [
    pytest.param(
        ("--ada-path", "/elsewhere"),
        "the endpoint answers every ordinary event with 404: expected 2xx, got 404, every time",
        "  fix        Is the path right? Give the endpoint's path with --ada-path, or in",
        id="path",
    ),
    pytest.param(
        (),
        "every correctly signed event is refused: secret mismatch?: expected 2xx, got 401, every time",
        "  fix        Does the consumer verify with the secret in ADA_WEBHOOK_SECRET?",
        id="secret",
    ),
]


@pytest.mark.parametrize("distributed", [(), ("-n", "1")], ids=["alone", "xdist"])
@pytest.mark.parametrize(("arguments", "headline", "fix"), WRONG)
def test_nothing_works(plain, arguments, headline, fix, distributed):
    """Where every ordinary event fails in the same way there is one failure, not hundreds."""
    plain.add("fastapi_shop.py", ('os.environ["ADA_WEBHOOK_SECRET"]', '"whsec_b3RoZXI="'))
    if arguments:
        plain.add("fastapi_shop.py")
    arguments = ("--ada-target", "fastapi_shop:app", "--ada-select", "ADA101,ADA105", *arguments)
    run = plain.run(*arguments, *distributed, plugins=("xdist",))
    assert run.cases("FAILED") == [FIRST]
    assert len(run.cases("SKIPPED")) == sum(case.rule in ("ADA101", "ADA105") for case in all_cases()) - 1
    failure = [line for line in run.failure(FIRST) if not line.startswith("[gw")]
    assert failure[0] == headline
    assert fix in failure
    assert f"adakit: contract coverage 0.0 %: 0 of {IN_PROCESS} cases" in run.text
    assert run.code == 1


def test_something_works(plain):
    """Where one kind of ordinary event passes the others are no reason to stop."""
    plain.add(
        "plain_shop.py",
        ('data.get("metadata") or {}', "{}"),
        (
            "    handle(event)\n",
            '    if event.get("type") != "v1.conversation.ended":\n        return 422\n    handle(event)\n',
        ),
    )
    run = plain.run("--ada-select", "ADA101")
    examples = [case for case in all_cases() if case.rule == "ADA101"]
    assert run.cases("PASSED") == [case.id for case in examples if case.event == "conversation.ended"]
    assert run.cases("FAILED") == [case.id for case in examples if case.event != "conversation.ended"]


def test_logged_traceback(project):
    """What a framework logs of an exception that the failure shows already is not shown again."""
    project.add_buggy("flask_shop.py")
    project.write(
        "conftest.py",
        "import logging\n\nlogging.getLogger('flask_shop').setLevel('INFO')\n",
    )
    project.configure("flask_shop:create_app()", ada_select=["ADA105"])
    run = project.run(f"pyproject.toml::{ABSENT}", "-o", "log_level=INFO")
    assert run.text.count("KeyError: 'metadata'") == 2  # the headline and the traceback
    assert "Exception on /webhooks/ada" not in run.text
    assert "Traceback (most recent call last)" not in run.text


def test_other_output_stays(project):
    """What the application itself logs and prints is shown with the failure."""
    project.add("flask_shop.py", ('(data.get("metadata") or {})', '(print("printed") or data["metadata"])'))
    project.configure("flask_shop:create_app()", ada_select=["ADA105"])
    run = project.run(f"pyproject.toml::{ABSENT}")
    assert "printed" in run.lines


@pytest.mark.parametrize("mode", ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each", "no"])
def test_every_distribution_mode(buggy, mode):
    """Whatever the mode of pytest-xdist, the same cases run, fail, and are counted once."""
    options = ("--ada-events", "conversation.created", "--ada-select", "ADA101,ADA105")
    alone = buggy.run(*options)
    run = buggy.run("-n", "2", "--dist", mode, *options, plugins=("xdist",))
    assert sorted(run.outcomes.items()) == sorted(alone.outcomes.items())
    assert "adakit: 2 cases failed for one reason; the simplest case of each:" in run.lines
    coverage = next(line for line in alone.lines if "contract coverage" in line)
    assert coverage in run.lines
