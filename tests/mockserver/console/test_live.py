"""The live feed, without a browser."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from random import Random

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from ada_mockserver import MockAda
from ada_mockserver.clock import ManualClock
from ada_mockserver.mock.console import live
from ada_mockserver.mock.console.live import LiveFeed
from ada_mockserver.mock.outbox.publish import publish
from ada_mockserver.mock.store.database import Database
from ada_mockserver.mock.store.endpoints import create_endpoint
from ada_mockserver.mock.store.models import LoggedAttempt


class Stage:
    """A feed on a database of its own; messages are read one after another."""

    def __init__(self):
        self.database = Database()
        self.clock = ManualClock(1_600_000_000)
        self.feed = LiveFeed(self.database, self.clock)

    async def publish(self):
        async with self.database.begin() as session:
            return await publish(
                session, event_type="v1.conversation.ended", body=b"{}", channels=(), now=self.clock.now()
            )

    async def attempt(self, event_id, name, state="in-flight"):
        async with self.database.begin() as session:
            session.add(
                LoggedAttempt(
                    id=name,
                    delivery=1,
                    event_id=event_id,
                    endpoint_id="ep_1",
                    number=1,
                    trigger="scheduled",
                    chaos=(),
                    url="http://127.0.0.1/",
                    request_headers=[],
                    started_at=0.0,
                    state=state,
                )
            )


def run(scenario):
    async def staged():
        stage = Stage()
        await stage.database.create()
        async with stage.database.begin() as session:
            await create_endpoint(session, url="http://127.0.0.1/", now=0.0, rng=Random(1))
            await publish(session, event_type="v1.conversation.ended", body=b"{}", channels=(), now=0.0)
        try:
            await asyncio.wait_for(scenario(stage), 20)
        finally:
            stage.feed.close()
            await stage.database.close()

    asyncio.run(staged())


async def told(stream):
    """The next message of a stream; comments are passed over."""
    while (message := await anext(stream)).startswith(b":"):
        pass
    return json.loads(message.removeprefix(b"data: "))


def test_messages(monkeypatch):
    """A follower learns where things are, then of each change, and of nothing that changed nothing."""
    monkeypatch.setattr(live, "PAUSE", 0.0)

    async def scenario(stage):
        stream = stage.feed.follow()
        first = await told(stream)
        assert first == {"newest": 1, "attempt": 0, "changed": [], "now": 1_600_000_000.0, "rate": 0.0}
        event_id = await stage.publish()
        assert (await told(stream))["newest"] == 2
        await stage.attempt(event_id, "atmpt_1")
        message = await told(stream)
        assert (message["attempt"], message["changed"]) == (1, [event_id])
        async with stage.database.begin() as session:
            (await session.get(LoggedAttempt, 1)).state = "succeeded"
        assert (await told(stream))["changed"] == [event_id]
        async with stage.database.begin() as session:
            await session.get(LoggedAttempt, 1)
        stage.feed.nudge()
        assert (await told(stream))["changed"] == []
        await stream.aclose()

    run(scenario)


def test_many_changes(monkeypatch):
    """Where more changed than a message names, any may have."""
    monkeypatch.setattr(live, "PAUSE", 0.0)
    monkeypatch.setattr(live, "MOST_NAMED", 2)

    async def scenario(stage):
        stream, other = stage.feed.follow(), stage.feed.follow()
        await told(stream)
        await told(other)
        for number in range(3):
            await stage.attempt(f"msg_{number}", f"atmpt_{number}", state="succeeded")
        seen = []
        while None not in seen and sum(map(len, seen)) < 3:
            seen.append((await told(stream))["changed"])
        assert {name for names in seen for name in names or ()} <= {"msg_0", "msg_1", "msg_2"}
        assert (await told(other))["changed"] is None
        await stream.aclose()
        await other.aclose()

    run(scenario)


def test_nobody_follows():
    """Without followers the database is not watched; the last one who leaves ends it."""

    async def scenario(stage):
        stream = stage.feed.follow()
        await told(stream)
        assert len(stage.database._followers) == 1
        watching = stage.feed._watching
        await stream.aclose()
        await watching
        assert stage.database._followers == []
        await stage.publish()
        again = stage.feed.follow()
        assert (await told(again))["newest"] == 2
        await again.aclose()

    run(scenario)


def test_leaving_midway(monkeypatch):
    """A read that is under way when the last follower leaves is not broken off: that would disturb others."""
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_):
        begun.set()
        await go_on.wait()
        ended.set()
        return set()

    async def scenario(stage):
        stream = stage.feed.follow()
        await told(stream)
        monkeypatch.setattr(LiveFeed, "_look", slow)
        stage.feed.nudge()
        await begun.wait()
        await stream.aclose()
        go_on.set()
        await ended.wait()
        assert stage.feed._followers == set()

    run(scenario)


def test_lost_database(monkeypatch, caplog):
    """Where the database cannot be read, streams end, and the log says why; the next follower tries again."""
    monkeypatch.setattr(live, "PAUSE", 0.0)

    async def scenario(stage):
        async def fail():
            raise OperationalError("SELECT 1", {}, Exception("gone"))

        stream = stage.feed.follow()
        await told(stream)
        look = stage.feed._look
        stage.feed._look = fail
        stage.feed.nudge()
        with pytest.raises(StopAsyncIteration):
            await told(stream)
        stage.feed._look = look
        again = stage.feed.follow()
        assert (await told(again))["newest"] == 1
        await again.aclose()

    run(scenario)
    assert [record.getMessage() for record in caplog.records] == [
        "The live feed cannot read the database; pages that follow it come back"
    ]


def test_quiet_streams(monkeypatch):
    """A stream says something now and then, so that a reader who is gone is noticed."""
    monkeypatch.setattr(live, "QUIET", 0.01)

    async def scenario(stage):
        stream = stage.feed.follow()
        await told(stream)
        assert await anext(stream) == b": still here\n\n"
        await stream.aclose()

    run(scenario)


def test_the_server_ends():
    """A mock that stops ends the streams at once, and does not wait for readers to go."""
    mock = MockAda().start()
    lines, begun = [], threading.Event()

    def read():
        with httpx.stream("GET", f"{mock.base_url}/live", timeout=20) as answer:
            for line in answer.iter_lines():
                lines.append(line)
                begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(10)
    began = time.monotonic()
    mock.stop()
    reader.join(10)
    assert not reader.is_alive()
    assert time.monotonic() - began < 1.9  # the grace for requests under way is 2 s
    assert lines[0].startswith("data: ")
