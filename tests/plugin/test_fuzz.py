"""Fuzzing under pytest: the items of what is drawn, their failures, and what it costs those who do not fuzz."""

from __future__ import annotations

import json
import re

import pytest

MESSAGE = "conversation.message"
AREA = f"{MESSAGE}/fuzz:documented"
SELECT = ("--ada-select", "ADA701", "--ada-events", MESSAGE)

# What makes the consumer fail with long texts.
HANDLE = "    handle(event)\n"
FAILING = """    handle(event)
    content = event["data"].get("content")
    if isinstance(content, dict) and len(str(content.get("body"))) > 700:
        raise ValueError("value too long")
"""


@pytest.fixture
def failing(project):
    """A project whose consumer cannot store long texts."""
    project.add("plain_shop.py", (HANDLE, FAILING))
    project.configure("plain_shop:app")
    return project


def test_a_failure(failing):
    """An area is an item; its failure shows the smallest event, and the line that repeats that one."""
    run = failing.run(*SELECT, "--ada-fuzz", "12", "--ada-seed", "7")
    assert run.outcomes == {f"pyproject.toml::{AREA}": "FAILED"}
    text = "\n".join(run.failure(AREA))
    assert "ADA701 documented values together" in text
    assert "content.body has 701 characters" in text
    assert "ValueError: value too long" in text
    node, seed = re.search(rf"pytest (pyproject\.toml::{AREA}:\S+) --ada-seed (\d+)", text).groups()
    again = failing.run(node, "--ada-seed", seed)
    assert list(again.outcomes.values()) == ["FAILED"]
    assert "content.body has 701 characters" in again.text
    assert (failing.path / ".hypothesis" / "adakit").is_dir()
    failing.add("plain_shop.py")
    fixed = failing.run(*SELECT, "--ada-fuzz", "1")
    assert fixed.outcomes == {f"pyproject.toml::{AREA}": "PASSED"}
    assert "1 failure that was kept no longer fails." in fixed.text


def test_in_the_file(plain):
    """ada_fuzz in the file adds the areas to a whole run, one item each; a bare run has none of them."""
    plain.configure(
        "plain_shop:app", ada_fuzz="2", ada_fuzz_seconds="30", ada_fuzz_db="kept", ada_select="ADA7xx"
    )
    run = plain.run()
    assert len(run.outcomes) == 22
    assert set(run.outcomes.values()) == {"PASSED"}
    assert re.search(
        r"^adakit: Fuzzed: \d\d events and sequences, \d+ deliveries, \d+ s\.$", run.text, re.MULTILINE
    )
    plain.configure("plain_shop:app", ada_select="ADA101")
    assert not any("fuzz:" in case for case in plain.run("--collect-only", "-qq").lines)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--ada-fuzz", "0"), "ada_fuzz is '0'.\n  Give a whole number from 1 to 1,000,000."),
        (("--ada-fuzz", "many"), "ada_fuzz is 'many'.\n  Give a whole number from 1 to 1,000,000."),
        (
            ("--ada-select", "ADA701"),
            "No case is left to run.\n  ADA7xx are for what is drawn: add --ada-fuzz N.",
        ),
        (("--ada-fuzz", "1", "--ada-fuzz-db", "plain_shop.py"), "plain_shop.py is no folder."),
    ],
)
def test_bad_values(plain, options, error):
    """A value that cannot be used is said as any other."""
    run = plain.run(*options)
    assert run.code == 2
    assert error in run.text
    assert not run.outcomes


def test_what_is_drawn_may_be_known_to_fail(failing):
    """As any other case, by the id of its area: it may fail, or be left out; without ada_fuzz the entry rests."""
    failing.configure("plain_shop:app", ada_xfail=[f"{AREA}: long texts are cut next month"])
    run = failing.run(*SELECT, "--ada-fuzz", "12", "--ada-seed", "7")
    assert run.outcomes == {f"pyproject.toml::{AREA}": "XFAIL"}
    failing.configure(
        "plain_shop:app", ada_ignore=[f"{MESSAGE}/fuzz:*: next month"], ada_select=["ADA101", "ADA7"]
    )
    run = failing.run("--ada-fuzz", "1", "--ada-events", MESSAGE)
    assert [case for case in run.cases() if "fuzz:" in case] == ["any/fuzz:sequences"]
    assert "take it out" not in failing.run().text


RECORDER = """
import json
import pathlib
import sys

def pytest_sessionfinish():
    pathlib.Path("finish.json").write_text(json.dumps(sorted(sys.modules)))
"""


def test_nothing_is_imported_for_those_who_do_not_fuzz(plain):
    """With a target, and without ada_fuzz, neither Hypothesis nor what draws is imported; with it they are."""
    plain.write("conftest.py", RECORDER)
    loaded = []
    for more in ((), ("--ada-fuzz", "1")):
        # in a process that is started anew: what it imports is the matter here
        plain.pytester.runpytest_subprocess(
            "-p", "adakit", "--ada-select", "ADA401,ADA704", "--ada-events", MESSAGE, *more
        )
        loaded.append(set(json.loads((plain.path / "finish.json").read_text())))
    heavy = {"hypothesis", "ada_contract_tests.fuzz.draw", "ada_contract_tests.fuzz.kept"}
    assert (loaded[0] & heavy, loaded[1] >= heavy) == (set(), True)
