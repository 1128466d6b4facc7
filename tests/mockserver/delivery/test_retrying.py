"""Deliveries that fail: pauses between them, and further attempts where they are asked for."""

from __future__ import annotations

import time

import pytest

from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.signing import verify
from support.command_line import SECRET
from support.kept_endpoint import HANG_UP, OK, KeptEndpoint, PausingClock, answer, deliver, numbered


def within(pauses, wholes):
    assert len(pauses) == len(wholes)
    for pause, whole in zip(pauses, wholes, strict=True):
        assert whole / 2 <= pause <= whole


def test_a_connection_that_fails_pauses():
    """Failures in a row make the pauses longer, up to half a second; after a success there is none."""
    clock = PausingClock()
    endpoint = KeptEndpoint(lambda number: OK if number in {3, 4} else answer(500))
    report = deliver(endpoint, numbered(25), clock=clock)
    assert (report.delivered, report.failed) == (2, 23)
    grown = [min(0.5, 0.001 * 1.5**n) for n in range(20)]
    within(clock.pauses, [*grown[:3], *grown[:19]])


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status):
    """An endpoint that says how long to wait is heeded, up to a minute, over that connection."""
    said = {1: answer(status, "Retry-After: 7"), 3: answer(status, "Retry-After: 86400")}
    clock, endpoint = PausingClock(), KeptEndpoint(lambda number: said.get(number, OK))
    report = deliver(endpoint, numbered(5), clock=clock)
    assert report.statuses == {200: 3, status: 2}
    assert clock.pauses == [7.0, 60.0]


def test_retry_after_of_other_answers():
    """With other answers the header is about something else."""
    clock = PausingClock()
    endpoint = KeptEndpoint(lambda number: OK if number else answer(301, "Retry-After: 7"))
    deliver(endpoint, numbered(2), clock=clock)
    within(clock.pauses, [0.001])


def test_a_pause_ends_with_the_run():
    """No pause outlasts the duration, and what would begin after it does not."""
    clock, endpoint = ManualClock(), KeptEndpoint(lambda _: answer(503, "Retry-After: 50"))
    report = deliver(endpoint, numbered(9), clock=clock, duration=20.0)
    assert (report.failed, report.seconds) == (1, 20.0)


def test_a_pause_at_a_rate():
    """At a rate, a connection that pauses leaves what is due to the others, and no pause delays the end."""
    clock = PausingClock()
    endpoint = KeptEndpoint(lambda number: answer(503, "Retry-After: 50") if number == 0 else OK)
    report = deliver(endpoint, numbered(5), clock=clock, rate=1e6, concurrency=2)
    assert report.statuses == {200: 4, 503: 1}
    assert 50.0 in clock.pauses


def test_attempts():
    """What was not accepted is tried again under its id, signed anew, after longer and longer pauses."""
    clock = PausingClock()
    endpoint = KeptEndpoint(lambda number: OK if number in {3, 4} else answer(500))
    told = []
    report = deliver(
        endpoint, numbered(2), clock=clock, attempts=5, done=lambda item, a: told.append((item, a.status))
    )
    assert endpoint.bodies == [b"0"] * 4 + [b"1"]
    assert len(set(endpoint.ids)) == 2
    assert (report.delivered, report.failed, report.attempts, report.repeated) == (2, 0, 5, 1)
    assert told == [(b"0", 200), (b"1", 200)]
    within(clock.pauses, [0.25, 0.5, 1.0])


def test_a_fresh_signature():
    """Each attempt is signed at its own time, so that one after a long pause is not too old."""

    class Later(ManualClock):
        async def sleep(self, seconds):
            self.advance(400)

    clock = Later(int(time.time()))
    endpoint = KeptEndpoint(lambda number: OK if number else HANG_UP)
    report = deliver(endpoint, [b"x"], clock=clock, attempts=2)
    assert (report.delivered, report.repeated, report.resent) == (1, 1, 0)
    first, second = [int(request.header("svix-timestamp")) for request in endpoint.received]
    assert second == first + 400
    for request in endpoint.received:
        headers = {name: request.header(name) for name in ("svix-id", "svix-timestamp", "svix-signature")}
        verify(SECRET, headers, request.body, now=float(request.header("svix-timestamp")))


def test_the_last_attempt():
    """A delivery that no attempt brings through has failed once."""
    endpoint = KeptEndpoint(lambda _: answer(503, "Retry-After: 3"))
    clock = PausingClock()
    report = deliver(endpoint, [b"x"], clock=clock, attempts=3)
    assert (report.statuses, report.failed, report.attempts, report.repeated) == ({503: 1}, 1, 3, 1)
    assert clock.pauses == [3.0, 3.0]


def test_order_with_attempts():
    """Until a delivery has ended, nothing else of its conversation begins."""
    endpoint = KeptEndpoint(lambda number: OK if number % 3 == 2 else answer(500))
    deliver(endpoint, numbered(4), attempts=9, concurrency=3, key=lambda _: "one")
    assert sorted(endpoint.bodies) == endpoint.bodies
    assert set(endpoint.bodies) == set(numbered(4))
