"""The charts of a load, as places on a drawing: latency by percentile, and throughput over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_mockserver.delivery.load_report import Interval, Latencies, LoadReport

__all__ = ["Bar", "Chart", "Curve", "Tick", "latency_chart", "throughput_chart"]

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1000.0, 74.0, 18.0, 14.0, 46.0
"""The drawing's width, and the margins around what is drawn."""
_WIDE = WIDTH - LEFT - RIGHT
_HIGH, _LOW = 260.0, 150.0
"""The heights of what is drawn, in a chart of latencies and in one of throughput."""
_POINTS = 160
_BARS = 150
_LOGARITHMIC = 30.0
"""From this ratio of the longest latency to the median on, the scale is logarithmic."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid, at a place on its axis, and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, and its area down to the axis, as SVG paths."""

    name: str
    kind: str
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of what happened, with its words."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing: its axes with their names, and what is on it."""

    across: Sequence[Tick]
    up: Sequence[Tick]
    across_name: str
    up_name: str
    high: float
    curves: Sequence[Curve] = ()
    bars: Sequence[Bar] = ()
    asked: float | None = None
    """The height of the rate that was asked for."""

    @property
    def base(self) -> float:
        """The height of the axis across."""
        return TOP + self.high

    @property
    def height(self) -> float:
        """The height of the whole drawing."""
        return self.base + BOTTOM


def latency_chart(report: LoadReport) -> Chart | None:
    """Latency by percentile, the percentiles on a logarithmic scale of 1/(1-p); None without answers."""
    count = len(report.latency)
    if count < 2:
        return None
    depth = math.log10(count)
    longest = max(report.latency.longest, report.service.longest, 1e-6)
    median = max(report.service.quantile(0.5), 1e-6)
    logarithmic = longest / median > _LOGARITHMIC
    up, ticks = _log_axis(median, longest) if logarithmic else _linear_axis(longest, _HIGH, _seconds)
    names = [("latency, from when a delivery was due", "latency", report.latency)]
    if report.service is report.latency:
        names = [("latency", "latency", report.latency)]
    else:
        names.append(("service time, from when it began", "service", report.service))
    return Chart(
        across=_percentile_ticks(depth),
        up=ticks,
        across_name="percentile of deliveries",
        up_name="latency, logarithmic" if logarithmic else "latency",
        high=_HIGH,
        curves=[_curve(name, kind, latencies, depth, up) for name, kind, latencies in names],
    )


def throughput_chart(report: LoadReport) -> Chart | None:
    """Deliveries a second over the time of the run; None where nothing ended."""
    intervals = _fewer([i for i in report.intervals if i.seconds > 0.05])
    if not report.ended or not intervals:
        return None
    end = intervals[-1].at + intervals[-1].seconds
    most = max(*((i.delivered + i.failed) / i.seconds for i in intervals), report.rate or 0.0, 1.0)
    up, ticks = _linear_axis(most, _LOW, "{:,.0f}".format)
    across = [Tick(LEFT + _WIDE * at / end, _time(at)) for at in _steps(end, 8)]
    bars = []
    for interval in intervals:
        x, width = LEFT + _WIDE * interval.at / end, _WIDE * interval.seconds / end
        gap = min(1.0, width / 8)
        top = base = up(0.0)
        good, bad = interval.delivered / interval.seconds, interval.failed / interval.seconds
        words = f"{_time(interval.at)}: {good:.0f} accepted and {bad:.0f} failed a second"
        for kind, upto in (("accepted", good), ("failed", good + bad)):
            top = up(upto)
            if base - top > 0:
                bars.append(Bar(kind, _round(x), _round(top), _round(width - gap), _round(base - top), words))
            base = top
    asked = None if report.rate is None else _round(up(report.rate))
    return Chart(
        across, ticks, "time since the run began", "deliveries a second", _LOW, bars=bars, asked=asked
    )


def _curve(name: str, kind: str, latencies: Latencies, depth: float, up: Callable[[float], float]) -> Curve:
    points = []
    for number in range(_POINTS + 1):
        at = number / _POINTS
        share = 1.0 if number == _POINTS else 1 - 10 ** (-at * depth)
        points.append(f"{_round(LEFT + _WIDE * at):g} {_round(up(latencies.quantile(share))):g}")
    line = "M" + "L".join(points)
    base = TOP + _HIGH
    return Curve(name, kind, line, f"{line}L{WIDTH - RIGHT:g} {base:g}L{LEFT:g} {base:g}Z")


def _percentile_ticks(depth: float) -> list[Tick]:
    shares = [(0.0, "0 %"), (0.5, "50 %")]
    for nines in range(1, 9):
        digits = f"{100 - 100 / 10**nines:.{max(0, nines - 2)}f}"
        shares.append((1 - 10**-nines, f"{digits} %"))
    placed = [(math.log10(1 / (1 - share)) / depth, label) for share, label in shares]
    return [Tick(_round(LEFT + _WIDE * at), label) for at, label in placed if at <= 1]


def _linear_axis(
    most: float, high: float, label: Callable[[float], str]
) -> tuple[Callable[[float], float], list[Tick]]:
    steps = _steps(most, 5 if high > _LOW else 3)
    top = max(most, steps[-1]) * 1.04

    def up(value: float) -> float:
        return TOP + high * (1 - value / top)

    return up, [Tick(_round(up(step)), label(step)) for step in steps]


def _log_axis(least: float, most: float) -> tuple[Callable[[float], float], list[Tick]]:
    low, high = math.floor(math.log10(least / 2)), math.log10(most) + 0.08

    def up(value: float) -> float:
        share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return TOP + _HIGH * (1 - share)

    decades = range(low, math.floor(high) + 1)
    values = [10.0**decade * factor for decade in decades for factor in (1, 3)]
    return up, [Tick(_round(up(value)), _seconds(value)) for value in values if math.log10(value) <= high]


def _steps(most: float, about: int) -> list[float]:
    """Round values from 0 up to about ``most``."""
    rough = most / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [number * step for number in range(int(most / step + 1e-9) + 1)]


def _fewer(intervals: Sequence[Interval]) -> list[Interval]:
    """Several intervals together as one where there are too many for the drawing."""
    size = math.ceil(len(intervals) / _BARS)
    groups = [intervals[start : start + size] for start in range(0, len(intervals), max(1, size))]
    return [
        type(group[0])(
            group[0].at,
            sum(i.seconds for i in group),
            sum(i.delivered for i in group),
            sum(i.failed for i in group),
        )
        for group in groups
    ]


def _seconds(value: float) -> str:
    if value >= 1:
        return f"{value:g} s"
    return f"{value * 1e3:g} ms" if value >= 1e-3 or not value else f"{value * 1e6:.0f} µs"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def _round(value: float) -> float:
    return round(value, 1)
