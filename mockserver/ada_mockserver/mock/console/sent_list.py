"""The events that came of something that a person triggered: followed while they are delivered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ada_mockserver.mock.console.event_list import EventFilters, list_events
from ada_mockserver.mock.store.models import Delivery, Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.mock.console.event_list import ListedEvent

__all__ = ["Sent", "SentRange", "last_ordinal", "sent_since"]

SHOWN = 50


@dataclass(frozen=True, slots=True)
class SentRange:
    """The events after one ordinal, up to another; with a ``conversation`` all of it."""

    after: int
    until: int
    conversation: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> SentRange | None:
        """The range that the query of a page names, None for none."""
        match = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,15})", query.get("sent", ""))
        return match and cls(int(match[1]), int(match[2]), query.get("conversation", ""))

    @property
    def query(self) -> dict[str, str]:
        """The range as members of a query."""
        told = {"conversation": self.conversation} if self.conversation else {}
        return {"sent": f"{self.after}-{self.until}", **told}


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of the events of a range: ``count`` of them, deliveries by state, the newest events."""

    range: SentRange
    count: int
    deliveries: Mapping[str, int]
    events: Sequence[ListedEvent]


async def last_ordinal(session: AsyncSession) -> int:
    """The ordinal of the newest event, 0 where there is none."""
    return await session.scalar(select(func.max(Event.ordinal))) or 0


async def sent_since(session: AsyncSession, given: SentRange) -> Sent:
    """The outcome of the events of a range so far."""
    if given.conversation:
        filters = EventFilters(conversation=given.conversation)
        events = await list_events(session, filters, limit=SHOWN)
        counted: dict[str, int] = {}
        for delivery in (each for event in events for each in event.deliveries):
            counted[delivery.state] = counted.get(delivery.state, 0) + 1
        return Sent(given, len(events), counted, events)
    within = (Event.ordinal > given.after, Event.ordinal <= given.until)
    count = await session.scalar(select(func.count(Event.ordinal)).where(*within)) or 0
    rows = await session.execute(
        select(Delivery.state, func.count())
        .join(Event, Event.id == Delivery.event_id)
        .where(*within)
        .group_by(Delivery.state)
    )
    filters = EventFilters(after=given.after, before=given.until + 1)
    return Sent(
        given, count, {row[0]: row[1] for row in rows}, await list_events(session, filters, limit=SHOWN)
    )
