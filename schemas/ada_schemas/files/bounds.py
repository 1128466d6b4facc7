"""Bounds of what is sent: the texts, numbers, lists and names that an event is likely to have.

The contract says of most texts that they are texts. A generator takes that at its word: control characters,
the year 1, an integer of forty digits. Nothing that is sent looks like this, so a receiver that stumbles
over it has done nothing wrong. What is allowed here is of the kinds that ``variation`` enumerates.

A bound yields to the documentation: where a documented value breaks it, the next wider one is taken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.json_schema import limits_of_type
from ada_schemas.variation.extreme import FORMS, LENGTHS

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Scalar

__all__ = [
    "ENTRIES",
    "ENTRY",
    "FRACTION",
    "INTEGER",
    "KEYS",
    "NAME",
    "NEW_MEMBERS",
    "OTHER_EVENT",
    "VALUE",
    "bounded_text",
]

JsonSchema = dict[str, Any]

TEXT = {"not": {"pattern": r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"}}
"""No control characters but tab and line breaks."""
NAME_LENGTH = 400
METADATA = {**TEXT, "maxLength": 4000}
"""A text in a map, which has 4 KB in all as metadata."""
WORDS = r"[A-Za-z0-9]+([ ._/:;-][A-Za-z0-9]+)*"
DAY = r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{3}([0-9]{3})?)?"
ZONE = r"(Z|\+00:00|[+-](0[1-9]|1[0-1]):(00|30))"
HEX = "[0-9a-f]"
UUID = f"{HEX}{{8}}-{HEX}{{4}}-4{HEX}{{3}}-[89ab]{HEX}{{3}}-{HEX}{{12}}"
ESCAPED = r"([A-Za-z0-9._~-]|%[2-7][0-9A-F])"
HOST = r"[a-z0-9]{1,20}(\.[a-z0-9]{1,20}){0,2}\.(com|org|net|ca|io|support)"
BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
GROUP = f"[1-9a-f]{HEX}{{0,3}}"
LANGUAGES = (
    "ar",
    "de",
    "de-AT",
    "en",
    "en-CA",
    "en-US",
    "es",
    "fr",
    "fr-CA",
    "it",
    "ja",
    "ko",
    "nl",
    "pt-BR",
    "zh",
)
MEDIA_TYPES = ("application/pdf", "image/jpeg", "image/png", "text/csv", "text/plain", "video/mp4")
INTEGER: JsonSchema = {"minimum": -(2**63), "maximum": 2**63 - 1}
"""No number is larger than 64 bits hold."""
FRACTION: JsonSchema = {**INTEGER, "not": {"multipleOf": 1}}
"""What is a number beside integers: else a generator would take both for one, and make none that is whole."""
ENTRIES = 120
"""Entries of a map, as metadata has them."""
KEYS: JsonSchema = {**TEXT, "maxLength": NAME_LENGTH}
"""The keys of a map."""
NAME = {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,60}$"}
"""The names of members that may be added."""
LINE: JsonSchema = {"type": "string", **METADATA}
ATOM: JsonSchema = {
    "anyOf": [
        {"type": ["boolean", "null"]},
        {"type": "integer", **INTEGER},
        {"type": "number", **FRACTION},
        LINE,
    ]
}
LIST: JsonSchema = {"type": "array", "items": ATOM, "maxItems": 5}
INNER: JsonSchema = {"propertyNames": NAME, "additionalProperties": {"anyOf": [ATOM, LIST]}}
VALUE: JsonSchema = {"anyOf": [ATOM, LIST, {"type": "object", **INNER, "maxProperties": 5}]}
"""A value of which nothing is said."""
NEW_MEMBERS: JsonSchema = {"additionalProperties": VALUE, "propertyNames": NAME}


def _whole(pattern: str) -> dict[str, Any]:
    return {"pattern": f"^{pattern}$"}


ENTRY: dict[str, JsonSchema] = {"string": METADATA, "integer": INTEGER, "number": FRACTION}
BOUNDS: dict[str, tuple[dict[str, Any], ...]] = {
    "": ({**_whole(WORDS), "maxLength": 100},),
    "id": (
        _whole(f"({HEX}{{24}}|{UUID})"),
        {**_whole("[A-Za-z0-9_-]+"), "maxLength": 200},
        {**_whole(WORDS), "maxLength": 200},
    ),
    "enum": (_whole("[a-z][a-z0-9_]{0,30}"), {**_whole(WORDS), "maxLength": 100}),
    "message": ({**TEXT, "maxLength": max(LENGTHS)},),
    "text": ({**TEXT, "maxLength": NAME_LENGTH},),
    "metadata": (METADATA,),
    "time": (_whole(f"{DAY}T{TIME}({ZONE})?"),),
    "date-time": (_whole(f"{DAY}T{TIME}{ZONE}"),),
    "date": (_whole(DAY),),
    "url": (_whole(rf"https://{HOST}(/{ESCAPED}*)*(\?([=&]|{ESCAPED})*)?"), {"format": "uri"}),
    "email": (_whole(r"[a-z0-9]{1,20}([.+'-][a-z0-9]{1,20}){0,2}@([a-z0-9]{1,20}\.){1,3}(com|org|cx|uk)"),),
    "domain": (_whole(r"[a-z0-9]{1,20}(-[a-z0-9]{1,20})?(\.(eu|maple|us2))?\.ada\.support"), _whole(HOST)),
    "ip": (_whole(rf"({BYTE}(\.{BYTE}){{3}}|2001:db8(:{GROUP}){{1,3}}:(:{GROUP}){{1,3}})"),),
}
LISTED = {
    "language": {*LANGUAGES, *(tag for _, tag in FORMS["language"])},
    "mime": {*MEDIA_TYPES, *(name for _, name in FORMS["mime"])},
}
"""Words that others registered: what is only formed like one is none."""
OTHER_EVENT: JsonSchema = {
    "type": "object",
    "properties": {
        "type": {"type": "string", **_whole(r"v1\.[a-z]{1,20}(_[a-z]{1,20})?(\.[a-z]{1,20}){1,2}")},
        "timestamp": {"type": "string", **BOUNDS["date-time"][0]},
        "data": {"type": "object", **NEW_MEMBERS},
    },
    "required": ["type", "timestamp", "data"],
}
"""An event of a type that may be added."""
OF_FORMAT = {"date-time": "date-time", "date": "date", "email": "email", "uri": "url", "url": "url"}
"""What a text of a format holds."""
STANDARD_FORMATS = (
    "duration",
    "hostname",
    "ipv4",
    "ipv6",
    "json-pointer",
    "regex",
    "time",
    "uri-reference",
    "uri-template",
    "uuid",
)
"""Formats that generators know, and that say enough."""


def bounded_text(shape: Scalar, demand: JsonSchema, *, closed: bool) -> JsonSchema:
    """The schema of a text, no wider than what it holds.

    ``closed``: as documented today; else ids are of other forms, and what is listed may be joined by others.
    """
    own = limits_of_type(shape, "string")
    if not shape.enum and ("pattern" in own or "minLength" in own):
        return {"type": "string", "maxLength": max(NAME_LENGTH, own.get("minLength", 0)), **own}
    holds = OF_FORMAT.get(shape.format or "", shape.holds)
    if not holds and shape.format in STANDARD_FORMATS:
        return demand
    bound = _bound("enum" if shape.enum else holds, shape, closed=closed)
    lengths = [length for length in (shape.max_length, bound.get("maxLength")) if length]
    narrowed = {"type": "string", **bound, **({"maxLength": min(lengths)} if lengths else {})}
    return _or_empty(narrowed) if shape.may_be_empty or "" in shape.examples else narrowed


def _bound(holds: str, shape: Scalar, *, closed: bool) -> JsonSchema:
    """The narrowest bound of what a text holds in which the documented values are."""
    if listed := LISTED.get(holds) or (shape.known_values if closed else ()):
        return {"enum": sorted({*listed, *shape.examples})}
    candidates = (*BOUNDS.get(holds, BOUNDS[""]), {**TEXT, "maxLength": NAME_LENGTH}, {})
    if holds == "id" and not closed:
        candidates = candidates[1:]
    return next(each for each in candidates if all(_fits(value, each) for value in shape.examples if value))


def _or_empty(bound: JsonSchema) -> JsonSchema:
    if "enum" in bound:
        return {**bound, "enum": sorted({"", *bound["enum"]})}
    if "pattern" in bound:
        return {**bound, "pattern": f"^({bound['pattern'][1:-1]})?$"}
    return {"anyOf": [bound, {"const": ""}]} if "format" in bound else bound


def _fits(value: str, bound: JsonSchema) -> bool:
    if len(value) > bound.get("maxLength", len(value)):
        return False
    if "not" in bound and re.search(bound["not"]["pattern"], value):
        return False
    return "pattern" not in bound or bool(re.search(bound["pattern"], value))
