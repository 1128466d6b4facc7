"""The order of steps that Ada keeps to: who can speak when, and how a conversation goes on and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ada_mockserver.events.written.steps import WrittenStep

__all__ = ["out_of_order"]

_AFTER_THE_END = {"survey", "wait", "event", "profile"}


def out_of_order(steps: Iterable[WrittenStep]) -> Iterator[tuple[WrittenStep, str]]:
    """Each step that Ada would not send where it stands, with the reason and what to change."""
    handoff: WrittenStep | None = None
    ended: WrittenStep | None = None
    human = False
    for step in steps:
        for _ in range(min(step.repeat, 2)):
            wrong = _wrong(step, handoff, ended, human=human)
            if wrong:
                yield step, wrong
            match step.kind:
                case "handoff":
                    handoff, human = step, True
                case "end_handoff":
                    handoff = None
                case "end":
                    handoff, ended = None, step
            if wrong:
                break


def _wrong(step: WrittenStep, handoff: WrittenStep | None, ended: WrittenStep | None, *, human: bool) -> str:
    kind = step.kind
    if ended is not None and kind not in _AFTER_THE_END:
        return f"comes after step {ended.number} ended the conversation. Put it before that step."
    if handoff is not None and kind in ("ai_agent", "survey"):
        other = "let human_agent say it" if kind == "ai_agent" else "put it after the end"
        return (
            f"is a message of the AI Agent during the handoff that step {handoff.number} began. "
            f"Put `- end_handoff:` before it, or {other}."
        )
    if handoff is not None and kind in ("handoff", "end"):
        return f"comes during the handoff that step {handoff.number} began. Put `- end_handoff:` before it."
    if handoff is None and kind in ("human_agent", "end_handoff"):
        again = " any more" if human else ""
        return f"needs a handoff, and there is none{again}. Put `- handoff: zendesk_chat` before it."
    if kind == "end" and step.action.by == "human_agent" and not human:  # type: ignore[union-attr]  # a Close
        return "is by a human agent, who was never there. Put a handoff before it, or let end_user end it."
    return ""
