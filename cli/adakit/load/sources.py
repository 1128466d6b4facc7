"""The sources of a load: an order of events, or the lines of a file, ready to be sent."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from adakit.payload_plan import Order

__all__ = ["AHEAD", "Ready", "lines_of", "prepared", "ready", "rounds"]

AHEAD = 128 * 1024 * 1024
"""Bytes of events that are made before a load as fast as it goes begins, so that making them slows none."""


_OBJECT = re.compile(rb"\s*\{.*\}\s*")
# A quote within a text is escaped, so that these are found where they are members alone.
_CONVERSATION = re.compile(rb'"conversation_id"\s*:\s*"([^"\\]+)"')
_END_USER = re.compile(rb'"end_user_id"\s*:\s*"([^"\\]+)"')


class Ready(NamedTuple):
    """Bytes to send, and what tells the conversation that they belong to from others; None for no other."""

    body: bytes
    key: Hashable


def ready(order: Order) -> Iterator[Ready]:
    """The events of an order; those of one story belong together."""
    return (Ready(body, number) for number, told in enumerate(order.bodies()) for body in told)


def prepared(items: Iterator[Ready], ahead: int | None = None) -> Iterator[Ready]:
    """The same items, of which `AHEAD` bytes, or ``ahead``, are made at once, the rest when asked for."""
    made: list[Ready] = []
    left = AHEAD if ahead is None else ahead
    for item in items:
        made.append(item)
        left -= len(item.body)
        if left < 0:
            break
    made.reverse()
    return itertools.chain(_drained(made), items)


def _drained(made: list[Ready]) -> Iterator[Ready]:
    while made:
        yield made.pop()


def lines_of(content: bytes) -> list[Ready]:
    """The lines of a file, if it is NDJSON, each with its conversation; else all of it as it is."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) > 1 and all(map(_OBJECT.fullmatch, lines)):
        return [Ready(line, _conversation_of(line)) for line in lines]
    return [Ready(content, None)]


def rounds(lines: list[Ready], count: int | None) -> Iterator[Ready]:
    """The lines so often, or endlessly for None; each round begins its conversations anew."""
    numbers = itertools.count() if count is None else range(count)
    return (Ready(body, None if key is None else (number, key)) for number in numbers for body, key in lines)


def _conversation_of(line: bytes) -> bytes | None:
    """The id of the conversation that a line is about, else of its end user; None if it names neither.

    It is looked for in the bytes: to parse them would take longer than to send them.
    """
    found = _CONVERSATION.search(line) or _END_USER.search(line)
    return None if found is None else found[1]
