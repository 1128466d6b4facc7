"""``@pytest.mark.ada`` and ``ada_case``: tests written by hand that run once a case."""

from __future__ import annotations

import pytest

from ada_contract_tests import all_cases

ABSENT = "conversation.created/absent:data.metadata"

TEST = """
import json
import pytest
import plain_shop

@pytest.mark.ada(events="conversation.created", rules=["ADA105", "ADA302"])
def test_shop(ada_case):
    assert ada_case.event == "conversation.created"
    assert ada_case.rule in ("ADA105", "ADA302")
    assert ada_case.json == json.loads(ada_case.body)
    try:
        status = plain_shop.answer(ada_case.body, headers=ada_case.headers)
    except KeyError:  # an event without its envelope, which may be refused
        status = 500
    assert (status == 401) is ada_case.refused
    ada_case.check(status)
"""


def ids(condition):
    """The ids of the cases that are one request each and meet the condition."""
    return [c.id for c in all_cases() if not c.needs and condition(c)]


CHOSEN = ids(lambda case: case.event == "conversation.created" and case.rule in ("ADA105", "ADA302"))


def names(cases):
    return [f"test_shop.py::test_shop[{case}]" for case in cases]


def test_cases(plain):
    """A test that takes ada_case runs once for each case of the marker's events and rules."""
    plain.write("test_shop.py", TEST)
    assert plain.run("test_shop.py").outcomes == dict.fromkeys(names(CHOSEN), "PASSED")


def test_distributed_and_alone(plain):
    """All workers of pytest-xdist collect the same cases, and a pasted id runs one alone."""
    plain.write("test_shop.py", TEST)
    run = plain.run("test_shop.py", "-n", "2", plugins=("xdist",))
    assert sorted(run.outcomes) == sorted(names(CHOSEN))
    (one,) = names([ABSENT])
    assert plain.run(one).outcomes == {one: "PASSED"}
    assert plain.run("-m", "ada", "-k", "test_shop and absent:data.metadata").outcomes == {one: "PASSED"}


@pytest.mark.parametrize(
    ("marker", "condition"),
    [
        ("", lambda case: case.rule[3] in "12"),
        ("@pytest.mark.ada", lambda case: case.rule[3] in "12"),
        (
            "@pytest.mark.ada(events=['conversation.*', '!conversation.ended'], rules='ADA101,ADA103')",
            lambda case: (
                case.rule in ("ADA101", "ADA103")
                and case.event.startswith("conversation.")
                and case.event != "conversation.ended"
            ),
        ),
        ("@pytest.mark.ada(rules='ADA5xx')", lambda case: case.rule.startswith("ADA5")),
    ],
    ids=["none", "bare", "lists", "hostile"],
)
def test_choice(project, marker, condition):
    """Without rules the cases are those that must be accepted; events and rules are as in the options."""
    project.write("pytest.ini", "")
    project.write("test_shop.py", f"import pytest\n\n{marker}\ndef test_shop(ada_case):\n    pass\n")
    run = project.run("--collect-only", "-qq")
    chosen = [line for line in run.lines if line.startswith("test_shop.py::")]
    assert chosen == names(ids(condition))


def test_inherited_marker(project):
    """The marker of a class or a module counts too."""
    project.write("pytest.ini", "")
    project.write(
        "test_shop.py",
        "import pytest\n\npytestmark = pytest.mark.ada(events='conversation.ended', rules='ADA104')\n\n"
        "def test_shop(ada_case):\n    pass\n",
    )
    run = project.run("--collect-only", "-qq")
    expected = ids(lambda case: case.rule == "ADA104" and case.event == "conversation.ended")
    assert [line for line in run.lines if "::" in line] == names(expected)


