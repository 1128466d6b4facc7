"""Request bodies and query parameters, held against what Ada documents.

A body that does not fit is answered with every parameter that is wrong, named by its JSON path.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from ada_mockserver.mock.api.errors import ApiError, Detail, invalid, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jsonschema.exceptions import ValidationError
    from starlette.datastructures import QueryParams
    from starlette.requests import Request

__all__ = [
    "MOST_METADATA",
    "check_body",
    "check_metadata_size",
    "parse_json",
    "query_choice",
    "query_limit",
    "read_body",
]

MOST_METADATA = 4096
"""Bytes of metadata on a channel or a conversation, as compact JSON."""

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


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Any]:
    text = (resources.files("ada_mockserver.mock.api") / "request_schemas.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@lru_cache(maxsize=32)
def _validator(name: str) -> Draft202012Validator:
    schema = {**_schemas()[name], "$defs": _schemas()["$defs"]}
    return Draft202012Validator(schema, format_checker=_formats)


async def read_body(request: Request, schema: str) -> dict[str, Any]:
    """The JSON body, an object that fits ``schema``; raises `ApiError` (400) for any other.

    No body at all counts as an empty object, since the document requires none.
    """
    text = await request.body()
    body = parse_json(text) if text.strip() else {}
    check_body(body, schema)
    value: dict[str, Any] = body
    return value


def check_body(body: Any, schema: str) -> None:
    """Raise `ApiError` (400), naming every parameter that is wrong, for a body that does not fit."""
    found = [detail for error in _validator(schema).iter_errors(body) for detail in _explain(error)]
    if found:
        raise invalid(*dict.fromkeys(found))


def parse_json(body: bytes) -> Any:
    """The value that the text stands for; raises `ApiError` (400) for what no other JSON parser could take.

    That is, beside malformed text: numbers beyond a double's range, ``NaN``, lone surrogates, and nesting
    that is too deep.
    """
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_finite)
        # A lone surrogate has a JSON escape, but is no text: it could not be stored nor sent.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "The body of the request is not valid JSON.") from None
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def check_metadata_size(metadata: dict[str, Any], *, most: int = MOST_METADATA, path: str) -> None:
    """Raise `ApiError` (400) for metadata of more than ``most`` bytes, as compact JSON in UTF-8."""
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size > most:
        raise refused(path, f"is larger than {most // 1024} KB")


def query_limit(query: QueryParams, *, most: int = 100) -> int:
    """How many records a page is to hold: ``limit``, at most ``most``, which is also the default."""
    text = query.get("limit")
    if text is None:
        return most
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18) or int(digits) < 1:
        raise refused("$.limit", "must be an integer of at least 1", "query")
    return min(int(digits), most)


def query_choice(
    query: Mapping[str, str], name: str, choices: Sequence[str], *, required: bool = False
) -> str | None:
    """A query parameter that is one of ``choices``, or None where it is not given."""
    value = query.get(name)
    if value is None:
        if required:
            raise refused(f"$.{name}", "is required", "query")
        return None
    if value not in choices:
        raise refused(f"$.{name}", f"must be one of: {', '.join(choices)}", "query")
    return value


_KINDS = {
    "null": "null",
    "integer": "an integer",
    "array": "a list",
    "object": "an object",
    "number": "a number",
    "string": "a string",
    "boolean": "a boolean",
}


def _explain(error: ValidationError) -> list[Detail]:
    demanded: Any = error.validator_value
    path = error.json_path
    match error.validator:
        case "required":
            missing = [name for name in demanded if name not in error.instance]  # type: ignore[operator]  # an object, or `required` would not apply
            return [Detail(f"{path}.{name}", "is required") for name in missing]
        case "type":
            kinds = [_KINDS[kind] for kind in ([demanded] if isinstance(demanded, str) else demanded)]
            *others, last = kinds
            message = f"must be {', '.join(others)} or {last}" if others else f"must be {last}"
        case "enum":
            message = f"must be one of: {', '.join(demanded)}"
        case "format":
            message = "must be a URL" if demanded == "uri" else f"must be a {demanded}"
        case "maxLength":
            message = f"must be at most {demanded} characters long"
        case "minLength":
            message = "must not be empty"
        case "maxProperties":
            message = f"must have at most {demanded} members"
        case "additionalProperties" if demanded is False:
            known = error.schema["properties"]  # type: ignore[index]  # an object schema of ours
            extra = [name for name in error.instance if name not in known]  # type: ignore[union-attr]  # an object
            return [Detail(f"{path}.{name}", "is not known") for name in extra]
        case "pattern":
            schema: Any = error.schema
            message = schema["x-message"]
        case _:
            message = "is not valid"
    return [Detail(path, message)]
