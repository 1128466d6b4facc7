"""An outbox for tests: a database, a clock that stands still and a stand-in for the wire."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.http import Response
from ada_mockserver.mock.outbox.attempts_log import Filters, list_attempts, list_deliveries
from ada_mockserver.mock.outbox.outbox import Outbox
from ada_mockserver.mock.outbox.publish import publish
from ada_mockserver.mock.outbox.worker import Options
from ada_mockserver.mock.store.database import MEMORY, Database, find
from ada_mockserver.mock.store.endpoints import create_endpoint
from ada_mockserver.mock.store.models import Endpoint

__all__ = ["ENDED", "MESSAGE", "START", "URL", "Consumer", "Stage", "at", "run"]

START = 1_600_000_000.0
URL = "http://consumer.example/hook"
MESSAGE, ENDED = "v1.conversation.message", "v1.conversation.ended"


@dataclass
class Consumer:
    """Answers with what ``answers`` holds in turn, then with ``last``; keeps the requests."""

    answers: list = field(default_factory=list)
    last: object = 200
    requests: list = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    async def send(self, request, *, timeout):
        self.requests.append(request)
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        await asyncio.sleep(0)
        self.open -= 1
        answer = self.answers.pop(0) if self.answers else self.last
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(answer, (), b"noted", 0.25)

    def ids(self):
        return [dict(request.headers)["svix-id"] for request in self.requests]


class Stage:
    """An outbox and what surrounds it; ``run`` drives a coroutine."""

    def __init__(self, database=MEMORY, clock=None, **options):
        self.clock = clock or ManualClock(START)
        self.database = Database(database)
        self.consumer = Consumer()
        self.machine = ManualClock(START)
        options = {"jitter": 0.0, "client": self.consumer, **options}
        self.outbox = Outbox(
            self.database, self.clock, Options(rng=Random(1), machine_clock=self.machine, **options)
        )
        self.endpoints = []

    async def add(self, **options):
        async with self.database.begin() as connection:
            endpoint = await create_endpoint(
                connection,
                **{"url": URL, "now": self.clock.now(), "rng": Random(len(self.endpoints)), **options},
            )
        self.endpoints.append(endpoint.id)
        return endpoint

    async def endpoint(self, index=0):
        async with self.database.begin() as connection:
            return await find(connection, Endpoint, self.endpoints[index])

    async def publish(self, event_type=MESSAGE, *, channels=(), body=b'{"a":1}', count=1):
        options = {"event_type": event_type, "body": body, "channels": channels, "now": self.clock.now()}
        async with self.database.begin() as connection:
            found = [await publish(connection, **options) for _ in range(count)]
        return found[0] if count == 1 else found

    async def attempts(self, **filters):
        async with self.database.begin() as connection:
            return (await list_attempts(connection, Filters(**filters)))[::-1]

    async def deliveries(self, **filters):
        async with self.database.begin() as connection:
            return (await list_deliveries(connection, Filters(**filters)))[::-1]

    async def states(self):
        return [(each["state"], each["reason"]) for each in await self.deliveries()]


def run(scenario, **options):
    """Run ``scenario`` with a fresh mock."""

    async def whole():
        mock = Stage(**options)
        await mock.database.create()
        try:
            return await scenario(mock)
        finally:
            await mock.database.close()

    return asyncio.run(whole())


def at(text):
    """Seconds since the start, from the text of a time in the log."""
    return None if text is None else datetime.fromisoformat(text).timestamp() - START