def test_failure(buggy):
    """A case whose answer breaks its rule fails with the finding: rule, change, and what was got."""
    buggy.write(
        "test_shop.py",
        "import pytest\n\n@pytest.mark.ada(events='conversation.created', rules='ADA105')\n"
        "def test_shop(ada_case):\n    ada_case.check(500 if 'metadata' in ada_case.id else 200, b'oh no')\n",
    )
    run = buggy.run("test_shop.py")
    failed = [node for node, outcome in run.outcomes.items() if outcome == "FAILED"]
    assert failed == names(c for c in CHOSEN if "metadata" in c)
    lines = [line.removeprefix("E").strip() for line in run.lines]
    start = next(n for n, line in enumerate(lines) if "ContractViolation: data.metadata is absent" in line)
    assert lines[start].endswith("ContractViolation: data.metadata is absent: expected 2xx, got 500")
    assert lines[start + 1 : start + 3] == ["rule       ADA105 optional member absent", "answer     oh no"]
    assert lines[start + 3].startswith("payload    - data.metadata   (was {")


def test_expected(buggy):
    """ada_ignore and ada_xfail hold here too."""
    buggy.configure(
        "plain_shop:app",
        ada_ignore=["conversation.created/absent:data.c*: not ours"],
        ada_xfail=[f"{ABSENT}: SHOP-12"],
    )
    buggy.write(
        "test_shop.py",
        "import pytest\n\n@pytest.mark.ada(events='conversation.created', rules='ADA105')\n"
        "def test_shop(ada_case):\n    ada_case.check(500 if 'data.metadata' in ada_case.id else 200)\n",
    )
    run = buggy.run("test_shop.py")
    left = names(c for c in CHOSEN if "absent:" in c and "absent:data.c" not in c)
    assert list(run.outcomes) == left
    assert [node for node, outcome in run.outcomes.items() if outcome != "PASSED"] == names([ABSENT])
    assert run.outcomes[names([ABSENT])[0]] == "XFAIL"


def test_same_seed(plain):
    """A seed repeats the payloads of a case; cases run by pytest itself have others."""
    plain.write(
        "test_shop.py",
        "import pathlib, pytest\n\n@pytest.mark.ada(events='conversation.ended', rules='ADA101')\n"
        "def test_shop(ada_case):\n    with pathlib.Path('bodies').open('ab') as f:\n"
        "        f.write(ada_case.body + b'\\n')\n",
    )
    for seed in "112":
        plain.run("test_shop.py", "--ada-seed", seed, "-k", "complete")
    one, again, other = (plain.path / "bodies").read_bytes().splitlines()
    assert one == again
    assert one != other


def test_bad_configuration(plain):
    """What is wrong in the configuration is one error here too, without one that led to it."""
    plain.configure("plain_shop:app", ada_xfail=["ADA105"])
    plain.write("test_shop.py", "def test_shop(ada_case):\n    pass\n")
    run = plain.run("test_shop.py")
    assert run.text.count("adakit: test_shop: The entry 'ADA105' of ada_xfail has no reason.") == 1
    assert "During handling of the above exception" not in run.text
    assert run.code == 2


BAD = [
    (
        "events='conversation.endet'",
        "No event fits 'conversation.endet'.\n  Did you mean conversation.ended? The events are: ",
    ),
    ("rules='ADA999'", "There is no rule 'ADA999'.\n  Did you mean ADA"),
    (
        "rules='ADA403'",
        (
            "The cases of ADA403 are several requests each, or about the wire.\n"
            "  ada_case is one request; pytest runs these cases against ada_target."
        ),
    ),
    ("rule='ADA101'", "The marker ada does not take rule.\n  It takes events=... and rules=..., by name."),
    ("'ADA101'", "The marker ada does not take 'ADA101'.\n  It takes events=... and rules=..., by name."),
    ("events=3", "events of the marker ada is 3.\n  Give a text or a list of texts."),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_marker(project, arguments, message):
    """A marker that cannot be used is one clear error of the collection that names the test."""
    project.write("pytest.ini", "")
    project.write(
        "test_shop.py",
        f"import pytest\n\n@pytest.mark.ada({arguments})\ndef test_shop(ada_case):\n    pass\n",
    )
    run = project.run()
    assert f"adakit: test_shop: {message}" in run.text
    assert "Traceback" not in run.text
    assert run.code == 2
