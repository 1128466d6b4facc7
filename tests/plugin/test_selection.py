"""Which cases run: pytest's own ways of choosing, and the options of the plugin."""

from __future__ import annotations

import shlex
from xml.etree import ElementTree

import pytest

from ada_contract_tests import all_cases

EXAMPLES = [case.id for case in all_cases() if case.rule == "ADA101"]
CREATED = "conversation.created/example:documented"
ABSENT = "conversation.created/absent:data.metadata"
NOT_COLLECTED = "adakit: ada_target is set, but paths were given, so its cases were not collected (add --ada)"

HAND_WRITTEN = "def test_by_hand():\n    pass\n"


def ids(condition):
    return [case.id for case in all_cases() if condition(case)]


def test_by_keyword(plain):
    """``-k`` selects by the parts of a case's id."""
    run = plain.run("-k", "conversation.message and unsigned", "--ada-select", "ADA301,ADA302")
    assert run.outcomes == {"pyproject.toml::conversation.message/signature:unsigned": "PASSED"}


def test_by_marker(plain):
    """``-m ada`` selects the cases, ``-m 'not ada'`` everything else; the marker is registered."""
    plain.write("test_shop.py", HAND_WRITTEN)
    cases = plain.run("-m", "ada", "--ada-select", "ADA101", "--strict-markers")
    assert cases.outcomes == {f"pyproject.toml::{case}": "PASSED" for case in EXAMPLES}
    others = plain.run("-m", "not ada", "--ada-select", "ADA101")
    assert others.outcomes == {"test_shop.py::test_by_hand": "PASSED"}
    assert "adakit: " not in others.text


def test_beside_other_tests(plain):
    """Without paths the cases run beside the project's own tests, wherever these are."""
    plain.configure("plain_shop:app", ada_select="ADA101", testpaths=["tests"])
    plain.write("tests/test_shop.py", HAND_WRITTEN)
    run = plain.run()
    assert sorted(run.outcomes) == sorted(
        [*(f"pyproject.toml::{case}" for case in EXAMPLES), "tests/test_shop.py::test_by_hand"]
    )
    assert run.code == 0


def test_stop_at_first_failure(buggy):
    """``-x`` ends the run at the first case that fails."""
    run = buggy.run("-x", "--ada-select", "ADA105")
    assert run.cases("FAILED") == [ABSENT]
    assert list(run.outcomes)[-1] == f"pyproject.toml::{ABSENT}"


def test_last_failed(buggy):
    """``--lf`` runs the cases that failed before, alone, and all of them again once they pass."""
    options = ("--ada-select", "ADA105", "--ada-events", "conversation.created")
    first = buggy.run(*options)
    failed = first.cases("FAILED")
    assert failed == [ABSENT, "conversation.created/absent:all"]
    assert buggy.run("--lf", *options).outcomes == {f"pyproject.toml::{case}": "FAILED" for case in failed}
    buggy.add("plain_shop.py")
    assert buggy.run("--lf", *options).outcomes == {f"pyproject.toml::{case}": "PASSED" for case in failed}
    assert len(buggy.run("--lf", *options).outcomes) == len(first.outcomes)


def test_pasted_ids(plain):
    """Node ids as a report shows them run those cases alone."""
    chosen = [
        f"pyproject.toml::{case}" for case in (CREATED, "any/forward:new-event:v1.conversation.reopened")
    ]
    run = plain.run(*chosen)
    assert run.outcomes == dict.fromkeys(chosen, "PASSED")
    assert f"adakit: 2 cases, repeat with --ada-seed {run.seed}" in run.lines


def test_pasted_id_of_no_case(plain):
    """A node id that is no case is an error that names it."""
    run = plain.run("pyproject.toml::conversation.created/example:missing")
    assert run.code == 4
    assert (
        f"ERROR: not found: {plain.path}/pyproject.toml::conversation.created/example:missing" in run.errors
    )
    assert "Traceback" not in run.text + run.errors


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_paths(plain, arguments):
    """Where paths are given no case is collected, and the summary says so."""
    plain.write("test_shop.py", HAND_WRITTEN)
    run = plain.run("test_shop.py", *arguments, plugins=("xdist",))
    assert run.outcomes == {"test_shop.py::test_by_hand": "PASSED"}
    assert NOT_COLLECTED in run.lines
    assert run.code == 0


def test_paths_with_ada(plain):
    """``--ada`` adds the cases to the paths that are given."""
    plain.write("test_shop.py", HAND_WRITTEN)
    run = plain.run("test_shop.py", "--ada", "--ada-select", "ADA101")
    expected = ["test_shop.py::test_by_hand", *(f"pyproject.toml::{case}" for case in EXAMPLES)]
    assert run.outcomes == dict.fromkeys(expected, "PASSED")
    assert NOT_COLLECTED not in run.lines


