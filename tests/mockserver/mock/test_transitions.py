"""What an outcome makes of a delivery and of its endpoint."""

from __future__ import annotations

from random import Random

import pytest

from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.chaos import Plan
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.mock.outbox.attempt import send
from ada_mockserver.mock.outbox.backoff import SCHEDULES, slows_down
from ada_mockserver.mock.outbox.claims import stored
from ada_mockserver.mock.outbox.transitions import WEEK, DeliveryState, Health, health_after, next_state
from ada_schemas.errors import WireError

NOW = 1_600_000_000.0


def judged(outcome, failures=0):
    return next_state(
        outcome,
        failures=failures,
        now=NOW,
        answered_at=NOW,
        schedule=SCHEDULES["svix-8"],
        rng=Random(1),
        jitter=0.0,
    )


def answered(status, *headers):
    return Attempt(response=Response(status, headers, b"", 0.0))


def asking(instruction, status=500):
    return answered(status, ("Webhook-Delivery", instruction))


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_delivered(status):
    """Any 2xx delivers."""
    assert judged(answered(status), 3) == DeliveryState("delivered", 3)


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_failed(status):
    """Everything else fails, redirects included."""
    state = judged(answered(status))
    assert (state.state, state.failures) == ("pending", 1)


def test_retried():
    """After a failure the delivery is due again when the schedule says."""
    assert judged(answered(500), 2) == DeliveryState("pending", 3, due_at=NOW + 1800)


def test_exhausted():
    """After the last failure it has failed."""
    assert judged(answered(500), 7) == DeliveryState("failed", 8, "exhausted")


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [("abort-message", "aborted"), (" Abort-Message ", "aborted"), ("disable", "disabled")],
)
def test_instructions(instruction, reason):
    """The endpoint can end the retries of a message, or be disabled."""
    assert judged(asking(instruction)) == DeliveryState("failed", 1, reason)


def test_unknown_instruction():
    """Another value of the header means nothing."""
    assert judged(asking("stop")) == judged(answered(500))


def test_instruction_with_success():
    """What is answered 2xx is delivered, whatever else is asked."""
    assert judged(asking("abort-message", 200)).state == "delivered"


def test_health():
    """A week of nothing but failures disables; a success begins it anew."""
    assert health_after(answered(500), failing_since=None, now=NOW) == Health(NOW)
    assert health_after(answered(500), failing_since=NOW, now=NOW + WEEK - 1) == Health(NOW)
    assert health_after(answered(500), failing_since=NOW, now=NOW + WEEK) == Health(NOW, "failing")
    assert health_after(answered(200), failing_since=NOW, now=NOW + WEEK) == Health(None)


def test_health_asked():
    """``webhook-delivery: disable`` disables at once, beside a 2xx too."""
    assert health_after(asking("disable"), failing_since=None, now=NOW) == Health(NOW, "asked")
    assert health_after(asking("disable", 200), failing_since=None, now=NOW) == Health(None, "asked")


def test_stored_response():
    """Of a response its status, headers, body and duration are stored."""
    attempt = Attempt(response=Response(201, (("a", "b"),), b"c", 0.5))
    assert stored(attempt) == {
        "state": "succeeded",
        "elapsed": 0.5,
        "status": 201,
        "response_headers": [["a", "b"]],
        "response_body": b"c",
        "error_kind": "",
        "error": "",
    }


def test_stored_error():
    """Of an attempt without a response the error's kind, words and time are stored."""
    late = Attempt(error=WireError("It is late.", kind="timeout", elapsed=15.0))
    assert stored(late) == {
        "state": "failed",
        "elapsed": 15.0,
        "status": None,
        "response_headers": [],
        "response_body": b"",
        "error_kind": "timeout",
        "error": "It is late.",
    }
    assert slows_down(late)


@pytest.mark.asyncio
async def test_unsendable():
    """A request that cannot go over the wire ends as an attempt whose error says so."""
    request = Request("ftp://example.com/", (), b"")
    attempt = await send(request, client=Wire(clock=ManualClock()), timeout=1, plan=Plan())
    columns = stored(attempt)
    assert (columns["error_kind"], columns["error"]) == ("unsendable", "The URL is not a web address.")
    assert (columns["state"], columns["status"], columns["elapsed"]) == ("failed", None, 0.0)
