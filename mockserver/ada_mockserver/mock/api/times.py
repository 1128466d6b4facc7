"""Times and spans that clients give."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from ada_mockserver.mock.api.errors import refused
from ada_mockserver.numbers import finite

__all__ = ["moment", "seconds_of", "time_of", "zoned"]

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_UNITS = (86_400.0, 3600.0, 60.0, 1.0)


def zoned(text: str) -> datetime:
    """A time in ISO 8601, in UTC where it names no zone; raises `ValueError` or `OverflowError` for none."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def moment(text: str, where: str) -> datetime:
    """A time of a query, see `zoned`; raises `ApiError` (400) for what is none.

    ``where`` is the JSON path of the parameter. A plus sign that the query turned into a space is one again.
    """
    try:
        time = zoned(text.replace(" ", "+") if "T" in text else text)
        time.timestamp()
    except (ValueError, OverflowError):
        raise refused(where, "must be a time in ISO 8601, such as 2026-01-31T00:00:00Z", "query") from None
    return time


def seconds_of(value: Any, where: str) -> float:
    """A span as seconds: a number, or a text such as ``90s``, ``27h35m`` or ``7d``; raises `ApiError`."""
    if not isinstance(value, str) and (seconds := finite(value)) is not None:
        return seconds
    match = _SPAN.fullmatch(value) if isinstance(value, str) and len(value) < 40 else None
    if match is None or not value:
        raise refused(where, "must be seconds, or a text such as 90s, 27h35m or 7d")
    return sum(float(number or 0) * unit for number, unit in zip(match.groups(), _UNITS, strict=True))


def time_of(value: Any, where: str, location: Any) -> float:
    """A time as Unix seconds: a number, or ISO 8601, in UTC where it names no zone; raises `ApiError`."""
    try:
        if isinstance(value, str) and not re.fullmatch(r"[0-9.]+", value):
            return zoned(value).timestamp()
        if (moment := finite(value)) is not None:
            return moment
    except (ValueError, OverflowError):
        pass
    raise refused(where, "must be a time: Unix seconds, or ISO 8601", location)