def test_distributed(buggy):
    """Under pytest-xdist the same cases run and fail, with one seed for all workers."""
    buggy.configure("plain_shop:app", ada_select=["ADA101", "ADA105"])
    options = ("--ada-events", "conversation.created")
    run = buggy.run("-n", "2", *options, plugins=("xdist",))
    alone = buggy.run("--ada-seed", run.seed, *options)
    assert f"adakit: repeat with --ada-seed {run.seed}" in run.lines
    assert sorted(run.outcomes.items()) == sorted(alone.outcomes.items())
    assert ABSENT in run.cases("FAILED")
    where, *failure = run.failure(ABSENT)
    assert where.startswith("[gw")
    assert failure == alone.failure(ABSENT)
    assert f"--ada-seed {run.seed} --ada-events conversation.created" in failure[-2]


def test_from_a_subfolder(buggy):
    """In a folder below, the application is found all the same, and the line to repeat a case works there."""
    (buggy.path / "deep").mkdir()
    run = buggy.run("--ada-select", "ADA105", "--ada-events", "conversation.created", folder="deep")
    failure = run.failure(ABSENT)
    repeat = next(line for line in failure if line.startswith("  repeat"))
    assert f"pytest ../pyproject.toml::{ABSENT} --ada-seed {run.seed} " in repeat
    again = buggy.run(*shlex.split(repeat)[2:], folder="deep")
    assert again.failure(ABSENT) == failure


def test_listing(plain):
    """``--collect-only -q`` lists the node ids."""
    run = plain.run("--collect-only", "-qq", "--ada-select", "ADA101")
    assert run.lines[: len(EXAMPLES)] == [f"pyproject.toml::{case}" for case in EXAMPLES]


def test_junit(buggy):
    """Each case in a JUnit report has its rule, event and id as properties, and its finding as failure."""
    buggy.run("--junitxml=report.xml", "--ada-select", "ADA105", "--ada-events", "conversation.created")
    suite = ElementTree.parse(buggy.path / "report.xml").getroot()[0]  # noqa: S314 - written by this test
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases) == ids(lambda case: case.rule == "ADA105" and case.event == "conversation.created")
    case = cases[ABSENT]
    assert case.get("classname") == "pyproject.toml"
    assert {each.get("name"): each.get("value") for each in case.iter("property")} == {
        "ada_rule": "ADA105",
        "ada_event": "conversation.created",
        "ada_case": ABSENT,
    }
    failure = case.find("failure")
    assert failure.text.startswith("data.metadata is absent: expected 2xx, got 500 (KeyError: 'metadata' (")
    passed = cases["conversation.created/absent:data.conversation_id"]
    assert passed.find("failure") is None


INI = """
ada_target = plain_shop:app
ada_path = /webhooks/ada
ada_select = ADA101,
    ADA401
ada_ignore = conversation.created/*
    ADA401
ada_events = conversation.* !conversation.ended
"""
TOML = """
ada_target = "plain_shop:app"
ada_path = "/webhooks/ada"
ada_select = ["ADA101", "ADA401"]
ada_ignore = ["conversation.created/*", "ADA401"]
ada_events = ["conversation.*", "!conversation.ended"]
"""


@pytest.mark.parametrize(
    ("file", "table", "options"),
    [
        ("pytest.ini", "[pytest]", INI),
        (".pytest.ini", "[pytest]", INI),
        ("tox.ini", "[pytest]", INI),
        ("setup.cfg", "[tool:pytest]", INI),
        ("pytest.toml", "[pytest]", TOML),
        ("pyproject.toml", "[tool.pytest]", TOML),
        ("pyproject.toml", "[tool.pytest.ini_options]", TOML),
    ],
    ids=["pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pytest.toml", "pyproject", "ini_options"],
)
def test_configuration_files(project, file, table, options):
    """Every configuration file that pytest reads holds the options, and the cases stand in it."""
    project.add("plain_shop.py")
    project.write(file, table + options)
    run = project.run("-W", "error")
    expected = ids(
        lambda case: (
            case.rule == "ADA101" and case.event in ("conversation.message", "conversation.handoff.ended")
        )
    )
    assert run.outcomes == {f"{file}::{case}": "PASSED" for case in expected}
    assert run.code == 0


def test_no_configuration_file(project):
    """Without a configuration file there is one line that says what to do, and doing it helps."""
    project.add("plain_shop.py")
    options = ("--ada-target", "plain_shop:app", "--ada-path", "/webhooks/ada", "--ada-select", "ADA101")
    run = project.run(*options)
    assert run.errors.strip() == (
        "ERROR: adakit: the cases need a configuration file to stand in; make an empty pytest.ini"
    )
    assert (run.code, run.text) == (4, "")
    project.write("pytest.ini", "")
    assert project.run(*options).outcomes == {f"pytest.ini::{case}": "PASSED" for case in EXAMPLES}
