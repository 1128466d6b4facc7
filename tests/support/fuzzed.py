"""Fuzzed events and sequences, in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.suites.edits import Edit, FuzzedEvent, FuzzedSequence

if TYPE_CHECKING:
    from ada_contract_tests.suites.edits import Step

__all__ = ["CREATED", "ENDED", "MESSAGE", "body", "message", "sequence"]

CREATED, MESSAGE, ENDED = "conversation.created", "conversation.message", "conversation.ended"


def body(text: str) -> Edit:
    """Another text of a message."""
    return Edit(("data", "content", "body"), "put", text)


def message(*edits: Edit) -> FuzzedEvent:
    """A message with edits, within the contract."""
    return FuzzedEvent(MESSAGE, "documented", edits)


def sequence(*steps: Step) -> FuzzedSequence:
    """A sequence of deliveries."""
    return FuzzedSequence(steps)
