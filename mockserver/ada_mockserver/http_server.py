"""uvicorn with limits: slow requests time out; over the limit, the longest-idle connection is closed.

uvicorn waits for ever for the rest of a request, and stops to accept when file descriptors run out. Here a
request has to arrive in time, and a connection too many costs the one that has kept the server waiting
longest, never the newcomer. Of its two parsers h11 is taken: it bounds heads and trailers, and keeps requests
that were sent ahead as bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from ada_mockserver.clock import new_event_loop
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from contextlib import AbstractAsyncContextManager
    from types import FrameType

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]

__all__ = [
    "LARGEST_HEAD",
    "Server",
    "ServerThread",
    "base_url",
    "bind",
    "is_loopback",
    "make_server",
    "most_connections",
    "raise_file_limit",
]

RECEIVE_LIMIT = 30.0
"""Seconds in which a whole request has to arrive, counted from the connection or from the last answer; and in
which a client has to take some of an answer that is too long to be sent at once."""

LARGEST_HEAD = 64 * 1024
"""Bytes of a request's head, or of its trailers, that are waited for; more are answered 400."""

BACKLOG = 100
"""Connections that are accepted at one go, before one too many is noticed."""

GRACE = 2
"""Seconds that requests under way may take when the server ends."""

QUEUE = 2048
"""Connections that may wait to be accepted."""


def raise_file_limit() -> None:
    """Allow this process as many files as the system lets it have."""
    with contextlib.suppress(ModuleNotFoundError, ValueError, OSError):
        import resource  # noqa: PLC0415 - Unix only

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_connections() -> int:
    """How many connections may be open, so that files are left to accept others, to store and to deliver."""
    try:
        import resource  # noqa: PLC0415 - Unix only
    except ModuleNotFoundError:
        return 400
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 4096
    return min(4096, max(32, soft - 4 * BACKLOG))


class _Flow(FlowControl):
    """Reads on only once what was sent ahead, after a whole request, is taken."""

    def __init__(self, transport: asyncio.Transport, connection: h11.Connection) -> None:
        super().__init__(transport)
        self._connection = connection

    def resume_reading(self) -> None:
        if self._connection.their_state is not h11.DONE or not self._connection.trailing_data[0]:
            super().resume_reading()


