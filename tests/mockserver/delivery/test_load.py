"""Dispatching: how many, how fast, for how long, on a clock that moves when told to."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from ada_mockserver.delivery.load import Tally, dispatch
from ada_mockserver.delivery.sender import Sender
from ada_schemas.errors import WireError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FakeWire:
    """Takes ``seconds`` of the clock for each request, or answers once ``gate`` opens."""

    def __init__(self, clock, *, seconds=0.0, answering=lambda _: 200):
        self.clock = clock
        self.seconds = seconds
        self.answering = answering
        self.bodies = []
        self.begun = []
        self.together = 0
        self.most_together = 0

    async def send(self, request, *, timeout):
        self.begun.append(round(self.clock.monotonic() - 1_600_000_000.0, 6))
        self.bodies.append(request.body)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(0)
        self.together -= 1
        self.clock.advance(self.seconds)
        outcome = self.answering(request.body)
        if isinstance(outcome, WireError):
            raise outcome
        return Response(outcome, (), b"", self.seconds)


def sent(items, *, seconds=0.0, answering=lambda _: 200, **options):
    clock = ManualClock()
    wire = FakeWire(clock, seconds=seconds, answering=answering)
    rng = random.Random(1)
    sender = Sender("http://h/", [SECRET], wire=wire, clock=clock, rng=rng)
    tally = asyncio.run(dispatch(sender, items, body=lambda item: item, clock=clock, **options))
    return wire, tally


def numbered(count):
    return [b"%d" % number for number in range(count)]


def test_in_order():
    """One at a time, items are delivered in their order."""
    wire, tally = sent(numbered(5), seconds=0.5)
    assert wire.bodies == numbered(5)
    assert wire.most_together == 1
    assert (tally.delivered, tally.failed, tally.seconds) == (5, 0, 2.5)


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_concurrency(concurrency):
    """As many deliveries are under way as asked for, never more, and each item is delivered once."""
    wire, _ = sent(numbered(40), concurrency=concurrency)
    assert wire.most_together == concurrency
    assert sorted(wire.bodies) == sorted(numbered(40))


def test_more_at_a_time_than_there_are():
    """Concurrency beyond the number of items does no harm."""
    wire, tally = sent(numbered(2), concurrency=50)
    assert (len(wire.bodies), tally.delivered) == (2, 2)


def test_rate():
    """Deliveries begin at the rate, however fast they are answered."""
    wire, tally = sent(numbered(5), rate=4.0)
    assert wire.begun == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert tally.seconds == 1.0


def test_a_slow_endpoint_is_caught_up_with():
    """After a slow answer the next deliveries begin at once until the rate is met again."""
    wire, _ = sent(numbered(4), rate=1.0, seconds=1.5)
    assert wire.begun == [0.0, 1.5, 3.0, 4.5]


def test_duration():
    """No delivery begins after the duration; one that is under way is finished."""
    wire, tally = sent(itertools.repeat(b"x"), duration=1.0, seconds=0.4)
    assert wire.begun == [0.0, 0.4, 0.8]
    assert (tally.delivered, tally.seconds) == (3, pytest.approx(1.2))


def test_duration_with_a_rate():
    """A delivery whose turn comes after the duration is not made."""
    wire, tally = sent(itertools.repeat(b"x"), duration=1.0, rate=2.0)
    assert wire.begun == [0.0, 0.5]
    assert tally.delivered == 2


def test_duration_longer_than_the_items():
    """When the items come to an end before the duration does, that is the end."""
    wire, tally = sent(numbered(3), duration=60.0, seconds=0.1)
    assert (len(wire.bodies), tally.seconds) == (3, pytest.approx(0.3))


def test_nothing_to_send():
    """Without items nothing is sent."""
    wire, tally = sent([])
    assert (wire.bodies, tally.delivered, tally.latency(0.5)) == ([], 0, 0.0)


def test_done():
    """Each delivery is told with its receipt."""
    told = []
    sent(
        numbered(2),
        answering=lambda body: 200 if body == b"0" else 500,
        done=lambda item, receipt: told.append((item, receipt.delivered, receipt.response.status)),
    )
    assert told == [(b"0", True, 200), (b"1", False, 500)]


def test_what_fails_is_counted():
    """Answers other than 2xx and missing answers are failures; the first error is kept."""
    outcomes = iter(
        [200, 204, 301, 500, WireError("gone.", kind="dropped"), WireError("no.", kind="refused")]
    )
    _, tally = sent(numbered(6), answering=lambda _: next(outcomes))
    assert (tally.delivered, tally.failed, tally.unconnected, tally.first_error) == (2, 4, 1, "gone.")
    assert len(tally.latencies) == 4


@pytest.mark.parametrize("kind", ["refused", "dns", "tls"])
def test_no_connection(kind):
    """Refused connections, names that do not resolve and TLS failures count as no connection at all."""
    _, tally = sent(numbered(3), answering=lambda _: WireError("no.", kind=kind))
    assert (tally.failed, tally.unconnected, tally.latencies) == (3, 3, [])


def test_latencies():
    """A share of the latencies is within the latency of that share."""
    tally = Tally(latencies=[float(n) for n in range(100, 0, -1)])
    assert [tally.latency(share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 51.0, 100.0, 100.0]


def test_a_receipt_without_an_answer_has_no_latency():
    """Only answers have latencies."""
    tally = Tally()
    tally.add(Attempt("msg_1", error=WireError("x.", kind="timeout")))
    assert (tally.latencies, tally.failed, tally.unconnected) == ([], 1, 0)
