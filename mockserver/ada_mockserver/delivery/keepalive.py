"""A connection that is kept: one request after the other, the next one written as the answer completes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Protocol, cast

from ada_mockserver.delivery.connect import connect
from ada_mockserver.delivery.http import KEPT_BODY, Response, is_success
from ada_mockserver.delivery.response_parser import Failure, ResponseParser
from ada_mockserver.delivery.tls import join, tls_failure

if TYPE_CHECKING:
    import socket

    from ada_mockserver.delivery.request_bytes import ParsedUrl

__all__ = ["Connection", "KnownAnswers", "Owner", "open_connection"]

_PIECE = 4096
"""Bytes that are read at once: asyncio's own 256 KiB would cost more than all the rest of a small answer."""
_REMEMBERED = 1024
"""Bytes of the longest answer that is remembered."""


class KnownAnswers(dict[bytes, Response]):
    """Answers by their bytes, so that those that come again need no parsing; ``elapsed`` is 0 in all of them.

    With ``details`` an accepted answer has its headers and its body too, else its status alone.

    Only whole answers that leave the connection open are here, each read in one piece on a connection at
    rest: so what they mean depends on nothing but their bytes.
    """

    def __init__(self, *, details: bool) -> None:
        super().__init__()
        self._details = details

    def read(self, answer: ResponseParser) -> Response:
        """An answer that is complete."""
        if is_success(answer.status) and not self._details:
            return Response(answer.status, (), b"", 0.0, answer.truncated)
        return Response(answer.status, answer.headers, bytes(answer.body), 0.0, answer.truncated)

    def remember(self, data: bytes, answer: Response) -> None:
        """Keep an answer; old ones are forgotten, since a server's Date changes every second."""
        if len(self) >= 64:
            self.clear()
        self[data] = answer


class Owner(Protocol):
    """Whoever uses a connection and is told what becomes of it."""

    def answered(self, answer: Response) -> None:
        """The whole answer to the request; the connection is closed already if it is not kept."""

    def failed(self, failure: Failure, *, unheard: bool) -> None:
        """No answer came, ``unheard`` not one byte of one; the connection is closed."""

    def closed(self) -> None:
        """The connection, which waited for the next request, is closed."""


async def open_connection(
    owner: Owner, known: KnownAnswers, target: ParsedUrl, ssl_context: ssl.SSLContext | None
) -> Connection:
    """A new connection to ``target``; raises `Failure` without one."""
    connected = await connect(target)
    connection = Connection(owner, known, connected, secured=ssl_context is not None)
    try:
        await join(connected, connection, target, ssl_context)
    except BaseException:
        connected.close()
        raise
    return connection


class Connection(asyncio.Protocol):
    """One connection; ``received`` counts its bytes.

    Requests are written to the socket past the transport where nothing waits in it, which is half the price.
    """

    __slots__ = (
        "_answer",
        "_known",
        "_owner",
        "_secured",
        "_socket",
        "_spare",
        "_transport",
        "busy",
        "received",
        "reused",
    )

    def __init__(self, owner: Owner, known: KnownAnswers, connected: socket.socket, *, secured: bool) -> None:
        self._owner: Owner | None = owner
        self._known = known
        self._socket = connected
        self._secured = secured
        self._transport: asyncio.Transport | None = None
        self._answer: ResponseParser | None = None
        self._spare: ResponseParser | None = None
        self.busy = False
        self.reused = False
        self.received = 0

    def send(self, request: bytes) -> None:
        """Write a request, whose answer the owner is told."""
        self.busy = True
        written = 0
        if not self._secured:
            try:
                written = self._socket.send(request)
            except OSError:  # full or broken: the transport knows what to do about either
                written = 0
            if written == len(request):
                return
        self._transport.write(memoryview(request)[written:])  # type: ignore[union-attr]  # there is one

    def abandon(self) -> None:
        """Close the connection, whatever its state; the owner is told nothing more."""
        self._owner, self.busy = None, False
        if self._transport is not None:
            self._transport.abort()

    @property
    def begun(self) -> bool:
        """True once the answer that is waited for has begun."""
        return self._answer is not None and self._answer.begun

    @property
    def unsent(self) -> bool:
        """True while the peer has not taken the whole request."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the connection is there."""
        self._transport = cast("asyncio.Transport", transport)
        if hasattr(transport, "max_size"):
            transport.max_size = _PIECE

    def data_received(self, data: bytes) -> None:
        """asyncio: something was read; an answer that is known is taken as it is."""
        transport, owner = self._transport, self._owner
        known = self._known.get(data)
        if (
            known is None
            or owner is None
            or transport is None
            or not self.busy
            or self._answer is not None
            or transport.get_write_buffer_size()
        ):
            self._take_in(data)
            return
        self.received += len(data)
        self.busy, self.reused = False, True
        owner.answered(known)

    def eof_received(self) -> None:
        """asyncio: the peer sends no more, so nothing is left to wait for; returning None closes."""
        self._end("closed")

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone.

        A peer that refuses a large body answers and closes at once. When that is noticed by a failed
        write, the answer still waits to be read, and asyncio reads no more: read it here.
        """
        self._transport = None
        if self._owner is None:
            return
        if isinstance(exc, ssl.SSLError) and self.busy:
            self._fail(tls_failure(exc))
        elif exc is not None and not self._secured:
            with contextlib.suppress(OSError):
                while self.busy and (data := self._socket.recv(KEPT_BODY)):
                    self._take_in(data)
        self._end("closed" if exc is None else "reset")

    def _take_in(self, data: bytes) -> None:
        owner = self._owner
        if owner is None:
            return
        self.received += len(data)
        if not self.busy:  # words that nobody asked for: what follows them could be taken for an answer
            self.abandon()
            owner.closed()
            return
        first = self._answer is None
        answer = self._answer = self._answer or self._spare or ResponseParser(bodiless=False, keep=KEPT_BODY)
        self._spare = None
        try:
            answer.feed(data)
        except Failure as failure:
            self._fail(failure)
            return
        if not answer.complete:
            return
        response = self._known.read(answer)
        kept = answer.kept_alive and not answer.surplus and not self.unsent and self._transport is not None
        if kept and first and len(data) <= _REMEMBERED:
            self._known.remember(data, response)
        if kept:
            answer.renew()
            self._spare = answer
        self._finish(owner, response, kept=kept)

    def _finish(self, owner: Owner, response: Response, *, kept: bool) -> None:
        self._answer, self.busy, self.reused = None, False, True
        if not kept:
            self._farewell()
            owner.closed()
        owner.answered(response)

    def _farewell(self) -> None:
        self._owner = None
        if self._transport is not None:
            if self._secured:
                self._transport.close()
            self._transport.abort()

    def _end(self, how: str) -> None:
        """Judge what there is, now that the peer has ``how`` ("closed" or "reset") the connection."""
        owner = self._owner
        if owner is None:
            return
        if not self.busy:
            self.abandon()
            owner.closed()
            return
        answer = self._answer
        missing = "without answering" if answer is None else answer.end()
        if answer is None or missing:
            self._fail(Failure("dropped", f"{how} the connection {missing}"))
        else:
            response = self._known.read(answer)
            self._finish(owner, response, kept=False)

    def _fail(self, failure: Failure) -> None:
        owner, unheard = self._owner, not self.begun
        self.abandon()
        if owner is not None:
            owner.failed(failure, unheard=unheard and failure.kind == "dropped")
