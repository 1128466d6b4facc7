"""From the contract to JSON Schema 2020-12, in two forms.

*Open* is the receiver's form and what the committed files hold. It obeys Ada's versioning policy
(/reference/introduction/versioning): unknown members, new enum values and new union branches are valid,
and no format or length is demanded. *Closed* is the sender's form: nothing undocumented is valid.

The open form keeps to what ajv's strict mode accepts: no lists of types, no unknown formats.
"""

from __future__ import annotations

from typing import Any

from ada_schemas.contract.shapes import (
    Anything,
    Array,
    Branch,
    Event,
    Mapping,
    Object,
    Scalar,
    Shape,
    Union,
)

__all__ = ["DIALECT", "bundle", "bundle_id", "event_schema", "schema_id"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

JsonSchema = dict[str, Any]


def schema_id(event: Event) -> str:
    """The ``$id`` of an event's schema: a URN, since adakit hosts nothing, with the contract's version."""
    return f"urn:adakit:ada-webhooks:v1:{event.version}:{event.name}"


def bundle_id(events: tuple[Event, ...]) -> str:
    """The ``$id`` of the schema for all events."""
    return f"urn:adakit:ada-webhooks:v1:{events[0].version}:bundle"


def event_schema(event: Event, *, closed: bool = False) -> JsonSchema:
    """The schema of one event, self-contained; ``closed`` selects the sender's form."""
    body = _object(event.payload, closed=closed, consts={"type": event.type})
    schema: JsonSchema = {"$schema": DIALECT}
    if not closed:
        schema["$id"] = schema_id(event)
    schema["title"] = event.type
    schema["description"] = event.description
    schema.update({k: v for k, v in body.items() if k != "description"})
    if event.examples and not closed:
        schema["examples"] = [event.examples[0].value]
    return schema


def bundle(events: tuple[Event, ...]) -> JsonSchema:
    """One schema for all events: it dispatches on ``type`` and accepts event types that it does not know."""
    definitions = {}
    for event in events:
        definitions[event.name] = {
            k: v for k, v in event_schema(event).items() if k not in ("$schema", "$id")
        }
    dispatch = [
        {
            "if": {
                "type": "object",
                "properties": {"type": {"const": event.type}},
                "required": ["type"],
            },
            "then": {"$ref": f"#/$defs/{event.name}"},
        }
        for event in events
    ]
    return {
        "$schema": DIALECT,
        "$id": bundle_id(events),
        "title": "Any Ada webhook event",
        "description": "Checks an event by the schema of its type; a type that is not known is valid.",
        "type": "object",
        "properties": {"type": {"type": "string", "examples": [event.type for event in events]}},
        "required": ["type"],
        "allOf": dispatch,
        "$defs": definitions,
    }


def _shape(shape: Shape, *, closed: bool) -> JsonSchema:
    """Emit a shape: its annotations first, then what it demands."""
    match shape:
        case Scalar():
            demands = _scalar(shape, closed=closed)
        case Anything():
            demands = _anything(shape, closed=closed)
        case Array():
            demands = [{"type": "array", "items": _shape(shape.items, closed=closed)}]
        case Mapping():
            values = _shape(shape.values, closed=closed)
            demands = [{"type": "object", "additionalProperties": values or True}]
        case Object():
            demands = [_object(shape, closed=closed)]
        case Union():
            demands = _union(shape, closed=closed)
    if shape.nullable:
        demands = [*demands, {"type": "null"}]
    demanded = demands[0] if len(demands) == 1 else {"anyOf": demands}
    return {**_annotations(shape), **demanded}


def _annotations(shape: Shape) -> JsonSchema:
    annotations: JsonSchema = {}
    if shape.description:
        annotations["description"] = shape.description
    if isinstance(shape, Scalar) and shape.default is not None:
        annotations["default"] = shape.default
    examples = list(shape.examples)
    if isinstance(shape, Scalar):
        examples += [v for v in shape.known_values if v not in examples]
    if examples:
        annotations["examples"] = examples
    return annotations


def _scalar(shape: Scalar, *, closed: bool) -> list[JsonSchema]:
    if shape.enum:
        closed_enum: JsonSchema = {"enum": list(shape.enum)}
        return [closed_enum] if closed else [closed_enum, *({"type": t} for t in shape.types)]
    demands: list[JsonSchema] = [{"type": t} for t in shape.types]
    if closed:
        for demand in demands:
            if demand["type"] == "string":
                demand.update(_limits(shape))
    return demands


def _limits(shape: Scalar) -> JsonSchema:
    limits: JsonSchema = {}
    if shape.format:
        limits["format"] = shape.format
    if shape.max_length is not None:
        limits["maxLength"] = shape.max_length
    return limits


def _anything(shape: Anything, *, closed: bool) -> list[JsonSchema]:
    return [{"type": t} for t in shape.sends] if closed and shape.sends else [{}]


def _object(shape: Object, *, closed: bool, consts: dict[str, Any] | None = None) -> JsonSchema:
    consts = consts or {}
    properties: JsonSchema = {}
    for member in shape.members:
        if member.name in consts:
            description = member.shape.description
            properties[member.name] = {"description": description, "const": consts[member.name]}
        else:
            properties[member.name] = _shape(member.shape, closed=closed)
    schema: JsonSchema = {"description": shape.description} if shape.description else {}
    schema |= {"type": "object", "properties": properties}
    required = [m.name for m in shape.members if m.required]
    if required:
        schema["required"] = required
    if closed:
        schema["additionalProperties"] = False
    return schema


def _union(shape: Union, *, closed: bool) -> list[JsonSchema]:
    demands = [_branch(shape, branch, closed=closed) for branch in shape.branches]
    if not closed:
        demands.append(_unknown_branch(shape))
    return demands


def _branch(shape: Union, branch: Branch, *, closed: bool) -> JsonSchema:
    return _object(branch.shape, closed=closed, consts={shape.discriminator: branch.tag})


def _unknown_branch(shape: Union) -> JsonSchema:
    known = [branch.tag for branch in shape.branches]
    return {
        "description": f"A {shape.discriminator} that is not documented yet.",
        "type": "object",
        "properties": {shape.discriminator: {"type": "string", "not": {"enum": known}}},
        "required": [shape.discriminator],
    }
