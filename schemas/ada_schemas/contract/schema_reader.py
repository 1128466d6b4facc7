"""From the schemas of a document to shapes.

It understands what public documents use: references, also with words or demands beside them, ``allOf``,
unions, null in every spelling, components that contain themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ada_schemas.contract.component_reader import ComponentReader
from ada_schemas.contract.conditions import (
    always_sent,
    are_conditions,
    beyond_most,
    exclusive_parts,
    tied_members,
)
from ada_schemas.contract.fitting import fits, is_within
from ada_schemas.contract.keywords import (
    SCALAR_TYPES,
    TYPES,
    common_of,
    count_of,
    demands_of,
    enum_of,
    format_of,
    is_null,
    limits_of,
    types_of,
)
from ada_schemas.contract.omissions import UnusableError
from ada_schemas.contract.paths import json_type, within
from ada_schemas.contract.references import steps_of
from ada_schemas.contract.samples import sample
from ada_schemas.contract.schema_parts import (
    ENDLESS,
    UNUSABLE,
    Plain,
    both,
    contains_itself,
    is_unread,
    least_of,
    pattern_of_keys,
    targets_of,
    unusable,
)
from ada_schemas.contract.shapes import UNLIMITED, Anything, Array, Mapping, Member, Object, Scalar, Shape
from ada_schemas.contract.unions import Alternative, union_of_all

__all__ = ["SchemaReader"]

MAX_ALTERNATIVES = 200

WORDS_BESIDE = ("description", "example", "examples", "nullable", "title")
SUFFICIENT = {"type", "properties", "allOf", "oneOf", "anyOf", "enum", "const"}
"""Keywords of which one says which type an alternative is of."""


class SchemaReader(ComponentReader):
    """Makes shapes of the schemas of one document, down to ``levels``; below them, required members alone."""

    def _read(self, schema: Plain, place: str, depth: int) -> Shape:
        if "allOf" in schema:
            references: set[str] = set()
            bare = {k: v for k, v in schema.items() if k != "allOf"}
            schema = self._all_of(bare, schema["allOf"], references)
            with self._following(frozenset(references)):
                return self._read(schema, place, depth)
        if alternatives := self._alternatives(schema):
            return self._union(schema, alternatives, place, depth)
        types, nullable = types_of(schema)
        common = common_of(schema, nullable=nullable)
        enum = enum_of(schema, types)
        if not types and enum:
            types = tuple(dict.fromkeys(json_type(v) for v in enum))
        if unknown := [t for t in types if t not in TYPES]:
            said = f"the type {', '.join(unknown)}, which JSON Schema has not"
            raise unusable(f"{{}} has {said}", f"{{}} have {said}")
        if not types:
            null_alone = is_null(schema)
            return Anything(**common, unread=null_alone, sends=("null",) if null_alone else ())
        others = [t for t in types if t not in SCALAR_TYPES]
        if others and len(types) > 1:
            return self._by_type(schema, types, place, depth)
        match types[0]:
            case "object":
                return self._object(schema, common, place, depth)
            case "array":
                return self._array(schema, common, place, depth)
        scalar = Scalar(
            types=types,
            enum=enum,
            format=format_of(schema) if "string" in types else None,
            max_length=count_of(schema.get("maxLength")),
            limits=limits_of(schema),
            default=schema.get("default"),
            **common,
        )
        if not all(is_within(scalar, value) for value in enum):
            return replace(scalar, format=None, max_length=None, limits=UNLIMITED)
        if not enum and not fits(scalar, sample(scalar)):
            said = "limits for which no value is found"
            self._omissions.note(place, unusable(f"{{}} has {said}", f"{{}} have {said}"))
            return replace(UNUSABLE, sends=types, nullable=nullable)
        return scalar

    def _by_type(self, schema: Plain, types: tuple[str, ...], place: str, depth: int) -> Shape:
        """The union of what a schema says of each of its types."""
        scalars = [t for t in types if t in SCALAR_TYPES]
        kinds: list[Any] = [*([scalars] if scalars else []), *(t for t in types if t not in SCALAR_TYPES)]
        bare = {k: v for k, v in schema.items() if k not in WORDS_BESIDE}
        words = {k: v for k, v in schema.items() if k in WORDS_BESIDE}
        words["nullable"] = types_of(schema)[1]
        return self._union(words, [{**bare, "type": kind} for kind in kinds], place, depth)

    def _all_of(self, made: Plain, parts: list[Any], references: set[str]) -> Plain:
        """A schema that demands what all parts do; ``references`` gets what was followed for it.

        Of a base that lists what is made of it, as OpenAPI has inheritance, the list is left out.
        """
        for part in parts:
            if part is True:
                continue
            self._count()
            resolved, through = self._resolved(part)
            if through & references:
                continue
            references |= through
            listed = {
                str(each.get("$ref")) for each in self._alternatives(resolved) if isinstance(each, dict)
            }
            if through & self._active or listed & self._active:
                resolved = {k: v for k, v in resolved.items() if k not in ("oneOf", "anyOf", "discriminator")}
            inner = resolved.pop("allOf", [])
            made = self._all_of(both(made, resolved), inner, references)
        return made

    def _alternatives(self, schema: Plain) -> list[Any]:
        """The alternatives of a schema: those that it lists, else those that its discriminator maps to."""
        listed = schema.get("oneOf") or schema.get("anyOf")
        if listed:
            return list(listed)
        return [{"$ref": target} for target in dict.fromkeys(targets_of(schema).values())]

    def _union(self, schema: Plain, alternatives: list[Any], place: str, depth: int) -> Shape:
        listed = "oneOf" if schema.get("oneOf") else "anyOf"
        base = {k: v for k, v in schema.items() if k not in (listed, "discriminator")}
        demanded = demands_of(base)
        nullable = types_of({k: v for k, v in base.items() if k in ("type", "nullable")})[1]
        if demanded and are_conditions(alternatives):
            parts = exclusive_parts(base, alternatives) if listed == "oneOf" else []
            if not parts:
                return self._conditional(base, alternatives[0], place, depth)
            alternatives, demanded = parts, {}
        mapped: dict[str, list[str]] = {}
        for tag, target in targets_of(schema).items():
            mapped.setdefault(target, []).append(tag)
        found: list[Alternative] = []
        unread: list[Shape] = []
        for each in [each for each in alternatives if each is not False][:MAX_ALTERNATIVES]:
            try:
                resolved, _ = self._resolved(each)
            except UnusableError as error:
                self._omissions.note(place, error)
                unread.append(UNUSABLE)
                continue
            if is_null(resolved):
                nullable = True
                continue
            says_all = not demanded or (set(demanded) == {"type"} and bool(set(resolved) & SUFFICIENT))
            shape = self._shape(each if says_all else {"allOf": [each, demanded]}, place, depth + 1)
            if is_unread(shape):
                unread.append(shape)
                continue
            reference = each.get("$ref", "") if isinstance(each, dict) else ""
            component = steps_of(reference)[-1] if reference.startswith("#/") else ""
            name = str(resolved.get("title") or component)
            found.append(Alternative(shape, name, tuple(mapped.get(reference, ())), component))
        common = common_of(schema, nullable=nullable)
        if found:
            return union_of_all(
                found, str((schema.get("discriminator") or {}).get("propertyName") or ""), common
            )
        if any(contains_itself(each) for each in unread):
            return replace(ENDLESS, nullable=nullable)
        return UNUSABLE if unread else Anything(**common)

    def _conditional(self, base: Plain, first: Plain, place: str, depth: int) -> Shape:
        """An object that demands one of several sets of members: the sender always sends the first set."""
        shape = self._read(base, place, depth)
        if not isinstance(shape, Object) or not isinstance(first.get("required"), list):
            return shape
        return always_sent(shape, first["required"])

    def _array(self, schema: Plain, common: dict[str, Any], place: str, depth: int) -> Shape:
        inner, least = within(place), least_of(schema, "minItems")
        listed = schema["prefixItems"] if isinstance(schema.get("prefixItems"), list) else []
        first = tuple(self._shape(node, inner, depth + 1) for node in listed)
        if depth >= self._levels and not least:
            self._cut.add("")
            items: Shape = ENDLESS
        else:
            items = self._shape(schema.get("items", True), inner, depth + 1)
        if any(map(is_unread, first)) or (is_unread(items) and least > len(first)):
            if any(map(contains_itself, (*first, items))):
                return replace(ENDLESS, nullable=common["nullable"])
            items, first = Anything(), ()
        return Array(
            items=items,
            first=first,
            min_items=least,
            max_items=count_of(schema.get("maxItems")),
            unique=schema.get("uniqueItems") is True,
            **common,
        )

    def _object(self, schema: Plain, common: dict[str, Any], place: str, depth: int) -> Shape:
        properties = schema.get("properties") or {}
        beside = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
        patterns = schema.get("patternProperties") or {}
        if not properties and (beside is not False or patterns):
            return self._mapping(schema, common, place, depth)
        required = schema["required"] if isinstance(schema.get("required"), list) else []
        members, others = [], []
        no_room = beyond_most(schema, list(properties), required)
        for name, node in properties.items():
            if node is False or not name:  # a member that never comes, or that no path can name
                continue
            if depth >= self._levels and name not in required:
                self._cut.add("")
                others.append(str(name))
                continue
            if name in no_room:
                others.append(str(name))
                continue
            at = f"{place}{name}" if place.endswith("#") else f"{place}.{name}"
            shape = self._shape(node, at, depth + 1)
            if not is_unread(shape) or (shape.nullable and name in required):
                members.append(Member(str(name), shape, name in required))
            elif name not in required:
                others.append(str(name))
            elif contains_itself(shape):
                return replace(ENDLESS, nullable=common["nullable"])
            else:
                types = shape.sends if isinstance(shape, Anything) else ()
                members.append(Member(str(name), Scalar(types=types) if types else Anything(), required=True))
        if beside is not False:  # what is demanded and not described is sent, and need not be there
            undescribed = Anything(identity=True)
            members += [Member(n, undescribed, required=False) for n in required if n and n not in properties]
        extra = self._extra(beside, patterns, place, depth)
        shape = Object(members=tuple(members), others=tuple(others), extra=extra, **common)
        return tied_members(schema, shape)

    def _extra(self, beside: Any, patterns: dict[str, Any], place: str, depth: int) -> Shape | None:
        """The shape of members that have no name in the document, None where it says nothing of them."""
        nodes = [*patterns.values(), *([beside] if isinstance(beside, dict) else [])]
        if not nodes or (beside in (None, True) and patterns):
            return None
        shape = self._shape(nodes[0] if len(nodes) == 1 else {"anyOf": nodes}, within(place), depth + 1)
        return None if isinstance(shape, Anything) else shape

    def _mapping(self, schema: Plain, common: dict[str, Any], place: str, depth: int) -> Shape:
        beside = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
        patterns = schema.get("patternProperties") or {}
        nodes = [*patterns.values()] or [True if beside is None else beside]
        least = least_of(schema, "minProperties")
        if depth >= self._levels and not least:
            self._cut.add("")
            values: Shape = ENDLESS
        else:
            values = self._shape(nodes[0] if len(nodes) == 1 else {"anyOf": nodes}, within(place), depth + 1)
        if is_unread(values) and least:
            return replace(ENDLESS, nullable=common["nullable"]) if contains_itself(values) else UNUSABLE
        return Mapping(
            values=values,
            keys=pattern_of_keys(schema.get("propertyNames"), patterns),
            min_entries=least,
            max_entries=count_of(schema.get("maxProperties")),
            **common,
        )
