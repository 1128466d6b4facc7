"""Everything that is measured, beside its peers: ``python benchmarks/bench.py`` writes benchmarks/RESULTS.md.

Exits with 1 where a limit is broken, when the results are written.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from console import console
from contract_check import contract_check
from delivery import delivery, nginx
from generation import generation
from machine import described
from measuring import BENCHMARKS, chosen, options, told
from memory import memory
from signing import signing
from validation import validation

from plugin import plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from measuring import Part, Run

__all__ = ["PARTS", "page"]

PARTS: dict[str, Callable[[Run], list[Part]]] = {
    "generation": generation,
    "memory": memory,
    "validation": validation,
    "signing": signing,
    "delivery": delivery,
    "check": contract_check,
    "plugin": plugin,
    "console": console,
}

INTRODUCTION = """# Results

Written by `make bench`, which measures all of this anew; `python benchmarks/generation.py` and so on measure
one part. Contenders are warm, each in a process of its own, and take turns in rounds whose order alternates:
a figure is the median of the rounds, a ratio the median of the rounds' ratios, its spread the smallest and
the largest of them. Absolute figures hold for this machine; the ratios are what to compare.
"""


def page(facts: Sequence[tuple[str, str]], tables: Sequence[Part], *, date: str, note: str = "") -> str:
    """The results as Markdown."""
    rows = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in (("Date", date), *facts))]
    parts = [INTRODUCTION, *([note, ""] if note else []), *rows, "", *map(told, tables)]
    return "\n".join(parts).rstrip() + "\n"


def main() -> None:
    """Measure all parts, or those that are named, and write the page."""
    parser = options(__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--output", type=Path, default=BENCHMARKS / "RESULTS.md", metavar="FILE")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        parser.error(f"{unknown[0]} is no part; the parts are {', '.join(PARTS)}")
    run, tables = chosen(arguments), []
    for name in arguments.parts or PARTS:
        load, began = os.getloadavg()[0], time.monotonic()
        tables += PARTS[name](run)
        print(
            f"{name}: {time.monotonic() - began:.0f} s (load {load:.1f} before)", file=sys.stderr, flush=True
        )
    note = "**A quick run: its figures mean nothing.**" if run.quick else ""
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    text = page(described(run.peers, nginx()), tables, date=date, note=note)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)
    broken = [limit for table in tables for limit in table.broken]
    if broken:
        sys.exit("\n".join(broken))


if __name__ == "__main__":
    main()
