"""The time ahead as the database knows it: what falls due when, counted on an axis that is logarithmic.

The axis is cut into steps that are drawn equally wide, so that 5 seconds and 27 hours can both be told from
their neighbours. The database counts, whatever the number of pending deliveries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from ada_mockserver.mock.api.things.deletions import DeletionJob
from ada_mockserver.mock.store.models import Delivery, Endpoint, PlannedSteps, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["Bar", "Lane", "Tick", "Timeline", "read_timeline"]

STEPS = 60
SHORTEST = 28 * 3600.0
"""Seconds that the axis shows at least: the whole schedule of retries."""

_TICKS: Mapping[str, float] = {
    "5 s": 5,
    "1 min": 60,
    "5 min": 300,
    "30 min": 1800,
    "2 h": 7200,
    "10 h": 36_000,
    "28 h": 100_800,
    "7 d": 604_800,
    "30 d": 2_592_000,
    "1 y": 31_536_000,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """``count`` things that fall due between two moments (seconds from now); drawn from ``x`` to ``height``.

    Both are shares, of the width of the axis and of the height of its lane.
    """

    start: float
    end: float
    count: int
    x: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis."""

    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Lane:
    """Things of one kind, ``total`` of them; ``tone`` is how they are drawn."""

    title: str
    tone: str
    total: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is ahead; ``next_at`` is when the first of it happens (Unix seconds), None for nothing."""

    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    width: float
    next_at: float | None


@dataclass(frozen=True, slots=True)
class _Axis:
    """Seconds from now on a logarithmic axis that ends at ``longest``."""

    longest: float

    def share(self, seconds: float) -> float:
        return min(1.0, math.log1p(max(0.0, seconds)) / math.log1p(self.longest))

    def at(self, share: float) -> float:
        return math.expm1(share * math.log1p(self.longest))

    def edges(self) -> list[float]:
        return [self.at(step / STEPS) for step in range(STEPS + 1)]

    def step_of(self, seconds: float) -> int:
        return min(STEPS - 1, int(self.share(seconds) * STEPS))


@dataclass(slots=True)
class _Counts:
    """Things by the step of the axis in which they fall due."""

    axis: _Axis
    by_step: list[int] = field(default_factory=lambda: [0] * STEPS)

    def add(self, seconds: float, count: int) -> None:
        self.by_step[self.axis.step_of(seconds)] += count

    def lane(self, title: str, tone: str) -> Lane:
        edges, most = self.axis.edges(), max(self.by_step)
        bars = [
            Bar(edges[step], edges[step + 1], count, step / STEPS, math.sqrt(count / most))
            for step, count in enumerate(self.by_step)
            if count
        ]
        return Lane(title, tone, sum(self.by_step), bars)


async def read_timeline(
    session: AsyncSession, *, now: float, schedule: Sequence[float], jitter: float
) -> Timeline:
    """All that is ahead after ``now`` (Unix seconds); ``schedule`` is that of failed deliveries."""
    rotated = [
        until - now
        for endpoint in await session.scalars(select(Endpoint).where(Endpoint.present()))
        for _, until in endpoint.old_secrets
        if until > now
    ]
    receiving = select(Endpoint.id).where(Endpoint.present(), Endpoint.disabled.is_(False))
    pending = (Delivery.state == "pending", Delivery.endpoint_id.in_(receiving))
    last = [
        await session.scalar(select(func.max(column)).where(*conditions))
        for column, conditions in (
            (Delivery.due_at, pending),
            (PlannedSteps.due_at, ()),
            (DeletionJob.due_at, ()),
            (StoredEndUser.expires_at, ()),
        )
    ]
    first = [
        await session.scalar(select(func.min(Delivery.due_at)).where(*pending)),
        await session.scalar(select(func.min(PlannedSteps.due_at))),
        await session.scalar(select(func.min(DeletionJob.due_at))),
    ]
    ends = [sum(schedule) * (1 + jitter), *rotated, *(at - now for at in last if at is not None)]
    axis = _Axis(max(SHORTEST, *ends))
    attempts, retries = _Counts(axis), _Counts(axis)
    for failures, step, count in await _counted(session, Delivery.due_at, axis, now, *pending):
        attempts.by_step[step] += count
        began = (axis.edges()[step] + axis.edges()[step + 1]) / 2 if step else 0.0
        for wait in accumulate(schedule[failures:]):
            retries.add(began + wait, count)
    lanes = [
        attempts.lane("Attempts", "wait"),
        retries.lane("Retries after these, where each fails", "off"),
    ]
    for title, tone, column in (
        ("Planned steps of conversations", "good", PlannedSteps.due_at),
        ("Steps of deletion jobs", "good", DeletionJob.due_at),
        ("End users that are forgotten", "bad", StoredEndUser.expires_at),
    ):
        counts = _Counts(axis)
        for _, step, count in await _counted(session, column, axis, now, column.is_not(None)):
            counts.by_step[step] += count
        lanes.append(counts.lane(title, tone))
    secrets = _Counts(axis)
    for seconds in rotated:
        secrets.add(seconds, 1)
    lanes.insert(4, secrets.lane("Rotated secrets that stop signing", "bad"))
    ticks = [Tick("now", 0.0)]
    ticks += [Tick(label, axis.share(at)) for label, at in _TICKS.items() if at <= axis.longest]
    return Timeline(lanes, ticks, 1 / STEPS, min((at for at in first if at is not None), default=None))


async def _counted(
    session: AsyncSession, column: Any, axis: _Axis, now: float, *conditions: ColumnElement[bool]
) -> list[tuple[int, int, int]]:
    """The failures of deliveries, the step of the axis in which they are due, and how many there are."""
    edges = axis.edges()[1:-1]
    step = case(*((column < now + edge, index) for index, edge in enumerate(edges)), else_=STEPS - 1)
    failures = Delivery.failures if column.class_ is Delivery else literal(0)
    rows = select(failures.label("failures"), step.label("step")).where(*conditions).subquery()
    grouped = select(rows.c.failures, rows.c.step, func.count()).group_by(rows.c.failures, rows.c.step)
    return [(row[0], row[1], row[2]) for row in await session.execute(grouped)]
