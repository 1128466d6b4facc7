"""The loop that delivers many events: who is given which one when, until nothing is left.

What comes next is begun in the callback that completes an answer, without a task or a timer: tasks are for
connections that are opened and for pauses, and one timer finds the attempts whose time is up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from ada_mockserver.delivery.lanes import NOTHING, Lanes
from ada_mockserver.delivery.worker import SWEEPS, Worker

if TYPE_CHECKING:
    from ada_mockserver.delivery.delivery_run import DeliveryRun

__all__ = ["DeliveryLoop"]

Item = TypeVar("Item")


class DeliveryLoop(Generic[Item]):
    """A number of workers, and what they are given: as one ends a delivery, or at a rate."""

    def __init__(self, run: DeliveryRun[Item], *, concurrency: int, rate: float | None) -> None:
        self._run = run
        key = run.source.key if concurrency > 1 else None
        self._lanes = Lanes(run.source.items, key, most=max(1000, 20 * concurrency))
        self._rate, self._turn = rate, 0
        self._workers = [Worker(run, self) for _ in range(concurrency)]
        self._idle = deque(self._workers)
        self._holding: deque[Worker[Item]] = deque()
        """Idle ones that have an item, and wait until it is due."""
        self._under_way = 0
        self._pacing = False

    async def deliver(self) -> None:
        """Deliver everything; returns when all has ended, raises what the source raises."""
        run = self._run
        try:
            run.spawn(self._sweep())
            self.dispatch()
            await run.ended()
        finally:
            for worker in self._workers:
                worker.leave()
            await asyncio.sleep(0)  # the connections close
            run.report.unfinished = self._under_way
            run.report.end(run.clock.monotonic() - run.started)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._run.endpoint.timeout / SWEEPS)
            for worker in self._workers:
                worker.sweep()

    def proceed(self, worker: Worker[Item], now: float) -> None:
        """Give a worker that has ended a delivery the next one, once it is time for one."""
        item = self._lanes.follow(worker.key)
        if self._rate is not None:
            worker.item = item
            if pause := worker.pause():
                self._run.spawn(self._rest(worker, pause))
            else:
                self._under_way -= 1
                (self._idle if item is NOTHING else self._holding).append(worker)
            self.dispatch()
            return
        if item is NOTHING and now < self._run.end and not self._run.stopping:
            item, worker.key = self._lanes.take()
        if item is NOTHING or now >= self._run.end or self._run.stopping:
            self.release(worker)
            return
        worker.begin(item, now, now)
        if self._idle and not self._lanes.exhausted:
            self.dispatch()

    def release(self, worker: Worker[Item]) -> None:
        """Take a worker back that has nothing to deliver."""
        self._under_way -= 1
        self._idle.append(worker)
        self._end_if_over()

    async def _rest(self, worker: Worker[Item], seconds: float) -> None:
        """Keep a worker from deliveries, between which there is a rate."""
        free = worker.item is NOTHING
        self._under_way -= free
        await self._run.clock.sleep(seconds)
        self._under_way -= not free
        (self._idle if free else self._holding).append(worker)
        self.dispatch()

    def dispatch(self) -> None:
        """Give idle workers what is due, and see to it that they get the next when it is."""
        try:
            wait = self._begin_due()
        except Exception as error:
            self._run.crash(error)
            return
        if wait > 0 and not self._pacing:
            self._pacing = True
            self._run.spawn(self._pace(wait))
        self._end_if_over()

    async def _pace(self, wait: float) -> None:
        while wait > 0:
            await self._run.clock.sleep(wait)
            wait = self._begin_due()
        self._pacing = False
        self._end_if_over()

    def _begin_due(self) -> float:
        """Begin what is due; returns the seconds until there is more to do, 0 where nobody is free for it."""
        run, rate = self._run, self._rate
        while self._holding or self._hold_next():
            now = due = run.clock.monotonic()
            if now >= run.end or run.stopping:
                break
            if rate is not None:
                due = run.started + self._turn / rate
                if due > now:
                    return min(due, run.end) - now
            worker = self._holding.popleft()
            self._turn += 1
            self._under_way += 1
            if rate is not None:
                run.report.begun, run.report.begun_for = self._turn, now - run.started
            worker.begin(worker.item, due, now)
        return 0.0

    def _hold_next(self) -> bool:
        """Give an idle worker, if there is one, the next item that may go, to hold until it is due."""
        if not self._idle or self._run.left <= 0:
            return False
        item, key = self._lanes.take()
        if item is NOTHING:
            return False
        worker = self._idle.pop()
        worker.item, worker.key = item, key
        self._holding.append(worker)
        return True

    def _end_if_over(self) -> None:
        over = self._lanes.exhausted and not self._holding
        if not self._under_way and (over or self._run.left <= 0):
            self._run.finish()
