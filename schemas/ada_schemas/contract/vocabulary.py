"""The vocabulary of an event: the words by which a member tells one payload of it from another.

A word is a value that the documentation names (of an enum, of a boolean, the type of a union's branch), or a
state: ``null``, ``absent``, ``not-null``, ``empty`` (a blank text, a list or a map of nothing).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.paths import ABSENT, branches_along, get, joined, through_entries
from ada_schemas.contract.shapes import Array, Mapping, Object, Scalar, Union, payload_path, walk

if TYPE_CHECKING:
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape

__all__ = ["EMPTY", "MISSING", "NOT_NULL", "NULL", "Vocabulary", "vocabulary"]

NULL, MISSING, NOT_NULL, EMPTY = "null", "absent", "not-null", "empty"
TEXTS = ("message", "text")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of an event's members, by payload path, in documented order: values, and states."""

    values: dict[str, tuple[str, ...]]
    states: dict[str, tuple[str, ...]]

    def words(self, path: str) -> tuple[str, ...]:
        """The words of the member at a path, none for one that is not in the contract or never differs."""
        return (*self.values.get(path, ()), *self.states.get(path, ()))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of members that have words."""
        return tuple(dict.fromkeys((*self.states, *self.values)))

    def said_by(self, payload: Any, path: str) -> frozenset[str]:
        """The words that hold of the member at a path of a payload."""
        value = get(payload, path)
        if value is None or value is ABSENT:
            return frozenset({NULL if value is None else MISSING})
        said = {NOT_NULL}
        if value in ({}, []) or (isinstance(value, str) and not value.strip()):
            said.add(EMPTY)
        elif (word := _word(value)) in self.values.get(path, ()):
            said.add(word)
        return frozenset(said)

    def lacks(self, payload: Any, path: str) -> bool:
        """True if a payload is without the member at a path, which has documented values: it says none."""
        return path in self.values and get(payload, path) is ABSENT


@lru_cache(maxsize=32)
def vocabulary(contract: Contract, name: str) -> Vocabulary:
    """The vocabulary of an event of a contract; its own type, which is always the same, is left out.

    Raises UsageError for a name that is not an event of the contract.
    """
    values: dict[str, dict[str, None]] = {}
    states: dict[str, dict[str, None]] = {}

    def note(path: str, shape: Shape, *, optional: bool) -> None:
        place = payload_path(path)
        if isinstance(shape, Scalar):
            of_type = ("true", "false") if shape.types == ("boolean",) else ()
            values.setdefault(place, {}).update(
                dict.fromkeys(map(_word, shape.enum or shape.known_values or of_type))
            )
        if isinstance(shape, Union) and shape.discriminator:
            tags = values.setdefault(joined(place, shape.discriminator), {})
            tags.update(dict.fromkeys(branch.tag for branch in shape.branches))
        if optional or shape.nullable:
            missing = {MISSING: None} if optional else {}
            states.setdefault(place, {}).update({NULL: None, **missing, NOT_NULL: None})
        if _may_be_empty(shape):
            states.setdefault(place, {})[EMPTY] = None

    event = contract.event(name)
    for path, shape in walk(event.payload):
        if isinstance(shape, Object) and not through_entries(path):
            in_branch = any(branches_along(path))
            for member in shape.members:
                if joined(path, member.name) != event.type_path:
                    note(joined(path, member.name), member.shape, optional=in_branch or not member.required)
    return Vocabulary(
        {path: tuple(words) for path, words in values.items() if words},
        {path: tuple(words) for path, words in states.items()},
    )


def _may_be_empty(shape: Shape) -> bool:
    match shape:
        case Scalar():
            return shape.may_be_empty or (shape.holds in TEXTS and not shape.enum)
        case Mapping(min_entries=0) | Array(min_items=0):
            return True
    return False


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
