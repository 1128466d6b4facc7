"""Sends requests to a target at the pace that it asks for, and keeps the ledger of deliveries."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ada_mockserver.delivery.attempt import delivery_headers
from ada_mockserver.delivery.signing import new_message_id

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Sequence

    from ada_contract_tests.exchange import Delivery
    from ada_contract_tests.handoff import Handoff
    from ada_contract_tests.targets.base import Target
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers

__all__ = ["POLITE", "PacedSender", "asks_for_redelivery", "is_limit"]

LATER = (409, 425, 429, 503)
"""Statuses with which a consumer asks for a redelivery; senders retry, so one is made before judging."""

REDELIVERY_DELAY = 0.25
"""Seconds before that redelivery, where no Retry-After asks for more."""

SLOWING = 0.5
"""Seconds within which answers that ask to slow down count as one."""

LONGEST_PAUSE = 5.0
"""Seconds at most that a Retry-After makes a run wait."""

MOST_WAITING = 15.0
"""Seconds at most that answers which ask to slow down make a run wait, all together."""

SLOW = 1.0
"""Seconds above which answers tell how many requests the consumer can work on at a time."""

STEADY = 10
"""Answers in good time after which one request more goes at a time."""

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
    """Makes attempts at one target; ``handoff`` is how one is started there, None where that is not checked.

    ``secrets`` is empty for a consumer that verifies nothing; ``timeout`` is in seconds; ``rng`` draws
    message ids, which are fresh for every delivery; ``headers`` are sent beside the usual ones; ``limit`` is
    how many requests may go at a time once the consumer asked to slow down, None before. ``room`` is how many
    it was seen to work on at a time where its answers take long, None where they do not.
    """

    target: Target
    secrets: tuple[str, ...] = field(repr=False)
    timeout: float
    clock: Clock
    rng: random.Random
    headers: Headers = ()
    handoff: Handoff | None = None
    ledger: list[Delivery] = field(default_factory=list)
    limit: int | None = None
    room: int | None = None
    _taken: int = 0
    _limited_at: tuple[int, float] | None = None
    _alone: float | None = None
    _latency: float = 0.0
    _interval: float = 0.0
    _answered_at: float = 0.0
    _steady: int = 0
    _first_at: float | None = None
    _waited: float = 0.0
    _waited_until: float = float("-inf")
    _active: int = 0
    _slowed_at: float = float("-inf")
    _turn: asyncio.Condition = field(default_factory=asyncio.Condition)

    def made_up_path(self, near: str) -> str:
        """A path that nothing stands at, next to that of an address or path."""
        folder = urlsplit(near).path.rpartition("/")[0]
        return f"{folder}/adakit-made-up-{self.rng.randrange(16**8):08x}"

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
            together = self._active
            attempt = await self.target.request(
                self._with_usual(headers), body, timeout=self.timeout, path=path
            )
        self._learn(attempt, together)
        return self._noted(attempt)

    async def call(self, headers: Headers, body: bytes, *, path: str, limit: float) -> Attempt:
        """Make a request that is no delivery: with these headers alone, at its own ``path``.

        It has ``limit`` seconds, fewer where deliveries have fewer; their pace learns nothing of it.
        """
        return await self.target.request(headers, body, timeout=min(self.timeout, limit), path=path)

    async def requests_in_turn(self, requests: Sequence[tuple[Headers, bytes]]) -> list[tuple[Attempt, bool]]:
        """Requests (headers, body) over one connection; see `Target.requests_in_turn`."""
        made = [(self._with_usual(headers), body) for headers, body in requests]
        async with self._a_turn():
            answers = await self.target.requests_in_turn(made, timeout=self.timeout)
        return [(self._noted(attempt), reused) for attempt, reused in answers]

    def _learn(self, attempt: Attempt, together: int) -> None:
        """Learn from an answer how many requests the consumer works on at a time, where it is slow."""
        if attempt.error is not None and attempt.error.kind == "timeout" and together > 1:
            self.room = max(1, min(together, self.room or together) // 2)
        if not attempt.accepted:
            return
        took, now = attempt.elapsed, self.clock.monotonic()
        if self._alone is None:
            self._alone = self._latency = self._interval = took
            self._answered_at = now
            self.room = self.at_once(1_000) if self.is_slow else None
            return
        self._alone = min(self._alone, 0.8 * self._alone + 0.2 * took)
        self._latency += 0.2 * (took - self._latency)
        self._interval += 0.1 * (now - self._answered_at - self._interval)
        self._answered_at = now
        if together > 1 and self._latency > max(SLOW, 2 * self._alone):
            seen = max(1, int(together * self._alone / took))
            self.room = min(seen, self.room or seen)
            self._latency, self._steady = self._alone, 0
        elif self.room is not None and took < 1.5 * self._alone:
            self._steady += 1
            if self._steady >= STEADY:
                self.room, self._steady = self.room + 1, 0

    @property
    def is_slow(self) -> bool:
        """True if an answer takes so long that the number of requests at a time matters."""
        return self._alone is not None and self._alone > SLOW / 2

    @property
    def alone(self) -> float:
        """Seconds that an answer takes with no other request beside it; 0 while that is not known."""
        return self._alone or 0.0

    def at_once(self, most: int) -> int:
        """How many deliveries at once a slow consumer answers in time that takes one after the other."""
        if self._alone is None or not self.is_slow:
            return most
        return max(1, min(most, int(self.timeout / 2 / self._alone)))

    def seconds_for(self, deliveries: int, *, at_a_time: int = 1) -> float:
        """About how many seconds so many deliveries take, ``at_a_time`` of which can go together.

        That is the time of one after the other, or what the consumer needs for as many as come now.
        """
        return max(deliveries * self._interval, deliveries / at_a_time * (self._alone or 0.0))

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
        if self.limit is not None or self.is_slow:
            return await asyncio.gather(*(self.request(*each) for each in requests))
        made = [(self._with_usual(headers), body) for headers, body in requests]
        async with self._a_turn():
            attempts = await self.target.requests_together(made, timeout=self.timeout)
        return [self._noted(attempt) for attempt in attempts]

    def _with_usual(self, headers: Headers) -> Headers:
        return delivery_headers((), (*self.headers, *headers))

    @asynccontextmanager
    async def _a_turn(self) -> AsyncIterator[None]:
        async with self._turn:
            await self._turn.wait_for(self._has_room)
            self._active += 1
        try:
            yield
        finally:
            async with self._turn:
                self._active -= 1
                self._turn.notify_all()

    def _has_room(self) -> bool:
        return all(most is None or self._active < most for most in (self.limit, self.room))

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
