"""From an OpenAPI document with a ``webhooks:`` section to the contract as published.

The same reader serves our transcription and Ada's own openapi.yaml. It understands what such documents
use: local references, ``allOf`` merging, ``oneOf``/``anyOf`` unions, type lists, ``nullable``, ``const``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ada_schemas.contract.documents import malformed
from ada_schemas.contract.merging import merged
from ada_schemas.contract.paths import json_type
from ada_schemas.contract.references import MAX_REFERENCES, References
from ada_schemas.contract.shapes import (
    Anything,
    Array,
    Branch,
    Event,
    Example,
    Mapping,
    Member,
    Object,
    Scalar,
    Shape,
    Union,
)
from ada_schemas.errors import DocumentError, some_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["json_media", "read_events", "webhooks_of"]

MAX_DEPTH = 40
MAX_PLACES = 20_000
SCALAR_TYPES = ("string", "boolean", "integer", "number")
FORMATS = ("date-time", "date", "uri", "email", "uuid")
"""Formats that mean something in JSON Schema; any other is left out."""


def read_events(document: dict[str, Any], *, name: str) -> tuple[tuple[Event, ...], list[str]]:
    """Every webhook of a document as an event, and warnings; ``name`` is what errors call the document.

    Webhooks without a JSON body are left out with a warning. Raises DocumentError when the document has
    no webhooks, or when a schema is recursive, refers to nothing, or is of a kind that JSON Schema has not.
    """
    reader = _Reader(document, name)
    events, bare = [], []
    for key, item in webhooks_of(document, name=name).items():
        event = reader.event(str(key), item)
        if event is None:
            bare.append(str(key))
        else:
            events.append(event)
    if not events:
        raise DocumentError(f"{name} has no webhook with a JSON request body.")
    if not bare:
        return tuple(events), []
    have = some_of(bare, "webhook {} has", "the webhooks {} have")
    return tuple(events), [f"{name}: {have} no JSON request body; left out."]


def webhooks_of(document: dict[str, Any], *, name: str) -> dict[Any, Any]:
    """The ``webhooks:`` section of a document; raises DocumentError where there is none."""
    webhooks = document.get("webhooks")
    if not isinstance(webhooks, dict) or not webhooks:
        version = document.get("openapi") or document.get("swagger")
        what = f"an OpenAPI {version} document" if version else "no OpenAPI document"
        raise DocumentError(
            f"{name} has no `webhooks:` section (it is {what}).",
            next_step="Webhooks are part of OpenAPI since 3.1; name the document that describes them.",
        )
    return webhooks


class _Reader(References):
    _places = 0

    def event(self, key: str, item: Any) -> Event | None:
        item = self.followed(item, key)
        operation = self.mapping(item.get("post") or item.get("put"), f"{key}.post")
        body = self.followed(operation.get("requestBody"), f"{key}.post.requestBody")
        content = self.mapping(body.get("content"), f"{key}.post.requestBody.content")
        media = content.get(json_media(content))
        if not isinstance(media, dict) or "schema" not in media:
            return None
        payload = self.shape(media["schema"], f"{key}#", 0)
        if not isinstance(payload, Object):
            raise self.refuse(f"the payload of webhook {key}", "is not an object")
        return Event(
            type="",
            operation=key,
            title=str(operation.get("summary") or key).removeprefix("Webhook: "),
            description=_text(operation.get("description")),
            payload=payload,
            examples=tuple(self._examples(media, key)),
            headers=tuple(self._headers(item, operation, key)),
        )

    def _headers(self, item: dict[str, Any], operation: dict[str, Any], key: str) -> Iterator[str]:
        for node in (item.get("parameters"), operation.get("parameters")):
            for parameter in node if isinstance(node, list) else ():
                held = self.followed(parameter, f"{key}.parameters")
                if held.get("in") == "header" and isinstance(held.get("name"), str):
                    yield held["name"]

    def _examples(self, media: dict[str, Any], key: str) -> list[Example]:
        found = []
        for label, example in self.mapping(media.get("examples"), f"{key}.examples").items():
            value = self.followed(example, key).get("value")
            if isinstance(value, dict):
                found.append(Example(str(label), str(label) != "ours", value))
        if isinstance(media.get("example"), dict):
            found.append(Example("documented", documented=True, value=media["example"]))
        return found

    def _schema(self, node: Any, place: str) -> dict[str, Any]:
        """A node with its references followed, whose keywords hold what they take.

        What stands beside a reference is demanded, too; of words, those of the outer one count.
        """
        if node is None:
            raise self.refuse(place, "is empty, not a schema")
        schema: dict[str, Any] = {}
        for _ in range(MAX_REFERENCES):
            found = self.mapping(node, place)
            wrong = malformed(found)
            if wrong:
                raise self.refuse(f"the schema at {place}", f"cannot be read: {wrong}")
            schema = _both(schema, {k: v for k, v in found.items() if k != "$ref"})
            if "$ref" not in found:
                return schema
            node = self.lookup(found["$ref"], place)
        raise self.refuse(f"the references at {place}", "go round in a circle")

    def _count(self) -> None:
        self._places += 1
        if self._places > MAX_PLACES:
            raise DocumentError(f"{self.name} describes more than {MAX_PLACES:,} members.")

    def shape(self, node: Any, place: str, depth: int) -> Shape:
        if node is True:
            return Anything()
        if depth > MAX_DEPTH:
            raise self.refuse(f"the schema at {_cut(place)}", "contains itself")
        self._count()
        schema = self._schema(node, place)
        if "allOf" in schema:
            schema = self._merge(schema, place, depth)
        alternatives = schema.get("oneOf") or schema.get("anyOf")
        if alternatives is not None:
            return self._union(schema, alternatives, place, depth)
        types, nullable = _types(schema)
        common = _common(schema, nullable)
        enum = _enum(schema, types)
        if not types and enum:
            types = tuple(dict.fromkeys(json_type(v) for v in enum))
        if types == ("object",) or (not types and ("properties" in schema)):
            return self._object(schema, common, place, depth)
        if types == ("array",):
            items = self.shape(schema.get("items", True), f"{place}.*", depth + 1)
            return Array(items=items, **common)
        if not types:
            return Anything(**common)
        unknown = [t for t in types if t not in SCALAR_TYPES]
        if unknown:
            raise self.refuse(place, f"has the type {', '.join(unknown)}, which is not handled")
        declared = schema.get("format")
        return Scalar(
            types=types,
            enum=enum,
            format=declared if declared in FORMATS else None,
            max_length=_length(schema.get("maxLength")),
            default=schema.get("default"),
            **common,
        )

    def _object(self, schema: dict[str, Any], common: dict[str, Any], place: str, depth: int) -> Shape:
        properties = self.mapping(schema.get("properties"), f"{place}.properties")
        values = schema.get("additionalProperties")
        if not properties and values is not False:
            inner = self.shape(True if values is None else values, f"{place}.*", depth + 1)
            return Mapping(values=inner, **common)
        required = schema["required"] if isinstance(schema.get("required"), list) else []
        members = []
        for name, node in properties.items():
            if node is False or not name:  # a member that never comes, or that no path can name
                continue
            shape = self.shape(node, place + ("" if place.endswith("#") else ".") + str(name), depth + 1)
            members.append(Member(str(name), shape, name in required))
        return Object(members=tuple(members), **common)

    def _union(self, schema: dict[str, Any], alternatives: list[Any], place: str, depth: int) -> Shape:
        shapes, nullable = [], bool(schema.get("nullable"))
        for alternative in alternatives:
            resolved = self._schema(alternative, place)
            if _is_null(resolved):
                nullable = True
            else:
                shapes.append(self.shape(resolved, place, depth + 1))
        nullable = nullable or any(s.nullable for s in shapes)
        if not shapes:
            return Anything(**_common(schema, nullable))
        if len(shapes) == 1:
            only = shapes[0]
            description = _text(schema.get("description")) or only.description
            return replace(only, nullable=nullable, description=description)
        common = _common(schema, nullable)
        if all(isinstance(s, Scalar) for s in shapes):
            return _merge_scalars(cast("list[Scalar]", shapes), common)
        if all(isinstance(s, Object) for s in shapes):
            named = (schema.get("discriminator") or {}).get("propertyName")
            return self._tagged(cast("list[Object]", shapes), named, common, place)
        raise self.refuse(f"the union at {place}", "mixes objects with other types")

    def _tagged(self, objects: list[Object], named: str | None, common: dict[str, Any], place: str) -> Union:
        candidates = [named] if named else [m.name for m in objects[0].members]
        for candidate in candidates:
            tags = [_tag(o, candidate) for o in objects]
            if None not in tags and len(set(tags)) == len(tags):
                branches = tuple(Branch(str(t), o) for t, o in zip(tags, objects, strict=True))
                return Union(discriminator=candidate, branches=branches, **common)
        step = "Each branch needs a member with one allowed value of its own."
        raise self.refuse("no member", f"tells the branches of the union at {place} apart", next_step=step)

    def _merge(self, schema: dict[str, Any], place: str, depth: int) -> dict[str, Any]:
        made = {k: v for k, v in schema.items() if k != "allOf"}
        for part in schema["allOf"]:
            if part is True:
                continue
            self._count()
            resolved = self._schema(part, place)
            if "allOf" in resolved:
                if depth > MAX_DEPTH:
                    raise self.refuse(f"the schema at {_cut(place)}", "contains itself")
                resolved = self._merge(resolved, place, depth + 1)
            made = _both(made, resolved)
        return made


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A schema that demands what both demand; where nothing can satisfy both, the first has its way."""
    kept = {k: v for k, v in other.items() if k != "required" or isinstance(v, list)}
    return merged(one, kept) or {**kept, **one}


