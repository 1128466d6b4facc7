"""Reading documents (YAML or JSON, from a file or a URL) that nobody vouches for."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.bundling import bundled
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "entry_values",
    "load_document",
    "malformed",
    "read_file",
    "read_text",
    "shown_location",
]

MAX_BYTES = 20 * 1024 * 1024
MAX_BYTES_IN_ALL = 64 * 1024 * 1024
"""Bytes of a document and of the files that it refers to."""
MAX_TIME = 120.0
"""Seconds in which the files that a document refers to begin to be read."""
URL_TIMEOUT = 30.0
"""Seconds for each step of a download, and for the whole of it."""


def entry_values(entry: dict[str, Any], keys: Sequence[str], *, name: str) -> list[Any]:
    """The values of an entry under ``keys``; raises DocumentError that says which are missing."""
    missing = [key for key in keys if not entry.get(key)]
    if missing:
        raise DocumentError(f"{name}: {entry.get(keys[0], 'an entry')} lacks {', '.join(missing)}.")
    return [entry[key] for key in keys]


def load_document(location: str) -> dict[str, Any]:
    """Read an OpenAPI document from a path or an http(s) URL, with the files that its webhooks refer to.

    Raises DocumentError that names the location and the reason: not found, not readable, an HTTP status
    other than 200, a redirect to another host, a page of HTML, text that is no mapping.
    """
    document, size = _parsed(location, MAX_BYTES)
    left, end = MAX_BYTES_IN_ALL - size, time.monotonic() + MAX_TIME

    def load(file: str) -> dict[str, Any]:
        nonlocal left
        if time.monotonic() > end:
            raise DocumentError(f"{shown_location(file)} is read no more: it has taken long enough.")
        held, bytes_ = _parsed(file, min(MAX_BYTES, left))
        left -= bytes_
        return held

    return bundled(document, location, load)


def _parsed(location: str, most: int) -> tuple[dict[str, Any], int]:
    """The mapping that a file or a URL holds, and its size, which may be ``most`` bytes."""
    is_url = location.lower().startswith(("http://", "https://"))
    if not is_url and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", location):
        raise DocumentError(
            f"{shown_location(location)} is neither a file nor an http or https URL.",
            next_step="Fetch the document, and name the file.",
        )
    raw = _fetch(location) if is_url else read_file(Path(location))
    location = shown_location(location)
    if len(raw) > most:
        raise DocumentError(f"{location} is larger than {most // 1024 // 1024} MB.")
    if raw.startswith(b"\x1f\x8b"):
        raise DocumentError(f"{location} is compressed.", next_step="Unpack it, and name the file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{location} is not UTF-8 text: {error.reason} at byte {error.start}.") from error
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        raise DocumentError(
            f"{location} is an HTML page, not an OpenAPI document.",
            next_step="A page to log in, or about the document? Name the document itself.",
        )
    value = parse_yaml(text, name=location)
    if not isinstance(value, dict):
        kind = "empty" if value is None else f"a {type(value).__name__}, not a mapping"
        raise DocumentError(f"{location} is not an OpenAPI document: its top level is {kind}.")
    return value, len(raw)


def read_file(path: Path) -> bytes:
    """The content of a file; raises DocumentError that names it and the reason."""
    try:
        return path.read_bytes()
    except OSError as error:
        known = {FileNotFoundError: "does not exist", IsADirectoryError: "is a directory, not a file"}
        reason = known.get(type(error), f"cannot be read: {error.strerror}")
        raise DocumentError(f"{path} {reason}.") from error


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; raises DocumentError that names it and the reason."""
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8.") from None


def shown_location(location: str) -> str:
    """A location as it may be printed: without a user name and password."""
    return re.sub(r"//[^/@]*@", "//...@", location)


def _fetch(url: str) -> bytes:
    name = shown_location(url)
    request = urllib.request.Request(url, headers={"Accept": "application/yaml, application/json, */*"})  # noqa: S310 - http(s) only, checked by the caller
    try:
        with urllib.request.urlopen(request, timeout=URL_TIMEOUT) as response:  # noqa: S310 - as above
            status, body = response.status, _within_time(response, name)
            declared = response.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        error.close()
        reason = str(error.reason).splitlines()[0] if error.reason else ""
        raise DocumentError(f"{name} answered {error.code} {reason}.") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise DocumentError(f"{name} cannot be fetched: {reason}.") from error
    if status != 200:
        raise DocumentError(f"{name} answered {status}, not 200.")
    if declared and declared.isdigit() and len(body) < min(int(declared), MAX_BYTES):
        raise DocumentError(f"{name} was cut off after {len(body)} of {declared} bytes.")
    return body


def _within_time(response: Any, name: str) -> bytes:
    """The body, as far as it is needed to see that it is too large; an endless one ends in an error."""
    end, body = time.monotonic() + URL_TIMEOUT, bytearray()
    while len(body) <= MAX_BYTES:
        chunk = response.read1(65536)
        if not chunk:
            break
        body += chunk
        if time.monotonic() > end:
            raise DocumentError(f"{name} did not arrive within {URL_TIMEOUT:g} s.")
    return bytes(body)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict | bool) for v in value)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _of(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


_NUMBERS = "maxLength minLength maxItems minItems maxProperties minProperties multipleOf"
_TAKEN: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("$ref", "a reference", _of(str)),
    ("type", "a type or a list of types", lambda v: isinstance(v, str) or (bool(v) and _are_names(v))),
    # OpenAPI's older parameters and some documents say `required: true` of a member itself.
    ("required", "a list of names", lambda v: isinstance(v, bool) or _are_names(v)),
    ("enum", "a list of plain values", lambda v: isinstance(v, list) and all(map(_is_plain, v))),
    ("const", "a plain value", _is_plain),
    ("allOf oneOf anyOf", "a list of schemas", _are_schemas),
    ("properties patternProperties", "a mapping of schemas", _of(dict)),
    ("items additionalProperties unevaluatedProperties not", "a schema", _of(dict, bool)),
    ("discriminator", "a mapping", _of(dict)),
    ("format pattern description title", "a text", _of(str, int, float, type(None))),
    (_NUMBERS, "a number", lambda v: isinstance(v, int | float) and not isinstance(v, bool)),
)
TAKES = {keyword: (wanted, fits) for keywords, wanted, fits in _TAKEN for keyword in keywords.split()}
"""The kind of value that a keyword takes, in words and as a test."""


def malformed(schema: dict[str, Any]) -> str:
    """The fault in a schema's own keywords, as a phrase; empty if they can be read."""
    for keyword, value in schema.items():
        wanted, fits = TAKES.get(str(keyword), ("", None))
        if fits is not None and not fits(value):
            return f"`{keyword}` is {_kind_of(value)}, not {wanted}"
    return ""


def _kind_of(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number"}
    return "empty" if value in (None, [], {}) else names.get(type(value), f"a {type(value).__name__}")
