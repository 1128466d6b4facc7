"""The examples of a document, as far as they are what its schemas allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import accepts
from ada_schemas.contract.paths import get
from ada_schemas.errors import some_of

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event

__all__ = ["with_valid_examples"]


def with_valid_examples(events: tuple[Event, ...], *, name: str) -> tuple[tuple[Event, ...], list[str]]:
    """The events with the examples that their open schemas take, and a warning about the others."""
    kept = tuple(
        replace(event, examples=tuple(each for each in event.examples if _is_valid(event, each.value)))
        for event in events
    )
    of_some = {id(each) for event in kept for each in event.examples}
    wrong = {e.operation: None for e in events if any(id(each) not in of_some for each in e.examples)}
    if not wrong:
        return kept, []
    said = some_of(
        list(wrong), "webhook {} has an example that its", "the webhooks {} have examples that their"
    )
    schema = "schema does" if len(wrong) == 1 else "schemas do"
    return kept, [f"{name}: {said} {schema} not allow; left out."]


def _is_valid(event: Event, value: Any) -> bool:
    return accepts(event.payload, value) and (
        not event.type_path or get(value, event.type_path) == event.type
    )
