"""The memory of ``adakit generate conversation`` by the number of events."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from measuring import Part, Run, run_part

__all__ = ["memory"]

EVENTS = (8_000, 84_000, 5_000_000)
QUICK = (200, 400)
LIMIT = 20.0
"""MB that the largest run may take beyond the smallest."""
TOO_MUCH = 2_000.0
"""MB beyond which a run is not begun."""


def generated(stories: int) -> tuple[int, float, float]:
    """The events of so many conversations, the largest resident memory in MB, and the seconds."""
    command = [sys.executable, "-m", "adakit", "generate", "conversation", "-n", str(stories), "--seed", "1"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        counting = subprocess.Popen(["wc", "-l"], stdin=process.stdout, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.close()
        said, _ = counting.communicate()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return int(said), used.ru_maxrss * unit / 1e6, time.perf_counter() - began


def memory(run: Run) -> list[Part]:
    """The table of memory."""
    part = Part(
        "Memory of a run",
        "The largest resident memory of `adakit generate conversation` (`ru_maxrss` of its process), "
        "written to a pipe that another process counts; with the interpreter and all modules.",
        ["events", "MB", "seconds"],
    )
    each = generated(50)[0] / 50
    seen: list[tuple[int, float]] = []
    for events in QUICK if run.quick else EVENTS:
        if len(seen) > 1:
            (few, least), (many, most) = seen[0], seen[-1]
            expected = most + (most - least) / (many - few) * (events - many)
            if expected > TOO_MUCH:
                part.left_out.append(f"{events:,} events, which would take some {expected:,.0f} MB")
                part.broken.append(f"Memory grows with the run: {least:.0f} MB at first, then {most:.0f} MB")
                continue
        made, used, seconds = generated(max(1, round(events / each)))
        seen.append((made, used))
        part.rows.append([f"{made:,}", f"{used:.0f}", f"{seconds:.1f}"])
    if seen[-1][1] - seen[0][1] > LIMIT:
        part.broken.append(
            f"Memory: {seen[-1][1] - seen[0][1]:.0f} MB more for more events, at most {LIMIT:.0f}"
        )
    return [part]


if __name__ == "__main__":
    run_part(memory, __doc__)
