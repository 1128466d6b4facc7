"""How an endpoint fares, in numbers: its recent attempts, counted by time, and what is still to come.

All of it is read through indexes, and of attempts the latest alone: it costs the same however many there are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func, select, union_all

from ada_mockserver.mock.store.models import Delivery, Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Executable, Select
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = [
    "MOST_COUNTED",
    "SPANS",
    "DueDelivery",
    "Figures",
    "Outcome",
    "Slot",
    "count_deliveries",
    "count_pending",
    "failed_deliveries",
    "figures",
    "next_deliveries",
    "recent_outcomes",
]

MOST_COUNTED = 1000
"""Attempts that figures are made of at most, the latest."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time up to now, in ``slots`` of so many ``seconds`` each; ``words`` name it."""

    words: str
    slots: int
    seconds: float


SPANS = {
    "5m": Span("5 minutes", 30, 10.0),
    "15m": Span("15 minutes", 30, 30.0),
    "1h": Span("hour", 30, 120.0),
    "6h": Span("6 hours", 36, 600.0),
    "24h": Span("24 hours", 24, 3600.0),
    "7d": Span("7 days", 28, 21_600.0),
    "30d": Span("30 days", 30, 86_400.0),
}
"""The stretches of time that a chart can show, by their names in addresses, the shortest first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an attempt that ended; ``answer`` is its status or kind of error.

    ``at`` is when it began (Unix seconds), ``elapsed`` how many seconds it took.
    """

    at: float
    elapsed: float | None
    succeeded: bool
    answer: str


@dataclass(slots=True)
class Slot:
    """The attempts that began within a slot of time, which begins at ``begin``."""

    begin: float
    end: float
    succeeded: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.succeeded + self.failed


@dataclass(frozen=True, slots=True)
class Figures:
    """Attempts of a span, counted by slots; ``durations`` are how many seconds they took, the least first.

    ``limited`` is true where there may be more of them than were counted.
    """

    span: str
    slots: list[Slot]
    limited: bool
    durations: list[float] = field(repr=False)

    @property
    def words(self) -> str:
        """The span in words."""
        return SPANS[self.span].words

    @property
    def succeeded(self) -> int:
        """How many succeeded."""
        return sum(slot.succeeded for slot in self.slots)

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(slot.failed for slot in self.slots)

    @property
    def top(self) -> int:
        """The most in one slot."""
        return max(slot.total for slot in self.slots)

    @property
    def median(self) -> float | None:
        """The duration that half of the attempts did not exceed, in seconds."""
        return _percentile(self.durations, 0.5)

    @property
    def slowest_but_5(self) -> float | None:
        """The duration that 95 of 100 attempts did not exceed, in seconds."""
        return _percentile(self.durations, 0.95)


def figures(outcomes: Sequence[Outcome], *, now: float, span: str = "") -> Figures:
    """The figures of outcomes, the newest first, over a span; over the shortest that holds all if "".

    Slots begin at multiples of their length, so that they stay where they are while time goes on.
    """
    oldest = outcomes[-1].at if outcomes else now
    fitting = (name for name in SPANS if _begin(SPANS[name], now) <= oldest)
    name = span if span in SPANS else next(fitting, "30d")
    chosen = SPANS[name]
    begin = _begin(chosen, now)
    slots = [
        Slot(begin + index * chosen.seconds, begin + (index + 1) * chosen.seconds)
        for index in range(chosen.slots)
    ]
    durations = []
    for outcome in outcomes:
        index = math.floor((outcome.at - begin) / chosen.seconds)
        if not 0 <= index < chosen.slots:
            continue
        if outcome.succeeded:
            slots[index].succeeded += 1
        else:
            slots[index].failed += 1
        if outcome.elapsed is not None:
            durations.append(outcome.elapsed)
    limited = len(outcomes) >= MOST_COUNTED and oldest >= begin
    return Figures(name, slots, limited, sorted(durations))


