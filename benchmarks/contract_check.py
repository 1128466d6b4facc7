"""The contract check over HTTP, beside Schemathesis on the same document, signed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import peers
from measuring import Part, Run, figure, run_part
from signing import SECRET

from adakit.demo.consumer import SEEN_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["contract_check"]


@contextmanager
def consumer(application: str) -> Iterator[int]:
    """The port of a consumer that is served in a process of its own."""
    serving = [sys.executable, "-m", "uvicorn", application, "--port", "0", "--log-level", "info"]
    environment = {**os.environ, "ADA_WEBHOOK_SECRET": SECRET, "PYTHONUNBUFFERED": "1"}
    command = [*serving, "--no-access-log", "--no-use-colors", "--lifespan", "off"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if "running on" in line)
            yield int(said.split("running on ")[1].split()[0].rsplit(":", 1)[1])
        finally:
            process.terminate()
            with contextlib.suppress(ValueError):
                process.communicate()


def handled(port: int) -> int:
    """The authentic deliveries that the consumer has had."""
    with urlopen(f"http://127.0.0.1:{port}{SEEN_PATH}") as answer:
        return len(json.load(answer))


def by_adakit(port: int, *, quick: bool) -> bool:
    """True if ``adakit check`` finds an error."""
    command = [sys.executable, "-m", "adakit", "check", f"http://127.0.0.1:{port}{peers.ENDPOINT}"]
    few = ["--events", "conversation.message", "--select", "ADA101,ADA103"] if quick else []
    done = subprocess.run([*command, "--secret", SECRET, *few], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return done.returncode == 1


def by_schemathesis(port: int, *, run: Run, described: Path) -> bool:
    """True if Schemathesis finds a failure, with the number of examples that ``mutants`` takes."""
    examples = 2 if run.quick else peers.CASES_EACH
    return asyncio.run(
        peers.schemathesis(
            port, SECRET, python=run.peers, described=described, examples=examples, hangs=False
        )
    )


def contract_check(run: Run) -> list[Part]:
    """The table of the check."""
    part = Part(
        "The contract check",
        "One run over HTTP against the demo's consumer, which is right, and against the same with a bug "
        "planted (it takes every message for text). Schemathesis is given the documented schemas of all "
        f"events as an OpenAPI document, valid data alone, {peers.CASES_EACH} random examples an event "
        "beside those that it enumerates, and a hook that signs; it knows nothing of signatures that are "
        "wrong, of repeated or late deliveries. Deliveries are those that the consumer found authentic; "
        "adakit sends forged ones beside them. Seconds include the start.",
        ["", "seconds", "spread", "authentic deliveries", "the correct one", "the planted bug"],
    )
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "document.json")
        described.write_text(json.dumps(peers.document()), encoding="utf-8")
        runners = {"`adakit check`": lambda port: by_adakit(port, quick=run.quick)}
        if run.peers.exists():
            runners["Schemathesis"] = lambda port: by_schemathesis(port, run=run, described=described)
        else:
            part.left_out.append(f"Schemathesis: {run.peers} is missing")
        taken: dict[str, list[float]] = {name: [] for name in runners}
        verdicts, deliveries = {}, {}
        for turn in range(run.least):
            for name, check in runners.items() if turn % 2 == 0 else reversed(runners.items()):
                with consumer("adakit.demo.consumer:app") as port:
                    began = time.perf_counter()
                    accused = check(port)
                    taken[name].append(time.perf_counter() - began)
                    deliveries[name] = handled(port)
                if not turn:
                    with consumer("adakit.demo.buggy:app") as port:
                        verdicts[name] = (accused, check(port))
    for name, seconds in taken.items():
        accused, found = verdicts[name]
        part.rows.append(
            [
                name,
                f"{statistics.median(seconds):.1f}",
                f"{figure(min(seconds))} to {figure(max(seconds))}",
                f"{deliveries[name]:,}",
                "accused" if accused else "passes",
                "found" if found else "missed",
            ]
        )
    return [part]


if __name__ == "__main__":
    run_part(contract_check, __doc__)
