"""The examples of a document, as far as they are what its schemas allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import accepts
from ada_schemas.contract.paths import ABSENT, get, put
from ada_schemas.errors import some_of

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event

__all__ = ["with_valid_examples"]


def with_valid_examples(events: tuple[Event, ...], *, name: str) -> tuple[tuple[Event, ...], list[str]]:
    """The events with the examples that their open schemas take, and a warning about the others.

    One that leaves the event type out is given it.
    """
    kept, of_some = [], set()
    for event in events:
        examples = []
        for each in event.examples:
            value = _with_type(event, each.value)
            if _is_valid(event, value):
                of_some.add(id(each))
                examples.append(replace(each, value=value))
        kept.append(replace(event, examples=tuple(examples)))
    wrong = {e.operation: None for e in events if any(id(each) not in of_some for each in e.examples)}
    if not wrong:
        return tuple(kept), []
    said = some_of(
        list(wrong), "webhook {} has an example that its", "the webhooks {} have examples that their"
    )
    schema = "schema does" if len(wrong) == 1 else "schemas do"
    return tuple(kept), [f"{name}: {said} {schema} not allow; left out."]


def _with_type(event: Event, value: dict[str, Any]) -> dict[str, Any]:
    path = event.type_path
    if not path or get(value, path) is not ABSENT:
        return value
    made: dict[str, Any] = put(value, path, event.type)
    return made


def _is_valid(event: Event, value: Any) -> bool:
    return accepts(event.payload, value) and (
        not event.type_path or get(value, event.type_path) == event.type
    )
