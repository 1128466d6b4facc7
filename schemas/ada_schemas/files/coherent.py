"""Splits a payload into shapes that keep what ``constraints.yaml`` ties together.

What generates events from a schema takes each member for itself: of the author's role and id, which are tied,
hardly a pair that it draws would be right. So every choice that decides about others gets a shape of its own.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.constraints import violations
from ada_schemas.contract.paths import ABSENT, joined, put
from ada_schemas.contract.shapes import Object, Scalar, rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.constraints import Constraint
    from ada_schemas.contract.shapes import Event, Member, Shape

__all__ = ["coherent_payloads"]

OTHER = "a text"
"""Stands for every text that the contract does not list."""

Values = tuple[Any, ...]


def coherent_payloads(
    event: Event, constraints: tuple[Constraint, ...], *, closed: bool = True
) -> dict[str, Shape]:
    """The event's payload in shapes that break no constraint, each by what tells it from the others.

    Together they allow all that the constraints do. A constraint that speaks of what stands in a union is
    left to the branches. ``closed``: values that the contract does not list are left out.
    """
    members = {
        joined(path, member.name): member
        for path, shape in walk(event.payload)
        if isinstance(shape, Object)
        for member in shape.members
        if isinstance(member.shape, Scalar)
    }
    kept = tuple(each for each in constraints if members.keys() >= set(each.members))
    tied = {path: _values(members[path], closed=closed) for each in kept for path in each.members}

    def breaks_none(values: Values) -> bool:
        payload: Any = event.envelope()
        for path, value in zip(tied, values, strict=True):
            payload = payload if value is ABSENT else put(payload, path, value)
        return not violations(kept, payload)

    allowed = tuple(values for values in product(*tied.values()) if breaks_none(values))
    boxes = [dict(zip(tied, box, strict=True)) for box in _boxes(allowed)]
    return {_said(box, tied): rewrite(event.payload, partial(_within, box)) for box in boxes}


def _values(member: Member, *, closed: bool) -> Values:
    """What can stand in a member, as far as a constraint may ask."""
    shape: Any = member.shape
    texts = (*shape.enum, *(() if shape.enum and closed else (OTHER,)))
    return (*texts, *((None,) if shape.nullable else ()), *(() if member.required else (ABSENT,)))


def _boxes(allowed: tuple[Values, ...]) -> Iterator[tuple[Values, ...]]:
    """Combinations as products: in each, every value of a place goes with every value of the others."""
    sides = tuple(tuple(dict.fromkeys(column)) for column in zip(*allowed, strict=True))
    if math.prod(map(len, sides)) == len(allowed):
        yield sides
        return
    place = next(n for n, side in enumerate(sides) if len(side) > 1)
    alike: dict[tuple[Values, ...], list[Any]] = {}
    for value in sides[place]:
        rest = tuple((*v[:place], *v[place + 1 :]) for v in allowed if v[place] is value)
        alike.setdefault(rest, []).append(value)
    for rest, values in alike.items():
        for box in _boxes(rest):
            yield (*box[:place], tuple(values), *box[place:])


def _within(box: dict[str, Values], path: str, shape: Shape) -> Shape:
    """The shape of a place, no wider than the box."""
    match shape:
        case Scalar() if path in box:
            values = box[path]
            others = OTHER in values
            listed = tuple(value for value in shape.enum if value in values)
            return replace(shape, enum=listed, types=shape.types if others else (), nullable=None in values)
        case Object():
            places = {member.name: box.get(joined(path, member.name)) for member in shape.members}
            members = (
                replace(member, required=member.required or ABSENT not in (places[member.name] or (ABSENT,)))
                for member in shape.members
                if places[member.name] != (ABSENT,)
            )
            return replace(shape, members=tuple(members))
    return shape


def _said(box: dict[str, Values], tied: dict[str, Values]) -> str:
    told = {path: values for path, values in box.items() if values != tied[path]}
    return ", ".join(
        f"{path} is {' or '.join('null' if v is None else str(v) for v in values)}"
        for path, values in told.items()
    )
