"""One HTTP/1.1 attempt over a connection of its own, byte for byte as the caller wrote it.

A webhook sender is judged by what it puts on the wire and by how it reads what comes back, so nothing
is added beyond ``Host`` and ``Content-Length``, redirects are not followed, and a failed attempt says
what failed. Ada counts a 2xx answer within 15 s as success, everything else, 3xx included, as failure
(docs.ada.cx/reference/webhooks/overview).

Four layers: the request as bytes, the answer's parser and the TLS layer do no I/O; ``_Attempt`` joins
them to a transport, and ``Wire`` bounds the whole in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import re
import socket
import ssl
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

import httptools

from ada_mockserver.message import KEPT_BODY, Request, Response
from ada_schemas.errors import UsageError, WireError

if TYPE_CHECKING:
    from pathlib import Path

    from ada_mockserver.clock import Clock

__all__ = ["Wire", "make_ssl_context"]

READ_BODY = 1024 * 1024
READ_HEADERS = 64 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BEYOND_URL = re.compile(r"[\x00-\x20\x7f]")
_BEYOND_HEADER = re.compile(r"[\x00\r\n]")
_TLS_ALERT = b"\x15\x03"


class Wire:
    """Sends requests, each over a new connection.

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
        if not timeout > 0:
            raise UsageError(f"A timeout of {timeout} s leaves no time for an answer.")
        target = _parse_url(request.url)
        attempt = _Attempt(
            data=_encode(request, target),
            clock=self._clock,
            answer=_Answer(bodiless=request.method == "HEAD", keep=request.keep),
            tls=_Tls(self._context(), target.host) if target.tls else None,
        )
        try:
            async with asyncio.timeout(timeout):
                await attempt.run(target)
        except TimeoutError:
            if attempt.outcome is None:
                attempt.outcome = attempt.timed_out(timeout)
        except _Failure as failure:
            attempt.outcome = failure
        finally:
            await attempt.close()
        if isinstance(attempt.outcome, Response):
            return attempt.outcome
        raise _wire_error(attempt, target)

    def _context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = make_ssl_context()
        return self._ssl_context


