"""One attempt: its signed request, and what came back."""

from __future__ import annotations

import pytest

from ada_mockserver import Attempt, Receipt
from ada_mockserver.delivery.attempt import send_once, signed_request
from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import UsageError, WireError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URL = "http://127.0.0.1:9/hook"


def answered(status):
    return Attempt("msg_1", Response(status, (), b"", 0.25))


class Client:
    """Answers each request alike."""

    def __init__(self, result):
        self.result = result

    async def send(self, request, *, timeout):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.mark.parametrize(
    ("status", "accepted", "refused"),
    [
        (199, False, False),
        (200, True, False),
        (299, True, False),
        (300, False, False),
        (399, False, False),
        (400, False, True),
        (499, False, True),
        (500, False, False),
    ],
)
def test_verdict(status, accepted, refused):
    """Any 2xx is accepted, any 4xx refused, and nothing else is either."""
    attempt = answered(status)
    assert (attempt.accepted, attempt.delivered, attempt.refused) == (accepted, accepted, refused)
    assert (attempt.status, attempt.elapsed) == (status, 0.25)


def test_no_response():
    """Without a response nothing is accepted or refused; the time is the error's."""
    attempt = Attempt(error=WireError("It is late.", kind="timeout", elapsed=15.0))
    assert (attempt.accepted, attempt.refused, attempt.status, attempt.elapsed) == (False, False, None, 15.0)


def test_receipt():
    """The older public name is the same class."""
    assert Receipt is Attempt


def test_signed_request():
    """A request carries the usual headers, a signature over its bytes, and headers of its own in their place."""
    request = signed_request(
        URL,
        b"{}",
        secrets=[SECRET],
        message_id="msg_1",
        timestamp=1_700_000_000,
        headers=(("User-Agent", "mine"),),
    )
    verify(SECRET, request.headers, b"{}", now=1_700_000_000)
    assert [name for name, _ in request.headers] == [
        "content-type",
        "accept",
        "svix-id",
        "svix-timestamp",
        "svix-signature",
        "User-Agent",
    ]


def test_unsigned_request():
    """Without secrets a request carries its id and timestamp, and no signature."""
    request = signed_request(URL, b"{}", secrets=[], message_id="msg_1", timestamp=1_700_000_000)
    assert [line for line in request.headers if line[0].startswith("svix-")] == [
        ("svix-id", "msg_1"),
        ("svix-timestamp", "1700000000"),
    ]


@pytest.mark.asyncio
async def test_sent_once():
    """An attempt holds the response, or the error where there was none; a bad request is the caller's."""
    request = Request(URL, (), b"")
    response, error = Response(200, (), b"", 0.1), WireError("Gone.", kind="dropped")
    assert await send_once(Client(response), request, timeout=1, message_id="m") == Attempt("m", response)
    assert (await send_once(Client(error), request, timeout=1)).error is error
    with pytest.raises(UsageError):
        await send_once(Client(UsageError("No.")), request, timeout=1)
