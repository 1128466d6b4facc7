"""The sweep: events that hold, one after the other, the values at which programs are known to break.

No chance decides if a text or a number is met at all, as it would among so many: each has its turn, in an
order that the seed gives, in as many members at a time as take it. Beside them enums and unions are drawn.
"""

from __future__ import annotations

import random
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from ada_contract_tests.fuzz.rows import edits_of, factors_in, is_open, partial_row, whole_row
from ada_contract_tests.fuzz.special import special
from ada_contract_tests.fuzz.texts import FILLINGS, LENGTHS, TOKENS, WHOLES, longest
from ada_contract_tests.fuzz.values import LONGEST_MESSAGE, kinds_of, varies
from ada_contract_tests.suites.edits import Edit, FuzzedEvent, is_visible
from ada_contract_tests.suites.fuzzed import builder_of
from ada_schemas.contract.paths import steps
from ada_schemas.contract.shapes import Array, Mapping, Scalar, Union, payload_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape

__all__ = ["sweep"]

WHOLE_ROWS, BRANCHED, VARIED, NAMED_SHARE = 0.4, 0.5, 0.7, 0.5
"""Shares: of events whose every enum is drawn, of other unions that are, of members whose value varies,
and of names that files and people have."""

LONGEST_ADDRESS = 4_096
ENTRIES = 6
"""Entries of a map that an event has."""

POWERS = [2**power + more for power in (7, 8, 15, 16, 24, 31, 32, 53, 62) for more in (-1, 0, 1)]
TENS = [10**power + more for power in range(1, 19) for more in (-1, 0)]


def sweep(contract: Contract, name: str, *, number: int, seed: int) -> list[FuzzedEvent]:
    """So many events of one name, all within the contract."""
    rng = random.Random(seed)  # noqa: S311 - no secret: an order
    builder, factors = builder_of(contract, name), factors_in(contract, name)
    valued = {
        path: shape
        for path, shape in builder.places.items()
        if path != builder.event.type_path and varies(shape)
    }
    turns: dict[str, Iterator[Any]] = defaultdict(lambda: iter(()))
    found = []
    for _ in range(number):
        whole = rng.random() < WHOLE_ROWS
        few = rng.sample(list(factors), min(len(factors), rng.randrange(3)))
        few += [
            path for path in factors if isinstance(builder.places[path], Union) and rng.random() < BRANCHED
        ]
        row = whole_row(rng, builder, factors) if whole else partial_row(rng, builder, factors, few)
        edits = edits_of(row, builder)
        for path, shape in valued.items():
            always = isinstance(shape, Scalar) and shape.holds == "message"
            if is_open(path, row, builder) and (always or rng.random() < VARIED):
                edits = [edit for edit in edits if edit.place != payload_path(path)]
                edits.append(_next(rng, turns, path, shape))
        found.append(FuzzedEvent(name, "documented", tuple(edits)))
    return found


def _next(rng: random.Random, turns: dict[str, Iterator[Any]], path: str, shape: Shape) -> Edit:
    """The change of a member to what has its turn there."""
    place = tuple(steps(payload_path(path)))

    def turn(key: str, values: Callable[[], Sequence[Any]]) -> Any:
        for value in turns[key]:
            return value
        every = values()
        turns[key] = iter(rng.sample(every, len(every)))
        return next(turns[key])

    match shape:
        case Mapping():
            return Edit(place, "put", _entries(rng, turn, path, shape))
        case Array():
            return Edit(place, "put", [f"tag-{n}" for n in range(turn(path, partial(special, "sizes")))])
        case Scalar() if shape.max_length is not None:
            sizes = range(4, min(shape.max_length, 200) + 1)
            return Edit(place, "id", ("Ab3-" * 50)[: turn(path, lambda: sizes)])
        case Scalar(holds="time"):
            naive = special("naive_times") if shape.format != "date-time" else ()
            return Edit(place, "put", turn(path, lambda: (*special("times"), *naive)))
        case Scalar(holds="message"):
            return Edit(place, "put", turn(path, partial(_texts, rng, LONGEST_MESSAGE, 4 * LONGEST_MESSAGE)))
        case Scalar(holds="text"):
            table = "files" if place[-1] == "filename" else "people" if place[-1].endswith("_name") else ""
            if table and rng.random() < NAMED_SHARE:
                return Edit(place, "put", turn(f"{path} {table}", partial(special, table)))
            return Edit(place, "put", turn(path, partial(_texts, rng, *longest(place[-1]))))
        case Scalar(holds="url"):
            return Edit(place, "put", turn(path, _addresses))
    assert isinstance(shape, Scalar)  # noqa: S101 - nothing else varies
    return Edit(place, "put", turn(path, partial(special, NAMED[shape.holds])))


NAMED = {"language": "languages", "mime": "media", "email": "emails", "domain": "domains", "ip": "ips"}
"""Tables of special.toml, by what a string holds."""


def _entries(rng: random.Random, turn: Any, path: str, shape: Mapping) -> dict[str, Any]:
    """Numbers and texts that have their turn, or as many entries as have."""
    kinds = kinds_of(shape)
    if rng.random() < WHOLE_ROWS:
        size = turn(f"{path} size", partial(special, "sizes"))
        return {f"key_{n}": n % 10 if "integer" in kinds else "x" for n in range(size)}
    pools: dict[str, Callable[[], Sequence[Any]]] = {
        "integer": lambda: _both_signs([*special("whole"), *POWERS, *TENS]),
        "number": lambda: _both_signs(special("numbers")),
        "boolean": lambda: (True, False),
        "string": partial(_texts, rng, *longest("")),
    }
    entries = {}
    for n in range(ENTRIES):
        kind = kinds[n % len(kinds)]
        entries[f"key_{n}"] = turn(f"{path} {kind}", pools[kind])
    return entries


def _both_signs(numbers: Sequence[Any]) -> list[Any]:
    return [*numbers, *(-number for number in numbers if number)]


def _texts(rng: random.Random, most: int, most_bytes: int) -> list[str]:
    """What counts alone, alone; each token where texts begin, go on and end; every length."""
    middles, ends = rng.sample(TOKENS, len(TOKENS)), rng.sample(TOKENS, len(TOKENS))
    around = [f"{a} {b} order {c}" for a, b, c in zip(TOKENS, middles, ends, strict=True)]
    sizes = [size + rng.choice((0, 0, -1, 1)) for size in LENGTHS] + [
        rng.randrange(1, 2_000) for _ in range(40)
    ]
    long = []
    for size in sizes:
        filling = rng.choice(FILLINGS)
        long.append((filling * (size // len(filling) + 1))[:size])
    return [
        text
        for text in (*WHOLES, *around, *long)
        if is_visible(text) and len(text) <= most and len(text.encode()) <= most_bytes
    ]


def _addresses() -> list[str]:
    head = "https://example.com/file.pdf?X-Amz-Signature="
    sizes = [size + more for size in LENGTHS if len(head) < size <= LONGEST_ADDRESS for more in (0, 1)]
    return [*special("addresses"), *(head.ljust(size, "0") for size in sizes)]
