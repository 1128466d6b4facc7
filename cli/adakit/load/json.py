"""The sum of a load as JSON, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ada_schemas.shown import shown_json
from adakit.load.text import SHARES

if TYPE_CHECKING:
    from ada_mockserver.delivery.load_report import Latencies
    from adakit.load.summary import Summary

__all__ = ["render"]


def render(summary: Summary) -> str:
    """One object: what was asked for, what was delivered, how fast, and what failed; times in seconds."""
    report, load = summary.report, summary.load
    value = {
        "url": load.endpoint.url,
        "what": summary.what,
        "seed": summary.seed,
        "ok": summary.exit_code == 0,
        "exit_code": summary.exit_code,
        "interrupted": summary.interrupted,
        "options": {
            "concurrency": load.concurrency,
            "rate": load.rate,
            "duration": load.duration,
            "attempts": load.attempts,
            "timeout": load.endpoint.timeout,
        },
        "seconds": round(report.seconds, 6),
        "deliveries": {
            "ended": report.ended,
            "accepted": report.delivered,
            "failed": report.failed,
            "unfinished": report.unfinished,
            "repeated": report.repeated,
        },
        "requests": {"attempts": report.attempts, "resent": report.resent},
        "per_second": {
            "asked": load.rate,
            "begun": None if load.rate is None else round(report.begun_rate, 3),
            "ended": round(report.per_second, 3),
        },
        "latency": _latencies(report.latency),
        "service": _latencies(report.service),
        "statuses": {str(status): count for status, count in sorted(report.statuses.items())},
        "errors": dict(sorted(report.errors.items())),
        "first_error": None if report.first_error is None else report.first_error.what,
        "connections": report.connections,
        "bytes": {"sent": report.bytes_sent, "received": report.bytes_received},
        "intervals": [
            {**asdict(i), "at": round(i.at, 6), "seconds": round(i.seconds, 6)} for i in report.intervals
        ],
    }
    return shown_json(value, indent=2) + "\n"


def _latencies(latencies: Latencies) -> dict[str, Any]:
    """The count and the percentiles; without answers there are none."""
    count = len(latencies)
    if not count:
        return {"count": 0}
    named = {name: round(latencies.quantile(share), 9) for name, share in SHARES.items()}
    return {"count": count, "mean": round(latencies.mean, 9), **named}
