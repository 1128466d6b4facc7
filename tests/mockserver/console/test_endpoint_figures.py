"""The figures of an endpoint's attempts."""

from __future__ import annotations

import pytest

from ada_mockserver.mock.console.endpoint_figures import MOST_COUNTED, SPANS, Outcome, figures

NOW = 1_600_000_000.0  # 12:26:40 UTC


def outcomes(*given):
    """Outcomes, the newest first, each so many seconds ago, with its duration or None if it failed."""
    return [Outcome(NOW - ago, elapsed, elapsed is not None, "200") for ago, elapsed in given]


def test_slots():
    """Attempts are counted in the slot in which they began; slots begin at multiples of their length."""
    given = outcomes((0, 0.1), (39, 0.2), (41, None), (3000, 0.3))
    counted = figures(given, now=NOW, span="1h")
    filled = [(slot.begin - NOW, slot.succeeded, slot.failed) for slot in counted.slots if slot.total]
    assert filled == [(-3040, 1, 0), (-160, 0, 1), (-40, 2, 0)]
    assert (counted.succeeded, counted.failed, counted.top) == (3, 1, 2)
    assert all(slot.begin % 120 == 0 and slot.end == slot.begin + 120 for slot in counted.slots)
    assert counted.slots[-1].begin <= NOW < counted.slots[-1].end


@pytest.mark.parametrize(
    ("oldest", "span"),
    [(0, "5m"), (200, "5m"), (400, "15m"), (3000, "1h"), (20_000, "6h"), (80_000, "24h"), (9e5, "30d")],
)
def test_shortest_span(oldest, span):
    """Without a wish the span is the shortest that holds all attempts, the longest where none does."""
    assert figures(outcomes((0, 1), (oldest, 1)), now=NOW).span == span
    assert figures(outcomes((0, 1), (9e9, 1)), now=NOW).span == "30d"
    assert figures([], now=NOW).span == "5m"


@pytest.mark.parametrize("span", SPANS)
def test_beyond(span):
    """What is before the span, or after it, is not counted; a span of no attempts has no durations."""
    length = SPANS[span].slots * SPANS[span].seconds
    counted = figures(outcomes((-length, 1), (length, 1)), now=NOW, span=span)
    assert (counted.succeeded, counted.failed, counted.top) == (0, 0, 0)
    assert (counted.median, counted.slowest_but_5) == (None, None)
    assert counted.words == SPANS[span].words


@pytest.mark.parametrize(
    ("durations", "median", "p95"),
    [
        ([3.0], 3.0, 3.0),
        ([2.0, 1.0], 1.0, 2.0),
        ([float(n) for n in range(100, 0, -1)], 50.0, 95.0),
        ([float(n) for n in range(1, 11)], 5.0, 10.0),
    ],
)
def test_durations(durations, median, p95):
    """The median and the 95th percentile are durations that were measured."""
    counted = figures(outcomes(*((0, each) for each in durations)), now=NOW)
    assert (counted.median, counted.slowest_but_5) == (median, p95)


def test_limited():
    """The figures say so where older attempts of the span were not read."""
    many = [Outcome(NOW, 0.1, True, "200")] * MOST_COUNTED
    assert figures(many, now=NOW).limited
    assert not figures(many[1:], now=NOW).limited
    assert not figures([*many, *outcomes((9e9, 1))], now=NOW, span="1h").limited
