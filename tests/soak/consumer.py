"""A consumer that fails at random and remembers all that it received."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from ada_mockserver import verify
from ada_mockserver.http_server import base_url, bind, make_server
from ada_schemas.errors import SignatureError

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.http_server import Message, Receive, Send

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
        bound = bind("127.0.0.1", 0)
        self._server = make_server(self._handle)
        self._serving = asyncio.create_task(self._server.serve(sockets=[bound]))
        return f"{base_url(bound)}/webhooks/ada"

    async def stop(self) -> None:
        """Listen no more."""
        self._server.should_exit = True
        await self._serving

    async def _handle(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        try:
            verify(self.secret, request.headers, body, now=time.time())
        except SignatureError:
            self.forged += 1
        receipt = Receipt(request.headers["svix-id"], key_of(json.loads(body)), time.monotonic())
        self.receipts.append(receipt)
        self.open += 1
        answering, leaving = asyncio.create_task(self._answer(receipt)), asyncio.create_task(receive())
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        self.open -= 1
        receipt.ended = time.monotonic()
        if not answering.done():
            answering.cancel()
            if receipt.outcome != "hung":  # the sender gave up after its time limit
                receipt.outcome = "vanished"
        elif (response := answering.result()) is None:
            send.__self__.transport.abort()  # the connection, which ASGI hides
            await leaving
        else:
            leaving.cancel()
            await response(scope, receive, send)

    async def _answer(self, receipt: Receipt) -> Response | None:
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
            return Response(status_code=500)
        if draw < 0.08:
            receipt.outcome = "failed"
            return Response(status_code=429, headers={"retry-after": "7"})
        receipt.outcome = "ok"
        return Response()


def key_of(payload: dict[str, Any]) -> tuple[str, str]:
    """What the event is about, in terms that the client of the API knows too."""
    data = payload["data"]
    name = {"v1.conversation.message": "message_id"}.get(payload["type"], "conversation_id")
    return payload["type"], data.get(name) or data.get("end_user_id", "")
