"""Clocks that run fast, are moved on and are shared."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from ada_mockserver.clock import (
    Line,
    ManualClock,
    SteeredClock,
    SystemClock,
    clock_difference,
    new_event_loop,
    parse_clock,
)
from ada_schemas.errors import UsageError


def test_real():
    """``real`` follows the machine's clock."""
    base = ManualClock(1000.0)
    clock = SteeredClock(base=base)
    base.advance(5)
    assert clock.now() == 1005
    assert clock.machine_seconds(7) == 7
    assert parse_clock("real").line.rate == 1


def test_fast():
    """``fast:60`` makes an hour of a minute."""
    assert parse_clock("fast:60").line.rate == 60
    base = ManualClock(1000.0)
    clock = SteeredClock(60, base=base)
    base.advance(60)
    assert clock.now() == 4600
    assert clock.monotonic() == 1060 * 60
    assert clock.machine_seconds(120) == 2


@pytest.mark.parametrize(
    "text", ["", "slow", "fast", "fast:", "fast:0", "fast:-1", "fast:nan", "fast:inf", "real:2"]
)
def test_errors(text):
    """What is no clock is refused, with how to write one."""
    with pytest.raises(UsageError) as error:
        parse_clock(text)
    assert str(error.value) == (
        f"'{text}' is no clock.\n"
        "  Write real, or fast:60 for a clock that runs sixty times as fast (at most 1000000)."
    )


def test_advance():
    """A clock is moved on, never back, and goes on at its rate."""
    base = ManualClock(1000.0)
    clock = SteeredClock(10, base=base)
    before = clock.monotonic()
    clock.advance(500)
    assert (clock.now(), clock.monotonic() - before) == (1500, 500)
    base.advance(1)
    assert clock.now() == 1510
    for moved in (clock, base):
        with pytest.raises(ValueError, match=r"^a clock cannot go back by 3 s$"):
            moved.advance(-3)


def test_follow():
    """Two clocks on one line show one time."""
    base = ManualClock(1000.0)
    first, second = SteeredClock(10, base=base), SteeredClock(1, base=base)
    first.advance(77)
    second.line = first.line
    base.advance(3)
    assert first.now() == second.now() == 1107
    assert Line(1000, 50, 2).at(1010) == 70


def test_sleep():
    """Sleeping takes the machine's share of the time."""
    base = ManualClock(1000.0)
    clock = SteeredClock(10, base=base)
    asyncio.run(clock.sleep(50))
    assert base.now() == 1005


def test_manual():
    """A clock that stands still needs for ever, but no time for nothing."""
    assert ManualClock().machine_seconds(1) == math.inf
    assert ManualClock().machine_seconds(0) == 0


def test_time_limits_where_time_is_frozen(monkeypatch):
    """Timers and durations go on where a test freezes time, though requests are signed by the frozen one."""
    monkeypatch.setattr(time, "monotonic", lambda: -1.0)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    loop = new_event_loop()
    assert loop.time() > 0
    loop.close()
    assert SystemClock().monotonic() > 0
    assert SystemClock().now() == 1_700_000_000.0


def test_a_frozen_clock_differs(monkeypatch):
    """A clock that is far from the machine's is named with both times, one that is near is not."""
    machine = time.time()
    for near in (machine, machine - 290, machine + 290):
        monkeypatch.setattr(time, "time", lambda moment=near: moment)
        assert clock_difference() == ""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    text, _, rest = clock_difference().partition("that of the machine at ")
    assert text == (
        "The clocks may differ: that of this process stands at 2023-11-14T22:13:20Z, by which requests are"
        " signed, and "
    )
    assert rest.endswith("Z. Which one does the endpoint go by?")
