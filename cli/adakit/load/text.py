"""The sum of a load, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_mockserver.delivery.load_report import Latencies, LoadReport

__all__ = ["SHARES", "counted", "describe", "duration", "rate", "size"]

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
"""The percentiles of a summary, as shares."""


def describe(report: LoadReport, url: str, *, detailed: bool) -> str:
    """A load in a few lines; the first one alone, and what failed first, unless ``detailed``."""
    return "\n".join(_lines(report, url, detailed=detailed))


def _lines(report: LoadReport, url: str, *, detailed: bool) -> Iterator[str]:
    sent, latency = report.ended, report.latency
    first = f"{report.delivered} of {sent} delivered to {shown(url)}"
    if sent > 1 and report.seconds > 0:
        first += f", {report.per_second:.0f}/s"
    if detailed:
        yield f"{first} in {report.seconds:.1f} s"
        yield from _details(report)
    elif len(latency) > 1:
        half, most = latency.quantile(0.5) * 1000, latency.quantile(0.99) * 1000
        yield f"{first}; half within {half:.1f} ms, 99 % within {most:.1f} ms"
    else:
        yield first
    if report.resent:
        yield f"{counted(report.resent, 'request')} resent, since the kept connection had just been closed"
    if report.repeated:
        were = "was" if report.repeated == 1 else "were"
        yield f"{counted(report.repeated, 'delivery', 'deliveries')} {were} tried more than once"
    if report.unfinished:
        were = "was" if report.unfinished == 1 else "were"
        yield f"{counted(report.unfinished, 'delivery', 'deliveries')} {were} under way and may have arrived"
    if report.first_error is not None:
        yield f"first failure: {report.first_error.what}"


def _details(report: LoadReport) -> Iterator[str]:
    if report.rate is not None:
        yield f"rate       {report.begun_rate:.1f}/s begun, {report.rate:g}/s asked for"
    if len(report.latency):
        yield f"latency    {_percentiles(report.latency)}"
        if report.rate is not None:
            yield f"service    {_percentiles(report.service)}"
    if report.statuses:
        yield f"answers    {_tally({str(k): n for k, n in sorted(report.statuses.items())})}"
    if report.errors:
        yield f"no answer  {_tally(report.errors)}"
    sent, received = size(report.bytes_sent), size(report.bytes_received)
    yield f"traffic    {sent} sent, {received} received, {counted(report.connections, 'connection')}"


def _percentiles(latencies: Latencies) -> str:
    return "  ".join(f"{name} {duration(latencies.quantile(share))}" for name, share in SHARES.items())


def _tally(counts: dict[str, int]) -> str:
    return "  ".join(f"{name}: {count}" for name, count in counts.items())


def counted(number: int, one: str, several: str = "") -> str:
    """A number and what it counts."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def duration(seconds: float) -> str:
    """A time in milliseconds, from a second on in seconds."""
    if seconds >= 1:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    return f"{seconds * 1000:.{1 if seconds < 0.1 else 0}f} ms"


def rate(per_second: float) -> str:
    """A rate in as many digits as say something."""
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:.3g}"


def size(count: float) -> str:
    """A number of bytes in the unit that suits it."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
