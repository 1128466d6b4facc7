"""ADA107, ADA108 and ADA205: long, odd and large values, every documented form of a time, other ids.

Lengths are varied for texts, ids and addresses, characters for free text only: never for URLs, e-mail
addresses, languages or domains, about which the documentation says more. Those take the ordinary forms
of the standards they follow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import fits
from ada_schemas.contract.identity import numbered
from ada_schemas.contract.paths import apart, union_of
from ada_schemas.contract.samples import sample
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, Union, payload_path
from ada_schemas.variation.builder import Variation, VariationBuilder, changing, putting
from ada_schemas.variation.texts import BLANKS, cut_texts, presigned_address, varied_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.shapes import Shape

__all__ = ["extreme_variations", "reshaped"]

LENGTHS = (0, 1, 255, 256, 1024, 4096, 10_000, 100_000)
"""Characters of a message, the longest without a space; no limit is documented."""

VARIED_LENGTHS = (3000, 10_000)
"""Characters of a message that does not compress: an index row of PostgreSQL has 2,704 bytes, compressed."""

ADDRESS_LENGTHS = (1000, 2100, 4100)
"""Characters of an address, as presigned ones have them: beyond columns and types of 512, 1024, 2000, 2048,
2083 and 4096."""

ZERO = "0"
"""A text that PHP takes for an empty one, and that others take for a number."""

EMOJI = {"message": 2100, "text": 130}
"""Emoji in a row: beyond limits of 4,096 and of 255 UTF-16 units."""

CHARACTERS = {
    "emoji": "Danke 👩‍👩‍👧‍👦🇨🇦 👍🏽 see you",
    "combining": "e\u0301 \u0301 Z\u0351\u0343a\u0310lgo",
    "right-to-left": "شكرا جزيلا, \u202bשלום\u202c ok",
    "cjk": "ありがとう、注文番号は何ですか？",
    "html": "<b>bold<br> <script>alert('x')</script> AT&T &amp; 3 < 4 > &lt; &nbsp",
    "sql": "Robert'); DROP TABLE messages;-- %s %(x)s ? :name",
    "quotes": 'She said "it\'s fine" and ‘left’ “then”',
    "backslashes": "C:\\new\\table \\u0041 \\\\ \\n {0} ${x} {{y}}",
    "lines": "first\nsecond\r\nthird\ttab",
    "repeated": f"N{'o' * 48}! {'ha' * 30} {'please ' * 12}{'!?' * 30} {' ' * 40}-{'1' * 40}x",
    "separators": "line\u2028paragraph\u2029zero\u200bwidth\ufeffmark\u00a0space",
}
"""Character classes that break encodings, templates, queries and logs; no character is excluded."""

IDS = {
    "12-characters": "Ab3dE6gH9jKl",
    "36-characters": "0b7e4f7c-1d7a-4c3f-9a51-6c2f5d0e8b19",
    "64-characters": "cnv_" + "0123456789abcdef" * 3 + "0123456789ab",
    "200-characters": "id-" + "0123456789ABCDEFGHIJ" * 9 + "01234567890123456",
}

FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "language": (
        ("pt", "pt"),
        ("es-419", "es-419"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("ca-valencia", "ca-ES-valencia"),
    ),
    "domain": tuple((region, f"acme-shop.{region}.ada.support") for region in ("eu", "maple", "us2")),
    "ip": (("v6", "2001:db8:85a3::8a2e:370:7334"),),
    "email": (("plus", "ada.lovelace+news@mail.example.co.uk"), ("apostrophe", "o'brien@example.com")),
    "mime": (
        ("image", "image/heic"),
        ("binary", "application/octet-stream"),
        ("parameters", "text/plain; charset=utf-8"),
        ("long", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ),
}
"""Ordinary forms of what a standard or the documentation defines: tags of BCP 47 with a number for the
region, a script, a variant; regional hosts (``<handle>.eu.ada.support``); IP addresses of version 6."""

TIMES = {
    "seconds-offset": "2020-09-20T00:00:00+00:00",
    "milliseconds-offset": "2026-03-04T10:11:12.345+00:00",
    "microseconds-offset": "2026-03-04T10:11:12.345678+00:00",
    "seconds-z": "2026-03-04T10:11:12Z",
    "milliseconds-z": "2026-03-04T10:11:12.345Z",
    "other-offset": "2026-03-04T05:11:12.345-05:00",
}
NAIVE_TIMES = {
    "naive-seconds": "2026-03-04T10:11:12",
    "naive-milliseconds": "2026-03-04T10:11:12.345",
    "naive-microseconds": "2026-03-04T10:11:12.345678",
}
"""Shown by the documentation, with a fraction, for members that it does not declare as date-time; what writes
them leaves the fraction out where it is zero."""

NUMBERS: dict[str, tuple[tuple[str, Any], ...]] = {
    "integer": (
        ("integer-beyond-2-53", 2**53 + 1),
        ("integer-64-bit", 2**63 - 1),
        ("integer-64-bit-negative", -(2**63)),
    ),
    "number": (
        ("number-tiny", 1e-7),
        ("number-huge", 1.7976931348623157e308),
        ("number-many-digits", 0.1234567890123456),
        ("number-negative-zero", -0.0),
    ),
}
WIDEST = 2**53
"""None from this number on is sent in a map whose size is not documented: it may count things."""
LONGEST_TEXT = 1_000_000
"""Characters of the longest text that is sent, however long one may be."""
MANY = 100
"""Entries that are added to a list."""


def extreme_variations(builder: VariationBuilder) -> Iterator[Variation]:
    """Extremes, forms of times, and other ids, in documented order."""
    for path, shape in builder.places.items():
        match shape:
            case Scalar(holds="message"):
                yield from _lengths(builder, path, LENGTHS)
                yield from _varied_lengths(builder, path)
                yield builder.put("ADA107", "text", path, "is a zero", ZERO, detail="zero")
                yield from _texts(builder, path, shape)
            case Scalar(holds="text"):
                if not shape.may_be_empty:  # that is ADA104's
                    yield from _lengths(builder, path, (0,))
                yield from _texts(builder, path, shape)
            case Scalar(holds="url"):
                yield from _addresses(builder, path)
            case Scalar(holds="time"):
                yield from _times(builder, path, shape)
            case Scalar(holds="id"):
                yield from _ids(builder, path)
            case Scalar() if shape.holds in FORMS:
                for label, value in FORMS[shape.holds]:
                    yield builder.put("ADA107", "form", path, f"is {value}", value, detail=label)
            case Scalar() if shape.max_length is not None:
                yield from _longest(builder, path, shape, shape.max_length)
            case Array():
                yield from _entries_of_list(builder, path, shape)
            case Mapping():
                yield from _entries(builder, path, shape)


def _lengths(builder: VariationBuilder, path: str, lengths: tuple[int, ...]) -> Iterator[Variation]:
    for length in lengths:
        words = "All work and no play. " if length < LENGTHS[-1] else "0123456789abcdef"
        text = (words * (length // len(words) + 1))[:length]
        said, label = f"has {length} characters", f"{length}-characters"
        ignorable = not text and _says_it_all(builder, path)
        yield builder.put("ADA107", "length", path, said, text, detail=label, ignorable=ignorable)


def _says_it_all(builder: VariationBuilder, path: str) -> bool:
    """True if the text is all that a branch of a union holds: where it is blank, there is no message."""
    branch, name = apart(path)
    around, union = builder.places[branch], builder.places.get(union_of(branch) or "")
    if not (isinstance(around, Object) and isinstance(union, Union)):
        return False
    return {m.name for m in around.members} == {union.discriminator, name}


def _varied_lengths(builder: VariationBuilder, path: str) -> Iterator[Variation]:
    for length in VARIED_LENGTHS:
        said, text = f"has {length} characters of varied words", varied_words(length)
        yield builder.put("ADA107", "length", path, said, text, detail=f"{length}-varied")


def _addresses(builder: VariationBuilder, path: str) -> Iterator[Variation]:
    for length in ADDRESS_LENGTHS:
        said, address = f"has {length} characters", presigned_address(length)
        yield builder.put("ADA107", "address", path, said, address, detail=f"{length}-characters")


def _texts(builder: VariationBuilder, path: str, shape: Scalar) -> Iterator[Variation]:
    for label, text in CHARACTERS.items():
        yield builder.put("ADA107", "text", path, f"holds {label.replace('-', ' ')}", text, detail=label)
    for label, (said, text) in cut_texts(EMOJI[shape.holds]).items():
        yield builder.put("ADA107", "text", path, said, text, detail=label)
    ignorable = _says_it_all(builder, path)
    for label, (said, text) in BLANKS.items():
        yield builder.put("ADA107", "blank", path, said, text, detail=label, ignorable=ignorable)


def _longest(builder: VariationBuilder, path: str, shape: Scalar, length: int) -> Iterator[Variation]:
    text = ("crm-0123456789-" * (min(length, LONGEST_TEXT) // 15 + 1))[:length]
    if length <= LONGEST_TEXT and fits(shape, text):
        said = f"has {length} characters"
        yield builder.put("ADA107", "length", path, said, text, detail=f"{length}-characters")


def _times(builder: VariationBuilder, path: str, shape: Scalar) -> Iterator[Variation]:
    forms = TIMES if shape.format == "date-time" else {**TIMES, **NAIVE_TIMES}
    for label, text in forms.items():
        yield builder.put("ADA108", "time", path, f"is {text}", text, detail=label)


def _ids(builder: VariationBuilder, path: str) -> Iterator[Variation]:
    place = payload_path(path)
    for label, pattern in IDS.items():
        said, change = f"{place} has {label.replace('-', ' ')}", changing(place, reshaped(pattern))
        yield builder.build("ADA205", "forward:id", path, said, change, detail=label, keep=(place,))


def reshaped(pattern: str) -> Any:
    """An id in the pattern's form that is as particular as the one it replaces."""

    def reshape(old: Any) -> str:
        digits = [c for c in str(old) if c.isalnum()] or ["0"]
        fresh = iter(digits[-10:])
        reversed_id = [next(fresh, c) if c.isalnum() else c for c in reversed(pattern)]
        return "".join(reversed(reversed_id))

    return reshape


