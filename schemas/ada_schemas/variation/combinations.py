"""ADA109: what is documented one by one, two by two.

Every pair of facts about an event that may come together stands in at least one combination. The covering
arrays are computed by allpairspy when the contract changes
(``python -m ada_schemas.variation.combinations build``) and committed, so that ids stay and nothing is
computed at run time.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from functools import lru_cache, partial, reduce
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.contract import shipped
from ada_schemas.contract.paths import apart, branched, branches_along, joined, union_of
from ada_schemas.contract.samples import complete, sample
from ada_schemas.contract.shapes import Array, Mapping, Object, Scalar, Union, payload_path
from ada_schemas.errors import UsageError
from ada_schemas.variation.builder import (
    Change,
    Variation,
    VariationBuilder,
    changing,
    putting,
    removing,
    unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from ada_schemas.contract.constraints import Condition, Constraint
    from ada_schemas.contract.shapes import Event, Shape

__all__ = ["allowed", "combination_variations", "factors_of"]

FILE = Path(str(files("ada_schemas") / "documented" / "combinations.json"))
SET, NULL, ABSENT, EMPTY = "set", "null", "absent", "empty"
NOT_THERE = "n/a"
"""The level of a member of another branch, or of an object that is absent."""

Row = dict[str, str]
"""A level for each factor, by the factor's shape path."""

Pair = frozenset[tuple[str, str]]


Factors = dict[str, tuple[str, ...]]
"""The levels of each member that can be one of several things: values of an enum or words for a state."""


def factors_of(event: Event) -> Factors:
    """The factors of an event: enums, unions, and what may be null, absent or empty."""
    found: Factors = {}
    _collect(event.payload, "", found)
    return found


def _collect(shape: Object, path: str, found: Factors, tag: str = "") -> None:
    """``tag`` names the member that tells a branch from the others, which has one value."""
    for member in shape.members:
        place = joined(path, member.name)
        levels = _levels(member.shape)
        if not member.required and not member.shape.identity:
            levels = (*(levels or (SET,)), ABSENT)
        if len(levels) > 1 and member.name != tag:
            found[place] = (*levels, NOT_THERE) if _nested(place, found) else levels
        match member.shape:
            case Object():
                _collect(member.shape, place, found)
            case Union():
                for branch in member.shape.branches:
                    if isinstance(branch.shape, Object):
                        told = member.shape.discriminator
                        _collect(branch.shape, branched(place, branch.tag), found, told)


def _levels(shape: Shape) -> tuple[str, ...]:
    match shape:
        case Scalar():
            values = tuple(str(v) for v in shape.enum) or (SET,)
            values += (NULL,) if shape.nullable else ()
            return (*values, EMPTY) if shape.may_be_empty else values
        case Union(discriminator=discriminator) if discriminator:
            return tuple(branch.tag for branch in shape.branches)
        case Mapping(min_entries=0) | Array(min_items=0):
            return (SET, EMPTY)
    return ()


@lru_cache(maxsize=4_096)
def _around(path: str) -> tuple[tuple[str, str], ...]:
    """The shape paths that a path goes through, from the inside out, each with its tag or ""."""
    tags = dict(branches_along(path))
    found, at = [], path
    while at:
        union = union_of(at)
        at = union if union is not None else apart(at)[0]
        found.append((at, tags.get(at, "")))
    return tuple(found)


def _there(path: str, row: Row) -> bool:
    """True if the objects and branches around a member are there, as far as the row says."""
    for outer, tag in _around(path):
        level = row.get(outer)
        if level in (ABSENT, NOT_THERE) or (level is not None and tag and level != tag):
            return False
    return True


def allowed(row: Row, constraints: Sequence[Constraint]) -> bool:
    """True if these levels can come together; a row may be partial, outer members first."""
    if any((level == NOT_THERE) is _there(path, row) for path, level in row.items() if _nested(path, row)):
        return False
    by_place = {payload_path(path): level for path, level in row.items()}
    for constraint in constraints:
        if all(_meets(by_place.get(path), wanted) for path, wanted in constraint.when) and any(
            _breaks(by_place.get(path), wanted) for path, wanted in constraint.then
        ):
            return False
    return True


def _nested(path: str, among: Container[str]) -> bool:
    return any(outer in among for outer, _ in _around(path))


def _meets(level: str | None, wanted: Condition) -> bool:
    return level is not None and (level == wanted if isinstance(wanted, str) else level in wanted)


def _breaks(level: str | None, wanted: Condition) -> bool:
    if level in (None, NOT_THERE) or (level == ABSENT and wanted != "absent"):
        return False
    if wanted == "not-null":
        return level == NULL
    return level != wanted if isinstance(wanted, str) else level not in wanted


@lru_cache(maxsize=1)
def _committed() -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows


def combination_variations(builder: VariationBuilder) -> Iterator[Variation]:
    """One degree a committed combination, as far as its members exist in this contract."""
    for row in _committed().get(builder.event.name, ()):
        known = {path: level for path, level in row.items() if _exists(builder, path, level)}
        yield _combination(builder, known)


