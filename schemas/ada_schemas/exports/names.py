"""Names for the objects of a contract, as types of a programming language need them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_schemas.shapes import Array, Mapping, Object, Shape, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.shapes import Event

__all__ = ["Named", "camel", "definitions"]


@dataclass(frozen=True, slots=True)
class Named:
    """An object with the name of its type, and the members that have one value only."""

    name: str
    shape: Object
    consts: dict[str, str]
    path: str


def camel(text: str) -> str:
    """``conversation.handoff.ended`` -> ``ConversationHandoffEnded``; ``data`` stays out of longer names."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", text) if word]
    name = "".join(word[0].upper() + word[1:] for word in words) or "Value"
    return f"V{name}" if name[0].isdigit() else name


def definitions(event: Event, taken: set[str]) -> Iterator[Named]:
    """Every object of an event with documented members, inner ones first; the event itself comes last.

    ``taken`` holds the names that are in use and gets those that are given here.
    """
    title = camel(event.name)
    yield from _inside(event.payload, title, "", taken)
    yield Named(_free(title, taken), event.payload, {"type": event.type}, "")


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    taken.add(free)
    return free


def _inside(shape: Shape, title: str, path: str, taken: set[str]) -> Iterator[Named]:
    match shape:
        case Object():
            for member in shape.members:
                place = f"{path}.{member.name}" if path else member.name
                yield from _named(member.shape, title, place, taken)
        case Union():
            for branch in shape.branches:
                yield from _inside(branch.shape, title, f"{path}:{branch.tag}", taken)
        case Mapping():
            yield from _named(shape.values, title, f"{path}.*", taken)
        case Array():
            yield from _named(shape.items, title, f"{path}.*", taken)


def _named(shape: Shape, title: str, path: str, taken: set[str]) -> Iterator[Named]:
    yield from _inside(shape, title, path, taken)
    readable = title + camel(re.sub(r"^data[.:]|\*", "", path).replace(":", "."))
    match shape:
        case Object():
            yield Named(_free(readable, taken), shape, {}, path)
        case Union():
            for branch in shape.branches:
                name = _free(readable + camel(branch.tag), taken)
                consts = {shape.discriminator: branch.tag}
                yield Named(name, branch.shape, consts, f"{path}:{branch.tag}")
