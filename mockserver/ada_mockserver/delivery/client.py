"""HTTP/1.1 attempts, each over a connection of its own unless asked otherwise, byte for byte as written.

A webhook sender is judged by what it puts on the wire and by how it reads what comes back, so nothing
is added beyond ``Host`` and ``Content-Length``, redirects are not followed, and a failed attempt says
what failed. A 2xx answer in time is success, everything else, 3xx included, is failure.

The request as bytes (`request_bytes`) and the response's parser (`response_parser`) do no I/O; here
``_Attempt`` joins them to a transport, and ``Wire`` bounds the whole in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from ada_mockserver.delivery.connect import connect
from ada_mockserver.delivery.http import KEPT_BODY, Request, Response
from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_mockserver.delivery.response_parser import Failure, ResponseParser, late_answer
from ada_mockserver.delivery.tls import join, make_ssl_context, tls_failure
from ada_schemas.errors import UsageError, WireError

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.request_bytes import ParsedUrl

__all__ = ["Wire", "make_ssl_context"]

HELD = 8
"""Bytes at the end of a request that wait for those of the others, where several come together."""
READY = 0.5
"""Seconds at most that they wait: a server that takes one connection at a time lets the others stand."""
ARRIVAL = 0.02
"""Seconds that what was written has to reach the server's handlers."""


