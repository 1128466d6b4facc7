"""Sends requests to a target at the pace that it asks for, and keeps the ledger of deliveries."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ada_mockserver.delivery.attempt import delivery_headers
from ada_mockserver.delivery.signing import new_message_id

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Sequence

    from ada_contract_tests.exchange import Delivery
    from ada_contract_tests.targets.base import Target
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers

__all__ = ["POLITE", "PacedSender", "asks_for_redelivery", "is_limit"]

LATER = (409, 425, 429, 503)
"""Statuses with which a consumer asks for a redelivery; Ada retries, so one is made before judging."""

REDELIVERY_DELAY = 0.25
"""Seconds before that redelivery, where no Retry-After asks for more."""

SLOWING = 0.5
"""Seconds within which answers that ask to slow down count as one."""

LONGEST_PAUSE = 5.0
"""Seconds at most that a Retry-After makes a run wait."""

MOST_WAITING = 15.0
"""Seconds at most that answers which ask to slow down make a run wait, all together."""

POLITE = 3
"""Redeliveries of one message to a consumer that asks, each time, to wait for a moment."""


def asks_for_redelivery(attempt: Attempt) -> bool:
    """True for an answer that means: not now, deliver again."""
    return attempt.status in LATER


def is_limit(attempt: Attempt) -> bool:
    """True for an answer that is about the rate of requests, and no verdict on the one that it answers."""
    return attempt.status == 429 or (attempt.status == 503 and _has_retry_after(attempt))


def _has_retry_after(attempt: Attempt) -> bool:
    return attempt.response is not None and attempt.response.header("retry-after") is not None


@dataclass(slots=True)
class PacedSender:
    """Makes attempts at one target.

    ``secrets`` is empty for a consumer that verifies nothing; ``timeout`` is in seconds; ``rng`` draws
    message ids, which are fresh for every delivery; ``headers`` are sent beside the usual ones; ``limit`` is
    how many requests may go at a time once the consumer asked to slow down, None before.
    """

    target: Target
    secrets: tuple[str, ...] = field(repr=False)
    timeout: float
    clock: Clock
    rng: random.Random
    headers: Headers = ()
    ledger: list[Delivery] = field(default_factory=list)
    limit: int | None = None
    _taken: int = 0
    _limited_at: tuple[int, float] | None = None
    _first_at: float | None = None
    _waited: float = 0.0
    _waited_until: float = float("-inf")
    _active: int = 0
    _slowed_at: float = float("-inf")
    _turn: asyncio.Condition = field(default_factory=asyncio.Condition)

    def new_id(self) -> str:
        """A message id that was never used."""
        return new_message_id(self.rng)

    def now(self) -> int:
        """Unix time in seconds."""
        return int(self.clock.now())

    async def request(self, headers: Headers, body: bytes, *, path: str | None = None) -> Attempt:
        """Make one request, with the usual headers of a delivery, in its turn if the consumer is slow.

        ``path`` is another than the endpoint's own.
        """
        async with self._a_turn():
            return self._noted(
                await self.target.request(self._with_usual(headers), body, timeout=self.timeout, path=path)
            )

    async def requests_in_turn(self, requests: Sequence[tuple[Headers, bytes]]) -> list[tuple[Attempt, bool]]:
        """Requests (headers, body) over one connection; see `Target.requests_in_turn`."""
        made = [(self._with_usual(headers), body) for headers, body in requests]
        async with self._a_turn():
            answers = await self.target.requests_in_turn(made, timeout=self.timeout)
        return [(self._noted(attempt), reused) for attempt, reused in answers]

    def _noted(self, attempt: Attempt) -> Attempt:
        """Count an answer, for the limit that the endpoint may turn out to have."""
        now = self.clock.monotonic()
        if self._first_at is None:
            self._first_at = now - attempt.elapsed
        if is_limit(attempt):
            self._limited_at = self._limited_at or self._so_far(now)
        elif attempt.status != 503:
            self._taken += 1
        return attempt

    def _so_far(self, now: float) -> tuple[int, float]:
        return self._taken, now - (now if self._first_at is None else self._first_at)

    def limit_seen(self) -> tuple[int, float]:
        """The limit of the endpoint: (requests that were taken, in how many seconds) before it showed."""
        return self._limited_at or self._so_far(self.clock.monotonic())

    def will_wait_for(self, attempt: Attempt, *, again: bool) -> bool:
        """True if a redelivery is made after this answer, False if it asks for too much.

        A 503 that asks for long gets one all the same: it may be about its event; not ``again``.
        """
        if not is_limit(attempt):
            return True
        asked = attempt.response.retry_after(self.clock.now()) if attempt.response is not None else None
        return self._waited < MOST_WAITING and (
            (attempt.status != 429 and not again) or (asked or 0.0) <= LONGEST_PAUSE
        )

    def had_not_started(self) -> None:
        """Forget what was asked so far: the consumer was not slow, but not there yet."""
        self.limit, self._limited_at, self._waited = None, None, 0.0

    async def requests_together(self, requests: Sequence[tuple[Headers, bytes]]) -> list[Attempt]:
        """Requests (headers, body) that arrive in one moment, in turn if the consumer is slow."""
        if self.limit is not None:
            return await asyncio.gather(*(self.request(*each) for each in requests))
        made = [(self._with_usual(headers), body) for headers, body in requests]
        async with self._a_turn():
            return await self.target.requests_together(made, timeout=self.timeout)

    def _with_usual(self, headers: Headers) -> Headers:
        return delivery_headers((), (*self.headers, *headers))

    @asynccontextmanager
    async def _a_turn(self) -> AsyncIterator[None]:
        async with self._turn:
            await self._turn.wait_for(lambda: self.limit is None or self._active < self.limit)
            self._active += 1
        try:
            yield
        finally:
            async with self._turn:
                self._active -= 1
                self._turn.notify_all()

    async def pause(self, attempt: Attempt) -> None:
        """Wait as long as an answer asks for; after a Retry-After, half as many requests go at a time."""
        response, now = attempt.response, self.clock.monotonic()
        if response is not None and response.header("retry-after") and now - self._slowed_at > SLOWING:
            self._slowed_at = now
            self.limit = max(1, (self.limit or max(2, self._active + 1)) // 2)
        asked = response.retry_after(self.clock.now()) if response is not None else None
        await self.clock.sleep(min(REDELIVERY_DELAY if asked is None else asked, LONGEST_PAUSE))
        if is_limit(attempt):
            over = self.clock.monotonic()
            self._waited += over - max(now, min(self._waited_until, over))
            self._waited_until = over
