"""Changes of a length, a format or another limit of a value, and what each means for a consumer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["SCHEMAS", "limit_changes"]

UPPER = ("maxLength", "maxItems", "maxProperties", "maxContains")
LOWER = ("minLength", "minItems", "minProperties", "minContains")
BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
WIDTHS = ("int32", "int64", "float", "double")
"""Formats of numbers; each takes what those before it take, within the integers and the floats."""
SCHEMAS = ("not", "if", "then", "else", "contains", "dependentSchemas", "propertyNames", "unevaluatedItems")
"""Limits that hold schemas. Where what is in them cannot be told, another one may mean anything."""
INFINITE = float("inf")


def limit_changes(
    before: dict[str, Any], after: dict[str, Any], *, apart_from: Collection[str] = ()
) -> list[tuple[str, str]]:
    """(class, phrase) for every limit that differs: ``("loosened", "maxLength 36 became 64")``.

    Keywords of ``apart_from`` are compared elsewhere.
    """
    found = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if key in BOUNDS or key in apart_from or _same(old, new):
            continue
        if key == "format" and {old, new} == {None, "double"}:
            continue  # any number of JSON is one
        kind = _class(key, old, new)
        if kind:
            found.append((kind, _phrase(key, old, new)))
    for lower, upper in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        old, new = _bound(before, lower, upper), _bound(after, lower, upper)
        if old != new:
            wider = new < old if lower == "minimum" else new > old
            found.append(
                ("loosened" if wider else "tightened", _bounds_phrase(before, after, (lower, upper)))
            )
    return found


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _class(key: str, old: Any, new: Any) -> str:
    if key in UPPER or key in LOWER:
        ends = _ends(key, old), _ends(key, new)
        if ends[0] == ends[1]:
            return ""
        return "loosened" if (ends[1] > ends[0]) == (key in UPPER) else "tightened"
    if key == "uniqueItems":
        return "" if bool(old) == bool(new) else "loosened" if old else "tightened"
    if old is None:
        return "tightened"
    if new is None:
        return "loosened"
    if key == "format" and old in WIDTHS and new in WIDTHS:
        return "loosened" if WIDTHS.index(new) > WIDTHS.index(old) else "tightened"
    if key == "multipleOf" and _is_number(old) and _is_number(new) and old and new % old == 0:
        return "tightened"
    if key == "required":
        return "loosened" if set(map(str, new)) < set(map(str, old)) else "tightened"
    if key in SCHEMAS:
        return "breaking"
    # Another pattern, or another of what the kit does not know: what comes may be what did not before.
    return "loosened"


def _ends(key: str, value: Any) -> float:
    if _is_number(value):
        return float(value)
    return INFINITE if key in UPPER else 0.0


def _bound(limits: dict[str, Any], inclusive: str, exclusive: str) -> tuple[float, int]:
    """A bound as something to compare: an exclusive minimum is above the same inclusive one."""
    upward = inclusive == "minimum"
    value, strict = limits.get(inclusive), limits.get(exclusive)
    found = []
    if _is_number(value):
        found.append((float(value), (1 if upward else -1) if strict is True else 0))
    if _is_number(strict):
        found.append((float(strict), 1 if upward else -1))
    if not found:
        return (-INFINITE if upward else INFINITE), 0
    return max(found) if upward else min(found)


def _phrase(key: str, old: Any, new: Any) -> str:
    if old is None:
        return f"{key} {_text(new)} is demanded"
    if new is None:
        return f"{key} {_text(old)} is demanded no more"
    return f"{key} {_text(old)} became {_text(new)}"


def _bounds_phrase(before: dict[str, Any], after: dict[str, Any], keys: tuple[str, str]) -> str:
    old, new = (", ".join(f"{k} {_text(side[k])}" for k in keys if k in side) for side in (before, after))
    if not old:
        return f"{new} is demanded"
    return f"{old} became {new}" if new else f"{old} is demanded no more"


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
