"""Channels and end users: created and changed, with the events of the change."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.events.ids import object_id
from ada_mockserver.events.payload import Channel, EndUser, end_user_event
from ada_mockserver.mock.store.models import StoredChannel, StoredEndUser

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = [
    "add_channel",
    "add_end_user",
    "add_native_channels",
    "change_end_user",
    "custom_channel",
    "external_key",
    "find_external",
    "native_channel",
]

_NATIVE = (
    {"name": "Chat", "description": "The chat on the web site", "modality": "messaging", "markdown": True},
    {"name": "Voice", "description": "Calls to the phone number of the AI Agent", "modality": "voice"},
    {"name": "Email", "description": "Mail to the support address", "modality": "email", "markdown": True},
)


async def add_channel(
    transaction: Transaction, *, channel_id: str | None = None, **members: Any
) -> StoredChannel:
    """Create a channel, custom unless ``members`` say otherwise; an id is drawn where none is given."""
    channel = Channel(
        **{
            "id": channel_id or object_id(transaction.rng, transaction.at),
            "created_at": transaction.at,
            "custom": True,
            "modality": "messaging",
            "markdown": False,
            **members,
        }
    )
    stored = StoredChannel(id=channel.id, custom=channel.custom, modality=channel.modality, value=channel)
    await transaction.add(stored)
    return stored


async def add_native_channels(transaction: Transaction) -> None:
    """Give a new AI Agent the channels that are Ada's own."""
    for members in _NATIVE:
        await add_channel(transaction, custom=False, **members)


async def native_channel(session: AsyncSession, modality: str) -> StoredChannel:
    """Ada's own channel of that modality."""
    return (await session.scalars(_first(modality, custom=False))).one()


async def custom_channel(transaction: Transaction) -> StoredChannel:
    """The first custom channel for messages; one is created where there is none."""
    known = await transaction.session.scalar(_first("messaging", custom=True))
    description = "Messages that an application sends through the Conversations API"
    return known or await add_channel(transaction, name="My Custom Channel", description=description)


def _first(modality: str, *, custom: bool) -> Select[StoredChannel]:
    of_kind = select(StoredChannel).where(
        StoredChannel.custom.is_(custom), StoredChannel.modality == modality
    )
    return of_kind.order_by(StoredChannel.ordinal).limit(1)


async def find_external(session: AsyncSession, external_id: str) -> StoredEndUser | None:
    """The end user with that external id, in any letter case, or None."""
    key = external_key(external_id)
    return await session.scalar(select(StoredEndUser).where(StoredEndUser.external_key == key))


async def add_end_user(transaction: Transaction, **members: Any) -> StoredEndUser:
    """A new end user with these members of its profile, and ``end_user.created``."""
    at = transaction.at
    user = EndUser(id=object_id(transaction.rng, at), created_at=at, updated_at=at, **members)
    stored = StoredEndUser(id=user.id, external_key=external_key(user.external_id), value=user)
    await transaction.add(stored)
    await transaction.emit(end_user_event("end_user.created", user, at=at))
    return stored


async def change_end_user(transaction: Transaction, stored: StoredEndUser, **members: Any) -> None:
    """Change an end user, and emit ``end_user.updated``; nothing happens where nothing is different."""
    user = replace(stored.value, **members)
    if user == stored.value:
        return
    user = replace(user, updated_at=max(transaction.at, user.updated_at + 1))
    stored.value, stored.external_key = user, external_key(user.external_id)
    await transaction.emit(end_user_event("end_user.updated", user, at=user.updated_at))


def external_key(external_id: str | None) -> str | None:
    """The key by which external ids are compared: Ada keeps them without letter case."""
    return None if external_id is None else hashlib.sha256(external_id.lower().encode()).hexdigest()
