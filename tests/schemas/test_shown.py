"""Texts from outside, as they may be printed."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ada_schemas import errors
from ada_schemas.shown import LONGEST, shown, shown_json, shown_lines, spelled

if TYPE_CHECKING:
    from ada_schemas.errors import AdakitError

quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)
TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\n\r\t\x7f\x85\u200d\u202e\u2028👩é x")), max_size=300
)
"""Any text, lone surrogates among it, with more of what matters here than chance would give."""

PLAIN = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), max_size=300)


def is_safe(text: str) -> bool:
    return all(c.isprintable() or unicodedata.category(c) == "Zs" or c in "\u200c\u200d" for c in text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\nb\r\n\tc", r"a\nb\r\n\tc"),
        ("\x00\x7f\x85\x9b", r"\x00\x7f\x85\x9b"),
        ("\u200e\u200f\u061c\u202a\u202e\u2066\u2069", r"\u200e\u200f\u061c\u202a\u202e\u2066\u2069"),
        ("\u2028\u2029\u200b\ufeff\u00ad", r"\u2028\u2029\u200b\ufeff\xad"),
        ("\ud800 \uffff \ue000 \U000e0067", r"\ud800 \uffff \ue000 \U000e0067"),
        ("a\u200db \u200d👩", r"a\u200db \u200d👩"),
        ("é 漢字\u3000עברית 1\u00a0€ 👩\u200d💻 ❤\ufe0f می\u200cخواهم", None),
        ("", None),
    ],
)
def test_spelled_out(text: str, told: str | None) -> None:
    """What a terminal obeys or hides is spelled out; what people write stays."""
    assert shown(text) == (text if told is None else told)


def test_clipped() -> None:
    """A long text ends in how long it was."""
    assert shown("é" * 100, 100) == "é" * 100
    assert shown("é" * 5_000_000, 40) == "é" * 16 + "… (5,000,000 characters)"
    assert shown("\x1b" * 30, 40) == r"\x1b\x1b\x1b\x1b\x1b\x1" + "… (30 characters)"
    assert len(shown("x" * 5_000_000)) == LONGEST


def test_lines() -> None:
    """Each line is spelled out by itself, a tab is spaces, and the middle of a long text is left out."""
    assert shown_lines("a\r\n\tb\x1b\n\n") == "a\n    b\\x1b\n\n"
    many = "\n".join(f"line {n}" for n in range(10_000))
    told = shown_lines(many, 4_000).split("\n")
    assert (told[0], told[-1], "… (10,000 lines)" in told) == ("line 0", "line 9999", True)
    assert len("\n".join(told)) <= 4_000


def test_json() -> None:
    """JSON keeps its meaning, and holds nothing raw that must not be printed."""
    value = {"\u202e": ["\x1b\x7f\x85", "é\n", "\U000e0067", "\ud800"], "n": 1}
    text = shown_json(value, indent=1)
    assert text.isascii() is False
    assert json.loads(text) == value
    assert is_safe(text.replace("\n", ""))


@quick
@given(TEXTS, st.integers(40, 400))
def test_any_text(text: str, most: int) -> None:
    """Whatever is shown is printable and bounded, and showing it again changes nothing."""
    told = shown(text, most)
    assert is_safe(told)
    assert len(told) <= most
    assert shown(told, most) == told
    told.encode()


@quick
@given(TEXTS, st.integers(4_000, 5_000))
def test_any_lines(text: str, most: int) -> None:
    """The same of a text of several lines, however many."""
    told = shown_lines(text * 50, most)
    assert is_safe(told.replace("\n", ""))
    assert len(told) <= most
    assert shown_lines(told, most) == told


@quick
@given(PLAIN)
def test_ordinary_text(text: str) -> None:
    """Letters, marks, numbers, punctuation, symbols and spaces of any script stay as they are."""
    assert shown(text) == text
    assert spelled(text) == text
    assert shown_lines(text) == text


@quick
@given(TEXTS)
def test_any_json(text: str) -> None:
    """A text means the same once it is shown as JSON."""
    assert json.loads(shown_json({text: text})) == {text: text}


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n.endswith("Error")])
def test_every_error(name: str) -> None:
    """An error of the kit holds its texts as they may be printed, whatever they were made from."""
    kind, text = getattr(errors, name), "\x1b]0;\u202e\n" + "x" * 5_000_000
    if name == "MissingExtraError":
        error: AdakitError = kind(text, text)
    else:
        more = {
            "SignatureError": {"reason": "r"},
            "WireError": {"kind": "dropped"},
            "TargetError": {"usage": True},
        }
        error = kind(text, next_step=text, **more.get(name, {}))
    assert error.what.startswith(r"\x1b]0;\u202e\nxxx")
    for told in (
        error.what,
        *error.next_step.split("\n"),
        *str(error).split("\n"),
        *error.args[0].split("\n"),
    ):
        assert is_safe(told)
        assert len(told) <= LONGEST + 2
