"""Rows: a level for each enum, union and optional member of an event, such as may come together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_contract_tests.suites.edits import Edit
from ada_contract_tests.suites.fuzzed import builder_of
from ada_schemas.contract.paths import branches_along, steps
from ada_schemas.contract.shapes import Array, Scalar, Union, payload_path
from ada_schemas.variation.combinations import allowed, factors_of

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape
    from ada_schemas.variation.builder import VariationBuilder

__all__ = ["Row", "around", "edits_of", "factors_in", "is_open", "partial_row", "whole_row"]

Row = dict[str, str]
"""A level for some members, by shape path."""

MOST_TRIES = 50
"""Rows that are begun until one can be finished."""


@lru_cache(maxsize=64)
def factors_in(contract: Contract, name: str) -> dict[str, tuple[str, ...]]:
    """The levels of each member of an event that can be one of several things, by shape path."""
    builder = builder_of(contract, name)
    return {
        path: _with_known_values(builder.places[path], levels)
        for path, levels in factors_of(builder.event).items()
    }


def _with_known_values(shape: Shape, levels: tuple[str, ...]) -> tuple[str, ...]:
    """The levels with the values that prose names, where no enum does."""
    if not isinstance(shape, Scalar) or not shape.known_values:
        return levels
    return (*shape.known_values, *(level for level in levels if level != "set"))


def whole_row(rng: random.Random, builder: VariationBuilder, factors: dict[str, tuple[str, ...]]) -> Row:
    """A row of every member, each level as likely as any other that is allowed beside those before it."""
    for _ in range(MOST_TRIES):
        row: Row = {}
        for path, levels in factors.items():
            fitting = [level for level in levels if allowed({**row, path: level}, builder.constraints)]
            if not fitting:
                break
            row[path] = rng.choice(fitting)
        else:
            return row
    return {}


def partial_row(
    rng: random.Random, builder: VariationBuilder, factors: dict[str, tuple[str, ...]], few: Sequence[str]
) -> Row:
    """A row of a few members, none of them as usual."""
    row: Row = {}
    for path in (path for path in factors if path in few):
        if around(path) <= row.items() or not around(path):
            levels = [level for level in factors[path] if level not in ("set", "n/a")]
            levels = [level for level in levels if allowed({**row, path: level}, builder.constraints)]
            if levels:
                row[path] = rng.choice(levels)
    return row


def around(path: str) -> set[tuple[str, str]]:
    """The branches of unions that a shape path goes through: (path of the union, tag)."""
    return set(branches_along(path))


def is_open(path: str, row: Row, builder: VariationBuilder) -> bool:
    """True if a member is in an event with these levels, and they leave its value open."""
    if row.get(path, "set") != "set":
        return False
    place = payload_path(path)
    for other, level in row.items():
        inside = place == payload_path(other) or place.startswith(f"{payload_path(other)}.")
        if level == "absent" and inside:
            return False
    chosen = {(at, row[at]) for at, _ in around(path) if at in row}
    usual = {(at, builder.usual_branch(at)) for at, _ in around(path) if at not in row}
    return around(path) <= chosen | usual


def _level(shape: Shape, path: str, level: str) -> Edit | None:
    """The change that brings a member to a level; None where an ordinary event has it."""
    place = tuple(steps(payload_path(path)))
    match level, shape:
        case (("set" | "n/a"), _):
            return None
        case "absent", _:
            return Edit(place, "remove")
        case "null", _:
            return Edit(place, "put", None)
        case "empty", Scalar():
            return Edit(place, "put", "")
        case "empty", _:
            return Edit(place, "put", [] if isinstance(shape, Array) else {})
        case _, Union():
            return Edit(place, "put", {shape.discriminator: level})
    return Edit(place, "put", _typed(shape, level))


def _typed(shape: Shape, level: str) -> Any:
    """The value of an enum that a level names."""
    values = shape.enum if isinstance(shape, Scalar) else ()
    return next((value for value in values if str(value) == level), level)


def edits_of(row: Row, builder: VariationBuilder) -> list[Edit]:
    """The changes that bring an ordinary event to the levels of a row."""
    levels = (_level(builder.places[path], path, level) for path, level in row.items())
    return [edit for edit in levels if edit is not None]
