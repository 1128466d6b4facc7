"""Calls an ASGI application directly, as a server would, on the loop of a worker thread."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ada_contract_tests.targets.app_call import AppCall, header_bytes, stack_text, traceback_text
from ada_contract_tests.targets.app_thread import AppThread
from ada_contract_tests.targets.in_process import InProcessTarget
from ada_contract_tests.targets.redact import redact
from ada_contract_tests.targets.url import split_path
from ada_schemas.errors import TargetError, WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers

__all__ = ["AsgiTarget"]

Message = dict[str, Any]

CHUNK = 64 * 1024
"""Bytes of the request's body in one ``http.request`` message."""

CANCEL_LIMIT = 0.1
"""Seconds that a cancelled request has to end before it is left to itself."""

STARTUP_LIMIT = 30.0
"""Seconds that the application's start-up may take."""

BACKGROUND_LIMIT = 1.0
"""Seconds that work after a response (a background task) may delay the answer; then it runs on by itself."""

SHUTDOWN_LIMIT = 3.0
"""Seconds that the application's shutdown may take."""

_BLOCKED = "A blocking call inside an async function stops every request: await it, or run it in a thread."
_FIX_START = "Start the application by itself (for example with uvicorn) and fix what it reports."


class AsgiTarget(InProcessTarget):
    """An ASGI 3 application as a target; its requests may run concurrently.

    The answer of an application that works on after its response (a background task) comes when it has ended,
    and at the latest after a second; then it is left to run on.
    """

    _thread: AppThread
    _lifespan: _Lifespan
    _running: set[asyncio.Task[None]]

    async def start(self) -> None:
        """Run the application's start-up.

        Raises TargetError where the start-up says that it failed, exits, or does not end in time. Its
        ``usage`` is false: the application was named correctly and loaded, it is only that nothing
        will answer, as with a server that refuses connections. An application that raises or returns
        on the lifespan scope does not support it and is used without, as servers do.
        """
        self._worker = self._thread = worker = AppThread("adakit-asgi", hint=_BLOCKED)
        self._lifespan = lifespan = _Lifespan(self._application, self.name)
        self._running = set()
        worker.start()
        self._signals.attend(self._application)
        try:
            await worker.run(lifespan.start, timeout=STARTUP_LIMIT)
        except WireError as error:
            where = worker.blocked_at()
            await self.stop()
            raise lifespan.late(where or error.next_step) from error
        except BaseException:
            await self.stop()
            raise

    async def _shut_down(self, worker: AppThread) -> None:
        if not worker.stuck:
            with contextlib.suppress(WireError):
                await worker.run(self._lifespan.stop, timeout=SHUTDOWN_LIMIT)

    def _prepared(
        self, method: str, path: str, headers: Headers, body: bytes, timeout: float
    ) -> tuple[AppCall, Callable[[], Awaitable[Attempt]]]:
        scope = _http_scope(method, path, headers, body) | {"state": self._lifespan.state.copy()}
        call = _AsgiCall(headers, body, self._clock)
        attempt = partial(self._attempt, scope, call, timeout)
        return call, partial(self._thread.run, attempt, timeout=timeout)

    async def _attempt(self, scope: Message, call: _AsgiCall, timeout: float) -> Attempt:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        self._signals.connect()
        completed = call.open(loop)
        task = loop.create_task(self._served(scope, call))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            await asyncio.wait({task, completed}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if call.complete and not task.done():
                await asyncio.wait({task}, timeout=min(BACKGROUND_LIMIT, max(0.0, deadline - loop.time())))
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done() or call.complete:
            return call.answer(timeout)
        where = _waiting_at(task)
        call.leave()
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_LIMIT)
        return call.timed_out(timeout, where)

    async def _served(self, scope: Message, call: _AsgiCall) -> None:
        call.watch()
        try:
            await self._application(scope, call.receive, call.send)
        except BaseException as error:  # SystemExit too: left in a task it would end the whole loop
            call.failed(error)


