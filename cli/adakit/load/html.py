"""The sum of a load as one HTML page that needs nothing else: no server, no network, no script."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from ada_contract_tests.reports.wording import percent, printable
from adakit.load.charts import LEFT, RIGHT, WIDTH, latency_chart, throughput_chart
from adakit.load.text import counted, duration, rate, size

if TYPE_CHECKING:
    from adakit.load.summary import Summary

__all__ = ["render"]

TABLE = {
    "p50": 0.5,
    "p75": 0.75,
    "p90": 0.9,
    "p95": 0.95,
    "p99": 0.99,
    "p99.9": 0.999,
    "p99.99": 0.9999,
    "max": 1.0,
}
"""The percentiles of the table, as shares."""

ERRORS = {
    "timeout": "no answer within the time limit",
    "dropped": "the connection closed before an answer",
    "refused": "the connection was refused",
    "protocol": "an answer that is no HTTP",
    "tls": "TLS was not agreed on",
    "dns": "the name did not resolve",
}
"""The kinds of missing answers, in words."""


def render(summary: Summary) -> str:
    """The page: key figures, latency by percentile, throughput over time, answers and errors."""
    report, style = summary.report, _read("report.css")
    return _TEMPLATE.render(
        summary=summary,
        report=report,
        load=summary.load,
        style=style,
        style_hash=f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}",
        lede=_lede(summary),
        latencies=_latencies(summary),
        latency=latency_chart(report),
        throughput=throughput_chart(report),
        answers=_answers(summary),
    )


def _lede(summary: Summary) -> str:
    report = summary.report
    if not report.ended:
        return "Nothing was delivered."
    all_of = f"{report.delivered:,} of {counted(report.ended, 'delivery', 'deliveries')}"
    share = "All" if not report.failed else percent(report.delivered / report.ended)
    cut = " before the run was interrupted" if summary.interrupted else ""
    return f"{share} accepted{cut}: {all_of} in {duration(report.seconds)}."


def _latencies(summary: Summary) -> list[tuple[str, str, str]]:
    """A row for each percentile that the number of answers bears."""
    report = summary.report
    count = len(report.latency)
    kept = {name: share for name, share in TABLE.items() if share == 1.0 or count * (1 - share) >= 1}
    return [
        (name, duration(report.latency.quantile(share)), duration(report.service.quantile(share)))
        for name, share in (kept if count else {}).items()
    ]


def _answers(summary: Summary) -> list[tuple[str, str, int, float]]:
    """The kind, the words, the number and the share of each way in which a delivery ended."""
    report = summary.report
    rows = [
        ("accepted" if 200 <= status < 300 else "failed", f"{status}", count)
        for status, count in sorted(report.statuses.items())
    ]
    rows += [
        ("failed", f"{kind}: {ERRORS.get(kind, kind)}", count)
        for kind, count in sorted(report.errors.items())
    ]
    return [(kind, words, count, count / report.ended) for kind, words, count in rows]


def _read(name: str) -> str:
    return (files("adakit.load") / name).read_text(encoding="utf-8")


def _template(name: str) -> str:
    """The source of a template as one line: its line breaks and indentation are no part of the page."""
    return "".join(line.strip() for line in _read(name).splitlines())


def _finalized(value: object) -> object:
    """A value on its way into the page: printable, unless it is markup already."""
    return value if hasattr(value, "__html__") else printable(str(value))


_ENVIRONMENT = Environment(
    loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined, finalize=_finalized
)
_PLACES: dict[str, Any] = {"width": WIDTH, "left": LEFT, "right": WIDTH - RIGHT}
_ENVIRONMENT.globals |= {"place": _PLACES}
_ENVIRONMENT.filters |= {
    "counted": counted,
    "duration": duration,
    "percent": percent,
    "rate": rate,
    "size": size,
}
_TEMPLATE = _ENVIRONMENT.get_template("report.html.jinja")
