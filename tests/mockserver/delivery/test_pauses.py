"""Pauses: they grow with each failure, up to a limit, and chance shortens them."""

from __future__ import annotations

import pytest

from ada_mockserver.delivery.pauses import AFTER_FAILURE, BEFORE_RECONNECT, BEFORE_RETRY, Pause


def test_growth():
    """Each failure makes the pause longer, up to the longest one."""
    pause = Pause(first=0.5, factor=2.0, most=3.0)
    assert [pause.seconds(failures, 0.0) for failures in (1, 2, 3, 4, 10_000)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_chance():
    """The draw takes up to half of a pause away, so that not all come back in one moment."""
    pause = Pause(first=1.0, factor=2.0, most=8.0)
    assert [pause.seconds(2, draw) for draw in (0.0, 0.5, 1.0)] == [2.0, 1.5, 1.0]


@pytest.mark.parametrize("pause", [AFTER_FAILURE, BEFORE_RECONNECT, BEFORE_RETRY])
def test_the_pauses_in_use(pause):
    """Each of ours begins shorter than it ends, and ends well within an attempt's time limit."""
    assert 0 < pause.first < pause.most <= 10.0
    assert pause.factor > 1
