"""Recorded events held against a contract: members, values, types, nulls that it does not know, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import accepts, branch_of
from ada_schemas.contract.paths import branched, joined, json_type, within
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, Shape, Union
from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json
from ada_schemas.shown import shown, shown_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ada_schemas.contract.contract import Contract

__all__ = ["KINDS", "Observation", "Observed", "observe"]

KINDS = {
    "event": "event type that is not documented",
    "member": "member that is not documented",
    "value": "value that is not among the documented ones",
    "branch": "kind of object that is not documented",
    "type": "type that is not documented",
    "null": "null where none is documented",
    "absent": "absent though documented as required",
}
EXAMPLES = 3
WRAPPINGS = ("payload", "body", "event")
"""Members under which a recording may hold the event, as an object or as JSON text."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing that the documentation does not know.

    ``count`` is the number of events that show it, out of ``seen`` of that type; ``detail`` is the value or
    the type; ``examples`` are up to three different values as JSON text, at most 80 characters each.
    """

    kind: str
    event: str
    path: str
    detail: str
    count: int
    seen: int
    examples: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("event", "path", "detail"):
            object.__setattr__(self, name, shown(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Observation:
    """The findings in ``events`` events; ``unread`` names the lines that hold none, with the reason."""

    events: int
    observed: tuple[Observed, ...]
    unread: tuple[str, ...] = field(default=())


_Finding = tuple[str, str, str, Any]
"""kind, path, detail, value"""


def observe(lines: Iterable[tuple[str, bytes]], contract: Contract, *, name: str) -> Observation:
    """Hold recorded events, one JSON object a line, against a contract; each line comes with its place.

    A line is an event, or a record that holds one as ``payload``, ``body`` or ``event``. Lines that hold none
    are named in the result. Raises DocumentError when none does.
    """
    known = {event.type: event.payload for event in contract.events}
    seen: Counter[str] = Counter()
    counts: Counter[tuple[str, str, str, str]] = Counter()
    examples: dict[tuple[str, str, str, str], list[str]] = {}
    unread = []
    for place, line in lines:
        if not line.strip():
            continue
        try:
            payload = _event_in(read_json(line, name=place))
        except DocumentError as error:
            unread.append(error.what)
            continue
        if payload is None:
            unread.append(f"{place} holds no event: no object with a `type`.")
            continue
        kind = payload["type"]
        seen[kind] += 1
        found = (
            list(_differences(known[kind], payload, "")) if kind in known else [("event", "", kind, payload)]
        )
        counts.update({(what, kind, path, detail) for what, path, detail, _ in found})
        for what, path, detail, value in found:
            shown = examples.setdefault((what, kind, path, detail), [])
            text = _text(value)
            if what != "absent" and len(shown) < EXAMPLES and text not in shown:
                shown.append(text)
    if not seen:
        raise DocumentError(
            f"{name} holds no event.",
            next_step="\n".join(unread[:3]) or "It should hold one a line, as JSON.",
        )
    order = list(KINDS)
    observed = [
        Observed(what, event, path, detail, count, seen[event], tuple(examples[what, event, path, detail]))
        for (what, event, path, detail), count in counts.items()
    ]
    observed.sort(key=lambda o: (o.event, order.index(o.kind), o.path, o.detail))
    return Observation(sum(seen.values()), tuple(observed), tuple(unread))


def _event_in(value: Any) -> dict[str, Any] | None:
    """The event that a line holds, itself or within a record."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("type"), str) and not any(
        isinstance(value.get(n), dict | str) for n in WRAPPINGS
    ):
        return value
    for wrapping in WRAPPINGS:
        inner = value.get(wrapping)
        if isinstance(inner, str):
            try:
                inner = read_json(inner, name=wrapping)
            except DocumentError:
                continue
        if isinstance(inner, dict) and isinstance(inner.get("type"), str):
            return inner
    return value if isinstance(value.get("type"), str) else None


def _differences(shape: Shape, value: Any, path: str) -> Iterator[_Finding]:
    if value is None:
        if not shape.nullable and not isinstance(shape, Anything):
            yield "null", path, "null", value
        return
    match shape:
        case Scalar():
            yield from _scalar(shape, value, path)
        case Object() if isinstance(value, dict):
            yield from _object(shape, value, path)
        case Mapping() if isinstance(value, dict):
            for inner in value.values():
                yield from _differences(shape.values, inner, within(path))
        case Array() if isinstance(value, list):
            for inner in value[len(shape.first) :]:
                yield from _differences(shape.items, inner, within(path))
        case Union() if isinstance(value, dict) or not shape.discriminator:
            yield from _union(shape, value, path)
        case Anything():
            return
        case _:
            yield "type", path, json_type(value), value


def _object(shape: Object, value: dict[str, Any], path: str) -> Iterator[_Finding]:
    for member in shape.members:
        place = joined(path, member.name)
        if member.name in value:
            yield from _differences(member.shape, value[member.name], place)
        elif member.required:
            yield "absent", place, "absent", None
    known = {*shape.others, *(member.name for member in shape.members)}
    for name, inner in value.items():
        if name not in known and (shape.extra is None or not accepts(shape.extra, inner)):
            yield "member", joined(path, name), json_type(inner), inner


def _union(shape: Union, value: Any, path: str) -> Iterator[_Finding]:
    branch = branch_of(shape, value)
    if branch is not None:
        yield from _differences(branch.shape, value, branched(path, branch.tag))
    elif shape.discriminator:
        yield "branch", path, str(value.get(shape.discriminator)), value
    else:
        yield "type", path, json_type(value), value


def _scalar(shape: Scalar, value: Any, path: str) -> Iterator[_Finding]:
    kind = json_type(value)
    whole = kind == "number" and float(value).is_integer()
    fits = kind in shape.types or (kind == "integer" and "number" in shape.types)
    if not fits and not (whole and "integer" in shape.types):
        yield "type", path, kind, value
    elif shape.enum and value not in shape.enum:
        yield "value", path, _text(value), value


def _text(value: Any) -> str:
    text = shown_json(value)
    return text if len(text) <= 80 else text[:77] + "..."
