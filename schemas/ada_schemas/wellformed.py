"""What a schema in a document must be before it can be read: keywords hold values of the kind they take."""

from __future__ import annotations

from typing import Any

__all__ = ["malformed"]

NUMBERS = ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "multipleOf")


def malformed(schema: dict[str, Any]) -> str:
    """What is wrong with a schema's own keywords, as a phrase; empty if they can be read."""
    for keyword, value in schema.items():
        wanted = _wanted(str(keyword), value)
        if wanted:
            return f"`{keyword}` is {_kind(value)}, not {wanted}"
    return ""


def _wanted(keyword: str, value: Any) -> str:
    """What a keyword takes, where a value is something else; empty where it fits."""
    fits, wanted = True, ""
    match keyword:
        case "$ref":
            fits, wanted = isinstance(value, str), "a reference"
        case "type":
            fits = isinstance(value, str) or (_is_list_of_names(value) and bool(value))
            wanted = "a type or a list of types"
        case "required":
            # OpenAPI's older parameters and some documents say `required: true` of a member itself.
            fits, wanted = isinstance(value, bool) or _is_list_of_names(value), "a list of names"
        case "enum":
            fits = isinstance(value, list) and not any(isinstance(v, dict | list) for v in value)
            wanted = "a list of plain values"
        case "const":
            fits, wanted = not isinstance(value, dict | list), "a plain value"
        case "allOf" | "oneOf" | "anyOf":
            fits = isinstance(value, list) and bool(value) and all(isinstance(v, dict | bool) for v in value)
            wanted = "a list of schemas"
        case "properties" | "patternProperties":
            fits, wanted = isinstance(value, dict), "a mapping of schemas"
        case "items" | "additionalProperties" | "unevaluatedProperties" | "not":
            fits, wanted = isinstance(value, dict | bool), "a schema"
        case "discriminator":
            fits, wanted = isinstance(value, dict), "a mapping"
        case "format" | "pattern" | "description" | "title":
            fits, wanted = value is None or isinstance(value, str | int | float), "a text"
        case _ if keyword in NUMBERS:
            fits, wanted = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    return "" if fits else wanted


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number"}
    return "empty" if value in (None, [], {}) else names.get(type(value), f"a {type(value).__name__}")
