r"""Reading and changing a payload by payload path (``data.author.role``), without changing the original.

Names are separated by dots. A character of a name that means something in a path has a backslash before it:
``data.order\.id`` is the member ``order.id`` of ``data``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ABSENT",
    "apart",
    "branched",
    "branches_along",
    "differences",
    "every",
    "get",
    "joined",
    "json_type",
    "put",
    "remove",
    "stepped",
    "steps",
    "through_entries",
    "union_of",
    "within",
]


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""The answer of ``get`` for a member that is not there."""


def get(payload: Any, path: str) -> Any:
    """The value at a path, or ABSENT."""
    node = payload
    for name in steps(path):
        if not isinstance(node, dict) or name not in node:
            return ABSENT
        node = node[name]
    return node


def put(payload: Any, path: str, value: Any) -> Any:
    """A copy with ``value`` at the path; a member that exists keeps its position."""
    return _put(payload, steps(path), value)


def _put(payload: Any, way: list[str], value: Any) -> Any:
    if not way:
        return value
    head, *rest = way
    inner = payload.get(head, {}) if isinstance(payload, dict) else {}
    return {**payload, head: _put(inner, rest, value)}


def remove(payload: Any, path: str) -> Any:
    """A copy without the member at the path; the same payload where there is none."""
    return _remove(payload, steps(path))


def _remove(payload: Any, way: list[str]) -> Any:
    if not way or not isinstance(payload, dict) or way[0] not in payload:
        return payload
    head, *rest = way
    if rest:
        return {**payload, head: _remove(payload[head], rest)}
    return {name: value for name, value in payload.items() if name != head}


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """The differences of two payloads: (payload path, value before, value after), ABSENT for none.

    Lists are compared as wholes. The order of members does not count.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for name in [*before, *(n for n in after if n not in before)]:
            found += differences(before.get(name, ABSENT), after.get(name, ABSENT), joined(path, name))
        return found
    same = type(before) is type(after) and before == after
    return [] if same else [(path, before, after)]


def joined(path: str, name: str) -> str:
    """The path of a member of what stands at ``path``."""
    return stepped(path, _escaped(name))


def within(path: str) -> str:
    """The path of the values of the map, or of the entries of the list, that stands at ``path``."""
    return stepped(path, "*")


def branched(path: str, tag: str) -> str:
    """The path of the branch of that tag of the union that stands at ``path``."""
    return f"{path}:{_escaped(tag)}"


def branches_along(path: str) -> Iterator[tuple[str, str]]:
    """Yield (shape path of a union, tag) for every branch that a shape path goes through."""
    for match in re.finditer(r"\\.|:((?:\\.|[^.\\])*)", path):
        if match[1] is not None:
            yield path[: match.start()], _as_named(match[1])


def union_of(path: str) -> str | None:
    """The shape path of the union whose branch a shape path is; None where it is no branch."""
    return next((at for at, tag in branches_along(path) if branched(at, tag) == path), None)


def apart(path: str) -> tuple[str, str]:
    """The path of what holds the member at a path, "" where that is the payload, and the member's name."""
    if "\\" not in path:
        outer, _, name = path.rpartition(".")
        return outer, name
    *way, last = _STEP.findall(path)
    return ".".join(way), _as_named(last)


def through_entries(path: str) -> bool:
    """True for a path that goes through the entries of a map or a list, whichever these are."""
    return path.startswith("*") or ".*" in path


def every(payload: Any, path: str) -> Iterator[Any]:
    """The values at a path, which may go through entries."""
    return _every(payload, _STEP.findall(path) if path else [])


def _every(node: Any, way: list[str]) -> Iterator[Any]:
    if not way:
        yield node
        return
    head, *rest = way
    if head == "*":
        for entry in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from _every(entry, rest)
    elif isinstance(node, dict) and (name := _as_named(head)) in node:
        yield from _every(node[name], rest)


def steps(path: str) -> list[str]:
    """The names that a payload path goes through, as they are in the payload."""
    if path.isidentifier() or not path:
        return [path] if path else []
    return [_as_named(step) for step in _STEP.findall(path)]


def stepped(path: str, step: str) -> str:
    """The path with a further step, as it is written in a path."""
    return f"{path}.{step}" if path else step


_STEP = re.compile(r"(?:^|\.)((?:\\.|[^.])*)", re.DOTALL)


def _as_named(step: str) -> str:
    return re.sub(r"\\(.)", r"\1", step, flags=re.DOTALL)


def _escaped(name: str) -> str:
    return name if name.isidentifier() else re.sub(r"([.:*\\])", r"\\\1", name)


def json_type(value: Any) -> str:
    """The JSON Schema type of a value as ``json.loads`` gives it; a whole float is a ``number``."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
