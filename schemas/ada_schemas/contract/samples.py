"""Values that a shape allows, made without chance: from its examples, else from its type."""

from __future__ import annotations

from typing import Any

from ada_schemas.contract.paths import ABSENT, get, json_type
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

__all__ = ["as_branch", "complete", "fits", "fitted", "sample", "supplier"]

_BY_FORMAT = {
    "date-time": "2020-09-20T00:00:00+00:00",
    "date": "2020-09-20",
    "uri": "https://example.com/adakit",
    "email": "ada@example.com",
    "uuid": "61f46e0b-fa39-4e44-850b-c1ca8f958dd3",
}


def sample(shape: Shape) -> Any:
    """A valid value that is not null; an object has all of its members."""
    fitting = next(
        (example for example in shape.examples if example is not None and fits(shape, example)), None
    )
    if fitting is not None:
        return fitting
    match shape:
        case Scalar():
            return _scalar(shape)
        case Anything():
            return "example"
        case Array():
            return [sample(shape.items)]
        case Mapping():
            return {"example_key": sample(shape.values)}
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
    text = _BY_FORMAT.get(shape.format or "", "example")[: shape.max_length]
    values = {"string": text, "boolean": True, "integer": 7}
    return values.get(shape.types[0], 3.5)


def as_branch(union: Union, branch: Branch, value: Any) -> dict[str, Any]:
    """An object of that branch: ``value`` if it is one, else made from the members they share."""
    given = value if isinstance(value, dict) else {}
    if given.get(union.discriminator) == branch.tag:
        return given
    made = {m.name: given[m.name] if m.name in given else sample(m.shape) for m in branch.shape.members}
    return {**made, union.discriminator: branch.tag}


def complete(shape: Shape, value: Any) -> Any:
    """A copy of a valid value in which every documented member that was absent has a sample."""
    match shape:
        case Object() if isinstance(value, dict):
            known = {
                m.name: complete(m.shape, value[m.name]) if m.name in value else sample(m.shape)
                for m in shape.members
            }
            return {**known, **{k: v for k, v in value.items() if k not in known}}
        case Union() if isinstance(value, dict):
            branch = shape.branch(value.get(shape.discriminator))
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
            given = value if isinstance(value, dict) else {}
            branch = shape.branch(given.get(shape.discriminator)) or shape.branches[0]
            return fitted(branch.shape, as_branch(shape, branch, given))
        case Mapping() if isinstance(value, dict):
            return {name: fitted(shape.values, inner) for name, inner in value.items()}
        case Array() if isinstance(value, list):
            return [fitted(shape.items, inner) for inner in value]
        case Scalar() if _of_kind(shape, value):
            return value[: shape.max_length] if isinstance(value, str) else value
        case Anything():
            return value
    return sample(shape)


def fits(shape: Shape, value: Any) -> bool:
    """True for a value of the shape, in which nothing is undocumented."""
    if value is None:
        return shape.nullable or (isinstance(shape, Anything) and not shape.sends)
    match shape:
        case Scalar():
            too_long = (
                isinstance(value, str) and shape.max_length is not None and len(value) > shape.max_length
            )
            return _of_kind(shape, value) and not too_long
        case Anything():
            return not shape.sends or json_type(value) in shape.sends
        case Array():
            return isinstance(value, list) and all(fits(shape.items, inner) for inner in value)
        case Mapping():
            return isinstance(value, dict) and all(fits(shape.values, inner) for inner in value.values())
        case Object():
            return isinstance(value, dict) and _has_members(shape, value)
        case Union():
            branch = shape.branch(value.get(shape.discriminator)) if isinstance(value, dict) else None
            return branch is not None and _has_members(branch.shape, value)


def _has_members(shape: Object, value: dict[str, Any]) -> bool:
    known = {member.name: member for member in shape.members}
    needed = all(member.name in value for member in shape.members if member.required)
    return needed and all(name in known and fits(known[name].shape, inner) for name, inner in value.items())


def _of_kind(shape: Scalar, value: Any) -> bool:
    if shape.enum:
        return value in shape.enum
    kind = json_type(value)
    return kind in shape.types or (kind == "integer" and "number" in shape.types)


def supplier(payload: Object, base: Any) -> Any:
    """A function from payload path to a value that is not null: the base's own, else a sample."""

    def supply(path: str) -> Any:
        value = get(base, path)
        if value is not ABSENT and value is not None:
            return value
        found = [shape for place, shape in walk(payload) if payload_path(place) == path]
        return sample(found[-1])

    return supply
