"""Loads: how many, in which order, how fast, for how long; over HTTP, on clocks that move when told to."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter

import pytest

from ada_mockserver import Endpoint, Load, LoadReport, conversation_of
from ada_mockserver.clock import ManualClock
from support.kept_endpoint import HANG_UP, OK, KeptEndpoint, PausingClock, answer, deliver, numbered


def test_in_order():
    """One at a time, items are delivered in their order, over one connection."""
    endpoint = KeptEndpoint()
    report = deliver(endpoint, numbered(5))
    assert endpoint.bodies == numbered(5)
    assert (endpoint.most_together, endpoint.connections) == (1, 1)
    assert (report.delivered, report.failed, report.attempts, report.connections) == (5, 0, 5, 1)
    assert (report.statuses, report.errors, report.resent) == ({200: 5}, {}, 0)


@pytest.mark.parametrize("concurrency", [3, 8])
def test_concurrency(concurrency):
    """As many connections as asked for are used, and each item is delivered once, under an id of its own."""
    endpoint = KeptEndpoint()
    deliver(endpoint, numbered(200), concurrency=concurrency)
    assert endpoint.connections == concurrency
    assert sorted(endpoint.bodies) == sorted(numbered(200))
    assert len(set(endpoint.ids)) == 200
    assert all(len(one) == 31 and one.startswith("msg_") for one in endpoint.ids)


def test_more_at_a_time_than_there_are():
    """Concurrency beyond the number of items opens no connection in vain."""
    endpoint = KeptEndpoint()
    assert deliver(endpoint, numbered(2), concurrency=50).delivered == 2
    assert endpoint.connections == 2


def test_conversations_keep_their_order():
    """Events of one conversation are delivered in their order and never two at once; conversations are."""
    endpoint, under_way, seen = KeptEndpoint(), Counter(), []
    items = [b"%d:%d" % (conversation, n) for conversation in range(40) for n in range(6)]

    def key(item):
        return item.partition(b":")[0]

    def answering(number):
        seen.append(endpoint.bodies[number])
        return OK

    endpoint.answering = answering
    report = deliver(
        endpoint, items, concurrency=7, key=key, done=lambda item, _: under_way.update([key(item)])
    )
    assert report.delivered == 240
    for conversation in range(40):
        mine = [body for body in seen if key(body) == b"%d" % conversation]
        assert mine == [b"%d:%d" % (conversation, n) for n in range(6)]
    assert endpoint.connections == 7


def test_one_conversation_has_one_connection():
    """Nothing of a conversation is sent before what precedes it is answered, whoever is idle."""
    endpoint = KeptEndpoint()
    deliver(endpoint, numbered(20), concurrency=5, key=lambda _: "one")
    assert (endpoint.bodies, endpoint.most_together) == (numbered(20), 1)


@pytest.mark.parametrize(
    ("payload", "conversation"),
    [
        ({"data": {"conversation_id": "c", "end_user_id": "e"}}, "c"),
        ({"data": {"conversation_id": None, "end_user_id": "e"}}, "e"),
        ({"data": {"conversation_id": ["c"]}}, None),
        ({"data": {}}, None),
        ({"data": 3}, None),
        ([], None),
    ],
)
def test_the_conversation_of_an_event(payload, conversation):
    """An event belongs to its conversation, else to its end user, else to nothing."""
    assert conversation_of(payload) == conversation


def paced(items, **options):
    """Deliver on a clock that its own pauses alone move on; also when each began."""
    clock, begun, endpoint = ManualClock(), [], KeptEndpoint()

    def note(item):
        begun.append(round(clock.monotonic() - 1_600_000_000.0, 6))
        return item

    return begun, deliver(endpoint, items, clock=clock, body=note, **options)


def test_rate():
    """Deliveries begin at the rate, however fast they are answered."""
    begun, report = paced(numbered(5), rate=4.0, concurrency=5)
    assert begun == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert (report.begun, report.begun_rate, report.seconds) == (5, 4.0, 1.0)


def test_duration_with_a_rate():
    """A delivery whose turn comes after the duration is not made, and the run lasts its time."""
    begun, report = paced(itertools.repeat(b"x"), duration=1.1, rate=2.0, concurrency=5)
    assert begun == [0.0, 0.5, 1.0]
    assert (report.delivered, report.seconds) == (3, pytest.approx(1.1))


def test_latency_counts_from_when_a_delivery_was_due():
    """Behind a slow answer the rate goes on: what waited meanwhile is late by as much as it waited."""
    clock, endpoint = ManualClock(), KeptEndpoint()

    def answering(number):
        clock.advance(0.5 if number == 0 else 0.0)
        return OK

    endpoint.answering = answering
    report = deliver(endpoint, numbered(4), clock=clock, rate=10.0)
    assert [round(report.latency.quantile(q), 6) for q in (0.0, 1.0)] == [0.2, 0.5]
    assert [round(report.service.quantile(q), 6) for q in (0.0, 1.0)] == [0.0, 0.5]


def test_duration():
    """No delivery begins after the duration; one that is under way is finished."""
    clock, endpoint = ManualClock(), KeptEndpoint()

    def answering(_):
        clock.advance(0.4)
        return OK

    endpoint.answering = answering
    report = deliver(endpoint, itertools.repeat(b"x"), clock=clock, duration=1.0)
    assert (report.delivered, report.seconds) == (3, pytest.approx(1.2))


def test_nothing_to_send():
    """Without items nothing is sent."""
    endpoint = KeptEndpoint()
    report = deliver(endpoint, [], concurrency=3)
    assert (endpoint.connections, report.ended, report.latency.quantile(0.5)) == (0, 0, 0.0)


def test_done():
    """Each delivery is told with its attempt."""
    told = []
    endpoint = KeptEndpoint(lambda number: (OK, answer(500), HANG_UP, HANG_UP)[number])
    deliver(endpoint, numbered(3), done=lambda item, attempt: told.append((item, attempt)))
    items, attempts = zip(*told, strict=True)
    assert items == (b"0", b"1", b"2")
    assert [attempt.accepted for attempt in attempts] == [True, False, False]
    assert [attempt.status for attempt in attempts] == [200, 500, None]
    assert attempts[0].response.elapsed > 0
    assert attempts[2].error.kind == "dropped"
    assert [attempt.message_id for attempt in attempts] == endpoint.ids[:3]


def test_given_ids():
    """An item may have an id of its own, and has a new one otherwise."""
    endpoint = KeptEndpoint()

    async def run():
        async with endpoint.serve():
            load = Load(Endpoint(endpoint.url, ()), PausingClock(), random.Random(1))
            given = {b"0": "mine"}
            await load.deliver(numbered(2), body=lambda item: item, message_id=given.get)

    asyncio.run(run())
    assert endpoint.ids[0] == "mine"
    assert endpoint.ids[1].startswith("msg_")


@pytest.mark.parametrize("where", ["items", "later items", "body", "key", "done"])
def test_what_the_source_raises(where):
    """What the items, or what is said of them, raise ends the run and is raised."""

    def items():
        if where == "items":
            raise LookupError("items")
        yield b"0"
        if where == "later items":
            raise LookupError("later items")
        yield b"1"

    def raising(name):
        def function(item, *_):
            if where == name:
                raise LookupError(name)
            return item

        return function

    async def run():
        endpoint = KeptEndpoint()
        async with endpoint.serve():
            load = Load(Endpoint(endpoint.url, ()), PausingClock(), random.Random(1), concurrency=2)
            await load.deliver(items(), body=raising("body"), key=raising("key"), done=raising("done"))

    with pytest.raises(LookupError, match=f"^'?{where}'?$"):
        asyncio.run(run())


def test_broken_off():
    """A run that is broken off leaves its report: what was delivered, and what was under way."""
    report, endpoint = LoadReport(), KeptEndpoint()

    async def run():
        async with endpoint.serve():
            load = Load(Endpoint(endpoint.url, ()), PausingClock(), random.Random(1), concurrency=3)
            task = asyncio.create_task(load.deliver(numbered(100), body=lambda item: item, report=report))

            def answering(number):
                if number == 50:
                    task.cancel()
                return OK if number < 50 else b""

            endpoint.answering = answering
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert (report.delivered, report.unfinished) == (50, 3)


def test_a_public_name_of_its_own():
    """The endpoint's secrets are in no representation of the load."""
    load = Load(Endpoint("http://h/", ("whsec_x",)), PausingClock(), random.Random(1))
    assert "whsec_x" not in repr(load)
