"""Times that clients give, in ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime

from ada_mockserver.mock.api.errors import refused

__all__ = ["moment", "zoned"]


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
