"""What adakit costs a pytest run that does not use it, and what it takes where it is used.

Three environments: pytest alone, pytest with the built wheel of adakit, pytest with Schemathesis. `pytest -q`
on one trivial test is run in pairs, alone and with the other, so that a machine that is busy elsewhere slows
both; what counts is the median of the pairs' ratios. Then the example consumers, at 100 % contract coverage.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAIRS = 15
LIMIT = 1.10
"""The most that the installed wheel may make of a start-up without it."""

EXAMPLE_LIMIT = 6.0
"""Seconds that an example may take in one process."""

ENTRY_POINTS = """
from importlib.metadata import entry_points
print(", ".join(f"{point.name} = {point.value}" for point in entry_points(group="pytest11")) or "none")
"""

Environment = Path
"""The folder of a virtual environment."""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that has to succeed, without what this environment says of Python, pytest and adakit."""
    ours = ("ADA_", "PYTEST", "PYTHON", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr}")
    return done.stdout


def made(folder: Path, *what: str | Path) -> Environment:
    """A fresh environment with that installed."""
    venv.create(folder, with_pip=False)
    run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", *what)
    return folder


def seconds(environment: Environment, folder: Path) -> float:
    """The time that `pytest -q` takes in a folder."""
    start = time.perf_counter()
    run(environment / "bin" / "pytest", "-q", cwd=folder)
    return time.perf_counter() - start


def paired(
    one: Environment, other: Environment, folder: Path, pairs: int
) -> tuple[list[float], float, float]:
    """The ratios other/one of paired runs, and the median seconds of both; who comes first alternates."""
    times: list[tuple[float, float]] = []
    for environment in (one, other):
        seconds(environment, folder)  # compiles
    for number in range(pairs):
        if number % 2:
            second = seconds(other, folder)
            times.append((seconds(one, folder), second))
        else:
            times.append((seconds(one, folder), seconds(other, folder)))
    ratios = [b / a for a, b in times]
    return ratios, statistics.median(a for a, _ in times), statistics.median(b for _, b in times)


@dataclass(frozen=True)
class Compared:
    """The start-up of pytest with something installed, beside pytest alone."""

    name: str
    ratios: list[float]
    before: float
    after: float
    plugins: str

    @property
    def median(self) -> float:
        """The median of the pairs' ratios."""
        return statistics.median(self.ratios)


def compare(name: str, other: Environment, alone: Environment, folder: Path, pairs: int) -> Compared:
    """Measure, print and return the comparison."""
    ratios, before, after = paired(alone, other, folder, pairs)
    plugins = run(other / "bin" / "python", "-c", ENTRY_POINTS).strip()
    found = Compared(name, ratios, before, after, plugins)
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(f"pytest with {name:<13} {found.median:.3f} of pytest alone   ({spread}, {pairs} pairs;")
    print(f"{'':26}{before * 1000:.0f} ms alone, {after * 1000:.0f} ms with it)")
    print(f"{'':26}pytest plugins there: {plugins}")
    return found


def built(base: Path) -> Path:
    """The wheel of adakit, as it stands here."""
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", base / "dist", ROOT)
    (wheel,) = (base / "dist").glob("*.whl")
    return wheel


def start_up(base: Path, wheel: Path, pairs: int) -> list[Compared]:
    """The start-up of pytest with adakit, then with Schemathesis, each beside pytest alone."""
    alone = made(base / "alone", "pytest")
    others = {"adakit": made(base / "adakit", "pytest", wheel)}
    others["schemathesis"] = made(base / "schemathesis", "pytest", "schemathesis")
    folder = base / "project"
    folder.mkdir()
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    return [compare(name, other, alone, folder, pairs) for name, other in others.items()]


def example(environment: Environment, name: str) -> float:
    """Print what an example takes in one process and in two; returns the seconds in one."""
    taken = []
    for arguments in ([], ["-n", "2"]):
        start = time.perf_counter()
        said = run(
            environment / "bin" / "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *arguments,
            cwd=ROOT / "examples" / name,
        )
        taken.append(time.perf_counter() - start)
    coverage = next(line for line in said.splitlines() if "contract coverage" in line)
    print(f"examples/{name:<8} {taken[0]:.1f} s in one process, {taken[1]:.1f} s with -n 2   ({coverage})")
    return taken[0]


def needed(name: str) -> set[str]:
    """What an example says that it needs, but adakit."""
    project = tomllib.loads((ROOT / "examples" / name / "pyproject.toml").read_text(encoding="utf-8"))
    return {*project["project"]["dependencies"], *project["dependency-groups"]["dev"]} - {"adakit"}


def main() -> None:
    """Measure, print, and exit with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        wheel = built(base)
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors")
        ratio = start_up(base, wheel, pairs)[0].median
        names = ("flask", "fastapi", "django")
        examples = made(base / "examples", wheel, "pytest-xdist", *sorted(set().union(*map(needed, names))))
        fastest = min(example(examples, name) for name in names)
    if ratio > LIMIT or fastest > EXAMPLE_LIMIT:
        sys.exit(f"Too slow: start-up at most {LIMIT}, an example at most {EXAMPLE_LIMIT} s")


if __name__ == "__main__":
    main()