class _AsgiCall(AppCall):
    """The two ends of one HTTP scope: ``receive`` and ``send``."""

    def __init__(self, headers: Headers, body: bytes, clock: Clock) -> None:
        super().__init__(headers, clock)
        self._unread: memoryview | None = memoryview(body)
        self._completed: asyncio.Future[None]
        self._left = False

    def open(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Begin in ``loop``; the future is done once the response is complete, or the client is gone."""
        self._completed = loop.create_future()
        return self._completed

    def leave(self) -> None:
        """The client goes away: what is sent from now on is lost."""
        self._left = True
        self._close()

    async def receive(self) -> Message:
        """The body in pieces; then ``http.disconnect``, not before the response is complete."""
        if self._unread is not None:
            piece, rest = self._unread[:CHUNK], self._unread[CHUNK:]
            self._unread = rest or None
            return {"type": "http.request", "body": bytes(piece), "more_body": bool(rest)}
        await asyncio.wait({self._completed})
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message of the response; raises into the application what a server would."""
        if self._left:
            return
        kind = message["type"]
        if kind == "http.response.start" and not self.begun:
            headers = tuple(_header(name, value) for name, value in message.get("headers", ()))
            self.status, self.headers, self.begun = int(message["status"]), headers, True
        elif kind == "http.response.body" and self.begun and not self.complete:
            self.keep(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self.finish()
                self._close()
        else:
            expected = "http.response.body" if self.begun else "http.response.start"
            if self.complete:
                raise RuntimeError(f"the application sent '{kind}' after the end of its response")
            raise RuntimeError(f"the application sent '{kind}' instead of '{expected}'")

    def _close(self) -> None:
        if not self._completed.done():
            self._completed.set_result(None)


class _Lifespan:
    """Start-up and shutdown of an application; every method but ``error`` runs in the worker's loop."""

    def __init__(self, application: Callable[..., Any], name: str) -> None:
        self._application = application
        self._name = name
        self._task: asyncio.Task[None] | None = None
        self._exit: BaseException | None = None
        self._failure: str | None = None
        self._started = asyncio.Event()
        self._shutdown = asyncio.Event()
        self._received = 0
        self.state: dict[str, Any] = {}

    def error(self, what: str, details: str = "") -> TargetError:
        """The TargetError for a start-up that did ``what``; ``details`` may have several lines."""
        step = f"{_FIX_START}\n{details.rstrip()}" if details else _FIX_START
        text = f"The start-up of {self._name} {what}."
        return TargetError(redact(text), usage=False, next_step=redact(step).replace("\n", "\n  "))

    def late(self, where: str) -> TargetError:
        """The TargetError for a start-up that does not end; ``where`` tells where the application is."""
        return self.error(f"did not finish within {STARTUP_LIMIT:g} s", where)

    async def start(self) -> None:
        """Send ``lifespan.startup``; raises TargetError where it fails or does not end in time."""
        self._task = task = asyncio.create_task(self._run())
        started = asyncio.create_task(self._started.wait())
        await asyncio.wait({task, started}, timeout=STARTUP_LIMIT, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if self._failure is not None:
            last = self._failure.strip().rpartition("\n")[2]
            raise self.error(
                f"failed: {last or 'no message'}", self._failure if last != self._failure else ""
            )
        if self._exit is not None and not self._started.is_set():
            raise self.error(f"raised {self._exit!r}", traceback_text(self._exit))
        if not task.done() and not self._started.is_set():
            where = _waiting_at(task)
            task.cancel()
            raise self.late(where or "")

    async def stop(self) -> None:
        """Send ``lifespan.shutdown`` and wait for its end, at most SHUTDOWN_LIMIT seconds."""
        self._shutdown.set()
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=SHUTDOWN_LIMIT)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._application(scope, self._receive, self._send)
        except (SystemExit, KeyboardInterrupt) as error:  # left in a task they would end the whole loop
            self._exit = error
        except Exception:  # noqa: S110 - not supported; what matters here was told by startup.failed
            pass

    async def _receive(self) -> Message:
        self._received += 1
        if self._received == 1:
            return {"type": "lifespan.startup"}
        if self._received == 2:
            await self._shutdown.wait()
            return {"type": "lifespan.shutdown"}
        await asyncio.get_running_loop().create_future()  # nothing more comes; stop() cancels
        raise AssertionError("unreachable")

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.failed":
            self._failure = str(message.get("message", ""))
            self._started.set()
        elif kind == "lifespan.startup.complete":
            self._started.set()
        elif kind not in {"lifespan.shutdown.complete", "lifespan.shutdown.failed"}:
            raise RuntimeError(f"the application sent '{kind}' on the lifespan scope")


def _http_scope(method: str, path: str, headers: Headers, body: bytes) -> Message:
    raw_path, query = split_path(path)
    # ASGI wants lowercase names, so the letter case of the wire cannot be shown to the application.
    sent = [(header_bytes(name.lower()), header_bytes(value).strip(b" \t")) for name, value in headers]
    names = {name for name, _ in sent}
    if b"host" not in names:
        sent.insert(0, (b"host", b"localhost"))
    if not names & {b"content-length", b"transfer-encoding"}:
        sent.append((b"content-length", str(len(body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": sent,
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 443),
    }


def _header(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, bytes) or not isinstance(value, bytes):
        raise TypeError(f"response headers must be pairs of bytes, got {name!r} and {value!r}")
    return name.decode("latin-1"), value.decode("latin-1")


def _waiting_at(task: asyncio.Task[None]) -> str | None:
    """Where a suspended task waits, as text: its chain of awaits, without the kit's frames."""
    frames = []
    coroutine: Coroutine[Any, Any, None] | Any = task.get_coro()
    while coroutine is not None:
        for kind, inner in (("cr", "cr_await"), ("gi", "gi_yieldfrom"), ("ag", "ag_await")):
            if (frame := getattr(coroutine, f"{kind}_frame", None)) is not None:
                if not frame.f_code.co_filename.startswith(__file__):
                    frames.append((frame, frame.f_lineno))
                coroutine = getattr(coroutine, inner)
                break
        else:
            break
    return stack_text("Waiting here", traceback.StackSummary.extract(iter(frames))) if frames else None
