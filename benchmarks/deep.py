"""How many of the bugs of ``tests/corpus/deep`` fuzzing finds: ``python benchmarks/deep.py [IDS]``.

No enumerated case hits these bugs (``python -m corpus.deep prove`` in ``tests``). Each consumer is checked
in process with ``--fuzz``, in the time that it has by itself, a process of its own each; found is one about
which there is an error, and smallest where nothing of what a finding shows can be taken away. ``--correct N``
does the same with the correct consumers, none of which may be accused, in as much time as it takes.
``--peers PYTHON`` has Schemathesis, in that interpreter, send signed requests from the same document, with
the same budget, to the same consumer over HTTP; it asks no witness.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peers

from ada_contract_tests.suites.fuzzed import can_be_sent, fuzzed_case, fuzzed_of_id, is_fuzzed
from ada_schemas.contract.contract import shipped
from ada_schemas.files.endpoint import endpoint_document

TESTS = Path(__file__).parents[1] / "tests"
WHERE = ["corpus.deep:create_app()", "--path", peers.ENDPOINT, "--seen-url", "/_seen"]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of servers that this starts
SECONDS = 60.0
"""Seconds that Schemathesis may take for a consumer."""


@dataclass
class Outcome:
    """What was found about one consumer."""

    id: str
    kind: str
    witness_only: bool
    findings: list[dict[str, Any]]
    seconds: float
    larger: list[str] = field(default_factory=list)
    """Cases that fail as well, and have less in them than what was reported."""
    peer: bool | None = None

    @property
    def found(self) -> bool:
        """True if there is an error."""
        return bool(self.findings)


def checked(consumer: str, *options: str) -> dict[str, Any]:
    """The report of a check of one consumer, in a process of its own."""
    environment = {**os.environ, "CORPUS_DEEP": consumer, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "adakit", "check", *WHERE, *options, "--json"]
    done = subprocess.run(command, cwd=TESTS, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{consumer}: {done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def fuzzed(entry: dict[str, Any], number: int, seed: int, *more: str) -> Outcome:
    """Fuzz one consumer, and try to take something away from each finding."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        options = ("--fuzz", str(number), "--fuzz-db", folder, *more)
        report = checked(entry["id"], *options, "--seed", str(seed))
    seconds = time.monotonic() - began
    errors = [finding for finding in report["findings"] if finding["severity"] == "error"]
    outcome = Outcome(
        entry["id"], entry.get("kind", "correct"), entry.get("witness_only", False), errors, seconds
    )
    for finding in errors:
        smaller = less_than(finding["case"])
        if smaller:
            again = checked(
                entry["id"], "--seed", str(seed + 1), *(p for case in smaller for p in ("--case", case))
            )
            outcome.larger += [f["case"] for f in again["findings"] if f["severity"] == "error"]
    return outcome


def less_than(case_id: str) -> list[str]:
    """The cases that have one part less than a fuzzed one, as far as they can be sent."""
    if not is_fuzzed(case_id) or case_id.endswith(".long"):
        return []
    contract = shipped()
    whole = fuzzed_of_id(case_id, contract)
    less = []
    for at in range(len(whole.parts)):
        other = whole.with_parts([*whole.parts[:at], *whole.parts[at + 1 :]])  # type: ignore[arg-type]  # parts of its own kind
        if other.parts and can_be_sent(other, contract):
            less.append(fuzzed_case(other, contract).id)
    return less


async def by_schemathesis(consumer: str, *, python: Path, described: Path, number: int) -> bool:
    """True if Schemathesis reports a failure of a consumer that is served over HTTP."""
    environment = {**os.environ, "ADA_WEBHOOK_SECRET": SECRET}
    serving = [sys.executable, "-m", "corpus.deep", "serve", consumer, "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        *serving,
        cwd=TESTS,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        port = int((await process.stdout.readline()).split()[-1])
        return await peers.schemathesis(
            port, SECRET, python=python, described=described, examples=number, limit=SECONDS, hangs=False
        )
    finally:
        process.terminate()
        await process.wait()


def share(outcomes: list[Outcome]) -> str:
    """How many were found, of how many."""
    found = sum(outcome.found for outcome in outcomes)
    return f"{found:>3} of {len(outcomes):>3}  {100 * found / len(outcomes):5.1f} %" if outcomes else "-"


def told(outcomes: list[Outcome]) -> None:
    """Print the table."""
    kinds = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.kind].append(outcome)
    for kind, members in [*kinds.items(), ("all", outcomes)]:
        beside = [outcome for outcome in members if outcome.peer is not None]
        peer = f"   Schemathesis {sum(bool(o.peer) for o in beside)} of {len(beside)}" if beside else ""
        print(f"{kind:<12} {share(members)}{peer}")
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    print(f"the longest took {slowest.seconds:.0f} s ({slowest.id})")
    large = [outcome for outcome in outcomes if outcome.larger]
    print(f"not the smallest: {', '.join(f'{o.id} ({o.larger[0]})' for o in large) or 'none'}")


def main() -> None:
    """Run the consumers one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--fuzz", type=int, default=500, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--correct", type=int, metavar="N", help="the correct ones, with that many events each"
    )
    parser.add_argument(
        "--peers", type=Path, metavar="PYTHON", help="Schemathesis too, with this interpreter"
    )
    arguments = parser.parse_args()
    listing = [sys.executable, "-m", "corpus.deep", "list", "--json"]
    table = json.loads(subprocess.run(listing, cwd=TESTS, capture_output=True, check=True).stdout)
    entries = table["correct" if arguments.correct else "bugs"]
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "endpoint.json"
        described.write_text(json.dumps(endpoint_document(shipped(), path=peers.ENDPOINT)), encoding="utf-8")
        for entry in entries:
            if arguments.ids and entry["id"] not in arguments.ids:
                continue
            all_of_it = ("--fuzz-seconds", "0") if arguments.correct else ()
            outcome = fuzzed(entry, arguments.correct or arguments.fuzz, arguments.seed, *all_of_it)
            if arguments.peers:
                outcome.peer = asyncio.run(
                    by_schemathesis(
                        entry["id"],
                        python=arguments.peers.absolute(),
                        described=described,
                        number=arguments.fuzz,
                    )
                )
            outcomes.append(outcome)
            what = outcome.findings[0]["summary"][:90] if outcome.found else ""
            peer = "" if outcome.peer is None else " [Schemathesis]" if outcome.peer else " [-]"
            said = ("accused", "clean") if arguments.correct else ("found", "missed")
            verdict = said[0] if outcome.found else said[1]
            print(
                f"{verdict} {outcome.id}{peer} {outcome.seconds:.0f} s  {what}",
                flush=True,
            )
    told(outcomes)


if __name__ == "__main__":
    main()
