"""Applies corrections.yaml: where the published document is wrong, silent or too loose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ada_schemas.contract.shapes import (
    Anything,
    Event,
    Example,
    Mapping,
    Member,
    Object,
    Scalar,
    Shape,
    Union,
    payload_path,
    rewrite,
    walk,
)
from ada_schemas.errors import DocumentError

__all__ = ["Correction", "apply_corrections", "read_corrections"]

ACTIONS = (
    "event",
    "require",
    "identity",
    "discriminator",
    "values",
    "sends",
    "format",
    "known_values",
    "may_be_empty",
    "max_length",
    "max_bytes",
    "example",
    "holds",
)
HOLDINGS = ("id", "time", "message", "text", "language", "domain", "ip", "email", "mime")


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
        return self.operation in ("*", event.operation)


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
    """The published events, corrected, and warnings.

    An event whose type neither the document nor a correction names is left out; a correction whose place
    does not exist in this document has no effect. Both are warned of.
    """
    events, warnings = [], []
    used: set[str] = set()
    for event in published:
        concerning = [c for c in corrections if c.concerns(event)]
        places = {path for path, _ in walk(event.payload)}
        applied = [c for c in concerning if c.path in places]
        used.update(c.key for c in applied)
        corrected = _correct(event, applied)
        if corrected.type:
            events.append(corrected)
        else:
            warnings.append(
                f"{name}: webhook {event.operation} declares its `type` as a plain string and no correction"
                " names the event type; left out."
            )
    warnings += [f"{name}: the correction {c.key} fits nothing." for c in corrections if c.key not in used]
    return tuple(events), warnings


def _correct(event: Event, corrections: list[Correction]) -> Event:
    by_path: dict[str, list[Correction]] = {}
    for correction in corrections:
        by_path.setdefault(correction.path, []).append(correction)

    def change(path: str, shape: Shape) -> Shape:
        for correction in by_path.get(path, ()):
            for action, value in correction.actions.items():
                shape = _act(shape, action, value)
        return shape

    payload = rewrite(event.payload, change)
    assert isinstance(payload, Object)  # noqa: S101 - no action changes an object's kind
    declared = payload.member("type")
    enum = declared.shape.enum if declared and isinstance(declared.shape, Scalar) else ()
    event_type = str(enum[0]) if len(enum) == 1 else ""
    examples = tuple(_correct_example(e, corrections) for e in event.examples)
    return replace(event, type=event_type, payload=payload, examples=examples)


def _correct_example(example: Example, corrections: list[Correction]) -> Example:
    for correction in corrections:
        if "example" in correction.actions:
            value = _replaced(example.value, payload_path(correction.path), correction.actions["example"])
            example = replace(example, value=value)
    return example


def _replaced(node: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    if head not in node:
        return node
    inner = _replaced(node[head], rest, value) if rest else value
    return {**node, head: inner}


def _act(shape: Shape, action: str, value: Any) -> Shape:
    match action, shape:
        case "event", Scalar():
            return replace(shape, enum=(value,))
        case "require", Object():
            return replace(shape, members=tuple(_required(m, value) for m in shape.members))
        case "identity", _:
            return replace(shape, identity=bool(value))
        case "discriminator", Union():
            return replace(shape, discriminator=str(value))
        case "values", Scalar():
            return replace(shape, types=tuple(value))
        case "sends", Anything():
            return replace(shape, sends=tuple(value))
        case "max_bytes", Mapping():
            return replace(shape, max_bytes=int(value))
        case (("format" | "max_length" | "may_be_empty" | "holds"), Scalar()):
            return replace(shape, **{action: value})
        case "known_values", Scalar():
            return replace(shape, known_values=tuple(value))
    return shape


def _required(member: Member, names: list[str]) -> Member:
    return replace(member, required=member.required or member.name in names)
