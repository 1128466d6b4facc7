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

__all__ = ["PacedSender", "asks_for_redelivery"]

LATER = (409, 425, 429, 503)
"""Statuses with which a consumer asks for a redelivery; Ada retries, so one is made before judging."""

REDELIVERY_DELAY = 0.25
"""Seconds before that redelivery, where no Retry-After asks for more."""

SLOWING = 0.5
"""Seconds within which answers that ask to slow down count as one."""

LONGEST_PAUSE = 5.0
"""Seconds at most that a Retry-After makes a run wait."""


def asks_for_redelivery(attempt: Attempt) -> bool:
    """True for an answer that means: not now, deliver again."""
    return attempt.status in LATER


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
            return await self.target.request(self._with_usual(headers), body, timeout=self.timeout, path=path)

    async def requests_in_turn(self, requests: Sequence[tuple[Headers, bytes]]) -> list[tuple[Attempt, bool]]:
        """Requests (headers, body) over one connection; see `Target.requests_in_turn`."""
        made = [(self._with_usual(headers), body) for headers, body in requests]
        async with self._a_turn():
            return await self.target.requests_in_turn(made, timeout=self.timeout)

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
