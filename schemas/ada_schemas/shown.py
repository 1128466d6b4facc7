r"""Texts from outside, as they may be printed.

A text of a consumer, a document or a command line may hold what a terminal obeys, what turns its direction,
what XML forbids, or five megabytes. `AdakitError` and the values of a report pass theirs through here when
they are made, so that whatever prints them need not.

Spelled out (``\x1b``, ``\u202e``) are control and format characters, separators of lines, lone surrogates,
and what is unassigned or private. A joiner between characters that are no ASCII stays: words and emoji have
it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

__all__ = ["LONGEST", "shown", "shown_json", "shown_lines", "spelled"]

LONGEST = 2_000
"""Characters of one line."""

LONGEST_TEXT = 64 * 1024
"""Characters of a text of several lines."""

TAB = 4
_JOINERS = "\u200c\u200d"
_SUSPECT = re.compile(r"[^ -~]")


def shown(text: str, most: int = LONGEST) -> str:
    """The text on one line of at most ``most`` characters, of which 40 is the least.

    One that is longer ends in how long it was. To pass a text twice changes nothing.
    """
    if len(text) <= most and text.isprintable():
        return text
    line = spelled(text[:most])
    if len(text) <= most >= len(line):
        return line
    end = f"… ({len(text):,} characters)"
    return f"{line[: most - len(end)]}{end}"


def shown_lines(text: str, most: int = LONGEST_TEXT) -> str:
    """A text of several lines, each as `shown`; of one longer than ``most`` the first quarter and the end."""
    if len(text) <= most and "\r" not in text and text.replace("\n", "").isprintable():
        lines = text.split("\n")
    else:
        lines = text.replace("\r\n", "\n").expandtabs(TAB).split("\n")
    lines = list(map(shown, lines))
    if sum(map(len, lines)) + len(lines) <= most:
        return "\n".join(lines)
    head, tail = _first(lines, most // 4), _first(lines[::-1], most - most // 4 - LONGEST)[::-1]
    return "\n".join([*head, f"… ({len(lines):,} lines)", *tail])


def _first(lines: list[str], room: int) -> list[str]:
    kept = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept


def spelled(text: str, *, keep: str = "") -> str:
    """The whole text with all that must not be printed spelled out, but for the characters in ``keep``."""
    if text.isprintable():
        return text
    return _SUSPECT.sub(lambda match: match[0] if match[0] in keep else _spelled(match), text)


def _spelled(match: re.Match[str]) -> str:
    character, text = match[0], match.string
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if character in _JOINERS and _joins(text[match.start() - 1 : match.start()] + text[match.end() :][:1]):
        return character
    return character.encode("unicode_escape").decode()


def _joins(beside: str) -> bool:
    return len(beside) == 2 and not any(each.isascii() for each in beside) and beside.isprintable()


def shown_json(value: Any, *, indent: int | None = None, default: Any = None) -> str:
    """The value as JSON that means the same, in which nothing stands raw that must not be printed."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=default)
    return text if text.isprintable() else _SUSPECT.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" or _spelled(match) == match[0] else json.dumps(match[0])[1:-1]
