"""What a schema says of members together: one of several sets of them, so many at most, one with another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.keywords import count_of

if TYPE_CHECKING:
    from collections.abc import Container

    from ada_schemas.contract.schema_parts import Plain
    from ada_schemas.contract.shapes import Object

__all__ = ["always_sent", "are_conditions", "beyond_most", "exclusive_parts", "tied_members"]

CONDITIONS = {"required", "not", "description", "title"}
"""The keywords of an alternative that says nothing of the members themselves."""
TYING = ("if", "not", "dependentRequired", "dependentSchemas", "minProperties")
"""Keywords of an object by which the absence of a member may depend on others."""


def are_conditions(alternatives: list[Any]) -> bool:
    """True for alternatives that say which members there are, and nothing of them."""
    return all(isinstance(each, dict) and set(each) <= CONDITIONS for each in alternatives)


def exclusive_parts(base: Plain, alternatives: list[Any]) -> list[Plain]:
    """An object for each set of members of which exactly one may be there; none if it is not about such."""
    sets = [set(each.get("required") or ()) for each in alternatives]
    if not all(sets) or not isinstance(base.get("properties"), dict):
        return []
    listed = base["required"] if isinstance(base.get("required"), list) else []
    made = []
    for own in sets:
        others = set().union(*sets) - own
        kept = {n: node for n, node in base["properties"].items() if n not in others}
        made.append({**base, "properties": kept, "required": [*listed, *sorted(own - set(listed))]})
    return made


def always_sent(shape: Object, names: Container[str]) -> Object:
    """The object whose optional members of those names are always sent."""
    members = (
        replace(m, shape=replace(m.shape, identity=True)) if m.name in names and not m.required else m
        for m in shape.members
    )
    return replace(shape, members=tuple(members))


def tied_members(schema: Plain, shape: Object) -> Object:
    """The object, whose members are always sent where their absence may depend on others."""
    if not any(key in schema for key in TYING):
        return shape
    return replace(always_sent(shape, [m.name for m in shape.members]), identity=True)


def beyond_most(schema: Plain, names: list[str], required: list[str]) -> set[str]:
    """The optional members for which there is no room where an object has so many members at most."""
    most = count_of(schema.get("maxProperties"))
    if most is None:
        return set()
    optional = [name for name in names if name not in required]
    return set(optional[max(0, most - (len(names) - len(optional))) :])
