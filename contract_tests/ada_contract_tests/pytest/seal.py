"""Signing at the moment of use, for tests that freeze the clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ada_mockserver.clock import TOLERANCE, SystemClock, clock_difference, moment_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Seal"]

FRESH = 60.0
"""Seconds that the clock may move on, or back, before a request is signed anew."""


@dataclass(slots=True)
class Seal:
    """Headers that are made at the moment of use, so that a frozen clock signs them where one is in force.

    ``make`` signs by the clock of the moment; what else it decides, such as the id, stays the same.
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
        now = SystemClock().now()
        if math.isfinite(self.made_at) and abs(now - self.made_at) > TOLERANCE:
            return (
                f"The clocks differ: the request was signed at {moment_text(self.made_at)}, and the clock"
                f" of this test stands at {moment_text(now)}. Read the headers where the clock is frozen,"
                " not before."
            )
        return clock_difference()
