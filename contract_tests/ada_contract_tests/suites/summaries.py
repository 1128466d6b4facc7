"""Fuzzed events and sequences in words: how they differ from ordinary ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.contract.paths import json_type
from ada_schemas.shown import shown_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.suites.edits import Edit, FuzzedSequence, Step

__all__ = ["event_summary", "sequence_summary", "told"]

MOST_FACTS = 12
"""Changes of an event that are told one by one."""

FEW = 2
"""Deliveries of a sequence that a summary tells one by one."""


def event_summary(edits: Sequence[Edit]) -> str:
    """What distinguishes an event from an ordinary one."""
    return _facts(edits) or "an ordinary event"


def _facts(edits: Sequence[Edit]) -> str:
    facts = [f"{edit.place.removeprefix('data.')} {_fact(edit)}" for edit in edits[:MOST_FACTS]]
    more = len(edits) - MOST_FACTS
    return ", ".join([*facts, *([f"{more} more"] if more > 0 else [])])


def _fact(edit: Edit) -> str:
    if edit.op == "remove":
        return "is absent"
    if edit.op == "id":
        return f"has the form {edit.value}"
    text = shown_json(edit.value)
    if json_type(edit.value) == "string" and len(edit.value) > 60:
        return f"has {len(edit.value):,} characters"
    return f"is {text if len(text) <= 80 else f'{text[:77]}...'}"


def _said(step: Step) -> str:
    talk, person = (f" {'ABCDEFGH'[number % 8]}" for number in (step.talk, step.person))
    about = {"conversation": f" of conversation{talk}", "end_user": f" of end user{person}"}
    whose = next((whose for name, whose in about.items() if step.event.startswith(name)), f" of course{talk}")
    which = f" {step.ordinal + 1}" if step.ordinal else ""
    facts = f" ({_facts(step.edits)})" if step.edits else ""
    late = ", late" if step.late else ""
    return f"{step.event}{which}{whose}{facts}{late}{', again' if step.again else ''}"


def told(fuzzed: FuzzedSequence) -> list[str]:
    """The deliveries of a sequence, a line each."""
    return [f"{n}. {_said(step)}" for n, step in enumerate(fuzzed.steps, 1)]


def sequence_summary(fuzzed: FuzzedSequence) -> str:
    """The deliveries of a sequence in one line: of a long one how many there are, and the last."""
    lines = told(fuzzed)
    if len(lines) <= FEW:
        return "; ".join(lines)
    return f"{len(lines)} deliveries, the last of them: {_said(fuzzed.steps[-1])}"
