"""A finding as plain text, for the failure section of a test report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ada_contract_tests.rules import RULES

if TYPE_CHECKING:
    from ada_contract_tests.findings import Finding

__all__ = ["finding_text", "traceback_lines"]

MOST_CHANGES = 8
MOST_TRACEBACK = 14


def finding_text(finding: Finding, *, repeat: str = "") -> str:
    """The finding in at most about 40 lines; ``repeat`` is a further line to reproduce it."""
    rule = RULES[finding.rule]
    cause = f" ({finding.cause})" if finding.traceback and finding.cause not in finding.got else ""
    headline = f"{finding.summary}: expected {finding.expected}, got {finding.got}{cause}"
    rows: list[tuple[str, str]] = [("rule", f"{finding.rule} {rule.title}")]
    if finding.excerpt:
        rows.append(("answer", finding.excerpt))
    rows += [("payload" if n == 0 else "", line) for n, line in enumerate(_changes(finding))]
    trace = traceback_lines(finding.traceback, MOST_TRACEBACK)
    rows += [("traceback" if n == 0 else "", line) for n, line in enumerate(trace)]
    rows.append(("fix", finding.hint or rule.fix))
    again = [repeat] if repeat else []
    rows += [("repeat" if n == 0 else "or", line) for n, line in enumerate([*again, *finding.reproduce])]
    return "\n".join([headline, *(f"  {label:<10} {text}".rstrip() for label, text in rows)])


def traceback_lines(traceback: str, most: int) -> list[str]:
    """A traceback in at most ``most`` lines: what the user wrote, and the frame that raised.

    Paths are relative to here; frames of installed packages above the last one are left out.
    """
    here = f"{Path.cwd()}/"
    lines = [
        line.replace(here, "")
        for line in traceback.strip().splitlines()
        if line.strip() and not re.fullmatch(r"[\s~^]+", line)
    ]
    frames = [n for n, line in enumerate(lines) if re.match(r'\s+File "', line)]
    if not frames:
        return lines[-most:]
    kept, last = [], frames[-1]
    for begin, end in zip(frames, [*frames[1:], len(lines)], strict=True):
        if begin == last or not re.search(r"site-packages|[/\\]lib[/\\]python3", lines[begin]):
            kept += lines[begin:end]
    if len(kept) > most - 1:
        start = next(n for n, line in enumerate(kept) if n >= len(kept) - most + 1 and "File " in line)
        kept = kept[start:]
    return ["...", *kept] if len(kept) < len(lines) - 1 else lines


def _changes(finding: Finding) -> list[str]:
    lines = []
    for path, before, after in finding.changes[:MOST_CHANGES]:
        if after == "-":
            lines.append(f"- {path}   (was {before})")
        elif before == "-":
            lines.append(f"+ {path}: {after}")
        else:
            lines.append(f"~ {path}: {after}   (was {before})")
    left = len(finding.changes) - MOST_CHANGES
    return [*lines, f"and {left} more differences"] if left > 0 else lines
