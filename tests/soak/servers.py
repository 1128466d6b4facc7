"""``adakit serve`` as processes that are killed."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Server"]


@dataclass
class Server:
    """One server; ``url`` is where it is while it runs."""

    name: str
    database: str
    key: str
    rate: float
    folder: Path
    url: str = ""
    kills: list[float] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when it answers."""
        log = (self.folder / f"{self.name}.log").open("ab")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "adakit", "serve", "--port", "0", "--db", self.database),
                *("--clock", f"fast:{self.rate:g}", "--pace", "instant"),
                env={**os.environ, "ADA_API_KEY": self.key, "PYTHONUNBUFFERED": "1"},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        url = ""
        async with asyncio.timeout(60):
            while b"Ctrl-C" not in (line := await self._process.stdout.readline()):
                if not line:
                    raise RuntimeError(f"{self.name} did not start; see {log.name}")
                if b"ADA_BASE_URL=" in line:
                    url = line.split(b"=", 1)[1].strip().decode()
        self.url = url

    async def kill(self) -> int:
        """Kill it with SIGKILL, at once; returns its process id."""
        assert self._process is not None
        self.url = ""
        self._process.kill()
        self.kills.append(time.monotonic())
        await self._process.wait()
        return self._process.pid

    def abandon(self) -> None:
        """Make sure that it does not outlive the soak."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        assert self._process is not None
        self._process.terminate()
        async with asyncio.timeout(60):
            return await self._process.wait()
