"""The command line, run in the test's own process."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from adakit import cli

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SECRET", "CommandLine", "Outcome"]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Outcome:
    """How a command ended; no command ever prints the secret or a traceback of its own."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs ``adakit`` in ``folder``, with a clean environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path):
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "path", sys.path[:])
        for name in ("ADA_WEBHOOK_SECRET", "NO_COLOR", "FORCE_COLOR"):
            monkeypatch.setenv(name, "")  # so that what a command sets is undone as well
            monkeypatch.delenv(name)
        monkeypatch.setenv("COLUMNS", "80")

    def __call__(self, *arguments: object, stdin: bytes = b"", **environment: str) -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["adakit", *map(str, arguments)])
        self._monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = self._capsys.readouterr()
        for text in (captured.out, captured.err):
            assert SECRET.removeprefix("whsec_") not in text
            assert 'adakit/cli.py", line' not in text
        code = ended.value.code
        assert isinstance(code, int)
        return Outcome(code, captured.out, captured.err)
