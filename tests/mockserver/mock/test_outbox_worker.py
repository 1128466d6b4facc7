"""The outbox at work in the background: waking, chaos, leases, restarts, time that is shared."""

from __future__ import annotations

import asyncio
import errno
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

import pytest
from sqlalchemy import delete, select

from ada_mockserver.clock import Line, ManualClock, SteeredClock
from ada_mockserver.delivery.http import Response
from ada_mockserver.delivery.signing import verify
from ada_mockserver.mock.outbox.outbox import Outbox
from ada_mockserver.mock.outbox.shared_settings import adopt_time, restart_chaos, store_time
from ada_mockserver.mock.outbox.worker import Options
from ada_mockserver.mock.store.base import Base
from ada_mockserver.mock.store.database import Database
from ada_mockserver.mock.store.endpoints import update_endpoint
from ada_mockserver.mock.store.models import Delivery, Setting
from ada_schemas.errors import SignatureError, UsageError, WireError
from support.outbox_stage import ENDED, START, Consumer, at, run

HOUR = 3600.0


class Gate(Consumer):
    """Answers once it is opened; ``reached`` is set by the first request."""

    def __init__(self):
        super().__init__()
        self.reached, self.gate = asyncio.Event(), asyncio.Event()

    async def send(self, request, *, timeout):
        self.requests.append(request)
        self.reached.set()
        await self.gate.wait()
        return Response(200, (), b"", 0.1)


def test_background(monkeypatch):
    """Once started, the outbox delivers what is published at once, woken by the commit."""
    monkeypatch.setattr("ada_mockserver.mock.outbox.worker.POLL", 3600.0)

    async def scenario(mock):
        await mock.add()
        gate = mock.outbox.options.client
        await mock.outbox.start()
        await asyncio.sleep(0)
        async with mock.outbox._worker._claiming:
            pass  # it has looked once, and waits
        event_id = await mock.publish()
        await asyncio.wait_for(gate.reached.wait(), 10)
        assert gate.ids() == [event_id]
        gate.gate.set()
        await mock.outbox.run_due()
        assert await mock.states() == [("delivered", None)]
        await mock.outbox.stop()

    run(scenario, client=Gate())


def test_stop_gives_back():
    """What is under way when the outbox stops is given back, and is delivered when one starts again."""

    async def scenario(mock):
        gate = mock.outbox.options.client
        await mock.add()
        event_id = await mock.publish()
        await mock.outbox.start()
        await asyncio.wait_for(gate.reached.wait(), 10)
        assert mock.outbox.in_flight == 1
        await mock.outbox.stop(grace=0)
        assert [each["state"] for each in await mock.attempts()] == ["interrupted"]
        again = second(mock)
        await again.run_due()
        assert again.options.client.ids() == [event_id]
        assert [each["state"] for each in await mock.attempts()] == ["interrupted", "succeeded"]

    run(scenario, client=Gate())


def second(mock, **options):
    """Another outbox on the same database, as a process that shares it has one."""
    options = {"client": Consumer(), "jitter": 0.0, "machine_clock": mock.machine, **options}
    return Outbox(mock.database, mock.clock, Options(rng=Random(2), **options))


async def claimed_by_the_dead(mock):
    """Publish an event that a process claims which then dies: nothing of it is heard any more."""
    event_id = await mock.publish()
    gate = mock.outbox.options.client
    attempt = asyncio.create_task(mock.outbox.run_due())
    await asyncio.wait_for(gate.reached.wait(), 10)
    attempt.cancel()
    return event_id


def test_lease():
    """What another process claimed is left alone until its lease ends, then taken over."""

    async def scenario(mock):
        await mock.add()
        event_id = await claimed_by_the_dead(mock)
        other = second(mock)
        await other.run_due()
        mock.machine.advance(29.9)
        await other.run_due()
        assert other.options.client.requests == []
        mock.machine.advance(0.1)
        await other.run_due()
        assert other.options.client.ids() == [event_id]
        assert [(each["number"], each["state"]) for each in await mock.attempts()] == [
            (1, "interrupted"),
            (2, "succeeded"),
        ]
        await mock.outbox.stop(grace=0)

    run(scenario, client=Gate())