class _Bounded(H11Protocol):
    """A connection that is closed when a request does not arrive, or an answer is not taken, in time.

    A server has a class of its own: ``most`` connections, and those that it is ``waiting`` on, longest first.
    """

    most: int
    receive_limit: float
    waiting: dict[_Bounded, None]
    _deadline: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.flow = _Flow(transport, self.conn)
        self._wait()
        if len(self.connections) > self.most:
            oldest = next(iter(self.waiting))
            oldest._stop_waiting()  # noqa: SLF001 - of this very class
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More has come; after a request that was to be the last one it counts for nothing."""
        if self.conn.their_state is not h11.MUST_CLOSE:
            super().data_received(data)

    def handle_events(self) -> None:
        """Take what has come; once the whole request is here it is the server that takes its time."""
        before = self.conn.their_state
        super().handle_events()
        if not self._owing:
            self._stop_waiting()
        elif before is h11.SEND_BODY and self.conn.their_state is h11.IDLE:  # it was answered before its end
            self._stop_waiting()
            self._wait()

    def on_response_complete(self) -> None:
        """An answer is out, possibly before all of its request was in: then the first deadline holds."""
        super().on_response_complete()
        self.flow.resume_reading()
        if self._deadline is None and self._owing and not self.transport.is_closing():
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Answer 400, unless another answer has begun, and close the connection."""
        if self.cycle is not None:
            self.cycle.disconnected = True
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    @property
    def _owing(self) -> bool:
        """True while it is the client whom the server waits for."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY, h11.ERROR)

    def pause_writing(self) -> None:
        """The client does not take what it is sent."""
        super().pause_writing()
        self._untaken = self.loop.call_later(self.receive_limit, self.transport.abort)

    def resume_writing(self) -> None:
        """It took some of it."""
        super().resume_writing()
        self._taken()

    def _taken(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()

    def _wait(self) -> None:
        self.waiting[self] = None
        self._deadline = self.loop.call_later(self.receive_limit, self.transport.abort)

    def _stop_waiting(self) -> None:
        self.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, not yet listening; port 0 takes a free one.

    Raises `UsageError` where the address is taken, forbidden or unknown.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio turns off Nagle's algorithm only for a socket that says it is TCP: else answers take 40 ms.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except (UnicodeError, socket.gaierror):
        raise UsageError(
            f"Nothing can listen on {host}:{port}: there is no such host.",
            next_step="Name an interface of this machine: 127.0.0.1, ::1, or 0.0.0.0 for all of them.",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "Is another server running there? --port 0 takes a free port."
        if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
            hint = "No interface of this machine has that address: name one, such as 127.0.0.1 or ::1."
        raise UsageError(f"Nothing can listen on {host}:{port}: {reason}.", next_step=hint) from None
    return bound


class Server(uvicorn.Server):
    """uvicorn's server, which says when it starts and ends, and keeps to itself which signal ended it.

    uvicorn raises the signal again once it is done, while the code around it still has to clean up.
    """

    on_started: Callable[[], None] | None = None
    on_ending: Callable[[], None] | None = None
    ended_by: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and call ``on_started`` once requests are taken."""
        await super().startup(sockets)
        for bound in sockets or ():
            bound.listen(QUEUE)
        if self.started and self.on_started is not None:
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Call ``on_ending``, for answers that go on until then, and end."""
        if self.on_ending is not None:
            self.on_ending()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the server, at once when asked twice."""
        super().handle_exit(sig, frame)
        self.ended_by = self._captured_signals.pop()  # what is left there, uvicorn raises


def base_url(bound: socket.socket) -> str:
    """The address at which a bound socket is reached; one that is bound to every interface, on loopback."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(bound: socket.socket) -> bool:
    """True if a bound socket is reached from this machine alone."""
    return ipaddress.ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback


def make_server(
    app: ASGIApp,
    *,
    receive_limit: float = RECEIVE_LIMIT,
    connections: int | None = None,
    log_level: str = "warning",
) -> Server:
    """A server for ``app``, to be run on sockets of `bind`.

    ``receive_limit`` is in seconds; ``connections`` is how many may be open, by default what the limit on
    open files leaves room for.
    """
    limits = {"most": connections or most_connections(), "receive_limit": receive_limit, "waiting": {}}
    protocol = type("BoundedProtocol", (_Bounded,), limits)
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=protocol,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        ws="none",
        lifespan="off",
        backlog=BACKLOG,
        log_level=log_level,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        proxy_headers=False,
    )
    return Server(config)


class ServerThread:
    """A server in a thread of its own, with an event loop of its own, within ``around``.

    ``url`` is where it is.
    """

    def __init__(
        self, server: Server, bound: socket.socket, around: AbstractAsyncContextManager[Any]
    ) -> None:
        self.url = base_url(bound)
        self.loop = new_event_loop()
        self._server = server
        self._socket = bound
        self._around = around
        self._ready = threading.Event()
        server.on_started = self._ready.set
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="adakit server", daemon=True)

    def start(self, timeout: float = 30.0) -> None:
        """Return when requests are answered, ``timeout`` seconds from now at most.

        Raises what kept it from starting.
        """
        self._thread.start()
        if not self._ready.wait(timeout):
            raise TimeoutError(f"The server did not start within {timeout:.0f} s.")
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Shut down and wait until it is."""
        self._server.should_exit = True
        self._thread.join(timeout=30)

    def _run(self) -> None:
        try:
            with self._socket, asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # handed to the thread that waits
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        async with self._around:
            await self._server.serve(sockets=[self._socket])
