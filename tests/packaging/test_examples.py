"""The example projects as a user runs them: with the built wheel, in an environment of their own."""

from __future__ import annotations

import math
import re
import shlex
import shutil
from pathlib import Path

import pytest

from ada_contract_tests import all_cases

EXAMPLES = Path(__file__).parents[2] / "examples"
IN_PROCESS = sum(case.applies_to(in_process=True) for case in all_cases())
OVER_HTTP = f"({len(all_cases()) - IN_PROCESS} more make a difference over HTTP only)"
COVERED = f"adakit: contract coverage 100 %: {IN_PROCESS} of {IN_PROCESS} cases {OVER_HTTP}"


@pytest.fixture
def run_example(installed_with_examples, tmp_path):
    """Copies an example to a folder and runs pytest there, as a user does."""

    def run(name, *arguments, width=80):
        folder = tmp_path / name
        if not folder.exists():
            shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        return installed_with_examples.python("-m", "pytest", *arguments, cwd=folder, COLUMNS=str(width))

    return run


def outcomes(output):
    """Node id -> outcome of a verbose run, also under pytest-xdist."""
    alone = re.findall(r"^(\S+::.+?) (PASSED|FAILED|SKIPPED|ERROR)\b", output, re.MULTILINE)
    spread = re.findall(r"^\[gw\d+\] \[ *\d+%\] (\w+) (\S+::.+?) *$", output, re.MULTILINE)
    return dict(alone) | {node: outcome for outcome, node in spread}


def test_from_the_wheel(installed_with_examples, tmp_path):
    """What the examples are tested with is what was installed, not the sources."""
    done = installed_with_examples.python(
        "-c", "import ada_schemas; print(ada_schemas.__file__)", cwd=tmp_path
    )
    assert any(done.stdout.startswith(str(place)) for place in installed_with_examples.site_packages)


@pytest.mark.parametrize("name", ["fastapi", "django"])
def test_correct_example(run_example, name):
    """A correct example handles every case, in the ordinary way and with warnings as errors."""
    done = run_example(name, "-q", "-W", "error")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert COVERED in done.stdout
    assert "failed" not in done.stdout


DISTRIBUTED = ("--ada-select", "ADA1xx,ADA3xx,ADA4xx", "--ada-events", "conversation.*")


def test_distributed_example(run_example):
    """Two processes run the set that one collects: Flask's passes too, but for what is skipped in process."""
    collected = run_example("flask", *DISTRIBUTED, "--collect-only", "-q").stdout.splitlines()
    collected = [line for line in collected if "::" in line]
    spread = run_example("flask", *DISTRIBUTED, "-v", "-W", "error", "-n", "2")
    assert spread.returncode == 0
    skipped = {f"pyproject.toml::{case.id}" for case in all_cases() if "http" in case.needs}
    assert outcomes(spread.stdout) == {node: "SKIPPED" if node in skipped else "PASSED" for node in collected}
    assert len(collected) > 500


def messages(output):
    """Case id -> the lines of its failure, with the title."""
    shown = re.split(r"^=+ (?:FAILURES|short test summary info) =+$", output, flags=re.MULTILINE)[1]
    parts = re.split(r"^(_+ case (\S+) _+)$", shown, flags=re.MULTILINE)
    return {
        case: [title, *text.strip("\n").splitlines()]
        for title, case, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


MESSAGES = ("--ada-events", "conversation.message")  # the bug is in how they are read
FEW = ("--ada-select", "ADA103,ADA107,ADA403", *MESSAGES)
FEWER = ("--ada-select", "ADA103", *MESSAGES)


@pytest.mark.parametrize(
    ("width", "height", "selection"), [(80, 24, MESSAGES), (100, 40, FEW)], ids=["80-24", "100-40"]
)
def test_planted_bug(run_example, width, height, selection):
    """Each failure fits on one screen, names the member that matters, and has all that one needs to know."""
    done = run_example("planted-bug", "-q", *selection, width=width)
    assert done.returncode == 1
    failures = messages(done.stdout)
    assert "conversation.message/union:data.content:file" in failures
    assert f"{len(failures)} failed" in done.stdout
    for case, lines in failures.items():
        text = "\n".join(lines)
        assert sum(max(1, math.ceil(len(line) / width)) for line in lines) <= height, text
        # Of a behaviour of delivery, which has no payload of its own, the line that raised names it.
        assert re.search(r"data\.content\.(type|body)\b|content\['body'\]", text), text
        assert "got 500 (KeyError: 'body' (inbox.py:" in text
        assert re.search(r"^  rule       ADA\d{3} ", text, re.MULTILINE)
        assert "\n             KeyError: 'body'\n" in text
        assert f"\n  repeat     pytest pyproject.toml::{case} --ada-seed " in text
    assert re.search(rf"^adakit: {len(failures)} cases failed for one reason;", done.stdout, re.MULTILINE)


def test_pasted_from_a_failure(run_example):
    """The command that a failure shows runs that case alone, and gives the same failure."""
    first = messages(run_example("planted-bug", "-q", *FEWER).stdout)
    case, lines = next(iter(first.items()))
    command = next(line for line in lines if line.startswith("  repeat")).split(maxsplit=2)[2]
    again = run_example("planted-bug", "-v", *shlex.split(command))
    assert outcomes(again.stdout) == {f"pyproject.toml::{case}": "FAILED"}
    assert messages(again.stdout) == {case: lines}
