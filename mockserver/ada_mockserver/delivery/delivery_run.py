"""One run of deliveries: what is delivered and where to, and the state that all who deliver share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ada_mockserver.delivery.keepalive import KnownAnswers
from ada_mockserver.delivery.request_template import RequestTemplate
from ada_mockserver.delivery.signing import message_ids
from ada_mockserver.delivery.tls import make_ssl_context

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable, Iterable
    from random import Random

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.endpoint import Endpoint
    from ada_mockserver.delivery.load_report import LoadReport

__all__ = ["DeliveryRun", "Source"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Source(Generic[Item]):
    """What is delivered: items, and what is known of each.

    ``key`` names the conversation of an item, ``message_id`` its id where that is not new; ``done``
    is told the outcome.
    """

    items: Iterable[Item]
    body: Callable[[Item], bytes]
    key: Callable[[Item], Hashable] | None = None
    message_id: Callable[[Item], str | None] | None = None
    done: Callable[[Item, Attempt], None] | None = None


class DeliveryRun(Generic[Item]):
    """The endpoint, the source, the clock and the report of a run; times are monotonic seconds.

    ``heard`` is true once the endpoint has answered, ``stopping`` when nothing more is to begin.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        source: Source[Item],
        *,
        clock: Clock,
        rng: Random,
        report: LoadReport,
        duration: float | None,
        attempts: int,
    ) -> None:
        self.endpoint, self.source = endpoint, source
        self.clock, self.rng = clock, rng
        self.report = report
        self.attempts = attempts
        self.template = RequestTemplate(endpoint)
        self.ssl_context = endpoint.ssl_context
        if self.template.target.tls and self.ssl_context is None:
            self.ssl_context = make_ssl_context()
        self.known = KnownAnswers(details=source.done is not None)
        self.ids = message_ids(rng)
        self.heard = self.stopping = False
        self.started = clock.monotonic()
        self.end = float("inf") if duration is None else self.started + duration
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def left(self) -> float:
        """Seconds in which deliveries may begin."""
        return 0.0 if self.stopping else self.end - self.clock.monotonic()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; what it raises ends the run."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._reap)

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.crash(error)

    def crash(self, error: BaseException) -> None:
        """End the run with an error."""
        if not self._finished.done():
            self._finished.set_exception(error)

    def finish(self) -> None:
        """End the run, all being delivered."""
        if not self._finished.done():
            self._finished.set_result(None)

    async def ended(self) -> None:
        """Return when the run has ended; raises what ended it. What is done beside is broken off."""
        try:
            await self._finished
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
