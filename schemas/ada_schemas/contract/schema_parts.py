"""The pieces that schemas are read with: what is cut off, references, discriminators, what keys look like."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ada_schemas.contract.documents import malformed
from ada_schemas.contract.fitting import is_pattern
from ada_schemas.contract.keywords import common_of, count_of, demands_of, types_of
from ada_schemas.contract.merging import merged
from ada_schemas.contract.omissions import UnusableError
from ada_schemas.contract.shapes import Anything, Shape

__all__ = [
    "ENDLESS",
    "UNUSABLE",
    "Plain",
    "bare_reference",
    "both",
    "contains_itself",
    "endless",
    "is_unread",
    "least_of",
    "pattern_of_keys",
    "said_beside",
    "targets_of",
    "unusable",
]

MOST_ENTRIES = 10_000
Plain = dict[str, Any]

ENDLESS = Anything(unread=True, description="Contains itself.")
"""The shape of what contains itself, where it comes again."""
UNUSABLE = Anything(unread=True)
"""The shape of what cannot be used."""


def is_unread(shape: Shape) -> bool:
    """True for the shape of what the sender does not send."""
    return isinstance(shape, Anything) and shape.unread


def contains_itself(shape: Shape) -> bool:
    """True for the shape of what contains itself and is not followed again."""
    return is_unread(shape) and shape.description == ENDLESS.description


def unusable(one: str, several: str) -> UnusableError:
    """The error for a place that is left out, in the words for one such place and for several."""
    return UnusableError(f"{one}; left out.", f"{several}; left out.")


def least_of(schema: Plain, keyword: str) -> int:
    """How many entries a schema demands at least; raises UnusableError for more than can be sent."""
    least = count_of(schema.get(keyword)) or 0
    if least > MOST_ENTRIES:
        said = f"more than {MOST_ENTRIES:,} entries"
        raise unusable(f"{{}} demands {said}", f"{{}} demand {said}")
    return least


def endless(target: Any, node: Plain) -> Shape:
    """The shape of a component where it comes again."""
    plain = isinstance(target, dict) and not malformed(target)
    nullable = node.get("nullable") is True or (plain and types_of(target)[1])
    return replace(ENDLESS, nullable=nullable)


def bare_reference(node: Any) -> str | None:
    """The reference of a node that demands nothing beside it."""
    if not isinstance(node, dict) or not isinstance(node.get("$ref"), str) or malformed(node):
        return None
    bare = set(demands_of(node)) == {"$ref"} and "default" not in node
    return str(node["$ref"]) if bare else None


def said_beside(node: Plain) -> dict[str, Any]:
    """The words beside a reference, which count more than those of the component."""
    said = common_of(node, nullable=node.get("nullable") is True)
    return {key: value for key, value in said.items() if value}


def both(one: Plain, other: Plain) -> Plain:
    """A schema that demands what both demand; where nothing can satisfy both, the first has its way."""
    kept = {k: v for k, v in other.items() if k != "required" or isinstance(v, list)}
    return merged(one, kept) or {**kept, **one}


def targets_of(schema: Plain) -> dict[str, str]:
    """The values of a discriminator with the references that they stand for."""
    told = schema.get("discriminator")
    mapping = told.get("mapping") if isinstance(told, dict) else None
    if not isinstance(mapping, dict):
        return {}
    named = {str(tag): str(target) for tag, target in mapping.items()}
    return {
        tag: target if "/" in target or "#" in target else f"#/components/schemas/{target}"
        for tag, target in named.items()
    }


def pattern_of_keys(names: Any, patterns: Plain) -> str | None:
    """The pattern of the keys of a map, as far as a document has one."""
    found: Any = None
    if patterns:
        found = next(iter(patterns))
    elif isinstance(names, dict) and isinstance(names.get("enum"), list) and names["enum"]:
        found = f"^({'|'.join(re.escape(str(each)) for each in names['enum'])})$"
    elif isinstance(names, dict):
        found = names.get("pattern")
    return found if isinstance(found, str) and is_pattern(found) else None
