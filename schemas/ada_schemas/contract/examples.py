"""The examples of a document, as far as they are what its schemas allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_schemas.contract.fitting import accepts
from ada_schemas.errors import some_of

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event

__all__ = ["with_valid_examples"]


def with_valid_examples(events: tuple[Event, ...], *, name: str) -> tuple[tuple[Event, ...], list[str]]:
    """The events with the examples that their open schemas take, and a warning about the others."""
    kept = tuple(
        replace(event, examples=tuple(each for each in event.examples if accepts(event.payload, each.value)))
        for event in events
    )
    wrong = [one.operation for one, other in zip(events, kept, strict=True) if one.examples != other.examples]
    if not wrong:
        return events, []
    said = some_of(wrong, "webhook {} has an example that its", "the webhooks {} have examples that their")
    schema = "schema does" if len(wrong) == 1 else "schemas do"
    return kept, [f"{name}: {said} {schema} not allow; left out."]
