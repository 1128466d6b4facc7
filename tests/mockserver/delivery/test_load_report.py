"""The report of a load: sums, percentiles and intervals, in memory that does not grow."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ada_mockserver.delivery.load_report import Latencies, LoadReport
from ada_schemas.errors import WireError


def test_percentiles():
    """A share of the latencies is within the latency of that share; the ends are exact."""
    latencies = Latencies()
    latencies.fresh.extend(n / 1000 for n in range(100_000, 0, -1))
    assert len(latencies) == 100_000
    assert [latencies.quantile(share) for share in (0.0, 1.0)] == [0.001, 100.0]
    for share in (0.5, 0.9, 0.99, 0.999):
        assert latencies.quantile(share) == pytest.approx(100 * share, rel=1e-3)
    assert latencies.mean == pytest.approx(50.0005)


def test_without_answers():
    """Without answers there are no latencies."""
    latencies = Latencies()
    assert (len(latencies), latencies.quantile(0.5), latencies.mean) == (0, 0.0, 0.0)


def test_bounded_memory():
    """Latencies are added up as they come: few are kept as they are."""
    report = LoadReport(rate=1.0)
    for n in range(20_000):
        report.add_answer(200, 0.5, n / 1000, 0.5)
        assert len(report.latency.fresh) < 8192
        assert len(report.service.fresh) < 8192
    assert len(report.service) == 20_000
    assert report.service.quantile(1.0) == 19.999


def test_sums():
    """Answers count by their status, missing ones by their kind; the first error is kept."""
    report = LoadReport()
    for status in (200, 204, 301, 500, 500):
        report.add_answer(status, 0.1, 0.1, 0.5)
    for kind in ("timeout", "refused", "dns", "tls", "dropped"):
        report.add_error(WireError(f"{kind}.", kind=kind), 0.6)
    assert (report.delivered, report.failed, report.ended, report.unconnected) == (2, 8, 10, 3)
    assert report.statuses == {200: 1, 204: 1, 301: 1, 500: 2}
    assert report.errors == dict.fromkeys(("timeout", "refused", "dns", "tls", "dropped"), 1)
    assert report.first_error.what == "timeout."
    report.end(2.0)
    assert report.per_second == 5.0


def test_intervals():
    """Each quarter of a second is an interval, also one in which nothing ended; the last may be shorter."""
    report = LoadReport()
    for seconds in (0.1, 0.2, 0.25, 0.8):
        report.add_answer(200, 0.1, 0.1, seconds)
    report.add_error(WireError("gone.", kind="dropped"), 0.81)
    report.end(0.875)
    assert [(i.at, i.seconds, i.delivered, i.failed) for i in report.intervals] == [
        (0.0, 0.25, 2, 0),
        (0.25, 0.25, 1, 0),
        (0.5, 0.25, 0, 0),
        (0.75, 0.125, 1, 1),
    ]


@pytest.mark.parametrize("seconds", [151, 601, 1500, 86_400])
def test_a_long_run(seconds):
    """However long a run, its intervals are few, without a gap, and hold all that ended."""
    report = LoadReport()
    for second in range(0, seconds, 7):
        report.add_answer(200, 0.1, 0.1, second + 0.5)
    report.end(float(seconds))
    intervals = report.intervals
    assert len(intervals) <= 602
    assert sum(interval.delivered for interval in intervals) == report.delivered
    assert intervals[0].at == 0.0
    for before, after in pairwise(intervals):
        assert after.at == before.at + before.seconds
    assert intervals[-1].at + intervals[-1].seconds == seconds
