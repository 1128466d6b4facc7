"""The first rows of a database, and the channel and webhook that a server begins with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete

from ada_mockserver.mock.outbox.shared_settings import adopt_provider, restart_chaos
from ada_mockserver.mock.state.records import add_native_channels, custom_channel
from ada_mockserver.mock.store.base import Base
from ada_mockserver.mock.store.endpoints import create_endpoint, list_endpoints
from ada_mockserver.mock.store.models import ATTACHMENT_KEY, Secret, Setting

if TYPE_CHECKING:
    from ada_mockserver.mock.state.transaction import MockContext, Transaction
    from ada_mockserver.mock.store.models import Endpoint, StoredChannel

__all__ = ["Initial", "clear", "create_initial", "create_tables"]


@dataclass(frozen=True, slots=True)
class Initial:
    """The channel and the webhook that a server prints at its start and `clear` restores.

    There is no channel with another provider's contract.
    """

    channel: StoredChannel | None
    webhook: Endpoint | None


async def create_tables(context: MockContext) -> None:
    """Make the tables and what a new AI Agent has; does nothing where they are.

    Raises `UsageError` for a database with what another provider's mock sent.
    """
    await context.database.create()
    async with context.begin() as transaction:
        await context.database.take_turns(transaction.session)
        is_new = await transaction.session.get(Secret, ATTACHMENT_KEY) is None
        await adopt_provider(transaction.session, context.contract, is_new=is_new)
        if is_new:
            await _new_agent(transaction)


async def create_initial(
    context: MockContext, *, webhook: str | None = None, secret: str | None = None
) -> Initial:
    """Make a custom channel and a webhook for the URL ``webhook``, unless there are such already.

    Raises `UsageError` for a bad ``secret``.
    """
    async with context.begin() as transaction:
        session = transaction.session
        await context.database.take_turns(session)
        channel = await custom_channel(transaction) if context.contract.is_ada else None
        if webhook is None:
            return Initial(channel, None)
        for endpoint in await list_endpoints(session):
            if endpoint.url == webhook:
                return Initial(channel, endpoint)
        now, rng = transaction.now, transaction.rng
        return Initial(channel, await create_endpoint(session, url=webhook, now=now, rng=rng, secret=secret))


async def clear(context: MockContext, initial: Initial | None = None) -> None:
    """Forget everything but the time and the chaos, what is still to be delivered included.

    What was there from the start is there again, as it was then, under the same ids.
    """
    async with context.begin(alone=True) as transaction:
        for table in reversed(Base.metadata.sorted_tables):
            if table is not Setting.__table__:
                await transaction.session.execute(delete(table))
        await restart_chaos(transaction.session)
        await _new_agent(transaction)
        if initial is not None:
            if initial.channel is not None:
                await transaction.session.merge(initial.channel)
            if initial.webhook is not None:
                await transaction.session.merge(initial.webhook)


async def _new_agent(transaction: Transaction) -> None:
    await transaction.add(Secret(name=ATTACHMENT_KEY, value=secrets.token_bytes(32)))
    if transaction.context.contract.is_ada:
        await add_native_channels(transaction)
