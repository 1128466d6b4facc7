"""Reading and changing a payload by payload path (``data.author.role``), without changing the original."""

from __future__ import annotations

from typing import Any

__all__ = ["ABSENT", "differences", "get", "joined", "json_type", "put", "remove"]


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""The answer of ``get`` for a member that is not there."""


def get(payload: Any, path: str) -> Any:
    """The value at a path, or ABSENT."""
    node = payload
    for name in path.split(".") if path else ():
        if not isinstance(node, dict) or name not in node:
            return ABSENT
        node = node[name]
    return node


def put(payload: Any, path: str, value: Any) -> Any:
    """A copy with ``value`` at the path; a member that exists keeps its position."""
    head, _, rest = path.partition(".")
    if not head:
        return value
    inner = payload.get(head, {}) if isinstance(payload, dict) else {}
    return {**payload, head: put(inner, rest, value)}


def remove(payload: Any, path: str) -> Any:
    """A copy without the member at the path; the same payload where there is none."""
    head, _, rest = path.partition(".")
    if not isinstance(payload, dict) or head not in payload:
        return payload
    if rest:
        return {**payload, head: remove(payload[head], rest)}
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
    return f"{path}.{name}" if path else name


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
