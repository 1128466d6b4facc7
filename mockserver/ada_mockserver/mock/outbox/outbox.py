"""The outbox as one object: started and stopped, its time and chaos set, events delivered again."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from ada_mockserver.clock import SteeredClock
from ada_mockserver.delivery.chaos import parse_rules
from ada_mockserver.mock.outbox.claims import release
from ada_mockserver.mock.outbox.redelivery import recover, resend, resend_failed
from ada_mockserver.mock.outbox.shared_settings import adopt_time, load_settings, store_chaos
from ada_mockserver.mock.outbox.worker import Options, Worker
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from ada_mockserver.clock import AdjustableClock
    from ada_mockserver.delivery.chaos import Chaos
    from ada_mockserver.mock.outbox.worker import Jobs
    from ada_mockserver.mock.store.database import Database

__all__ = ["Outbox"]

LONGEST_ADVANCE = 366 * 86_400.0
GRACE = 5.0
_SEEDS = 1_000_000_000


class Outbox:
    """Delivers what is published to a database, in the event loop in which it is started.

    ``clock`` decides what is due. Without `start`, `run_due` and `advance` deliver, and nothing else does.
    ``jobs`` are done at their time, too, before deliveries are attempted.
    """

    def __init__(
        self,
        database: Database,
        clock: AdjustableClock,
        options: Options | None = None,
        *,
        jobs: Jobs | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.options = options or Options()
        self._worker = Worker(database, clock, self.options, jobs)
        self._advancing = asyncio.Lock()

    async def start(self) -> None:
        """Take up the deliveries that are stored, those included that a killed process was attempting.

        The tables exist already. Raises `UsageError` when another process uses a database on SQLite.
        """
        alone = self.database.lock()
        async with self.database.begin() as session:
            await self.database.take_turns(session)
            if isinstance(self.clock, SteeredClock):
                await adopt_time(session, self.clock, alone=alone)
            if alone:
                await release(session, now=self.clock.now())
        self._worker.start()

    async def stop(self, *, grace: float = GRACE) -> None:
        """Begin no more attempts, and give those under way ``grace`` seconds; what remains stays stored."""
        await self._worker.stop(grace=grace)

    @property
    def in_flight(self) -> int:
        """How many attempts this process has under way."""
        return self._worker.busy

    async def run_due(self) -> float | None:
        """Attempt all that is due now; returns when nothing more is due or under way.

        The result is when the next attempt is due, in the mock's time (Unix seconds), None if none is.
        """
        return await self._worker.run_due()

    async def advance(self, seconds: float) -> float:
        """Move the clock on, stopping at each attempt that falls due on the way; returns the time then.

        Raises `UsageError` for a span that is negative or longer than a year.
        """
        if not 0 <= seconds <= LONGEST_ADVANCE:
            raise UsageError(
                f"The clock cannot be moved on by {seconds:g} s.",
                next_step=f"Give seconds from 0 to {LONGEST_ADVANCE:.0f}.",
            )
        async with self._advancing:
            target, last = self.clock.now() + seconds, None
            while (due := await self._worker.run_due()) is not None and due <= target:
                if due == last:  # another process is about to claim it
                    await asyncio.sleep(0.01)
                last = due
                await self._worker.move_to(due)
            await self._worker.move_to(target)
            await self._worker.run_due()
        return self.clock.now()

    async def resend(self, event_id: str, *, endpoint_id: str | None = None) -> int:
        """Deliver an event again; see `ada_mockserver.mock.outbox.redelivery.resend`."""
        async with self.database.begin() as session:
            return await resend(session, event_id, now=self.clock.now(), endpoint_id=endpoint_id)

    async def resend_failed(self, endpoint_id: str) -> int:
        """Deliver what failed again; see `ada_mockserver.mock.outbox.redelivery.resend_failed`."""
        async with self.database.begin() as session:
            return await resend_failed(session, endpoint_id, now=self.clock.now())

    async def recover(self, endpoint_id: str, *, since: float) -> int:
        """Deliver what an endpoint missed; see `ada_mockserver.mock.outbox.redelivery.recover`."""
        async with self.database.begin() as session:
            return await recover(session, endpoint_id, since=since, now=self.clock.now())

    async def chaos(self) -> Chaos:
        """The chaos in force."""
        async with self.database.begin() as session:
            return await load_settings(session, self.clock, self.options.contract)

    async def set_chaos(self, rules: str, *, seed: int | None = None) -> Chaos:
        """Put rules in force, ``""`` for none; a seed is drawn if None. Raises `UsageError` for bad rules."""
        parsed = parse_rules(rules, self.options.contract)
        chosen = random.SystemRandom().randrange(_SEEDS) if seed is None else seed
        async with self.database.begin() as session:
            return await store_chaos(session, parsed, chosen)
