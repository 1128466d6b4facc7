"""Contenders that are measured beside each other: in turns, several times, as ratios to one of them.

Each contender is a process that waits for a count and answers what it did and how long that took, so all are
warm, none holds memory or imports of another, and what else the machine does meets them all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BENCHMARKS",
    "ROOT",
    "SCHEMAS",
    "Contender",
    "Measured",
    "Part",
    "Run",
    "chosen",
    "figure",
    "measured",
    "node_worker",
    "options",
    "python_worker",
    "rated",
    "run_part",
    "told",
]

BENCHMARKS = Path(__file__).parent
ROOT = BENCHMARKS.parent
SCHEMAS = ROOT / "schemas" / "ada_schemas" / "v1"
SMALLEST = 0.25
"""The share of the time of a round that has to be reached before the count of a round is derived from it."""


@dataclass(frozen=True)
class Run:
    """How a part is measured: so many rounds, of so many seconds for each contender.

    ``quick`` is for trying whether it works: its figures mean nothing. ``peers`` is the interpreter that has
    the Python peers.
    """

    rounds: int = 5
    seconds: float = 1.5
    quick: bool = False
    peers: Path = ROOT / ".venv-peers" / "bin" / "python"

    @property
    def least(self) -> int:
        """The rounds of what takes long by itself."""
        return 1 if self.quick else 3


@dataclass(frozen=True)
class Contender:
    """What is measured: the command of its process, which is told seconds, not a count, if ``by_time``."""

    name: str
    command: Sequence[str | Path]
    by_time: bool = False
    core: int | None = None


@dataclass
class Measured:
    """What a contender did: its rate in each round, and what else it said of itself."""

    name: str
    rates: list[float] = field(default_factory=list)
    said: dict[str, list[float]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """The median of the rates."""
        return statistics.median(self.rates)

    def ratios(self, other: Measured) -> list[float]:
        """The ratio to another in each round."""
        return [mine / theirs for mine, theirs in zip(self.rates, other.rates, strict=True)]


@dataclass
class Part:
    """A table of the results, with the sentences that say what was compared and how that is fair."""

    title: str
    said: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Limits that are not kept."""


def python_worker(python: str | Path, function: str, *arguments: str | Path) -> list[str | Path]:
    """The command of a contender that is a Python function."""
    return [python, BENCHMARKS / "worker.py", function, *arguments]


def node_worker(script: str, *arguments: str | Path) -> list[str | Path]:
    """The command of a contender that is a script for Node."""
    return ["node", BENCHMARKS / "node" / script, *arguments]


class _Process:
    """A contender's process; raises RuntimeError with its last words where it does not answer."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        pinned = [] if contender.core is None else ["taskset", "-c", str(contender.core)]
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        try:
            self._process = subprocess.Popen(
                [*pinned, *map(str, contender.command)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
            )
        except OSError as error:
            self._said.close()
            raise RuntimeError(f"{error.filename} is missing") from None
        try:
            self._answer()  # that it is ready
        except RuntimeError:
            self.end()
            raise

    def ask(self, amount: int) -> dict[str, Any]:
        """What it did for this count, or in these seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{amount}\n")
        self._process.stdin.flush()
        return self._answer()

    def amount(self, seconds: float) -> int:
        """What it has to be asked to be busy for so long."""
        if self.contender.by_time:
            return max(1, round(seconds))
        count = 1
        while True:
            took = self.ask(count)
            if took["seconds"] >= seconds * SMALLEST:
                return max(1, round(took["count"] * seconds / took["seconds"]))
            faster = seconds * SMALLEST / max(took["seconds"], 1e-6)
            count = max(count * 2, round(count * min(faster * 1.2, 50)))

    def end(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._said.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._said.seek(0)
            last = [text for text in self._said.read().splitlines() if text.strip()] or ["it ended"]
            raise RuntimeError(last[-1][:200])
        answer: dict[str, Any] = json.loads(line)
        return answer


def measured(
    contenders: Sequence[Contender], *, rounds: int, seconds: float
) -> tuple[list[Measured], list[str]]:
    """The contenders, measured in turns, and those that are left out with the reason."""
    processes: list[_Process] = []
    amounts, left_out = [], []
    try:
        for contender in contenders:
            try:
                process = _Process(contender)
            except RuntimeError as error:
                left_out.append(f"{contender.name}: {error}")
                continue
            try:
                amounts.append(process.amount(seconds))
            except RuntimeError as error:
                process.end()
                left_out.append(f"{contender.name}: {error}")
                continue
            processes.append(process)
        results = [Measured(process.contender.name) for process in processes]
        for number in range(rounds):
            turns = list(zip(processes, amounts, results, strict=True))
            for process, amount, result in turns if number % 2 == 0 else reversed(turns):
                answer = process.ask(amount)
                result.rates.append(answer.pop("count") / answer.pop("seconds"))
                for name, value in answer.items():
                    result.said.setdefault(name, []).append(value)
        return results, left_out
    finally:
        for process in processes:
            process.end()


def rated(part: Part, results: list[Measured], reference: str, *more: str) -> None:
    """Fill a table: name, rate, ratio to the reference, its spread, and the medians of what else was said."""
    other = next((result for result in results if result.name == reference), None)
    for result in results:
        shares = [] if other is None else result.ratios(other)
        ratio = figure(statistics.median(shares)) if shares else "-"
        spread = f"{figure(min(shares))} to {figure(max(shares))}" if shares and result is not other else ""
        extra = [
            f"{statistics.median(result.said[name]):.1f}" if name in result.said else "-" for name in more
        ]
        part.rows.append([result.name, f"{result.rate:,.0f}", ratio, spread, *extra])


def figure(number: float) -> str:
    """A ratio with as many digits as mean something."""
    return f"{number:.2f}" if number >= 0.1 else f"{number:.4f}" if number < 0.01 else f"{number:.3f}"


def told(part: Part) -> str:
    """A part as Markdown."""
    lines = [f"## {part.title}", "", part.said, ""]
    if part.rows:
        numbers = ["---", *["---:"] * (len(part.columns) - 1)]
        lines += [f"| {' | '.join(row)} |" for row in (part.columns, numbers, *part.rows)]
        lines.append("")
    if part.left_out:
        lines += [f"Left out: {'; '.join(part.left_out)}.", ""]
    return "\n".join(lines)


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that every part has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="try whether it works; the figures mean nothing")
    parser.add_argument(
        "--peers", type=Path, default=Run.peers, metavar="PYTHON", help="has the Python peers"
    )
    return parser


def chosen(arguments: argparse.Namespace) -> Run:
    """How to measure, by the options."""
    # Not resolved: the interpreter of a virtual environment is a link.
    peers = arguments.peers.absolute()
    return Run(rounds=1, seconds=0.02, quick=True, peers=peers) if arguments.quick else Run(peers=peers)


def run_part(part: Callable[[Run], list[Part]], description: str | None) -> None:
    """Measure one part by itself, and print it."""
    tables = part(chosen(options(description).parse_args()))
    for table in tables:
        print(told(table))
    broken = [limit for table in tables for limit in table.broken]
    if broken:
        sys.exit("\n".join(broken))
