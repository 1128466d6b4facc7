"""Values held against the schemas of Ada's API (``request_schemas.json``) and the mock's own.

What is wrong is worded here for all: the bodies of both, and the script. An ``x-message`` beside the keywords
of a schema says in place of each of them what the value must be.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from ada_mockserver.numbers import finite
from ada_schemas.jsonschema_errors import faults, kinds

if TYPE_CHECKING:
    from ada_schemas.jsonschema_errors import Fault

__all__ = ["Problem", "problems"]

_formats = FormatChecker(formats=())


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and value.isprintable() and " " not in value


@_formats.checks("finite")
def _is_finite(value: object) -> bool:
    return not isinstance(value, int | float) or isinstance(value, bool) or finite(value) is not None


class Problem(NamedTuple):
    """One place of a value that does not fit: its JSON path (``$.content.url``), and what is wrong there."""

    path: str
    message: str


def problems(value: Any, schema: str) -> list[Problem]:
    """All that is wrong with a value by the schema of that name, each place and message once."""
    found = (fault for error in _validator(schema).iter_errors(value) for fault in faults(error))
    return list(dict.fromkeys(Problem(fault.json_path, _message(fault)) for fault in found))


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Any]:
    folder = resources.files("ada_mockserver.mock.schemas")
    names = ("request_schemas.json", "own_schemas.json")
    api, own = (json.loads((folder / name).read_text(encoding="utf-8")) for name in names)
    return {**api, **own, "$defs": {**api["$defs"], **own["$defs"]}}


@lru_cache(maxsize=32)
def _validator(name: str) -> Draft202012Validator:
    schema = {**_schemas()[name], "$defs": _schemas()["$defs"]}
    return Draft202012Validator(schema, format_checker=_formats)


def _message(fault: Fault) -> str:
    demanded = fault.demanded
    match fault.keyword:
        case "required":
            stated = fault.schema.get("properties", {}).get(fault.path[-1], {}).get("x-message")
            return f"is required, and {stated}" if stated else "is required"
        case "additionalProperties" if demanded is False:
            return f"is not known; known are: {', '.join(sorted(fault.schema['properties']))}"
    if "x-message" in fault.schema:
        return str(fault.schema["x-message"])
    match fault.keyword:
        case "type":
            return f"must be {kinds(demanded)}"
        case "enum":
            return f"must be one of: {', '.join(demanded)}"
        case "format":
            return "must be a URL" if demanded == "uri" else f"must be a {demanded}"
        case "maxLength":
            return f"must be at most {demanded} characters long"
        case "minLength":
            return "must not be empty"
        case "maxProperties":
            return f"must have at most {demanded} members"
    return "is not valid"
