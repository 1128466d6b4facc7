"""An exchange: every delivery that was made for a case, and the payload that is particular about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ada_contract_tests.rules import Expectation
    from ada_mockserver.delivery.attempt import Attempt
    from ada_schemas.errors import WireError

__all__ = ["Delivery", "Exchange"]

Payload = dict[str, Any]


@dataclass(slots=True, eq=False)
class Delivery:
    """One attempt that was made for a case, and its place in it.

    ``attempt.message_id`` is the id on the wire, None if it had none; ``authentic`` is false for
    forgeries; ``final`` is false once the same message was delivered again; ``label`` names it among the
    case's deliveries; ``stale`` is true for an event that comes too late to have an effect, which a consumer
    may ignore; ``sent`` is the event, or its bytes; ``hint`` says what to do if its answer is wrong, where
    that is known.
    """

    case: str
    event: str
    attempt: Attempt
    expect: Expectation
    authentic: bool = True
    final: bool = True
    label: str = ""
    stale: bool = False
    sent: Payload | bytes = b""
    hint: str = ""

    @property
    def payload(self) -> Payload:
        """The event that was sent; nothing where the bytes are none."""
        if isinstance(self.sent, dict):
            return self.sent
        try:
            value = json.loads(self.sent)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def message_id(self) -> str | None:
        """The id on the wire."""
        return self.attempt.message_id

    @property
    def must_be_handled(self) -> bool:
        """True for an accepted delivery that must have an effect."""
        return (
            self.authentic
            and self.final
            and self.attempt.accepted
            and not self.stale
            and self.message_id is not None
            and self.expect.handled == "must"
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """A case that was carried out.

    ``payload`` is particular about it and ``base`` the ordinary event that it was made from; both are empty
    where no one payload is.
    """

    deliveries: tuple[Delivery, ...]
    base: Payload = field(default_factory=dict)
    payload: Payload = field(default_factory=dict)

    @property
    def last(self) -> Attempt:
        """The attempt that the case ended with."""
        return self.deliveries[-1].attempt

    @property
    def put_off(self) -> Delivery | None:
        """A delivery that was answered with 429 or 503, and not made again, or None."""
        return next((d for d in self.deliveries if d.final and d.attempt.status in (429, 503)), None)

    @property
    def silence(self) -> WireError | None:
        """The error of an attempt that got no answer and was not repeated, or None."""
        errors = (d.attempt.error for d in self.deliveries if d.final)
        return next((error for error in errors if error is not None), None)
