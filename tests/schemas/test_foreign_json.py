"""JSON from outside: read within bounds, or refused in one line."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import LARGEST_ENTRY, MAX_DEPTH, MAX_NODES, read_entries, read_json

quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
PIECES = st.lists(
    st.sampled_from(
        [*'{}[]:,"\\ 0-e.', "null", "NaN", "1e999", '"a"', "\u202e", "[" * 200, "]" * 200, "9" * 5000]
    ),
    max_size=30,
).map("".join)
"""Text that is nearly JSON."""


def refused(raw: bytes | str) -> str:
    with pytest.raises(DocumentError) as caught:
        read_json(raw, name="it")
    return caught.value.what


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "it is not valid JSON: Expecting value at line 1, column 1."),
        (b"\xff", "it is not UTF-8 text: invalid start byte at byte 0."),
        (b'{"a": NaN}', "it is not valid JSON: NaN is not JSON."),
        (b"[-1e400]", "it is not valid JSON: a number that is too large."),
        (b"9" * 4301, "it is not valid JSON: an integer of too many digits."),
        (b"[" * 100_000, "it is not valid JSON: nested too deeply."),
        (b'{"a":' * 100_000, "it is not valid JSON: nested too deeply."),
        (b"[" * 102 + b"]" * 102, "it is nested more than 100 levels deep."),
        (b"[" + b"[]," * MAX_NODES + b"[]]", "it is not valid JSON: more than 2,000,000 values."),
        (b" " * (64 * 1024 * 1024 + 1), "it is larger than 64 MB."),
    ],
)
def test_refused(raw: bytes, what: str) -> None:
    """What is no JSON, or beyond the bounds, is one line."""
    assert refused(raw) == what


def test_bounds() -> None:
    """What is just within the bounds is read."""
    assert read_json(b"9" * 4300, name="it") == int("9" * 4300)
    deep = read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH, name="it")
    assert json.dumps(deep) == "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_json(b'\xef\xbb\xbf{"a": "[[,"}', name="it") == {"a": "[[,"}


@quick
@given(VALUES)
def test_as_the_standard_library_reads(value: Any) -> None:
    """Within the bounds it is what ``json.loads`` gives; a list of objects is the same one by one."""
    text = json.dumps(value)
    assert read_json(text, name="it") == json.loads(text)
    assert read_json(text.encode(), name="it") == json.loads(text)
    entries = [{"a": value}, {"b": 1}]
    assert list(read_entries(json.dumps(entries, indent=1).encode(), name="it")) == entries


@quick
@given(st.binary(max_size=200) | PIECES.map(str.encode))
def test_nothing_else_is_raised(raw: bytes) -> None:
    """Any bytes are read as ``json.loads`` reads them, or refused; never does anything else come of them."""
    try:
        found = read_json(raw, name="it")
    except DocumentError as error:
        assert "\n" not in error.what  # noqa: PT017 - not raised each time
    else:
        assert found == json.loads(raw.decode("utf-8-sig"))
    try:
        entries = list(read_entries(raw, name="it"))
    except DocumentError as error:
        assert "\n" not in error.what  # noqa: PT017 - likewise
    else:
        assert entries == json.loads(raw.decode("utf-8-sig"))


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"{}", "it is not valid JSON: no list of objects."),
        (b"[1]", "it is not valid JSON: no list of objects."),
        (b"[{},]", "it is not valid JSON: no list of objects."),
        (b"[{}] 1", "it is not valid JSON: no list of objects."),
        (b"[{}", "it is not valid JSON: no list of objects."),
        (b'[{"a": 1e400}]', "it is not valid JSON: a number that is too large."),
        (b'[{"a":' + b"[" * 100_000, "it is not valid JSON: nested too deeply."),
        (b'[{"a":' + b"[" * 101 + b"]" * 101 + b"}]", "it is nested more than 100 levels deep."),
        (b'[{"a": "\xff"}]', "it is not UTF-8 text: invalid start byte."),
        (b'[{"a": "' + b"x" * 3 * LARGEST_ENTRY + b'"}]', "it is not valid JSON: no list of objects."),
    ],
)
def test_entries_that_are_refused(raw: bytes, what: str) -> None:
    """A list that is none, an entry that is none, and one that is too large, end the reading in a line."""
    with pytest.raises(DocumentError) as caught:
        list(read_entries(raw, name="it"))
    assert caught.value.what == what


def test_entries_over_the_edge_of_a_piece() -> None:
    """Where a piece ends does not matter: within an entry, a number, a character or the space between."""
    for shift in range(12):
        entries = [{"a": "é" * (LARGEST_ENTRY // 2 - 20)}, {"n": 1234567, "b": "👩" * 9}, {}]
        raw = b" " * shift + json.dumps(entries, ensure_ascii=False).encode() + b"\n"
        assert list(read_entries(raw, name="it")) == entries


def test_a_double_at_its_end() -> None:
    """The largest double is read, and what rounds to it."""
    assert read_json(b"1.7976931348623157e308", name="it") < math.inf
