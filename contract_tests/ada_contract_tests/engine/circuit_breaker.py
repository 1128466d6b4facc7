"""What an endpoint that gives no answer is silent about: cases that stay unanswered together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.suites.registry import Case

__all__ = ["NO_CONNECTION", "Group", "group_of", "interleaved"]

NO_CONNECTION = ("refused", "dns", "tls")

Group = tuple[str, str]
"""What stays silent together: the kind of silence and its subject, "" for everything."""


def group_of(kind: str, case: Case) -> Group:
    """What a case that got no answer is silent together with."""
    return kind, "" if kind in NO_CONNECTION else _subject(case)


def interleaved(cases: Sequence[Case]) -> list[Case]:
    """The first case of every subject, then the second of each, ...: silence on one holds few up."""
    position: Counter[str] = Counter()
    turns = []
    for case in cases:
        position[_subject(case)] += 1
        turns.append((position[_subject(case)], case))
    return [case for _, case in sorted(turns, key=lambda turn: turn[0])]


def _subject(case: Case) -> str:
    if case.rule.startswith("ADA5"):
        return f"hostile input in place of {case.event}"
    return f"forged {case.event}" if case.forgery is not None else case.event
