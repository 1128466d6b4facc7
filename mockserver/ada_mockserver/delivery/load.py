"""Sends many events: so many at a time, at such a rate, for so long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.sender import Sender

__all__ = ["Tally", "dispatch"]

Item = TypeVar("Item")


@dataclass(slots=True)
class Tally:
    """What became of many deliveries; ``latencies`` are those of answered ones, in seconds."""

    delivered: int = 0
    failed: int = 0
    unconnected: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    first_error: str = ""

    def add(self, attempt: Attempt) -> None:
        """Count one delivery."""
        if attempt.accepted:
            self.delivered += 1
        else:
            self.failed += 1
        if attempt.response is not None:
            self.latencies.append(attempt.response.elapsed)
        if attempt.error is not None:
            self.first_error = self.first_error or attempt.error.what
            self.unconnected += attempt.error.kind in ("refused", "dns", "tls")

    def latency(self, share: float) -> float:
        """The latency that this share of the answers stayed within, in seconds; 0 without answers."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def dispatch(
    sender: Sender,
    items: Iterable[Item],
    *,
    body: Callable[[Item], bytes],
    message_id: Callable[[Item], str | None] = lambda _: None,
    clock: Clock,
    concurrency: int = 1,
    rate: float | None = None,
    duration: float | None = None,
    done: Callable[[Item, Attempt], None] | None = None,
) -> Tally:
    """Deliver ``items``, at most ``concurrency`` at a time; in order when that is 1.

    ``rate`` is deliveries begun per second, ``duration`` the seconds after which no further one begins;
    ``message_id`` gives the ``svix-id`` of each, a new one for None; ``done`` is called after each delivery.
    """
    tally, waiting = Tally(), iter(items)
    started, begun = clock.monotonic(), 0

    async def work() -> None:
        nonlocal begun
        while duration is None or clock.monotonic() - started < duration:
            item = next(waiting, None)
            if item is None:
                return
            turn, begun = begun, begun + 1
            if rate is not None:
                due = started + turn / rate
                await clock.sleep(max(0.0, due - clock.monotonic()))
                if duration is not None and clock.monotonic() - started >= duration:
                    return
            attempt = await sender.send(body(item), message_id=message_id(item))
            tally.add(attempt)
            if done is not None:
                done(item, attempt)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(concurrency):
                tasks.create_task(work())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    tally.seconds = clock.monotonic() - started
    return tally
