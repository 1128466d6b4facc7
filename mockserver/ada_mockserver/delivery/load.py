"""Delivers many events to an endpoint: so many at a time, at such a rate, for so long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ada_mockserver.delivery.delivery_loop import DeliveryLoop
from ada_mockserver.delivery.delivery_run import DeliveryRun, Source
from ada_mockserver.delivery.load_report import LoadReport

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from random import Random

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.endpoint import Endpoint

__all__ = ["Load"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Load:
    """Deliveries to one endpoint, over at most ``concurrency`` connections, which are kept.

    ``rate`` is deliveries begun per second, else each begins as another ends; ``duration`` the seconds after
    which no further one begins; ``attempts`` how often one is tried that is not accepted, its id the
    same. ``rng`` draws message ids and the pauses between failures.
    """

    endpoint: Endpoint
    clock: Clock
    rng: Random = field(repr=False)
    concurrency: int = 1
    rate: float | None = None
    duration: float | None = None
    attempts: int = 1

    async def deliver(
        self,
        items: Iterable[Item],
        *,
        body: Callable[[Item], bytes],
        key: Callable[[Item], Hashable] | None = None,
        message_id: Callable[[Item], str | None] | None = None,
        done: Callable[[Item, Attempt], None] | None = None,
        report: LoadReport | None = None,
    ) -> LoadReport:
        """Deliver ``items`` and return the sum; in order where the concurrency is 1.

        Those with one ``key`` (`conversation_of` gives an event's) are delivered in their order and never two
        at a time. ``message_id`` gives the id, a new one for None; ``done`` is called after each
        delivery. A ``report`` that is given is filled as the run goes on, so that others can watch it. What
        ``items`` and these functions raise ends the run and is raised here.
        """
        filled = LoadReport() if report is None else report
        filled.rate, filled.concurrency = self.rate, self.concurrency
        if self.rate is None:
            filled.service = filled.latency
        run = DeliveryRun(
            self.endpoint,
            Source(items, body, key, message_id, done),
            clock=self.clock,
            rng=self.rng,
            report=filled,
            duration=self.duration,
            attempts=self.attempts,
        )
        await DeliveryLoop(run, concurrency=self.concurrency, rate=self.rate).deliver()
        return filled
