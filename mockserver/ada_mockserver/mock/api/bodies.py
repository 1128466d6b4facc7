"""Bodies of requests: of the right media type, not too large, and held against what Ada documents.

A body that does not fit is answered with every member that is wrong, named by its JSON path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ada_mockserver.fitting import fitting_errors
from ada_mockserver.mock.api.errors import ApiError, Detail, invalid, refused
from ada_mockserver.numbers import finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Message, Receive

    from ada_mockserver.fitting import Problem
    from ada_mockserver.mock.api.document import Body

__all__ = ["LimitedBody", "Upload", "parse_json", "read_body", "read_json", "size_in_words"]

_JSON, _FORM = "application/json", "multipart/form-data"
_AROUND_FILES = 64 * 1024
"""Bytes of a form around the file in it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form; its name and type are as the client says."""

    filename: str
    content_type: str | None
    content: bytes


async def read_body(request: Request, body: Body) -> Any:
    """The body of a request as the operation takes it: a value of JSON, or the fields of a form.

    No body at all counts as an empty object, since the document requires none. Raises `ApiError`: 413 for one
    that is too large, 415 for another media type, 400 for one that does not fit.
    """
    is_form = body.media_type == _FORM
    too_large = _file_too_large(body.limit) if is_form else None
    limited = LimitedBody(request.receive, body.limit + (_AROUND_FILES if is_form else 0), too_large)
    limited.check_announced(request)
    request = Request(request.scope, limited.receive)
    if is_form:
        _check_type(request, _FORM)
        return await _read_form(request)
    text = await request.body()
    if not text.strip():
        value: Any = {}
    elif body.lenient:
        try:
            value = parse_json(text)
        except ApiError:
            return {}
    else:
        _check_type(request, _JSON, text)
        value = parse_json(text)
    found = fitting_errors(body.validator, value)
    if found and body.lenient:
        return {}
    _refuse(found)
    return value


async def read_json(request: Request, problems: Any) -> dict[str, Any]:
    """The JSON body of a request that is the mock's own; ``problems`` names what is wrong with one.

    Raises `ApiError` (400) as `read_body` does.
    """
    text = await request.body()
    body: dict[str, Any] = parse_json(text) if text.strip() else {}
    _refuse(problems(body))
    return body


def _refuse(found: Sequence[Problem]) -> None:
    if found:
        raise invalid(*(Detail(path, message) for path, message in found))


def _check_type(request: Request, wanted: str, text: bytes = b"") -> None:
    """Raise `ApiError` (415) for a body that says it is of another media type; one may leave it unsaid.

    curl and Python's urllib say that whatever they send is a form unless they are told otherwise: that counts
    as unsaid, where ``text`` begins as JSON does.
    """
    given = request.headers.get("content-type")
    if given is None:
        return
    media_type = given.partition(";")[0].strip().lower()
    if media_type == wanted or (wanted == _JSON and media_type.endswith("+json")):
        return
    if media_type == "application/x-www-form-urlencoded" and text.lstrip()[:1] in (b"{", b"["):
        return
    message = f"Send the body as {wanted}, and say so in the header Content-Type."
    raise ApiError(415, "unsupported_media_type", message)


async def _read_form(request: Request) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    try:
        form = await request.form(max_files=20, max_fields=20)
    except (HTTPException, KeyError, ValueError):
        raise ApiError(400, "invalid_form", "The body of the request is not a multipart form.") from None
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                fields[name] = Upload(value.filename or "", value.content_type, await value.read())
            else:
                fields[name] = value
    finally:
        await form.close()
    return fields


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


class LimitedBody:
    """The receiving end of a request whose body may have ``most`` bytes.

    For more it raises ``too_large``, by default an `ApiError` (413).
    """

    def __init__(self, receive: Receive, most: int, too_large: ApiError | None = None) -> None:
        self._receive, self._most = receive, most
        self._too_large = too_large or _content_too_large(most)
        self._seen = 0

    def check_announced(self, request: Request) -> None:
        """Refuse a body whose announced length is too much, before any of it is read."""
        for value in request.headers.getlist("content-length"):
            if value.isdigit() and int(value) > self._most:
                raise self._too_large

    async def receive(self) -> Message:
        """The next part of the body."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            raise self._too_large
        return message


def _content_too_large(most: int) -> ApiError:
    return ApiError(
        413, "content_too_large", f"The body of the request is larger than {size_in_words(most)}."
    )


def _file_too_large(most: int) -> ApiError:
    """As the operation refuses a file that is only a little too large: Ada documents no 413 for it."""
    return refused("$.file", f"is larger than {size_in_words(most)}")


def size_in_words(size: int) -> str:
    """Bytes as whole MB, or KB where there are few."""
    kilobytes = size // 1024
    return f"{kilobytes // 1024} MB" if kilobytes >= 1024 else f"{kilobytes} KB"
