"""The proofs: no enumerated case hits a bug, every trigger does, and correct consumers are correct."""

from __future__ import annotations

import logging
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from ada_contract_tests import Options, check
from ada_schemas import validate
from corpus.deep import ID_VARIABLE
from corpus.deep.consumers import BUGS, CLASSES, CORRECT
from corpus.deep.driver import PATH, wrongs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corpus.deep.catalogue import Bug
    from corpus.deep.events import Step

SHOWN = 8
"""Lines at most about one consumer."""


def unfit(bug: Bug) -> Iterator[str]:
    """What is wrong with a bug's trigger: it does not show the bug, is not minimal, or is nothing Ada sends."""
    yield from undocumented("the trigger", bug.steps)
    shown = wrongs(bug.id, bug.steps)
    if shown != [bug.shows]:
        yield f"the trigger shows {shown or 'nothing'}, not {bug.shows}"
    for name, steps in bug.reductions():
        yield from undocumented(name, steps)
        shown = wrongs(bug.id, steps)
        if shown:
            yield f"{name}, the trigger still shows {shown}"


def undocumented(name: str, steps: Sequence[Step]) -> Iterator[str]:
    """What of a sequence Ada does not document."""
    for number, step in enumerate(steps, 1):
        for violation in validate(step.payload(), closed=True):
            yield f"{name}, delivery {number}: {violation}"


def accused(consumer_id: str) -> Iterator[str]:
    """What a correct consumer does wrong under the triggers of all the bugs."""
    for bug in BUGS.values():
        shown = wrongs(consumer_id, bug.steps)
        if shown:
            yield f"under the trigger of {bug.id} it shows {shown}"


def findings(consumer_id: str, seeds: Sequence[int]) -> Iterator[str]:
    """What the check finds with all its enumerated cases, warnings included, as `--strict` counts them."""
    os.environ[ID_VARIABLE] = consumer_id
    options = partial(Options, path=PATH, seen_url="/_seen", strict=True)
    for seed in seeds:
        report = check("corpus.deep:create_app()", options(seed=seed))
        for finding in report.findings:
            yield f"seed {seed}: {finding.rule} {finding.case}: {finding.got}"
        if report.exit_code or report.stopped or report.coverage < 1:
            yield f"seed {seed}: exit code {report.exit_code}, coverage {report.coverage:.1%} {report.stopped}"


def proof(consumer_id: str, seeds: Sequence[int]) -> tuple[str, list[str], float]:
    """The id of a consumer, what is wrong with it, and the seconds that it took to tell."""
    logging.disable(logging.CRITICAL)
    started = time.monotonic()
    bug = BUGS.get(consumer_id)
    wrong = [*(unfit(bug) if bug else accused(consumer_id)), *findings(consumer_id, seeds)]
    return consumer_id, wrong, time.monotonic() - started


def prove(only: Sequence[str], *, seeds: Sequence[int], jobs: int) -> bool:
    """Prove some consumers, or all; prints a line for each, and is false if one is not what it should be."""
    ids, failed, started = list(only) or list(CLASSES), 0, time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        for consumer_id, wrong, seconds in pool.map(partial(proof, seeds=seeds), ids):
            print(f"{'FAIL' if wrong else 'ok  '} {consumer_id}  {seconds:.1f} s", flush=True)  # noqa: T201
            more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
            for line in [*wrong[:SHOWN], *more]:
                print(f"     {line}")  # noqa: T201
            failed += bool(wrong)
    counts = f"{len(BUGS)} with a bug, {len(CORRECT)} correct"
    seconds = time.monotonic() - started
    print(f"{len(ids) - failed} of {len(ids)} proven ({counts} in all), {seconds:.0f} s")  # noqa: T201
    return not failed
