"""Channels and end users as they are kept, and as the API and events show them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from ada_mockserver.events.ids import object_id
from ada_mockserver.events.payload import Channel, EndUser, end_user_event
from ada_mockserver.mock.store.conversation_tables import channels, end_users

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from ada_mockserver.mock.state.transaction import Call

__all__ = [
    "NATIVE",
    "add_channel",
    "add_end_user",
    "add_native_channels",
    "change_end_user",
    "channel_of",
    "end_user_of",
    "external_key",
    "find_channel",
    "find_end_user",
    "find_external",
    "is_id",
    "save_channel",
    "show_end_user",
]

NATIVE = (
    ("Chat", "The chat on the web site", "messaging", True),
    ("Voice", "Calls to the phone number of the AI Agent", "voice", False),
    ("Email", "Mail to the support address", "email", True),
)
"""The channels that every AI Agent has: name, description, modality, markdown."""

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def is_id(text: str) -> bool:
    """Whether a text can be an id here; what cannot is not looked up."""
    return _ID.fullmatch(text) is not None


def channel_of(row: Row[Any]) -> Channel:
    """A row of the table as a channel."""
    return Channel(id=row.id, modality=row.modality, custom=row.custom, **row.data)


async def find_channel(connection: AsyncConnection, channel_id: str) -> Channel | None:
    """The channel of that id, or None."""
    if not is_id(channel_id):
        return None
    row = (await connection.execute(select(channels).where(channels.c.id == channel_id))).one_or_none()
    return None if row is None else channel_of(row)


async def add_channel(connection: AsyncConnection, channel: Channel) -> None:
    """Keep a new channel."""
    await connection.execute(
        insert(channels).values(
            id=channel.id, custom=channel.custom, modality=channel.modality, data=_channel_data(channel)
        )
    )


async def save_channel(connection: AsyncConnection, channel: Channel) -> None:
    """Keep a channel that has changed."""
    await connection.execute(
        update(channels).where(channels.c.id == channel.id).values(data=_channel_data(channel))
    )


def _channel_data(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "description": channel.description,
        "markdown": channel.markdown,
        "created_at": channel.created_at,
        "metadata": channel.metadata,
    }


async def add_native_channels(call: Call) -> None:
    """Give a new AI Agent the channels that are Ada's own."""
    for name, description, modality, markdown in NATIVE:
        await add_channel(
            call.connection,
            Channel(
                id=object_id(call.rng, call.at),
                name=name,
                description=description,
                modality=modality,
                markdown=markdown,
                created_at=call.at,
                custom=False,
            ),
        )


def end_user_of(row: Row[Any]) -> EndUser:
    """A row of the table as an end user."""
    return EndUser(id=row.id, **row.data)


def show_end_user(user: EndUser) -> dict[str, Any]:
    """An end user as the API answers it: the data of its event."""
    data: dict[str, Any] = end_user_event("end_user.created", user, at=0)["data"]
    return data


def external_key(external_id: str) -> str:
    """What external ids are compared by: Ada keeps them without letter case."""
    return hashlib.sha256(external_id.lower().encode()).hexdigest()


async def find_end_user(
    connection: AsyncConnection, end_user_id: str, *, lock: bool = False
) -> EndUser | None:
    """The end user of that id, or None; ``lock`` keeps others from changing it until the call is over."""
    if not is_id(end_user_id):
        return None
    statement = select(end_users).where(end_users.c.id == end_user_id)
    row = (await connection.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else end_user_of(row)


async def find_external(connection: AsyncConnection, external_id: str) -> EndUser | None:
    """The end user with that external id, in any letter case, or None."""
    statement = select(end_users).where(end_users.c.external_key == external_key(external_id))
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else end_user_of(row)


async def add_end_user(call: Call, **members: Any) -> EndUser:
    """A new end user with these members of its profile, and ``end_user.created``."""
    user = EndUser(id=object_id(call.rng, call.at), created_at=call.at, updated_at=call.at, **members)
    await call.connection.execute(
        insert(end_users).values(id=user.id, external_key=_key(user), data=_user_data(user))
    )
    await call.emit(end_user_event("end_user.created", user, at=call.at))
    return user


async def change_end_user(call: Call, user: EndUser, **members: Any) -> EndUser:
    """Change an end user, and emit ``end_user.updated``; nothing happens where nothing is different."""
    changed = replace(user, **members)
    if changed == user:
        return user
    changed = replace(changed, updated_at=max(call.at, user.updated_at + 1))
    await call.connection.execute(
        update(end_users)
        .where(end_users.c.id == user.id)
        .values(external_key=_key(changed), data=_user_data(changed))
    )
    await call.emit(end_user_event("end_user.updated", changed, at=changed.updated_at))
    return changed


def _key(user: EndUser) -> str | None:
    return None if user.external_id is None else external_key(user.external_id)


def _user_data(user: EndUser) -> dict[str, Any]:
    data = asdict(user)
    del data["id"]
    return data
