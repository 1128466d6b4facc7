"""The interface of a target: the one place where a delivery meets the consumer under test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ada_mockserver.delivery.http import KEPT_BODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers

__all__ = ["Target"]


class Target(Protocol):
    """A consumer's endpoint: over HTTP, or an ASGI or WSGI application called in process.

    ``name`` is how the user named it (never with credentials in it); ``address`` is the endpoint's URL, or in
    process its path; ``in_process`` is true where no socket is involved.
    """

    name: str
    address: str
    in_process: bool

    async def start(self) -> None:
        """Make ready (start-up of the application); raises TargetError where that fails."""
        return

    async def request(
        self,
        headers: Headers,
        body: bytes,
        *,
        timeout: float,
        method: str = "POST",
        path: str | None = None,
        keep: int = KEPT_BODY,
    ) -> Attempt:
        """Make one attempt of at most ``timeout`` seconds; ``path`` replaces the endpoint's own path.

        Of the response's body ``keep`` bytes are kept. Never raises for what the consumer does: that is in
        the attempt.
        """

    async def requests_in_turn(
        self, requests: Sequence[tuple[Headers, bytes]], *, timeout: float
    ) -> list[tuple[Attempt, bool]]:
        """Make requests over one connection for as long as it is kept; each has ``timeout`` seconds.

        With each answer comes whether it used the connection of the request before; in process none does.
        """
        return [(await self.request(*each, timeout=timeout), False) for each in requests]

    async def requests_together(
        self, requests: Sequence[tuple[Headers, bytes]], *, timeout: float
    ) -> list[Attempt]:
        """Make requests that arrive in one moment, each with ``timeout`` seconds from then on."""
        return await asyncio.gather(*(self.request(*each, timeout=timeout) for each in requests))

    async def stop(self) -> None:
        """Shut the application down; never raises."""
        return
