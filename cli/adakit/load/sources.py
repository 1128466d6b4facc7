"""The sources of a load: an order of events, or the lines of a file, ready to be sent."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from ada_mockserver.delivery.lanes import conversation_of
from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from adakit.payload_plan import Order

__all__ = ["AHEAD", "Ready", "lines_of", "prepared", "ready"]

AHEAD = 128 * 1024 * 1024
"""Bytes of events that are made before a load as fast as it goes begins, so that making them slows none."""


class Ready(NamedTuple):
    """Bytes to send, and what tells the conversation that they belong to from others; None for no other."""

    body: bytes
    key: Hashable


def ready(order: Order) -> Iterator[Ready]:
    """The events of an order; those of one story belong together."""
    return (Ready(body, number) for number, told in enumerate(order.bodies()) for body in told)


def prepared(items: Iterator[Ready], ahead: int = AHEAD) -> Iterator[Ready]:
    """The same items, of which so many bytes are made at once, and the rest as they are asked for."""
    made: list[Ready] = []
    for item in items:
        made.append(item)
        ahead -= len(item.body)
        if ahead < 0:
            break
    made.reverse()
    return itertools.chain(_drained(made), items)


def _drained(made: list[Ready]) -> Iterator[Ready]:
    while made:
        yield made.pop()


def lines_of(content: bytes, count: int | None) -> Iterator[Ready]:
    """The bytes of a file so often, or endlessly: its lines, if it is NDJSON, else all of it as it is.

    Each round begins its conversations anew.
    """
    lines = [line for line in content.splitlines() if line.strip()]
    known: list[Ready] = []
    try:
        for line in lines if len(lines) > 1 else ():
            event = read_json(line, name="a line")
            if not isinstance(event, dict):
                break
            known.append(Ready(line, conversation_of(event)))
    except DocumentError:
        pass
    if len(known) < max(2, len(lines)):
        known = [Ready(content, None)]
    rounds = itertools.count() if count is None else range(count)
    return (Ready(body, None if key is None else (number, key)) for number in rounds for body, key in known)
