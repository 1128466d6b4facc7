"""Redaction: received requests as lines that can be shared, without people, texts and secrets.

A recording is NDJSON, one request a line: when it came (Unix seconds), its ``svix_id``, the names of its
headers, and ``event``, the payload. In it every id, name, address and URL is replaced by a made-up one, the
same for the same, so that events still belong together; texts keep their shape alone; what the contract
enumerates, times and small numbers stay. What is no JSON object is recorded by its size alone.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from itertools import islice
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.payload import encode
from ada_schemas.errors import DocumentError, UsageError
from ada_schemas.foreign_json import limit, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_mockserver.delivery.http import Headers

__all__ = ["Recorded", "Redactor", "read_recording"]

_KEPT = frozenset(
    {"activity", "entity_type", "handoff_integration", "interface", "language", "mime_type", "modality"}
    | {"role", "type"}
)
_WORD = re.compile(r"[A-Za-z0-9_./+-]{1,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*|(data|mailto|tel):\S*")
_DOMAIN = re.compile(r"[a-z0-9-]+((\.[a-z0-9]+)?\.ada\.support)")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_KEPT_HEADERS = frozenset({"content-type", "user-agent", "svix-timestamp", "webhook-timestamp"})
_SMALL = 99_999


class Redactor:
    """Replaces what must not be shared; with the same ``key`` the same is replaced by the same.

    ``key`` is confidential: who knows it can find out what stood there by trying.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def line(self, headers: Headers, body: bytes, *, at: float, verified: bool | None) -> bytes:
        """One request as a line; ``at`` is Unix seconds, ``verified`` None where there was no secret."""
        found = {name.lower(): value for name, value in headers}
        message_id = found.get("svix-id") or found.get("webhook-id")
        try:
            event = read_json(body, name="the body")
        except DocumentError:
            event = None
        recorded: dict[str, Any] = {
            "at": round(at, 3),
            "svix_id": None if message_id is None else self._id(message_id),
            "verified": verified,
            "headers": {name: value if name in _KEPT_HEADERS else "***" for name, value in found.items()},
            "event": self.event(event) if isinstance(event, dict) else None,
        }
        if recorded["event"] is None or _is_beyond_limits(recorded):
            recorded |= {"event": None, "bytes": len(body)}
        return json.dumps(recorded, separators=(",", ":")).encode() + b"\n"

    def event(self, value: Any, name: str = "") -> Any:
        """A payload, or a part of one that stands under ``name``, with everything replaced that must be."""
        match value:
            case dict():
                # The names in metadata are the customer's own: they say nothing about the values.
                free = name == "metadata"
                return {self._member(k): self.event(v, "" if free else k) for k, v in value.items()}
            case list():
                return [self.event(member, name) for member in value]
            case str():
                return self._text(value, name)
            case int() | float() if not isinstance(value, bool) and abs(value) > _SMALL:
                return self._digits(value)
        return value

    def _text(self, text: str, name: str) -> str:
        if not text:
            return text
        if _TIME.fullmatch(text) or (name in _KEPT and _WORD.fullmatch(text)):
            return text
        if _OBJECT_ID.fullmatch(text) or _UUID.fullmatch(text) or name.endswith("id") or name == "tags":
            return self._id(text)
        if _URL.fullmatch(text):
            extension = _EXTENSION.search(text.partition("?")[0])
            return f"https://example.com/{self._hash(text)[:12]}{extension[0] if extension else ''}"
        if _MAIL.fullmatch(text):
            return f"person-{self._hash(text)[:8]}@example.com"
        if domain := _DOMAIN.fullmatch(text):
            return f"agent-{self._hash(text)[:6]}{domain[1]}"
        if name.endswith("name"):
            return f"Name {self._hash(text)[:6]}"
        return "".join(_like(character, digit="0", letter="x") for character in text)

    def _id(self, text: str) -> str:
        """Another id of the same shape: hexadecimal stays so, digits become digits, the prefix stays."""
        prefix = match[0] if (match := re.match(r"(msg|ep|atmpt)_", text)) else ""
        rest, is_hexadecimal = text[len(prefix) :], bool(_OBJECT_ID.fullmatch(text) or _UUID.fullmatch(text))
        stream = self._stream(text)
        return prefix + "".join(_shaped(character, next(stream), is_hexadecimal) for character in rest)

    def _digits(self, number: float) -> float:
        """Another number of as many digits, at most 15."""
        length = len(str(int(min(abs(number), 1e14))))
        digits = "1" + "".join(str(drawn % 10) for drawn in islice(self._stream(repr(number)), length - 1))
        made = -int(digits) if number < 0 else int(digits)
        return made if isinstance(number, int) else float(made)

    def _member(self, name: str) -> str:
        """Names of members stay, unless somebody's address is one."""
        if _MAIL.fullmatch(name) or _URL.fullmatch(name):
            return self._text(name, "")
        return name.encode("utf-8", "backslashreplace").decode()  # a lone surrogate could not be sent again

    def _hash(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def _stream(self, text: str) -> Iterator[int]:
        block = text.encode("utf-8", "surrogatepass")
        while True:
            block = hmac.digest(self._key, block, hashlib.sha256)
            yield from block


def _shaped(character: str, drawn: int, is_hexadecimal: bool) -> str:
    if is_hexadecimal and character.isalnum():
        return f"{drawn % 16:x}"
    return _like(character, digit=str(drawn % 10), letter=ascii_lowercase[drawn % 26])


def _like(character: str, *, digit: str, letter: str) -> str:
    if character.isdigit():
        return digit
    if character.isalpha() or "\ud800" <= character <= "\udfff":
        return letter.upper() if character.isupper() else letter
    return character


def _is_beyond_limits(recorded: dict[str, Any]) -> bool:
    """True if a record is larger than what is read again, as its event by itself is not."""
    try:
        limit(recorded, name="the record")
    except DocumentError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of a recording: its ``body`` as it is sent again, its ``type``, and the id that it came under.

    ``message_id`` is None for an event that came under none.
    """

    message_id: str | None
    type: str
    body: bytes


def read_recording(content: bytes, *, name: str) -> list[Recorded]:
    """The events of a recording.

    Lines that are events themselves, as ``adakit generate`` prints them, are taken too, byte for byte; lines
    without an event are left out. Raises `UsageError`, with the line, for what is neither and for what cannot
    be sent, and where no event is left.
    """
    found = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"Line {number} of {name}"
        try:
            recorded = _recorded(line, place)
        except UsageError as error:
            raise UsageError(
                error.what,
                next_step="A recording is what `adakit listen --record FILE` writes, one JSON object a line.",
            ) from None
        if recorded is not None:
            found.append(recorded)
    if not found:
        raise UsageError(f"{name} holds no event.", next_step="Record some with: adakit listen --record FILE")
    return found


def _recorded(line: bytes, place: str) -> Recorded | None:
    """The event of a line, None where there is none; raises `UsageError` for a line of something else."""
    record = read_json(line, name=place)
    if not isinstance(record, dict) or not ("event" in record or "type" in record):
        raise UsageError(f"{place} is no recorded request.")
    event = record.get("event")
    is_record = isinstance(event, dict) and "type" in event
    if "type" in record and not is_record:  # an event that may have such a member
        return Recorded(None, str(record["type"]), line.strip().removeprefix(codecs.BOM_UTF8))
    if not isinstance(event, dict):
        return None
    message_id = record.get("svix_id")
    try:
        body = encode(event)
    except UsageError as error:
        raise UsageError(f"{place} cannot be sent again. {error.what}") from None
    kind = str(event.get("type", "(no type)"))
    return Recorded(message_id if isinstance(message_id, str) else None, kind, body)
