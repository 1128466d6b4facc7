"""The contract as a model: what a payload may look like, free of OpenAPI and of JSON Schema.

A *shape path* names a place in a shape: members by ``.name``, a branch of a union by ``:tag``, the values
of a map or an array by ``.*``. A *payload path* is the same without branches: ``data.content:link.url``
is found at ``data.content.url``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.paths import branched, joined, put, within
from ada_schemas.contract.profile import UNKNOWN, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "UNLIMITED",
    "Anything",
    "Array",
    "Branch",
    "Event",
    "Example",
    "Limits",
    "Mapping",
    "Member",
    "Object",
    "Scalar",
    "Shape",
    "Union",
    "parts",
    "payload_path",
    "rewrite",
    "short_name",
    "walk",
]


TAKEN_NAMES = ("any", "bundle")
"""The names of what is no event: a case of none, and the schema of all."""
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    description: str = ""
    nullable: bool = False
    identity: bool = False
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a value, in the terms of JSON Schema; None where there is none."""

    min_length: int | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar(_Common):
    """A value of one or several JSON types (``string``, ``integer``, ``number``, ``boolean``).

    ``enum`` holds the documented values, ``known_values`` those that prose names without closing the list;
    ``max_length`` is in characters, ``limits`` are the others; ``may_be_empty`` marks a string that is empty
    when unavailable; ``holds`` says what a string is: ``id``, ``time``, ``message`` (text of any length),
    ``text`` (a name or title), ``language`` (a BCP 47 tag), ``domain`` (an AI Agent's host), ``ip``,
    ``email``, ``mime`` (a media type), ``url``, or nothing that the kit would vary.
    """

    types: tuple[str, ...]
    enum: tuple[Any, ...] = ()
    known_values: tuple[str, ...] = ()
    format: str | None = None
    max_length: int | None = None
    limits: Limits = UNLIMITED
    may_be_empty: bool = False
    holds: str = ""
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything(_Common):
    """Any JSON value; ``sends`` names the JSON types that the sender keeps to (all if empty).

    ``unread`` marks what the document describes and the kit does not, such as a component within itself: the
    sender sends none, so a list of it is empty.
    """

    sends: tuple[str, ...] = ()
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Array(_Common):
    """A list of values of one shape; ``first`` are those of its first entries where they have their own.

    ``unique`` marks a list in which no value comes twice.
    """

    items: Shape
    first: tuple[Shape, ...] = ()
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping(_Common):
    """An object with free keys; ``max_bytes`` is the documented limit of its JSON text.

    ``keys`` is a pattern that all of them have, ``min_entries`` and ``max_entries`` say how many there are.
    """

    values: Shape
    max_bytes: int | None = None
    keys: str | None = None
    min_entries: int = 0
    max_entries: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A named member of an object."""

    name: str
    shape: Shape
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(_Common):
    """An object with documented members, in documented order.

    ``others`` names optional members that the kit does not describe: they may hold anything, and the sender
    leaves them out. ``extra`` is the shape of members with other names, None where nothing is said of them.
    """

    members: tuple[Member, ...]
    others: tuple[str, ...] = ()
    extra: Shape | None = None

    def member(self, name: str) -> Member | None:
        """The member of that name, or None."""
        return next((m for m in self.members if m.name == name), None)


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of a union; ``tag`` is the value of the discriminator that selects it, else a label."""

    tag: str
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Union(_Common):
    """One of several shapes; objects are told apart by the member ``discriminator`` if one is named."""

    discriminator: str = ""
    branches: tuple[Branch, ...]

    def branch(self, tag: Any) -> Branch | None:
        """The branch of that tag, or None."""
        return next((b for b in self.branches if b.tag == tag), None)


Shape = Scalar | Anything | Array | Mapping | Object | Union


@dataclass(frozen=True, slots=True)
class Example:
    """A whole payload; ``documented`` is false where the documentation shows none and this one is ours."""

    name: str
    documented: bool
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event type.

    ``type`` is the value on the wire (``v1.conversation.ended``), ``name`` the short name that files and
    case ids use (``conversation.ended``), ``operation`` the key under ``webhooks:`` in the document,
    ``version`` that of the contract which it belongs to, ``headers`` the names of those that the document
    describes, ``profile`` how its provider delivers it, ``of`` the key of its webhook where its operation is
    one of several of that, ``short`` its short name where another event has the one that would be its own.
    """

    type: str
    operation: str
    title: str
    description: str
    payload: Object
    examples: tuple[Example, ...] = ()
    version: str = ""
    headers: tuple[str, ...] = ()
    profile: Profile = UNKNOWN
    short: str = ""
    of: str = ""

    @property
    def webhook(self) -> str:
        """The key of its webhook in the document, of which it is one of the payloads if there are several."""
        return self.of or self.operation

    @property
    def name(self) -> str:
        """The short name."""
        return self.short or short_name(self.type)

    @property
    def type_path(self) -> str:
        """The payload path of the member that holds the event type; "" where none does."""
        return self.profile.type_path

    def envelope(self) -> dict[str, Any]:
        """The least of a payload of this event: its type, where the payload says it."""
        made: dict[str, Any] = put({}, self.type_path, self.type) if self.type_path else {}
        return made


def short_name(event_type: str) -> str:
    """The name of an event type for files, case ids and commands: without ``v1.``, in plain characters."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", event_type.removeprefix("v1."))
    name = plain[:LONGEST_NAME].strip(".-") or "event"
    return f"{name}-event" if name in TAKEN_NAMES else name


@lru_cache(maxsize=4_096)
def payload_path(path: str) -> str:
    """The place in a payload that a shape path names: ``data.content:link.url`` -> ``data.content.url``."""
    return re.sub(r"(\\.)|:(?:\\.|[^.\\])*", lambda match: match[1] or "", path)


def parts(shape: Shape, path: str) -> Iterator[tuple[str, Shape]]:
    """Yield (shape path, shape) for what stands directly in a shape, in documented order."""
    match shape:
        case Object():
            yield from ((joined(path, member.name), member.shape) for member in shape.members)
        case Union():
            yield from ((branched(path, branch.tag), branch.shape) for branch in shape.branches)
        case Mapping():
            yield within(path), shape.values
        case Array():
            yield within(path), shape.items


def walk(shape: Shape, path: str = "") -> Iterator[tuple[str, Shape]]:
    """Yield (shape path, shape) for a shape and everything inside it, in documented order."""
    yield path, shape
    for place, part in parts(shape, path):
        yield from walk(part, place)


def rewrite(shape: Shape, change: Callable[[str, Shape], Shape], path: str = "") -> Shape:
    """Rebuild a shape from the leaves up, giving every part to ``change``, which keeps its kind."""
    before = list(parts(shape, path))
    made: list[Any] = [rewrite(part, change, place) for place, part in before]
    if all(part is old for part, (_, old) in zip(made, before, strict=True)):
        return change(path, shape)
    match shape:
        case Object():
            members = (replace(member, shape=part) for member, part in zip(shape.members, made, strict=True))
            shape = replace(shape, members=tuple(members))
        case Union():
            branches = (
                replace(branch, shape=part) for branch, part in zip(shape.branches, made, strict=True)
            )
            shape = replace(shape, branches=tuple(branches))
        case Mapping():
            shape = replace(shape, values=made[0])
        case Array():
            shape = replace(shape, items=made[0])
    return change(path, shape)
