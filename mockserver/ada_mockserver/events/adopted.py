"""Events of a contract that was adopted (``--contract``) in place of the shipped one.

What is known of an event, its people and times, is kept; its members are those of the contract. An event type
that is new has ids, times and a host as the others have, and samples for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events.ids import object_id, source
from ada_mockserver.events.payload import member_time, timestamp
from ada_schemas.contract.catalog import adopted
from ada_schemas.contract.samples import fitted
from ada_schemas.contract.shapes import Object

if TYPE_CHECKING:
    from ada_mockserver.events.payload import Payload
    from ada_mockserver.events.people import Cast

__all__ = ["adopted_names", "as_adopted", "new_event"]


def adopted_names() -> tuple[str, ...]:
    """The short names of the events of the adopted contract; none where the shipped one is at work."""
    contract = adopted()
    return tuple(event.name for event in contract.contract.events) if contract else ()


def as_adopted(payload: Payload) -> Payload:
    """The payload as the adopted contract has it; itself where the shipped one is at work."""
    contract = adopted()
    for event in contract.contract.events if contract else ():
        if event.type == payload["type"]:
            made: Payload = fitted(event.payload, payload)
            return made
    return payload


def new_event(name: str, cast: Cast, *, seed: str, key: str, ordinal: int) -> Payload:
    """An event that only the adopted contract has: of the same people, after the conversation began."""
    contract = adopted()
    assert contract is not None  # noqa: S101 - only an adopted contract has such names
    event = contract.event(name)
    rng = source(seed, "new event", key, name, ordinal)
    at = cast.conversation.created_at + 30_000 + ordinal * 1_000
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
    return as_adopted({"type": event.type, "timestamp": timestamp(at), "data": known})
