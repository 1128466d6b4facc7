"""The one run of a session that several workers share."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ada_contract_tests import all_cases
from ada_contract_tests.findings import Finding, Report, Result
from ada_contract_tests.pytest.session_run import CaseRecord, RunRecord, shared_run
from ada_schemas.errors import TargetError

MADE = RunRecord({"a": CaseRecord("passed")}, notes=("once",))
DIES = """\
import os, pathlib, sys
from ada_contract_tests.pytest.session_run import shared_run
shared_run(pathlib.Path(sys.argv[1]), lambda: os._exit(7))
"""


def never():
    raise AssertionError("the run was made before")


def test_one_makes_the_run(tmp_path):
    """The first worker makes the run, the next one reads its record."""
    assert shared_run(tmp_path, lambda: MADE) == MADE
    assert shared_run(tmp_path, never) == MADE


def test_a_worker_that_dies_gives_its_turn_up(tmp_path):
    """Where a worker ends in the middle of the run, another makes it."""
    assert subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False).returncode == 7
    assert shared_run(tmp_path, lambda: MADE) == MADE


def test_a_run_that_cannot_be_made(tmp_path):
    """The worker that fails to make the run raises, and the record tells the others why."""

    def fails():
        raise TargetError("nothing answers", usage=False, next_step="")

    with pytest.raises(TargetError, match="nothing answers"):
        shared_run(tmp_path, fails)
    assert shared_run(tmp_path, never).failed == "nothing answers"


def test_a_run_that_is_interrupted(tmp_path):
    """The others are told of an interruption; they do not begin anew."""

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shared_run(tmp_path, interrupted)
    assert shared_run(tmp_path, never).failed == "the run was interrupted"


def test_a_run_that_fails_of_itself(tmp_path):
    """The others are told of the error that nobody expected, and of its place."""

    def fails():
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        shared_run(tmp_path, fails)
    assert shared_run(tmp_path, never).failed.startswith(
        "the run ended with ValueError: odd (test_session_run.py:"
    )


def test_a_run_that_was_stopped():
    """It fails whatever excuses its findings, by a case that has none."""
    broken, fine = all_cases()[:2]
    finding = Finding(broken.rule, broken.id, broken.event, "error", "", "200", "500", "status 500")
    results = (Result(broken, "failed", finding=finding), Result(fine, "passed"))
    report = Report("", 1, results, (finding,), 0.0, 2, stopped="Stopped: it is gone.")
    record = RunRecord.of(report, in_process=True)
    assert record.cases[broken.id] == CaseRecord("failed", (finding,), simpler=("",))
    assert record.cases[fine.id] == CaseRecord("failed", note="Stopped: it is gone.")
