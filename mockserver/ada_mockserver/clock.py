"""Time as an argument: nothing in the kit reads the clock of the machine by itself."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]


class Clock(Protocol):
    """Where the kit gets the time from; all values are seconds."""

    def now(self) -> float:
        """Unix time, as in ``svix-timestamp``."""

    def monotonic(self) -> float:
        """A time that never goes back, for durations and deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of this clock's time."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Monotonic time in seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the running event loop."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to; ``sleep`` moves it and returns at once."""

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """The set time, Unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """The same value: this clock never goes back."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds``; a negative value raises ``ValueError``."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Move on by ``seconds`` and yield once to the event loop."""
        self.advance(seconds)
        await asyncio.sleep(0)
