"""A payload beside the contract: which event it is, what breaks its schema, and what Ada does not send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json
from ada_schemas.shown import spelled
from ada_schemas.validation import validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Event
    from ada_schemas.validation import Violation

__all__ = ["Review", "review"]

MOST_NAMED = 50
"""Places that are named at most."""


@dataclass(frozen=True, slots=True)
class Review:
    """The contract's judgement of a body.

    ``unread`` says why it is no JSON, "" where it is; ``event`` is the contract's, None for a type that it
    does not name. ``problems`` break the schema that a consumer may count on; ``notes`` do not, and yet
    Ada's documentation knows no such event.
    """

    payload: Any = None
    unread: str = ""
    event: Event | None = None
    problems: tuple[Violation, ...] = ()
    notes: tuple[Violation, ...] = ()

    @property
    def is_object(self) -> bool:
        """True for what can be an event: a JSON object."""
        return isinstance(self.payload, dict)

    @property
    def type(self) -> str:
        """The type that it says it has, "" for none."""
        kind = self.payload.get("type") if isinstance(self.payload, dict) else None
        return kind if isinstance(kind, str) else ""


def review(body: bytes | str, contract: Contract) -> Review:
    """Read a body, and compare it with the contract's event of its type."""
    try:
        payload = read_json(body, name="The payload")
    except DocumentError as error:
        return Review(unread=error.what)
    event = contract.by_type.get(payload.get("type")) if _has_type(payload) else None
    problems = validate(payload, contract=contract)
    notes: list[Violation] = []
    if event is not None:
        closed = validate(payload, event=event.type, contract=contract, closed=True)
        # A member that is not documented is marked where it stands.
        notes = [each for each in closed if each not in problems and each.expected != "no such member"]
    return Review(payload, "", event, _shown(problems), _shown(notes))


def _shown(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """Those that are named, as they may be printed: a payload's names and texts stand in them."""
    named = violations[:MOST_NAMED]
    return tuple(replace(each, path=spelled(each.path), got=spelled(each.got)) for each in named)


def _has_type(payload: Any) -> bool:
    return isinstance(payload, dict) and isinstance(payload.get("type"), str)