def _cut(place: str) -> str:
    """A place within a schema that contains itself, as far as it does not repeat."""
    steps = place.split(".")
    for start in range(len(steps)):
        for length in range(1, 1 + (len(steps) - start) // 3):
            if steps[start : start + length] * 2 == steps[start + length : start + 3 * length]:
                return ".".join(steps[: start + length])
    return place


def json_media(content: dict[str, Any]) -> str:
    """The first media type of a body that is JSON, whatever its parameters; empty where none is."""
    for media in content:
        base = str(media).partition(";")[0].strip().lower()
        if base == "application/json" or (base.startswith("application/") and base.endswith("+json")):
            return str(media)
    return ""


def _is_null(schema: dict[str, Any]) -> bool:
    types, nullable = _types(schema)
    return (
        nullable and not types and set(schema) & {"type", "const", "enum"} != set() and not _enum(schema, ())
    )


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value else ""


def _types(schema: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    declared = schema.get("type")
    listed = [declared] if isinstance(declared, str) else list(declared or ())
    values = [schema["const"]] if "const" in schema else schema.get("enum") or ()
    nullable = "null" in listed or bool(schema.get("nullable")) or None in values
    return tuple(t for t in listed if t != "null"), nullable


def _enum(schema: dict[str, Any], types: tuple[str, ...]) -> tuple[Any, ...]:
    """The values that are listed, as far as they are of the types that are."""
    values = [schema["const"]] if "const" in schema else list(schema.get("enum") or ())
    kinds = {*types, "integer"} if "number" in types else set(types)
    return tuple(v for v in values if v is not None and (not kinds or json_type(v) in kinds))


def _common(schema: dict[str, Any], nullable: bool) -> dict[str, Any]:
    examples = [schema["example"]] if "example" in schema else []
    if isinstance(schema.get("examples"), list):
        examples = schema["examples"]
    said = _text(schema.get("description"))
    return {"description": said, "nullable": nullable, "examples": tuple(examples)}


def _length(value: Any) -> int | None:
    """A length that a text can have; None for what is none."""
    return int(value) if value is not None and value >= 0 and value % 1 == 0 else None


def _merge_scalars(shapes: list[Scalar], common: dict[str, Any]) -> Scalar:
    types = tuple(dict.fromkeys(t for s in shapes for t in s.types))
    enum = tuple(v for s in shapes for v in s.enum) if all(s.enum for s in shapes) else ()
    return Scalar(types=types, enum=enum, **common)


def _tag(shape: Object, name: str) -> Any:
    member = shape.member(name)
    if member is None or not isinstance(member.shape, Scalar) or len(member.shape.enum) != 1:
        return None
    return member.shape.enum[0]
