"""Documents that people write, held against a JSON Schema: what does not fit, in words.

An ``x-message`` beside the keywords of a schema says in place of each of them what the value must be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from ada_mockserver.numbers import finite
from ada_schemas.jsonschema_errors import faults, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.jsonschema_errors import Fault

__all__ = ["Problem", "fitting_errors", "fitting_faults", "validator"]

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


def validator(schema: dict[str, Any], kind: Any = Draft202012Validator) -> Draft202012Validator:
    """The validator of a schema, of a version of JSON Schema; it knows the formats ``uri`` and ``finite``."""
    made: Draft202012Validator = kind(schema, format_checker=_formats)
    return made


def fitting_errors(against: Draft202012Validator, value: Any) -> list[Problem]:
    """All that is wrong with a value, each place and message once."""
    return list(
        dict.fromkeys(Problem(fault.json_path, said) for fault, said in fitting_faults(against, value))
    )


def fitting_faults(against: Draft202012Validator, value: Any) -> Iterator[tuple[Fault, str]]:
    """All that is wrong with a value, with the message about it."""
    for error in against.iter_errors(value):
        for fault in faults(error):
            yield fault, _message(fault)


def _message(fault: Fault) -> str:
    demanded = fault.demanded
    match fault.keyword:
        case "required":
            member = fault.schema.get("properties", {}).get(fault.path[-1])
            stated = member.get("x-message") if isinstance(member, dict) else None
            return f"is required, and {stated}" if stated else "is required"
        case "additionalProperties" if demanded is False:
            return f"is not known; known are: {', '.join(sorted(fault.schema.get('properties', ())))}"
    if isinstance(fault.schema, dict) and "x-message" in fault.schema:
        return str(fault.schema["x-message"])
    match fault.keyword:
        case "type":
            return f"must be {kinds(demanded)}"
        case "enum":
            return f"must be one of: {', '.join(map(str, demanded))}"
        case "format":
            return "must be a URL" if demanded == "uri" else f"must be a {demanded}"
        case "maxLength":
            return f"must be at most {demanded} characters long"
        case "minLength":
            return "must not be empty"
        case "maxProperties":
            return f"must have at most {demanded} members"
    return "is not valid"
