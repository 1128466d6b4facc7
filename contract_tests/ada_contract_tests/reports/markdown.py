"""The report as Markdown, for the summary page of a CI run (``$GITHUB_STEP_SUMMARY``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ada_contract_tests.advice import advice_of
from ada_contract_tests.grouping import group_findings
from ada_contract_tests.reports.wording import clipped, counts, event_name, many, percent, printable
from ada_contract_tests.rules import rules_of
from ada_contract_tests.tracebacks import traceback_lines

if TYPE_CHECKING:
    from ada_contract_tests.findings import Cell, Finding, Report
    from ada_contract_tests.grouping import Group
    from ada_schemas.contract.profile import Profile

__all__ = ["render"]

MOST_BYTES = 60_000
RESERVED = 200
"""Bytes that are kept for the line that says what was left out."""

MOST_GROUPS = 20
MOST_CASES = 30
MOST_CHANGES = 8
MOST_NOTES = 10
MOST_TRACEBACK = 14
LONGEST = 400
"""Characters of one text from outside, such as an excerpt or a cause."""

LONGEST_ADVICE = 800
LONGEST_BLOCK = 4_000
"""Characters of a code block."""

SIGNS = {"failed": "❌ {}", "warned": "⚠️ {}", "passed": "✅ {}", "not run": "not run", "not applicable": "·"}
"""The text of a cell of the matrix by its verdict."""


def render(report: Report) -> str:
    """Verdict, matrix of events and families, and the findings by cause; always less than 60 KB."""
    text = _verdict(report)
    for block in (_matrix(report), _left_out(report)):
        text += block if _fits(text + block) else ""
    groups, shown = group_findings(report.findings), 0
    if groups:
        text += "### Findings\n\n"
    for number, group in enumerate(groups[:MOST_GROUPS], 1):
        block = _finding(number, group, report.profile)
        if not _fits(text + block):
            break
        text, shown = text + block, number
    if shown < len(groups):
        text += f"And {len(groups) - shown} more (`--report json=FILE` or `html=FILE` has them all).\n"
    return text.rstrip("\n") + "\n"


def _fits(text: str) -> bool:
    return len(text.encode()) < MOST_BYTES - RESERVED


def _verdict(report: Report) -> str:
    mark, word = ("✅", "PASS") if report.ok else ("❌", "FAIL")
    passed, *others = counts(report)
    others = [f"**{each}**" if each.endswith("failed") else each for each in others]
    coverage = f"Contract coverage **{percent(report.coverage)}**"
    selected = f"{len(report.results)} of {report.total_cases} cases selected"
    lines = [
        f"## {mark} {word}: contract check of {_code(report.target)}",
        f"{', '.join([f'**{passed}**', *others])}.",
        f"{coverage}: {selected}, {report.seconds:.1f} s, seed {report.seed}.",
    ]
    lines += [f"> ⛔ {_prose(report.stopped)}"] if report.stopped else []
    lines += [f"> ℹ️ {_prose(note)}" for note in report.notes[:MOST_NOTES]]
    return "\n\n".join(lines) + "\n\n"


def _matrix(report: Report) -> str:
    matrix = report.matrix("family")
    families = list(next(iter(matrix.values()), {}))
    if not families:
        return "No case was run.\n\n"
    rows = [["event", *families], ["---", *("---:" for _ in families)]]
    for event, cells in matrix.items():
        name = event_name(event) if event == "any" else _code(event).replace("|", "\\|")
        rows.append([name, *map(_cell, cells.values())])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n"


def _cell(cell: Cell) -> str:
    whole = cell.verdict == "passed" and cell.number == cell.applicable
    return SIGNS[cell.verdict].format(cell.number if whole else f"{cell.number}/{cell.applicable}")


def _left_out(report: Report) -> str:
    reasons = report.left_out()
    lines = [f"- {len(cases)} {_prose(reason)}\n" for reason, cases in list(reasons.items())[:MOST_NOTES]]
    left = len(reasons) - len(lines)
    return "".join([*lines, *([f"- and {left} more reasons\n"] if left else []), "\n"]) if lines else ""


def _finding(number: int, group: Group, profile: Profile) -> str:
    first, count = group.findings[0], len(group.findings)
    rule = rules_of(profile)[first.rule]
    mark = "❌" if group.severity == "error" else "⚠️"
    cases = "1 case" if count == 1 else f"{count} cases, one cause"
    advice, _, to_copy = advice_of(first, profile).partition("\n")
    contrast = f"Expected {_prose(first.expected)}, got {_code(first.got)}."
    parts = [
        f"#### {number}. {mark} {first.rule} {rule.title}: {cases}",
        _code(group.cause),
        f"{_code(first.case)}: {_prose(first.summary)}. {contrast}",
        _block("diff", _diff(first)),
        _block("text", _clipped(first.excerpt)),
        _block(
            "text", "\n".join(_clipped(line) for line in traceback_lines(first.traceback, MOST_TRACEBACK))
        ),
        f"**Fix**: {_prose(advice) if first.hint else _words(advice)}",
        _block("sh", printable(to_copy)),
        _block("sh", "\n".join(" ".join(printable(line).split("\n")) for line in first.reproduce)),
        _further(group),
    ]
    return "\n\n".join(part for part in parts if part) + "\n\n"


def _further(group: Group) -> str:
    others = [finding.case for finding in group.findings[1:]]
    if not others:
        return ""
    lines = "\n".join(f"- {_code(case)}" for case in others[:MOST_CASES])
    more = f"\n- and {len(others) - MOST_CASES} more" if len(others) > MOST_CASES else ""
    title = f"<summary>{many(len(others), 'further case')}</summary>"
    return f"<details>{title}\n\n{lines}{more}\n\n</details>"


def _diff(finding: Finding) -> str:
    lines = []
    for path, before, after in finding.changes[:MOST_CHANGES]:
        lines.append(f"@@ {path} @@")
        lines += [f"{sign} {value}" for sign, value in (("-", before), ("+", after)) if value != "-"]
    left = len(finding.changes) - MOST_CHANGES
    lines += [f"and {left} more differences"] if left > 0 else []
    return "\n".join(map(_clipped, lines))


def _clipped(text: str) -> str:
    return clipped(printable(text), LONGEST)


def _code(text: str) -> str:
    """The text as inline code of one line, whatever it holds."""
    text = " ".join(_clipped(text).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _words(text: str) -> str:
    """The text as words of a paragraph, in which backticks mark code and nothing else is markup."""
    parts = re.split(r"(`[^`]+`)", " ".join(clipped(printable(text), LONGEST_ADVICE).split()))
    return "".join(_code(part[1:-1]) if n % 2 else _escaped(part) for n, part in enumerate(parts))


def _prose(text: str) -> str:
    """The text as words of a paragraph: nothing in it is markup, a link or a mention."""
    return _escaped(" ".join(_clipped(text).split()))


def _escaped(text: str) -> str:
    return re.sub(r"[\\`*_\[\]<>#|~&$@]|:(?=//)|(?<=www)\.", lambda match: f"&#{ord(match[0])};", text)


def _block(language: str, text: str) -> str:
    """Printable text as a code block; empty for none."""
    if not text.strip():
        return ""
    text = text if len(text) <= LONGEST_BLOCK else f"{text[:LONGEST_BLOCK]}\n..."
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
