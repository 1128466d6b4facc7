"""Texts that find limits: addresses as long as presigned ones, words that do not compress, texts to be cut.

All are constants: they are made from hashes, without chance.
"""

from __future__ import annotations

import base64
import hashlib
import itertools

__all__ = ["BLANKS", "cut_texts", "presigned_address", "varied_words"]

BLANKS = {"space": ("is a space", " "), "whitespace": ("is a line break and a tab", "\n\t")}
"""Texts that show nothing, and are not empty."""

EMOJI = "😀🎉🚀🐙"
"""Each has four bytes in UTF-8 and two units in UTF-16."""
KANJI = "注文番号確認配送予定返品手続"
"""Each has three bytes in UTF-8 and one unit in UTF-16."""


def _noise(length: int) -> str:
    """Letters, digits, ``-`` and ``_`` in which nothing comes again."""
    blocks = (hashlib.sha256(f"adakit {n}".encode()).digest() for n in range(length // 32 + 1))
    return base64.urlsafe_b64encode(b"".join(blocks)).decode()[:length]


def presigned_address(length: int) -> str:
    """The address of a file in a store, signed for seven days, of that many characters."""
    head = (
        "https://attachments.s3.example.com/5df263b7db5a7e6ea03fae9b/IMG_0001.jpg"
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=EXAMPLE%2F20260304%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20260304T101112Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Security-Token="
    )
    tail = f"&X-Amz-Signature={hashlib.sha256(str(length).encode()).hexdigest()}"
    return head + _noise(length - len(head) - len(tail)) + tail


def varied_words(length: int) -> str:
    """Words of three to ten letters, of that many characters in all, hardly one of which comes again."""
    letters = itertools.cycle(c for c in _noise(2 * length).lower() if c.isalpha())
    sizes = itertools.cycle((5, 3, 8, 4, 10, 6, 3, 7, 9))
    words, size = [], 0
    while size <= length:
        words.append("".join(itertools.islice(letters, next(sizes))))
        size += len(words[-1]) + 1
    return " ".join(words)[:length].rstrip().ljust(length, "x")


def cut_texts(emoji: int) -> dict[str, tuple[str, str]]:
    """Texts in which bytes, characters and UTF-16 units part ways: a phrase and a text by label.

    Any cut within the first ``2 * emoji`` units or ``4 * emoji`` bytes falls into a character of one of the
    first two. The others fill a limit of 40 to 299 bytes that is not reached in characters.
    """
    return {
        "emoji-even": (f"holds {emoji} emoji", _repeated(EMOJI, emoji)),
        "emoji-odd": (f"holds a letter and {emoji} emoji", f"a{_repeated(EMOJI, emoji)}"),
        "cjk-121-bytes": ("holds a letter and 40 characters of three bytes", f"a{_repeated(KANJI, 40)}"),
        "cjk-300-bytes": ("holds 100 characters of three bytes", _repeated(KANJI, 100)),
    }


def _repeated(characters: str, length: int) -> str:
    return "".join(itertools.islice(itertools.cycle(characters), length))
