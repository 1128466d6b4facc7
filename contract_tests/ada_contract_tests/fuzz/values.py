"""Strategies for the value of one member, by what its shape holds: within the contract, and beyond it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ada_contract_tests.fuzz.special import special
from ada_contract_tests.fuzz.texts import addresses, longest, names, texts
from ada_contract_tests.suites.edits import Edit
from ada_schemas.contract.paths import steps
from ada_schemas.contract.shapes import Anything, Array, Mapping, Scalar, payload_path
from ada_schemas.variation.documented import KEYS, ODD_KEYS

if TYPE_CHECKING:
    import random

    from ada_schemas.contract.shapes import Shape

__all__ = [
    "LONGEST_MESSAGE",
    "added",
    "anything",
    "edit_at",
    "id_form",
    "kinds_of",
    "new_name",
    "varies",
]

LONGEST_MESSAGE = 17_000
LANGUAGES, MEDIA = special("languages"), special("media")
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
OFFSETS = (0, 60, 120, 330, 345, 540, 630, 840, -60, -210, -300, -480, -720)
"""Minutes."""


def varies(shape: Shape) -> bool:
    """True for a member whose values the fuzzer varies beyond those of an enum."""
    match shape:
        case Scalar():
            return shape.holds in _SCALARS or (shape.max_length is not None and not shape.enum)
        case Mapping() | Array():
            return bool(kinds_of(shape)) if isinstance(shape, Mapping) else _is_list_of_texts(shape)
    return False


def edit_at(path: str, shape: Shape) -> st.SearchStrategy[Edit]:
    """Changes of the member at a shape path to other values that the contract allows."""
    place = tuple(steps(payload_path(path)))
    values: st.SearchStrategy[Any]
    match shape:
        case Mapping():
            values = _maps(kinds_of(shape), shape.max_bytes or MOST_BYTES)
        case Array():
            values = _lists()
        case Scalar() if shape.max_length is not None:
            return st.builds(Edit, st.just(place), st.just("id"), _forms(4, min(shape.max_length, 200)))
        case Scalar(holds="time"):
            values = _times(naive=shape.format != "date-time")
        case Scalar(holds="text"):
            values = names(*longest(place[-1]))
        case _:
            assert isinstance(shape, Scalar)  # noqa: S101 - `varies` is true of no other
            values = _SCALARS[shape.holds]
    return st.builds(Edit, st.just(place), st.just("put"), values)


def id_form(rng: random.Random) -> str:
    """A form of an id: letters, digits and dashes of several lengths."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    size = rng.choice((12, 16, 20, 21, 22, 24, 26, 27, 32, 32, 36, 36, 40, 48, 64, 100, 128, 200))
    return "".join(rng.choices(letters * 4 + "-_", k=size - 10)) + "".join(rng.choices(letters, k=10))


@cache
def _forms(least: int, most: int) -> st.SearchStrategy[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    free = st.text(letters + "-_", min_size=max(least, 12), max_size=min(most, 64))
    long = st.builds(lambda size: ("Ab3-" * 50)[:size], st.integers(least, most))
    return st.one_of(free, long).filter(lambda text: sum(c.isalnum() for c in text) >= min(10, least))


@st.composite
def _times(draw: st.DrawFn, *, naive: bool) -> str:
    seconds = draw(st.integers(0, int((LAST - FIRST).total_seconds()) - 1))
    micros = draw(st.sampled_from((0, 1, 500_000, 999_999, 123_000, 120_000, 999_000)))
    offset = timezone(timedelta(minutes=draw(st.sampled_from(OFFSETS))))
    moment = (FIRST + timedelta(seconds=seconds, microseconds=micros)).astimezone(offset)
    form = draw(st.sampled_from(("seconds", "milliseconds", "microseconds")))
    zone = draw(st.sampled_from(("offset", "z", "naive") if naive else ("offset", "z")))
    if zone == "offset":
        return moment.isoformat(timespec=form)
    plain = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=form)
    return f"{plain}Z" if zone == "z" else plain


@st.composite
def _emails(draw: st.DrawFn) -> str:
    atom = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789", min_size=1, max_size=12)
    local = draw(st.sampled_from((".", "-", "_"))).join(draw(st.lists(atom, min_size=1, max_size=4)))
    local += draw(st.sampled_from(("", "", "+news", "+a+b", "+2026", "'s")))
    label = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=15)
    host = ".".join(draw(st.lists(label, min_size=1, max_size=3)))
    end = draw(
        st.sampled_from(("com", "co.uk", "museum", "io", "de", "travel", "example.com", "Example.COM"))
    )
    return f"{local}@{host}.{end}"


@st.composite
def _domains(draw: st.DrawFn) -> str:
    handle = draw(st.from_regex(r"[a-z][a-z0-9]{0,18}(-[a-z0-9]{1,9}){0,2}", fullmatch=True))
    region = draw(st.sampled_from(("", "", "eu.", "maple.", "us2.", "att.")))
    return f"{handle}.{region}ada.support"


