"""Strategies for events near ordinary ones: within the contract, within the versioning policy, and beyond.

Half of those within the contract have every enum, union and optional member drawn anew, so that any three of
them come together in some hundred events; values of some members vary beside that.
"""

from __future__ import annotations

import random
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ada_contract_tests.fuzz.rows import around, edits_of, factors_in, is_open, partial_row, whole_row
from ada_contract_tests.fuzz.values import added, anything, edit_at, id_form, new_name, varies
from ada_contract_tests.suites.edits import Edit, FuzzedEvent
from ada_contract_tests.suites.fuzzed import builder_of, can_be_sent
from ada_schemas.contract.paths import steps
from ada_schemas.contract.shapes import Scalar, Union, payload_path

if TYPE_CHECKING:
    from ada_contract_tests.suites.edits import Mode
    from ada_schemas.contract.contract import Contract
    from ada_schemas.variation.builder import VariationBuilder

__all__ = ["SEEDS", "edits_within", "events"]

MOST_VALUES = 4
"""Members of one event whose values are drawn beside its enums and unions."""

SEEDS = st.integers(0, 2**64 - 1)
"""Choices of members, in one draw: what fails is shrunk by its edits, not by what was drawn."""

WHOLE_ROWS, WITHIN, NEW_IDS, REMOVED = 0.5, 0.3, 0.5, 0.3
"""Shares: of events whose every enum is drawn, of additions beside other changes, of events
in which ids alone are of a new form and of ids that are there, of members taken away."""


def events(contract: Contract, name: str, mode: Mode) -> st.SearchStrategy[FuzzedEvent]:
    """Events of one name and mode."""
    builder = builder_of(contract, name)
    strategy = {
        "documented": edits_within(contract, name),
        "forward": _additions(builder, edits_within(contract, name)),
        "hostile": _beyond(builder),
    }[mode]
    made = strategy.map(lambda edits: FuzzedEvent(name, mode, edits))
    return made.filter(lambda fuzzed: can_be_sent(fuzzed, contract, validated=False))


@lru_cache(maxsize=64)
def _valued(contract: Contract, name: str) -> dict[str, st.SearchStrategy[Edit]]:
    """Changes of each member whose values vary, by shape path."""
    builder = builder_of(contract, name)
    return {
        path: edit_at(path, shape)
        for path, shape in builder.places.items()
        if path != builder.event.type_path and varies(shape)
    }


@cache
def edits_within(
    contract: Contract, name: str, *, most: int = MOST_VALUES
) -> st.SearchStrategy[tuple[Edit, ...]]:
    """Changes of an ordinary event that keep it within the contract."""

    @st.composite
    def made(draw: st.DrawFn) -> tuple[Edit, ...]:
        return _within(draw, contract, name, most)

    return made()


def _within(draw: st.DrawFn, contract: Contract, name: str, most: int) -> tuple[Edit, ...]:
    builder, factors, valued = builder_of(contract, name), factors_in(contract, name), _valued(contract, name)
    rng = random.Random(draw(SEEDS))  # noqa: S311 - no secret: a choice of members
    if rng.random() < WHOLE_ROWS:
        row = whole_row(rng, builder, factors)
    else:
        few = rng.sample(list(factors), min(len(factors), rng.randrange(3)))
        row = partial_row(rng, builder, factors, few)
    edits = edits_of(row, builder)
    there = [path for path in valued if is_open(path, row, builder)]
    for path in rng.sample(there, min(len(there), rng.randrange(most + 1))):
        edits = [edit for edit in edits if edit.place != payload_path(path)]
        edits.append(draw(valued[path]))
    return tuple(edits)


def _additions(
    builder: VariationBuilder, within: st.SearchStrategy[tuple[Edit, ...]]
) -> st.SearchStrategy[tuple[Edit, ...]]:
    """Additions that the versioning policy allows: members, values of enums, branches, forms of ids."""

    @st.composite
    def made(draw: st.DrawFn) -> tuple[Edit, ...]:
        return _added(draw, builder, within)

    return made()


def _added(
    draw: st.DrawFn, builder: VariationBuilder, within: st.SearchStrategy[tuple[Edit, ...]]
) -> tuple[Edit, ...]:
    rng = random.Random(draw(SEEDS))  # noqa: S311 - as above
    edits = list(draw(within)) if rng.random() < WITHIN else []
    chosen = {edit.place for edit in edits}
    options: list[tuple[str, str]] = [("member", payload_path(path)) for path, _ in builder.objects()]
    for path, shape in builder.places.items():
        at = payload_path(path)
        if at in chosen or any(at.startswith(f"{place}.") for place in chosen) or around(path):
            continue
        if isinstance(shape, Union):
            if not shape.discriminator:
                continue
            options.append(("branch", path))
        elif isinstance(shape, Scalar) and shape.holds == "id":
            options.append(("id", at))
        elif isinstance(shape, Scalar) and (shape.known_values or len(shape.enum) > 1):
            options.append(("value", at))
    taken = rng.sample(options, min(len(options), rng.randint(1, 5)))
    if rng.random() < NEW_IDS:
        taken = [option for option in options if option[0] == "id" and rng.random() < NEW_IDS] or taken
    for kind, path in taken:
        names = tuple(steps(payload_path(path))) if path else ()
        match kind:
            case "member":
                edits.append(Edit((*names, new_name(rng)), "put", added(rng)))
            case "id":
                edits.append(Edit(names, "id", id_form(rng)))
            case "value":
                edits.append(Edit(names, "put", new_name(rng)))
            case _:
                union = builder.places[path]
                assert isinstance(union, Union)  # noqa: S101 - so it was listed
                edits.append(Edit(names, "put", {union.discriminator: new_name(rng), "detail": added(rng)}))
    return tuple(edits)


def _beyond(builder: VariationBuilder) -> st.SearchStrategy[tuple[Edit, ...]]:
    """Members that are taken away, or have a value of any type."""
    places = sorted(
        {payload_path(path) for path in builder.places if path and path != builder.event.type_path}
    )

    def edits(seed: int) -> tuple[Edit, ...]:
        rng = random.Random(seed)  # noqa: S311 - as above
        chosen = (tuple(steps(place)) for place in rng.sample(places, min(len(places), rng.randint(1, 3))))
        return tuple(
            Edit(path, "remove") if rng.random() < REMOVED else Edit(path, "put", anything(rng))
            for path in chosen
        )

    return SEEDS.map(edits)