def _exists(builder: VariationBuilder, path: str, level: str) -> bool:
    """True if this contract has a member, and the branch of it that a level names."""
    shape = builder.places.get(path)
    if isinstance(shape, Union) and level not in (ABSENT, NOT_THERE):
        return any(branch.tag == level for branch in shape.branches)
    return shape is not None


def _combination(builder: VariationBuilder, row: Row) -> Variation:
    relevant = {path: level for path, level in row.items() if level != NOT_THERE}
    unions = {path: level for path, level in relevant.items() if isinstance(builder.places[path], Union)}
    chosen = {branched(path, tag) for path, tag in unions.items() if tag != ABSENT}
    changes = [
        _change(builder.places[path], path, level) for path, level in relevant.items() if path not in unions
    ]
    changes += [removing(payload_path(path)) for path, tag in unions.items() if tag == ABSENT]
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:8]
    facts = [
        f"{payload_path(p).removeprefix('data.')} {level}" for p, level in relevant.items() if level != SET
    ]
    return Variation(
        id=f"{builder.event.name}/combination:{digest}",
        rule="ADA109",
        event=builder.event.name,
        path="",
        summary=", ".join(facts) or "everything is there",
        refusable=False,
        apply=_applying(builder, sorted(chosen), changes, tuple(payload_path(p) for p in relevant)),
    )


def _change(shape: Shape, path: str, level: str) -> Change:
    place = payload_path(path)
    match level, shape:
        case "set", _:
            return changing(place, partial(_made_if_null, shape)) if shape.nullable else unchanged
        case "null", _:
            return putting(place, None)
        case "absent", _:
            return removing(place)
        case "empty", Mapping():
            return putting(place, {})
        case "empty", Array():
            return putting(place, [])
        case "empty", _:
            return putting(place, "")
    return putting(place, level)


def _made_if_null(shape: Shape, value: Any) -> Any:
    return sample(shape) if value is None else value


def _applying(
    builder: VariationBuilder, branches: list[str], changes: list[Change], keep: tuple[str, ...]
) -> Change:
    def apply(base: dict[str, Any]) -> dict[str, Any]:
        full = complete(builder.event.payload, base)
        within = reduce(lambda payload, path: builder.placed(payload, path)[0], branches, full)
        changed = reduce(lambda payload, change: change(payload), changes, within)
        return builder.repaired(changed, full, keep=keep)

    return apply


def _pairs(factors: Factors, constraints: Sequence[Constraint]) -> set[Pair]:
    """Every pair of levels that may come together."""
    found = set()
    for (one, levels), (other, others) in itertools.combinations(factors.items(), 2):
        for first, second in itertools.product(levels, others):
            if allowed({one: first, other: second}, constraints):
                found.add(frozenset(((one, first), (other, second))))
    return found


def _pairs_in(row: Row) -> set[Pair]:
    return set(map(frozenset, itertools.combinations(row.items(), 2)))


def _completed(
    row: Row, factors: Factors, constraints: Sequence[Constraint], wanted: set[Pair]
) -> Row | None:
    """The row with a level for every factor, chosen for the pairs that it adds; None if there is none."""
    path = next((path for path in factors if path not in row), None)
    if path is None:
        return {path: row[path] for path in factors}

    def gain(level: str) -> int:
        added = {frozenset((chosen, (path, level))) for chosen in row.items()}
        return len(added & wanted)

    for level in sorted(factors[path], key=gain, reverse=True):
        longer = {**row, path: level}
        if allowed(longer, constraints):
            whole = _completed(longer, factors, constraints, wanted)
            if whole is not None:
                return whole
    return None


def _covering(factors: Factors, constraints: Sequence[Constraint]) -> list[Row]:
    """Rows in which every pair that may come together does.

    allpairspy stops where the levels that it chose first allow no others; what it leaves is completed.
    """
    from allpairspy import AllPairs  # type: ignore[import-untyped]  # it has no types  # noqa: PLC0415 - only when building

    def fits(levels: Sequence[str]) -> bool:
        return allowed(dict(zip(factors, levels, strict=False)), constraints)

    found = AllPairs(list(map(list, factors.values())), filter_func=fits)
    rows = [dict(zip(factors, row, strict=True)) for row in found]
    missing = _pairs(factors, constraints).difference(*map(_pairs_in, rows))
    while missing:
        pair = min(missing, key=sorted)
        row = _completed(dict(pair), factors, constraints, missing)
        missing.discard(pair)
        if row is not None:
            rows.append(row)
            missing -= _pairs_in(row)
    return rows


def _build() -> dict[str, list[Row]]:
    factors = [(event, factors_of(event)) for event in shipped().events]
    return {e.name: _covering(f, shipped().constraints_of(e)) for e, f in factors if len(f) > 1}


def main(arguments: Sequence[str]) -> None:
    """``build`` writes the file, ``build --check`` says whether it is up to date."""
    if not arguments or arguments[0] != "build":
        raise UsageError("Say: python -m ada_schemas.variation.combinations build [--check]")
    text = json.dumps(_build(), indent=1) + "\n"
    if "--check" in arguments:
        if FILE.read_text(encoding="utf-8") != text:
            raise UsageError(
                "combinations.json is not up to date; run: python -m ada_schemas.variation.combinations build"
            )
        return
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
