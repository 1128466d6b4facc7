"""OpenAPI documents near real ones: made of every keyword that they use, or a real one changed somewhere.

What is made is plain data; `spelled` writes it as JSON or YAML.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from ada_schemas.contract.yaml_reader import parse_yaml
from fuzz.mutation import mutated
from fuzz.values import json_values, keys, numbers, texts

__all__ = ["documents", "made", "real", "schemas"]

COMPONENTS = ("Base", "Person", "Thing", "Node")
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
FORMATS = ("date-time", "date", "uri", "email", "uuid", "int32", "int64", "double", "byte", "id", "password")
BY_NUMBER = ("maxLength", "minLength", "maximum", "minimum", "exclusiveMinimum", "multipleOf", "minItems")
HERE = Path(__file__).parent / "openapi"


@cache
def real() -> dict[str, Any]:
    """The real documents by name: ours, and those in ``openapi/``, which are shaped as published ones are."""
    ours = (DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8")
    found = {"ours": parse_yaml(ours, name="ours")}
    for file in sorted(HERE.glob("*.yaml")):
        found[file.stem] = parse_yaml(file.read_text(encoding="utf-8"), name=file.name)
    return found


@cache
def references() -> st.SearchStrategy[str]:
    """References, most of which lead somewhere."""
    component = st.sampled_from(COMPONENTS).map("#/components/schemas/{}".format)
    inside = st.builds(
        "#/components/schemas/{}/{}".format, st.sampled_from(COMPONENTS), st.sampled_from(INSIDE)
    )
    odd = st.sampled_from(
        ("#", "#/", "", "#/webhooks", "other.yaml#/X", "http://127.0.0.1:9/x", "#Node", "#/%24")
    )
    return st.one_of(component, component, component, component, inside, odd)


INSIDE = ("properties/id", "allOf/0", "oneOf/1", "items", "properties/kind", "properties/data/properties/id")


@cache
def scalars() -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of plain values."""
    kind = st.sampled_from(TYPES[:4])
    enum = st.lists(st.sampled_from(("a", "b", "c", "", "é", 'q"uote')), min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"type": kind}),
        st.fixed_dictionaries({"type": st.lists(st.sampled_from(TYPES), min_size=1, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("string"), "enum": enum}),
        st.fixed_dictionaries({"type": st.just("string"), "format": st.sampled_from(FORMATS)}),
        st.fixed_dictionaries({"type": kind}, optional=dict.fromkeys(BY_NUMBER, numbers())),
        st.fixed_dictionaries({"enum": st.lists(json_values(2), max_size=4)}),
        st.fixed_dictionaries({"const": json_values(2)}),
        st.fixed_dictionaries({"type": kind, "nullable": st.booleans()}),
        st.fixed_dictionaries({"type": kind, "default": json_values(2), "example": json_values(2)}),
        st.fixed_dictionaries({"type": st.just("string"), "pattern": texts(), "description": texts()}),
    )


def tagged(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Unions whose branches say what they are, as payment and chat APIs have them."""

    def branch(tag: Any, name: str, schema: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": [tag]}, name: schema},
            "required": ["kind"],
        }

    branches = st.lists(st.builds(branch, texts(), keys(), inner), min_size=1, max_size=3)
    named = st.fixed_dictionaries({"propertyName": st.sampled_from(("kind", "type", "")) | json_values(1)})
    return st.fixed_dictionaries(
        {"oneOf": branches}, optional={"discriminator": named, "description": texts()}
    )


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas that hold others."""
    few = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(keys(), inner, max_size=4)},
            optional={
                "required": st.lists(keys(), max_size=3),
                "additionalProperties": inner | st.booleans(),
                "description": texts(),
                "nullable": st.booleans(),
                "example": json_values(4),
                "patternProperties": st.dictionaries(texts(), inner, max_size=2),
                "x-internal": json_values(2),
            },
        ),
        st.fixed_dictionaries({"properties": st.dictionaries(keys(), inner, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner | st.booleans()}),
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner}, optional={"uniqueItems": st.booleans()}
        ),
        st.fixed_dictionaries({"allOf": few}, optional={"description": texts(), "nullable": st.booleans()}),
        st.fixed_dictionaries({"oneOf": few}, optional={"description": texts()}),
        st.fixed_dictionaries(
            {"anyOf": few}, optional={"properties": st.dictionaries(keys(), inner, max_size=2)}
        ),
        st.fixed_dictionaries({"anyOf": st.builds(lambda one: [one, {"type": "null"}], inner)}),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
        st.fixed_dictionaries({"type": st.just("array"), "prefixItems": few, "contains": inner}),
        st.fixed_dictionaries({"type": st.just("object"), "propertyNames": inner}),
        st.fixed_dictionaries({"dependentSchemas": st.dictionaries(keys(), inner, max_size=2)}),
        tagged(inner),
    )


@cache
def schemas(leaves: int = 8) -> st.SearchStrategy[Any]:
    """Schemas, a few of them odd."""
    refers = st.fixed_dictionaries(
        {"$ref": references()}, optional={"description": texts(), "nullable": st.booleans()}
    )
    leaf = st.one_of(
        scalars(), scalars(), scalars(), refers, refers, st.booleans(), st.just({}), json_values(2)
    )
    return st.recursive(leaf, combined, max_leaves=leaves)


@st.composite
def made(draw: st.DrawFn) -> dict[str, Any]:
    """A document from the ground up: small, and of anything."""
    used = draw(st.lists(st.sampled_from(COMPONENTS), unique=True))
    components = {name: draw(schemas(6)) for name in used}
    webhooks = {}
    for number in range(draw(st.integers(1, 3))):
        kind = draw(texts()) if draw(st.integers(0, 3)) == 0 else f"v1.thing.{'abc'[number]}"
        payload: Any = {
            "type": "object",
            "properties": {"type": {"type": "string", "enum": [kind]}, "data": draw(schemas())},
        }
        if draw(st.integers(0, 5)) == 0:
            payload = draw(schemas())
        media: dict[str, Any] = {"schema": payload}
        if draw(st.booleans()):
            media["examples"] = {draw(texts()): {"value": {"type": kind, "data": draw(json_values(6))}}}
        if draw(st.integers(0, 3)) == 0:
            media["example"] = draw(json_values(6))
        operation = {"requestBody": {"content": {"application/json": media}}}
        for word in draw(st.lists(st.sampled_from(("summary", "description", "operationId")), max_size=2)):
            operation[word] = draw(texts())
        if draw(st.integers(0, 4)) == 0:
            operation["parameters"] = [{"name": draw(texts()), "in": "header", "schema": draw(schemas(2))}]
        webhooks[draw(texts()) if draw(st.integers(0, 4)) == 0 else f"thing-{number}"] = {"post": operation}
    document: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}}
    document |= {"webhooks": webhooks, "components": {"schemas": components}}
    return document


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """A real document, changed in a few places."""
    name = draw(st.sampled_from(sorted(real())))
    return mutated(draw, copy.deepcopy(real()[name]), foreign=schemas(3) | json_values(3))


def documents() -> st.SearchStrategy[Any]:
    """Documents of either kind."""
    return made() | changed()
