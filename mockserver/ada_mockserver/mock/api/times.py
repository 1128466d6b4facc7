"""Times that clients give in a query."""

from __future__ import annotations

from datetime import UTC, datetime

from ada_mockserver.mock.api.errors import refused

__all__ = ["moment"]


def moment(text: str, where: str) -> datetime:
    """A time in ISO 8601, in UTC where it names no zone; raises `ApiError` (400) for what is none.

    ``where`` is the JSON path of the parameter. A plus sign that the query turned into a space is one again.
    """
    try:
        parsed = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        zoned.timestamp()
    except (ValueError, OverflowError):
        raise refused(where, "must be a time in ISO 8601, such as 2026-01-31T00:00:00Z", "query") from None
    return zoned
