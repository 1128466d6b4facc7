"""The outbox on PostgreSQL, where processes share it; skipped where no server can be started."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import httpx
import pytest
from sqlalchemy import text

from ada_mockserver.mock.assembly import create_app, running
from ada_mockserver.mock.outbox.outbox import Outbox
from ada_mockserver.mock.state.transaction import MockContext
from ada_mockserver.mock.store.base import Base
from ada_mockserver.mock.store.database import Database
from ada_mockserver.mock.store.schema import MIGRATIONS
from ada_schemas.errors import UsageError
from support.outbox_stage import MESSAGE, Consumer, Stage, at
from support.postgres_server import PostgresServer, missing_postgres

MISSING = missing_postgres()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def url():
    """A server of our own."""
    with PostgresServer() as server:
        yield server.url


def run(scenario, url, **options):
    """Run ``scenario`` with an outbox on an empty database."""

    async def whole():
        mock = Stage(database=url, **options)
        async with mock.database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
        await mock.database.create()
        try:
            return await scenario(mock)
        finally:
            await mock.database.close()

    return asyncio.run(whole())


def test_schedule(url):
    """Attempts are the documented schedule to the second there, too."""

    async def scenario(mock):
        mock.consumer.last = 500
        await mock.add()
        await mock.publish()
        await mock.outbox.advance(100_000)
        times = [at(each["started_at"]) for each in await mock.attempts()]
        assert times == [0, 5, 305, 2105, 9305, 27_305, 63_305, 99_305]

    run(scenario, url)


class Slow(Consumer):
    """Answers after a moment in which others can claim."""

    async def send(self, request, *, timeout):
        await asyncio.sleep(0.001)
        return await super().send(request, timeout=timeout)


def test_shared(url):
    """Four workers, each with connections of its own, deliver 300 events once each, and several of them do."""

    async def scenario(mock):
        await mock.add()
        await mock.add(event_types=[MESSAGE])
        ids = await mock.publish(count=150)
        databases = [Database(url) for _ in range(3)]
        outboxes = [mock.outbox, *(Outbox(each, mock.clock, mock.outbox.options) for each in databases)]
        await asyncio.gather(*(outbox.run_due() for outbox in outboxes))
        for database in databases:
            await database.close()
        assert Counter(mock.consumer.ids()) == dict.fromkeys(ids, 2)
        assert {state for state, _ in await mock.states()} == {"delivered"}

    consumer = Slow()

    async def with_consumer(mock):
        mock.consumer = consumer
        await scenario(mock)

    run(with_consumer, url, client=consumer)


def test_rows_being_claimed_are_skipped(url):
    """What another process is claiming at the moment is not waited for."""

    async def scenario(mock):
        await mock.add()
        first, other = await mock.publish(count=2)
        async with mock.database.begin() as connection:
            await connection.execute(
                text("SELECT 1 FROM outbox_deliveries WHERE event_id = :id FOR UPDATE"), {"id": first}
            )
            await asyncio.wait_for(mock.outbox.run_due(), 20)
            assert mock.consumer.ids() == [other]
        await mock.outbox.run_due()
        assert mock.consumer.ids() == [other, first]

    run(scenario, url)


def test_created_at_once(url):
    """Processes that start at the same time make the tables once."""

    async def scenario(mock):
        async with mock.database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
        databases = [Database(url) for _ in range(4)]
        await asyncio.gather(*(database.create() for database in databases))
        assert mock.database.lock() is False
        for database in databases:
            await database.close()

    run(scenario, url)


def test_older_tables(url):
    """Tables from before versions are completed there, too, and those that differ are refused unchanged."""

    async def scenario(mock):
        async def change(*statements):
            async with mock.database.engine.begin() as connection:
                for statement in statements:
                    await connection.execute(text(statement))

        async def refusal():
            with pytest.raises(UsageError) as error:
                await mock.database.create()
            return error.value.what

        await change(
            "DROP TABLE mock_schema",
            "DROP TABLE api_planned_steps",
            "ALTER TABLE api_conversations DROP COLUMN origin",
        )
        await mock.database.create()
        await change("SELECT origin FROM api_conversations", "SELECT due_at FROM api_planned_steps")
        await change("ALTER TABLE api_messages ALTER COLUMN data TYPE text")
        place = "The database cannot be used: "
        assert (
            await refusal() == place + "the column 'data' of its table 'api_messages' holds text, not JSON."
        )
        await change("DROP TABLE api_messages", "UPDATE mock_schema SET version = 70")
        newest = len(MIGRATIONS) + 1
        assert await refusal() == (
            f"The database was written by a newer adakit (schema 70; this one knows {newest})."
        )
        await change("DROP TABLE mock_schema")

    run(scenario, url)


def test_cleared_meanwhile(url):
    """Calls and clearing at the same time: each sees all of the other or nothing, none fails."""
    statuses = Counter()

    async def client(api, rounds):
        async def call(path, body):
            response = await api.post(path, json=body)
            statuses[response.status_code] += 1
            return response.json()

        for _ in range(rounds):
            await call("/api/v2/webhooks", {"url": "http://127.0.0.1:9/"})
            channel = {"name": "App", "description": "Ours", "modality": "messaging"}
            made = await call("/api/v2/channels", channel)
            await call("/api/v2/conversations", {"channel_id": made["id"]})
            await call("/_mock/clear", {})

    async def scenario(mock):
        context = MockContext(mock.database, mock.clock, Random(1))
        app = create_app(context, keys=["k"], outbox=mock.outbox)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        options = {"base_url": "http://mock.test", "headers": {"authorization": "Bearer k"}}
        async with running(context, mock.outbox), httpx.AsyncClient(transport=transport, **options) as api:
            await asyncio.gather(*(client(api, 10) for _ in range(6)))

    run(scenario, url)
    assert set(statuses) <= {200, 201, 404}
    assert statuses.total() == 240
