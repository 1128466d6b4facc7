"""What a database needs before the first call, and what a server has from its start on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete

from ada_mockserver.mock.agent.simulate import custom_channel
from ada_mockserver.mock.api.attachments import has_key, make_key
from ada_mockserver.mock.outbox.shared_settings import restart_chaos
from ada_mockserver.mock.state.records import add_channel, add_native_channels
from ada_mockserver.mock.store.database import metadata
from ada_mockserver.mock.store.delivery_tables import settings
from ada_mockserver.mock.store.endpoints import create_endpoint, list_endpoints

if TYPE_CHECKING:
    from ada_mockserver.events.payload import Channel
    from ada_mockserver.mock.state.transaction import Backend, Call
    from ada_mockserver.mock.store.endpoints import Endpoint

__all__ = ["Initial", "clear", "furnish", "prepare"]


@dataclass(frozen=True, slots=True)
class Initial:
    """What a server says at its start that there is: a custom channel and, where one was named, a webhook."""

    channel: Channel
    webhook: Endpoint | None


async def prepare(backend: Backend) -> None:
    """Make the tables and what a new AI Agent has; does nothing where they are."""
    await backend.database.create()
    async with backend.call() as call:
        await backend.database.take_turns(call.connection)
        if not await has_key(call):
            await _new_agent(call)


async def furnish(backend: Backend, *, webhook: str | None = None, secret: str | None = None) -> Initial:
    """Make a custom channel and a webhook for the URL ``webhook``, unless there are such already.

    Raises `UsageError` for a bad ``secret``.
    """
    async with backend.call() as call:
        await backend.database.take_turns(call.connection)
        channel = await custom_channel(call)
        if webhook is None:
            return Initial(channel, None)
        for endpoint in await list_endpoints(call.connection):
            if endpoint.url == webhook:
                return Initial(channel, endpoint)
        made = await create_endpoint(call.connection, url=webhook, now=call.now, rng=call.rng, secret=secret)
    return Initial(channel, made)


async def clear(backend: Backend, initial: Initial | None = None) -> None:
    """Forget everything but the time and the chaos, what is still to be delivered included.

    What was there from the start is there again, as it was then, under the same ids.
    """
    async with backend.call(alone=True) as call:
        for table in reversed(metadata.sorted_tables):
            if table is not settings:
                await call.connection.execute(delete(table))
        await restart_chaos(call.connection)
        await _new_agent(call)
        if initial is not None:
            await _restore(call, initial)


async def _new_agent(call: Call) -> None:
    await make_key(call)
    await add_native_channels(call)


async def _restore(call: Call, initial: Initial) -> None:
    await add_channel(call.connection, initial.channel)
    webhook = initial.webhook
    if webhook is not None:
        await create_endpoint(
            call.connection,
            url=webhook.url,
            now=call.now,
            rng=call.rng,
            description=webhook.description,
            event_types=webhook.event_types,
            channels=webhook.channels,
            headers=webhook.headers,
            secret=webhook.secret,
            disabled=webhook.disabled,
            endpoint_id=webhook.id,
        )