def test_late_outcome():
    """Who finishes after its lease was taken over logs its attempt and decides nothing."""

    async def scenario(mock):
        await mock.add()
        await claimed_by_the_dead(mock)
        other = second(mock)
        other.options.client.last = 500
        mock.machine.advance(30)
        await other.run_due()
        mock.outbox.options.client.gate.set()
        await mock.outbox.run_due()
        states = [(each["number"], each["state"]) for each in await mock.attempts()]
        assert states == [(1, "succeeded"), (2, "failed")]
        (delivery,) = await mock.deliveries()
        assert (delivery["state"], at(delivery["next_attempt_at"])) == ("pending", 5)

    run(scenario, client=Gate())


def test_start_takes_over():
    """On a database that nobody else can use, what a killed process claimed is due at once."""

    async def scenario(mock):
        await mock.add()
        event_id = await claimed_by_the_dead(mock)
        other = second(mock)
        await other.start()
        await other.run_due()
        assert other.options.client.ids() == [event_id]
        await other.stop()
        await mock.outbox.stop(grace=0)

    run(scenario, client=Gate())


def test_resend_during_attempt():
    """An event that is resent while it is being attempted is delivered once more."""

    async def scenario(mock):
        gate = mock.outbox.options.client
        await mock.add()
        event_id = await claimed_by_the_dead(mock)
        await mock.outbox.resend(event_id)
        gate.gate.set()
        await mock.outbox.run_due()
        assert gate.ids() == [event_id] * 2
        assert await mock.states() == [("delivered", None)]

    run(scenario, client=Gate())


def database_fails(mock, monkeypatch, error, *, times):
    """The database raises an error so many times, and works again; the worker asks often."""
    real, failing = mock.database.begin, iter([True] * times)

    def begin():
        if next(failing, False):
            raise error
        return real()

    monkeypatch.setattr(mock.database, "begin", begin)
    monkeypatch.setattr("ada_mockserver.mock.outbox.worker.POLL", 0.01)


def test_full_disk(caplog, monkeypatch):
    """While the disk is full the outbox says so once, in a line, and delivers when there is room."""

    async def scenario(mock):
        await mock.add()
        event_id = await mock.publish()
        database_fails(mock, monkeypatch, OSError(errno.ENOSPC, "full"), times=3)
        mock.outbox._worker.start()
        gate = mock.outbox.options.client
        await asyncio.wait_for(gate.reached.wait(), 10)
        gate.gate.set()
        await mock.outbox.stop()
        assert gate.ids() == [event_id]

    run(scenario, client=Gate())
    assert caplog.messages == [
        "The database of the outbox cannot be used; trying again: No space left on device"
    ]
    assert "Traceback" not in caplog.text


def test_database_trouble(caplog, monkeypatch):
    """When the database fails, the outbox says so, and delivers once it works again."""

    async def scenario(mock):
        await mock.add()
        event_id = await mock.publish()
        database_fails(mock, monkeypatch, OSError("no space left"), times=1)
        mock.outbox._worker.start()
        gate = mock.outbox.options.client
        await asyncio.wait_for(gate.reached.wait(), 10)
        gate.gate.set()
        await mock.outbox.stop()
        assert gate.ids() == [event_id]

    run(scenario, client=Gate())
    assert caplog.messages == ["The database of the outbox cannot be used; trying again"]


# Chaos


def test_duplicate():
    """A duplicate is the very same request again at the same time, logged as such; the delivery is one."""

    async def scenario(mock):
        await mock.add()
        await mock.outbox.set_chaos("duplicate=2", seed=1)
        await mock.publish()
        await mock.outbox.run_due()
        assert len(mock.consumer.requests) == 3
        assert len(set(mock.consumer.requests)) == 1
        assert mock.consumer.most_open == 3
        log = await mock.attempts()
        assert Counter(each["trigger"] for each in log) == {"scheduled": 1, "duplicate": 2}
        assert {each["state"] for each in log} == {"succeeded"}
        assert await mock.states() == [("delivered", None)]

    run(scenario)


def test_delay_and_reorder():
    """A delay holds the first attempt by the clock; held events are overtaken by later ones."""

    async def scenario(mock):
        await mock.add()
        await mock.outbox.set_chaos("delay=60@conversation.message", seed=1)
        slow, quick = await mock.publish(), await mock.publish(ENDED)
        await mock.outbox.run_due()
        assert mock.consumer.ids() == [quick]
        await mock.outbox.advance(59)
        assert mock.consumer.ids() == [quick]
        await mock.outbox.advance(1)
        assert mock.consumer.ids() == [quick, slow]
        assert at((await mock.attempts(event_id=slow))[0]["started_at"]) == 60

    run(scenario)


