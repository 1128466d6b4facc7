"""The report for a person with two minutes: what is wrong, how often, and how to see it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ada_contract_tests.findings import group_findings
from ada_contract_tests.rules import FAMILIES, RULES
from ada_contract_tests.tracebacks import traceback_lines

if TYPE_CHECKING:
    from rich.console import Console

    from ada_contract_tests.findings import Finding, Report, Result
    from ada_contract_tests.findings import Group as FindingGroup

__all__ = ["print_finding", "print_report"]

SHOWN_CASES = 5
SHOWN_WARNINGS = 6
SHOWN_CHANGES = 6
SHOWN_TRACEBACK = 9


def print_report(report: Report, console: Console) -> None:
    """Print the matrix of events and rule families, the findings by cause, and the summary."""
    for line in _matrix(report):
        console.print(line, soft_wrap=True)
    console.print()
    for number, group in enumerate(group_findings(report.errors), 1):
        _print_group(group, number, console)
    _print_warnings(report, console)
    console.print(_summary(report), soft_wrap=True)


def _print_warnings(report: Report, console: Console) -> None:
    """Warnings in a line each: they set no exit code, and what an error says is not said again."""
    causes = {finding.cause for finding in report.errors}
    groups = [g for g in group_findings(report.warnings) if g.cause not in causes]
    for group in groups[:SHOWN_WARNINGS]:
        first, count = group.findings[0], len(group.findings)
        console.print(
            Text.assemble(
                ("warning ", "bold yellow"),
                f"{first.rule} {first.summary}: {first.got}",
                ("" if count == 1 else f", and {count - 1} more of that cause", "dim"),
            ),
            soft_wrap=True,
        )
        _print_row(console, "case", Text(first.case, style="cyan"))
        if first.traceback:
            _print_row(console, "cause", Text(first.cause))
    if len(groups) > SHOWN_WARNINGS:
        console.print(f"and {len(groups) - SHOWN_WARNINGS} more causes of warnings (--report json=FILE)")
    if groups:
        console.print()


def _matrix(report: Report) -> list[Text]:
    """A line an event, a column a family of rules; as wide as it must be, so that no number is cut off."""
    families = [f for f in FAMILIES if any(RULES[r.case.rule].family == f for r in report.results)]
    rows = [[Text("event"), *(Text(family.split()[0]) for family in families)]]
    for event in dict.fromkeys(result.case.event for result in report.results):
        row = [r for r in report.results if r.case.event == event]
        cells = [_cell([r for r in row if RULES[r.case.rule].family == family]) for family in families]
        rows.append([Text(event if event != "any" else "(no documented event)"), *cells])
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for cell in rows[0]:
        cell.stylize("dim")
    for row_of_cells in rows:
        row_of_cells[0].pad_right(widths[0] - len(row_of_cells[0]))
        for cell, width in zip(row_of_cells[1:], widths[1:], strict=True):
            cell.pad_left(width - len(cell))
    return [Text("  ").join(cells) for cells in rows]


def _cell(results: list[Result]) -> Text:
    results = [r for r in results if r.outcome != "not applicable"]
    if not results:
        return Text("·", style="dim")
    failed = sum(r.outcome == "failed" for r in results)
    left = sum(r.outcome == "not run" for r in results)
    if failed:
        return Text(f"{failed}/{len(results)} failed", style="bold red")
    if left == len(results):
        return Text("not run", style="dim")
    passed = len(results) - left
    return Text(f"{passed} ok" if not left else f"{passed}/{len(results)} ok", style="green")


def _print_group(group: FindingGroup, number: int, console: Console) -> None:
    first, count = group.findings[0], len(group.findings)
    cases = "1 case" if count == 1 else f"{count} cases, one cause"
    title = Text.assemble((f"{number}. error ", "bold red"), (f"{cases}: ", "bold"), (group.cause, "bold"))
    console.print(title, soft_wrap=True)
    print_finding(first, console)
    if count > 1:
        names = [f.case for f in group.findings[1 : SHOWN_CASES + 1]]
        rest = count - 1 - len(names)
        more = [*names, *([f"and {rest} more (--report json=FILE lists all)"] if rest else [])]
        for label, line in zip(("also", *[""] * SHOWN_CASES), more, strict=False):
            _print_row(console, label, Text(line))
    console.print()


def print_finding(finding: Finding, console: Console) -> None:
    """Print one finding: what was expected and got, the payload that shows it, and how to repeat it."""
    _print_row(console, "rule", Text(f"{finding.rule} {RULES[finding.rule].title}"))
    _print_row(console, "case", Text(finding.case, style="cyan"))
    _print_row(console, "", Text(finding.summary))
    _print_row(console, "expected", Text(finding.expected))
    _print_row(console, "got", Text(finding.got, style="red"))
    if finding.excerpt:
        _print_row(console, "answer", Text(finding.excerpt), wrap=True)
    for n, change in enumerate(_changes(finding)):
        _print_row(console, "payload" if n == 0 else "", change)
    for n, line in enumerate(traceback_lines(finding.traceback, SHOWN_TRACEBACK)):
        _print_row(console, "traceback" if n == 0 else "", Text(line, style="dim"))
    _print_row(console, "fix", Text(finding.hint or RULES[finding.rule].fix), wrap=True)
    for n, line in enumerate(finding.reproduce):
        _print_row(console, "repeat" if n == 0 else "or", Text(line))


def _print_row(console: Console, label: str, text: Text, *, wrap: bool = False) -> None:
    """Print a labelled line; it wraps only where nobody would copy it."""
    head = Text(f"   {label:<11}", style="dim")
    if not wrap:
        console.print(head + text, soft_wrap=True)
        return
    lines = text.wrap(console, max(20, console.width - len(head)))
    for n, line in enumerate(lines):
        line.rstrip()
        console.print((head if n == 0 else Text(" " * len(head))) + line, soft_wrap=True)


def _changes(finding: Finding) -> list[Text]:
    lines = []
    for path, before, after in finding.changes[:SHOWN_CHANGES]:
        if after == "-":
            change, was = " absent", ""
        elif before == "-":
            change, was = f" added: {after}", ""
        else:
            change, was = f": {after}", f" in place of {before}"
        lines.append(Text.assemble((path, "bold"), (change, "yellow"), (was, "dim")))
    if len(finding.changes) > SHOWN_CHANGES:
        lines.append(Text(f"and {len(finding.changes) - SHOWN_CHANGES} more differences", style="dim"))
    return lines


def _summary(report: Report) -> Text:
    counts = {o: report.count(o) for o in ("failed", "not run", "not applicable")}
    parts = [f"{report.count('passed')} passed", *(f"{n} {o}" for o, n in counts.items() if n)]
    if report.warnings:
        parts.append(f"{len(report.warnings)} warning{'s' if len(report.warnings) > 1 else ''}")
    text = Text()
    if report.stopped:
        text.append(f"{report.stopped}\n", style="bold red")
    for note in report.notes:
        text.append(f"{note}\n", style="dim")
    text.append(*(("PASS", "bold green") if report.ok else ("FAIL", "bold red")))
    text.append(f"  {report.target}: {', '.join(parts)}")
    text.append(f"\n      contract coverage {_percent(report.coverage)}: {len(report.results)} of")
    text.append(f" {report.total_cases} cases selected, {report.seconds:.1f} s")
    text.append(f"  (seed {report.seed})", style="dim")
    return text


def _percent(share: float) -> str:
    """A share in per cent; 100 % only when nothing is missing."""
    return "100 %" if share >= 1 else f"{min(99.9, share * 100):.1f} %"
