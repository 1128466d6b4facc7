"""Request bodies and query parameters, held against what Ada documents.

A body that does not fit is answered with every parameter that is wrong, named by its JSON path.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from ada_mockserver.mock.api.errors import ApiError, Detail, invalid, refused
from ada_mockserver.mock.schemas.checking import problems
from ada_mockserver.numbers import finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

__all__ = [
    "MOST_METADATA",
    "MOST_RECORDS",
    "check_metadata_size",
    "merged",
    "parse_json",
    "query_choice",
    "query_limit",
    "read_body",
]

MOST_METADATA = 4096
"""Bytes of metadata on a channel or a conversation, as compact JSON."""

MOST_RECORDS = 100
"""Records on a page, at most and unless fewer are asked for."""


async def read_body(request: Request, schema: str) -> dict[str, Any]:
    """The JSON body, an object that fits ``schema``.

    Raises `ApiError` (400), naming every parameter that is wrong, for any other. No body at all counts as an
    empty object, since the document requires none.
    """
    text = await request.body()
    body = parse_json(text) if text.strip() else {}
    if found := problems(body, schema):
        raise invalid(*(Detail(path, message) for path, message in found))
    value: dict[str, Any] = body
    return value


def parse_json(body: bytes) -> Any:
    """The value that the text stands for; raises `ApiError` (400) for what no other JSON parser could take.

    That is, beside malformed text: numbers beyond a double's range, ``NaN``, lone surrogates, and nesting
    that is too deep.
    """
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
        # A lone surrogate has a JSON escape, but is no text: it could not be stored nor sent.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "The body of the request is not valid JSON.") from None
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = finite(text)
    if number is None:
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def check_metadata_size(metadata: dict[str, Any], *, most: int = MOST_METADATA, path: str) -> None:
    """Raise `ApiError` (400) for metadata of more than ``most`` bytes, as compact JSON in UTF-8."""
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size > most:
        raise refused(path, f"is larger than {most // 1024} KB")


def merged(metadata: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with the changes in it; a member that is null goes."""
    return {key: value for key, value in {**metadata, **changes}.items() if value is not None}


def query_limit(query: QueryParams) -> int:
    """The number of records that a page is to hold: ``limit``, at most `MOST_RECORDS`."""
    text = query.get("limit")
    if text is None:
        return MOST_RECORDS
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18) or int(digits) < 1:
        raise refused("$.limit", "must be an integer of at least 1", "query")
    return min(int(digits), MOST_RECORDS)


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
