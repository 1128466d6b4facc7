"""Prove that every consumer is what the manifest says: `python -m corpus.prove [ID...]`.

A consumer with a bug has to show it under its probe where a correct consumer of the same framework does not,
and has to answer most ordinary events with 2xx all the same. A correct one has to get through the general
probe and, with `--cross`, through the probes of all the bugs.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from corpus import cases  # noqa: F401 - registers the cases
from corpus.correct import CORRECT
from corpus.general import examine
from corpus.live import Live
from corpus.manifest import MANIFEST, manifest
from corpus.payloads import plain
from corpus.probe import CASES, delivery, framework_of
from corpus.stacks import left_out

if TYPE_CHECKING:
    from corpus.correct import Correct
    from corpus.probe import Case

LAWFUL = {
    "ignore": {"ok ignored", "ok+ok duplicate+ignored"},
    "refuse": {"400 rejected", "422 rejected"},
    "busy": {"503 rejected"},
    "stale": {"ok ignored"},
    "twin": {"409+ok handled+rejected"},
    "raise": {"500 rejected"},
}


class References:
    """Correct consumers that run for as long as probes are compared with them, one of each kind."""

    def __init__(self, stack: ExitStack, *, verbose: bool) -> None:
        self.stack, self.verbose = stack, verbose
        self.running: dict[str, Live] = {}
        self.lock = threading.Lock()

    def get(self, consumer_id: str) -> Live:
        """The one with this id, started on first use."""
        with self.lock:
            if consumer_id not in self.running:
                self.running[consumer_id] = self.stack.enter_context(Live(consumer_id, verbose=self.verbose))
            return self.running[consumer_id]


def ordinarily(live: Live) -> list[str]:
    """How a consumer answers the seven events in their ordinary form."""
    return [live.deliver(delivery(one, patience=2)) for one in plain()]


def prove_case(case: Case, references: References, *, verbose: bool) -> list[str]:
    """What is wrong with a consumer with a bug."""
    wrong = []
    with Live(case.id, verbose=verbose) as live:
        observed = case.probe(live)
        ordinary = ordinarily(live)
    if any(one.startswith(("dead", "slow")) for one in ordinary):
        with Live(case.id, verbose=verbose) as live:
            ordinary = ordinarily(live)
    if not case.shows_bug(observed):
        wrong.append(f"expected {list(case.bad)}, observed {observed}")
    healthy = case.probe(references.get(case.reference))
    if not case.shows_health(healthy):
        wrong.append(f"{case.reference} is expected to show {case.good or 'health'}, observed {healthy}")
    if sum(one == "ok" for one in ordinary) < 4:
        wrong.append(f"fails most ordinary events: {ordinary}")
    return wrong


def prove_correct(one: Correct, *, verbose: bool) -> list[str]:
    """What is wrong with a correct consumer."""
    with Live(one.id, verbose=verbose) as live:
        return examine(one, live)


def cross(one: Correct, *, verbose: bool) -> list[str]:
    """The probes of bugs that a correct consumer does not pass."""
    wrong = []
    with Live(one.id, verbose=verbose) as live:
        for case in CASES.values():
            seen = case.probe(live)
            lawful = {observation for right in one.may for observation in LAWFUL[right]}
            expected = case.good or ("ok handled",) * len(seen)
            pairs = list(zip(seen, expected, strict=False))
            if len(seen) != len(expected):
                pairs = [(observation, expected[0]) for observation in seen]
            for observation, wanted in pairs:
                refused = wanted == "401 rejected" and observation in {"400 rejected", "403 rejected"}
                if observation != wanted and observation not in lawful and not refused:
                    wrong.append(f"{case.id}: {seen} instead of {list(expected)}")
                    break
    return wrong


def main() -> None:
    """Prove the named consumers, or all."""
    parser = argparse.ArgumentParser(prog="python -m corpus.prove", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--cross", action="store_true", help="correct ones: all the bugs' probes instead")
    parser.add_argument("--verbose", action="store_true", help="show what the consumers write to stderr")
    options = parser.parse_args()
    began = time.monotonic()
    if json.loads(MANIFEST.read_text(encoding="utf-8")) != manifest():
        sys.exit("manifest.json is out of date: run python -m corpus.manifest")
    chosen = options.ids or ([*CORRECT] if options.cross else [*CORRECT, *CASES])
    if unknown := [one for one in chosen if one not in CORRECT and one not in CASES]:
        sys.exit(f"no such consumer: {', '.join(unknown)}")
    absent = left_out()
    for name in sorted({framework_of(one) for one in chosen} & absent.keys()):
        sys.stdout.write(f"left out: {name}, for lack of {absent[name]}\n")
    chosen = [one for one in chosen if framework_of(one) not in absent]
    with ExitStack() as stack:
        references = References(stack, verbose=options.verbose)

        def prove(consumer_id: str) -> list[str]:
            try:
                if consumer_id in CASES:
                    return prove_case(CASES[consumer_id], references, verbose=options.verbose)
                judge = cross if options.cross else prove_correct
                return judge(CORRECT[consumer_id], verbose=options.verbose)
            except Exception:
                return [traceback.format_exc(limit=-3)]

        with ThreadPoolExecutor(2) as pool:
            results = dict(zip(chosen, pool.map(prove, chosen), strict=True))
    for consumer_id, wrong in results.items():
        for line in wrong:
            sys.stdout.write(f"{consumer_id}: {line}\n")
    failed = sum(bool(wrong) for wrong in results.values())
    taken = time.monotonic() - began
    sys.stdout.write(f"{len(results) - failed} of {len(results)} proven in {taken:.0f} s\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
