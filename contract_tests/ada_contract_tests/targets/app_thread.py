"""The thread that an application in process runs in.

An application may block for ever, and a thread cannot be killed. So it never runs in the caller's
thread, nothing here waits for it without a limit, and its thread is a daemon.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import concurrent.futures.thread
import contextlib
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ada_contract_tests.targets.app_call import OWN_FOLDER, stack_text
from ada_mockserver.clock import new_event_loop
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["GRACE", "AppThread"]

T = TypeVar("T")

GRACE = 0.5
"""Seconds that a thread may be late beyond a time limit before it counts as blocked."""

STOP_LIMIT = 3.0
"""Seconds that ``AppThread.stop`` waits for the thread."""

CLEANUP_LIMIT = 1.0
"""Seconds that tasks left over have to end once they are cancelled."""

_ASYNCIO_FOLDER = str(Path(asyncio.__file__).parent)


class AppThread:
    """One daemon thread that owns one event loop, for an application to run in.

    ``name`` is the thread's; ``hint`` is the next step in the errors for a thread that is blocked; ``stuck``
    is true from when it missed a time limit until it responds again.
    """

    def __init__(self, name: str, *, hint: str = "") -> None:
        self._hint = hint
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._others: frozenset[threading.Thread] = frozenset()
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._running = False
        self.stuck = False

    def start(self) -> None:
        """Start the thread; a worker runs once."""
        self._others = frozenset(threading.enumerate())
        self._open()
        self._running = True
        self._thread.start()

    async def run(
        self, work: Callable[[], Coroutine[Any, Any, T]], *, timeout: float, grace: float = GRACE
    ) -> T:
        """Run ``work()`` as a task in the thread, and return or raise what it does.

        ``work`` bounds its own waiting; ``timeout`` plus ``grace`` (seconds) is when the thread itself
        counts as blocked. It is a function, not a coroutine: nothing is left un-awaited where the thread
        never gets to it. Raises WireError of kind ``timeout`` where the thread does not respond (at once
        while it is stuck) or ``dropped`` where the worker stops, and RuntimeError where it is not started.
        """
        return await self._submit(partial(self._begin, work), timeout, grace)

    def blocked_at(self) -> str | None:
        """Where the thread is in the application's code just now, as text; None where it is not in it."""
        frame = sys._current_frames().get(self._thread.ident or 0)  # noqa: SLF001 - its documented name
        if frame is None:
            return None
        stack = traceback.extract_stack(frame)
        own = [i for i, entry in enumerate(stack) if entry.filename.startswith(OWN_FOLDER)]
        outside = max(own, default=-1) + 1
        while outside < len(stack) and stack[outside].filename.startswith(_ASYNCIO_FOLDER):
            outside += 1
        inner = traceback.StackSummary.from_list(stack[outside:])
        return stack_text("Blocked here", inner) if inner else None

    async def stop(self) -> None:
        """End the thread, and what still runs in it.

        Never raises, and returns within about 4 s; a thread that is blocked is left to end by itself.
        """
        if not self._running:
            return
        self._running = False
        self._end()
        ended = asyncio.wrap_future(self._ended)
        await asyncio.wait({ended}, timeout=0.1 if self.stuck else STOP_LIMIT)
        if ended.done():
            self._thread.join(1.0)
        else:
            ended.cancel()
            if self._loop is not None:  # the thread refers to these: none is destroyed while pending
                self._tasks |= asyncio.all_tasks(self._loop)
        self._let_the_process_exit()

    async def _submit(
        self, begin: Callable[[concurrent.futures.Future[T]], None], timeout: float, grace: float
    ) -> T:
        """Call ``begin(answer)`` in the thread and wait for the answer, see `run`."""
        if not self._running:
            raise RuntimeError("the target is not started")
        if self.stuck:
            raise self._blocked("not sent: the application is still blocked by an earlier request")
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._post(partial(begin, answer))
        mine = asyncio.wrap_future(answer)
        try:
            await asyncio.wait({mine}, timeout=timeout + grace)
            if mine.done():
                return mine.result()
        finally:
            if not mine.done():
                mine.cancel()
        self.stuck = True
        self._post(self._responds)
        raise self._blocked(f"no answer within {timeout:g} s: the application is blocked", timeout)

    def _open(self) -> None:
        self._loop = new_event_loop()

    def _begin(
        self, work: Callable[[], Coroutine[Any, Any, T]], answer: concurrent.futures.Future[T]
    ) -> None:
        if answer.cancelled():
            return
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(partial(self._hand_over, answer))

        def forward_cancel(answer: concurrent.futures.Future[T]) -> None:
            if answer.cancelled():
                self._post(task.cancel)

        answer.add_done_callback(forward_cancel)

    def _hand_over(self, answer: concurrent.futures.Future[T], task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # nobody waits any more
            if task.cancelled():
                answer.set_exception(WireError("the target was stopped", kind="dropped"))
            elif error := task.exception():
                answer.set_exception(error)
            else:
                answer.set_result(task.result())

    def _main(self) -> None:
        loop = self._loop
        if loop is None:
            return
        serving = loop.create_task(self._serve())
        try:
            while not serving.done():
                # A task of the application that raises one of these ends run_until_complete; a server
                # would end with it, the kit goes on. Re-entering is why this is no asyncio.run.
                with contextlib.suppress(SystemExit, KeyboardInterrupt):
                    loop.run_until_complete(serving)
        finally:
            loop.close()
            with contextlib.suppress(concurrent.futures.InvalidStateError):  # stop() no longer waits
                self._ended.set_result(None)

    async def _serve(self) -> None:
        await self._stopping.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CLEANUP_LIMIT)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().shutdown_asyncgens(), CLEANUP_LIMIT)

    def _post(self, callback: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the thread has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback)

    def _end(self) -> None:
        self._post(self._stopping.set)

    def _blocked(self, what: str, elapsed: float = 0.0) -> WireError:
        return WireError(what, kind="timeout", elapsed=elapsed, next_step=self._hint)

    def _responds(self) -> None:
        self.stuck = False

    def _let_the_process_exit(self) -> None:
        """Let the interpreter exit although a thread of an executor is blocked.

        concurrent.futures joins its threads at exit, daemons or not, and one blocked by the application
        would hang the process there. Given up are daemons begun since the start: those of this thread.
        """
        queues = getattr(concurrent.futures.thread, "_threads_queues", {})
        for thread in [thread for thread in queues if thread.daemon and thread not in self._others]:
            queues.pop(thread, None)
