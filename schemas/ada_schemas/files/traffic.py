"""An event's schema narrowed to what a sender sends, so that tools which generate from it send likely events.

The contract says of most texts that they are texts. A generator takes that at its word: control characters,
the year 1, an integer of forty digits. Nothing that Ada sends looks like this, so a receiver that stumbles
over it has done nothing wrong. What is allowed here is of the kinds that ``variation`` enumerates.

A bound yields to the documentation: where a documented value breaks it, the next wider one is taken.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, Union, payload_path, rewrite
from ada_schemas.files.coherent import coherent_payloads
from ada_schemas.variation.extreme import FORMS, LENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.constraints import Constraint
    from ada_schemas.contract.shapes import Event, Shape

__all__ = ["NEW_MEMBERS", "OTHER_EVENT", "traffic_schema"]

JsonSchema = dict[str, Any]

TEXT = {"not": {"pattern": r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"}}
"""No control characters but tab and line breaks."""
NAME_LENGTH = 400
METADATA = {**TEXT, "maxLength": 4096}
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
INTEGER = {"minimum": -(2**63), "maximum": 2**63 - 1}
ENTRIES = 120
"""Entries of a map, as metadata has them."""
NAME = {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,60}$"}
"""The names of members that Ada may add."""
LINE: JsonSchema = {"type": "string", **TEXT, "maxLength": NAME_LENGTH}
VALUE: JsonSchema = {
    "anyOf": [
        {"type": ["number", "boolean", "null"]},
        {"type": "integer", **INTEGER},
        LINE,
        {"type": "array", "items": LINE, "maxItems": 5},
        {"type": "object", "propertyNames": NAME, "additionalProperties": LINE, "maxProperties": 5},
    ]
}
"""A value of which nothing is said."""
NEW_MEMBERS: JsonSchema = {"additionalProperties": VALUE, "propertyNames": NAME}


def _whole(pattern: str) -> dict[str, Any]:
    return {"pattern": f"^{pattern}$"}


def _listed(kind: str, more: tuple[str, ...]) -> dict[str, Any]:
    return {"enum": sorted({*more, *(value for _, value in FORMS[kind])})}


ENTRY: dict[str, JsonSchema] = {"string": METADATA, "integer": INTEGER}
BOUNDS: dict[str, tuple[dict[str, Any], ...]] = {
    "": ({**_whole(WORDS), "maxLength": 100}, {**TEXT, "maxLength": NAME_LENGTH}),
    "id": (
        _whole(f"({HEX}{{24}}|{UUID})"),
        {**_whole("[A-Za-z0-9_-]+"), "maxLength": 200},
        {**_whole(WORDS), "maxLength": 200},
    ),
    "enum": (_whole("[a-z][a-z0-9_]{0,30}"), {**_whole(WORDS), "maxLength": 100}, {}),
    "message": ({**TEXT, "maxLength": max(LENGTHS)},),
    "text": ({**TEXT, "maxLength": NAME_LENGTH},),
    "metadata": (METADATA,),
    "time": (_whole(f"{DAY}T{TIME}({ZONE})?"),),
    "date-time": (_whole(f"{DAY}T{TIME}{ZONE}"),),
    "date": (_whole(DAY),),
    "url": (_whole(rf"https://{HOST}(/{ESCAPED}*)*(\?([=&]|{ESCAPED})*)?"), {"format": "uri"}),
    "email": (_whole(r"[a-z0-9]{1,20}([.+'-][a-z0-9]{1,20}){0,2}@([a-z0-9]{1,20}\.){1,3}(com|org|cx|uk)"),),
    "domain": (_whole(r"[a-z0-9]{1,20}(-[a-z0-9]{1,20})?(\.(eu|maple|us2))?\.ada\.support"), _whole(HOST)),
    "ip": (
        _whole(rf"({BYTE}(\.{BYTE}){{3}}|2001:db8(:{GROUP}){{1,3}}:(:{GROUP}){{1,3}})"),
        {"format": "ipv4"},
    ),
    "language": (_listed("language", LANGUAGES),),
    "mime": (_listed("mime", MEDIA_TYPES),),
}
OTHER_EVENT: JsonSchema = {
    "type": "object",
    "properties": {
        "type": {"type": "string", **_whole(r"v1\.[a-z]{1,20}(_[a-z]{1,20})?(\.[a-z]{1,20}){1,2}")},
        "timestamp": {"type": "string", **BOUNDS["date-time"][0]},
        "data": {"type": "object", **NEW_MEMBERS},
    },
    "required": ["type", "timestamp", "data"],
}
"""An event of a type that Ada may add."""
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


def traffic_schema(
    event: Event, constraints: tuple[Constraint, ...] = (), *, closed: bool = True
) -> dict[str, Any]:
    """The schema of an event as it is sent; ``closed``: as documented today, else with what Ada may add.

    What is always sent (``identity``) is required; ``constraints`` are kept (``coherent``).
    """
    sent: Any = rewrite(event.payload, partial(_as_sent, event))
    payloads: dict[str, Any] = coherent_payloads(replace(event, payload=sent), constraints, closed=closed)
    narrow = partial(_narrowed, closed=closed)
    schemas = {
        told: narrow(payload, event_schema(replace(event, payload=payload), closed=closed, narrow=narrow))
        for told, payload in payloads.items()
    }
    head = {"title": event.type, "description": event.description}
    if len(schemas) == 1:
        return head | _body(schemas.popitem()[1])
    return {**head, "anyOf": [{"title": told, **_body(schema)} for told, schema in schemas.items()]}


def _body(schema: JsonSchema) -> JsonSchema:
    return {
        k: v for k, v in schema.items() if k not in ("$schema", "$id", "title", "description", "examples")
    }


def _as_sent(event: Event, path: str, shape: Shape) -> Shape:
    """The shape of a place that knows what the documentation shows there and requires what is always sent."""
    match shape:
        case Scalar():
            shown = (v for example in event.examples for v in _found(example.value, payload_path(path)))
            known = {v: None for v in (*shape.examples, *shown) if isinstance(v, str)}
            return replace(shape, examples=tuple(known) or shape.examples)
        case Object():
            members = (replace(m, required=m.required or m.shape.identity) for m in shape.members)
            return replace(shape, members=tuple(members))
        case Mapping(values=Scalar(holds="") as values):
            return replace(shape, values=replace(values, holds="metadata"))
    return shape


def _found(node: Any, path: str) -> Iterator[Any]:
    """The values at a payload path, ``*`` in which stands for every entry."""
    head, _, rest = path.partition(".")
    if not path:
        yield node
    elif head == "*":
        for entry in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from _found(entry, rest)
    elif isinstance(node, dict) and head in node:
        yield from _found(node[head], rest)


def _narrowed(shape: Shape, demand: JsonSchema, *, closed: bool) -> JsonSchema:
    kind = demand.get("type")
    match shape:
        case Object() | Union() if not closed:
            return {**demand, **NEW_MEMBERS, "propertyNames": _names(demand["properties"])}
        case Array():
            return {**demand, "maxItems": ENTRIES}
        case Mapping():
            keys = {**TEXT, "maxLength": NAME_LENGTH}
            return {**demand, "propertyNames": keys, "maxProperties": ENTRIES}
        case Scalar() if kind == "string":
            return _text(shape, demand, closed=closed)
        case Anything():
            return VALUE if kind is None else {**demand, **ENTRY.get(kind, {})}
    return {**demand, **INTEGER} if kind == "integer" else demand


def _names(known: dict[str, Any]) -> JsonSchema:
    odd = [name for name in known if not re.search(NAME["pattern"], name)]
    return {"anyOf": [NAME, {"enum": odd}]} if odd else NAME


def _text(shape: Scalar, demand: JsonSchema, *, closed: bool) -> JsonSchema:
    holds = OF_FORMAT.get(shape.format or "", shape.holds)
    if not holds and shape.format in STANDARD_FORMATS:
        return demand
    candidates = BOUNDS.get(holds, BOUNDS[""])
    if shape.known_values and closed:
        candidates = ({"enum": sorted({*shape.known_values, *shape.examples})},)
    elif shape.enum:
        candidates = BOUNDS["enum"]
    elif holds == "id" and not closed:
        candidates = candidates[1:]
    bound = next((each for each in candidates if all(_fits(v, each) for v in shape.examples if v)), {})
    lengths = [length for length in (shape.max_length, bound.get("maxLength")) if length]
    narrowed = {"type": "string", **bound, **({"maxLength": min(lengths)} if lengths else {})}
    return _or_empty(narrowed) if shape.may_be_empty or "" in shape.examples else narrowed


def _or_empty(bound: JsonSchema) -> JsonSchema:
    if "enum" in bound:
        return {**bound, "enum": sorted({"", *bound["enum"]})}
    if "pattern" in bound:
        return {**bound, "pattern": f"^({bound['pattern'][1:-1]})?$"}
    return {"anyOf": [bound, {"const": ""}]} if "format" in bound else bound


def _fits(value: Any, bound: JsonSchema) -> bool:
    if "enum" in bound and value not in bound["enum"]:
        return False
    if len(value) > bound.get("maxLength", len(value)):
        return False
    if "not" in bound and re.search(bound["not"]["pattern"], value):
        return False
    return "pattern" not in bound or bool(re.search(bound["pattern"], value))
