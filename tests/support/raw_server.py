"""Scripted servers on loopback: what a peer does on the wire, byte by byte, is what a test says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Script = Callable[["Connection"], Awaitable[None]]

__all__ = ["Connection", "SecuredByHand", "Server", "answering", "closed_port", "serving"]


T = TypeVar("T")


class Connection:
    """One accepted connection, as a script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def head(self) -> bytes:
        """The request's first lines, the empty one included."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def request(self) -> bytes:
        """The whole request, as long as its Content-Length says."""
        head = await self.head()
        lines = head.lower().split(b"\r\n")
        length = next((int(line[16:]) for line in lines if line.startswith(b"content-length: ")), 0)
        return head + await self.reader.readexactly(length)

    async def send(self, data: bytes) -> None:
        """Write ``data``."""
        self.writer.write(data)
        await self.writer.drain()

    async def until_closed(self) -> bytes:
        """Read until the client closes; returns what came."""
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := await self.reader.read(65536):
                received += piece
        return received

    def reset(self) -> None:
        """Drop the connection with a reset, nothing said."""
        plain = self.writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Server:
    """A listening server; ``accepted`` counts the connections that it accepted."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted = 0


class SecuredByHand:
    """The server's side of TLS over a plain connection, for what asyncio's own does not show.

    asyncio hangs up without sending an alert, and does not tell TLS's farewell from a closed connection.
    """

    def __init__(self, connection: Connection, context: ssl.SSLContext) -> None:
        self._connection = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def handshake(self) -> None:
        """Agree with the client; raises `ssl.SSLError`, the alert sent, when one refuses the other."""
        await self._pump(self._object.do_handshake)

    async def read(self) -> bytes:
        """The next piece of what the client sent, b"" at its farewell."""
        return await self._pump(lambda: self._object.read(65536))

    async def send(self, data: bytes) -> None:
        """Encrypt and send ``data``."""
        self._object.write(data)
        await self._connection.send(self._outgoing.read())

    async def _pump(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                await self._connection.send(self._outgoing.read())
            received = await self._connection.reader.read(65536)
            if received:
                self._incoming.write(received)
            else:
                self._incoming.write_eof()


def answering(data: bytes) -> Script:
    """A script that reads the whole request, answers with ``data`` and closes."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(data)

    return script


@contextlib.asynccontextmanager
async def serving(
    script: Script, *, host: str = "127.0.0.1", ssl_context: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Serve each connection with ``script`` and close it after that; yields the `Server`.

    At the end scripts that still run are stopped; an error in a script, apart from a connection that the
    client closed, is raised here.
    """
    tasks: list[asyncio.Task[None]] = []
    served = Server()

    async def serve(connection: Connection) -> None:
        try:
            # A client that hangs up early cuts TLS in the midst of what it sends.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await script(connection)
                connection.writer.close()
                await connection.writer.wait_closed()
        finally:
            connection.writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.accepted += 1
        tasks.append(asyncio.get_running_loop().create_task(serve(Connection(reader, writer))))

    server = await asyncio.start_server(accept, host, 0, ssl=ssl_context, backlog=500)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is taken, so that nobody else gets it, and refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
