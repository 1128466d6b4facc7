"""An event's schema narrowed to what a sender sends, so that tools generate likely events from it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.json_schema import event_schema, limits_of_type
from ada_schemas.contract.paths import every
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, Union, payload_path, rewrite
from ada_schemas.files.bounds import (
    ENTRIES,
    ENTRY,
    FRACTION,
    INTEGER,
    KEYS,
    NAME,
    NEW_MEMBERS,
    VALUE,
    bounded_text,
)
from ada_schemas.files.coherent import coherent_payloads

if TYPE_CHECKING:
    from ada_schemas.contract.constraints import Constraint
    from ada_schemas.contract.shapes import Event, Shape

__all__ = ["traffic_schema"]

JsonSchema = dict[str, Any]


def traffic_schema(
    event: Event, constraints: tuple[Constraint, ...] = (), *, closed: bool = True
) -> dict[str, Any]:
    """The schema of an event as it is sent; ``closed``: as documented today, else with what may be added.

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
            shown = (v for example in event.examples for v in every(example.value, payload_path(path)))
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
        case Object() | Union() if (
            not closed and "properties" in demand and getattr(shape, "extra", None) is None
        ):
            return {**demand, **NEW_MEMBERS, "propertyNames": _names(demand["properties"])}
        case Array():
            most = ENTRIES if shape.max_items is None else min(ENTRIES, shape.max_items)
            return {**demand, "maxItems": max(most, shape.min_items)}
        case Mapping():
            most = ENTRIES if shape.max_entries is None else min(ENTRIES, shape.max_entries)
            names = KEYS if shape.keys is None else {"pattern": shape.keys}
            return {**demand, "propertyNames": names, "maxProperties": max(most, shape.min_entries)}
        case Scalar() if kind == "string":
            return bounded_text(shape, demand, closed=closed)
        case Anything():
            return VALUE if kind is None else {**demand, **ENTRY.get(kind, {})}
    beside_integers = isinstance(shape, Scalar) and kind == "number" and "integer" in shape.types
    bound = FRACTION if beside_integers else INTEGER if kind in ("integer", "number") else {}
    own = limits_of_type(shape, kind) if isinstance(shape, Scalar) and kind and not shape.enum else {}
    return {**demand, **bound, **own}


def _names(known: dict[str, Any]) -> JsonSchema:
    odd = [name for name in known if not re.search(NAME["pattern"], name)]
    return {"anyOf": [NAME, {"enum": odd}]} if odd else NAME
