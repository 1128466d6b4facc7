"""When the next attempt is due."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

import pytest

from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from ada_mockserver.mock.outbox.backoff import FLOOR, SCHEDULES, next_delay, schedule_named
from ada_schemas.errors import UsageError, WireError

SVIX = SCHEDULES["svix-8"]
NOW = 1_600_000_000.0


def answered(status, *headers):
    return Attempt(response=Response(status, headers, b"", 0.0))


def unanswered(kind):
    return Attempt(error=WireError("Nothing came.", kind=kind))


FAILED = answered(500)


def delays(schedule, outcome=FAILED, **options):
    """What follows each failure, until nothing does."""
    options = {"answered_at": NOW, "rng": Random(1), "jitter": 0.0, **options}
    found = []
    while True:
        delay = next_delay(schedule, len(found) + 1, outcome, **options)
        found.append(delay)
        if delay is None:
            return found


def after(failures, outcome, **options):
    return delays(SVIX, outcome, **options)[failures - 1]


def test_svix_schedule():
    """Eight attempts: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h apart, 27 h 35 min and 5 s in all."""
    found = delays(SVIX)
    assert found == [5, 300, 1800, 7200, 18_000, 36_000, 36_000, None]
    assert sum(found[:-1]) == 27 * 3600 + 35 * 60 + 5


def test_ada_schedule():
    """As Ada words it there are nine attempts: the second follows the first failure immediately."""
    assert delays(SCHEDULES["ada-9"]) == [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000, None]


def test_jitter():
    """A wait varies by up to a fifth, both ways, and by the random source alone."""
    found = [after(2, FAILED, rng=Random(seed), jitter=0.2) for seed in range(500)]
    assert min(found) >= 240
    assert max(found) <= 360
    assert min(found) < 245
    assert max(found) > 355
    assert after(2, FAILED, rng=Random(7), jitter=0.2) == after(2, FAILED, rng=Random(7), jitter=0.2)


@pytest.mark.parametrize(
    ("asked", "delay"),
    [("0", 300), ("299", 300), ("301", 301), ("450", 450), ("600", 600), ("601", 600), ("999999999", 600)],
)
def test_retry_after(asked, delay):
    """``Retry-After`` is honoured between once and twice the scheduled wait, without jitter."""
    assert after(2, answered(503, ("Retry-After", asked)), jitter=0.2) == delay


def test_retry_after_as_date():
    """``Retry-After`` may be a date."""
    date = format_datetime(datetime.fromtimestamp(NOW + 400, UTC), usegmt=True)
    assert after(2, answered(503, ("retry-after", date))) == 400


@pytest.mark.parametrize(
    "asked", ["", "soon", "-5", "1.5", "1e3", "９", "1" * 30, "Wed, 99 Foo 2020 00:00:00 GMT"]
)
def test_retry_after_nonsense(asked):
    """A ``Retry-After`` that is none changes nothing."""
    assert after(2, answered(503, ("retry-after", asked))) == 300


@pytest.mark.parametrize("outcome", [unanswered("timeout"), answered(429)])
def test_floor(outcome):
    """After a time-out or a 429 the wait is a minute at least, jitter or not; longer waits stay."""
    assert after(1, outcome, jitter=0.2) == FLOOR == 60
    assert after(2, outcome) == 300


def test_floor_and_retry_after():
    """A 429 with ``Retry-After`` waits for a minute too where the scheduled wait is shorter."""
    assert after(1, answered(429, ("retry-after", "9"))) == 60


def test_other_failures():
    """A refused connection, a 500 or a redirect waits as scheduled, not for a minute."""
    for outcome in (unanswered("refused"), answered(500), answered(301)):
        assert after(1, outcome) == 5


def test_names():
    """A schedule goes by its name."""
    assert schedule_named("svix-8") == SVIX
    with pytest.raises(UsageError) as error:
        schedule_named("svix-9")
    assert str(error.value) == "There is no schedule 'svix-9'.\n  The schedules are svix-8, ada-9."
