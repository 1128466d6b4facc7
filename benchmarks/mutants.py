"""Runs the contract check against the corpus of consumers, and says what it finds and what it misses.

A consumer with a bug counts as detected when `adakit check` exits with 1; a correct one that does is a false
positive. `--save FILE` keeps the result, `--compare FILE` prints it beside an earlier one, `--peers PYTHON`
also runs what ``peers`` describes (with the interpreter that has Schemathesis) against the same consumers.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import peers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
START_LIMIT = 40.0
CHECK_LIMIT = 150.0
"""Seconds that a consumer may take to start, and a check to end."""


@dataclass
class Outcome:
    """What the check said of one consumer: ``exit_code`` by default and as `--strict` would have it.

    ``by_design`` says why missing a bug is right, where neither Ada nor a stranger can bring it about.
    """

    id: str
    stack: str
    family: str
    split: str
    correct: bool
    by_design: str | None
    bug: str
    exit_code: int
    strict_exit_code: int
    rules: list[str]
    seconds: float
    note: str = ""
    peers: dict[str, bool] = field(default_factory=dict)

    @property
    def detected(self) -> bool:
        """Whether it was found to be wrong."""
        return self.exit_code == 1

    @property
    def errors(self) -> set[str]:
        """The rules that it breaks, without warnings."""
        return {rule for rule in self.rules if " " not in rule}


async def started(consumer: str, environment: dict[str, str]) -> tuple[asyncio.subprocess.Process, int]:
    """A running consumer and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "corpus.serve", consumer, "--port", "0",
        cwd=TESTS, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(START_LIMIT):
        while line := await process.stdout.readline():
            if line.startswith(b"listening on "):
                return process, int(line.split()[-1])
    raise RuntimeError(f"{consumer} did not start")


async def drained(process: asyncio.subprocess.Process) -> None:
    """Read what a consumer prints, so that it never blocks on a full pipe."""
    assert process.stdout is not None
    while await process.stdout.read(65536):
        pass


