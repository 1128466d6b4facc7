"""Two schemas as one that demands what both do: the meaning of ``allOf``, and of words beside a ``$ref``."""

from __future__ import annotations

from typing import Any

__all__ = ["conjunction", "merged"]

UPPER = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
LOWER = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")

Plain = dict[str, Any]


def merged(one: Plain, other: Plain) -> Plain | None:
    """A schema that demands what both demand; None where nothing can satisfy both.

    Of words, and of what cannot be put together, those of ``one`` stay.
    """
    made = dict(one)
    for key, value in other.items():
        if key not in made:
            made[key] = value
        elif key == "type":
            made[key] = _common_types(_types(made[key]), _types(value))
            if not made[key]:
                return None
        elif key == "properties" and isinstance(value, dict) and isinstance(made[key], dict):
            names = dict.fromkeys([*made[key], *value])
            made[key] = {n: conjunction([p[n] for p in (made[key], value) if n in p]) for n in names}
        elif key == "required" and isinstance(value, list) and isinstance(made[key], list):
            made[key] = list(dict.fromkeys([*made[key], *value]))
        elif key in ("additionalProperties", "items"):
            made[key] = conjunction([made[key], value])
        elif key == "enum" and isinstance(value, list) and isinstance(made[key], list):
            made[key] = [v for v in made[key] if v in value]
        elif key in UPPER + LOWER and _is_number(value) and _is_number(made[key]):
            made[key] = (min if key in UPPER else max)(made[key], value)
    return made


def conjunction(schemas: list[Any]) -> Any:
    """A schema for what satisfies all of some schemas."""
    demanding = [schema for schema in schemas if schema is not True]
    if not demanding:
        return True
    if any(schema is False for schema in demanding):
        return False
    if len(demanding) == 1 or demanding[0] == demanding[1]:
        return demanding[0]
    return {"allOf": demanding}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _types(declared: Any) -> list[Any]:
    return declared if isinstance(declared, list) else [declared]


def _common_types(one: list[Any], other: list[Any]) -> list[Any]:
    common = [t for t in one if t in other]
    if "integer" not in common and ("number" in one + other) and ("integer" in one + other):
        common.append("integer")
    return common
