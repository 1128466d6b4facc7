"""Calls a WSGI application directly, as a server with one thread would."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import queue
from concurrent.futures import InvalidStateError
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from ada_contract_tests.targets.app_call import AppCall, header_bytes
from ada_contract_tests.targets.app_thread import AppThread
from ada_contract_tests.targets.in_process import InProcessTarget
from ada_contract_tests.targets.url import split_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from concurrent.futures import Future
    from types import TracebackType

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers

    ExcInfo = tuple[type[BaseException], BaseException, TracebackType]

__all__ = ["WsgiTarget"]


class WsgiTarget(InProcessTarget):
    """A WSGI application as a target.

    Requests run one after the other in one thread: connections of SQLite and of Django belong to a
    thread, and an in-memory database under several would fail for reasons that are not the
    application's. A request's time counts from its turn.
    """

    _thread: _CallThread
    _lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    async def start(self) -> None:
        """Start the thread; WSGI knows no start-up, so nothing can fail."""
        self._worker = self._thread = _CallThread("adakit-wsgi")
        self._thread.start()

    def _turn(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._lock is None or self._lock[0] is not loop:  # a lock belongs to one loop
            self._lock = (loop, asyncio.Lock())
        return self._lock[1]

    def _prepared(
        self, method: str, path: str, headers: Headers, body: bytes, timeout: float
    ) -> tuple[AppCall, Callable[[], Awaitable[Attempt]]]:
        call, environ = _WsgiCall(headers, self._clock), _environ(method, path, headers, body)

        async def make() -> Attempt:
            await self._thread.call(partial(self._serve, environ, call), timeout=timeout)
            return call.answer(timeout)

        return call, make

    def _serve(self, environ: dict[str, Any], call: _WsgiCall) -> None:
        self._signals.connect()
        call.watch()
        errors: io.StringIO = environ["wsgi.errors"]  # middleware may put something else in its place
        call.run(self._application, environ)
        call.logged("" if errors.closed else errors.getvalue())


class _CallThread(AppThread):
    """A worker without a loop, that calls functions.

    Where a loop runs, an application could run none of its own: ``asyncio.run`` and the async views of
    Flask and Django would fail in its thread.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    async def call(self, function: Callable[[], None], *, timeout: float) -> None:
        """Call ``function``, which must not raise, in the thread; raises as ``run``, without grace."""
        await self._submit(partial(self._answer, function), timeout, 0.0)

    def _answer(self, function: Callable[[], None], answer: Future[None]) -> None:
        if not answer.cancelled():
            contextvars.copy_context().run(function)
            with contextlib.suppress(InvalidStateError):  # nobody waits any more
                answer.set_result(None)

    def _open(self) -> None:
        pass

    def _main(self) -> None:
        while (callback := self._calls.get()) is not None:
            callback()
        with contextlib.suppress(InvalidStateError):  # stop() no longer waits
            self._ended.set_result(None)

    def _post(self, callback: Callable[[], object]) -> None:
        self._calls.put(callback)

    def _end(self) -> None:
        self._calls.put(None)


class _WsgiCall(AppCall):
    """One call of the application; ``begun`` is set once its first bytes can no longer be replaced."""

    _start_called = False

    def run(self, application: Callable[..., Any], environ: dict[str, Any]) -> None:
        """Call the application, read its response and close it; never raises."""
        self.called = True
        try:
            chunks: Iterable[bytes] = application(environ, self._start_response)
            try:
                self._read(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
        except BaseException as error:  # SystemExit too: left to the loop it would end its thread
            self.failed(error)

    def _read(self, chunks: Iterable[bytes]) -> None:
        if not hasattr(type(chunks), "__iter__") and not hasattr(type(chunks), "__getitem__"):
            what = type(chunks).__name__
            raise TypeError(f"the application returned {what}, not an iterable of bytes")
        for chunk in chunks:
            self._write(chunk)
        if self._start_called:
            self.begun = True
            self.finish()

    def _write(self, chunk: bytes) -> None:
        if not isinstance(chunk, bytes):
            raise TypeError(f"the application's response holds {type(chunk).__name__}, not bytes")
        if not chunk:
            return
        if not self._start_called:
            raise RuntimeError("the application wrote its response without calling start_response")
        self.begun = True
        self.keep(chunk)

    def _start_response(
        self, status: object, headers: Iterable[tuple[object, object]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        if exc_info is not None:
            self.caught(exc_info[1])
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # its traceback holds this frame: a cycle
        elif self._start_called:
            raise RuntimeError("the application called start_response twice")
        if not isinstance(status, str) or not status[:3].isdigit():
            raise TypeError(f"the status must be text such as '200 OK', got {status!r}")
        self.status, self.headers = int(status[:3]), tuple(_header(*pair) for pair in headers)
        self._start_called = True
        return self._write


def _header(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError(f"response headers must be pairs of text, got {name!r} and {value!r}")
    return name, value


def _environ(method: str, path: str, headers: Headers, body: bytes) -> dict[str, Any]:
    raw_path, query = split_path(path)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    given: dict[str, str] = {}
    for name, text in headers:
        if "_" in name:  # servers drop these: they cannot be told from the same name with a hyphen
            continue
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        value = header_bytes(text).strip(b" \t").decode("latin-1")
        between = "; " if key == "HTTP_COOKIE" else ","
        given[key] = f"{given[key]}{between}{value}" if key in given else value
    return environ | given
