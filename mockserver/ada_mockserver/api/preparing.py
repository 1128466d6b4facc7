"""What a database needs before the first call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from ada_mockserver.api.attachments import has_key, make_key
from ada_mockserver.api.records import add_native_channels
from ada_mockserver.database import metadata
from ada_mockserver.outbox.settings import restart_chaos
from ada_mockserver.outbox.tables import settings

if TYPE_CHECKING:
    from ada_mockserver.api.calls import Backend

__all__ = ["clear", "prepare"]


async def prepare(backend: Backend) -> None:
    """Make the tables and what a new AI Agent has; does nothing where they are."""
    await backend.database.create()
    async with backend.call() as call:
        await backend.database.take_turns(call.connection)
        if not await has_key(call):
            await make_key(call)
            await add_native_channels(call)


async def clear(backend: Backend) -> None:
    """Forget everything but the time and the chaos, what is still to be delivered included."""
    async with backend.call() as call:
        for table in reversed(metadata.sorted_tables):
            if table is not settings:
                await call.connection.execute(delete(table))
        await restart_chaos(call.connection)
    await prepare(backend)
