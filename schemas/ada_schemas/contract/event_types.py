"""The event type of each webhook: what it is called, and where a delivery says so.

A document says it in many ways: a member with one value; a member with several, or with any text, of which
the webhook's own name is one; a header; nothing at all, where each kind of event has an address of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ada_schemas.contract.paths import apart, get, joined, steps
from ada_schemas.contract.shapes import Event, Object, Scalar, Shape, rewrite, short_name
from ada_schemas.errors import some_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ada_schemas.contract.profile import Profile

__all__ = ["find_type_path", "named_apart", "typed"]

USUAL = (
    "type",
    "event",
    "event_type",
    "eventType",
    "event_name",
    "eventName",
    "webhook_type",
    "webhookType",
    "notification_type",
    "notificationType",
    "topic",
    "trigger",
)
"""The members that hold event types in most payloads, in the order in which they are tried."""
ENOUGH = 0.8
"""The share of webhooks that a member must tell from the others, so that it holds their type."""
ENDINGS = ("event", "webhook", "notification")
"""What names of webhooks end with that event types do not."""


def find_type_path(events: Sequence[Event]) -> str:
    """The path of the member that holds the event type, "" where none tells the events apart.

    The first of the usual names counts that tells each webhook from the others, be it a level deeper, or of
    all members with one value; else the first that has several values in one webhook, all different in
    others.
    """
    top = Counter(member.name for event in events for member in event.payload.members)
    inside = dict.fromkeys(
        joined(joined("", member.name), inner.name)
        for event in events
        for member in event.payload.members
        if isinstance(member.shape, Object)
        for inner in member.shape.members
        if inner.name in USUAL
    )
    usual = [joined("", name) for name in USUAL if name in top]
    others = [
        joined("", name) for name, times in top.items() if name not in USUAL and times == len(events) > 1
    ]
    for paths, open_too, alone in (
        (usual, True, True),
        (inside, False, True),
        (others, False, True),
        (usual, True, False),
    ):
        found = next((path for path in paths if _tells(events, path, open_too=open_too, alone=alone)), None)
        if found is not None:
            return found
    return ""


def _tells(events: Sequence[Event], path: str, *, open_too: bool, alone: bool) -> bool:
    """True if the member at a path tells most events apart; ``alone``: if each webhook has one type by it."""
    shown = _shown(events, path)
    told = [_types_of(event, path, shown, open_too=open_too) for event in events]
    # The payloads of one webhook may have one type.
    told_by = dict.fromkeys((event.webhook, types) for event, types in zip(events, told, strict=True))
    if alone:
        return len({types for _, types in told_by if len(types) == 1}) >= ENOUGH * len(told_by)
    every = [one for _, types in told_by for one in types]
    return len(set(every)) == len(every) and sum(bool(types) for _, types in told_by) >= ENOUGH * len(told_by)


def typed(published: Iterable[Event], profile: Profile, *, name: str) -> tuple[tuple[Event, ...], list[str]]:
    """The events with their types, as ``profile`` finds them, and warnings, which call the document ``name``.

    A webhook whose member has several values that are no name of another webhook is several events, and so is
    one with payloads of several shapes, which may have one type. An event is left out, with a warning, that
    has no such member, or the type of another webhook.
    """
    events = list(published)
    shown = _shown(events, profile.type_path)
    made: dict[str, list[Event]] = {}
    warnings, without = [], []
    for event in events:
        if profile.type_path:
            types = _types_of(event, profile.type_path, shown, open_too=True)
        else:
            types = (_own_name(event),)
        if not types:
            without.append(event.operation)
        for one in types:
            of_the_type = made.setdefault(one, [])
            if not of_the_type or of_the_type[0].webhook == event.webhook:
                of_the_type.append(_of_type(event, one, profile))
            else:
                first = of_the_type[0]
                warnings.append(
                    f"{name}: webhook {event.operation} has the event type {one}, and"
                    f" {first.operation} has it already; left out."
                )
    if without:
        have = some_of(without, "webhook {} has", "the webhooks {} have")
        warnings.append(
            f"{name}: {have} no text as `{profile.type_path}` that could be the event type; left out."
        )
    named = [each for of_the_type in made.values() for each in _named_by_shape(of_the_type)]
    return named_apart([event for event in named if _is_wanted(event, profile)]), warnings


def _named_by_shape(events: list[Event]) -> list[Event]:
    """The events of one type, each with a name of its own where there are several."""
    if len(events) < 2:
        return events
    shapes = [event.operation.removeprefix(event.webhook).lstrip(":") for event in events]
    return [
        replace(event, short=short_name(f"{event.type}-{shape}"))
        for event, shape in zip(events, shapes, strict=True)
    ]


def named_apart(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events, those with a number behind their name that have the name of another."""
    taken = {event.name.lower() for event in events}
    met: set[str] = set()
    made = []
    for event in events:
        number, own = 1, event.name
        while own.lower() in met or (number > 1 and own.lower() in taken):
            number += 1
            own = f"{event.name}-{number}"
        met.add(own.lower())
        made.append(event if own == event.name else replace(event, short=own))
    return tuple(made)


