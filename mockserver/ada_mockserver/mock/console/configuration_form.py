"""The form that an integration's configuration is filled in with: fields from a JSON Schema, and back.

Without scripts there are no lists that grow: texts and numbers of a list are written a line each, and what no
field can hold is written as JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ada_mockserver.mock.state.configuration import resolved
from ada_mockserver.numbers import finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Field", "fields_of", "fill_in"]

Kind = Literal["group", "text", "password", "number", "checkbox", "select", "multiselect", "lines", "json"]

_DEEPEST = 8
_INPUTS: dict[str, Kind] = {
    "boolean": "checkbox",
    "number": "number",
    "integer": "number",
    "string": "text",
}
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form; ``path`` are the names of the members that lead to its value.

    ``choices`` are the values to choose from, each with its label; ``fields`` are those of a group.
    """

    path: tuple[str, ...]
    kind: Kind
    schema: dict[str, Any] = field(repr=False)
    required: bool
    choices: tuple[tuple[Any, str], ...] = ()
    fields: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """The name under which a browser sends it."""
        return json.dumps(self.path)

    @property
    def place(self) -> str:
        """The JSON path of its value."""
        return ".".join(("$", *self.path))

    @property
    def title(self) -> str:
        """Its name for people."""
        return str(self.schema.get("title") or self.path[-1])

    @property
    def initial(self) -> list[str]:
        """The texts that a browser would send if nobody changed it."""
        default = self.schema.get("default")
        if default is None or default is False:
            return []
        if self.choices:
            chosen = default if self.kind == "multiselect" and isinstance(default, list) else [default]
            return [str(index) for index, (value, _) in enumerate(self.choices) if value in chosen]
        if self.kind == "lines" and isinstance(default, list):
            return ["\n".join(map(str, default))]
        return [default if isinstance(default, str) else json.dumps(default)]


def fields_of(schema: dict[str, Any]) -> tuple[Field, ...]:
    """The fields for the members that a schema describes."""
    return tuple(_fields(schema, schema, ()))


def fill_in(fields: Iterable[Field], given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The configuration from what a browser sent, the texts by the names of the fields.

    A field that is left empty is no member. What cannot be read as the schema wants it stays text.
    """
    values = {each.path[-1]: _value(each, given) for each in fields}
    return {name: value for name, value in values.items() if value is not _ABSENT}


def _fields(root: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> Iterable[Field]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        if member is not False:
            yield _field(root, resolved(root, member), (*path, name), required=name in required)


def _field(root: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...], *, required: bool) -> Field:
    kind = _kind(root, schema, path)
    chosen = resolved(root, schema["items"]) if kind == "multiselect" else schema
    fields = tuple(_fields(root, schema, path)) if kind == "group" else ()
    return Field(path, kind, schema, required, _choices(chosen), fields)


def _kind(root: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> Kind:
    kind = _type(schema)
    if _choices(schema):
        return "select"
    if kind == "object" or (kind is None and "properties" in schema):
        return "group" if "properties" in schema and len(path) < _DEEPEST else "json"
    if kind == "array":
        items = resolved(root, schema.get("items"))
        if _choices(items):
            return "multiselect"
        return "lines" if _type(items) in ("string", "number", "integer") else "json"
    if kind in (None, "string") and schema.get("format") == "password":
        return "password"
    return _INPUTS.get(kind or "string", "json")


def _type(schema: dict[str, Any]) -> str | None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = next((kind for kind in kinds if kind != "null"), "null")
    return kinds


def _choices(schema: dict[str, Any]) -> tuple[tuple[Any, str], ...]:
    if schema.get("enum"):
        return tuple(
            (value, value if isinstance(value, str) else json.dumps(value)) for value in schema["enum"]
        )
    branches = schema.get("oneOf") or schema.get("anyOf") or ()
    if branches and all(isinstance(branch, dict) and "const" in branch for branch in branches):
        return tuple((branch["const"], str(branch.get("title", branch["const"]))) for branch in branches)
    return ()


def _value(each: Field, given: Mapping[str, Sequence[str]]) -> Any:
    texts = given.get(each.name, ())
    if each.kind == "group":
        inner = fill_in(each.fields, given)
        return inner if each.required or any(value is not False for value in inner.values()) else _ABSENT
    if each.kind == "checkbox":
        return bool(texts)
    if each.kind == "multiselect":
        chosen = [_chosen(each, text) for text in texts]
        return chosen if chosen or each.required else _ABSENT
    text = texts[0] if texts else ""
    if not text.strip():
        return _ABSENT
    match each.kind:
        case "select":
            return _chosen(each, text)
        case "number":
            return _number(text)
        case "lines":
            read = str if _type(each.schema.get("items") or {}) == "string" else _number
            return [read(line.strip()) for line in text.splitlines() if line.strip()]
        case "json":
            try:
                return json.loads(text, parse_constant=str)
            except (ValueError, RecursionError):
                return text
    return text


def _chosen(each: Field, text: str) -> Any:
    known = dict(enumerate(value for value, _ in each.choices))
    return known.get(int(text), text) if text.isdecimal() and len(text) < 10 else text


def _number(text: str) -> int | float | str:
    """The number that a text stands for, else the text."""
    number = finite(text.strip())
    if number is None:
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
