"""A payload beside the contract: which event it is, what breaks its schema, and what nobody sends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.paths import get
from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json
from ada_schemas.shown import spelled
from ada_schemas.validation import validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Event
    from ada_schemas.validation import Violation

__all__ = ["Review", "review", "type_in"]

MOST_NAMED = 50
"""Places that are named at most."""


@dataclass(frozen=True, slots=True)
class Review:
    """The contract's judgement of a body.

    ``unread`` says why it is no JSON, "" where it is; ``type`` is the type that it says it has, "" for none;
    ``event`` is the contract's, None for a type that it does not name. ``problems`` break the schema that a
    consumer may count on; ``notes`` do not, and yet the provider's documentation knows no such event.
    """

    payload: Any = None
    unread: str = ""
    type: str = ""
    event: Event | None = None
    problems: tuple[Violation, ...] = ()
    notes: tuple[Violation, ...] = ()

    @property
    def is_object(self) -> bool:
        """True for what can be an event: a JSON object."""
        return isinstance(self.payload, dict)


def type_in(payload: Any, contract: Contract, *, told: str = "") -> str:
    """The event type that a payload says, "" for none; ``told`` where those of the contract do not say it."""
    place = contract.profile.type_path
    said = get(payload, place) if place else told
    return said if isinstance(said, str) else ""


def review(body: bytes | str, contract: Contract, *, told: str = "") -> Review:
    """Read a body, and compare it with the contract's event of its type.

    ``told`` is the type under which it is sent; it counts where payloads of the contract do not say theirs.
    """
    try:
        payload = read_json(body, name="The payload")
    except DocumentError as error:
        return Review(unread=error.what)
    kind = type_in(payload, contract, told=told)
    event = contract.by_type.get(kind)
    # Where payloads say no type, one that is not known can be anything.
    judged = event is not None or contract.profile.type_path
    named = None if event is None else event.type
    problems = validate(payload, event=named, contract=contract) if judged else []
    notes: list[Violation] = []
    if event is not None:
        closed = validate(payload, event=event.type, contract=contract, closed=True)
        # A member that is not documented is marked where it stands.
        notes = [each for each in closed if each not in problems and each.expected != "no such member"]
    return Review(payload, "", kind, event, _shown(problems), _shown(notes))


def _shown(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """Those that are named, as they may be printed: a payload's names and texts stand in them."""
    named = violations[:MOST_NAMED]
    return tuple(replace(each, path=spelled(each.path), got=spelled(each.got)) for each in named)
