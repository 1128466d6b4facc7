"""An application in process as a target: all that ASGI and WSGI have in common."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ada_contract_tests.targets.base import Target
from ada_contract_tests.targets.framework_signals import FrameworkSignals
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import KEPT_BODY
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from ada_contract_tests.targets.app_call import AppCall
    from ada_contract_tests.targets.app_thread import AppThread
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.http import Headers

__all__ = ["InProcessTarget"]


class InProcessTarget(Target):
    """An application that is called in a thread of its own.

    ``name`` is what the user calls it; ``path`` is the endpoint's, a query included. Time limits are real
    time, whatever ``clock`` is: it measures how long an answer took.
    """

    in_process = True
    _worker: AppThread | None = None

    def __init__(self, application: Callable[..., Any], *, name: str, path: str = "/", clock: Clock) -> None:
        self.name = name
        self._application = application
        self._path = self.address = path
        self._clock = clock
        self._signals = FrameworkSignals()

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
        """Make one attempt of at most ``timeout`` seconds.

        Where the application hangs, the answer's traceback tells where, and until its thread responds later
        attempts answer at once that it is still blocked. Raises RuntimeError where the target is not started.
        """
        worker = self._worker
        if worker is None:
            raise RuntimeError("the target is not started")
        async with self._turn():
            place = self._path if path is None else path
            call, make = self._prepared(method.upper(), place, headers, body, timeout)
            call.limit = keep
            try:
                return await make()
            except WireError as error:
                if call.complete:  # what blocks comes behind the response, which the client has
                    return call.answer(timeout)
                where = call.redacted(worker.blocked_at())
                if error.kind == "timeout" and call.called:
                    return call.timed_out(timeout, where)
                return Attempt(error=error, traceback=where)

    async def stop(self) -> None:
        """Shut the application down and end its thread; never raises, takes at most 8 s."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await self._shut_down(worker)
            await worker.stop()
        self._signals.disconnect()

    async def _shut_down(self, worker: AppThread) -> None:
        """Tell the application that the end has come, where its interface knows one."""

    def _prepared(
        self, method: str, path: str, headers: Headers, body: bytes, timeout: float
    ) -> tuple[AppCall, Callable[[], Awaitable[Attempt]]]:
        """A request as a call of the application, and the function that makes it in the thread."""
        raise NotImplementedError

    def _turn(self) -> AbstractAsyncContextManager[object]:
        """The turn of a request: at once, unless requests run one after the other."""
        return contextlib.nullcontext()
