"""From the contract to JSON Schema 2020-12, in two forms.

*Open* is the receiver's form and what the committed files hold. It obeys the versioning policy
(/reference/introduction/versioning): unknown members, new enum values and new union branches are valid,
and no format or other limit is demanded. *Closed* is the sender's form: nothing undocumented is valid.

The open form keeps to what ajv's strict mode accepts: no lists of types, no unknown formats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ada_schemas.contract.paths import steps
from ada_schemas.contract.shapes import Anything, Array, Event, Mapping, Object, Scalar, Shape, Union

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DIALECT",
    "any_of_type",
    "bundle",
    "bundle_id",
    "embedded_schema",
    "event_schema",
    "limits_of_type",
    "schema_id",
]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

JsonSchema = dict[str, Any]
Consts = dict[tuple[str, ...], Any]


def _as_it_is(_: Shape, demand: JsonSchema) -> JsonSchema:
    return demand


class _Form(NamedTuple):
    closed: bool
    narrow: Callable[[Shape, JsonSchema], JsonSchema]


def schema_id(event: Event) -> str:
    """The ``$id`` of an event's schema: a URN, since adakit hosts nothing, with the contract's version."""
    return f"urn:adakit:{event.profile.namespace}:{event.version}:{event.name}"


def bundle_id(events: tuple[Event, ...]) -> str:
    """The ``$id`` of the schema for all events."""
    return f"urn:adakit:{events[0].profile.namespace}:{events[0].version}:bundle"


def event_schema(
    event: Event, *, closed: bool = False, narrow: Callable[[Shape, JsonSchema], JsonSchema] = _as_it_is
) -> JsonSchema:
    """The schema of one event, self-contained; ``closed`` selects the sender's form.

    ``narrow`` is given a shape with the schema of each JSON type that it may have, and gives the one to use.
    """
    consts = {tuple(steps(event.type_path)): event.type} if event.type_path else {}
    body = _object(event.payload, _Form(closed, narrow), consts=consts)
    schema: JsonSchema = {"$schema": DIALECT}
    if not closed:
        schema["$id"] = schema_id(event)
    schema["title"] = event.type
    schema["description"] = event.description
    schema.update({k: v for k, v in body.items() if k != "description"})
    if event.examples and not closed:
        schema["examples"] = [event.examples[0].value]
    return schema


def embedded_schema(event: Event) -> JsonSchema:
    """The open schema of an event as a part of a larger document, which says the dialect itself."""
    return {k: v for k, v in event_schema(event).items() if k not in ("$schema", "$id")}


def bundle(events: tuple[Event, ...]) -> JsonSchema:
    """One schema for all events: it dispatches on their type and accepts event types that it does not know.

    Where the payload does not say its type it checks nothing, and holds the schema of each event.
    """
    profile = events[0].profile
    way = steps(profile.type_path)
    said: JsonSchema = {
        "$schema": DIALECT,
        "$id": bundle_id(events),
        "title": f"Any {profile.provider} webhook event",
        "description": "Checks an event by the schema of its type; a type that is not known is valid.",
        "type": "object",
    }
    if way:
        types = dict.fromkeys(event.type for event in events)
        dispatch = [
            {"if": _along(way, {"const": each}), "then": any_of_type(events, each, "#/$defs/{}")}
            for each in types
        ]
        said |= _along(way, {"type": "string", "examples": list(types)})
        said["allOf"] = dispatch
    else:
        said["description"] = "Holds the schema of each event; a payload does not say of which type it is."
    said["$defs"] = {event.name: embedded_schema(event) for event in events}
    return said


def any_of_type(events: tuple[Event, ...], event_type: str, place: str) -> JsonSchema:
    """A reference to the schema of the event of a type, or to those of the several that there are.

    ``place`` is where the schema of an event stands, with a gap for its name.
    """
    found = [{"$ref": place.format(event.name)} for event in events if event.type == event_type]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _along(way: list[str], demand: JsonSchema) -> JsonSchema:
    """The schema of an object that has a member with that demand at the end of a way."""
    head, *rest = way
    inner = _along(rest, demand) if rest else demand
    return {"type": "object", "properties": {head: inner}, "required": [head]}


def _shape(shape: Shape, form: _Form) -> JsonSchema:
    """Emit a shape: its annotations first, then what it demands."""
    match shape:
        case Scalar():
            demands = _scalar(shape, closed=form.closed)
        case Anything():
            demands = [{"type": kind} for kind in shape.sends if form.closed and not shape.unread] or [{}]
        case Array():
            demands = [_array(shape, form)]
        case Mapping():
            demands = [_mapping(shape, form)]
        case Object():
            demands = [_object(shape, form)]
        case Union():
            consts: list[Consts] = [
                {(shape.discriminator,): branch.tag} if shape.discriminator else {}
                for branch in shape.branches
            ]
            demands = [
                _object(branch.shape, form, consts=told)
                if isinstance(branch.shape, Object)
                else _shape(branch.shape, form)
                for branch, told in zip(shape.branches, consts, strict=True)
            ]
            demands += [_unknown_branch(shape)] if shape.discriminator and not form.closed else []
    demands = [form.narrow(shape, demand) for demand in demands]
    if shape.nullable:
        demands = [*demands, {"type": "null"}]
    demanded = demands[0] if len(demands) == 1 else {"anyOf": demands}
    return {**_annotations(shape), **demanded}


def _annotations(shape: Shape) -> JsonSchema:
    examples, default = list(shape.examples), None
    if isinstance(shape, Scalar):
        examples += [v for v in shape.known_values if v not in examples]
        default = shape.default
    said = {"description": shape.description or None, "default": default, "examples": examples or None}
    return {k: v for k, v in said.items() if v is not None}


def _scalar(shape: Scalar, *, closed: bool) -> list[JsonSchema]:
    demands: list[JsonSchema] = [{"type": kind} for kind in shape.types]
    if shape.enum:
        return [{"enum": list(shape.enum)}, *([] if closed else demands)]
    if closed:
        return [{**demand, **limits_of_type(shape, demand["type"])} for demand in demands]
    return demands


def limits_of_type(shape: Scalar, kind: str) -> JsonSchema:
    """The limits of the values of one type of a scalar, in the words of JSON Schema."""
    limits = shape.limits
    found: JsonSchema = {}
    if kind == "string":
        lengths = {"minLength": limits.min_length, "maxLength": shape.max_length}
        found = {"format": shape.format or None, **lengths, "pattern": limits.pattern}
    elif kind in ("integer", "number"):
        found = {
            "minimum": limits.minimum,
            "maximum": limits.maximum,
            "exclusiveMinimum": limits.exclusive_minimum,
            "exclusiveMaximum": limits.exclusive_maximum,
            "multipleOf": limits.multiple_of,
        }
    return {k: v for k, v in found.items() if v is not None}


def _array(shape: Array, form: _Form) -> JsonSchema:
    schema: JsonSchema = {"type": "array"}
    if shape.first and form.closed:
        schema["prefixItems"] = [_shape(each, form) for each in shape.first]
    if form.closed or not shape.first:
        schema["items"] = _shape(shape.items, form)
    if form.closed:
        counts = {"minItems": shape.min_items or None, "maxItems": shape.max_items}
        schema |= {k: v for k, v in {**counts, "uniqueItems": shape.unique or None}.items() if v is not None}
    return schema


def _mapping(shape: Mapping, form: _Form) -> JsonSchema:
    schema: JsonSchema = {"type": "object", "additionalProperties": _shape(shape.values, form) or True}
    if form.closed:
        counts = {"minProperties": shape.min_entries or None, "maxProperties": shape.max_entries}
        schema |= {k: v for k, v in counts.items() if v is not None}
        if shape.keys is not None:
            schema["propertyNames"] = {"pattern": shape.keys}
    return schema


def _object(shape: Object, form: _Form, *, consts: Consts | None = None) -> JsonSchema:
    """The schema of an object; ``consts`` are values of members, by the way to them from here."""
    consts = consts or {}
    properties: JsonSchema = {}
    for member in shape.members:
        within = {way[1:]: value for way, value in consts.items() if way[0] == member.name}
        if () in within:
            said: JsonSchema = {"description": member.shape.description} if member.shape.description else {}
            properties[member.name] = {**said, "const": within[()]}
        elif within and isinstance(member.shape, Object):
            properties[member.name] = _object(member.shape, form, consts=within)
        else:
            properties[member.name] = _shape(member.shape, form)
    properties |= {name: {} for name in shape.others}
    schema: JsonSchema = {"description": shape.description} if shape.description else {}
    schema |= {"type": "object", "properties": properties}
    required = [m.name for m in shape.members if m.required]
    if required:
        schema["required"] = required
    if shape.extra is not None:
        schema["additionalProperties"] = _shape(shape.extra, form)
    elif form.closed:
        schema["additionalProperties"] = False
    return schema


def _unknown_branch(shape: Union) -> JsonSchema:
    known = [branch.tag for branch in shape.branches]
    return {
        "description": f"A {shape.discriminator} that is not documented yet.",
        "type": "object",
        "properties": {shape.discriminator: {"type": "string", "not": {"enum": known}}},
        "required": [shape.discriminator],
    }
