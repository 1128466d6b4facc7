"""Numbers from outside."""

from __future__ import annotations

from functools import partial

import pytest

from ada_mockserver.clock import parse_clock
from ada_mockserver.delivery.chaos import parse_rules
from ada_mockserver.delivery.http import Response
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.control.deliveries import seconds_of, time_of
from ada_mockserver.numbers import finite
from ada_schemas.errors import UsageError

HUGE = 10**400


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", "1e3", 2**63, 10**308])
def test_finite(value):
    """A number, or a text that is one, is taken as a double."""
    assert finite(value) == float(value)


NONE = [HUGE, -HUGE, "9" * 400, "9" * 5000, 1e400, float("nan"), "nan", "-inf", "1e400", "x", "", b"1"]


@pytest.mark.parametrize("value", [*NONE, True, None, [], {}])
def test_not_finite(value):
    """What is beyond a double, or no number at all, is none."""
    assert finite(value) is None


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "1e400", "nan", "inf"])
def test_where_numbers_are_written(text):
    """Rules of chaos, clocks and Retry-After take no number beyond a double."""
    for rule in (f"delay={text}", f"duplicate={text}", f"drop@{text}%", f"drop@#{text}"):
        with pytest.raises(UsageError):
            parse_rules(rule)
    with pytest.raises(UsageError):
        parse_clock(f"fast:{text}")
    assert Response(503, (("retry-after", text),), b"", 0.0).retry_after(0.0) is None


@pytest.mark.parametrize("value", [HUGE, -HUGE, 1e400, "9" * 400, True, None])
def test_times_and_spans(value):
    """A time and a span beyond a double are refused, each with the place where it stands."""
    for read in (partial(seconds_of, value, "$.a"), partial(time_of, value, "$.a", "body")):
        with pytest.raises(ApiError) as refused:
            read()
        assert (refused.value.status, refused.value.details[0].parameter) == (400, "$.a")
