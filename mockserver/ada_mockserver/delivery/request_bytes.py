"""An HTTP/1.1 request as bytes: its URL taken apart, its first lines and its body as the caller wrote them.

Nothing here does I/O; `ada_mockserver.delivery.client` sends the bytes.
"""

from __future__ import annotations

import contextlib
import functools
import re
import socket
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from ada_mockserver.delivery.http import Headers, Request

__all__ = ["ParsedUrl", "encode", "encode_head", "parse_url"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BEYOND_URL = re.compile(r"[\x00-\x20\x7f]")
_BEYOND_HEADER = re.compile(r"[\x00\r\n]")


@dataclass(frozen=True, slots=True)
class ParsedUrl:
    """A URL taken apart: where to connect, and what stands in the request's first lines."""

    tls: bool
    host: str
    port: int
    literal: socket.AddressFamily | None
    authority: str
    path: str

    @property
    def peer(self) -> str:
        """Host and port, as messages name them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@functools.lru_cache(maxsize=64)
def parse_url(url: str) -> ParsedUrl:
    """Take ``url`` apart; raises `UsageError` when no request can go to it."""
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
    return ParsedUrl(tls, host, default if port is None else port, literal, authority, path)


def _family_of_literal(host: str) -> socket.AddressFamily | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            return family
    return None


def encode(request: Request, target: ParsedUrl) -> bytes:
    """The request as it goes over the wire; raises `UsageError` for what HTTP cannot carry."""
    sized = bool(request.body) or request.method not in {"GET", "HEAD"}
    length = str(len(request.body)) if sized else None
    return encode_head(request.method, request.headers, target, length=length) + request.body


def encode_head(method: str, headers: Headers, target: ParsedUrl, *, length: str | None) -> bytes:
    """The request's lines before its body; raises `UsageError` for what HTTP cannot carry.

    ``length`` is the value of ``Content-Length``, where the headers do not say how long the body is.
    """
    if not _TOKEN.fullmatch(method):
        raise UsageError(f"{method!r} is not an HTTP method.")
    names = {name.lower() for name, _ in headers}
    lines = [f"{method} {target.path} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {target.authority}")
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise UsageError(f"{name!r} is not a header name.")
        if _BEYOND_HEADER.search(value):
            raise UsageError(f"The value of the header '{name}' holds a line break or a NUL.")
        lines.append(f"{name}: {value}")
    if length is not None and names.isdisjoint({"content-length", "transfer-encoding"}):
        lines.append(f"Content-Length: {length}")
    try:
        return "\r\n".join([*lines, "\r\n"]).encode("latin-1")
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise UsageError(f"A header holds {character!r}, which is outside Latin-1.") from error
