"""Numbers from outside: in a body, a query, a header, a rule, a script, an option of a command."""

from __future__ import annotations

import math

__all__ = ["MOST_WHOLE", "finite"]

MOST_WHOLE = 2**53 - 1
"""The largest whole number that every JSON parser and every database holds exactly."""


def finite(value: object) -> float | None:
    """A number, or a text that is one, as a double; None for a double that is not finite, and for all else.

    A whole number beyond a double's range is among these, of which Python makes an `OverflowError`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