def make_ssl_context(*, cacert: Path | str | None = None, insecure: bool = False) -> ssl.SSLContext:
    """A client context: the system's authorities, those of the PEM file ``cacert`` instead, or no check.

    Raises `UsageError` when the file cannot be read or holds no certificate, or when both are given.
    """
    if cacert is not None and insecure:
        raise UsageError("--cacert and --insecure exclude each other: the one checks, the other does not.")
    try:
        context = ssl.create_default_context(cafile=cacert)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(
            f"The file '{cacert}' holds no usable certificate authority.",
            next_step="--cacert takes a PEM file with one or more '-----BEGIN CERTIFICATE-----' blocks.",
        ) from error
    except OSError as error:
        raise UsageError(f"The file '{cacert}' cannot be read: {error.strerror}.") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL taken apart: where to connect, and what stands in the request's first lines."""

    tls: bool
    host: str
    port: int
    literal: socket.AddressFamily | None
    authority: str
    path: str

    @property
    def peer(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@functools.lru_cache(maxsize=64)
def _parse_url(url: str) -> _Target:
    if _BEYOND_URL.search(url):
        raise UsageError("The URL holds a space, a line break or another control character.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    if "@" in parts.netloc:
        raise UsageError(
            f"The URL for {host} holds a user name or a password, which would not be sent.",
            next_step="Take them out of the URL; send an Authorization header instead.",
        )
    if parts.scheme not in {"http", "https"} or not host.strip("."):
        raise UsageError(
            "The URL is not a web address.",
            next_step="It begins with http:// or https:// and names a host: http://localhost:8000/webhooks",
        )
    tls = parts.scheme == "https"
    if ":" in host:
        host = host.replace("%25", "%")
    literal = _family_of_literal(host)
    if literal is None and ":" not in host:
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise UsageError(f"'{host}' is not a host name.") from error
    authority = f"[{host.partition('%')[0]}]" if ":" in host else host
    default = 443 if tls else 80
    if port is not None and port != default:
        authority += f":{port}"
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    path = quote(path, safe=string.punctuation)  # all ASCII as written
    return _Target(tls, host, default if port is None else port, literal, authority, path)


def _family_of_literal(host: str) -> socket.AddressFamily | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            return family
    return None


def _encode(request: Request, target: _Target) -> bytes:
    """The request as it goes over the wire."""
    if not _TOKEN.fullmatch(request.method):
        raise UsageError(f"{request.method!r} is not an HTTP method.")
    names = {name.lower() for name, _ in request.headers}
    lines = [f"{request.method} {target.path} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {target.authority}")
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name):
            raise UsageError(f"{name!r} is not a header name.")
        if _BEYOND_HEADER.search(value):
            raise UsageError(f"The value of the header '{name}' holds a line break or a NUL.")
        lines.append(f"{name}: {value}")
    if names.isdisjoint({"content-length", "transfer-encoding"}) and (
        request.body or request.method not in {"GET", "HEAD"}
    ):
        lines.append(f"Content-Length: {len(request.body)}")
    try:
        head = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise UsageError(f"A header holds {character!r}, which is outside Latin-1.") from error
    return head + request.body


class _Failure(Exception):  # noqa: N818 - turned into a WireError once the peer and the time are known
    """Why an attempt failed: the words that follow the peer's name in the message."""

    def __init__(self, kind: str, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
        self.next_step = next_step


def _wire_error(attempt: _Attempt, target: _Target) -> WireError:
    failure = cast("_Failure", attempt.outcome)
    elapsed = attempt.elapsed()
    what = f"{target.peer} {failure.what}"
    # A time-out's own words give its time.
    what += "." if failure.kind == "timeout" else f" (after {elapsed:.2f} s)."
    error = WireError(what, kind=failure.kind, elapsed=elapsed, next_step=failure.next_step)
    error.__cause__ = failure.__cause__
    return error


class _Answer:
    """The answer so far: httptools' callbacks, the framing and the limits; no I/O."""

    def __init__(self, *, bodiless: bool, keep: int) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.begun = False
        self.complete = False
        self.truncated = False
        self._bodiless = bodiless
        self._keep = keep
        self._first = b""
        self._fault = ""
        self._head_size = self._header_size = 0
        self._rest_size = self._body_size = 0
        self._length: int | None = None
        self._chunked = False
        self._parser = httptools.HttpResponseParser(self)
        # Bare line feeds are common in small servers; "keep alive" lets an answer follow an interim one
        # that is HTTP/1.0 or says "Connection: close".
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_keep_alive=True)

    def feed(self, data: bytes) -> None:
        """Take in what came; raises `_Failure` when it is not HTTP or its headers do not end."""
        if len(self._first) < 32:
            self._first += data[: 32 - len(self._first)]
        in_head = not self.status
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self.complete:
                raise self._unreadable(str(error)) from error
        if in_head:
            self._head_size += len(data)
            if self._header_size > READ_HEADERS or (not self.status and self._head_size > READ_HEADERS):
                self._fault = "headers of more than 64 KiB"
        else:
            self._rest_size += len(data)
            if self._rest_size > max(READ_BODY, 2 * self._keep) and not self.complete:
                self.complete = self.truncated = True
        if self._fault:
            raise self._unreadable(self._fault)

    def end(self) -> str:
        """Take in the end of the connection; returns what is missing, "" for a complete answer."""
        if not self.complete and self.status and self._length is None and not self._chunked:
            self.complete = True
        if self.complete:
            return ""
        if not self.begun:
            return "without answering"
        if not self.status:
            return "before the headers of its answer were complete"
        if self._chunked:
            return "before the last chunk of its answer's body"
        return f"after {self._body_size} of {self._length} bytes of its answer's body"

    def _unreadable(self, reason: str) -> _Failure:
        if self._first.startswith(b"HTTP/"):
            return _Failure("protocol", f"answered with malformed HTTP: {reason}")
        if self._first.startswith(_TLS_ALERT):
            return _Failure("protocol", "speaks TLS, not plain HTTP", next_step="Is it an https:// URL?")
        return _Failure(
            "protocol", f"answered with something other than HTTP: it begins with {self._first!r}"
        )

    def on_message_begin(self) -> None:
        """httptools: the first byte of an answer, of an interim one too."""
        self.begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header line, or a trailer, which is dropped."""
        if not self.status:
            self._header_size += len(name) + len(value) + 4
            self.headers.append((name.decode("latin-1"), value.decode("latin-1").rstrip(" \t")))

    def on_headers_complete(self) -> None:
        """httptools: the status and the framing are known."""
        status = self._parser.get_status_code()
        if self.complete or (100 <= status < 200 and status != 101):
            return
        if status < 100:
            self._fault = f"a status of {status:03}"
        for name, value in self.headers:
            match name.lower():
                case "content-length":
                    self._length = int(value)
                case "transfer-encoding":
                    self._chunked = value.lower().rpartition(",")[2].strip() == "chunked"
        self.status = status
        # The answer to HEAD has a length but no body.
        self.complete = self._bodiless

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        if self.complete:
            return
        room = self._keep - len(self.body)
        self.body += body[:room]
        self.truncated |= len(body) > room
        self._body_size += len(body)

    def on_message_complete(self) -> None:
        """httptools: the end of an answer; an interim one is forgotten."""
        if self.status:
            self.complete = True
        else:
            self.begun = False
            self.headers.clear()


class _Tls:
    """The client side of TLS between bytes; no I/O."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=host.partition("%")[0]
        )
        self.established = False

    def feed(self, data: bytes) -> None:
        """Take in what came; raises `_Failure` when the handshake fails."""
        self._incoming.write(data)
        if self.established:
            return
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise _tls_failure(error) from error
        self.established = True

    def seal(self, data: bytes) -> None:
        """Encrypt ``data``; `outgoing` then holds it."""
        view = memoryview(data)
        while view:
            view = view[self._object.write(view) :]

    def outgoing(self) -> bytes:
        """What is to be sent to the peer now."""
        return self._outgoing.read()

    def open(self) -> bytes | None:
        """The next piece of decrypted data, b"" at the peer's end, None when more must come first."""
        try:
            return self._object.read(KEPT_BODY)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLError as error:
            raise _tls_failure(error) from error

    def farewell(self) -> None:
        """Say that nothing follows, as TLS asks; `outgoing` then holds it."""
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()