def _is_wanted(event: Event, profile: Profile) -> bool:
    globs = profile.only
    return not globs or any(
        fnmatchcase(n, glob) for glob in globs for n in (event.type, event.name, event.webhook)
    )


def _shown(events: Sequence[Event], path: str) -> Counter[str]:
    """The texts that the examples have at a path, with how many webhooks show each."""
    return Counter(value for event in events for value in _shown_by(event, path)) if path else Counter()


def _shown_by(event: Event, path: str) -> set[str]:
    values = (get(example.value, path) for example in event.examples)
    return {value for value in values if isinstance(value, str) and value}


def _types_of(event: Event, path: str, shown: Counter[str], *, open_too: bool) -> tuple[str, ...]:
    """The event types of a webhook by the member at a path; none where that is no text.

    An example tells which it is where no other webhook has the same one.
    """
    shape = _at(event.payload, steps(path))
    if not isinstance(shape, Scalar) or shape.types != ("string",):
        return ()
    values = tuple(value for value in shape.enum if isinstance(value, str) and value)
    told = [value for value in _shown_by(event, path) if shown[value] == 1]
    if values:
        own = [value for value in values if _plain(value) == _plain(_own_name(event))]
        agreed = own or [value for value in values if value in told]
        return tuple(agreed) if len(agreed) == 1 else values
    if not open_too:
        return ()
    return tuple(told) if len(told) == 1 else (_own_name(event),)


def _at(shape: Shape, way: list[str]) -> Shape | None:
    for step in way:
        member = shape.member(step) if isinstance(shape, Object) else None
        if member is None:
            return None
        shape = member.shape
    return shape


def _own_name(event: Event) -> str:
    return event.webhook.strip("/") or event.webhook


def _plain(text: str) -> str:
    """A name without what differs from one way of writing names to another."""
    plain = re.sub(r"[^a-z0-9]+", "", text.lower())
    for ending in ENDINGS:
        plain = plain.removesuffix(ending) or plain
    return plain


def _of_type(event: Event, event_type: str, profile: Profile) -> Event:
    """The event of that type, whose payload says nothing else."""

    def change(path: str, shape: Shape) -> Shape:
        if path == profile.type_path and isinstance(shape, Scalar):
            return replace(shape, enum=(event_type,), known_values=(), nullable=False)
        if isinstance(shape, Object) and any(path == outer for outer, _ in _holders(profile.type_path)):
            needed = {inner for outer, inner in _holders(profile.type_path) if outer == path}
            members = (replace(m, required=m.required or m.name in needed) for m in shape.members)
            return replace(shape, members=tuple(members))
        return shape

    payload = rewrite(event.payload, change) if profile.type_path else event.payload
    assert isinstance(payload, Object)  # noqa: S101 - an object stays one
    return replace(event, type=event_type, payload=payload, profile=profile)


def _holders(path: str) -> Iterator[tuple[str, str]]:
    """The objects along a path, each with the member through which it goes on."""
    while path:
        path, name = apart(path)
        yield path, name
