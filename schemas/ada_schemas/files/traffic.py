"""An event's schema narrowed to what a sender sends, so that tools which generate from it send likely events.

The contract says of most texts that they are texts. A generator takes that at its word: control characters,
the year 1, an integer of forty digits. Nothing that Ada sends looks like this, so a receiver that stumbles
over it has done nothing wrong. What is allowed here is of the kinds that ``variation`` enumerates.

A bound yields to the documentation: where a documented value breaks it, the next wider one is taken.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.paths import get
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, payload_path, rewrite
from ada_schemas.variation.extreme import FORMS, LENGTHS

if TYPE_CHECKING:
    from ada_schemas.contract.constraints import Condition, Constraint
    from ada_schemas.contract.shapes import Event, Shape

    JsonSchema = dict[str, Any]

__all__ = ["OTHER_TYPE", "traffic_schema"]

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
LARGEST_INTEGER = 2**63 - 1
ENTRIES = 120
"""Entries of a map, as metadata has them."""
OTHER_TYPE = r"^v1\.[a-z]{1,20}(_[a-z]{1,20})?(\.[a-z]{1,20}){1,2}$"
"""The names of event types that Ada may add."""


def _whole(pattern: str) -> dict[str, Any]:
    return {"pattern": f"^{pattern}$"}


def _listed(kind: str, more: tuple[str, ...]) -> dict[str, Any]:
    return {"enum": sorted({*more, *(value for _, value in FORMS[kind])})}


BOUNDS: dict[str, tuple[dict[str, Any], ...]] = {
    "": ({**_whole(WORDS), "maxLength": 100}, {**TEXT, "maxLength": NAME_LENGTH}),
    "id": (
        _whole(f"({HEX}{{24}}|{UUID})"),
        {**_whole("[A-Za-z0-9_-]+"), "maxLength": 200},
        {**_whole(WORDS), "maxLength": 200},
    ),
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
        _whole(
            rf"({BYTE}(\.{BYTE}){{3}}|2001:db8(:[1-9a-f][0-9a-f]{{0,3}}){{1,3}}:(:[1-9a-f][0-9a-f]{{0,3}}){{1,3}})"
        ),
        {"format": "ipv4"},
    ),
    "language": (_listed("language", LANGUAGES),),
    "mime": (_listed("mime", MEDIA_TYPES),),
}


def traffic_schema(
    event: Event, constraints: tuple[Constraint, ...] = (), *, closed: bool = True
) -> dict[str, Any]:
    """The schema of an event as it is sent; ``closed``: as documented today, else with what Ada may add.

    What is always sent (``identity``) is required; what ``constraints`` tie together is told as conditions.
    """
    payload: Any = rewrite(event.payload, lambda path, shape: _as_sent(event, path, shape))
    schema = event_schema(
        replace(event, payload=payload), closed=closed, narrow=lambda s, d: _narrowed(s, d, closed=closed)
    )
    told = [_condition(constraint) for constraint in constraints]
    kept = {k: v for k, v in schema.items() if k not in ("$schema", "$id", "examples")}
    return {**kept, **({"allOf": told} if told else {})}


def _as_sent(event: Event, path: str, shape: Shape) -> Shape:
    """The shape of a place that knows what the documentation shows there and requires what is always sent."""
    match shape:
        case Scalar():
            shown = [get(example.value, payload_path(path)) for example in event.examples]
            known = {v: None for v in (*shape.examples, *shown) if isinstance(v, str)}
            return replace(shape, examples=tuple(known) or shape.examples)
        case Object():
            members = (replace(m, required=m.required or m.shape.identity) for m in shape.members)
            return replace(shape, members=tuple(members))
        case Mapping(values=Scalar(holds="") as values):
            return replace(shape, values=replace(values, holds="metadata"))
    return shape


def _narrowed(shape: Shape, demand: JsonSchema, *, closed: bool) -> JsonSchema:
    kind = demand.get("type")
    match shape:
        case Array():
            return {**demand, "maxItems": ENTRIES}
        case Mapping():
            return {**demand, "propertyNames": {**TEXT, "maxLength": NAME_LENGTH}, "maxProperties": ENTRIES}
        case Scalar() if kind == "string":
            return _text(shape, demand, closed=closed)
        case Anything() if kind == "string":
            return {**demand, **METADATA}
    if kind == "integer":
        return {**demand, "minimum": -LARGEST_INTEGER - 1, "maximum": LARGEST_INTEGER}
    return demand


def _text(shape: Scalar, demand: JsonSchema, *, closed: bool) -> JsonSchema:
    if shape.known_values and closed:
        bound = {"enum": sorted({*shape.known_values, *shape.examples})}
    else:
        holds = shape.holds if shape.format not in ("date-time", "date") else shape.format
        candidates = BOUNDS.get(holds, BOUNDS[""])
        if not shape.holds and shape.format:
            candidates = ()
        if not closed and holds == "id":
            candidates = candidates[1:]
        bound = next((c for c in candidates if all(_fits(v, c) for v in shape.examples if v)), {})
    if not bound:
        return demand
    lengths = [length for length in (shape.max_length, bound.get("maxLength")) if length]
    limit = {"maxLength": min(lengths)} if lengths else {}
    narrowed = {"type": "string", **bound, **limit}
    return _or_empty(narrowed) if shape.may_be_empty or "" in shape.examples else narrowed


def _or_empty(bound: JsonSchema) -> JsonSchema:
    if "enum" in bound:
        return {**bound, "enum": sorted({"", *bound["enum"]})}
    if "pattern" in bound:
        return {**bound, "pattern": f"^({bound['pattern'][1:-1]})?$"}
    if "not" in bound:
        return bound
    return {"anyOf": [bound, {"const": ""}]}


def _fits(value: Any, bound: JsonSchema) -> bool:
    if "enum" in bound and value not in bound["enum"]:
        return False
    if len(value) > bound.get("maxLength", len(value)):
        return False
    if "not" in bound and re.search(bound["not"]["pattern"], value):
        return False
    return "pattern" not in bound or bool(re.search(bound["pattern"], value))


def _condition(constraint: Constraint) -> JsonSchema:
    """A constraint as ``if`` and ``then``."""
    when = [_demand(path, wanted, present=True) for path, wanted in constraint.when]
    then = [_demand(path, wanted, present=False) for path, wanted in constraint.then]
    return {"if": _all(when), "then": _all(then)}


def _all(schemas: list[JsonSchema]) -> JsonSchema:
    return schemas[0] if len(schemas) == 1 else {"allOf": schemas}


def _demand(path: str, wanted: Condition, *, present: bool) -> JsonSchema:
    """What a condition demands of a payload; ``present``: the member must be there, too."""
    parts = path.split(".")
    if wanted == "absent":
        schema: JsonSchema = {"not": {"required": [parts[-1]]}}
        parts = parts[:-1]
    else:
        of_word: dict[Any, JsonSchema] = {
            "null": {"type": "null"},
            "not-null": {"not": {"type": "null"}},
            "empty": {"const": ""},
        }
        schema = of_word[wanted] if isinstance(wanted, str) else {"enum": list(wanted)}
    for part in reversed(parts):
        schema = {"properties": {part: schema}, **({"required": [part]} if present else {})}
    return schema
