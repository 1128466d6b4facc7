"""JSON from outside: read within bounds of size, depth and numbers, or refused in one line.

All that others wrote (payloads, recordings, schema files, what a witness answers) is read here. Whatever it
holds, `DocumentError` is all that is raised.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import TYPE_CHECKING, Any

from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "MAX_NODES", "limit", "read_entries", "read_json"]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100
MAX_NODES = 2_000_000
LARGEST_ENTRY = 256 * 1024
"""Characters of one entry of a list that is read piece by piece."""

_SPACE = re.compile(r"[ \t\n\r]*")


def read_json(raw: bytes | str, *, name: str) -> Any:
    """Parse JSON as the standard says: no ``NaN`` or ``Infinity``; raises DocumentError.

    ``name`` is what errors call the text. It may have 64 MB, 2,000,000 values, 100 levels, numbers that a
    double holds and integers of 4,300 digits.
    """
    if len(raw) > MAX_BYTES:
        raise DocumentError(f"{name} is larger than {MAX_BYTES // 1024 // 1024} MB.")
    text = raw if isinstance(raw, str) else _decoded(raw, name)
    if sum(map(text.count, ",[{")) >= MAX_NODES:  # what is a text of commas counts as well
        raise DocumentError(f"{name} is not valid JSON: more than {MAX_NODES:,} values.")
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"{name} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{name} is not valid JSON: {_reason(error)}.") from error
    if sum(map(text.count, "[{")) > MAX_DEPTH:
        limit(value, name=name)
    return value


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{name} is not UTF-8 text: {error.reason} at byte {error.start}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    said = str(error)
    return "an integer of too many digits" if "integer string conversion" in said else said


def _refuse(token: str) -> Any:
    raise ValueError(f"{token} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number that is too large")
    return number


def limit(value: Any, *, name: str, through: str = "") -> None:
    """Raise DocumentError for a value of more than 100 levels or 2,000,000 values; it may hold itself.

    ``through`` says by what it came to so many.
    """
    level, nodes, depth = [value], 1, 0
    while level:
        if depth > MAX_DEPTH:
            itself = ", or refers to itself" if through else ""
            raise DocumentError(f"{name} is nested more than {MAX_DEPTH} levels deep{itself}.")
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
            if nodes + len(below) > MAX_NODES:
                raise DocumentError(f"{name} expands to more than {MAX_NODES:,} values{through}.")
        nodes, depth, level = nodes + len(below), depth + 1, below


def read_entries(raw: bytes, *, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list, one at a time: however long it is, one is held. Raises DocumentError.

    It is raised where the list breaks off, after the entries before. An entry may have 256 KB and 100 levels.
    """
    text = _Pieces(raw, name)
    text.expect("[")
    if text.next() == "]":
        text.expect("]")
    else:
        yield text.entry()
        while text.next() == ",":
            text.expect(",")
            yield text.entry()
        text.expect("]")
    if text.next():
        raise text.wrong()


class _Pieces:
    """The text of some bytes, of which a piece is held; the place that is read goes on and never back."""

    def __init__(self, raw: bytes, name: str) -> None:
        self._raw, self._name, self._taken = memoryview(raw), name, 0
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._scan = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).raw_decode
        self._text, self._at = "", 0

    def wrong(self, reason: str = "no list of objects") -> DocumentError:
        return DocumentError(f"{self._name} is not valid JSON: {reason}.")

    def _refill(self) -> None:
        """Let go of what was read, and hold the next piece behind what was not."""
        piece = self._raw[self._taken : self._taken + LARGEST_ENTRY]
        self._taken += len(piece)
        try:
            decoded = self._decoder.decode(piece, final=self._taken == len(self._raw))
        except UnicodeDecodeError as error:
            raise DocumentError(f"{self._name} is not UTF-8 text: {error.reason}.") from error
        self._text, self._at = self._text[self._at :] + decoded, 0

    def next(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._taken == len(self._raw):
                return self._text[self._at : self._at + 1]
            self._refill()

    def expect(self, character: str) -> None:
        """Go on behind that character."""
        if self.next() != character:
            raise self.wrong()
        self._at += 1

    def entry(self) -> dict[str, Any]:
        """Go on behind the next object, and return it."""
        if self.next() != "{":
            raise self.wrong()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
                break
            except json.JSONDecodeError as error:
                if self._taken == len(self._raw) or len(self._text) - self._at > LARGEST_ENTRY:
                    raise self.wrong() from error
                self._refill()
            except (ValueError, RecursionError) as error:
                raise self.wrong(_reason(error)) from error
        if end - self._at > 2 * MAX_DEPTH:  # a shorter one cannot be so deep, if it is complete
            limit(value, name=self._name)
        self._at, found = end, dict[str, Any](value)
        return found
