"""Looks by which a body is suspected, where what it was before cannot be restored."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["suspicion"]


def suspicion(body: bytes) -> str:
    """A sentence on a body that cannot be what was signed, though what it was cannot be restored; or ""."""
    if not body.strip():
        return EMPTY
    text = body.decode("utf-8", "replace")
    for marks, said in SUSPICIONS:
        if marks(body, text):
            return said
    return ""


EMPTY = (
    "The body is empty: a parser read it before. Take the raw body first (express.raw, await request.body(),"
    " request.get_data()), and parse it afterwards."
)

SUSPICIONS: tuple[tuple[Callable[[bytes, str], object], str], ...] = (
    (
        lambda body, _: body[:2] == b"\x1f\x8b",
        "The body is compressed (gzip): verify over the bytes as they were sent, before any compression.",
    ),
    (
        lambda body, _: body[:2] in (b"\xff\xfe", b"\xfe\xff"),
        "The body is UTF-16: keep the bytes as received, which are UTF-8.",
    ),
    (
        lambda body, _: body.strip() == b"{}",
        "The body is an empty object: a parser found nothing, or read the body before. Take the raw body.",
    ),
    (
        lambda _, text: "[object " in text[:20],
        "The body is an object's name: a parsed body was written as text. Take the raw body.",
    ),
    (
        lambda body, text: "\ufffd" in text and "\ufffd".encode() not in body,
        "The body is not UTF-8, which every event is: keep the bytes as received.",
    ),
    (
        lambda _, text: "\ufffd" in text,
        "The body has marks (U+FFFD) of a decoder that lost characters: keep the bytes as received.",
    ),
    (
        lambda _, text: re.match(r"\s*\{['\w]", text),
        "The body is no JSON, but a language's own notation of a parsed one: take the raw body.",
    ),
    (
        lambda _, text: text.lstrip()[:1] == "{" and _cut_off(text),
        "The body is cut off: it is not a whole JSON document. Keep all of it.",
    ),
    (
        lambda _, text: text.lstrip()[:1] not in ("{", ""),
        "The body is no JSON object, which every event is: take the raw body.",
    ),
)
"""What shows it, and the sentence."""


def _cut_off(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        at_the_end = error.pos >= len(text.rstrip()) - 1 and error.msg != "Extra data"
        return at_the_end or "Unterminated" in error.msg
    except (ValueError, RecursionError):
        return False
    return False
