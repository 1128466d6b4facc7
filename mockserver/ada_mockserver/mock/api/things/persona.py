"""The persona of the AI Agent: one for each, with the defaults of a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.api.collection import Collection
from ada_mockserver.mock.store.base import Stored

if TYPE_CHECKING:
    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS", "Persona"]

_NEW: dict[str, Any] = {
    "personality": ["friendly", "helpful"],
    "emoji_usage": False,
    "allowed_emojis": "",
    "default_timezone": "UTC",
    "company_description": None,
    "community_guidelines_url": None,
    "message_length": "normal",
    "ask_for_more_help": True,
    "no_customer_pi": False,
    "no_competitors": False,
    "competitor_names": None,
    "enable_acknowledgment_messages": False,
}


class Persona(Stored):
    """The persona; there is none before it is changed for the first time."""

    __tablename__ = "api_persona"
    kind = "persona"
    entity = "persona"

    def shown(self) -> dict[str, Any]:
        """Its members, without an id."""
        return {name: self.data[name] for name in _NEW}


_PERSONA = Collection(Persona)


async def _read(call: Call) -> dict[str, Any]:
    persona = await _stored(call)
    return _NEW if persona is None else persona.shown()


async def _update(call: Call) -> dict[str, Any]:
    # Added as a new one is, so that the change is the only thing that the audit log tells.
    persona = await _stored(call, lock=True) or await _PERSONA.add(call, {"id": "persona", **_NEW})
    await _PERSONA.change(call, persona, call.body)
    return persona.shown()


async def _stored(call: Call, *, lock: bool = False) -> Persona | None:
    statement = select(Persona)
    return await call.transaction.session.scalar(statement.with_for_update() if lock else statement)


OPERATIONS = {"get-persona": _read, "update-persona": _update}
