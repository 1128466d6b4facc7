"""Values that a shape allows, made without chance: from its examples, else from its type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ada_schemas.contract.fitting import branch_of, fits
from ada_schemas.contract.generated import BY_FORMAT, key_of, of_kind
from ada_schemas.contract.paths import ABSENT, get
from ada_schemas.contract.shapes import (
    Anything,
    Array,
    Branch,
    Mapping,
    Object,
    Scalar,
    Shape,
    Union,
    payload_path,
    walk,
)

__all__ = ["as_branch", "complete", "entries", "fitted", "sample", "supplier"]


def sample(shape: Shape) -> Any:
    """A valid value that is not null unless nothing else is; an object has all of its members."""
    fitting = next(
        (example for example in shape.examples if example is not None and fits(shape, example)), None
    )
    if fitting is not None:
        return fitting
    match shape:
        case Scalar():
            return _scalar(shape)
        case Anything():
            return None if shape.unread else "example"
        case Array():
            return entries(shape, 1)
        case Mapping():
            return _mapping(shape)
        case Object():
            return {m.name: sample(m.shape) for m in shape.members}
        case Union():
            return as_branch(shape, shape.branches[0], {})


def _scalar(shape: Scalar) -> Any:
    listed = (*shape.enum, *shape.known_values)
    if listed:
        return listed[0]
    if shape.default is not None and fits(shape, shape.default):
        return shape.default
    made = next((value for kind in shape.types if (value := of_kind(shape, kind)) is not None), None)
    if made is None and "string" in shape.types:  # nothing is known that has the pattern
        return BY_FORMAT.get(shape.format or "", "example")[: shape.max_length]
    return made


def entries(shape: Array, least: int) -> list[Any]:
    """A list of as many entries, as far as its limits allow; one whose entries are not described is empty."""
    made = [sample(each) for each in shape.first]
    count = max(least, shape.min_items, len(made))
    count = count if shape.max_items is None else min(count, shape.max_items)
    if isinstance(shape.items, Anything) and shape.items.unread:
        return made
    more = count - len(made)
    return (made + (_different(shape.items, more) if shape.unique else [sample(shape.items)] * more))[:count]


def _different(shape: Shape, count: int) -> list[Any]:
    """As many values of a shape, none of which is another, as far as they are found."""
    first = sample(shape)
    candidates: list[Any] = [first]
    match shape:
        case Scalar(enum=enum) if enum:
            candidates += enum
        case Scalar():
            candidates += [f"{first}-{n}" if isinstance(first, str) else n for n in range(2, 2 * count + 12)]
    found: list[Any] = []
    for each in candidates:
        if len(found) < count and each not in found and (each is first or fits(shape, each)):
            found.append(each)
    return found


def _mapping(shape: Mapping) -> dict[str, Any]:
    if isinstance(shape.values, Anything) and shape.values.unread:
        return {}
    if shape.max_entries == 0:
        return {}
    key = key_of(shape.keys)
    names = [key, *(f"{key}{n}" for n in range(2, shape.min_entries + 1))]
    return {name: sample(shape.values) for name in names}


def as_branch(union: Union, branch: Branch, value: Any) -> Any:
    """A value of that branch: ``value`` if it is one, else an object with the members that they share."""
    if not isinstance(branch.shape, Object):
        return value if branch_of(union, value) is branch else sample(branch.shape)
    given = value if isinstance(value, dict) else {}
    if (given or not branch.shape.members) and branch_of(union, given) is branch:
        return given
    made = {
        m.name: given[m.name] if m.name in given and fits(m.shape, given[m.name]) else sample(m.shape)
        for m in branch.shape.members
    }
    return {**made, union.discriminator: branch.tag} if union.discriminator else made


def complete(shape: Shape, value: Any) -> Any:
    """A copy of a valid value in which every documented member that was absent has a sample."""
    match shape:
        case Object() if isinstance(value, dict):
            known = {
                m.name: complete(m.shape, value[m.name]) if m.name in value else sample(m.shape)
                for m in shape.members
            }
            return {**known, **{k: v for k, v in value.items() if k not in known}}
        case Union():
            branch = branch_of(shape, value)
            return complete(branch.shape, value) if branch else value
    return value


def fitted(shape: Shape, value: Any) -> Any:
    """A value of the shape with every documented member: the given one as far as it fits, else a sample."""
    if value is None:
        return None if shape.nullable else sample(shape)
    match shape:
        case Object() if isinstance(value, dict):
            return {
                m.name: fitted(m.shape, value[m.name]) if m.name in value else sample(m.shape)
                for m in shape.members
            }
        case Union():
            branch = branch_of(shape, value) or shape.branches[0]
            return fitted(branch.shape, as_branch(shape, branch, value))
        case Mapping() if isinstance(value, dict):
            made = {name: fitted(shape.values, inner) for name, inner in value.items()}
            return made if fits(replace(shape, values=Anything()), made) else sample(shape)
        case Array() if isinstance(value, list):
            made_list = [
                fitted(shape.first[n] if n < len(shape.first) else shape.items, inner)
                for n, inner in enumerate(value)
            ]
            return made_list if fits(replace(shape, items=Anything(), first=()), made_list) else sample(shape)
        case Scalar():
            cut = value[: shape.max_length] if isinstance(value, str) else value
            return cut if fits(shape, cut) else sample(shape)
        case Anything():
            return value
    return sample(shape)


def supplier(payload: Object, base: Any) -> Any:
    """A function from payload path to a value that is not null: the base's own, else a sample."""

    def supply(path: str) -> Any:
        value = get(base, path)
        if value is not ABSENT and value is not None:
            return value
        found = [shape for place, shape in walk(payload) if payload_path(place) == path]
        return sample(found[-1])

    return supply
