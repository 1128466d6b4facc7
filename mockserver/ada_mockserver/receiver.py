"""A small HTTP/1.1 server over asyncio and httptools: what receives webhooks on a laptop.

It needs nothing beyond the core install. One request at a time on a connection, kept alive as the client
asks; bodies by length or in chunks, up to a limit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import httptools

from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from ada_mockserver.delivery.http import Headers

__all__ = ["LARGEST_BODY", "Received", "Receiver", "Reply"]

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of a request's body that are taken; a larger one is answered 413."""

_LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One complete request; ``target`` is the path with the query, as it came."""

    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""


class Receiver:
    """Answers each request with what ``handle`` returns; None closes the connection without an answer.

    ``handle`` is cancelled when the client goes away before it is answered.
    """

    def __init__(self, handle: Callable[[Received], Awaitable[Reply | None]]) -> None:
        self.handle = handle
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, on a free port for 0; returns the port. Raises `UsageError` where that cannot be."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Connection(self), host, port, backlog=1024)
        except OSError as error:
            raise UsageError(
                f"Nothing can listen on {host}:{port}: {error.strerror or error}.",
                next_step="Is another server running there? --port 0 takes a free port.",
            ) from None
        bound: socket.socket = self._server.sockets[0]
        return int(bound.getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, and close what is open."""
        if self._server is not None:
            self._server.close()
            for connection in list(self.connections):
                connection.abort()
            await self._server.wait_closed()
            self._server = None


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._method = ""
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._head_size = 0
        self._stays = True
        self._complete = self._pipelined = False
        self._refusal = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: somebody connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._receiver.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """asyncio: the client is gone."""
        self._receiver.connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """asyncio: more of a request, or already of the next one, which waits."""
        if self._task is not None:
            self._waiting.append(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refusal = 501
        except httptools.HttpParserError:
            self._refusal = self._refusal or 400
        if self._refusal:
            self._write(Reply(self._refusal), last=True)
        elif self._complete:
            self._task = asyncio.get_running_loop().create_task(self._answer())

    def on_message_begin(self) -> None:
        """httptools: a request begins; one that did not wait for the last answer is not taken."""
        self._pipelined = self._complete

    def on_url(self, url: bytes) -> None:
        """httptools: a piece of the target."""
        if self._complete:
            return
        self._target += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header line."""
        if self._complete:
            return
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """httptools: the body follows."""
        if not self._complete:
            self._method = self._parser.get_method().decode("latin-1")
            self._stays = self._parser.should_keep_alive()
        for name, value in self._headers:
            match name.lower():
                case "content-length" if int(value) > LARGEST_BODY:
                    self._refusal = 413
                case "expect" if value.lower() == "100-continue" and self._transport is not None:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        if self._complete:
            return
        self._body += body
        if len(self._body) > LARGEST_BODY:
            self._refusal = 413

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        self._complete = True

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > _LARGEST_HEAD:
            self._refusal = 431

    async def _answer(self) -> None:
        target = self._target.decode("latin-1")
        request = Received(self._method, target, tuple(self._headers), bytes(self._body))
        stays = self._stays and not self._pipelined
        reply: Reply | None = Reply(500)
        try:
            reply = await self._receiver.handle(request)
        finally:
            self._task = None
            if reply is None:
                self.abort()
            else:
                self._write(reply, last=not stays)
        if stays and reply is not None:
            self._begin()
            data, self._waiting = b"".join(self._waiting), []
            if data:
                self.data_received(data)

    def _write(self, reply: Reply, *, last: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        try:
            phrase = HTTPStatus(reply.status).phrase
        except ValueError:
            phrase = ""
        lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in reply.headers)]
        lines += [f"content-length: {len(reply.body)}", *(["connection: close"] if last else [])]
        transport.write("\r\n".join([*lines, "\r\n"]).encode("latin-1") + reply.body)
        if last:
            transport.close()
