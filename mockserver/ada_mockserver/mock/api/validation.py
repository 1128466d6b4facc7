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
from ada_schemas.jsonschema_errors import Fault, faults, kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    found = [fault for error in _validator(schema).iter_errors(body) for fault in faults(error)]
    if found:
        raise invalid(*dict.fromkeys(Detail(fault.json_path, _message(fault)) for fault in found))


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


def _message(fault: Fault) -> str:
    demanded = fault.demanded
    match fault.keyword:
        case "required":
            return "is required"
        case "additionalProperties" if demanded is False:
            return "is not known"
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
        case "pattern":
            return str(fault.schema["x-message"])
    return "is not valid"
