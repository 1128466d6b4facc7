"""A finding as plain text, for the failure section of a test report: it fits on a screen of 80 by 24."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from ada_contract_tests.advice import advice_of
from ada_contract_tests.reports.wording import clipped, many
from ada_contract_tests.rules import RULES, rules_of
from ada_contract_tests.tracebacks import members_named, traceback_lines
from ada_schemas.contract.contract import ada_profile
from ada_schemas.contract.paths import apart, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ada_contract_tests.findings import Finding
    from ada_schemas.contract.profile import Profile

__all__ = ["finding_text", "without_traceback"]

WIDTH = 80
HEIGHT = 22
"""Lines of a screen of 24 that a finding may take: the test report adds a title, and a prompt follows."""

ROOM = WIDTH - 13
"""Columns that the text of a row has, behind its label."""

LEAST_TRACEBACK = 5
"""Lines of the traceback that a long list of changes leaves: the last frames, and the exception."""

MOST_TRACEBACK = 14
MOST_HEADLINE = 2 * WIDTH


def finding_text(
    finding: Finding,
    profile: Profile | None = None,
    *,
    repeat: str = "",
    simpler: str = "",
    fix: str = "",
) -> str:
    """The finding in at most 22 lines of 80 columns, unless the commands to repeat it need more.

    ``profile`` is that of the contract, Ada's if none is given. ``repeat`` is a further command that does;
    ``simpler`` is a case that failed for the same reason, whose finding has the whole traceback, and the fix.
    ``fix`` is the advice, if it is worded otherwise than usual.
    """
    profile = profile or ada_profile()
    rule = rules_of(profile)[finding.rule]
    above = [("rule", f"{finding.rule} {rule.title}")]
    if finding.excerpt:
        above.append(("answer", clipped(finding.excerpt, ROOM if finding.traceback else 3 * ROOM)))
    advice, *to_copy = (fix or advice_of(finding, profile)).split("\n")
    wrapped = [*textwrap.wrap(advice, ROOM, break_on_hyphens=False), *to_copy]
    below = [("see also", f"{simpler}: fails for the same reason")] if simpler else _labelled("fix", wrapped)
    commands = [repeat, *finding.reproduce[:1]] if repeat else finding.reproduce[:1]
    below += [("or" if n else "repeat", command) for n, command in enumerate(commands)]
    headline = _headline(finding)
    left = HEIGHT - _height([headline, *(_row(*row) for row in (*above, *below))])
    changes, trace = _fitted(finding, left, most_traceback=LEAST_TRACEBACK if simpler else MOST_TRACEBACK)
    rows = [*above, *_labelled("payload", changes), *_labelled("traceback", trace), *below]
    return "\n".join([headline, *(_row(*row) for row in rows)])


def _headline(finding: Finding) -> str:
    """The whole finding on one line, however long: it is all that pytest's short summary shows of it."""
    cause = f" ({finding.cause})" if finding.traceback and finding.cause not in finding.got else ""
    end = f": expected {finding.expected}, got {clipped(finding.got + cause, MOST_HEADLINE // 2)}"
    most = max(WIDTH // 2, MOST_HEADLINE - len(end))
    return (_facts(finding, most) if RULES[finding.rule].combines else clipped(finding.summary, most)) + end


def _facts(finding: Finding, most: int) -> str:
    """The facts of a combination that have room, and how many more there are.

    First come those about a member that the cause names, then kinds and roles, then what is missing.
    """
    named = members_named(finding.cause)

    def rank(fact: str) -> tuple[bool, bool]:
        path, _, level = fact.partition(" ")
        return named.isdisjoint(steps(path)), level in ("absent", "null", "empty")

    facts = sorted(finding.summary.split(", "), key=rank)
    for shown in range(len(facts), 0, -1):
        left = len(facts) - shown
        text = ", ".join(facts[:shown]) + (f" and {many(left, 'more fact')}" if left else "")
        if len(text) <= most:
            return text
    return clipped(finding.summary, most)


def _fitted(finding: Finding, room: int, *, most_traceback: int) -> tuple[list[str], list[str]]:
    """The changes and the traceback in ``room`` lines, which they share as each needs."""
    changes = _changes(finding, len(finding.changes))
    for most in range(most_traceback, LEAST_TRACEBACK - 1, -1):
        trace = [clipped(line, 2 * ROOM) for line in traceback_lines(finding.traceback, most)]
        over = len(changes) + _height(_row("", line) for line in trace) - room
        if over <= 0:
            break
    return _changes(finding, max(2, len(changes) - over)), trace


def _labelled(label: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    return [(label if n == 0 else "", line) for n, line in enumerate(lines)]


def _row(label: str, text: str) -> str:
    return f"  {label:<10} {text}".rstrip()


def _height(lines: Iterable[str]) -> int:
    """The lines that a terminal needs, which wraps long ones."""
    return sum(max(1, -(-len(line) // WIDTH)) for line in lines)


def without_traceback(text: str, traceback: str) -> str:
    """Captured output without a traceback that a finding shows already, which frameworks log as well."""
    raised = traceback.strip().rpartition("\n")[2]
    logged = r"(?:.*(?:Internal Server Error: |Exception on |Exception in ASGI application).*\n)?"
    block = r"Traceback \(most recent call last\):\n(?:[ \t].*\n)+?"
    return re.sub(f"^{logged}{block}{re.escape(raised)}$\\n?", "", text, flags=re.MULTILINE).strip("\n")


def _changes(finding: Finding, most: int) -> list[str]:
    """The differences to the base event, a line each; where they are too many, those that the cause names."""
    changes = finding.changes
    if len(changes) > most:
        changes = tuple(sorted(changes, key=_relevance(finding)))[: most - 1]
    lines = []
    for path, before, after in changes:
        if after == "-":
            line = f"- {path}   (was {clipped(before, max(12, ROOM - len(path) - 11))})"
        elif before == "-":
            line = f"+ {path}: {clipped(after, max(12, ROOM - len(path) - 4))}"
        else:
            value = clipped(after, max(12, ROOM - len(path) - 25))
            line = f"~ {path}: {value}   (was {clipped(before, max(8, ROOM - len(path) - len(value) - 13))})"
        lines.append(line)
    left = len(finding.changes) - len(changes)
    return [*lines, f"and {left} more differences"] if left > 0 else lines


def _relevance(finding: Finding) -> Callable[[tuple[str, str, str]], int]:
    """A sort key for changes: first the members that the cause names (KeyError: 'body'), then those beside.

    Then come the members that a combination consists of, and those that follow from these.
    """
    named = members_named(finding.cause)
    beside = {parent for parent, leaf in (apart(path) for path, _, _ in finding.changes) if leaf in named}

    facts = finding.summary.split(", ") if RULES[finding.rule].combines else []
    combined = {f"data.{fact.partition(' ')[0]}" for fact in facts}

    def rank(change: tuple[str, str, str]) -> int:
        parent, leaf = apart(change[0])
        if leaf in named:
            return 0
        if parent in beside:
            return 1
        if leaf in ("type", "role") and (parent in combined or change[0] in combined):
            return 2
        return 3 if change[0] in combined else 4 if parent in combined else 5

    return rank
