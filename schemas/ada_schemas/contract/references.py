"""References within a document that nobody vouches for, and its nodes as what they should be."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from ada_schemas.errors import DocumentError

__all__ = ["MAX_REFERENCES", "References", "inside", "steps_of"]

MAX_REFERENCES = 40


def steps_of(reference: str) -> list[str]:
    """The keys that a local reference (``#/components/schemas/X``) goes through."""
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")]


def inside(node: Any, step: str) -> Any:
    """The value under a key of a reference, in a mapping or a list; raises LookupError where none is."""
    if isinstance(node, list) and re.fullmatch("0|[1-9][0-9]{0,8}", step):
        return node[int(step)]
    if not isinstance(node, dict):
        raise KeyError(step)
    return node[step]


class References:
    """Follows references within one document; ``name`` is what errors call it."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self._document = document
        self.name = name

    def refuse(self, place: str, what: str, *, next_step: str = "") -> DocumentError:
        """The error that says what is wrong at a place."""
        return DocumentError(f"{self.name}: {place} {what}.", next_step=next_step)

    def mapping(self, node: Any, place: str) -> dict[str, Any]:
        """The node if it is a mapping, an empty one for None; raises DocumentError for anything else."""
        if node is not None and not isinstance(node, dict):
            raise self.refuse(place, f"is {type(node).__name__}, not a mapping")
        return node or {}

    def listed(self, node: Any, place: str) -> list[Any]:
        """The node if it is a list, an empty one for None; raises DocumentError for anything else."""
        if node is not None and not isinstance(node, list):
            raise self.refuse(place, f"is {type(node).__name__}, not a list")
        return node or []

    def lookup(self, reference: Any, place: str) -> Any:
        """The target of a reference; raises DocumentError when it leaves the document or names nothing."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            said = f"refers to {reference}, which is outside the document"
            raise self.refuse(place, said, next_step="Bundle the document into one file first.")
        node: Any = self._document
        for step in steps_of(reference):
            try:
                node = inside(node, step)
            except LookupError:
                raise self.refuse(place, f"refers to {reference}, which does not exist") from None
        return node

    def followed(self, node: Any, place: str) -> dict[str, Any]:
        """A mapping with its references followed; members beside a ``$ref`` win over those of its target."""
        beside: dict[str, Any] = {}
        for _ in range(MAX_REFERENCES):
            found = self.mapping(node, place)
            if "$ref" not in found:
                return {**found, **beside}
            beside = {**{k: v for k, v in found.items() if k != "$ref"}, **beside}
            node = self.lookup(found["$ref"], place)
        raise self.refuse(f"the references at {place}", "go round in a circle")
