"""Tracebacks as text: what they say in one line, and in as many as there is room for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["exception_text", "members_named", "own_place", "raised", "traceback_lines"]

MOST_MESSAGE = 200
"""Characters of an exception's message that a cause has."""

_FRAME = re.compile(r'\s+File "([^"]+)", line (\d+)')
_CHAINED = ("The above exception was", "During handling of the above")
_INSTALLED = re.compile(
    r'File "(\.\.\./|<frozen)|[/\\](site-packages|dist-packages)[/\\]|[/\\]lib[/\\]python3'
)


def exception_text(traceback: str) -> str:
    """The exception with its message, and the last line of the user's own that it came through.

    Where no line is the user's it is the last line of all. Of a message of several lines, such as
    pydantic's, the first two things that it says are kept, without the value that was met.
    """
    lines, frames = _parts(traceback)
    message = _message(lines, frames)
    said = _said(message) if message else ""
    if not frames:
        return said
    own = [n for n in frames if not _INSTALLED.search(lines[n])]
    return f"{said} ({_place(lines[own[-1] if own else frames[-1]])})"


def own_place(traceback: str) -> str:
    """The last line of the user's own that an exception came through, as ``file:line``; "" for none."""
    lines, frames = _parts(traceback)
    own = [n for n in frames if not _INSTALLED.search(lines[n])]
    return _place(lines[own[-1]]) if own else ""


def raised(traceback: str) -> Iterator[str]:
    """The exceptions of a traceback with their whole messages, the last one first, then what led to it."""
    lines, frames = _parts(traceback)
    yield "\n".join(_message(lines, frames))
    for end in reversed([n for n, line in enumerate(lines) if line.startswith(_CHAINED)]):
        yield "\n".join(_message(lines[:end], [n for n in frames if n < end]))


def _parts(traceback: str) -> tuple[list[str], list[int]]:
    """The lines of a traceback, also as part of a group, and which of them are its frames."""
    lines = [re.sub(r"^ *\| ?", "", line) for line in traceback.strip().splitlines()]
    lines = [line for line in lines if line.strip()]
    return lines, [n for n, line in enumerate(lines) if _FRAME.match(line)]


def _message(lines: list[str], frames: list[int]) -> list[str]:
    """The lines of the exception behind the last frame."""
    begin = frames[-1] + 1 if frames else 0
    at = next((n for n in range(begin, len(lines)) if not lines[n].startswith(" ")), len(lines) - 1)
    return lines[at:] if lines else []


def _place(frame: str) -> str:
    place = _FRAME.match(frame)
    assert place is not None  # noqa: S101 - it is a frame
    file = re.split(r"[/\\]", place[1])[-1]
    return f"{file}:{place[2]}"


def _said(lines: list[str]) -> str:
    head, *more = (line.strip() for line in lines)
    head = re.sub(r"^[\w.]*\._[\w.]*\.(\w+)(?=:|$)", r"\1", head)  # private, as in pydantic
    told = [line for line in more if not line.startswith("For further information")][:2]
    text = ": ".join([head, *(re.sub(r"\s*\[type=.*", "", line) for line in told)])
    return text if len(text) <= MOST_MESSAGE else f"{text[: MOST_MESSAGE - 3]}..."


def members_named(cause: str) -> set[str]:
    """The members that a cause may be about: what it quotes, and the ends of the paths before a colon."""
    quoted = re.findall(r"""['"](\w+)['"]""", cause)
    return {*quoted, *(path.rpartition(".")[2] for path in re.findall(r"([\w.]+): ", cause))}


def traceback_lines(traceback: str, most: int) -> list[str]:
    """A traceback in at most ``most`` lines: the user's last line, and the frame that raised.

    Paths are relative to here; frames of installed packages above the last one are left out, and of their
    paths the environment.
    """
    here = f"{Path.cwd()}/"
    lines = [
        re.sub(r'File "[^"]*[/\\]site-packages[/\\]', 'File ".../', line.replace(here, ""))
        for line in traceback.strip().splitlines()
        if line.strip() and not re.fullmatch(r"[\s~^]+", line)
    ]
    frames = [n for n, line in enumerate(lines) if re.match(r'\s+File "', line)]
    if not frames:
        return lines[-most:]
    blocks = [lines[begin:end] for begin, end in zip(frames, [*frames[1:], len(lines)], strict=True)]
    last = blocks.pop()
    own = [block for block in blocks if not _INSTALLED.search(block[0])]
    kept = [line for block in own for line in block] + last
    if len(kept) > most - 1:
        kept = _shortened(own, last, most - 1)
    return ["...", *kept] if len(kept) < len(lines) - 1 else lines


def _shortened(own: list[list[str]], last: list[str], room: int) -> list[str]:
    """The end of a traceback that is too long.

    Where a package raised, it is the user's last line and what was raised.
    """
    if own and _INSTALLED.search(last[0]):
        call = own[-1][:2]
        begin = next((n for n, line in enumerate(last) if not line.startswith(" ")), len(last))
        left = room - len(call)
        message = last[begin:][: max(1, left - 1)]
        return [*call, *last[:begin][: max(0, left - len(message))], *message]
    kept = [*(line for block in own for line in block), *last]
    starts = [n for n, line in enumerate(kept) if n >= len(kept) - room and "File " in line]
    return kept[starts[0] if starts else -room :]
