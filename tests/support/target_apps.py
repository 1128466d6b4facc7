"""Applications that the target tests call, each with one way of behaving."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import threading
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    Asgi = Callable[..., Awaitable[None]]
    Wsgi = Callable[..., Iterable[bytes]]


def http_only(handle: Asgi) -> Asgi:
    """An ASGI application without lifespan around ``handle(scope, receive, send)``."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await handle(scope, receive, send)

    return application


async def respond(send: Any, status: int = 200, body: bytes = b"ok") -> None:
    """Send one whole ASGI response."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"X-Kind", b"plain")]})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Any) -> tuple[bytes, int]:
    """The whole request body, and in how many messages it came."""
    body, count, more = b"", 0, True
    while more:
        message = await receive()
        body, count, more = body + message["body"], count + 1, message["more_body"]
    return body, count


class AsgiEcho:
    """Answers 200 and keeps the scope and the body of the last request."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}
        self.body = b""
        self.messages = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.scope = scope
            self.body, self.messages = await read(receive)
            await respond(send)


class WsgiEcho:
    """Answers 200 and keeps the environment and the body of the last request."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.body = b""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.environ = environ
        self.body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("200 OK", [("X-Kind", "plain")])
        return [b"o", b"k"]


def blocks_asgi(release: threading.Event) -> Asgi:
    """Blocks its event loop at the path /block until ``release`` is set."""

    async def handle(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == "/block":
            release.wait()
        await respond(send)

    return http_only(handle)


def blocks_wsgi(release: threading.Event) -> Wsgi:
    """Blocks its thread at the path /block until ``release`` is set."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/block":
            release.wait()
        start_response("200 OK", [])
        return [b"ok"]

    return application


async def waits_for_ever(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Never answers, on any scope but lifespan, yet leaves its loop free."""
    if scope["type"] == "http":
        await asyncio.get_running_loop().create_future()


class ClosingIterator:
    """A WSGI response that counts its closings, and raises there if told to."""

    def __init__(self, chunks: Iterable[bytes], *, error: Exception | None = None) -> None:
        self._chunks = iter(chunks)
        self._error = error
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self.closed += 1
        if self._error is not None:
            raise self._error