def _begin(span: Span, now: float) -> float:
    return (math.floor(now / span.seconds) + 1 - span.slots) * span.seconds


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The least of the values that this share of them does not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


async def recent_outcomes(
    session: AsyncSession, endpoint_ids: Sequence[str], *, limit: int = MOST_COUNTED
) -> dict[str, list[Outcome]]:
    """The latest attempts to each endpoint that ended by an answer or an error, the newest first."""
    found: defaultdict[str, list[Outcome]] = defaultdict(list)
    of_each = [_latest(endpoint_id, limit) for endpoint_id in endpoint_ids]
    if len(of_each) > 1:
        together = union_all(*(select(each.subquery()) for each in of_each)).subquery()
        of_each = [select(together).order_by(together.c.ordinal.desc())]
    for statement in of_each:
        for endpoint_id, _, at, elapsed, state, answer in await session.execute(statement):
            found[endpoint_id].append(Outcome(at, elapsed, state == "succeeded", answer))
    return found


def _latest(endpoint_id: str, limit: int) -> Select[Any]:
    kind = LoggedAttempt
    columns: list[Any] = [
        kind.endpoint_id,
        kind.ordinal,
        kind.started_at,
        kind.elapsed,
        kind.state,
        func.coalesce(cast(kind.status, String), kind.error_kind, "").label("answer"),
    ]
    return (
        select(*columns)
        .where(kind.endpoint_id == endpoint_id, kind.state.in_(("succeeded", "failed")))
        .order_by(kind.ordinal.desc())
        .limit(limit)
    )


async def count_pending(session: AsyncSession, endpoint_ids: Sequence[str]) -> dict[str, int]:
    """How many deliveries to each endpoint are still to come."""
    statement = (
        select(Delivery.endpoint_id, func.count())
        .where(Delivery.state == "pending", Delivery.endpoint_id.in_(endpoint_ids))
        .group_by(Delivery.endpoint_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def count_deliveries(session: AsyncSession, endpoint_id: str) -> dict[str, int]:
    """How many deliveries to an endpoint are in each state."""
    states = ("pending", "delivered", "failed")
    statement = (
        select(Delivery.state, func.count())
        .where(Delivery.state.in_(states), Delivery.endpoint_id == endpoint_id)
        .group_by(Delivery.state)
    )
    counted = {row[0]: row[1] for row in await session.execute(statement)}
    return {state: counted.get(state, 0) for state in states}


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery to one endpoint; ``due_at`` is when it is tried next, ``reason`` why it is not any more."""

    event_id: str
    type: str
    attempts: int
    due_at: float | None
    reason: str

    @property
    def name(self) -> str:
        """The event's type without the version before it."""
        return self.type.removeprefix("v1.")


_DUE = select(Delivery.event_id, Event.type, Delivery.attempts, Delivery.due_at, Delivery.reason).join(
    Event, Event.id == Delivery.event_id
)


async def next_deliveries(session: AsyncSession, endpoint_id: str, *, limit: int) -> list[DueDelivery]:
    """The deliveries that are due next, the first of them first."""
    statement = _DUE.where(Delivery.state == "pending", Delivery.endpoint_id == endpoint_id)
    return await _listed(session, statement.order_by(Delivery.due_at).limit(limit))


async def failed_deliveries(session: AsyncSession, endpoint_id: str, *, limit: int) -> list[DueDelivery]:
    """The deliveries that failed for good, those of the newest events first."""
    statement = _DUE.where(
        Delivery.state == "failed", Delivery.endpoint_id == endpoint_id, Delivery.due_at.is_(None)
    )
    return await _listed(session, statement.order_by(Delivery.ordinal.desc()).limit(limit))


async def _listed(session: AsyncSession, statement: Executable) -> list[DueDelivery]:
    rows = await session.execute(statement)
    return [
        DueDelivery(row.event_id, row.type, row.attempts, due_at=row.due_at, reason=row.reason)
        for row in rows
    ]
