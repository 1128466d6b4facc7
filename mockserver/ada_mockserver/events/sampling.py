"""Events by sampling: payloads by another version of Ada's contract, and events that no builder knows.

What is known of an event, its people and times, is kept; its members are those of the contract. An event type
without a builder has ids, times and a host as the others have, and samples for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events.ids import object_id, source
from ada_mockserver.events.payload import member_time, timestamp
from ada_schemas.contract.samples import fitted
from ada_schemas.contract.shapes import Object

if TYPE_CHECKING:
    from ada_mockserver.events.payload import Payload
    from ada_mockserver.events.people import Cast
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Event

__all__ = ["as_documented", "sampled"]


def as_documented(payload: Payload, contract: Contract) -> Payload:
    """The payload with the members that the contract has; itself for an event that the contract has not."""
    event = contract.by_type.get(payload["type"])
    return payload if event is None else fitted(event.payload, payload)


def sampled(event: Event, cast: Cast, *, seed: str, key: str, ordinal: int, at: int | None = None) -> Payload:
    """An event of the people in ``cast``, at ``at``, else after their conversation began."""
    rng = source(seed, "new event", key, event.name, ordinal)
    at = cast.conversation.created_at + 30_000 + ordinal * 1_000 if at is None else at
    known: dict[str, Any] = {
        "conversation_id": cast.conversation.id,
        "channel_id": cast.conversation.channel.id,
        "end_user_id": cast.conversation.end_user_id,
        "ai_agent_domain": cast.conversation.domain,
        "created_at": member_time(cast.conversation.created_at),
        "updated_at": member_time(at),
    }
    data = event.payload.member("data")
    members = data.shape.members if data is not None and isinstance(data.shape, Object) else ()
    for member in members:
        if member.name == "id" or member.name.endswith("_id"):
            known.setdefault(member.name, object_id(rng, at))
    made: Payload = fitted(event.payload, {"type": event.type, "timestamp": timestamp(at), "data": known})
    return made
