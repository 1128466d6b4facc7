"""The sweep: events that hold, one after the other, the values at which programs are known to break.

No chance decides if a text or a number is met at all, as it would among so many: each has its turn, in an
order that the seed gives, in as many members at a time as take it. Beside them enums and unions are drawn.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ada_contract_tests.fuzz.rows import edits_of, factors_in, is_there, partial_row, whole_row
from ada_contract_tests.fuzz.texts import FILLINGS, LENGTHS, TOKENS, is_visible
from ada_contract_tests.fuzz.values import LANGUAGES, LONGEST_MESSAGE, MEDIA, kinds_of, varies
from ada_contract_tests.suites.edits import Edit, FuzzedEvent
from ada_contract_tests.suites.fuzzed import builder_of
from ada_schemas.contract.shapes import Array, Mapping, Scalar, payload_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape

__all__ = ["sweep"]

WHOLE_ROWS, VARIED = 0.3, 0.7
"""Shares: of the events whose every enum is drawn anew, and of the members whose value varies."""

LONGEST_NAME = 200
ENTRIES = 6
"""Entries of a map that an event has."""

SIZES = (*range(1, 34), 40, 49, 50, 51, 63, 64, 65, 80, 99, 101, 120)
"""Of lists and maps."""

_POWERS = [2**power + more for power in (7, 8, 15, 16, 24, 31, 32, 53, 62) for more in (-1, 0, 1)]
_TENS = [10**power + more for power in range(1, 19) for more in (-1, 0)]
WHOLE = tuple(
    {
        *(
            0,
            1,
            2,
            3,
            5,
            7,
            12,
            13,
            17,
            18,
            21,
            24,
            25,
            30,
            31,
            42,
            60,
            64,
            65,
            75,
            90,
            101,
            120,
            150,
            180,
            199,
            250,
        ),
        *(
            300,
            365,
            366,
            400,
            403,
            404,
            418,
            500,
            512,
            600,
            750,
            900,
            1024,
            1200,
            1440,
            1500,
            2000,
            2024,
            2500,
            3000,
        ),
        *(
            3600,
            4096,
            5000,
            6000,
            7500,
            8000,
            8080,
            9000,
            12_345,
            15_000,
            20_000,
            25_000,
            30_000,
            40_000,
            50_000,
        ),
        *(
            60_000,
            70_000,
            75_000,
            86_400,
            150_000,
            250_000,
            500_000,
            750_000,
            2_000_000,
            5_000_000,
            25_000_000,
        ),
        *(
            500_000_000,
            1_700_000_000,
            1_760_000_000,
            3_000_000_000,
            5_000_000_000,
            1_760_000_000_000,
            *_POWERS,
            *_TENS,
        ),
    }
)
NUMBERS = (
    *(
        0.0,
        0.1,
        0.25,
        0.5,
        0.99,
        1.0,
        1.005,
        1.1,
        1.5,
        2.5,
        2.675,
        3.14159,
        9.99,
        19.99,
        33.333333333,
        50.5,
        99.5,
    ),
    *(
        99.99,
        100.0,
        100.1,
        249.95,
        999.99,
        1234.56,
        12_345.678,
        1e5,
        123_456.789,
        1e6,
        1e7,
        1e9,
        1e15,
        1e16,
        1e17,
    ),
    *(
        1e20,
        1e21,
        1e22,
        1e50,
        1e100,
        1e300,
        0.001,
        1e-4,
        1e-5,
        1e-6,
        2.5e-7,
        1e-10,
        1e-20,
        1e-300,
        1 / 3,
        2 / 3,
        0.30000000000000004,
    ),
)
DOMAINS = tuple(
    f"{name}.ada.support"
    for name in (
        "a",
        "acme",
        "acme-1",
        "x1",
        "the-very-long-name-of-a-shop",
        "acme.eu",
        "acme.maple",
        "acme.us2",
        "1st",
    )
)
EMAILS = (
    *(
        "a@b.co",
        "a.b@example.com",
        "a+b@example.com",
        "a+b+c@example.com",
        "A.B@Example.COM",
        "a_b@example.com",
    ),
    *(
        "a-b@ex-ample.com",
        "1@example.com",
        "o'brien@example.ie",
        "a@mail.eu.example.co.uk",
        "a@example.museum",
    ),
    *(
        "x" * 64 + "@example.com",
        "a@" + "b" * 60 + ".com",
        "first.middle.last@example.travel",
        "a%b@example.com",
    ),
)
IPS = (
    "1.1.1.1",
    "255.255.255.255",
    "10.0.0.1",
    "127.0.0.1",
    "::1",
    "2001:db8::1",
    "fe80::1",
    "2001:db8:85a3:8d3:1319:8a2e:370:7348",
)
TIMES = (
    *(
        "2024-02-29T23:59:59Z",
        "2024-02-29T00:00:00.000Z",
        "2025-12-31T23:59:59.999999Z",
        "2026-01-01T00:00:00+00:00",
    ),
    *("2026-03-29T02:30:00+01:00", "2026-10-25T02:30:00.500+02:00", "2026-06-15T12:00:00.120000+05:30"),
    *(
        "2026-06-15T12:00:00.000001Z",
        "2026-06-15T12:00:00-12:00",
        "2026-06-15T12:00:00+14:00",
        "2020-01-01T00:00:00Z",
    ),
    *(
        "2026-11-30T23:59:59.999Z",
        "2026-01-31T08:09:05Z",
        "2027-12-31T23:59:59.999999+00:00",
        "2026-07-04T00:00:00.100Z",
    ),
    *("2026-07-04T09:08:07.000000+05:45", "2026-12-31T23:30:00-03:30"),
)
NAIVE = (
    "2024-02-29T23:59:59.999999",
    "2026-01-31T08:09:05",
    "2026-06-15T12:00:00.120",
    "2026-12-31T23:59:59.500",
)


def sweep(contract: Contract, name: str, *, number: int, seed: int) -> list[FuzzedEvent]:
    """So many events of one name, all within the contract."""
    rng = random.Random(seed)  # noqa: S311 - no secret: an order
    builder, factors = builder_of(contract, name), factors_in(contract, name)
    valued = {path: shape for path, shape in builder.places.items() if path != "type" and varies(shape)}
    turns: dict[str, Iterator[Any]] = defaultdict(lambda: iter(()))
    found = []
    for _ in range(number):
        whole = rng.random() < WHOLE_ROWS
        few = rng.sample(list(factors), min(len(factors), rng.randrange(3)))
        row = whole_row(rng, builder, factors) if whole else partial_row(rng, builder, factors, few)
        edits = edits_of(row, builder)
        for path, shape in valued.items():
            if is_there(path, row, builder) and rng.random() < VARIED:
                edits = [edit for edit in edits if edit.place != payload_path(path)]
                edits.append(_next(rng, turns, path, shape))
        found.append(FuzzedEvent(name, "documented", tuple(edits)))
    return found


def _next(rng: random.Random, turns: dict[str, Iterator[Any]], path: str, shape: Shape) -> Edit:
    """The change of a member to what has its turn there."""
    place = tuple(payload_path(path).split("."))

    def turn(key: str, values: Sequence[Any]) -> Any:
        for value in turns[key]:
            return value
        turns[key] = iter(rng.sample(values, len(values)))
        return next(turns[key])

    match shape:
        case Mapping():
            return Edit(place, "put", _entries(rng, turn, path, shape))
        case Array():
            return Edit(place, "put", [f"tag-{n}" for n in range(turn(path, SIZES))])
        case Scalar() if shape.max_length is not None:
            return Edit(place, "id", ("Ab3-" * 50)[: turn(path, range(4, min(shape.max_length, 200) + 1))])
        case Scalar(holds="time"):
            return Edit(place, "put", turn(path, TIMES if shape.format == "date-time" else (*TIMES, *NAIVE)))
        case Scalar(holds="message"):
            return Edit(place, "put", turn(path, _texts(rng, LONGEST_MESSAGE)))
        case Scalar(holds="text"):
            return Edit(place, "put", turn(path, _texts(rng, LONGEST_NAME)))
        case Scalar(holds="url"):
            return Edit(place, "put", turn(path, _addresses()))
    assert isinstance(shape, Scalar)  # noqa: S101 - nothing else varies
    others = {"language": LANGUAGES, "mime": MEDIA, "email": EMAILS, "domain": DOMAINS, "ip": IPS}
    return Edit(place, "put", turn(path, others[shape.holds]))


def _entries(rng: random.Random, turn: Any, path: str, shape: Mapping) -> dict[str, Any]:
    """Numbers and texts that have their turn, or as many entries as have."""
    kinds = kinds_of(shape)
    if rng.random() < WHOLE_ROWS:
        size = turn(f"{path} size", SIZES)
        return {f"key_{n}": n % 10 if "integer" in kinds else "x" for n in range(size)}
    pools = {
        "integer": (*WHOLE, *(-n for n in WHOLE if n)),
        "number": (*NUMBERS, *(-n for n in NUMBERS)),
        "boolean": (True, False),
    }
    entries: dict[str, Any] = {}
    for n in range(ENTRIES):
        kind = kinds[n % len(kinds)]
        entries[f"key_{n}"] = (
            turn(f"{path} text", _texts(rng, LONGEST_NAME))
            if kind == "string"
            else turn(f"{path} {kind}", pools[kind])
        )
    return entries


def _texts(rng: random.Random, most: int) -> list[str]:
    """Each token alone, and at the beginning and the end of a text; every length."""
    ends = rng.sample(TOKENS, len(TOKENS))
    around = [f"{token} order {end}" for token, end in zip(TOKENS, ends, strict=True)]
    sizes = [size + rng.choice((0, 0, -1, 1)) for size in LENGTHS] + [
        rng.randrange(1, 2_000) for _ in range(40)
    ]
    long = []
    for size in sizes:
        filling = rng.choice(FILLINGS)
        long.append((filling * (size // len(filling) + 1))[:size])
    return [text for text in (*TOKENS, *around, *long) if is_visible(text) and _fits(text, most)]


def _fits(text: str, most: int) -> bool:
    return len(text) <= most and (most > LONGEST_NAME or len(text.encode()) <= 500)


def _addresses() -> list[str]:
    short = (
        *(
            "https://example.com",
            "https://example.com/",
            "https://example.com/a%20b.png",
            "https://example.com:8443/a",
        ),
        *(
            "https://example.com/a?b=c&d=e",
            "https://example.com/a?b=c%26d",
            "https://example.com/a#b",
            "https://example.com/?a",
        ),
        *(
            "https://example.com/r%C3%A9sum%C3%A9.pdf",
            "https://example.com/file.tar.gz",
            "https://example.com/.hidden",
        ),
        *(
            "https://example.com/no-extension",
            "https://a.b.c.example.co.uk/x",
            "https://example.com/a/../b",
            "https://example.com//a",
        ),
        *(
            "https://example.com/UPPER.PNG",
            "https://example.com/a.PDF?X-Amz-Signature=00",
            "https://example.com/a?list[]=1",
            "https://example.com/a;b=c",
        ),
        *(
            "https://example.com/a+b",
            "https://example.com/~me/",
            "https://example.com/a?next=https%3A%2F%2Fexample.org%2F",
            "https://example.com/(1).pdf",
        ),
    )
    head = "https://example.com/file.pdf?X-Amz-Signature="
    long = tuple(head.ljust(size + more, "0") for size in LENGTHS if 60 < size <= 4_096 for more in (0, 1))
    return [*short, *long]
