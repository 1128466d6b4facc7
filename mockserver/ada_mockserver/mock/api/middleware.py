"""Middleware: API key, body-size limit, and who may come. Pure ASGI, so that no body is held.

Every route is guarded, also one that is not named here: Ada's API (`KEYED`) by the key or an access token;
elsewhere, where no key is asked for, by where the request comes from. The exceptions are `OPEN`,
`DOCUMENT`, and `EXCHANGE`, which asks for a secret itself.

A body that is refused is not read here; the server discards the rest of it as it comes.
"""

from __future__ import annotations

import hmac
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from ada_mockserver.mock.api.bodies import LimitedBody
from ada_mockserver.mock.api.document import BODY_LIMIT
from ada_mockserver.mock.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ada_mockserver.mock.state.installations import Grant

__all__ = ["DOCUMENT", "EXCHANGE", "KEYED", "OPEN", "Guard"]

KEYED = re.compile(r"/(api|v[0-9]+)(/.*)?", re.DOTALL)
"""The paths of Ada's API, below ``/api`` and without it."""

DOCUMENT = "/api/openapi.json"
"""The path of the document of the API, which holds no secret."""

EXCHANGE = "/api/platform_integrations/oauth/token"
"""The path of Ada's API at which a client of OAuth 2.0 proves itself by what is in the body."""

OPEN = re.compile(
    r"/attachments/[^/]+/[^/]+"  # the address is the key, as Ada presigns it
    r"|/platform/integrations/[^/]+/connections/(success|error)"  # browsers are sent there by Ada's name
    r"|/static/[^/]+"  # scripts and styles of those pages, which are public
)
"""The paths that whoever knows them may read, from anywhere."""

_READING = ("GET", "HEAD")
_HARDENING = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
"""Headers of whatever is answered without a key, unless the answer has its own."""

_SLASHES = re.compile(r"//+")
_PRIVATE = re.compile(r"[^.]*|.*\.(localhost|local|internal|test|home\.arpa)", re.IGNORECASE)
"""Names that nobody can have in the public DNS (RFC 6761, RFC 6762, RFC 8375, ICANN for ``internal``)."""


class Guard:
    """Lets a request through to ``app``, or answers it with what Ada answers.

    ``keys`` are the API keys that are good; ``grant_of`` says what an access token stands for, which the
    request's scope has as ``grant``. Paths count with and without a slash at their
    end, and with doubled ones, as a base URL that ends in a slash makes them. Where it is ``local``, reached
    from this machine alone, what needs no key is not answered under a public name; and never to a page of
    another site. A proxy in front of it that speaks TLS may say so by ``X-Forwarded-Proto``: whom a client
    fools with that is itself alone. Without ``has_api`` nothing asks for a key.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Sequence[str],
        grant_of: Callable[[str], Awaitable[Grant | None]],
        local: bool = True,
        has_api: bool = True,
    ) -> None:
        self.app = app
        self.grant_of = grant_of
        self.keys = [b"Bearer " + key.encode() for key in keys]
        self.local = local
        self.has_api = has_api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":  # there is none, so nothing tells who may open one
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = _SLASHES.sub("/", scope["path"]).rstrip("/") or "/"
        if path != scope["path"]:
            scope = {**scope, "path": path, "raw_path": path.encode()}
        if dict(scope["headers"]).get(b"x-forwarded-proto") == b"https":
            scope = {**scope, "scheme": "https"}
        keyed = self.has_api and KEYED.fullmatch(path) is not None
        is_open = scope["method"] in _READING and OPEN.fullmatch(path) is not None
        if not keyed and not is_open:
            send = _hardened(send)
        watched = _Watched(send)
        try:
            if keyed and path not in (EXCHANGE, DOCUMENT):  # the operation says how large a body may be
                scope = {**scope, "grant": await self._authenticate(scope)}
            else:
                if not keyed and not is_open:
                    self._check_sender(scope)
                limited = LimitedBody(receive, BODY_LIMIT)
                limited.check_announced(Request(scope))
                receive = limited.receive
            await self.app(scope, receive, watched.send)
        except ApiError as error:
            if not watched.started:
                await error.response()(scope, receive, send)
        except ClientDisconnect:
            return

    def _check_sender(self, scope: Scope) -> None:
        if self.local:
            _refuse_public_names(scope)
        _refuse_other_sites(scope)

    async def _authenticate(self, scope: Scope) -> Grant | None:
        """What the access token of a request stands for, None for a good key; raises `ApiError` (401)."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        credentials = given[0].strip() if len(given) == 1 else b""
        if credentials[:7].lower() == b"bearer ":
            credentials = b"Bearer " + credentials[7:].strip()
        good = [hmac.compare_digest(credentials, key) for key in self.keys]
        if any(good):
            return None
        grant = await self.grant_of(credentials.removeprefix(b"Bearer ").decode("latin-1"))
        if grant is None:
            problem = "The API key is not valid." if given else "The request has no API key."
            raise ApiError(
                401,
                "unauthorized",
                f"{problem} Send it in the header Authorization: Bearer <key>.",
                headers={"www-authenticate": "Bearer"},
            )
        if grant.expired:
            raise ApiError(
                401,
                "unauthorized",
                "The access token has expired. Exchange the refresh token for a new one.",
                headers={"www-authenticate": 'Bearer error="invalid_token"'},
            )
        return grant


def _refuse_other_sites(scope: Scope) -> None:
    """No key is asked for, so a page of another site, open in a browser on this machine, must get nothing.

    It may link to a page: then it is the browser's user who looks at it.
    """
    headers = scope["headers"]
    hosts = {value for name, value in headers if name == b"host"}
    origins = {value.partition(b"://")[2] for name, value in headers if name == b"origin"}
    told = {name: value for name, value in headers if name.startswith(b"sec-fetch-")}
    linked = (
        scope["method"] in _READING
        and told.get(b"sec-fetch-mode") == b"navigate"
        and told.get(b"sec-fetch-dest") == b"document"
    )
    own = told.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin")
    if (origins and origins != hosts) or not (own or linked):
        raise ApiError(403, "forbidden", "Pages of other sites can neither read nor control the mock.")


def _hardened(send: Send) -> Send:
    """A ``send`` that adds the headers of `_HARDENING`."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            added = [(name, value) for name, value in _HARDENING.items() if name not in names]
            message = {**message, "headers": [*given, *added]}
        await send(message)

    return hardened


def _refuse_public_names(scope: Scope) -> None:
    """A page of another site may have its own name lead to this machine, to be of the same origin (DNS
    rebinding): no browser on this machine has to come by a name that others can have."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    name = host[: host.rindex("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
    if _is_address(name) or _PRIVATE.fullmatch(name.rstrip(".")):
        return
    raise ApiError(
        403,
        "forbidden",
        "The mock listens on this machine alone, and is not read or controlled under a public name:"
        " use 127.0.0.1, or start it with --host.",
    )


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


class _Watched:
    """The sending end of a request, which tells of an answer that is under way."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        self.started = True
        await self._send(message)
