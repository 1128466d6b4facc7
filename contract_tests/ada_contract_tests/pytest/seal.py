"""Signing at the moment of use, for tests that freeze the clock."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ada_mockserver.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Seal"]

FRESH = 60.0
"""Seconds that the clock may move on, or back, before a request is signed anew."""

TOLERANCE = 300.0
"""Seconds that the libraries let the timestamp of a request differ from the clock."""


@dataclass(slots=True)
class Seal:
    """Headers that are made at the moment of use, so that a frozen clock signs them where one is in force.

    ``make`` signs by the clock of the moment; what else it decides, such as the svix-id, stays the same.
    """

    make: Callable[[], dict[str, str]]
    made_at: float = -math.inf
    _headers: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """The headers; those of the last time as long as the clock is not far from it."""
        now = SystemClock().now()
        if abs(now - self.made_at) > FRESH:
            self._headers, self.made_at = self.make(), now
        return self._headers

    def difference(self) -> str:
        """How the clock of the moment differs from the one that signed, where a refusal may come of it."""
        now, machine = SystemClock().now(), _machine_time()
        if math.isfinite(self.made_at) and abs(now - self.made_at) > TOLERANCE:
            return (
                f"The clocks differ: the request was signed at {_moment(self.made_at)}, and the clock"
                f" of this test stands at {_moment(now)}. Read the headers where the clock is frozen,"
                " not before."
            )
        if abs(now - machine) > TOLERANCE:
            return (
                f"The clocks may differ: the clock of this test stands at {_moment(now)}, by which the"
                f" request is signed, and that of the machine at {_moment(machine)}. Which one does the"
                " endpoint go by?"
            )
        return ""


def _machine_time() -> float:
    """Unix seconds from a place that freezegun leaves alone; where there is none, the clock of the moment."""
    if hasattr(time, "clock_gettime"):
        return time.clock_gettime(time.CLOCK_REALTIME)
    return SystemClock().now()  # Windows


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
