"""ADA201 to ADA204: what a versioning policy allows to be sent tomorrow without a new version.

Ada's: /reference/introduction/versioning. Which of the rules hold for another provider says its profile.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import is_within
from ada_schemas.contract.paths import joined
from ada_schemas.contract.samples import sample
from ada_schemas.contract.shapes import Object, Scalar, Union, payload_path
from ada_schemas.variation.builder import Variation, VariationBuilder, changing, putting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ada_schemas.contract.contract import Contract

    Order = Callable[[list[str]], Iterable[str]]

__all__ = ["forward_variations", "new_branch", "new_event_variations"]

NEW_MEMBER = "adakit_new_member"
NEW_VALUE = "adakit_new_value"
NEW_EVENTS = ("v1.conversation.reopened", "v1.knowledge.article.published")
"""Event types that nobody has yet; those of another provider than the default one have its way to begin."""
OTHER_EVENTS = ("made_up.reopened", "made_up.article.published")


def forward_variations(builder: VariationBuilder) -> Iterator[Variation]:
    """Additions to an event that need no new version."""
    yield from _unknown_keys(builder)
    yield from _new_values(builder)
    yield from _key_orders(builder)


def _unknown_keys(builder: VariationBuilder) -> Iterator[Variation]:
    for path, shape in builder.objects():
        place = payload_path(path)
        said = f"{place or 'the payload'} has a member that is not documented yet"
        value = {"added": "later", "items": [1, None]} if shape.extra is None else sample(shape.extra)
        change = putting(joined(place, NEW_MEMBER), value)
        detail = "" if path else "payload"
        yield builder.build("ADA201", "forward:unknown-key", path, said, change, detail=detail)


def _new_values(builder: VariationBuilder) -> Iterator[Variation]:
    rule, family = "ADA202", "forward:new-value"
    for path, shape in builder.places.items():
        if isinstance(shape, Scalar) and _is_open(shape):
            yield builder.put(rule, family, path, "has a value that is not documented yet", NEW_VALUE)
        if isinstance(shape, Union) and shape.discriminator:
            place = payload_path(path)
            at, tag = joined(path, shape.discriminator), joined(place, shape.discriminator)
            said = f"{place} is of a type that is not documented yet"
            change = changing(place, partial(new_branch, shape, NEW_VALUE))
            yield builder.build(rule, family, at, said, change, keep=(tag,))


def _is_open(shape: Scalar) -> bool:
    """True for a text that has documented values, and limits that a new one keeps."""
    listed = bool(shape.known_values) or len(shape.enum) > 1
    return listed and "string" in shape.types and is_within(shape, NEW_VALUE)


def new_branch(union: Union, tag: str, value: dict[str, Any]) -> dict[str, Any]:
    """An object of a new type, made from a documented one: it has the members that every branch requires."""
    objects = [branch.shape for branch in union.branches if isinstance(branch.shape, Object)]
    shared = [
        {m.name for m in shape.members if m.required or m.name == union.discriminator} for shape in objects
    ]
    names = set.intersection(*shared)
    return {**{k: v for k, v in value.items() if k in names}, union.discriminator: tag}


def _key_orders(builder: VariationBuilder) -> Iterator[Variation]:
    orders: tuple[tuple[str, Order], ...] = (("reversed", reversed), ("sorted", sorted))
    for label, order in orders:
        said = f"the members of every object are {label}"
        yield builder.build("ADA204", "forward:key-order", "", said, partial(_ordered, order), detail=label)


def _ordered(order: Order, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(order, value[name]) for name in order(list(value))}
    return value


def new_event_variations(contract: Contract) -> Iterator[Variation]:
    """Event types that a provider may add; their base is its first event, whose members they borrow.

    None where a payload does not say its type.
    """
    place = contract.profile.type_path
    for new in NEW_EVENTS if contract.is_ada else OTHER_EVENTS:
        if place and new not in contract.by_type:
            yield Variation(
                f"any/forward:new-event:{new}",
                "ADA203",
                "any",
                place,
                f"the event type {new} is not documented yet",
                refusable=False,
                apply=putting(place, new),
            )
