"""The cost of a run: through pytest against the command, and the command against an earlier wheel.

In one environment, in turns: `adakit check` of the demo consumer in process, pytest with as many empty
parametrised tests as there are cases, and pytest with the cases: what the third takes beyond the first two is
the plugin's. With ``--against WHEEL`` the check of that version runs in pairs beside this one. Each figure is
the processor time of the process and its children, user and system, so that a busy machine weighs less.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import built, made, run

TURNS = 7
PLUGIN_LIMIT = 1.2
"""The most that all cases through pytest may take of the check and the empty tests together."""

AGAINST_LIMIT = 1.05
"""The most that the check may take of what it took before."""

CONSUMER = ("adakit.demo.consumer:app", "--path", "/webhooks/ada", "--seen-url", "/_seen")
CONFIGURATION = """
[tool.pytest.ini_options]
ada_target = "adakit.demo.consumer:app"
ada_path = "/webhooks/ada"
ada_seen_url = "/_seen"
"""
EMPTY = """
import pytest

@pytest.mark.parametrize("case", range({cases}))
def test_nothing(case):
    pass
"""


def processor_seconds(*command: str | Path, cwd: Path) -> float:
    """The processor time of a command that has to succeed, in seconds."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ADA_", "PYTEST", "PYTHON"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, env=clean, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def through_pytest(environment: Path, base: Path, turns: int) -> float:
    """Print and return all cases through pytest, as a share of the check and of as many empty tests."""
    cases = len(run(environment / "bin" / "adakit", "check", "--list").splitlines())
    empty, full = base / "empty", base / "full"
    for folder in (empty, full):
        folder.mkdir()
    (empty / "test_empty.py").write_text(EMPTY.format(cases=cases), encoding="utf-8")
    (full / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    pytest, ratios, taken = environment / "bin" / "pytest", [], []
    for _ in range(turns):
        check = processor_seconds(environment / "bin" / "adakit", "check", *CONSUMER, cwd=base)
        nothing = processor_seconds(pytest, "-q", "-p", "no:cacheprovider", cwd=empty)
        everything = processor_seconds(pytest, "-q", "-p", "no:cacheprovider", cwd=full)
        ratios.append(everything / (check + nothing))
        taken.append((check, nothing, everything))
    median = statistics.median(ratios)
    check, nothing, everything = (statistics.median(each) for each in zip(*taken, strict=True))
    print(f"{cases} cases through pytest {median:.3f} of check + empty tests   ({turns} turns)")
    print(f"{'':26}{everything:.2f} s; check {check:.2f} s, empty tests {nothing:.2f} s")
    return median


def against(environment: Path, other: Path, base: Path, turns: int) -> float:
    """Print and return the check of this version, as a share of the other's."""
    ratios, taken = [], []
    for number in range(turns + 1):
        pair = [
            processor_seconds(each / "bin" / "adakit", "check", *CONSUMER, cwd=base)
            for each in (environment, other)
        ]
        if number:  # the first compiles
            ratios.append(pair[0] / pair[1])
            taken.append(pair)
    median = statistics.median(ratios)
    ours, theirs = (statistics.median(each) for each in zip(*taken, strict=True))
    print(f"check in process {median:.3f} of the other wheel's   ({turns} pairs)")
    print(f"{'':26}{ours:.2f} s; the other {theirs:.2f} s")
    return median


def main() -> None:
    """Measure, print, and exit with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--against", type=Path, metavar="WHEEL")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        environment = made(base / "this", "pytest", built(base))
        slow = through_pytest(environment, base, options.turns) > PLUGIN_LIMIT
        if options.against is not None:
            other = made(base / "other", "pytest", options.against)
            slow |= against(environment, other, base, options.turns) > AGAINST_LIMIT
    if slow:
        sys.exit(f"Too slow: pytest at most {PLUGIN_LIMIT}, the check at most {AGAINST_LIMIT} of before")


if __name__ == "__main__":
    main()
