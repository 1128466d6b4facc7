"""The report as Markdown, for the summary page of a CI run (``$GITHUB_STEP_SUMMARY``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ada_contract_tests.findings import group_findings
from ada_contract_tests.reports.junit import printable
from ada_contract_tests.rules import FAMILIES, RULES
from ada_contract_tests.tracebacks import traceback_lines

if TYPE_CHECKING:
    from ada_contract_tests.findings import Finding, Group, Report, Result

__all__ = ["render_markdown"]

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

LONGEST_BLOCK = 4_000
"""Characters of a code block."""


def render_markdown(report: Report) -> str:
    """Verdict, matrix of events and families, and the findings by cause; always less than 60 KB."""
    text = _verdict(report)
    for block in (_matrix(report), _left_out(report)):
        text += block if _fits(text + block) else ""
    groups, shown = group_findings(report.findings), 0
    if groups:
        text += "### Findings\n\n"
    for number, group in enumerate(groups[:MOST_GROUPS], 1):
        block = _finding(number, group)
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
    counts = {outcome: report.count(outcome) for outcome in ("failed", "not run", "not applicable")}
    parts = [f"**{report.count('passed')} passed**"]
    parts += [
        f"**{n} {outcome}**" if outcome == "failed" else f"{n} {outcome}"
        for outcome, n in counts.items()
        if n
    ]
    if report.warnings:
        parts.append(f"{len(report.warnings)} warning{'s' if len(report.warnings) > 1 else ''}")
    coverage = "100" if report.coverage >= 1 else f"{min(99.9, report.coverage * 100):.1f}"
    selected = f"{len(report.results)} of {report.total_cases} cases selected"
    lines = [
        f"## {mark} {word}: contract check of {_code(report.target)}",
        f"{', '.join(parts)}.",
        f"Contract coverage **{coverage} %**: {selected}, {report.seconds:.1f} s, seed {report.seed}.",
    ]
    remarks = ([f"⛔ {_prose(report.stopped)}"] if report.stopped else []) + [
        f"ℹ️ {_prose(note)}" for note in report.notes[:MOST_NOTES]
    ]
    lines += [f"> {remark}" for remark in remarks]
    return "\n\n".join(lines) + "\n\n"


def _matrix(report: Report) -> str:
    families = [
        family for family in FAMILIES if any(RULES[r.case.rule].family == family for r in report.results)
    ]
    if not families:
        return "No case was run.\n\n"
    warned = {finding.case for finding in report.warnings}
    rows = [["event", *families], ["---", *("---:" for _ in families)]]
    for event in dict.fromkeys(result.case.event for result in report.results):
        row = [r for r in report.results if r.case.event == event]
        cells = [
            _cell([r for r in row if RULES[r.case.rule].family == family], warned) for family in families
        ]
        rows.append([_code(event).replace("|", "\\|") if event != "any" else "no documented event", *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n"


def _cell(results: list[Result], warned: set[str]) -> str:
    results = [r for r in results if r.outcome != "not applicable"]
    failed = sum(r.outcome == "failed" for r in results)
    left = sum(r.outcome == "not run" for r in results)
    warnings = sum(r.case.id in warned for r in results)
    if not results:
        return "·"
    if failed:
        return f"❌ {failed}/{len(results)}"
    if left == len(results):
        return "not run"
    if warnings:
        return f"⚠️ {warnings}/{len(results)}"
    return f"✅ {len(results) - left}" + (f"/{len(results)}" if left else "")


def _left_out(report: Report) -> str:
    reasons: dict[str, int] = {}
    for result in report.results:
        if result.outcome in ("not run", "not applicable"):
            reason = f"{result.outcome}: {result.note}" if result.note else result.outcome
            reasons[reason] = reasons.get(reason, 0) + 1
    lines = [f"- {count} {_prose(reason)}\n" for reason, count in list(reasons.items())[:MOST_NOTES]]
    left = len(reasons) - len(lines)
    return "".join([*lines, *([f"- and {left} more reasons\n"] if left else []), "\n"]) if lines else ""


def _finding(number: int, group: Group) -> str:
    first, count = group.findings[0], len(group.findings)
    rule = RULES[first.rule]
    mark = "❌" if group.severity == "error" else "⚠️"
    cases = "1 case" if count == 1 else f"{count} cases, one cause"
    hint = _prose(first.hint) if first.hint else rule.fix
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
        f"**Fix**: {hint}",
        _block("sh", "\n".join(" ".join(printable(line).split("\n")) for line in first.reproduce)),
        _further(group),
    ]
    return "\n\n".join(part for part in parts if part) + "\n\n"


def _further(group: Group) -> str:
    others = [finding.case for finding in group.findings[1:]]
    if not others:
        return ""
    lines = [f"- {_code(case)}" for case in others[:MOST_CASES]]
    if len(others) > MOST_CASES:
        lines.append(f"- and {len(others) - MOST_CASES} more")
    cases = "1 further case" if len(others) == 1 else f"{len(others)} further cases"
    return "\n".join([f"<details><summary>{cases}</summary>", "", *lines, "", "</details>"])


def _diff(finding: Finding) -> str:
    lines = []
    for path, before, after in finding.changes[:MOST_CHANGES]:
        lines.append(f"@@ {path} @@")
        lines += [f"{sign} {value}" for sign, value in (("-", before), ("+", after)) if value != "-"]
    left = len(finding.changes) - MOST_CHANGES
    return "\n".join(
        [*(_clipped(line) for line in lines), *([f"and {left} more differences"] if left > 0 else [])]
    )


def _clipped(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _code(text: str) -> str:
    """The text as inline code of one line, whatever it holds."""
    text = " ".join(_clipped(text).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _prose(text: str) -> str:
    """The text as words of a paragraph: nothing in it is markup, a link or a mention."""
    text = " ".join(_clipped(text).split())
    return re.sub(r"[\\`*_\[\]<>#|~&$@]|:(?=//)|(?<=www)\.", lambda match: f"&#{ord(match[0])};", text)


def _block(language: str, text: str) -> str:
    """Printable text as a code block; empty for none."""
    if not text.strip():
        return ""
    text = text if len(text) <= LONGEST_BLOCK else f"{text[:LONGEST_BLOCK]}\n..."
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
