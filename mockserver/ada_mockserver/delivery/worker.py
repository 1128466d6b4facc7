"""One that delivers: one event at a time, over one connection that it keeps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.keepalive import open_connection
from ada_mockserver.delivery.load_report import UNCONNECTED
from ada_mockserver.delivery.pauses import AFTER_FAILURE, BEFORE_RECONNECT, BEFORE_RETRY, LONGEST_WAIT
from ada_mockserver.delivery.response_parser import Failure, late_answer

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ada_mockserver.delivery.delivery_run import DeliveryRun
    from ada_mockserver.delivery.http import Response
    from ada_mockserver.delivery.keepalive import Connection

__all__ = ["SWEEPS", "Worker"]

Item = TypeVar("Item")

SWEEPS = 20
"""How often within the time limit it is looked for attempts whose time is up."""
_SLOWER = frozenset({429, 503})
"""Answers whose ``Retry-After`` is heeded."""


class Dispatcher(Protocol):
    """Whoever gives a worker its deliveries."""

    def proceed(self, worker: Worker[Any], now: float) -> None:
        """Give a worker that has ended a delivery the next one, once it is time for one."""

    def release(self, worker: Worker[Any]) -> None:
        """Take a worker back that has nothing to deliver."""


class Worker(Generic[Item]):
    """Delivers an event, again where it may be repeated, and asks the loop for the next.

    A request that met a connection which the peer had just closed goes once more, over a new connection: only
    if the connection was kept and not one byte of an answer came. Over a new one it may have arrived.
    ``key`` is the conversation that is its own for now.
    """

    __slots__ = (
        *("_asked", "_begun", "_body", "_connection", "_due", "_dispatcher", "_failures", "_run"),
        *("_message_id", "_request", "_sweeps", "_tries", "item", "key"),
    )

    def __init__(self, run: DeliveryRun[Item], dispatcher: Dispatcher) -> None:
        self._run = run
        self._dispatcher = dispatcher
        self._connection: Connection | None = None
        self._failures = 0
        self._asked = 0.0
        self.key: Hashable = None
        self.item: Any = None

    def begin(self, item: Item, due: float, now: float) -> None:
        """Deliver ``item``, after a pause if the last deliveries failed."""
        source = self._run.source
        self.item, self._due, self._tries = item, due, 0
        self._body = source.body(item)
        given = None if source.message_id is None else source.message_id(item)
        self._message_id = next(self._run.ids) if given is None else given.encode()
        if self._failures and (pause := self.pause()):
            self._run.spawn(self._begin_after(pause))
        else:
            self._attempt(now)

    async def _begin_after(self, seconds: float) -> None:
        run = self._run
        await run.clock.sleep(min(seconds, max(0.0, run.left)))
        if run.left > 0:
            self._attempt(run.clock.monotonic())
        else:
            self._dispatcher.release(self)

    def pause(self) -> float:
        """The seconds to wait after what has failed, once; 0 after a success."""
        if not self._failures:
            return 0.0
        asked, self._asked = self._asked, 0.0
        return max(asked, AFTER_FAILURE.seconds(self._failures, self._run.rng.random()))

    def _attempt(self, now: float) -> None:
        run, report = self._run, self._run.report
        self._begun, self._sweeps = now, 0
        self._tries += 1
        request = run.template.request(self._message_id, int(run.clock.now()), self._body)
        self._request = request
        report.attempts += 1
        report.bytes_sent += len(request)
        if self._connection is None:
            run.spawn(self._open())
        else:
            self._connection.send(request)

    async def _open(self) -> None:
        """Open a connection and send the request; a refused one is tried again while there is time.

        That holds once the endpoint has answered: then it restarts, and nothing can have arrived.
        """
        run, refusals = self._run, 0
        limit = run.endpoint.timeout
        while True:
            left = self._begun + limit - run.clock.monotonic()
            try:
                async with asyncio.timeout(left):
                    connection = await open_connection(self, run.known, run.template.target, run.ssl_context)
            except TimeoutError:
                failure = Failure("timeout", f"gave no connection within {limit:g} s")
            except Failure as error:
                failure = error
            else:
                break
            refusals += 1
            pause = BEFORE_RECONNECT.seconds(refusals, run.rng.random())
            if failure.kind not in UNCONNECTED or not run.heard or pause >= left:
                self._unanswered(failure)
                return
            await run.clock.sleep(pause)
        run.report.connections += 1
        self._connection = connection
        self._sweeps = int(SWEEPS * (1 - left / limit))
        connection.send(self._request)

    def answered(self, answer: Response) -> None:
        """The connection: the answer is there."""
        run, status = self._run, answer.status
        try:
            now = run.clock.monotonic()
            run.heard = True
            if 200 <= status < 300:
                self._failures = 0
            else:
                self._failures += 1
                asked = answer.retry_after(run.clock.now()) if status in _SLOWER else None
                self._asked = min(LONGEST_WAIT, asked or 0.0)
                if self._repeats():
                    return
            run.report.add_answer(status, now - self._due, now - self._begun, now - run.started)
            if self._tries > 1:
                run.report.repeated += 1
            if run.source.done is not None:
                response = replace(answer, elapsed=now - self._begun)
                run.source.done(self.item, Attempt(self._message_id.decode(), response))
            self._dispatcher.proceed(self, now)
        except Exception as error:
            run.crash(error)

    def failed(self, failure: Failure, *, unheard: bool) -> None:
        """The connection: it is gone, and no answer came."""
        kept = self._connection is not None and self._connection.reused
        self.closed()
        if kept and unheard:
            self._run.report.resent += 1
            self._run.report.bytes_sent += len(self._request)
            self._run.spawn(self._open())
        else:
            self._unanswered(failure)

    def closed(self) -> None:
        """The connection: it is gone, or will be after this answer."""
        if self._connection is not None:
            self._run.report.bytes_received += self._connection.received
            self._connection = None

    def leave(self) -> None:
        """Close the connection; nothing is delivered any more."""
        if self._connection is not None:
            self._connection.abandon()
            self.closed()

    def sweep(self) -> None:
        """End the attempt if its time is up; called so often that the time is at most exceeded by a sweep."""
        connection = self._connection
        if connection is None or not connection.busy:
            return
        self._sweeps += 1
        if self._sweeps > SWEEPS:
            limit = self._run.endpoint.timeout
            failure = late_answer(limit, begun=connection.begun, unread=connection.unsent)
            self.leave()
            self._unanswered(failure)

    def _unanswered(self, failure: Failure) -> None:
        run = self._run
        try:
            now = run.clock.monotonic()
            self._failures += 1
            if self._repeats():
                return
            error = failure.as_error(run.template.target.peer, now - self._begun)
            run.report.add_error(error, now - run.started)
            if self._tries > 1:
                run.report.repeated += 1
            if run.source.done is not None:
                run.source.done(self.item, Attempt(self._message_id.decode(), error=error))
            if failure.kind in UNCONNECTED and not run.heard:
                run.stopping = True  # nobody is there
            self._dispatcher.proceed(self, now)
        except Exception as error:
            run.crash(error)

    def _repeats(self) -> bool:
        """True if the delivery is tried again, later."""
        if self._tries >= self._run.attempts or self._run.stopping:
            return False
        pause = BEFORE_RETRY.seconds(self._tries, self._run.rng.random())
        self._run.spawn(self._repeat_after(max(self._asked, pause)))
        self._asked = 0.0
        return True

    async def _repeat_after(self, seconds: float) -> None:
        await self._run.clock.sleep(seconds)
        self._attempt(self._run.clock.monotonic())
