"""The mock Ada in process, on a clock that stands still."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from random import SystemRandom

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import select

from ada_mockserver.clock import ManualClock
from ada_mockserver.mock.assembly import create_app, perform_all_due, running
from ada_mockserver.mock.script import parse_script
from ada_mockserver.mock.state.transaction import MockContext
from ada_mockserver.mock.store.base import Base
from ada_mockserver.mock.store.database import MEMORY, Database
from ada_mockserver.mock.store.models import Event

DATABASE = os.environ.get("ADAKIT_TEST_DATABASE", MEMORY)
"""Another one than SQLite in memory, where these tests are to run on it; they empty it."""

KEY = "key-of-the-tests"


class Lasting(Database):
    """A database that mocks use one after another: making its tables takes longer than most tests."""

    async def close(self):
        """Leave it to the next."""

    async def empty(self):
        """Make the tables that are not there, and forget what is in them."""
        await self.create()
        async with self.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                await connection.execute(table.delete())

    async def end(self):
        await super().close()


class Api:
    """A client of a mock that stores events and delivers none."""

    def __init__(self, portal, client, context):
        self.portal, self.client, self.context = portal, client, context
        self.clock = context.clock

    def request(self, method, url, **options):
        """Any request, with the key unless another one is given; returns the response."""
        return self.portal.call(lambda: self.client.request(method, url, **options))

    def __call__(self, method, path, body=None, **options):
        """Call an operation, with or without a JSON body; returns the response."""
        if body is not None:
            options["json"] = body
        url = path if path.startswith(("http", "/_")) else f"/api/v2{path}"
        return self.request(method, url, **options)

    def ok(self, method, path, body=None, **options):
        """Call an operation that has to work; returns its JSON."""
        response = self(method, path, body, **options)
        assert response.status_code < 300, response.text
        return response.json()

    def refused(self, method, path, body=None, **options):
        """Call an operation that has to be refused; returns its status and the error of the envelope."""
        response = self(method, path, body, **options)
        (error,) = response.json()["errors"]
        assert set(error) == {"type", "message", "details"}
        return response.status_code, error

    def invalid(self, method, path, body=None, **options):
        """Call an operation with parameters that do not fit: what is said about each."""
        status, error = self.refused(method, path, body, **options)
        assert (status, error["type"]) == (400, "validation_error")
        assert error["message"] == "One or more parameters of the request are invalid."
        return {detail["parameter"]: detail["message"] for detail in error["details"]}

    def advance(self, seconds):
        """Move the clock on, and have the script answer what is due then."""
        self.clock.advance(seconds)
        return self.portal.call(perform_all_due, self.context)

    def channel(self, **members):
        body = {"name": "App", "description": "Our app", "modality": "messaging", **members}
        return self.ok("POST", "/channels/", body)

    def conversation(self, **members):
        return self.ok("POST", "/conversations/", {"channel_id": self.channel()["id"], **members})

    def write(self, conversation, text, role="end_user", **author):
        author = {"id": conversation["end_user_id"], "role": role, "display_name": "Robin", **author}
        body = {"author": author, "content": {"type": "text", "body": text}}
        return self.ok("POST", f"/conversations/{conversation['id']}/messages/", body)

    def events(self, *, audit=False):
        """Every event so far, as (payload, channel tags); those of the audit log where they are asked for."""

        async def read():
            async with self.context.database.begin() as session:
                found = await session.scalars(select(Event).order_by(Event.ordinal))
                told = [(json.loads(event.body), event.channels) for event in found]
                return [one for one in told if audit or one[0]["type"] != "v1.audit_log.emitted"]

        return self.portal.call(read)

    @staticmethod
    def seconds(timestamp):
        """A time of an event, or of a member of one, in Unix seconds."""
        return datetime.fromisoformat(timestamp).timestamp()

    def types(self):
        return [payload["type"].removeprefix("v1.") for payload, _ in self.events()]


@contextlib.contextmanager
def serving(portal, context, **options):
    app = create_app(context, keys=[KEY], **options)
    headers = {"authorization": f"Bearer {KEY}"}
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://mock.test", headers=headers
    )
    with (
        portal.wrap_async_context_manager(running(context)),
        portal.wrap_async_context_manager(client),
    ):
        yield Api(portal, client, context)


@pytest.fixture(scope="session")
def portal():
    """The thread in which mocks run."""
    with start_blocking_portal() as started:
        yield started


@pytest.fixture(scope="session")
def database(portal):
    """The database of most mocks."""
    made = Lasting(DATABASE)
    yield made
    portal.call(made.end)


@pytest.fixture
def make_api(portal, database):
    """Starts mocks with a script, a limit, and so on; they share what they store, unless told otherwise."""
    portal.call(database.empty)
    with contextlib.ExitStack() as stack:

        def make(script=None, database=database, *, pace="instant", rng=None, **options):
            chosen = {"pace": pace} if script is None else {"pace": pace, "script": parse_script(script)}
            clock, url = ManualClock(1_700_000_000), "http://mock.test"
            context = MockContext(database, clock, rng or SystemRandom(), base_url=url, **chosen)
            return stack.enter_context(serving(portal, context, **options))

        yield make


@pytest.fixture
def api(make_api):
    """A mock with the script that it has by default."""
    return make_api()
