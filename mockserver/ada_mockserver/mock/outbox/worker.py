"""Delivers what is due, again and again: bounded concurrency per endpoint, no promise of order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import Counter
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from ada_mockserver.clock import SteeredClock, SystemClock
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.events.ids import new_id
from ada_mockserver.mock.outbox.attempt import send
from ada_mockserver.mock.outbox.backoff import JITTER, SCHEDULES
from ada_mockserver.mock.outbox.claims import Now, claim_due, finish, next_due, release
from ada_mockserver.mock.outbox.shared_settings import load_settings, store_time
from ada_mockserver.mock.outbox.transitions import next_state
from ada_mockserver.mock.store.database import unwritable
from ada_mockserver.mock.store.endpoints import disable_endpoint, end_deliveries
from ada_schemas.contract.contract import ada_profile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from ada_mockserver.clock import AdjustableClock, Clock
    from ada_mockserver.delivery.attempt import Client
    from ada_mockserver.mock.outbox.claims import Claimed
    from ada_mockserver.mock.store.database import Database
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = ["GRACE", "Begin", "Jobs", "Options", "Worker"]

Begin: TypeAlias = "Callable[[Coroutine[Any, Any, None]], object]"
"""Begins work that takes time, such as a call over the network, and does not wait for it."""

Jobs: TypeAlias = "Callable[[Begin], Awaitable[float | None]]"
"""Does what is due by now; returns when the next thing is due, in the mock's time, None where nothing is."""

POLL = 0.5
"""Seconds after which a worker looks for what other processes stored, or left behind."""

GRACE = 15.0
"""Seconds by which a claim outlasts the longest attempt."""

_log = logging.getLogger(__name__)
_MACHINE = SystemClock()


@dataclass(frozen=True, slots=True)
class Options:
    """How to deliver; times are in seconds.

    ``client`` sends one request; ``machine_clock`` is the time of signatures and leases, which the receiver
    and other processes share; ``rng`` draws ids and jitter. ``schedule`` holds the waits after each failure,
    ``jitter`` is the share by which one varies, ``concurrency`` the most attempts at a time for an endpoint,
    ``timeout`` limits an attempt, and ``lease`` is how long a claim holds: after it others take over what a
    process that died was attempting, so it is longer than any attempt. ``contract`` has the events that rules
    of chaos can name, and the profile by which requests are made; it is ours if None.
    """

    client: Client = field(default_factory=lambda: Wire(clock=_MACHINE))
    machine_clock: Clock = _MACHINE
    rng: Random = field(default_factory=SystemRandom, repr=False)
    schedule: tuple[float, ...] = SCHEDULES["svix-8"]
    jitter: float = JITTER
    concurrency: int = 8
    timeout: float = TIME_LIMIT
    lease: float = TIME_LIMIT + GRACE
    contract: Contract | None = None

    @property
    def profile(self) -> Profile:
        """How the provider delivers."""
        return ada_profile() if self.contract is None else self.contract.profile


