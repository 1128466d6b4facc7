"""Values that a schema allows, as its document's author means them; and a judge that is not ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jsonschema
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from fuzz.values import json_values, keys, texts

__all__ = ["judge", "sampled"]

DEEPEST = 6
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "string": texts(),
    "integer": st.integers(-5, 2**53),
    "number": st.sampled_from((0, 1.5, -2.0, 1e300)),
    "boolean": st.booleans(),
    "null": st.none(),
}


def sampled(draw: st.DrawFn, schema: Any, document: dict[str, Any], depth: int = 0) -> Any:
    """A value that is meant by the schema; where that is not clear, any value."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return draw(json_values(3))
    if "$ref" in schema:
        beside = {k: v for k, v in schema.items() if k != "$ref"}
        target = _target(document, schema["$ref"])
        return sampled(
            draw, {**target, **beside} if isinstance(target, dict) else target, document, depth + 1
        )
    for keyword in ("oneOf", "anyOf"):
        branches = schema.get(keyword)
        if isinstance(branches, list) and branches:
            return sampled(draw, draw(st.sampled_from(branches)), document, depth + 1)
    if isinstance(schema.get("allOf"), list):
        parts = [schema | {"allOf": None}, *schema["allOf"]]
        values = [sampled(draw, part, document, depth + 1) for part in parts if part]
        objects = [value for value in values if isinstance(value, dict)]
        return {k: v for value in objects for k, v in value.items()} if objects else values[-1]
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return draw(st.sampled_from(schema["enum"]))
    kinds = schema.get("type", "object" if "properties" in schema else None)
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) and kinds else kinds
    if kind == "object":
        return _object(draw, schema, document, depth)
    if kind == "array":
        return [
            sampled(draw, schema.get("items"), document, depth + 1) for _ in range(draw(st.integers(0, 2)))
        ]
    return draw(PLAIN.get(str(kind), json_values(3)))


def _object(draw: st.DrawFn, schema: dict[str, Any], document: dict[str, Any], depth: int) -> Any:
    properties = schema.get("properties")
    required = schema.get("required")
    value = {}
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        wanted = isinstance(required, list) and name in required
        if inner is not False and (wanted or depth < 2 or draw(st.booleans())):
            value[name] = sampled(draw, inner, document, depth + 1)
    extra = schema.get("additionalProperties", True)
    if extra is not False and draw(st.integers(0, 3)) == 0:
        value.setdefault(draw(keys()), sampled(draw, extra, document, depth + 1))
    return value


def _target(document: Any, reference: Any) -> Any:
    node = document
    for step in str(reference).removeprefix("#/").split("/"):
        if not isinstance(node, dict) or step not in node:
            return None
        node = node[step]
    return node


def judge(document: dict[str, Any], steps: tuple[str, ...]) -> jsonschema.Draft202012Validator | None:
    """The validator of a schema within a document, as it stands there; None where that cannot be had."""
    escaped = (
        quote(step.replace("~", "~0").replace("/", "~1"), safe="~", errors="replace") for step in steps
    )
    pointer = "".join(f"/{step}" for step in escaped)
    registry = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    schema = {"$ref": f"urn:document#{pointer}"}
    validator = jsonschema.Draft202012Validator(schema, registry=registry)
    try:
        validator.is_valid({"type": "", "data": {}})
    except Exception:  # hostile documents break it in many ways
        return None
    return validator
