"""The audit log as the API lists it: a window of time, newest first, in pages bound to the window."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.times import moment
from ada_mockserver.mock.state.audit_log import AuditEntry

if TYPE_CHECKING:
    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS"]

_LONGEST = timedelta(days=30)
_BEYOND = 2**63
"""More than any number that a database gives an entry."""


async def _list(call: Call) -> dict[str, Any]:
    query = call.query
    begin = moment(query["start_date"], "$.start_date")
    resolved = query.get("end_date") or datetime.fromtimestamp(call.transaction.now, UTC).isoformat(
        "T", "milliseconds"
    )
    end = moment(resolved, "$.end_date")
    if begin > end:
        raise refused("$.end_date", "is before start_date", "query")
    if end - begin > _LONGEST:
        raise refused("$.end_date", "is more than 30 days after start_date", "query")
    window = [_milliseconds(begin), _milliseconds(end)]
    statement = select(AuditEntry).where(AuditEntry.at >= window[0], AuditEntry.at <= window[1])
    if "cursor" in query:
        statement = statement.where(AuditEntry.ordinal < _last(query["cursor"], window))
    statement = statement.order_by(AuditEntry.ordinal.desc()).limit(query["limit"] + 1)
    entries = (await call.transaction.session.scalars(statement)).all()
    url = None
    if len(entries) > query["limit"]:
        entries = entries[:-1]
        cursor = base64.urlsafe_b64encode(json.dumps([entries[-1].ordinal, *window]).encode()).decode()
        url = str(call.request.url.include_query_params(end_date=resolved, cursor=cursor))
    return {"data": [entry.shown() for entry in entries], "meta": {"next_page_url": url}}


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _last(cursor: str, window: list[int]) -> int:
    """The number of the last entry of a page; raises `ApiError` (400) for a cursor of another window."""
    try:
        ordinal, *bound = json.loads(base64.urlsafe_b64decode(cursor))
        if bound == window and isinstance(ordinal, int) and 0 < ordinal < _BEYOND:
            return ordinal
    except (TypeError, ValueError, RecursionError):
        pass
    raise refused("$.cursor", "is not a cursor of this window; take meta.next_page_url as it is", "query")


OPERATIONS = {"list-audit-events": _list}
