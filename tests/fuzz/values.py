"""Values that nobody expects: texts, numbers, keys, and JSON of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

__all__ = ["ODD_TEXTS", "json_values", "keys", "numbers", "texts"]

ODD_TEXTS = (
    "",
    " ",
    "a",
    "type",
    "data.author.role",
    "../../../outside",
    "/outside",
    "C:\\outside",
    "a/b",
    "a:b",
    "a.b",
    "a#b",
    "*",
    "~0~1",
    "%2F%00",
    "$ref",
    "__proto__",
    "constructor",
    "class",
    "None",
    "null",
    "con",
    ".",
    "..",
    "-",
    "--help",
    '"',
    "'",
    "\\",
    "\\d+(",
    '"""',
    "*/",
    "`|`",
    "${x}",
    "{x}",
    "%s",
    "<b>&",
    "\n",
    "a\r\nb: c",
    "\t",
    "\x00",
    "\x1b[2J\x1b]0;mark\x07",
    "\x7f\x9b",
    "\u202e\u2066",
    "\u2028",
    "\ufeff",
    "\ud800",
    "é",
    "e\u0301",
    "漢字",
    "👩\u200d👩\u200d👧",
    "ß" * 70,
    "x" * 300,
    "v1.",
    "v1.conversation.ended",
    "2020-09-20T00:00:00+00:00",
    "0",
    "1e400",
    "NaN",
)


@cache
def texts() -> st.SearchStrategy[str]:
    """Texts, most of them odd ones that somebody has met."""
    return st.sampled_from(ODD_TEXTS) | st.text(max_size=12)


@cache
def numbers() -> st.SearchStrategy[int | float]:
    """Numbers about the limits of what reads them."""
    limits = (0, -0.0, 1, -1, 1.0, 1.5, 0.1, 2**31, 2**53, 2**63, -(2**63) - 1, 2**64, 10**30, 1e300, 1e-300)
    return st.sampled_from(limits) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@cache
def keys() -> st.SearchStrategy[str]:
    """Names of members."""
    plain = st.sampled_from(("id", "name", "kind", "type", "data", "value", "items", "metadata", "timestamp"))
    return plain | plain | texts()


@cache
def json_values(leaves: int = 12) -> st.SearchStrategy[Any]:
    """JSON values."""
    leaf = st.none() | st.booleans() | numbers() | texts()
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys(), inner, max_size=3),
        max_leaves=leaves,
    )
