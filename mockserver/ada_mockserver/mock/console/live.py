"""The live feed: tells open pages that something was stored, as server-sent events.

It says what changed, not how: pages ask for what they show. While nobody follows it, it does nothing; it
reads the database once for all who do, and tells them twice a second at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from ada_mockserver.clock import SteeredClock
from ada_mockserver.mock.store.models import Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ada_mockserver.clock import Clock
    from ada_mockserver.mock.store.database import Database

__all__ = ["LiveFeed"]

_log = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two messages at least."""

POLL = 1.0
"""Seconds after which it looks for what other processes stored."""

QUIET = 15.0
"""Seconds after which it says something in any case: only then a reader who is gone is noticed."""

MOST_NAMED = 300
"""Events that a message names at most; of more it says that any may have changed."""


@dataclass(eq=False)
class _Follower:
    """A page that follows: what it was not told yet; ``lost`` once there is nobody to tell it."""

    changed: set[str] = field(default_factory=set)
    anything: bool = False
    lost: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class LiveFeed:
    """The changes in a database, for as many followers as there are.

    It lives in the event loop in which the database is used; `nudge` may be called from others.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._followers: set[_Follower] = set()
        self._wake = asyncio.Event()
        self._has_looked = False
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._newest = self._last_attempt = 0
        self._under_way: set[int] = set()

    def nudge(self) -> None:
        """Tell all followers to look again, for a change that is not in the database."""
        if self._loop is not None and not self._closed:
            self._loop.call_soon_threadsafe(self._wake.set)

    def close(self) -> None:
        """End the streams of all followers, and take no more: the server ends."""
        self._closed = True
        self._wake.set()
        for follower in self._followers:
            follower.wake.set()

    async def follow(self) -> AsyncIterator[bytes]:
        """Server-sent events until the feed is closed.

        Each holds ``newest``, the ordinal of the newest event, and ``attempt``, that of the newest attempt;
        ``changed``, the ids of events whose deliveries changed, null where any may have; ``now`` and
        ``rate``, the mock's time.
        """
        self._loop = asyncio.get_running_loop()
        follower = _Follower()
        self._followers.add(follower)
        try:
            if self._watching is None:
                self._watching = asyncio.create_task(self._watch(), name="adakit live feed")
            elif self._has_looked:
                follower.wake.set()
            while await self._news(follower):
                yield self._message(follower) if follower.wake.is_set() else b": still here\n\n"
        finally:
            self._followers.discard(follower)
            self._wake.set()

    async def _news(self, follower: _Follower) -> bool:
        """Wait until there is something to tell, or for a while; false where there will be no more."""
        if not self._closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET):
                    await follower.wake.wait()
        return not (self._closed or follower.lost)

    def _message(self, follower: _Follower) -> bytes:
        rate = self._clock.line.rate if isinstance(self._clock, SteeredClock) else 0.0
        data: dict[str, Any] = {
            "newest": self._newest,
            "attempt": self._last_attempt,
            "changed": None if follower.anything else sorted(follower.changed),
            "now": self._clock.now(),
            "rate": rate,
        }
        follower.wake.clear()
        follower.changed, follower.anything = set(), False
        return b"data: " + json.dumps(data).encode() + b"\n\n"

    async def _watch(self) -> None:
        """Look while somebody follows.

        It is never cancelled: a transaction that is would leave its connection to the mock's others.
        """
        unfollow = self._database.on_write(self._wake.set)
        patience = None if self._database.is_sqlite else POLL
        try:
            await self._look()
            self._has_looked = True
            for follower in self._followers:
                follower.wake.set()
            while self._followers and not self._closed:
                nudged = True
                try:
                    async with asyncio.timeout(patience):
                        await self._wake.wait()
                except TimeoutError:
                    nudged = False
                self._wake.clear()
                if self._followers and not self._closed:
                    await self._tell(nudged=nudged)
                    await asyncio.sleep(PAUSE)
        except (SQLAlchemyError, OSError):
            _log.exception("The live feed cannot read the database; pages that follow it come back")
        finally:
            unfollow()
            self._has_looked, self._watching = False, None
            for follower in self._followers:
                follower.lost = True
                follower.wake.set()

    async def _tell(self, *, nudged: bool) -> None:
        before = self._newest
        changed = await self._look()
        if not (nudged or changed or self._newest != before):
            return
        for follower in self._followers:
            follower.changed |= changed
            if len(follower.changed) > MOST_NAMED:
                follower.changed, follower.anything = set(), True
            follower.wake.set()

    async def _look(self) -> set[str]:
        """Read what is new; returns the events of attempts that began, were under way, or ended."""
        statement = (
            select(LoggedAttempt.ordinal, LoggedAttempt.event_id, LoggedAttempt.state)
            .where(
                or_(
                    LoggedAttempt.ordinal > self._last_attempt,
                    LoggedAttempt.ordinal.in_(sorted(self._under_way)[-MOST_NAMED:]),
                )
            )
            .order_by(LoggedAttempt.ordinal.desc())
            .limit(2 * MOST_NAMED)
        )
        async with self._database.begin() as session:
            self._newest = await session.scalar(select(func.max(Event.ordinal))) or 0
            rows = (await session.execute(statement)).all()
        self._under_way = {row.ordinal for row in rows if row.state == "in-flight"}
        self._last_attempt = max((row.ordinal for row in rows), default=self._last_attempt)
        return {row.event_id for row in rows}
