"""Applies corrections.yaml: where the published document is wrong, silent or too loose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.paths import ABSENT, get, put
from ada_schemas.contract.shapes import (
    Anything,
    Event,
    Example,
    Mapping,
    Object,
    Scalar,
    Shape,
    Union,
    payload_path,
    rewrite,
    walk,
)
from ada_schemas.contract.unions import told_by
from ada_schemas.errors import DocumentError, some_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Correction", "apply_corrections", "read_corrections"]

FIELDS: dict[str, tuple[type, str, Callable[[Any], Any] | None]] = {
    "event": (Scalar, "enum", lambda name: (name,)),
    "identity": (object, "identity", bool),
    "values": (Scalar, "types", tuple),
    "sends": (Anything, "sends", tuple),
    "format": (Scalar, "format", None),
    "known_values": (Scalar, "known_values", tuple),
    "may_be_empty": (Scalar, "may_be_empty", None),
    "max_length": (Scalar, "max_length", None),
    "max_bytes": (Mapping, "max_bytes", int),
    "holds": (Scalar, "holds", None),
}
"""The actions that set a field of a kind of shape, some to what is made of the value in the file."""
ACTIONS = (*FIELDS, "discriminator", "require", "example")
HOLDINGS = ("id", "time", "message", "text", "language", "domain", "ip", "email", "mime", "url")


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry of corrections.yaml.

    ``operation`` is a webhook's key or ``*``, ``path`` a shape path, ``actions`` what to change.
    """

    operation: str
    path: str
    actions: dict[str, Any]
    reason: str
    source: str

    @property
    def key(self) -> str:
        """The key under which it stands in the file."""
        return f"{self.operation}#{self.path}"

    def concerns(self, event: Event) -> bool:
        """True if it speaks of this event's document."""
        return self.operation in ("*", event.operation, event.webhook)


def read_corrections(document: Any, *, name: str) -> tuple[Correction, ...]:
    """Read the parsed file; raises DocumentError for an entry without reason or with an unknown action."""
    corrections = []
    for key, entry in document.items():
        operation, _, path = key.partition("#")
        actions = {k: v for k, v in entry.items() if k not in ("reason", "source")}
        unknown = set(actions) - set(ACTIONS)
        if unknown or not actions:
            found = ", ".join(sorted(unknown)) or "none"
            raise DocumentError(f"{name}: {key} has no such action: {found}.")
        if actions.get("holds", "id") not in HOLDINGS:
            raise DocumentError(f"{name}: {key} holds one of {', '.join(HOLDINGS)}.")
        if not entry.get("reason") or not entry.get("source"):
            raise DocumentError(f"{name}: {key} needs a reason and a source.")
        corrections.append(Correction(operation, path, actions, entry["reason"], entry["source"]))
    return tuple(corrections)


def apply_corrections(
    published: tuple[Event, ...], corrections: tuple[Correction, ...], *, name: str
) -> tuple[tuple[Event, ...], list[str]]:
    """The published events, corrected, and warnings of corrections whose place is not in this document."""
    events = []
    used: set[str] = set()
    for event in published:
        concerning = [c for c in corrections if c.concerns(event)]
        places = {path for path, _ in walk(event.payload)} if concerning else set()
        applied = [c for c in concerning if c.path in places]
        used.update(c.key for c in applied)
        events.append(_correct(event, applied) if applied else event)
    unfit = [c.key for c in corrections if c.key not in used]
    if not unfit:
        return tuple(events), []
    fit = some_of(unfit, "the correction {} fits", "the corrections {} fit")
    return tuple(events), [f"{name}: {fit} nothing."]


def _correct(event: Event, corrections: list[Correction]) -> Event:
    def change(path: str, shape: Shape) -> Shape:
        for correction in corrections:
            for action, value in correction.actions.items() if correction.path == path else ():
                shape = _act(shape, action, value)
        return shape

    payload = rewrite(event.payload, change)
    assert isinstance(payload, Object)  # noqa: S101 - no action changes an object's kind
    examples = tuple(_correct_example(e, corrections) for e in event.examples)
    return replace(event, payload=payload, examples=examples)


def _correct_example(example: Example, corrections: list[Correction]) -> Example:
    for correction in corrections:
        path = payload_path(correction.path)
        if "example" in correction.actions and get(example.value, path) is not ABSENT:
            example = replace(example, value=put(example.value, path, correction.actions["example"]))
    return example


def _act(shape: Shape, action: str, value: Any) -> Shape:
    if action == "require" and isinstance(shape, Object):
        required = (replace(m, required=m.required or m.name in value) for m in shape.members)
        return replace(shape, members=tuple(required))
    if action == "discriminator" and isinstance(shape, Union):
        return told_by(shape, str(value))
    kind, field, made_of = FIELDS.get(action, (None, "", None))
    if kind is None or not isinstance(shape, kind):
        return shape
    return replace(shape, **{field: made_of(value) if made_of else value})