class Worker:
    """Claims due deliveries and attempts them; one of several, possibly, that share a database.

    ``busy`` counts attempts under way, and what jobs have begun; ``jobs`` are done whenever it looks for what
    is due, before it does.
    """

    def __init__(
        self, database: Database, clock: AdjustableClock, options: Options, jobs: Jobs | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._options = options
        self._owner = new_id(f"worker-{os.getpid()}-", options.rng)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room: Counter[str] = Counter()
        self._jobs = jobs
        self._wake = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._next: float | None = None
        self._loop: asyncio.Task[None] | None = None

    @property
    def busy(self) -> int:
        """How many attempts are under way."""
        return len(self._tasks)

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    def start(self) -> None:
        """Begin to deliver in the running event loop."""
        self._database.on_wake(self.wake)
        self._loop = asyncio.create_task(self._run(), name="adakit outbox")

    async def stop(self, *, grace: float) -> None:
        """Begin no more attempts, wait ``grace`` seconds for those under way, give the others back."""
        if self._loop is not None:
            self._loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop
            self._loop = None
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with self._database.begin() as session:
                await release(session, now=self._clock.now(), owner=self._owner)
        except (SQLAlchemyError, OSError) as error:
            if not unwritable(error):
                raise
            _report("What was claimed could not be given back; its claim will expire", error)

    async def run_due(self) -> float | None:
        """Attempt everything that is due now, and what becomes due with it, until nothing is.

        Returns when the next delivery is due, in the mock's time; None if none is pending.
        """
        while True:
            await self.claim()
            if not self._tasks:
                return self._next
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def claim(self) -> None:
        """Begin what is due and has room."""
        async with self._claiming:
            job_due = None if self._jobs is None else await self._jobs(self.begin)
            async with self._database.begin() as session:
                chaos = await load_settings(session, self._clock, self._options.contract)
                now = Now(self._clock.now(), self._options.machine_clock.now())
                claimed = await claim_due(
                    session,
                    now=now,
                    owner=self._owner,
                    lease=self._options.lease,
                    room=lambda endpoint_id: self._options.concurrency - self._room[endpoint_id],
                    chaos=chaos,
                    profile=self._options.profile,
                    rng=self._options.rng,
                )
                # Among many that wait, the first is worth looking for only when nothing else is to do.
                due = now.mock if claimed else await next_due(session, machine=now.wall)
                self._next = min((at for at in (job_due, due) if at is not None), default=None)
            for one in claimed:
                self._begin(one)

    def begin(self, work: Coroutine[Any, Any, None], *, name: str = "adakit job") -> asyncio.Task[None]:
        """Have work done beside the rest; it counts as under way until it ends."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def move_to(self, moment: float) -> None:
        """Move the clock on to ``moment`` of the mock's time, for every process that shares the outbox."""
        clock = self._clock
        if not isinstance(clock, SteeredClock):
            clock.advance(max(0.0, moment - clock.now()))
            return
        async with self._claiming, self._database.begin() as session:
            await load_settings(session, clock, self._options.contract)
            clock.advance(max(0.0, moment - clock.now()))
            await store_time(session, clock.line)

    async def _run(self) -> None:
        known = ""
        while True:
            self._wake.clear()
            pause = POLL
            try:
                await self.claim()
            except (SQLAlchemyError, OSError) as error:
                if (reason := unwritable(error)) != known or not reason:
                    _report("The database of the outbox cannot be used; trying again", error)
                known = reason
            else:
                known = ""
                ahead = POLL if self._next is None else self._next - self._clock.now()
                if ahead > 0:  # else there is no room for what is due, and who finishes wakes this up
                    pause = min(POLL, self._clock.machine_seconds(ahead))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def _begin(self, one: Claimed) -> None:
        self._room[one.endpoint.id] += 1
        task = self.begin(self._attempt(one), name=f"adakit attempt {one.attempt}")
        task.add_done_callback(lambda _: self._room.subtract((one.endpoint.id,)))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            _report("An attempt's outcome could not be stored; its claim will expire", error)

    async def _attempt(self, one: Claimed) -> None:
        options = self._options
        outcomes = await asyncio.gather(
            *(
                send(one.request, client=options.client, timeout=options.timeout, plan=one.plan)
                for _ in range(1 + len(one.copies))
            )
        )
        now = self._clock.now()
        following = next_state(
            outcomes[0],
            failures=one.failures,
            now=now,
            answered_at=options.machine_clock.now(),
            schedule=options.schedule,
            rng=options.rng,
            jitter=options.jitter,
            only_200=one.only_200,
        )
        async with self._database.begin() as session:
            disable = await finish(session, one, outcomes, following, owner=self._owner, now=now)
        if disable:
            await self._disable(one.endpoint.id, disable, now)

    async def _disable(self, endpoint_id: str, reason: str, now: float) -> None:
        # Each in a transaction of its own: none waits for a row while it holds one that others wait for.
        async with self._database.begin() as session:
            await disable_endpoint(session, endpoint_id, reason=reason, now=now)
        async with self._database.begin() as session:
            await end_deliveries(session, endpoint_id, reason="disabled")


def _report(what: str, error: BaseException) -> None:
    """Log an error; where nothing more can be stored, in a line."""
    reason = unwritable(error)
    _log.error("%s%s", what, f": {reason}" if reason else "", exc_info=None if reason else error)
