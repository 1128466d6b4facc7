"""Wording: numbers, names and escapes that every renderer writes in the same way."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ada_contract_tests.findings import OUTCOMES
from ada_schemas.shown import spelled

if TYPE_CHECKING:
    from ada_contract_tests.findings import Report

__all__ = ["clipped", "counts", "event_name", "many", "not_tried", "percent", "printable"]


def printable(text: str) -> str:
    r"""The text with control characters, lone surrogates and the like spelled out (``\x1b``), as XML asks."""
    return spelled(text.replace("\r\n", "\n"), keep="\n\t")


def clipped(text: str, most: int) -> str:
    """The text in at most that many characters, with dots in place of the rest."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def many(count: int, one: str, more: str = "") -> str:
    """A number with its noun, whose plural has an s unless it is given."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def percent(share: float) -> str:
    """A share in per cent; 100 % only when nothing is missing."""
    return "100 %" if share >= 1 else f"{min(99.9, share * 100):.1f} %"


def not_tried(report: Report) -> str:
    """How many cases there was no time for, in all and by rule, and how to give it more."""
    rules = ", ".join(f"{rule} {count}" for rule, count in report.untried.items())
    budget = f"{report.budget:g}" if report.budget is not None else "0"
    left = f"{sum(report.untried.values())} of {many(len(report.results), 'case')}"
    lines = textwrap.wrap(rules, 72, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(
        (
            f"The {budget} s of the check were up: {left} were not tried, by rule",
            *lines,
            "      Each kind of each rule comes before any comes again; --budget SECONDS gives more time.",
        )
    )


def event_name(event: str) -> str:
    """The event, or words for cases that send none of the documented ones."""
    return "no documented event" if event == "any" else event


def counts(report: Report) -> list[str]:
    """The cases of a report by outcome (``3 failed``), and its warnings; after the first none that is 0."""
    outcomes = [f"{n} {o}" for o in OUTCOMES[1:] if (n := report.count(o))]
    warnings = [many(len(report.warnings), "warning")] if report.warnings else []
    return [f"{report.count('passed')} passed", *outcomes, *warnings]