def test_reorder():
    """With reordering, events that were published one by one arrive in another order, each once."""

    async def scenario(mock):
        await mock.add()
        await mock.outbox.set_chaos("reorder=10", seed=5)
        published = []
        for _ in range(12):
            published.append(await mock.publish())
            await mock.outbox.advance(1)
        await mock.outbox.advance(10)
        assert mock.consumer.ids() != published
        assert sorted(mock.consumer.ids()) == sorted(published)

    run(scenario)


def test_burst():
    """A burst holds what comes and sends it at one time."""

    async def scenario(mock):
        await mock.add()
        await mock.outbox.set_chaos("burst=10", seed=5)
        for _ in range(4):
            await mock.publish()
            await mock.outbox.advance(2)
        assert mock.consumer.requests == []
        await mock.outbox.advance(2)
        assert [at(each["started_at"]) for each in await mock.attempts()] == [10] * 4

    run(scenario)


@pytest.mark.parametrize(("rule", "reason"), [("bad-signature", "no-match"), ("stale-timestamp", "too-old")])
def test_forged(rule, reason):
    """The first attempt does not verify, the retry does: the consumer has to refuse one and take the other."""

    async def scenario(mock):
        endpoint = await mock.add()
        mock.consumer.answers = [401]
        await mock.outbox.set_chaos(rule, seed=1)
        await mock.publish()
        await mock.outbox.advance(5)
        first, retry = mock.consumer.requests
        with pytest.raises(SignatureError) as error:
            verify(endpoint.secret, first.headers, first.body, now=START)
        assert error.value.reason == reason
        verify(endpoint.secret, retry.headers, retry.body, now=START)
        assert [each["chaos"] for each in await mock.attempts()] == [[rule], []]

    run(scenario)


@pytest.mark.parametrize("rule", ["drop", "reset"])
def test_broken(rule, monkeypatch):
    """A connection that chaos breaks is a failed attempt, and the event is retried."""
    broken = []

    async def break_off(request, how, *, timeout):
        broken.append(how)
        return WireError("Chaos: the connection was broken.", kind="dropped")

    monkeypatch.setattr("ada_mockserver.mock.outbox.attempt.break_off", break_off)

    async def scenario(mock):
        await mock.add()
        await mock.outbox.set_chaos(rule, seed=1)
        await mock.publish()
        await mock.outbox.advance(5)
        first, retry = await mock.attempts()
        assert (first["error"]["kind"], retry["state"]) == ("dropped", "succeeded")
        assert len(mock.consumer.requests) == 1

    run(scenario)
    assert broken == [rule]


def test_chaos_is_kept():
    """Chaos is in the database, for all processes and after a restart; the same seed does the same."""

    async def scenario(mock):
        await mock.publish(count=3)
        chaos = await mock.outbox.set_chaos("drop@#2", seed=7)
        assert (chaos.base, chaos.seed) == (3, 7)
        assert await second(mock).chaos() == chaos
        async with mock.database.begin() as connection:
            await restart_chaos(connection)
        assert (await mock.outbox.chaos()).base == 0
        assert (await mock.outbox.set_chaos("")).rules == ()
        with pytest.raises(UsageError, match=r"^'dorp' is no rule of chaos\."):
            await mock.outbox.set_chaos("dorp")

    run(scenario)


# Time


def fast(rate, base):
    return SteeredClock(rate, base=base)


def test_time_is_shared():
    """Processes that share an outbox go by one time, whoever moves it on."""
    base = ManualClock(START)

    async def scenario(mock):
        other = Outbox(mock.database, fast(60, base), mock.outbox.options)
        await other.advance(HOUR)
        assert await mock.outbox.run_due() is None
        assert mock.clock.now() == START + HOUR
        base.advance(1)
        assert mock.clock.now() == other.clock.now() == START + HOUR + 60

    run(scenario, clock=fast(60, base))