def _tls_failure(error: ssl.SSLError) -> _Failure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _Failure(
            "tls",
            f"has a certificate that is not accepted: {error.verify_message.rstrip('.')}",
            next_step="Name the authority's PEM file with --cacert, or do not check with --insecure.",
        )
    reason = (error.reason or str(error)).replace("_", " ").lower()
    plain = "wrong version" in reason or "record layer failure" in reason
    return _Failure(
        "tls", f"did not agree on TLS: {reason}", next_step="Is it an http:// URL?" if plain else ""
    )


@dataclass(eq=False)
class _Attempt(asyncio.Protocol):
    """One connection, one request, one answer; ``outcome`` is set before the connection goes."""

    data: bytes
    clock: Clock
    answer: _Answer
    tls: _Tls | None
    outcome: Response | _Failure | None = None
    _transport: asyncio.Transport | None = None
    _socket: socket.socket | None = None
    _closed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._started = self.clock.monotonic()

    def elapsed(self) -> float:
        """Seconds since the attempt began."""
        return self.clock.monotonic() - self._started

    async def run(self, target: _Target) -> None:
        """Connect, and return when ``outcome`` is set; raises `_Failure` when there is no connection."""
        self._socket = await _connect(target)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, sock=self._socket)
        await self._closed.wait()

    async def close(self) -> None:
        """Close the connection, whatever its state; returns when it is closed."""
        if self._transport is not None:
            self._transport.abort()
            await self._closed.wait()

    def timed_out(self, timeout: float) -> _Failure:
        """What was not reached within ``timeout`` seconds."""
        if self._transport is None:
            return _Failure("timeout", f"gave no connection within {timeout:g} s")
        if self.tls and not self.tls.established:
            return _Failure("timeout", f"gave no TLS connection within {timeout:g} s")
        if self.answer.begun:
            return _Failure("timeout", f"answered, but the answer was not complete within {timeout:g} s")
        unread = self._transport.get_write_buffer_size()
        return _Failure(
            "timeout",
            f"gave no answer within {timeout:g} s",
            next_step="It did not read the request to its end." if unread else "",
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: send the request, or begin TLS."""
        self._transport = cast("asyncio.Transport", transport)
        if self.tls is None:
            self._transport.write(self.data)
        else:
            self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        """asyncio: read, also while the request is still being written."""
        if self.outcome is not None:
            return
        try:
            if self.tls is None:
                self.answer.feed(data)
            else:
                self._receive_tls(self.tls, data)
        except _Failure as failure:
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
        if exc is not None and self._socket is not None:
            with contextlib.suppress(OSError):
                while self.outcome is None and (data := self._socket.recv(KEPT_BODY)):
                    self.data_received(data)
        self._end("closed" if exc is None else "reset")
        self._closed.set()

    def _receive_tls(self, tls: _Tls, data: bytes) -> None:
        """Go on with the handshake, send the request after it, and read what came."""
        was_established = tls.established
        try:
            tls.feed(data)
            if tls.established and not was_established:
                tls.seal(self.data)
            while tls.established and not self.answer.complete and (plain := tls.open()) is not None:
                if not plain:
                    self._end("closed")
                    return
                self.answer.feed(plain)
            if self.answer.complete:
                tls.farewell()
        finally:
            if self._transport is not None and (outgoing := tls.outgoing()):
                self._transport.write(outgoing)

    def _end(self, how: str) -> None:
        """Judge what there is, now that the peer has ``how`` ("closed" or "reset") the connection."""
        if self.outcome is not None:
            return
        if self.tls is not None and not self.tls.established:
            self._finish(_Failure("tls", f"{how} the connection during the TLS handshake"))
        elif missing := self.answer.end():
            self._finish(_Failure("dropped", f"{how} the connection {missing}"))
        else:
            self._finish(self._response())

    def _response(self) -> Response:
        answer = self.answer
        return Response(
            answer.status, tuple(answer.headers), bytes(answer.body), self.elapsed(), answer.truncated
        )

    def _finish(self, outcome: Response | _Failure) -> None:
        self.outcome = outcome
        if self._transport is not None:
            self._transport.abort()


async def _connect(target: _Target) -> socket.socket:
    """A connected socket, to the first of the host's addresses that accepts."""
    loop = asyncio.get_running_loop()
    addresses: list[tuple[int, tuple[Any, ...]]]
    if target.literal is not None:
        addresses = [(target.literal, (target.host, target.port))]
    else:
        try:
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise _Failure("dns", f"has a name that does not resolve: {error.strerror}") from error
        addresses = [(family, address) for family, _, _, _, address in found]
    errors: list[OSError] = []
    for family, address in addresses:
        try:
            return await _connect_to(loop, family, address)
        except OSError as error:
            errors.append(error)
    raise _unconnected(errors) from errors[0]


async def _connect_to(
    loop: asyncio.AbstractEventLoop, family: int, address: tuple[Any, ...]
) -> socket.socket:
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        connected.setblocking(False)
        await loop.sock_connect(connected, address)
    except BaseException:
        connected.close()
        raise
    return connected


def _unconnected(errors: list[OSError]) -> _Failure:
    if any(isinstance(error, ConnectionRefusedError) for error in errors):
        return _Failure(
            "refused", "refused the connection", next_step="Does the server run, and on that port?"
        )
    reason = os.strerror(errors[0].errno or 0)
    if any(isinstance(error, TimeoutError) for error in errors):
        return _Failure("timeout", f"gave no connection: {reason}")
    return _Failure("refused", f"cannot be reached: {reason}")
