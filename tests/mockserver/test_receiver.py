"""The receiver on the wire."""

from __future__ import annotations

import asyncio

import pytest

from ada_mockserver.receiver import LARGEST_BODY, Receiver, Reply
from ada_schemas.errors import UsageError

POST = b"POST /hook?a=b HTTP/1.1\r\nHost: x\r\n"


def talk(*pieces, handle=None, close=True):
    """What the server writes to a client that sends ``pieces``, and the requests that it took."""
    requests = []

    async def answer(request):
        requests.append(request)
        return (
            Reply(200, (("x-number", str(len(requests))),), request.body)
            if handle is None
            else handle(request)
        )

    async def whole():
        receiver = Receiver(answer)
        port = await receiver.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if close:
            writer.write_eof()
        try:
            async with asyncio.timeout(20):
                answered = await reader.read()
        except ConnectionError:
            answered = b""
        writer.close()
        await receiver.stop()
        return answered

    return asyncio.run(whole()), requests


def statuses(answered):
    return [int(part.split(b" ", 1)[0]) for part in answered.split(b"HTTP/1.1 ")[1:]]


def test_request():
    """A request is taken as it came, and answered."""
    answered, (request,) = talk(POST + b"X-Ab: c\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\xff\x00z")
    assert answered == (
        b"HTTP/1.1 200 OK\r\nx-number: 1\r\ncontent-length: 3\r\nconnection: close\r\n\r\n\xff\x00z"
    )
    assert (request.method, request.target, request.body) == ("POST", "/hook?a=b", b"\xff\x00z")
    assert request.headers[1] == ("X-Ab", "c")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces(size):
    """It does not matter in which pieces a request comes."""
    whole = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    _, (request,) = talk(*(whole[i : i + size] for i in range(0, len(whole), size)))
    assert request.body == b"abcde"


def test_kept_alive():
    """A connection serves one request after another."""

    async def whole():
        async def answer(request):
            return Reply(200, (), request.body)

        receiver = Receiver(answer)
        port = await receiver.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        bodies = []
        for body in (b"a", b"bc", b""):
            writer.write(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"connection: close" not in head
            bodies.append(await reader.readexactly(len(body)))
        writer.close()
        await receiver.stop()
        return bodies

    assert asyncio.run(whole()) == [b"a", b"bc", b""]


def test_pipelined():
    """Of requests that do not wait for each other the first is answered."""
    answered, requests = talk(POST + b"Content-Length: 1\r\n\r\na" + POST + b"Content-Length: 1\r\n\r\nb")
    assert statuses(answered) == [200]
    assert [request.body for request in requests] == [b"a"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (POST + b"Content-Length: x\r\n\r\n", 400),
        (POST + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), 413),
        (POST + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(80)) + b"\r\n", 431),
    ],
)
def test_refused(head, status):
    """What is no request, or too large, is refused and never handled."""
    answered, requests = talk(head, close=False)
    assert (statuses(answered), requests) == ([status], [])


def test_continue():
    """A client that asks before it sends the body is told to go on."""
    answered, (request,) = talk(
        POST + b"Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n", b"ok"
    )
    assert statuses(answered) == [100, 200]
    assert request.body == b"ok"


def test_no_answer():
    """Where there is to be no answer the connection is dropped."""
    answered, requests = talk(POST + b"Content-Length: 0\r\n\r\n", handle=lambda _: None)
    assert (answered, len(requests)) == (b"", 1)


def test_client_gone():
    """When the client goes away its request is handled no further."""
    cancelled = asyncio.Event()

    async def whole():
        reached = asyncio.Event()

        async def answer(request):
            reached.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        receiver = Receiver(answer)
        port = await receiver.start()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 0\r\n\r\n")
        async with asyncio.timeout(20):
            await reached.wait()
        writer.transport.abort()
        async with asyncio.timeout(20):
            await cancelled.wait()
        await receiver.stop()
        return cancelled.is_set()

    assert asyncio.run(whole())


def test_port_taken():
    """A port that is taken is a usage error."""

    async def whole():
        receiver, other = Receiver(None), Receiver(None)
        port = await receiver.start()
        with pytest.raises(UsageError) as error:
            await other.start("127.0.0.1", port)
        await receiver.stop()
        return port, error.value

    port, error = asyncio.run(whole())
    assert error.what.startswith(f"Nothing can listen on 127.0.0.1:{port}: ")
    assert error.next_step == "Is another server running there? --port 0 takes a free port."
