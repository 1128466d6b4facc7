"""The pauses of a sender whose endpoint fails: arithmetic, with the random draw as an argument."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AFTER_FAILURE", "BEFORE_RECONNECT", "BEFORE_RETRY", "LONGEST_WAIT", "Pause"]

LONGEST_WAIT = 60.0
"""Seconds that ``Retry-After`` is heeded for at most."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of ``first`` seconds that grows ``factor``-fold with each failure, up to ``most``."""

    first: float
    factor: float
    most: float

    def seconds(self, failures: int, draw: float) -> float:
        """The pause after so many failures in a row; ``draw``, from 0 to 1, takes up to half of it away."""
        grown = min(self.most, self.first * self.factor ** min(failures - 1, 64))
        return grown * (1 - draw / 2)


AFTER_FAILURE = Pause(0.001, 1.5, 0.5)
"""Between deliveries over one connection, while they fail."""
BEFORE_RECONNECT = Pause(0.02, 1.6, 0.5)
"""Before a connection is tried again that was refused."""
BEFORE_RETRY = Pause(0.25, 2.0, 10.0)
"""Before a delivery that was not accepted is tried again."""
