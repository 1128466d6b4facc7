"""A payload as a tree of lines, each with what the contract says about its member."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import branch_of
from ada_schemas.contract.paths import json_type
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, Union
from ada_schemas.errors import either
from ada_schemas.jsonschema_errors import kinds
from ada_schemas.shown import shown_json, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_mockserver.mock.console.payload_review import Review
    from ada_schemas.contract.shapes import Shape

__all__ = ["Line", "Missing", "payload_lines"]

MOST_LINES = 1_500
DEEPEST = 24
"""Levels that are lines of their own; what is deeper stands on one line."""
OPENING = 320
"""Characters of a long value that stand on its line; the rest can be opened."""
LONGEST = 200_000
"""Characters of a value that are on the page at most."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Missing:
    """A required member that is not there, with what the contract says about it."""

    name: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A value: that of the member ``name`` (as JSON writes it, "" in a list), or the payload itself.

    ``place`` is its payload path; ``kind`` is ``object``, ``array``, ``string``, ``number``, ``literal``, or
    ``left`` for the members that are left out. ``text`` is a value of one line as JSON, ``more`` the rest of
    one that is long; an object or a list has lines in ``inner``. ``about`` is what the contract says, in
    sentences; ``undocumented`` marks a member that it does not name; ``problems`` and ``notes`` are those of
    the `Review` that are about this place.
    """

    name: str
    place: str
    kind: str = ""
    text: str = ""
    more: str = ""
    inner: tuple[Line, ...] = ()
    about: tuple[str, ...] = ()
    undocumented: bool = False
    missing: tuple[Missing, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def payload_lines(reviewed: Review) -> Line:
    """The tree of a payload that was read."""
    shape = reviewed.event.payload if reviewed.event else None
    return _Reader(reviewed).line("", "", reviewed.payload, shape, ())


class _Reader:
    def __init__(self, reviewed: Review) -> None:
        self._left = MOST_LINES
        self._problems, self._notes = _by_place(reviewed.problems), _by_place(reviewed.notes)

    def line(
        self,
        name: str,
        place: str,
        value: Any,
        shape: Shape | None,
        about: tuple[str, ...],
        *,
        depth: int = 0,
        undocumented: bool = False,
    ) -> Line:
        self._left -= 1
        found = Line(
            name,
            place,
            about=about,
            undocumented=undocumented,
            missing=tuple(_missing(value, shape)) if isinstance(value, dict) else (),
            problems=tuple(self._problems.get(place, ())),
            notes=tuple(self._notes.get(place, ())),
        )
        if isinstance(value, dict | list) and value and depth < DEEPEST:
            kind = "object" if isinstance(value, dict) else "array"
            text = f"{len(value):,} {'members' if kind == 'object' else 'entries'}"
            inner = tuple(self._inner(place, value, shape, depth + 1))
            return replace(found, kind=kind, text=text, inner=inner)
        kind = {"string": "string", "integer": "number", "number": "number"}.get(json_type(value), "literal")
        text = shown_json(value)
        head, more = (text, "") if len(text) <= 2 * OPENING else (text[:OPENING], text[OPENING:LONGEST])
        return replace(found, kind=kind, text=head, more=more)

    def _inner(self, place: str, value: Any, shape: Shape | None, depth: int) -> Iterator[Line]:
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        known = _members(shape, value) if isinstance(value, dict) else None
        for index, (key, each) in enumerate(entries):
            if self._left <= 0:
                yield Line("", place, "left", f"{len(value) - index:,} more")
                return
            where = spelled(f"{place}.{key}" if place else str(key)[:LONGEST_NAME])
            name, of, undocumented = "", _entry(shape), False
            about: tuple[str, ...] = ()
            if isinstance(value, dict):
                name = shown_json(str(key)[:LONGEST_NAME])
                member = known.member(key) if known else None
                of = member.shape if member else of
                about = _about(member.shape, required=member.required) if member else ()
                undocumented = known is not None and member is None
            yield self.line(name, where, each, of, about, depth=depth, undocumented=undocumented)


def _by_place(violations: Any) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in violations:
        found[each.path].append(f"expected {each.expected}, got {each.got}")
    return found


def _members(shape: Shape | None, value: dict[str, Any]) -> Object | None:
    """The documented members of an object, None where it may have any: those of the branch that it is."""
    match shape:
        case Object():
            return shape
        case Union():
            branch = branch_of(shape, value)
            return branch.shape if branch and isinstance(branch.shape, Object) else None
    return None


def _entry(shape: Shape | None) -> Shape | None:
    match shape:
        case Array():
            return shape.items
        case Mapping():
            return shape.values
    return None


def _missing(value: dict[str, Any], shape: Shape | None) -> Iterator[Missing]:
    known = _members(shape, value)
    for member in known.members if known else ():
        if member.required and member.name not in value:
            yield Missing(shown_json(member.name), _about(member.shape, required=True))


def _about(shape: Shape, *, required: bool) -> tuple[str, ...]:
    """The contract's words about a member, in sentences: its description, then what it may be."""
    words = _kind(shape) + (", or null" if shape.nullable else "")
    facts = f"{words[:1].upper()}{words[1:]}; {'always there' if required else 'may be absent'}."
    return (shape.description, facts) if shape.description else (facts,)


def _kind(shape: Shape) -> str:
    match shape:
        case Scalar(enum=(only,)):
            return f"always {only}"
        case Scalar(enum=enum) if enum:
            return f"one of {', '.join(map(str, enum))}"
        case Scalar():
            form = f" in the format {shape.format}" if shape.format else ""
            length = f" of at most {shape.max_length} characters" if shape.max_length else ""
            such = f", such as {', '.join(shape.known_values)}" if shape.known_values else ""
            return kinds(list(shape.types)) + form + length + such
        case Array():
            return "a list"
        case Mapping():
            return "an object with free members"
        case Union():
            kind = "an object of type" if shape.discriminator else "one of several kinds:"
            return f"{kind} {either([branch.tag for branch in shape.branches])}"
        case Anything():
            return "any value"
    return "an object"
