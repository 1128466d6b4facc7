"""Running an application on 127.0.0.1, with the witness around it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from corpus.core.witness import Witness


def announce(port: int) -> None:
    """Say that the server is ready."""
    print(f"listening on {port}", flush=True)  # noqa: T201


def listener(port: int) -> socket.socket:
    """A bound socket."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(256)
    return sock


def run_wsgi(app: Callable[..., Iterable[bytes]], seen: Witness, port: int) -> None:
    """Serve a WSGI application, one thread per request."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *args: Any) -> None:
            pass

    sock = listener(port)
    server = make_server(
        "127.0.0.1", port, witnessed_wsgi(app, seen), threaded=True, request_handler=Quiet, fd=sock.fileno()
    )
    announce(sock.getsockname()[1])
    server.serve_forever()


def witnessed_wsgi(app: Callable[..., Iterable[bytes]], seen: Witness) -> Callable[..., Iterable[bytes]]:
    """Enter every request to the application in the witness, and serve the list."""

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/_seen":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [seen.dump()]
        status = 500

        def start(line: str, *args: Any) -> Any:
            nonlocal status
            status = int(line.split(" ", maxsplit=1)[0])
            return start_response(line, *args)

        ids = {"svix-id": environ.get("HTTP_SVIX_ID", ""), "webhook-id": environ.get("HTTP_WEBHOOK_ID", "")}
        attempt = seen.open({name: value for name, value in ids.items() if value})
        try:
            return list(app(environ, start))
        finally:
            seen.close(attempt, status)

    return outer


Scope = dict[str, Any]
Receive = "Callable[[], Awaitable[dict[str, Any]]]"
Send = "Callable[[dict[str, Any]], Awaitable[None]]"


def run_asgi(app: Callable[..., Awaitable[None]], seen: Witness, port: int) -> None:
    """Serve an ASGI application on an event loop."""
    import uvicorn

    sock = listener(port)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce(sock.getsockname()[1])

    config = uvicorn.Config(
        witnessed_asgi(app, seen), loop="asyncio", log_level="warning", access_log=False, lifespan="on"
    )
    asyncio.run(Server(config).serve([sock]))


def witnessed_asgi(app: Callable[..., Awaitable[None]], seen: Witness) -> Callable[..., Awaitable[None]]:
    """Enter every request to the application in the witness, and serve the list."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if scope["path"] == "/_seen":
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": seen.dump()})
            return
        attempt = seen.open({name.decode(): value.decode("latin-1") for name, value in scope["headers"]})
        answered = False

        async def entered(message: dict[str, Any]) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                seen.close(attempt, message["status"])
            await send(message)

        try:
            await app(scope, receive, entered)
        except Exception:
            if not answered:
                seen.close(attempt, 500)
            raise

    return outer