@asynccontextmanager
async def serving(consumer: str) -> AsyncIterator[tuple[int, str]]:
    """A consumer for one run: its port and secret; RuntimeError or TimeoutError where it does not start."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    environment = {**os.environ, "ADA_WEBHOOK_SECRET": secret, "PYTHONWARNINGS": "ignore"}
    process, port = await started(consumer, environment)
    drain = asyncio.create_task(drained(process))
    try:
        yield port, secret
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await drain


async def measured(entry: dict[str, Any], options: list[str]) -> Outcome:
    """Start a consumer, check it, end it."""
    known = (
        *(entry[name] for name in ("id", "framework", "family", "split", "correct", "by_design")),
        entry.get("bug") or "",
    )
    nothing = {"exit_code": -1, "strict_exit_code": -1, "rules": []}
    begun = time.monotonic()
    try:
        async with serving(entry["id"]) as (port, secret):
            base = f"http://127.0.0.1:{port}"
            check = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "adakit", "check", f"{base}/webhooks/ada", "--secret", secret,
                "--seen-url", f"{base}/_seen", "--json", *options,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                async with asyncio.timeout(CHECK_LIMIT):
                    out, err = await check.communicate()
            except TimeoutError:
                check.kill()
                return Outcome(*known, **nothing, seconds=CHECK_LIMIT, note="the check did not end")
    except (RuntimeError, TimeoutError) as error:
        return Outcome(*known, **nothing, seconds=0, note=str(error))
    report = json.loads(out) if out.strip().startswith(b"{") else {}
    # A check that broke down exits with 1 too.
    code = check.returncode if report and check.returncode is not None else -1
    findings = report.get("findings", [])
    return Outcome(
        *known,
        exit_code=code,
        strict_exit_code=1 if findings else code,
        rules=sorted({f"{f['rule']}{'' if f['severity'] == 'error' else ' (warning)'}" for f in findings}),
        seconds=round(time.monotonic() - begun, 1),
        note=report.get("stopped") or err.decode()[:300].strip(),
    )


async def of_the_peers(consumer: str, *, python: Path, described: Path) -> dict[str, bool]:
    """Whether each of the peers finds something wrong with a consumer."""
    async with serving(consumer) as (port, secret):
        plain = await peers.happy_path(port, secret)
    async with serving(consumer) as (port, secret):
        generated = await peers.schemathesis(port, secret, python=python, described=described)
    return {"happy path": plain, "schemathesis": generated}


async def run(
    entries: list[dict[str, Any]], jobs: int, options: list[str], *, python: Path | None, described: Path
) -> list[Outcome]:
    """Measure consumers, ``jobs`` at a time; a line for each as it ends."""
    waiting, outcomes = iter(entries), []

    async def work() -> None:
        for entry in waiting:
            outcome = await measured(entry, options)
            if python is not None:
                try:
                    found = await of_the_peers(entry["id"], python=python, described=described)
                except (RuntimeError, TimeoutError) as error:
                    found = {}
                    print(f"   {entry['id']}: the peers were not measured: {error}", flush=True)
                outcome = replace(outcome, peers=found)
            outcomes.append(outcome)
            wrong = outcome.detected == outcome.correct
            mark, rules = "!!" if wrong else "  ", ", ".join(outcome.rules)[:90]
            line = f"{mark} {outcome.id:<44} {outcome.exit_code:>2} {outcome.seconds:>6.1f} s"
            also = "".join(f" [{peer}]" for peer, found in outcome.peers.items() if found)
            print(f"{line}  {rules} {outcome.note[:80]}{also}", flush=True)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(jobs):
            tasks.create_task(work())
    return sorted(outcomes, key=lambda o: (o.correct, o.family, o.id))


def left_out() -> dict[str, str]:
    """The stacks of the corpus that cannot run here, and what they lack."""
    asked = subprocess.run(
        [sys.executable, "-m", "corpus.stacks", "--json"],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=True,
    )
    absent: dict[str, str] = json.loads(asked.stdout)
    return absent


def rate(found: list[bool]) -> str:
    """A share as ``41/45  91 %``."""
    return f"{sum(found):>3}/{len(found):<3} {100 * sum(found) / len(found):5.1f} %" if found else "  -"


def borrowed(wrong: list[Outcome], correct: list[Outcome]) -> None:
    """Name the bugs found by nothing but what is said of a correct consumer of the stack too."""
    errors: dict[str, set[str]] = defaultdict(set)
    rules: dict[str, set[str]] = defaultdict(set)
    for outcome in correct:
        errors[outcome.stack] |= outcome.errors
        rules[outcome.stack].update(outcome.rules)
    default = [o.id for o in wrong if o.detected and not o.note and o.errors <= errors[o.stack]]
    by_strict = [o for o in wrong if o.strict_exit_code == 1 and not o.note]
    strict = [o.id for o in by_strict if rules[o.stack].issuperset(o.rules)]
    print(f"Found by what is said of a correct one of the stack too: {', '.join(default) or 'none'}")
    print(f"  with --strict: {', '.join(strict) or 'none'}")


def summary(outcomes: list[Outcome], earlier: dict[str, int]) -> None:
    """Print rates by family and stack beside an earlier run's, every miss, every false positive."""
    wrong = [o for o in outcomes if not o.correct]
    families: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in wrong:
        families[outcome.family].append(outcome)
    named = [name for name in ("happy path", "schemathesis") if any(name in o.peers for o in outcomes)]
    columns = "".join(f"{name:>18}" for name in named)
    print(f"\n{'family':<24}{'first run':>16}{'now':>18}{'--strict':>18}{columns}")
    stacks: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in wrong:
        stacks[outcome.stack].append(outcome)
    reachable = [o for o in wrong if not o.by_design]
    for name, members in [*sorted(families.items()), *sorted(stacks.items()), ("all", wrong),
                          ("Ada or a stranger", reachable),
                          ("tune", [o for o in wrong if o.split == "tune"]),
                          ("held-out", [o for o in wrong if o.split == "held-out"])]:  # fmt: skip
        before = rate([earlier[o.id] == 1 for o in members if o.id in earlier])
        strict = rate([o.strict_exit_code == 1 for o in members])
        beside = "".join(f"{rate([o.peers[peer] for o in members if peer in o.peers]):>18}" for peer in named)
        print(f"{name:<24}{before:>16}{rate([o.detected for o in members]):>18}{strict:>18}{beside}")
    print("\nMissed:")
    for outcome in wrong:
        if not outcome.detected:
            design = f"by design, as {outcome.by_design}: " if outcome.by_design else ""
            print(f"  {outcome.id} [{outcome.split}]: {design}{outcome.bug}  {outcome.note}  {outcome.rules}")
    correct = [o for o in outcomes if o.correct]
    accused = [o for o in correct if o.exit_code != 0]
    print(f"\nFalse positives: {len(accused)} of {len(correct)} correct consumers")
    for outcome in accused:
        print(f"  {outcome.id}: exit {outcome.exit_code}, {', '.join(outcome.rules)}  {outcome.note}")
    borrowed(wrong, correct)
    for peer in named:
        wrongly = [o.id for o in correct if o.peers.get(peer)]
        print(f"False positives of {peer}: {len(wrongly)} of {len(correct)}: {', '.join(wrongly) or 'none'}")
    warned = [o for o in correct if o.exit_code == 0 and o.strict_exit_code]
    print(f"Warned (an error with --strict): {', '.join(f'{o.id} {o.rules}' for o in warned) or 'none'}")


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="only these consumers")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--split", choices=["tune", "held-out"])
    parser.add_argument("--correct", action="store_true", help="only the correct ones")
    parser.add_argument(
        "--stack", action="append", help="only this framework's, as in the manifest; repeatable"
    )
    parser.add_argument("--save", type=Path)
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--option", action="append", default=[], help="a further option of adakit check")
    parser.add_argument(
        "--peers", type=Path, metavar="PYTHON", help="run the peers too, with this interpreter"
    )
    arguments = parser.parse_args()
    manifest = json.loads((TESTS / "corpus" / "manifest.json").read_text(encoding="utf-8"))
    entries = manifest["consumers"] if isinstance(manifest, dict) else manifest
    entries = [
        e
        for e in entries
        if (not arguments.ids or e["id"] in arguments.ids)
        and (not arguments.split or e["split"] == arguments.split)
        and (not arguments.correct or e["correct"])
        and (not arguments.stack or e["framework"] in arguments.stack)
    ]
    absent = left_out()
    lacking = sorted({e["framework"] for e in entries} & absent.keys())
    entries = [e for e in entries if e["framework"] not in absent]
    for name in lacking:
        print(f"Left out: {name}, for lack of {absent[name]}", flush=True)
    earlier = {}
    if arguments.compare:
        earlier = {o["id"]: o["exit_code"] for o in json.loads(arguments.compare.read_text(encoding="utf-8"))}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "openapi.json"
        described.write_text(json.dumps(peers.document()), encoding="utf-8")
        python = arguments.peers and arguments.peers.absolute()
        outcomes = asyncio.run(
            run(entries, arguments.jobs, arguments.option, python=python, described=described)
        )
    if arguments.save:
        kept = json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False)
        arguments.save.write_text(kept + "\n", encoding="utf-8")
    summary(outcomes, earlier)
    for name in lacking:
        print(f"Left out: {name}, for lack of {absent[name]}")
    print(f"\n{len(outcomes)} consumers in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