class Wire:
    """Sends requests, each over a new connection, several in turn over one, or several at the same moment.

    ``clock`` measures the attempts; ``ssl_context`` (see `make_ssl_context`) serves https URLs and is
    made with the system's certificate authorities when one is first needed.
    """

    def __init__(self, *, clock: Clock, ssl_context: ssl.SSLContext | None = None) -> None:
        self._clock = clock
        self._ssl_context = ssl_context

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Send ``request`` and return the answer, whatever its status.

        ``timeout`` in seconds limits the whole attempt: name resolution, connecting, TLS, writing and
        reading. ``Host`` and ``Content-Length`` are added unless given; interim (1xx) answers are
        skipped; of the body as much is kept as the request says, and after 1 MiB, or twice that much,
        the answer counts as complete, framing included. The connection is closed when this returns or
        raises.

        Raises `UsageError` for a request that cannot be put on the wire, and `WireError` when no
        complete answer came.
        """
        attempt = self._attempt(request, timeout)
        try:
            await attempt.carry_out()
        finally:
            await attempt.close()
        return attempt.response()

    async def send_in_turn(
        self, requests: Sequence[Request], *, timeout: float
    ) -> list[tuple[Response | WireError, bool]]:
        """Send requests to one origin one after the other, over one connection for as long as it is kept.

        Each has ``timeout`` seconds. With each outcome comes whether it used the connection of the request
        before.
        A kept connection that the peer closes without a word is no failure: the request goes over a new one,
        as RFC 9112 (section 9.3.1) has it. Raises `UsageError` like `send`.
        """
        outcomes: list[tuple[Response | WireError, bool]] = []
        before: _Attempt | None = None
        try:
            for request in requests:
                attempt = self._attempt(request, timeout, keep_open=True)
                reused = before is not None and attempt.take_over(before)
                before = attempt
                await attempt.carry_out()
                if reused and attempt.unheard:
                    await attempt.close()
                    before = attempt = self._attempt(request, timeout, keep_open=True)
                    reused = False
                    await attempt.carry_out()
                outcomes.append((_response_or_error(attempt), reused))
        finally:
            if before is not None:
                await before.close()
        return outcomes

    async def send_together(
        self, requests: Sequence[Request], *, timeout: float
    ) -> list[Response | WireError]:
        """Send requests that reach the server in one moment, each over a connection of its own.

        Each is written but for its last bytes; those of all go out at once, as soon as every server end has
        the rest, or half a second later. ``timeout`` in seconds limits each from then on. Raises
        `UsageError` like `send`.
        """
        attempts = [self._attempt(request, timeout, held=True) for request in requests]
        try:
            async with asyncio.TaskGroup() as tasks:
                for attempt in attempts:
                    tasks.create_task(attempt.carry_out())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(READY):
                        for attempt in attempts:
                            await attempt.ready.wait()
                        await asyncio.sleep(ARRIVAL)
                for attempt in attempts:
                    attempt.release()
        finally:
            for attempt in attempts:
                await attempt.close()
        return [_response_or_error(attempt) for attempt in attempts]

    def _attempt(
        self, request: Request, timeout: float, *, keep_open: bool = False, held: bool = False
    ) -> _Attempt:
        """An attempt that has not begun."""
        if not timeout > 0:
            raise UsageError(f"A timeout of {timeout} s leaves no time for an answer.")
        target = parse_url(request.url)
        if target.tls and self._ssl_context is None:
            self._ssl_context = make_ssl_context()
        message = memoryview(encode(request, target))
        at = len(message) - HELD if held else len(message)
        return _Attempt(
            target=target,
            timeout=timeout,
            unsent=message[:at],
            held=message[at:] if held else None,
            clock=self._clock,
            answer=ResponseParser(bodiless=request.method == "HEAD", keep=request.keep),
            ssl_context=self._ssl_context if target.tls else None,
            keep_open=keep_open,
        )


@dataclass(eq=False)
class _Attempt(asyncio.Protocol):
    """One request and its answer over a connection; ``outcome`` is set before the connection goes.

    ``timeout`` is in seconds. The connection is its own, or taken over from an attempt that was to
    ``keep_open`` what it used. ``held`` are the last bytes where they wait to be released: ``ready`` is set
    once all before them is written, and the time limit begins with the release.
    """

    target: ParsedUrl
    timeout: float
    unsent: memoryview
    clock: Clock
    answer: ResponseParser
    ssl_context: ssl.SSLContext | None
    keep_open: bool = False
    held: memoryview | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Response | Failure | None = None
    surplus: bool = False
    _transport: asyncio.Transport | None = None
    _socket: socket.socket | None = None
    _paused: bool = False
    _limit: asyncio.Timeout | None = None
    _done: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._started = self.clock.monotonic()

    def elapsed(self) -> float:
        """Seconds since the attempt began."""
        return self.clock.monotonic() - self._started

    @property
    def unheard(self) -> bool:
        """True if the connection ended before one byte of an answer came."""
        outcome = self.outcome
        return isinstance(outcome, Failure) and outcome.kind == "dropped" and not self.answer.begun

    async def carry_out(self) -> None:
        """Set ``outcome``, within the time."""
        try:
            async with asyncio.timeout(self.timeout if self.held is None else None) as self._limit:
                await self.run()
        except TimeoutError:
            if self.outcome is None:
                self.outcome = self.timed_out()
        except Failure as failure:
            self.outcome = failure
        finally:
            self.ready.set()

    def release(self) -> None:
        """Write what is held, or leave it to the connection that is yet to come."""
        self._started = self.clock.monotonic()
        if self._limit is not None and self.outcome is None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self.timeout)
        self.unsent, self.held = memoryview(bytes(self.unsent) + bytes(self.held or b"")), None
        if self._transport is not None and not self._transport.is_closing():
            self._write(self._transport)

    async def run(self) -> None:
        """Connect if need be, and return when ``outcome`` is set; raises `Failure` without a connection."""
        if self._transport is None:
            self._socket = await connect(self.target)
            await join(self._socket, self, self.target, self.ssl_context)
        await self._done.wait()

    def take_over(self, before: _Attempt) -> bool:
        """Begin on the connection that an earlier attempt left open; false where it left none."""
        transport = before._transport
        if transport is None or transport.is_closing() or not before.answer.kept_alive:
            return False
        self._socket, self._paused = before._socket, before._paused
        self.unsent = memoryview(bytes(before.unsent) + self.unsent)  # it was answered before its end
        before._transport = None
        before._closed.set()
        transport.set_protocol(self)
        self._transport = transport
        if before.surplus or before.answer.surplus:
            rest = "It took the rest of that request's body for another request."
            twice = "answered the request before it twice on a kept connection"
            self._finish(Failure("protocol", twice, next_step=rest))
        else:
            self._write(transport)
        return True

    def response(self) -> Response:
        """The answer that came; raises `WireError` where none did."""
        if isinstance(self.outcome, Response):
            return self.outcome
        failure = cast("Failure", self.outcome)
        raise failure.as_error(self.target.peer, self.elapsed()) from failure.__cause__

    async def close(self) -> None:
        """Close the connection, whatever its state; returns when it is closed."""
        if self._transport is not None:
            self._transport.abort()
            await self._closed.wait()

    def timed_out(self) -> Failure:
        """The failure of an attempt whose time is up: how far it came."""
        if self._transport is None:
            what = "gave no connection" if self._socket is None else "gave no TLS connection"
            return Failure("timeout", f"{what} within {self.timeout:g} s")
        unread = bool(self.unsent) or self._transport.get_write_buffer_size() > 0
        return late_answer(self.timeout, begun=self.answer.begun, unread=unread)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: send the request."""
        self._transport = cast("asyncio.Transport", transport)
        self._write(self._transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: read, also while the request is still being written."""
        if self.outcome is not None:
            self.surplus = True
            return
        try:
            self.answer.feed(data)
        except Failure as failure:
            self._finish(failure)
        else:
            if self.answer.complete:
                self._finish(self._response())

    def eof_received(self) -> None:
        """asyncio: the peer sends no more, so nothing is left to wait for."""
        self._end("closed")

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone.

        A peer that refuses a large body answers and closes at once. When that is noticed by a failed
        write, the answer still waits to be read, and asyncio reads no more: read it here.
        """
        if isinstance(exc, ssl.SSLError) and self.outcome is None:
            self._finish(tls_failure(exc))
        elif exc is not None and self._socket is not None and self.ssl_context is None:
            with contextlib.suppress(OSError):
                while self.outcome is None and (data := self._socket.recv(KEPT_BODY)):
                    self.data_received(data)
        self._end("closed" if exc is None else "reset")
        self._done.set()
        self._closed.set()

    def _write(self, transport: asyncio.Transport) -> None:
        """Write as much as is taken: of what it has taken asyncio's TLS does not tell how much is unsent."""
        while self.unsent and not self._paused:
            piece, self.unsent = self.unsent[:KEPT_BODY], self.unsent[KEPT_BODY:]
            transport.write(piece)
        if not self.unsent:
            self.ready.set()

    def pause_writing(self) -> None:
        """asyncio: the peer does not read as fast as it is written to."""
        self._paused = True

    def resume_writing(self) -> None:
        """asyncio: it has read some."""
        self._paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._write(self._transport)

    def _end(self, how: str) -> None:
        """Judge what there is, now that the peer has ``how`` ("closed" or "reset") the connection."""
        if self.outcome is not None:
            return
        if missing := self.answer.end():
            self._finish(Failure("dropped", f"{how} the connection {missing}"))
        else:
            self._finish(self._response())

    def _response(self) -> Response:
        answer = self.answer
        return Response(answer.status, answer.headers, bytes(answer.body), self.elapsed(), answer.truncated)

    def _finish(self, outcome: Response | Failure) -> None:
        self.outcome = outcome
        kept = self.keep_open and self.answer.kept_alive and isinstance(outcome, Response)
        if self._transport is None or kept:
            self._done.set()
        else:
            if self.ssl_context is not None and not self.unsent:
                self._transport.close()  # says farewell, as TLS asks
            self._transport.abort()


def _response_or_error(attempt: _Attempt) -> Response | WireError:
    try:
        return attempt.response()
    except WireError as error:
        return error
