"""The report as one HTML page that needs nothing else: no server, no network, no script to be read."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined

from ada_contract_tests.advice import advice_of
from ada_contract_tests.findings import OUTCOMES
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.reports.wording import clipped, event_name, many, percent, printable
from ada_contract_tests.rules import FAMILIES, digits, rules_of
from ada_contract_tests.tracebacks import traceback_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.findings import Cell, Report
    from ada_contract_tests.grouping import Group

__all__ = ["render", "sign"]

LIMITS = {"groups": 100, "cases": 500, "changes": 10, "traceback": 40}
LONGEST = 400
"""Characters of a cause, or of a line of a traceback."""

SIGNS = {
    "failed": ("✗{0}", "{0} of {1} failed"),
    "warned": ("!{0}", "{0} of {1} with a warning"),
    "passed": ("{0}", "{0} of {1} passed"),
    "not run": ("–", "{0} not run"),
    "not applicable": ("·", "not applicable"),
}
"""The sign of a cell of the matrix by its verdict, and the words that it stands for."""


def render(report: Report) -> str:
    """The page: verdict, matrix of events and rules, findings by cause, cases left out, the rules."""
    groups, matrix, rules = group_findings(report.findings), report.matrix("code"), rules_of(report.profile)
    codes = next(iter(matrix.values()), {})
    script = _read("report.js")
    return TEMPLATE.render(
        report=report,
        RULES=rules,
        word="PASS" if report.ok else "FAIL",
        style=_read("report.css"),
        script=script,
        script_hash=f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}",
        lede=_lede(report, groups),
        slowest=_slowest(report),
        matrix=matrix,
        tallies={
            code: Counter(o for row in matrix.values() for o in row[code].outcomes.values()) for code in codes
        },
        families={
            family: ours for family in FAMILIES if (ours := [c for c in codes if rules[c].family == family])
        },
        links=_links(groups[: LIMITS["groups"]]),
        groups=groups,
    )


def _read(name: str) -> str:
    return (files("ada_contract_tests.reports") / name).read_text(encoding="utf-8")


def _template(name: str) -> str:
    """The source of a template as one line: its line breaks and indentation are no part of the page."""
    return "".join(line.strip() for line in _read(name).splitlines())


def _finalized(value: object) -> object:
    """A value on its way into the page: printable, unless it is markup already."""
    return value if hasattr(value, "__html__") else printable(str(value))


def _lede(report: Report, groups: Sequence[Group]) -> str:
    failed, passed = report.count("failed"), report.count("passed")
    causes = sum(group.severity == "error" for group in groups)
    if failed:
        reasons = ", all for one cause" if causes == 1 else f", for {causes} causes" if causes else ""
        return f"{many(failed, 'case fails', 'cases fail')}{reasons if failed > 1 else ''}."
    if not passed:
        return "No case was carried out."
    if report.stopped or report.count("not run"):
        return f"{many(passed, 'case')} passed, then the run was cut short."
    return "The one case passed." if passed == 1 else f"All {passed} cases that apply passed."


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:.0f} s"


def _slowest(report: Report) -> str:
    times = [r.attempt.response.elapsed for r in report.results if r.attempt and r.attempt.response]
    return f"slowest answer {max(times) * 1000:.0f} ms" if times else "no answer"


def sign(cell: Cell) -> list[str]:
    """The sign of a cell of the matrix, and the words that it stands for."""
    return [text.format(cell.number, cell.applicable) for text in SIGNS[cell.verdict]]


def _links(groups: Sequence[Group]) -> dict[tuple[str, str], str]:
    """The address of the first finding of each event and rule."""
    links: dict[tuple[str, str], str] = {}
    for number, group in enumerate(groups, 1):
        for finding in group.findings:
            links.setdefault((finding.event, finding.rule), f"#finding-{number}")
    return links


def _spread(group: Group) -> str:
    """The events and the rules of a group's findings, with how many each has."""
    events = Counter(event_name(finding.event) for finding in group.findings)
    rules = Counter(finding.rule for finding in group.findings)
    if len(group.findings) == 1:
        return f"{next(iter(events))}, {next(iter(rules))}"
    where = ", ".join(f"{event} ×{n}" if len(events) > 1 else event for event, n in events.most_common())
    return f"{where} ({', '.join(f'{code} ×{n}' for code, n in sorted(rules.items()))})"


def _traceback(text: str) -> list[str]:
    return [clipped(line, LONGEST) for line in traceback_lines(text, LIMITS["traceback"])]


_ENVIRONMENT = Environment(
    loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined, finalize=_finalized
)
_ENVIRONMENT.globals |= {
    "OUTCOMES": OUTCOMES,
    "FAMILIES": FAMILIES,
    "most": LIMITS,
}
_ENVIRONMENT.filters |= {
    "advice": advice_of,
    "clipped": lambda text: clipped(text, LONGEST),
    "digits": digits,
    "duration": _duration,
    "event_name": event_name,
    "many": many,
    "percent": percent,
    "sign": sign,
    "spread": _spread,
    "traceback": _traceback,
}
TEMPLATE = _ENVIRONMENT.get_template("report.html.jinja")
