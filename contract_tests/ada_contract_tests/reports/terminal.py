"""The report on a terminal, for a person with two minutes: causes, how often each, and how to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ada_contract_tests.advice import advice_of
from ada_contract_tests.grouping import group_findings, reasons_of
from ada_contract_tests.reports.wording import counts, event_name, not_tried, percent
from ada_contract_tests.rules import rules_of
from ada_contract_tests.tracebacks import traceback_lines

if TYPE_CHECKING:
    from rich.console import Console

    from ada_contract_tests.findings import Cell, Finding, Report
    from ada_contract_tests.grouping import Group
    from ada_schemas.contract.profile import Profile

__all__ = ["print_report"]

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
        _print_group(group, number, console, report.profile)
    _print_warnings(report, console)
    console.print(_summary(report), soft_wrap=True)


def _print_warnings(report: Report, console: Console) -> None:
    """Print warnings in a line each, as they set no exit code; those with an error's cause are left out."""
    reasons = dict(zip(map(id, report.findings), reasons_of(report.findings), strict=True))
    known = {reasons[id(finding)] for finding in report.errors}
    groups = [g for g in group_findings(report.warnings) if reasons[id(g.findings[0])] not in known]
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
        if first.hint:
            _print_row(console, "fix", Text(first.hint), wrap=True)
    if len(groups) > SHOWN_WARNINGS:
        console.print(f"and {len(groups) - SHOWN_WARNINGS} more causes of warnings (--report json=FILE)")
    if groups:
        more = f"adakit check --explain {groups[0].findings[0].rule} says more."
        console.print(f"Warnings are advice and fail nothing, except with --strict. {more}", soft_wrap=True)
        console.print()


def _matrix(report: Report) -> list[Text]:
    """The matrix: a line an event, a column a family; as wide as it must be, so that no number is cut off."""
    matrix = report.matrix("family")
    rows = [[Text("event"), *(Text(family.split()[0]) for family in next(iter(matrix.values()), {}))]]
    for event, cells in matrix.items():
        name = f"({event_name(event)})" if event == "any" else event
        rows.append([Text(name), *map(_cell, cells.values())])
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for cell in rows[0]:
        cell.stylize("dim")
    for row_of_cells in rows:
        row_of_cells[0].pad_right(widths[0] - len(row_of_cells[0]))
        for cell, width in zip(row_of_cells[1:], widths[1:], strict=True):
            cell.pad_left(width - len(cell))
    return [Text("  ").join(cells) for cells in rows]


def _cell(cell: Cell) -> Text:
    match cell.verdict:
        case "failed":
            return Text(f"{cell.number}/{cell.applicable} failed", style="bold red")
        case "passed" | "warned":
            left = f"/{cell.applicable}" if cell.count("not run") else ""
            return Text(f"{cell.count('passed')}{left} ok", style="green")
        case "not run":
            return Text("not run", style="dim")
        case _:
            return Text("·", style="dim")


def _print_group(group: Group, number: int, console: Console, profile: Profile) -> None:
    first, count = group.findings[0], len(group.findings)
    cases = "1 case" if count == 1 else f"{count} cases, one cause"
    title = Text.assemble((f"{number}. error ", "bold red"), (f"{cases}: ", "bold"), (group.cause, "bold"))
    console.print(title, soft_wrap=True)
    _print_finding(first, console, profile)
    if count > 1:
        names = [f.case for f in group.findings[1 : SHOWN_CASES + 1]]
        rest = count - 1 - len(names)
        more = [*names, *([f"and {rest} more (--report json=FILE lists all)"] if rest else [])]
        for label, line in zip(("also", *[""] * SHOWN_CASES), more, strict=False):
            _print_row(console, label, Text(line))
    console.print()


def _print_finding(finding: Finding, console: Console, profile: Profile) -> None:
    """Print one finding: expectation and outcome, the payload that shows it, and how to repeat it."""
    _print_row(console, "rule", Text(f"{finding.rule} {rules_of(profile)[finding.rule].title}"))
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
    _print_row(console, "fix", Text(advice_of(finding, profile)), wrap=True)
    for n, line in enumerate(finding.reproduce):
        _print_row(console, "repeat" if n == 0 else "or", Text(line))


def _print_row(console: Console, label: str, text: Text, *, wrap: bool = False) -> None:
    """Print a labelled line; it wraps only where nobody would copy it: not what stands on further lines."""
    head = Text(f"   {label:<11}", style="dim")
    first, *further = text.split("\n")
    lines = first.wrap(console, max(20, console.width - len(head))) if wrap else [first]
    for n, line in enumerate([*lines, *further]):
        if n < len(lines):
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
    text = Text()
    if report.stopped:
        text.append(f"{report.stopped}\n", style="bold red")
    if report.untried:
        text.append(f"{not_tried(report)}\n", style="yellow")
    for note in report.notes:
        text.append(f"{note}\n", style="dim")
    text.append(*(("PASS", "bold green") if report.ok else ("FAIL", "bold red")))
    text.append(f"  {report.target}: {', '.join(counts(report))}")
    text.append(f"\n      contract coverage {percent(report.coverage)}: {len(report.results)} of")
    text.append(f" {report.total_cases} cases selected, {report.seconds:.1f} s")
    text.append(f"  (seed {report.seed})", style="dim")
    return text
