"""Texts and numbers within the limits of a document, made without chance."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import has_pattern, is_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.shapes import Scalar

__all__ = ["key_of", "number_of", "text_of_pattern", "texts_of"]

BY_FORMAT = {
    "date-time": "2020-09-20T00:00:00+00:00",
    "date": "2020-09-20",
    "time": "10:11:12Z",
    "duration": "P1D",
    "uri": "https://example.com/adakit",
    "uri-reference": "/adakit",
    "email": "ada@example.com",
    "uuid": "61f46e0b-fa39-4e44-850b-c1ca8f958dd3",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
LONGEST_PATTERN = 500
LONGEST_TEXT = 1_000_000
MOST_REPEATED = 40
CLASSES = {"d": "0123456789", "w": "abcdefghij0123456789_", "s": " "}
ANY = "abcdefghijklmnopqrstuvwxyz"


def texts_of(shape: Scalar) -> Iterator[str]:
    """Texts of which one may be within the limits of a scalar, the likeliest first."""
    if shape.limits.pattern is not None:
        for extra in range(MOST_REPEATED):
            text = text_of_pattern(shape.limits.pattern, extra)
            if text is None:
                break
            yield text
    text = BY_FORMAT.get(shape.format or "", "example")
    least, most = shape.limits.min_length or 0, shape.max_length
    if least > LONGEST_TEXT:
        return
    if len(text) < least:
        longer = (text + "-") * (least // len(text) + 1)
        text = (
            longer[:least].replace("-", "x")
            if shape.format is None
            else _lengthened(shape.format, text, least)
        )
    yield text[:most]
    yield from ("2020-09-20T00:00:00Z", "1", "A" * max(least, 1), "0" * max(least, 1))


def _lengthened(form: str, text: str, least: int) -> str:
    """A text of a format that is as long as demanded, where the format allows it."""
    more = "x" * (least - len(text))
    return f"{more}{text}" if form in ("email", "hostname") else f"{text}{more}"


def number_of(shape: Scalar, usual: float, kind: str) -> float | None:
    """A number within the limits of a scalar, ``usual`` if that is; None where none is found."""
    limits = shape.limits
    step = limits.multiple_of or (1 if kind == "integer" else None)
    bounds = (limits.minimum, limits.maximum, limits.exclusive_minimum, limits.exclusive_maximum)
    candidates: list[float] = [usual, *(bound for bound in bounds if bound is not None)]
    for bound in [bound for bound in bounds if bound is not None]:
        candidates += [bound + 1, bound - 1]
    candidates += [sum(pair) / 2 for pair in pairwise(sorted({*candidates}))]
    ratios = [each / step for each in candidates] if step else []
    whole = [make(ratio) for ratio in ratios if math.isfinite(ratio) for make in (math.floor, math.ceil)]
    candidates += [each * step for each in whole if step]
    for each in (*candidates, 0, 1):
        if not math.isfinite(each):
            continue
        made = int(each) if kind == "integer" else each
        if is_within(shape, made):
            return made
    return None


def key_of(pattern: str | None) -> str:
    """A key of a map."""
    made = text_of_pattern(pattern, 0) if pattern is not None else None
    return made if made and has_pattern(pattern, made) else "example_key"


def text_of_pattern(pattern: str, extra: int = 0) -> str | None:
    """A text that may have a pattern; ``extra`` is how often more than at least what may repeat does.

    It knows letters, classes, groups, choices and counts. None for a pattern with anything else.
    """
    if len(pattern) > LONGEST_PATTERN:
        return None
    try:
        text, rest = _Maker(pattern, extra).choice(0)
    except (_UnknownError, IndexError, ValueError):
        return None
    return text if rest == len(pattern) else None


class _UnknownError(Exception):
    """A part of a pattern that is not known here."""


class _Maker:
    """Makes a text of a pattern, part by part: each method gives a text and where the next part begins."""

    def __init__(self, pattern: str, extra: int) -> None:
        self._pattern, self._extra = pattern, extra

    def choice(self, at: int) -> tuple[str, int]:
        """The first of several alternatives, up to the end of the group."""
        first, at = self._sequence(at)
        while at < len(self._pattern) and self._pattern[at] == "|":
            _, at = self._sequence(at + 1)
        return first, at

    def _sequence(self, at: int) -> tuple[str, int]:
        made: list[str] = []
        while at < len(self._pattern) and self._pattern[at] not in "|)":
            sort, at = self._part(at)
            least, most, at = self._count(at)
            count = least if most == least else min(least + self._extra, most)
            made.append(
                "".join(sort[(len("".join(made)) + n) % len(sort)] for n in range(count)) if sort else ""
            )
        return "".join(made), at

    def _part(self, at: int) -> tuple[list[str], int]:
        """The texts that a part may be, in turn."""
        match self._pattern[at]:
            case "^" | "$":
                return [], at + 1
            case ".":
                return list(ANY), at + 1
            case "[":
                return self._characters(at + 1)
            case "(":
                return self._group(at + 1)
            case "\\":
                return self._escaped(at + 1)
            case c if c in "*+?{":
                raise _UnknownError
            case c:
                return [c], at + 1

    def _group(self, at: int) -> tuple[list[str], int]:
        if self._pattern[at] == "?":
            named = re.compile(r"\?P?<[A-Za-z]\w*>").match(self._pattern, at)
            if self._pattern.startswith("?:", at):
                at += 2
            elif named:
                at = named.end()
            else:
                raise _UnknownError
        text, at = self.choice(at)
        if self._pattern[at] != ")":
            raise _UnknownError
        return [text], at + 1

    def _escaped(self, at: int) -> tuple[list[str], int]:
        c = self._pattern[at]
        if c in CLASSES:
            return list(CLASSES[c]), at + 1
        if c in "DWS":
            return ["-"] if c in ("D", "W") else list(ANY), at + 1
        if c in "tnr":
            return [{"t": "\t", "n": "\n", "r": "\r"}[c]], at + 1
        if c == "b" or (c.isalnum() and c not in "ux"):
            raise _UnknownError
        if c in "ux":
            digits = 4 if c == "u" else 2
            return [chr(int(self._pattern[at + 1 : at + 1 + digits], 16))], at + 1 + digits
        return [c], at + 1

    def _characters(self, at: int) -> tuple[list[str], int]:
        negated = self._pattern[at] == "^"
        at += negated
        found: list[str] = []
        begun = at
        while self._pattern[at] != "]" or at == begun:
            one, at = self._escaped(at + 1) if self._pattern[at] == "\\" else ([self._pattern[at]], at + 1)
            if self._pattern[at] == "-" and self._pattern[at + 1] != "]" and len(one) == 1:
                other, at = (
                    self._escaped(at + 2)
                    if self._pattern[at + 1] == "\\"
                    else ([self._pattern[at + 1]], at + 2)
                )
                one = [chr(code) for code in range(ord(one[0]), min(ord(other[0]), ord(one[0]) + 30) + 1)]
            found += one
        if negated:
            usual = [c for c in ANY + "0123456789-_ " if c not in found]
            return usual[:26] or [], at + 1
        return found, at + 1

    def _count(self, at: int) -> tuple[int, int, int]:
        """How often a part comes at least and at most, and where the next begins."""
        least, most = 1, 1
        counted = re.compile(r"\{(\d+)(,(\d*))?\}").match(self._pattern, at)
        if counted:
            least = int(counted[1])
            most = least if counted[2] is None else int(counted[3]) if counted[3] else least + MOST_REPEATED
            at = counted.end()
        elif at < len(self._pattern) and self._pattern[at] in "*+?":
            least, most = {"*": (0, MOST_REPEATED), "+": (1, MOST_REPEATED), "?": (0, 1)}[self._pattern[at]]
            at += 1
        if at < len(self._pattern) and self._pattern[at] in "?+" and counted:
            at += 1
        if max(least, most) > 10_000:
            raise _UnknownError
        return least, most, at


def of_kind(shape: Scalar, kind: str) -> Any:
    """A value of one type within the limits of a scalar, None where none is found."""
    match kind:
        case "string":
            return next((text for text in texts_of(shape) if is_within(shape, text)), None)
        case "boolean":
            return True
        case "integer":
            return number_of(shape, 7, kind)
    return number_of(shape, 3.5, kind)
