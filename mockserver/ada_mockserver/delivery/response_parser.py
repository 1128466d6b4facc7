"""An HTTP/1.1 response out of bytes: its parser and limits, and the words for an attempt that failed.

Nothing here does I/O; `ada_mockserver.delivery.client` reads the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import httptools

from ada_schemas.errors import WireError

__all__ = ["Failure", "ResponseParser", "late_answer"]

READ_BODY = 1024 * 1024
READ_HEADERS = 64 * 1024

_LENGTHS = frozenset({10, 14, 17})
"""The lengths of the names of the headers that say how an answer is framed."""
_TLS_ALERT = b"\x15\x03"


@dataclass(eq=False)
class Failure(Exception):  # noqa: N818 - turned into a WireError once the peer and the time are known
    """The reason why an attempt failed, in the words that follow the peer's name in the message."""

    kind: str
    what: str
    next_step: str = ""

    def as_error(self, peer: str, elapsed: float) -> WireError:
        """The error of an attempt that failed for this reason after ``elapsed`` seconds."""
        # A time-out's own words give its time.
        time = "" if self.kind == "timeout" else f" (after {elapsed:.2f} s)"
        return WireError(
            f"{peer} {self.what}{time}.", kind=self.kind, elapsed=elapsed, next_step=self.next_step
        )


def late_answer(timeout: float, *, begun: bool, unread: bool) -> Failure:
    """The failure of an attempt whose time is up: its answer had ``begun``, its request was not all read."""
    if begun:
        return Failure("timeout", f"answered, but the answer was not complete within {timeout:g} s")
    step = "It did not read the request to its end." if unread else ""
    return Failure("timeout", f"gave no answer within {timeout:g} s", next_step=step)


class ResponseParser:
    """The response so far: httptools' callbacks, the framing and the limits; no I/O.

    ``surplus`` says that more followed at once, another answer or what is none.
    """

    def __init__(self, *, bodiless: bool, keep: int) -> None:
        self._bodiless = bodiless
        self._keep = keep
        self._parser = httptools.HttpResponseParser(self)
        # Bare line feeds are common in small servers; "keep alive" lets an answer follow an interim one
        # that is HTTP/1.0 or says "Connection: close".
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_keep_alive=True)
        self.renew()

    def renew(self) -> None:
        """Forget the answer, for the next one on a connection that it left open."""
        self.status = 0
        self.body = bytearray()
        self.begun = False
        self.surplus = False
        self.complete = False
        self.truncated = False
        self._lines: list[tuple[bytes, bytes]] = []
        self._first = b""
        self._fault = ""
        self._head_size = self._header_size = 0
        self._rest_size = self._body_size = 0
        self._length: int | None = None
        self._chunked = self._persistent = False

    def feed(self, data: bytes) -> None:
        """Take in what came; raises `Failure` when it is not HTTP or its headers do not end."""
        if len(self._first) < 32:
            self._first += data[: 32 - len(self._first)]
        in_head = not self.status
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # A 101: what follows is no HTTP, and nothing that a webhook asked for.
            self.complete = True
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

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The answer's header lines, as they came."""
        return tuple(
            (name.decode("latin-1"), value.decode("latin-1").rstrip(" \t")) for name, value in self._lines
        )

    @property
    def kept_alive(self) -> bool:
        """True if the answer is complete and leaves the connection to another request (RFC 9112, 9.3)."""
        return self.complete and not self.truncated and self._persistent

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

    def _unreadable(self, reason: str) -> Failure:
        if self._first.startswith(b"HTTP/"):
            return Failure("protocol", f"answered with malformed HTTP: {reason}")
        if self._first.startswith(_TLS_ALERT):
            return Failure("protocol", "speaks TLS, not plain HTTP", next_step="Is it an https:// URL?")
        return Failure("protocol", f"answered with something other than HTTP: it begins with {self._first!r}")

    def on_message_begin(self) -> None:
        """httptools: the first byte of an answer, of an interim one too."""
        self.surplus = self.complete
        self.begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header line, or a trailer, which is dropped."""
        if not self.status:
            self._header_size += len(name) + len(value) + 4
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """httptools: the status and the framing are known."""
        status = self._parser.get_status_code()
        if self.complete or (100 <= status < 200 and status != 101):
            return
        if status < 100:
            self._fault = f"a status of {status:03}"
        connection = b""
        for name, value in self._lines:
            if len(name) not in _LENGTHS:
                continue
            match name.lower():
                case b"connection":
                    connection += value.lower() + b","
                case b"content-length":
                    self._length = int(value)
                case b"transfer-encoding":
                    self._chunked = value.lower().rpartition(b",")[2].strip() == b"chunked"
        self.status = status
        closes = b"close" in connection or self._parser.get_http_version() != "1.1"
        self._persistent = not closes and (self._length is not None or self._chunked or status == 204)
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
            self._lines.clear()