@pytest.mark.parametrize(
    ("rate", "alone", "expected"),
    [
        (60.0, False, 100 + 60 * 50),  # as the others go by it
        (60.0, True, 100 + 50),  # no faster than the machine while nobody was there
        (1.0, False, 100 + 50),
    ],
)
def test_time_goes_on(rate, alone, expected):
    """A process that begins takes up the stored time."""
    base = ManualClock(START)

    async def scenario(mock):
        async with mock.database.begin() as connection:
            await store_time(connection, Line(START, START + 100, 60.0))
        base.advance(50)
        clock = fast(rate, base)
        async with mock.database.begin() as connection:
            await adopt_time(connection, clock, alone=alone)
            stored = (await connection.execute(select(Setting.value))).scalar_one()
        assert clock.now() - START == expected
        assert Line(**stored).at(base.now()) - START == expected

    run(scenario)


def test_time_never_goes_back():
    """A clock that begins anew does not begin before what is stored happened."""
    base = ManualClock(START)

    async def scenario(mock):
        mock.clock.advance(5000)
        await mock.publish()
        async with mock.database.begin() as connection:
            await store_time(connection, Line(START, START, 60.0))
            clock = fast(60, base)
            await adopt_time(connection, clock, alone=True)
        assert clock.now() == START + 5000

    run(scenario)


def test_advance_on_a_running_clock():
    """Moving a running clock on makes every attempt of the schedule, each at its time."""
    base = ManualClock(START)

    async def scenario(mock):
        mock.consumer.last = 500
        await mock.add()
        await mock.publish()
        assert await mock.outbox.advance(28 * HOUR) == START + 28 * HOUR
        times = [at(each["started_at"]) for each in await mock.attempts()]
        assert times == pytest.approx([0, 5, 305, 2105, 9305, 27_305, 63_305, 99_305])

    run(scenario, clock=fast(1, base))


def test_retry_after_date():
    """A date in ``Retry-After`` is by the machine's clock, which the endpoint has too, not by the mock's."""

    async def scenario(mock):
        mock.machine.advance(1_000_000)
        date = format_datetime(datetime.fromtimestamp(mock.machine.now() + 8, UTC), usegmt=True)
        mock.consumer.answers = [Response(503, (("retry-after", date),), b"", 0.1)]
        await mock.add()
        await mock.publish()
        await mock.outbox.run_due()
        assert at((await mock.attempts())[0]["next_attempt_at"]) == 8

    run(scenario)


# Several at once on one database


def test_shared_database(tmp_path):
    """Workers that share a database deliver each event once between them."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"

    async def scenario(mock):
        await mock.add()
        ids = await mock.publish(count=60)
        database = Database(url)
        others = [Outbox(database, mock.clock, mock.outbox.options) for _ in range(2)]
        await asyncio.gather(*(each.run_due() for each in (mock.outbox, *others)))
        await database.close()
        assert sorted(mock.consumer.ids()) == sorted(ids)
        async with mock.database.begin() as connection:
            left = (await connection.execute(select(Delivery.claim))).scalars().all()
        assert set(left) == {None}

    run(scenario, database=url)


def test_endpoint_disabled_meanwhile():
    """What is under way when its endpoint is disabled and is delivered after all counts as delivered."""

    async def scenario(mock):
        endpoint = await mock.add()
        await claimed_by_the_dead(mock)
        async with mock.database.begin() as connection:
            await update_endpoint(connection, endpoint.id, now=START, disabled=True)
        assert await mock.states() == [("failed", "disabled")]
        mock.outbox.options.client.gate.set()
        await mock.outbox.run_due()
        assert await mock.states() == [("delivered", None)]

    run(scenario, client=Gate())


def test_cleared_meanwhile(caplog):
    """What was cleared while it was attempted is gone, however the attempt ends."""

    class Cleared(Consumer):
        async def send(self, request, *, timeout):
            async with self.mock.database.begin(alone=True) as connection:
                for table in reversed(Base.metadata.sorted_tables):
                    await connection.execute(delete(table))
            return await super().send(request, timeout=timeout)

    async def scenario(mock):
        mock.outbox.options.client.mock = mock
        for answer in (200, 500, Response(200, (("webhook-delivery", "disable"),), b"", 0.1)):
            mock.outbox.options.client.last = answer
            await mock.add()
            await mock.publish()
            assert await mock.outbox.run_due() is None
            assert await mock.attempts() == []

    run(scenario, client=Cleared())
    assert caplog.records == []
