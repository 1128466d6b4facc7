"""The command, run in this process as a shell would run it, and what must hold however it ends."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adakit import cli
from fuzz.sandbox import Broken, bounded, confined, require

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SECRET", "Outcome", "adakit", "folder"]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CODES = (0, 1, 2, 3)
LINES = 14
"""So many lines an error may have, its next step included."""
HARMLESS = {"\n", "\u200c", "\u200d"}
"""Characters that are printed as they are: joiners belong to words and emoji."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that is the working directory."""
    with TemporaryDirectory(prefix="adakit-fuzz-") as name, contextlib.chdir(name):
        yield Path(name).resolve()


def adakit(*arguments: str, stdin: bytes = b"", writes: str | None = None, raw: bool = False) -> Outcome:
    """Run the command in the working directory; raises `Broken` for what no command may do.

    It may write below ``writes`` alone. ``raw`` output is data in a form of its own, not for a terminal.
    """
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2)]
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr
    environment = {k: v for k, v in os.environ.items() if k not in ("ADA_WEBHOOK_SECRET", "FORCE_COLOR")}
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment | {"COLUMNS": "80"})
    sys.argv = ["adakit", *arguments]
    sys.stdin = SimpleNamespace(buffer=io.BytesIO(stdin))  # type: ignore[assignment]  # all that is read is its buffer
    sys.stdout, sys.stderr = streams
    try:
        with bounded(), confined(*([Path(writes)] if writes else [])):
            cli.main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = before
        os.environ.clear()
        os.environ.update(kept)
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue() for stream in streams)  # type: ignore[attr-defined]  # of a BytesIO, which TextIOWrapper hides
    outcome = Outcome(code if isinstance(code, int) else -1, out, err.decode())
    _hold(outcome, raw=raw)
    return outcome


def _hold(outcome: Outcome, *, raw: bool) -> None:
    require(outcome.code in CODES, "an exit code that no command has", outcome.code)
    for text in (outcome.err, "" if raw else outcome.text):
        require("Traceback" not in text, "a traceback", text)
        require(SECRET.removeprefix("whsec_") not in text, "a secret is printed", text)
        obeyed = sorted({c for c in text if not c.isprintable()} - HARMLESS)
        obeyed = [c for c in obeyed if unicodedata.category(c) != "Zs"]
        require(not obeyed, "a character that a terminal obeys", (obeyed, text[:400]))
    if outcome.code in (2, 3):
        lines = [line for line in outcome.err.splitlines() if not line.startswith("warning: ")]
        require(lines, "an error without a word", outcome)
        require(len(lines) <= LINES, "an error of too many lines", outcome.err[:3000])
        said = lines[0].startswith(("adakit: ", "Usage: ", "Error: "))
        require(said or outcome.err.startswith("seed "), "an error of another form", outcome.err)
        if lines[0].startswith("adakit: "):
            sentence = lines[0].removeprefix("adakit: ")
            require(len(sentence) > 12, "an error that does not say what is wrong", outcome.err)


def failed(outcome: Outcome) -> Broken:
    """The promise that a command succeeds, broken."""
    return Broken(
        "a command that should succeed does not", f"{outcome.code}: {outcome.err}{outcome.text[:400]}"
    )
