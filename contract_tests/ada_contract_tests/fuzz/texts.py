"""Strategies for texts: what people, programs and files write, of lengths at which something changes.

A text is never blank, and holds no control character but line breaks and tabs, no lone surrogate and nothing
unassigned: the documentation excludes none of them, but no sender of texts is known to let them through.
"""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from ada_contract_tests.fuzz.special import special
from ada_contract_tests.suites.edits import is_visible

__all__ = ["FILLINGS", "LENGTHS", "TOKENS", "WHOLES", "addresses", "longest", "names", "texts", "words"]

WORDS, WHOLES, TOKENS, LENGTHS = map(special, ("words", "wholes", "tokens", "lengths"))

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"))
_SIZES = st.one_of(
    st.builds(int.__add__, st.sampled_from(LENGTHS), st.sampled_from((0, 0, 1, -1))),
    st.integers(1, 1_000),
    st.integers(1, 12_000),
)
FILLINGS = special("fillings")

_FILLING = st.sampled_from(FILLINGS)
_END = st.sampled_from(("", "", "😀", "é", ".", "!", "e\u0301", "👩‍👧"))


@cache
def words(most: int = 6) -> st.SearchStrategy[str]:
    """A few words."""
    return st.lists(st.sampled_from(WORDS), min_size=1, max_size=most).map(" ".join)


_BETWEEN = st.sampled_from((" ", "", " ", "\n"))
_PIECES = st.lists(
    st.one_of(
        st.sampled_from((*WHOLES, *TOKENS)),
        st.sampled_from(WORDS),
        st.text(CHARACTERS, min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def _composed(draw: st.DrawFn) -> str:
    """Pieces side by side: words, what is taken for something else, and characters of any kind."""
    return draw(_BETWEEN).join(draw(_PIECES))


@st.composite
def _long(draw: st.DrawFn, most: int) -> str:
    """A text of a length at which something may change."""
    size = min(draw(_SIZES), most)
    filling = draw(_FILLING)
    text = (filling * (size // len(filling) + 1))[:size]
    end = draw(_END)
    return f"{text[: max(0, size - len(end))]}{end}" if end else text


@cache
def texts(most: int) -> st.SearchStrategy[str]:
    """Texts of up to that many characters."""
    free = st.text(CHARACTERS, min_size=1, max_size=min(most, 60))
    return _visible(
        st.one_of(
            st.sampled_from((*WHOLES, *TOKENS)),
            _composed(),
            _composed(),
            words(),
            free,
            _long(most),
            _long(most),
        ),
        most,
    )


def longest(member: str) -> tuple[int, int]:
    """The most characters and bytes of a text that is no message: columns for names are short."""
    return {"description": (1_000, 4_000), "filename": (255, 255)}.get(member, (200, 500))


@cache
def names(most: int, most_bytes: int = 500) -> st.SearchStrategy[str]:
    """Names and titles: as texts, of up to that many characters and bytes."""
    return texts(most).filter(lambda text: len(text.encode()) <= most_bytes)


def _visible(strategy: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return strategy.map(lambda text: text[:most]).filter(is_visible)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Addresses of files, links and avatars, plain ones and presigned ones of up to 4,000 characters."""
    host = draw(
        st.sampled_from(("files.example.com", "example.com", "cdn.example.com:8443", "a.b.c.example.co.uk"))
    )
    part = st.sampled_from(
        (
            "a",
            "IMG_0001.jpg",
            "file.tar.gz",
            "r%C3%A9sum%C3%A9.pdf",
            "a%20b.png",
            "v1",
            "x+y",
            "~me",
            "a;b=1",
            "%E6%97%A5",
            "UPPER.PNG",
            "no-extension",
            ".",
            "a@2x.png",
            "(1).pdf",
        )
    )
    path = "/".join(draw(st.lists(part, max_size=5)))
    pair = st.sampled_from(
        (
            "a=1",
            "X-Amz-Signature=0a1b",
            "q=a+b",
            "q=a%26b",
            "empty=",
            "flag",
            "list[]=1",
            "a=1&a=2",
            "t=1%2F2",
            "token=eyJ.eyJ.sig",
            "e=%F0%9F%98%80",
        )
    )
    query = "&".join(draw(st.lists(pair, max_size=4)))
    size = draw(
        st.one_of(
            st.just(0),
            st.just(0),
            st.builds(int.__add__, st.sampled_from(LENGTHS), st.sampled_from((0, 1, -1))),
        )
    )
    text = f"https://{host}/{path}" + (f"?{query}" if query else "")
    fragment = draw(st.sampled_from(("", "", "", "#top", "#a=b")))
    if size and len(text) < min(size, 4_000):
        join = "&" if query else "?"
        text += f"{join}k=".ljust(min(size, 4_000) - len(text), "x")
    return text + fragment