def _entries_of_list(builder: VariationBuilder, path: str, shape: Array) -> Iterator[Variation]:
    if not shape.min_items:
        yield builder.put("ADA107", "list", path, "is empty", [], detail="empty")
    place, many = payload_path(path), _many(shape.items)
    if _is_limited(shape) or not fits(replace(shape, max_items=None), many):
        return

    provider = builder.event.profile.provider

    def lengthened(old: Any) -> list[Any]:
        """With entries that are none of those that are there: no id of theirs comes twice."""
        there = old or []
        first = next(iter(there), many[0])
        if not isinstance(first, dict):
            return [*there, *many]
        drawn = (numbered(shape.items, first, n, provider) for n in range(1, MANY + len(there) + 1))
        more = [entry for entry in drawn if entry not in there]
        return [*there, *(more or [first] * MANY)[:MANY]]

    said, change = f"{place} has {MANY} more entries", changing(place, lengthened)
    yield builder.build("ADA107", "list", path, said, change, detail="many", keep=(place,))


def _is_limited(shape: Array) -> bool:
    """True for a list that cannot have so many more entries of one shape."""
    unread = isinstance(shape.items, Anything) and shape.items.unread
    return bool(unread or shape.first) or (shape.max_items is not None and shape.max_items < 2 * MANY)


