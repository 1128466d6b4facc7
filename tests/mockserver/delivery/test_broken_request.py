"""Connections that the sender breaks off, as a receiver meets them."""

from __future__ import annotations

import asyncio

import pytest

from ada_mockserver.delivery.broken_request import break_off
from ada_mockserver.delivery.http import Request
from support.raw_server import closed_port, serving


def test_drop():
    """A dropped request arrives whole and is handled; its answer is not read."""

    async def whole():
        got, handled = [], asyncio.Event()

        async def script(connection):
            got.append((await connection.request()).partition(b"\r\n\r\n")[2])
            handled.set()
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with serving(script) as server:
            request = Request(f"http://127.0.0.1:{server.port}/", (), b"x" * 200_000)
            error = await break_off(request, "drop", timeout=20)
            async with asyncio.timeout(20):
                await handled.wait()
        return server.port, got, error

    port, got, error = asyncio.run(whole())
    assert got == [b"x" * 200_000]
    assert error.kind == "dropped"
    assert error.what == f"Chaos: the connection to 127.0.0.1:{port} was closed before the answer was read."


def test_reset():
    """A reset request arrives in part, then the connection is reset."""

    async def whole():
        ended = []
        done = asyncio.Event()

        async def script(connection):
            await connection.head()
            try:
                ended.append(len(await connection.reader.read(-1)))
            except ConnectionResetError:
                ended.append("reset")
            done.set()

        async with serving(script) as server:
            error = await break_off(
                Request(f"http://127.0.0.1:{server.port}/", (), b"x" * 1000), "reset", timeout=20
            )
            async with asyncio.timeout(20):
                await done.wait()
        return ended, error

    ended, error = asyncio.run(whole())
    assert ended == ["reset"]
    assert error.what.endswith(" was reset in the middle of the request.")


@pytest.mark.parametrize("how", ["drop", "reset"])
def test_nobody_there(how):
    """Where nobody listens that is what is reported."""
    with closed_port() as port:
        error = asyncio.run(break_off(Request(f"http://127.0.0.1:{port}/", (), b""), how, timeout=20))
    assert error.kind == "refused"
    assert error.what.startswith(f"127.0.0.1:{port} cannot be reached: ")
