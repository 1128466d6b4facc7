"""Unions: alternatives as one shape, with what tells the branches apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, cast

from ada_schemas.contract.shapes import (
    Anything,
    Array,
    Branch,
    Member,
    Object,
    Scalar,
    Shape,
    Union,
)

__all__ = ["Alternative", "told_by", "union_of_all"]

LONGEST_LABEL = 60
MOST_VALUES = 12
"""Values of the discriminator that one branch may have."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One alternative of a union.

    ``name`` is what the document calls it, ``tags`` the values of the discriminator that the document maps to
    it, ``component`` the name of the component that it is, or empty.
    """

    shape: Shape
    name: str = ""
    tags: tuple[str, ...] = ()
    component: str = ""


def union_of_all(alternatives: list[Alternative], named: str, common: dict[str, Any]) -> Shape:
    """The shape of what satisfies one of at least one alternatives, none of which is null.

    ``named`` is the discriminator that the document names, or empty; ``common`` what it says of the whole.
    """
    found = _distinct(_flat(alternatives))
    nullable = common["nullable"] or any(each.shape.nullable for each in found)
    common = {**common, "nullable": nullable}
    if len(found) == 1:
        only = found[0].shape
        return replace(
            only,
            description=common["description"] or only.description,
            nullable=nullable,
            examples=common["examples"] or only.examples,
        )
    if any(isinstance(each.shape, Anything) for each in found):
        return Anything(**common)
    scalars = [each for each in found if isinstance(each.shape, Scalar)]
    if (
        len(scalars) > 1
        and (one := _one_scalar([cast("Scalar", each.shape) for each in scalars])) is not None
    ):
        first = found.index(scalars[0])
        found = [each for each in found if each not in scalars]
        found.insert(first, Alternative(one, name=_kinds(one)))
    if len(found) == 1:
        return replace(found[0].shape, **common)
    if all(isinstance(each.shape, Object) for each in found):
        tagged = _tagged(found, named)
        if tagged is not None:
            return replace(tagged, **common)
    labels = _labels(found)
    branches = (Branch(label, each.shape) for label, each in zip(labels, found, strict=True))
    return Union(branches=tuple(branches), **common)


def told_by(union: Union, name: str) -> Union:
    """The union told apart by the member of that name; itself where that tells nothing."""
    found = [Alternative(branch.shape, name=branch.tag) for branch in union.branches]
    if union.discriminator == name or not all(isinstance(each.shape, Object) for each in found):
        return union
    made = _tagged(found, name)
    return union if made is None else replace(union, discriminator=name, branches=made.branches)


def _flat(alternatives: list[Alternative]) -> list[Alternative]:
    """The alternatives, those of a union among them in its place."""
    found: list[Alternative] = []
    for each in alternatives:
        if isinstance(each.shape, Union):
            nullable = each.shape.nullable
            for branch in each.shape.branches:
                tags = (branch.tag,) if each.shape.discriminator else ()
                shape = replace(branch.shape, nullable=branch.shape.nullable or nullable)
                name = f"{each.name}-{branch.tag}" if each.name else branch.tag
                found.append(Alternative(shape, name=name, tags=tags))
        else:
            found.append(each)
    return found


def _distinct(alternatives: list[Alternative]) -> list[Alternative]:
    found: list[Alternative] = []
    for each in alternatives:
        same = next((n for n, other in enumerate(found) if other.shape == each.shape), None)
        if same is None:
            found.append(each)
        else:
            found[same] = replace(found[same], tags=(*found[same].tags, *each.tags))
    return found


def _one_scalar(shapes: list[Scalar]) -> Scalar | None:
    """One scalar for several; None where two of them limit values of the same type in different ways."""
    types = tuple(dict.fromkeys(t for s in shapes for t in s.types))
    texts = _limiting([s for s in shapes if "string" in s.types])
    numbers = _limiting([s for s in shapes if {"integer", "number"} & set(s.types)])
    if texts is None or numbers is None:
        return None
    limits = replace(numbers.limits, min_length=texts.limits.min_length, pattern=texts.limits.pattern)
    listed = tuple(dict.fromkeys(v for s in shapes for v in s.enum))
    closed = all(s.enum for s in shapes)
    return Scalar(
        types=types,
        enum=listed if closed else (),
        known_values=() if closed else tuple(v for v in listed if isinstance(v, str)),
        format=texts.format,
        max_length=texts.max_length,
        limits=limits,
    )


def _limiting(shapes: list[Scalar]) -> Scalar | None:
    """The shape whose limits hold for all; None where there are several such."""
    unlisted = [s for s in shapes if not s.enum]
    facts = {(s.format, s.max_length, s.limits) for s in unlisted}
    if len(facts) > 1:
        return None
    return unlisted[0] if unlisted else Scalar(types=())


def _kinds(shape: Shape) -> str:
    match shape:
        case Scalar():
            return "-or-".join(shape.types)
        case Array():
            return "list"
        case Union():
            return "union"
    return "object"


def _labels(found: list[Alternative]) -> list[str]:
    """A label for each alternative, in plain characters and unique."""
    labels: list[str] = []
    for number, each in enumerate(found, 1):
        said = re.sub(r"[^A-Za-z0-9_-]+", "-", each.name).strip("-")[:LONGEST_LABEL]
        label = said or (_kinds(each.shape) if not isinstance(each.shape, Object) else str(number))
        if label in labels:
            label = next(c for n in range(2, len(found) + 2) if (c := f"{label}-{n}") not in labels)
        labels.append(label)
    return labels


def _tagged(found: list[Alternative], named: str) -> Union | None:
    """The union of objects that a member tells apart, None if none does."""
    objects = [cast("Object", each.shape) for each in found]
    if named:
        tags = [_said(each, named) or each.tags for each in found]
        if not any(tags):
            # By OpenAPI, the name of a component is what its discriminator says where nothing else is said.
            tags = [(each.component,) if each.component else () for each in found]
        union = _union(objects, named, tags)
        return None if union is None else _always_told(union)
    for candidate in (member.name for member in objects[0].members):
        union = _union(objects, candidate, [_said(each, candidate) for each in found])
        if union is not None:
            return union
    return None


def _always_told(union: Union) -> Union:
    """The union whose branches always have the discriminator, since nothing else tells them apart."""

    def told(shape: Object) -> Object:
        members = (replace(m, required=m.required or m.name == union.discriminator) for m in shape.members)
        return replace(shape, members=tuple(members))

    branches = (replace(b, shape=told(b.shape)) for b in union.branches if isinstance(b.shape, Object))
    return replace(union, branches=tuple(branches))


def _said(alternative: Alternative, name: str) -> tuple[str, ...]:
    """The texts that the member of that name may be in an alternative; none where it may be any."""
    member = cast("Object", alternative.shape).member(name)
    enum = member.shape.enum if member and isinstance(member.shape, Scalar) else ()
    texts = tuple(v for v in enum if isinstance(v, str))
    if len(texts) > 1 and alternative.tags:
        mapped = tuple(t for t in texts if t in alternative.tags)
        texts = mapped or texts
    return texts if len(texts) == len(enum) or alternative.tags else ()


def _union(objects: list[Object], name: str, tags: list[tuple[str, ...]]) -> Union | None:
    every = [tag for each in tags for tag in each]
    if not all(tags) or len(set(every)) != len(every) or max(map(len, tags)) > MOST_VALUES:
        return None
    branches = (
        Branch(tag, _only(shape, name, tag)) for shape, own in zip(objects, tags, strict=True) for tag in own
    )
    return Union(discriminator=name, branches=tuple(branches))


def _only(shape: Object, name: str, tag: str) -> Object:
    """The object whose discriminator is that text."""
    held = shape.member(name)
    if held is None:
        others = tuple(n for n in shape.others if n != name)
        told = Member(name, Scalar(types=("string",), enum=(tag,)), required=True)
        return replace(shape, members=(told, *shape.members), others=others)
    if isinstance(held.shape, Scalar) and held.shape.enum == (tag,):
        return shape
    only = Scalar(types=("string",), enum=(tag,), description=held.shape.description)
    members = (replace(m, shape=only) if m.name == name else m for m in shape.members)
    return replace(shape, members=tuple(members))
