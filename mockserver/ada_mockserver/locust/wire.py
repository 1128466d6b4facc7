"""A connection to one endpoint that is kept from request to request, for code that may block.

Locust's users run in greenlets, where asyncio does not: the bytes and the parser are those of
`ada_mockserver.delivery.client`, over a plain socket.
"""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_mockserver.delivery.connect import unconnected, unresolved
from ada_mockserver.delivery.http import Response
from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_mockserver.delivery.response_parser import Failure, ResponseParser
from ada_mockserver.delivery.tls import make_ssl_context, tls_failure
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from ada_mockserver.delivery.http import Request

__all__ = ["KeptConnection"]

_PIECE = 64 * 1024


@dataclass(slots=True)
class _Deadline:
    """The time that an attempt has, ``seconds`` from now on."""

    seconds: float
    monotonic: Callable[[], float]
    end: float = 0.0

    def __post_init__(self) -> None:
        self.end = self.monotonic() + self.seconds

    def left(self) -> float:
        """The seconds left; raises `TimeoutError` when there are none."""
        left = self.end - self.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class KeptConnection:
    """Sends requests to the origin of ``url``, one after the other, over one connection while it is kept.

    ``timeout`` in seconds limits each, connecting included. ``ssl_context`` serves https, and is made with
    the system's certificate authorities where it is None.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 15.0,
        ssl_context: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._target = parse_url(url)
        self._timeout = timeout
        self._ssl_context = (ssl_context or make_ssl_context()) if self._target.tls else None
        self._monotonic = monotonic
        self._socket: socket.socket | None = None

    def send(self, request: Request) -> Response:
        """The complete answer, whatever its status; redirects are not followed.

        A kept connection that the peer closes without one byte of an answer is no failure: the request goes
        once more, over a new one (RFC 9112, 9.3.1). Raises `WireError` where no complete answer came, its
        message the same for every such failure, and `UsageError` for what cannot be put on the wire.
        """
        message = encode(request, self._target)
        deadline = _Deadline(self._timeout, self._monotonic)
        parser = ResponseParser(bodiless=False, keep=request.keep)
        kept = self._socket is not None
        try:
            try:
                self._exchange(message, parser, deadline)
            except Failure as failure:
                if not kept or failure.kind != "dropped" or parser.begun:
                    raise
                self.close()
                parser = ResponseParser(bodiless=False, keep=request.keep)
                self._exchange(message, parser, deadline)
        except Failure as failure:
            self.close()
            what, elapsed = f"{self._target.peer} {failure.what}.", self._elapsed(deadline)
            raise WireError(
                what, kind=failure.kind, elapsed=elapsed, next_step=failure.next_step
            ) from failure
        except BaseException:
            self.close()  # in the middle of a request, which nobody waits for any more
            raise
        if not parser.kept_alive or parser.surplus:
            self.close()
        elapsed = self._elapsed(deadline)
        return Response(parser.status, tuple(parser.headers), bytes(parser.body), elapsed, parser.truncated)

    def close(self) -> None:
        """Close the connection, if there is one; the next request makes another."""
        connected, self._socket = self._socket, None
        if connected is not None:
            with contextlib.suppress(OSError):
                connected.close()

    def _elapsed(self, deadline: _Deadline) -> float:
        return self._monotonic() - deadline.end + deadline.seconds

    def _exchange(self, message: bytes, answer: ResponseParser, deadline: _Deadline) -> None:
        """Send a request and read until ``answer`` is complete."""
        connection = self._socket or self._connect(deadline)
        self._socket = connection
        how = "closed"
        try:
            try:
                connection.settimeout(deadline.left())
                connection.sendall(message)
            except (BrokenPipeError, ConnectionResetError):
                how = "reset"  # who refuses a large body answers before its end, and the answer may be here
            while not answer.complete:
                connection.settimeout(deadline.left())
                data = connection.recv(_PIECE)
                if not data:
                    break
                answer.feed(data)
        except TimeoutError as error:
            had = "answered, but the answer was not complete" if answer.begun else "gave no answer"
            raise Failure("timeout", f"{had} within {self._timeout:g} s") from error
        except OSError:
            how = "reset"
        if not answer.complete and (missing := answer.end()):
            raise Failure("dropped", f"{how} the connection {missing}")

    def _connect(self, deadline: _Deadline) -> socket.socket:
        target = self._target
        try:
            connected = socket.create_connection((target.host, target.port), timeout=deadline.left())
        except socket.gaierror as error:
            raise unresolved(error) from error
        except TimeoutError as error:
            raise Failure("timeout", f"gave no connection within {self._timeout:g} s") from error
        except OSError as error:
            raise unconnected([error]) from error
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._ssl_context is None:
            return connected
        try:
            return self._ssl_context.wrap_socket(connected, server_hostname=target.host.partition("%")[0])
        except OSError as error:
            connected.close()
            if isinstance(error, TimeoutError):
                what = f"gave no TLS connection within {self._timeout:g} s"
                raise Failure("timeout", what) from error
            raise tls_failure(error) from error
