"""The keywords of one schema, read: its types, its values, its limits, its words."""

from __future__ import annotations

from typing import Any

from ada_schemas.contract.fitting import is_pattern
from ada_schemas.contract.paths import json_type
from ada_schemas.contract.shapes import Limits

__all__ = [
    "COMBINING",
    "SCALAR_TYPES",
    "TYPES",
    "common_of",
    "count_of",
    "demands_of",
    "enum_of",
    "format_of",
    "is_null",
    "limits_of",
    "text_of",
    "types_of",
]

SCALAR_TYPES = ("string", "boolean", "integer", "number")
TYPES = (*SCALAR_TYPES, "array", "object")
COMBINING = ("allOf", "oneOf", "anyOf", "discriminator")
WORDS = (
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "nullable",
    "readOnly",
    "summary",
    "title",
    "writeOnly",
    "xml",
)
"""Keywords that demand nothing."""
FORMATS = {
    **{each: each for each in ("date-time", "date", "time", "duration", "uri", "uri-reference", "email")},
    **{each: each for each in ("hostname", "ipv4", "ipv6", "uuid")},
    **{f"uuid{n}": "uuid" for n in range(1, 9)},
    "datetime": "date-time",
    "iso8601": "date-time",
    "url": "uri",
}
"""Formats that mean something in JSON Schema, by what documents call them; any other is left out."""
WHOLE_NUMBERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1), "uint32": (0, 2**32 - 1)}
"""Formats of integers, with the least and the largest."""
TEXT_KEYWORDS = ("pattern", "minLength", "maxLength")


def demands_of(schema: dict[str, Any]) -> dict[str, Any]:
    """The keywords of a schema that demand something."""
    return {k: v for k, v in schema.items() if k not in WORDS and not str(k).startswith("x-")}


def text_of(value: Any) -> str:
    """A text without line breaks, empty for none."""
    return " ".join(str(value).split()) if value else ""


def types_of(schema: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    """The types that a schema lists, and True if null is allowed, as a listed value where some are."""
    declared = schema.get("type")
    listed = [declared] if isinstance(declared, str) else list(declared or ())
    values = [schema["const"]] if "const" in schema else schema.get("enum") or ()
    nullable = ("null" in listed and not values) or schema.get("nullable") is True or None in values
    types = tuple(t for t in dict.fromkeys(listed) if t != "null")
    return types or _implied(schema), nullable


def _implied(schema: dict[str, Any]) -> tuple[str, ...]:
    """The type of a schema that lists none, where its other keywords say which is meant."""
    if "type" in schema or "enum" in schema or "const" in schema:
        return ()
    if "properties" in schema:
        return ("object",)
    if isinstance(schema.get("items"), dict) or "prefixItems" in schema:
        return ("array",)
    if any(key in schema for key in TEXT_KEYWORDS) or schema.get("format") in FORMATS:
        return ("string",)
    return ()


def enum_of(schema: dict[str, Any], types: tuple[str, ...]) -> tuple[Any, ...]:
    """The values that are listed, as far as they are of the types that are."""
    values = [schema["const"]] if "const" in schema else list(schema.get("enum") or ())
    kinds = {*types, "integer"} if "number" in types else set(types)
    return tuple(v for v in values if v is not None and (not kinds or json_type(v) in kinds))


def is_null(schema: dict[str, Any]) -> bool:
    """True for a schema that null alone satisfies."""
    types, nullable = types_of(schema)
    return (
        nullable
        and not types
        and set(schema) & {"type", "const", "enum"} != set()
        and not enum_of(schema, ())
    )


def common_of(schema: dict[str, Any], nullable: bool) -> dict[str, Any]:
    """What a schema says whatever its type: its description and its examples."""
    examples = [schema["example"]] if "example" in schema else []
    if isinstance(schema.get("examples"), list):
        examples = schema["examples"]
    return {
        "description": text_of(schema.get("description")),
        "nullable": nullable,
        "examples": tuple(examples),
    }


def count_of(value: Any) -> int | None:
    """A length or a number of things; None for what is none."""
    return int(value) if value is not None and value >= 0 and value % 1 == 0 else None


def format_of(schema: dict[str, Any]) -> str | None:
    """The format of a text, by its name in JSON Schema; None for any other."""
    declared = schema.get("format")
    return FORMATS.get(declared.lower()) if isinstance(declared, str) else None


def limits_of(schema: dict[str, Any]) -> Limits:
    """The limits of a text or a number, those of the older spelling (``exclusiveMinimum: true``) as well."""
    least, most = (_number(schema.get(key)) for key in ("minimum", "maximum"))
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(above, bool):
        least, above = (None, least) if above else (least, None)
    if isinstance(below, bool):
        most, below = (None, most) if below else (most, None)
    bounds = WHOLE_NUMBERS.get(str(schema.get("format")))
    if bounds and "integer" in types_of(schema)[0]:
        least = bounds[0] if least is None else max(least, bounds[0])
        most = bounds[1] if most is None else min(most, bounds[1])
    step, pattern = schema.get("multipleOf"), schema.get("pattern")
    return Limits(
        min_length=count_of(schema.get("minLength")) or None,
        pattern=pattern if isinstance(pattern, str) and pattern and is_pattern(pattern) else None,
        minimum=least,
        maximum=most,
        exclusive_minimum=_number(above),
        exclusive_maximum=_number(below),
        multiple_of=step if step and step > 0 else None,
    )


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