def _many(items: Shape) -> list[Any]:
    """So many entries of a list: texts that are free differ, others are as the contract has them."""
    if isinstance(items, Scalar) and items.types == ("string",):
        texts = [f"tag-{n:03}"[: items.max_length] for n in range(MANY)]
        if fits(items, texts[0]):
            return texts
    return [sample(items)] * MANY


def _entries(builder: VariationBuilder, path: str, shape: Mapping) -> Iterator[Variation]:
    match shape.values:
        case Scalar():
            types = shape.values.types
        case Anything():
            types = () if shape.values.unread else shape.values.sends or ("string", "integer", "number")
        case _:
            return
    place = payload_path(path)
    numbers = [number for kind in types for number in NUMBERS.get(kind, ())]
    if not shape.max_bytes:
        numbers = [(label, value) for label, value in numbers if abs(value) < WIDEST]
    entries: list[tuple[str, str, Any]] = [
        (label, f"has the value {value}", value) for label, value in numbers
    ]
    if "string" in types:
        entries += [
            (f"text-{label}", f"has a value with {label.replace('-', ' ')}", text)
            for label, text in CHARACTERS.items()
        ]
    for label, phrase, value in entries:
        if not fits(shape, {"adakit_entry": value}):
            continue
        change = putting(f"{place}.adakit_entry", value)
        yield builder.build("ADA107", "metadata", path, f"{place} {phrase}", change, detail=label)
