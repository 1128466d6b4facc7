"""``python -m fuzz [--seconds S] [--seed N] [--only NAME] [--survey]``: exit code 1 when something fails.

Each entrance gets its share of the seconds. What fails is printed with the smallest input, and with the
command that repeats it.
"""

from __future__ import annotations

import argparse
import random
import sys
import traceback

from fuzz.campaign import Found, run
from fuzz.entrances import ENTRANCES

LONGEST = 6_000
"""Characters of an input that are printed."""


def main(arguments: list[str]) -> int:
    """Run the campaigns that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0, help="for all entrances together")
    parser.add_argument("--seed", type=int, help="repeat what this seed gave; drawn if not given")
    parser.add_argument("--only", action="append", choices=list(ENTRANCES), metavar="NAME")
    parser.add_argument(
        "--survey", action="store_true", help="go on after a failure; nothing is made smaller"
    )
    options = parser.parse_args(arguments)
    first = random.SystemRandom().randrange(10**6) * 1000 if options.seed is None else options.seed
    names = options.only or list(ENTRANCES)
    print(f"seed {first}", flush=True)
    failed = False
    for name in names:
        entrance = ENTRANCES[name]
        result = run(entrance, first=first, seconds=options.seconds / len(names), survey=options.survey)
        print(f"{name:<12} {result.tried:>7} inputs in {result.seconds:5.1f} s: ", end="")
        print(f"{len(result.found)} kinds of failure" if result.found else "all held", flush=True)
        for found in result.found.values():
            failed = True
            report(found)
    return int(failed)


def report(found: Found) -> None:
    """Print one kind of failure."""
    print(f"\n--- {found.kind} ({found.times} times)")
    print(f"repeat: python -m fuzz --only {found.entrance.name} --seed {found.seed}")
    print(found.entrance.shown(found.value)[:LONGEST])
    lines = traceback.format_exception(found.error)
    print("".join(lines[-6:])[-3000:], flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