def _ips() -> st.SearchStrategy[str]:
    return st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "message": texts(LONGEST_MESSAGE),
    "text": st.nothing(),
    "url": addresses(),
    "language": st.sampled_from(LANGUAGES),
    "mime": st.sampled_from(MEDIA),
    "email": _emails(),
    "domain": _domains(),
    "ip": _ips(),
    "time": st.nothing(),
}
"""By what a string holds; times and names depend on more."""


def _is_list_of_texts(shape: Array) -> bool:
    return isinstance(shape.items, Scalar) and shape.items.types == ("string",) and not shape.items.enum


def kinds_of(shape: Mapping) -> tuple[str, ...]:
    """The JSON types of the values of a map that the fuzzer makes."""
    match shape.values:
        case Scalar():
            return shape.values.types
        case Anything():
            return shape.values.sends or ("string", "boolean", "integer", "number")
    return ()


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1_000_000, 1_000_000),
    st.sampled_from((0.1, 0.5, 1.5, -0.5, 1e-7, 1e16, 1e21, 1.0, 99.99, 1 / 3, 2.5e-5, 1e100)),
)
WHOLE = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-70_000, 70_000),
    st.integers(-10, 300),
    st.builds(
        lambda power, more: 2**power + more,
        st.sampled_from((7, 8, 15, 16, 24, 31, 32, 53)),
        st.integers(-1, 1),
    ),
    st.builds(lambda power, more: 10**power + more, st.integers(1, 18), st.integers(-1, 1)),
    st.builds(lambda power: -(2**power), st.sampled_from((7, 8, 15, 16, 31, 32, 53))),
    st.integers(1_500_000_000, 2_000_000_000),
)


@cache
def _values(kinds: tuple[str, ...]) -> st.SearchStrategy[Any]:
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        "string": texts(500),
        "boolean": st.booleans(),
        "integer": WHOLE,
        "number": NUMBERS,
    }
    return st.one_of(*(by_kind[kind] for kind in kinds if kind in by_kind))


@cache
def _key_names() -> st.SearchStrategy[str]:
    plain = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=20)
    common = st.sampled_from(
        ("plan", "order_id", "vip", "score", "balance", "locale", "id", "user id", "a.b", "$x")
    )
    return st.one_of(
        plain, common, common, st.sampled_from((*ODD_KEYS, *filter(None, KEYS.values()))), names(60)
    )


MOST_BYTES = 4_096
_SOME_KEYS = st.one_of(st.integers(5, 60), st.sampled_from((10, 16, 20, 32, 50, 64)))
_SOME_TAGS = st.one_of(
    st.integers(0, 120), st.sampled_from((9, 10, 11, 16, 17, 20, 21, 25, 32, 33, 50, 51, 64, 65))
)


@cache
def _maps(kinds: tuple[str, ...], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Entries whose JSON text has at most so many bytes."""
    small = st.one_of(st.integers(0, 9), st.booleans()) if "integer" in kinds else _values(kinds)
    many = st.builds(_numbered, _SOME_KEYS, st.lists(small, min_size=1, max_size=3))
    few = st.dictionaries(_key_names(), _values(kinds), max_size=5)
    return st.one_of(few, few, few, many).map(lambda entries: _fitting(entries, most))


def _numbered(number: int, values: list[Any]) -> dict[str, Any]:
    return {f"key_{n}": values[n % len(values)] for n in range(number)}


def _fitting(entries: dict[str, Any], most: int) -> dict[str, Any]:
    kept = dict(entries)
    while kept and len(json.dumps(kept)) > most:
        kept.popitem()
    return kept


@cache
def _lists() -> st.SearchStrategy[list[str]]:
    many = _SOME_TAGS.map(lambda size: [f"tag-{n}" for n in range(size)])
    return st.one_of(many, st.lists(names(60), max_size=6))


ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        2**53 + 1,
        2**63,
        -(2**63) - 1,
        10**40,
        10**400,
        0.5,
        -0.0,
        1e308,
        5e-324,
    ),
    *("", " ", "\x00", "a\x00b", "\x1b[2J", "\x7f", "{}", "[]", "null", "a" * 2_000, "é" * 300, "😀"),
)


def anything(rng: random.Random, depth: int = 3) -> Any:
    """Any JSON value, also such as no number type, column or parser holds."""
    kind = rng.randrange(8) if depth else 0
    if kind == 1:
        return [anything(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 2:
        return {
            rng.choice(("a", "type", "id", "", "0", "x y")): anything(rng, depth - 1)
            for _ in range(rng.randrange(4))
        }
    if kind == 3:
        return rng.randint(-(10 ** rng.randrange(1, 30)), 10 ** rng.randrange(1, 30))
    return rng.choice(ODD)


ORDINARY: tuple[Any, ...] = (
    *(None, True, False, 0, 7, -3, 2**31, 1.5, -0.25),
    *("", "text", "two words", "2026-03-04T10:11:12Z"),
)


def added(rng: random.Random, depth: int = 2) -> Any:
    """The value of a member that may be added: any JSON, of ordinary numbers and texts."""
    kind = rng.randrange(8) if depth else 7
    if kind == 0:
        return [added(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 1:
        return {new_name(rng): added(rng, depth - 1) for _ in range(rng.randrange(4))}
    return rng.choice(ORDINARY)


def new_name(rng: random.Random) -> str:
    """A name that is not documented."""
    return "new_" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 12)))
