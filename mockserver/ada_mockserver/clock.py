"""Time as an argument: nothing in the kit reads the clock of the machine by itself."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ada_mockserver.numbers import finite
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from selectors import BaseSelector

__all__ = [
    "TOLERANCE",
    "AdjustableClock",
    "Clock",
    "Line",
    "ManualClock",
    "SteeredClock",
    "SystemClock",
    "clock_difference",
    "moment_text",
    "new_event_loop",
    "parse_clock",
]

TOLERANCE = 300.0
"""Seconds that receivers let the timestamp of a request differ from their clock."""

REALTIME_COARSE = 5
"""The number of a clock of Linux that Python has no name for; time-machine leaves it alone."""


class Clock(Protocol):
    """Where the kit gets the time from; all values are seconds."""

    def now(self) -> float:
        """Unix time, as in ``svix-timestamp``."""

    def monotonic(self) -> float:
        """A time that never goes back, for durations and deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of this clock's time."""


class AdjustableClock(Clock, Protocol):
    """A clock that can be moved on."""

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds``; a negative value raises ``ValueError``."""

    def machine_seconds(self, seconds: float) -> float:
        """How many seconds of the machine's time it takes to move on by ``seconds`` without `advance`."""


class SystemClock:
    """The machine's clock; where a test freezes time, ``now`` stands still and time limits go on."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Monotonic time in seconds."""
        return _machine_monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the running event loop."""
        await asyncio.sleep(seconds)


def new_event_loop(selector: BaseSelector | None = None) -> asyncio.AbstractEventLoop:
    """A new event loop whose timers go on where a test freezes time: otherwise what they end hangs."""
    made = asyncio.new_event_loop if selector is None else partial(asyncio.SelectorEventLoop, selector)  # noqa: TID251 - here its timers are mended
    loop: asyncio.AbstractEventLoop = made()
    with contextlib.suppress(AttributeError):  # uvloop's has a time of its own, which nothing freezes
        loop.time = _machine_monotonic  # type: ignore[method-assign]  # timers alone read it
    return loop


def clock_difference() -> str:
    """How this process's clock differs from the machine's, where requests may be refused for it; or ""."""
    now, machine = SystemClock().now(), _machine_time()
    if abs(now - machine) <= TOLERANCE:
        return ""
    return (
        f"The clocks may differ: that of this process stands at {moment_text(now)}, by which requests are"
        f" signed, and that of the machine at {moment_text(machine)}. Which one does the endpoint go by?"
    )


def moment_text(seconds: float) -> str:
    """Unix seconds as a date and a time in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What freezes time for a test replaces time.time and time.monotonic, and leaves these alone.
# Windows has none of them.
if sys.platform == "win32":
    _machine_monotonic, _machine_time = time.monotonic, time.time
else:

    def _machine_monotonic() -> float:
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def _machine_time() -> float:
        return time.clock_gettime(REALTIME_COARSE if sys.platform == "linux" else time.CLOCK_REALTIME)


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
        self._now += _forward(seconds)

    def machine_seconds(self, seconds: float) -> float:
        """Infinitely many: this clock stands still."""
        return math.inf if seconds > 0 else 0.0

    async def sleep(self, seconds: float) -> None:
        """Move on by ``seconds`` and yield once to the event loop."""
        self.advance(seconds)
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Line:
    """The time as a straight line: ``now`` at ``base`` of the machine's time, ``rate`` times as fast.

    Both are Unix seconds.
    """

    base: float
    now: float
    rate: float

    def at(self, base: float) -> float:
        """The time at ``base`` of the machine's time."""
        return self.now + (base - self.base) * self.rate


class SteeredClock:
    """The machine's time, or one that runs ``rate`` times as fast, and that can be moved on.

    ``base`` is the clock that it follows. Processes that share a database agree on the time by one ``line``.
    """

    def __init__(self, rate: float = 1.0, *, base: Clock | None = None) -> None:
        self.base = base or SystemClock()
        started = self.base.now()
        self.line = Line(started, started, rate)
        self._offset = 0.0

    def now(self) -> float:
        """This clock's Unix time in seconds."""
        return self.line.at(self.base.now())

    def monotonic(self) -> float:
        """Seconds that never go back, at this clock's rate."""
        return self.base.monotonic() * self.line.rate + self._offset

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds``; a negative value raises ``ValueError``."""
        _forward(seconds)
        base = self.base.now()
        self.line = Line(base, self.line.at(base) + seconds, self.line.rate)
        self._offset += seconds

    def machine_seconds(self, seconds: float) -> float:
        """Seconds of the machine's time in which this clock moves on by ``seconds``."""
        return seconds / self.line.rate

    async def sleep(self, seconds: float) -> None:
        """Sleep until ``seconds`` of this clock's time have passed."""
        await self.base.sleep(self.machine_seconds(seconds))


def parse_clock(text: str) -> SteeredClock:
    """The clock that ``real`` or ``fast:60`` (sixty times as fast) names; raises `UsageError` for others."""
    if text == "real":
        return SteeredClock()
    name, _, number = text.partition(":")
    rate = (finite(number) or 0.0) if name == "fast" else 0.0
    if not 0 < rate <= 1_000_000:
        raise UsageError(
            f"'{text}' is no clock.",
            next_step="Write real, or fast:60 for a clock that runs sixty times as fast (at most 1000000).",
        )
    return SteeredClock(rate)


def _forward(seconds: float) -> float:
    if not seconds >= 0:
        raise ValueError(f"a clock cannot go back by {-seconds} s")
    return seconds
