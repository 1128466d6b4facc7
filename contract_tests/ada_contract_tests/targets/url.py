"""An endpoint that is reached over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from ada_contract_tests.targets.base import Target
from ada_mockserver.delivery.attempt import Attempt, send_once
from ada_mockserver.delivery.http import KEPT_BODY, Request
from ada_schemas.errors import TargetError, WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_mockserver.delivery.client import Wire
    from ada_mockserver.delivery.http import Headers, Response

__all__ = ["UrlTarget", "split_path"]

_EXAMPLE = "Give it as http://localhost:8000/webhooks or https://example.com/webhooks."


class UrlTarget(Target):
    """An endpoint by its URL, reached through ``wire``.

    ``path`` replaces the URL's path and query. Raises TargetError, with ``usage`` true, for a URL that cannot
    be used.
    """

    in_process = False

    def __init__(self, url: str, *, path: str | None = None, wire: Wire) -> None:
        self._origin, own_path = _parse(url)
        self._path = own_path if path is None else path
        self._wire = wire
        self.address = _join(self._origin, self._path)
        self.name = _shown(self.address)

    async def request(
        self,
        headers: Headers,
        body: bytes,
        *,
        timeout: float,
        method: str = "POST",
        path: str | None = None,
        keep: int = KEPT_BODY,
    ) -> Attempt:
        """Make one attempt of at most ``timeout`` seconds; what goes wrong is in the answer."""
        request = Request(
            _join(self._origin, self._path if path is None else path), headers, body, method, keep
        )
        return await send_once(self._wire, request, timeout=timeout)

    async def requests_in_turn(
        self, requests: Sequence[tuple[Headers, bytes]], *, timeout: float
    ) -> list[tuple[Attempt, bool]]:
        """Make requests over one connection for as long as the endpoint keeps it."""
        url = _join(self._origin, self._path)
        made = [Request(url, headers, body) for headers, body in requests]
        outcomes = await self._wire.send_in_turn(made, timeout=timeout)
        return [(_attempt(end), reused) for end, reused in outcomes]

    async def requests_together(
        self, requests: Sequence[tuple[Headers, bytes]], *, timeout: float
    ) -> list[Attempt]:
        """Make requests that wait on open connections, and are released at once."""
        url = _join(self._origin, self._path)
        made = [Request(url, headers, body) for headers, body in requests]
        return [_attempt(end) for end in await self._wire.send_together(made, timeout=timeout)]


def _attempt(end: Response | WireError) -> Attempt:
    return Attempt(error=end) if isinstance(end, WireError) else Attempt(response=end)


def _shown(url: str) -> str:
    """A URL without the values in its query, which may be credentials."""
    path, _, query = url.partition("?")
    names = [pair.partition("=") for pair in query.split("&")]
    shown = "&".join(f"{name}=..." if sep else name for name, sep, _ in names)
    return f"{path}?{shown}" if shown else path


def split_path(path: str) -> tuple[str, str]:
    """The path and the query of ``path``, percent-encoded where they are not, without a fragment."""
    target, _, query = path.partition("#")[0].partition("?")
    kept = "/%:@!$&'()*+,;=?~[]"
    return quote(target if target.startswith("/") else f"/{target}", safe=kept), quote(query, safe=kept)


def _parse(url: str) -> tuple[str, str]:
    """The origin (``https://host:port``) and the path with its query; raises TargetError."""
    if any(character <= " " or character == "\x7f" for character in url):
        raise _wrong("The URL holds a space or a control character.", "Remove it or percent-encode it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong(f"The URL cannot be read: {error}.") from None
    if "@" in parts.netloc:
        step = "Remove it; where the endpoint needs one, pass it as a header: --header 'Authorization: ...'"
        raise _wrong("The URL holds a user name or a password, which would end up in reports.", step)
    if parts.scheme not in {"http", "https"}:
        raise _wrong(f"'{url}' does not begin with http:// or https://.")
    if not parts.hostname:
        raise _wrong(f"The URL '{url}' names no host.")
    if port == 0:
        raise _wrong(f"The URL '{url}' has the port 0, which nothing listens on.")
    return f"{parts.scheme}://{parts.netloc}", urlunsplit(("", "", parts.path, parts.query, ""))


def _join(origin: str, path: str) -> str:
    raw_path, query = split_path(path)
    return f"{origin}{raw_path}?{query}" if query else f"{origin}{raw_path}"


def _wrong(what: str, next_step: str = _EXAMPLE) -> TargetError:
    return TargetError(what, usage=True, next_step=next_step)
