"""A consumer that fails at random and remembers all that it received."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver import verify
from ada_mockserver.receiver import Receiver, Reply
from ada_schemas.errors import SignatureError

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.receiver import Received

__all__ = ["Consumer", "Receipt"]


SLOW = 4
"""So many requests at a time are answered slowly, so that attempts are always under way; more are not."""


@dataclass(slots=True)
class Receipt:
    """One request; times are monotonic seconds.

    ``outcome`` is ``ok``, ``failed``, ``dropped``, ``hung``, or ``vanished`` where the sender was gone first.
    """

    message_id: str
    key: tuple[str, str]
    begun: float
    ended: float = 0.0
    outcome: str = "open"


@dataclass
class Consumer:
    """Answers at random until ``healthy`` is set; ``secret`` is the webhook's."""

    rng: Random
    secret: str = ""
    healthy: bool = False
    receipts: list[Receipt] = field(default_factory=list)
    forged: int = 0
    open: int = 0

    async def start(self) -> str:
        """Listen; returns the URL."""
        self.receiver = Receiver(self._handle)
        return f"http://127.0.0.1:{await self.receiver.start()}/webhooks/ada"

    async def _handle(self, request: Received) -> Reply | None:
        headers = dict(request.headers)
        try:
            verify(self.secret, headers, request.body, now=time.time())
        except SignatureError:
            self.forged += 1
        receipt = Receipt(headers["svix-id"], key_of(json.loads(request.body)), time.monotonic())
        self.receipts.append(receipt)
        self.open += 1
        try:
            reply = await self._answer(receipt)
        except asyncio.CancelledError:
            if receipt.outcome != "hung":  # the sender gave up after its time limit
                receipt.outcome = "vanished"
            receipt.ended = time.monotonic()
            raise
        finally:
            self.open -= 1
        receipt.ended = time.monotonic()
        return reply

    async def _answer(self, receipt: Receipt) -> Reply | None:
        draw = 1.0 if self.healthy else self.rng.random()
        if draw < 0.0005:
            receipt.outcome = "hung"
            await asyncio.sleep(60)
        if not self.healthy and self.open <= SLOW:
            await asyncio.sleep(self.rng.random() * 0.4)
        if draw < 0.02:
            receipt.outcome = "dropped"
            return None
        if draw < 0.07:
            receipt.outcome = "failed"
            return Reply(500)
        if draw < 0.08:
            receipt.outcome = "failed"
            return Reply(429, (("retry-after", "7"),))
        receipt.outcome = "ok"
        return Reply(200)


def key_of(payload: dict[str, Any]) -> tuple[str, str]:
    """What the event is about, in terms that the client of the API knows too."""
    data = payload["data"]
    name = {"v1.conversation.message": "message_id"}.get(payload["type"], "conversation_id")
    return payload["type"], data.get(name) or data.get("end_user_id", "")
