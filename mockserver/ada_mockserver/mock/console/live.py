"""The live feed: tells open pages that something was stored, as server-sent events.

It says what changed, not how: pages ask for what they show. While nobody follows it, it does nothing; it
reads the database once for all who do, and tells them twice a second at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from ada_mockserver.clock import SteeredClock
from ada_mockserver.mock.store.models import Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ada_mockserver.clock import Clock
    from ada_mockserver.mock.store.database import Database

__all__ = ["LiveFeed"]

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
    """A page that follows: what it was not told yet."""

    changed: set[str] = field(default_factory=set)
    anything: bool = False
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
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._newest = self._last_attempt = 0
        self._under_way: set[int] = set()
        self._unfollow: Callable[[], None] = lambda: None

    def nudge(self) -> None:
        """Tell all followers to look again, for a change that is not in the database."""
        if self._loop is not None and not self._closed:
            self._loop.call_soon_threadsafe(self._wake.set)

    def close(self) -> None:
        """End the streams of all followers, and take no more: the server ends."""
        self._closed = True
        if self._watching is not None:
            self._watching.cancel()
        for follower in self._followers:
            follower.wake.set()

    async def follow(self) -> AsyncIterator[bytes]:
        """Server-sent events until the feed is closed.

        Each holds ``newest``, the ordinal of the newest event, and ``attempt``, that of the newest attempt;
        ``changed``, the ids of events whose
        deliveries changed, null where any may have; ``now`` and ``rate``, the mock's time.
        """
        self._loop = asyncio.get_running_loop()
        follower = _Follower()
        self._followers.add(follower)
        try:
            if self._watching is None:
                self._unfollow = self._database.on_write(self._wake.set)
                await self._look()
                self._watching = asyncio.create_task(self._watch(), name="adakit live feed")
            yield self._message(follower)
            while await self._news(follower):
                yield self._message(follower) if follower.wake.is_set() else b": still here\n\n"
        finally:
            self._followers.discard(follower)
            if not self._followers and self._watching is not None:
                self._watching.cancel()
                self._watching = None
                self._unfollow()

    async def _news(self, follower: _Follower) -> bool:
        """Wait until there is something to tell, or for a while; false once the feed is closed."""
        if not self._closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET):
                    await follower.wake.wait()
        return not self._closed

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
        patience = None if self._database.is_sqlite else POLL
        while True:
            nudged = True
            try:
                async with asyncio.timeout(patience):
                    await self._wake.wait()
            except TimeoutError:
                nudged = False
            self._wake.clear()
            before = self._newest
            changed = await self._look()
            if nudged or changed or self._newest != before:
                for follower in self._followers:
                    follower.changed |= changed
                    if len(follower.changed) > MOST_NAMED:
                        follower.changed, follower.anything = set(), True
                    follower.wake.set()
            await asyncio.sleep(PAUSE)

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
