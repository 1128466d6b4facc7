"""A schema as the list of its plain alternatives: references, ``allOf``, ``oneOf``, ``anyOf`` are resolved.

However a schema is written (inline or behind references, wrapped in ``allOf``, null as a type, a branch or
``nullable``), the same set of values gives the same alternatives. Nothing is left out of them: a keyword that
the kit itself does not use is still one that may change.
"""

from __future__ import annotations

from typing import Any

from ada_schemas.contract.documents import malformed
from ada_schemas.contract.merging import merged
from ada_schemas.contract.references import MAX_REFERENCES, References

__all__ = ["Resolver", "is_annotation", "said_in", "spelling"]

MAX_ALTERNATIVES = 200
ANNOTATIONS = (
    "title",
    "description",
    "example",
    "examples",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "xml",
)
"""Keywords that say nothing of the wire; so does every ``x-...``."""
IGNORED = ("$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "discriminator", "nullable")
COMBINING = ("$ref", "allOf", "oneOf", "anyOf")

Plain = dict[str, Any]


def is_annotation(keyword: str) -> bool:
    """True for a keyword that says nothing of the wire."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def said_in(node: Any) -> dict[str, Any]:
    """The prose of a schema, its own words only; texts without their line breaks."""
    found = {}
    for key, value in node.items() if isinstance(node, dict) else ():
        if is_annotation(str(key)):
            found[str(key)] = " ".join(value.split()) if isinstance(value, str) else value
    if "example" in found:
        found.setdefault("examples", [found.pop("example")])
    return found


class Resolver(References):
    """The alternatives, the prose and the references of the schemas of one document."""

    def references(self, node: Any, place: str, depth: int = 0) -> frozenset[str]:
        """The references that a schema goes through before it comes to its members."""
        if not isinstance(node, dict):
            return frozenset()
        if depth > MAX_REFERENCES:
            raise self.refuse(place, "refers to itself")
        found: frozenset[str] = frozenset()
        if "$ref" in node:
            found |= {str(node["$ref"])}
            found |= self.references(self.lookup(node["$ref"], place), place, depth + 1)
        for key in COMBINING[1:]:
            for part in self.listed(node.get(key), f"{place} {key}"):
                found |= self.references(part, place, depth + 1)
        return found

    def prose(self, node: Any, place: str, depth: int = 0) -> dict[str, Any]:
        """The prose of a schema: its own words, else those of what it refers to or is made of."""
        if not isinstance(node, dict) or depth > MAX_REFERENCES:
            return {}
        said = said_in(node)
        inner = [self.lookup(node["$ref"], place)] if "$ref" in node else []
        inner += self.listed(node.get("allOf"), f"{place} allOf")
        for key in ("oneOf", "anyOf"):
            branches = [b for b in self.listed(node.get(key), f"{place} {key}") if not _is_null(b)]
            inner += branches if len(branches) == 1 else []
        for part in inner:
            said = {**self.prose(part, place, depth + 1), **said}
        return said

    def alternatives(self, node: Any, place: str, depth: int = 0) -> list[Plain]:
        """The plain schemas of which a value must satisfy one; an empty list for a schema of nothing.

        Raises DocumentError for what is no schema, for references that lead nowhere or in a circle, and for
        a union that grows beyond 200 alternatives.
        """
        if node is True or node is None:
            return [{}]
        if node is False:
            return []
        schema = self.mapping(node, place)
        wrong = malformed(schema)
        if wrong:
            raise self.refuse(place, f"cannot be read: {wrong}")
        if depth > MAX_REFERENCES:
            raise self.refuse(place, "refers to itself")
        found = [{str(k): v for k, v in schema.items() if k not in COMBINING and k not in IGNORED}]
        parts = [self.lookup(schema["$ref"], place)] if "$ref" in schema else []
        parts += self.listed(schema.get("allOf"), f"{place} allOf")
        for part in parts:
            found = self._both(found, self.alternatives(part, place, depth + 1), place)
        for key in ("oneOf", "anyOf"):
            if key in schema:
                branches = self.listed(schema[key], f"{place} {key}")
                either = [a for branch in branches for a in self.alternatives(branch, place, depth + 1)]
                found = self._both(found, either, place)
        if schema.get("nullable") is True and not any(_is_null(a) for a in found):
            found.append({"type": "null"})
        return found

    def _both(self, ones: list[Plain], others: list[Plain], place: str) -> list[Plain]:
        if len(others) > 1:  # each branch speaks for itself
            ones = [{k: v for k, v in plain.items() if not is_annotation(k)} for plain in ones]
        if len(ones) * len(others) > MAX_ALTERNATIVES:
            raise self.refuse(place, f"has more than {MAX_ALTERNATIVES} alternatives")
        both = (merged(one, other) for one in ones for other in others)
        return [plain for plain in both if plain is not None]


def _is_null(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") in ("null", ["null"])


def spelling(resolver: Resolver, node: Any, place: str, depth: int = 0) -> Any:
    """The spelling of a schema, apart from its meaning: what it refers to, is wrapped in, in which order."""
    if not isinstance(node, dict) or depth > MAX_REFERENCES:
        return None
    written: dict[str, Any] = {}
    for key in ("type", "nullable", "const", "enum", "required", "discriminator"):
        if key in node:
            written[key] = node[key]
    if isinstance(node.get("properties"), dict):
        written["properties"] = list(node["properties"])
    if "$ref" in node:
        target = resolver.lookup(node["$ref"], place)
        written["$ref"] = [node["$ref"], spelling(resolver, target, place, depth + 1)]
    for key in COMBINING[1:]:
        if key in node:
            parts = resolver.listed(node[key], f"{place} {key}")
            written[key] = [spelling(resolver, part, place, depth + 1) for part in parts]
    return written
