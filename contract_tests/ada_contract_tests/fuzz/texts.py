"""Strategies for texts: what people, programs and files write, of lengths at which something changes.

A text is never blank, and holds no control character but line breaks and tabs, no lone surrogate and nothing
unassigned: Ada's documentation excludes none of them, but no sender of texts is known to let them through.
"""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

__all__ = ["FILLINGS", "LENGTHS", "TOKENS", "addresses", "is_visible", "names", "texts", "words"]

WORDS = [
    "order",
    "hello",
    "thanks",
    "invoice",
    "Berlin",
    "shipping",
    "42",
    "ok",
    "yes",
    "No",
    "please",
    "where",
    "is",
    "my",
    "parcel",
    "refund",
    "A1",
    "new",
    "the",
    "of",
    "7",
    "Straße",
    "naïve",
    "São",
    "Łódź",
    "İstanbul",
    "Zoë",
]

TOKENS = (
    # what programs take for something else
    *(
        "null",
        "None",
        "nil",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "true",
        "True",
        "FALSE",
        "yes",
        "on",
    ),
    *("0", "-1", "007", "1e5", "1_000", "0x1F", "1/2", "12:30", "2026-03-04", "1,234.56", "٣", "²", "½", "Ⅷ"),
    *(
        "=1+1",
        "=SUM(A1:A2)",
        "+49 30 1234567",
        "-5",
        "@here",
        "@ada",
        "#1",
        "#general",
        "/start",
        "!help",
        "\\help",
    ),
    *(
        "%s",
        "%d",
        "%(name)s",
        "100%",
        "50% off",
        "%20",
        "%",
        "%%",
        "{}",
        "{0}",
        "{name}",
        "{{ name }}",
        "{% if %}",
    ),
    *(
        "${HOME}",
        "$1",
        "$5.00",
        "$(date)",
        "`id`",
        "{",
        "}",
        "[",
        "]",
        "[link](https://example.com)",
        "<",
        ">",
        "<3",
    ),
    *(
        "<b>",
        "</script>",
        "<br/>",
        "<!--",
        "&amp;",
        "&",
        "&#39;",
        "&nbsp;",
        "*bold*",
        "_it_",
        "~~x~~",
        "**",
        "> quoted",
    ),
    *(
        "'",
        '"',
        "''",
        "O'Brien",
        '"quoted"',
        "it’s",
        "„so“",
        "\\",
        "\\n",
        "\\u0000",
        "C:\\temp",
        "a\\",
        "--",
        "/*",
        ";",
    ),
    *(
        "../etc/passwd",
        "a/b",
        "..",
        ".",
        "file.tar.gz",
        ".hidden",
        "CON",
        "a:b",
        "a|b",
        "a?b",
        "*",
        "~",
        "^",
        "|",
    ),
    *(
        "https://example.com/a?b=c&d=e#f",
        "www.example.com",
        "mailto:a@example.com",
        "a@example.com",
        "<a@example.com>",
    ),
    *(
        "+1 (555) 010-9999",
        "555-0100",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "123-45-6789",
        "WELCOME10",
    ),
    *(
        "key=value",
        "a=b&c=d",
        "a,b",
        "a;b",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "\n\nend",
        "From here",
        "-- \nAda",
        "Re: Re: hi",
    ),
    *("UPPER", "lower", "camelCase", "snake_case", "kebab-case", "ALL CAPS!", "x", "aa", "lorem ipsum"),
    # what Unicode has
    *(
        "é",
        "e\u0301",
        "\u0301a",
        "ñ",
        "ß",
        "ẞ",
        "İ",
        "ı",
        "ŉ",
        "ﬁ",
        "ǅ",
        "ΐ",
        "ς",
        "Å",
        "Å",
        "Ω",
        "ö",
        "o\u0308",
    ),
    *("😀", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☺️", "☺", "1️⃣", "❤️‍🔥", "♥", "™", "…", "—", "–", "€", "№", "㎏"),
    *(
        "\u00a0",
        "a\u00a0b",
        "\u200b",
        "a\u200bb",
        "\u200d",
        "a\u200db",
        "\ufeffa",
        "\u2028",
        "a\u2029b",
        "\u3000",
        "\u00ad",
    ),
    *(
        "\u200e",
        "\u200f",
        "\u202e",
        "\u202babc\u202c",
        "\u2066x\u2069",
        "שלום",
        "مرحبا",
        "سلام 123",
        "abc שלום def",
    ),
    *(
        "日本語",
        "ありがとう",
        "カタカナ",
        "ｶﾀｶﾅ",
        "ＦＵＬＬ",
        "中文字",
        "한국어",
        "ไทย",
        "हिन्दी",
        "ગુજરાતી",
        "𝒜𝒷",
        "𠮷",
        "🀄",
    ),
    *("a ", " a", "a  b", "\ta", "a\n", " \n a \n "),
)
"""Texts that some code somewhere takes for something else than a text."""

LENGTHS = (
    *(
        2,
        3,
        10,
        16,
        20,
        32,
        40,
        50,
        60,
        64,
        72,
        80,
        100,
        120,
        127,
        128,
        140,
        150,
        160,
        180,
        191,
        200,
        240,
        250,
    ),
    *(
        255,
        256,
        280,
        300,
        320,
        400,
        500,
        512,
        600,
        640,
        700,
        750,
        800,
        900,
        1000,
        1024,
        1200,
        1500,
        1600,
        1800,
    ),
    *(
        2000,
        2048,
        2500,
        3000,
        3500,
        4000,
        4096,
        4500,
        5000,
        6000,
        7000,
        8000,
        8192,
        9000,
        10_000,
        12_000,
        16_384,
    ),
)
"""Characters at which columns, messages and buffers end."""

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"))
_SIZES = st.one_of(
    st.builds(int.__add__, st.sampled_from(LENGTHS), st.sampled_from((0, 0, 1, -1))),
    st.integers(1, 1_000),
    st.integers(1, 12_000),
)
FILLINGS = ("a", "word ", "ab c", "é", "字", "😀", "9", "A", "line\n", "e\u0301", "<", '"', "&", "-", ". ")

_FILLING = st.sampled_from(FILLINGS)
_END = st.sampled_from(("", "", "😀", "é", ".", "!", "e\u0301", "👩‍👧"))


@cache
def words(most: int = 6) -> st.SearchStrategy[str]:
    """A few words."""
    return st.lists(st.sampled_from(WORDS), min_size=1, max_size=most).map(" ".join)


_BETWEEN = st.sampled_from((" ", "", " ", "\n"))
_PIECES = st.lists(
    st.one_of(st.sampled_from(TOKENS), st.sampled_from(WORDS), st.text(CHARACTERS, min_size=1, max_size=8)),
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
        st.one_of(st.sampled_from(TOKENS), _composed(), _composed(), words(), free, _long(most), _long(most)),
        most,
    )


@cache
def names(most: int = 200) -> st.SearchStrategy[str]:
    """Names and titles: as texts, of up to that many characters and 500 bytes."""
    return texts(most).filter(lambda text: len(text.encode()) <= 500)


def _visible(strategy: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return strategy.map(lambda text: text[:most]).filter(is_visible)


def is_visible(text: str) -> bool:
    """True for a text that shows something."""
    return any(not c.isspace() and c.isprintable() for c in text)


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
