"""Parameters of a query, read as the document describes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ada_mockserver.fitting import fitting_errors
from ada_mockserver.mock.api.errors import Detail, invalid, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.datastructures import QueryParams

    from ada_mockserver.mock.api.document import Parameter

__all__ = ["MOST_RECORDS", "query_choice", "query_limit", "read_query"]

MOST_RECORDS = 100
"""Records on a page, at most and unless fewer are asked for."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}


def read_query(query: QueryParams, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """The documented parameters that are given, and the defaults of others; what is undocumented is ignored.

    Raises `ApiError` (400) that names every parameter which does not fit.
    """
    values: dict[str, Any] = {}
    wrong: list[Detail] = []
    for parameter in parameters:
        found = [] if parameter.name in query else _absent(parameter, values)
        if parameter.name in query:
            values[parameter.name], found = _read(query, parameter)
        if found and parameter.lenient:
            _absent(parameter, values)
        else:
            wrong += found
    if wrong:
        raise invalid(*wrong)
    return values


def _absent(parameter: Parameter, values: dict[str, Any]) -> list[Detail]:
    values.pop(parameter.name, None)
    if "default" in parameter.schema:
        values[parameter.name] = parameter.schema["default"]
    return [Detail(f"$.{parameter.name}", "is required", "query")] if parameter.required else []


def _read(query: QueryParams, parameter: Parameter) -> tuple[Any, list[Detail]]:
    name, schema = parameter.name, parameter.schema
    value: Any
    if parameter.is_list:
        value = [_typed(text, schema.get("items", {})) for text in query.getlist(name)]
    else:
        value = _typed(query[name], schema)
    if "x-clamp" in schema and isinstance(value, int):
        value = min(value, schema["x-clamp"])
    found = fitting_errors(parameter.validator, value)
    return value, [Detail(f"$.{name}{path[1:]}", message, "query") for path, message in found]


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """A text as a value of the type that the schema asks for; the text itself where it is none."""
    kind = schema.get("type")
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    return text


def query_limit(query: QueryParams) -> int:
    """The number of records that a page of the mock's own is to hold: ``limit``, at most `MOST_RECORDS`."""
    text = query.get("limit")
    if text is None:
        return MOST_RECORDS
    if not _INTEGER.fullmatch(text) or int(text) < 1:
        raise refused("$.limit", "must be an integer of at least 1", "query")
    return min(int(text), MOST_RECORDS)


def query_choice(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str | None:
    """A query parameter that is one of ``choices``, or None where it is not given."""
    value = query.get(name)
    if value is not None and value not in choices:
        raise refused(f"$.{name}", f"must be one of: {', '.join(choices)}", "query")
    return value
