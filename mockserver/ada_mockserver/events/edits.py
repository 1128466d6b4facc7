"""Changes to single members of a payload, as ``--set data.x=v`` and ``--unset data.x`` ask for them.

A path names members from the outside in, separated by dots; a number is an index where the value is a list.
A dot that belongs to a key is written ``\\.``.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.constraints import repair, violations
from ada_schemas.contract.paths import get, steps
from ada_schemas.contract.samples import supplier
from ada_schemas.errors import DocumentError, UsageError
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_mockserver.events.payload import Payload
    from ada_schemas.contract.contract import Contract

__all__ = [
    "Edit",
    "coherent",
    "has_member",
    "overridden",
    "parse_assignment",
    "parse_value",
    "set_member",
    "unset_member",
]

Edit = tuple[str, tuple[Any, ...]]
"""A path, and the value that is set there, none where the member is taken away."""


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``data.x=v`` into its path and its value; ``UsageError`` where there is no ``=`` or no path."""
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise UsageError(
            f"'{text}' sets nothing.",
            next_step="Write it as path=value, such as data.author.role=human_agent.",
        )
    return path, parse_value(value)


def parse_value(text: str) -> Any:
    """``text`` as JSON where it is JSON, else as the string that it is."""
    try:
        return read_json(text, name="the value")
    except DocumentError:
        return text


def set_member(payload: Payload, path: str, value: Any) -> Payload:
    """A copy of ``payload`` with the member at ``path`` set to ``value``.

    The member itself may be new, and an index may be one past the end; ``UsageError`` where something
    on the way to it does not exist.
    """
    copy = deepcopy(payload)
    parent, last = _parent(copy, path)
    if isinstance(parent, dict):
        parent[last] = value
    else:
        index = _index(parent, last, path, end=len(parent))
        parent[index : index + 1] = [value]
    return copy


def unset_member(payload: Payload, path: str) -> Payload:
    """A copy of ``payload`` without the member at ``path``; ``UsageError`` where there is none."""
    copy = deepcopy(payload)
    parent, last = _parent(copy, path)
    if isinstance(parent, list):
        del parent[_index(parent, last, path, end=len(parent) - 1)]
    elif last in parent:
        del parent[last]
    else:
        raise _nowhere(path, last, parent)
    return copy


def has_member(payload: Payload, path: str) -> bool:
    """True if there is a member at ``path``."""
    try:
        unset_member(payload, path)
    except UsageError:
        return False
    return True


def _parent(root: Payload, path: str) -> tuple[dict[str, Any] | list[Any], str]:
    """The object or list that holds the member at ``path``, and the member's own name."""
    if not path:
        raise UsageError("An empty path names no member.", next_step="Write one such as data.author.role.")
    *way, last = steps(path)
    here: Any = root
    for name in way:
        if isinstance(here, list):
            here = here[_index(here, name, path, end=len(here) - 1)]
        elif isinstance(here, dict) and name in here:
            here = here[name]
        else:
            raise _nowhere(path, name, here)
    if not isinstance(here, dict | list):
        raise _nowhere(path, last, here)
    return here, last


def _index(parent: list[Any], name: str, path: str, *, end: int) -> int:
    if name.isascii() and name.isdigit() and int(name) <= end:
        return int(name)
    raise _nowhere(path, name, parent)


def _nowhere(path: str, name: str, parent: object) -> UsageError:
    if isinstance(parent, dict):
        there = f"There are: {', '.join(parent)}." if parent else "The object is empty."
    elif isinstance(parent, list):
        there = f"The list has {len(parent)} items, counted from 0."
    else:
        there = f"What stands there is {json.dumps(parent)}, which has no members."
    return UsageError(f"The path '{path}' leads nowhere: there is no '{name}'.", next_step=there)


def overridden(payload: Payload, edits: Sequence[Edit], contract: Contract) -> Payload:
    """``payload`` with the edits, and with what the documentation ties to them.

    Nothing is tied where the payload is not coherent before. ``UsageError`` for a path that leads nowhere.
    """
    made = payload
    for path, value in edits:
        made = set_member(made, path, *value) if value else unset_member(made, path)
    return coherent(made, base=payload, keep=tuple(path for path, _ in edits), contract=contract)


def coherent(payload: Payload, *, base: Payload, keep: tuple[str, ...], contract: Contract) -> Payload:
    """``payload`` with what the contract ties to the members in ``keep`` brought in line.

    ``base`` is the coherent event that was changed; ``keep`` are the payload paths that were set or taken
    away on purpose. Where these contradict each other, ``base`` is not coherent, or the event is not
    documented, nothing is changed.
    """
    place = contract.profile.type_path
    event = contract.known(contract.name_in(base)) if place else None
    if event is None or get(payload, place) != event.type:
        return payload
    constraints = contract.constraints_of(event)
    if violations(constraints, base):
        return payload
    supply = supplier(event.payload, base)
    try:
        repaired: Payload = repair(constraints, payload, keep=keep, supply=supply)
    except ValueError:
        return payload
    return repaired
