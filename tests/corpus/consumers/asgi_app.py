"""Plain ASGI consumers, without a framework."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from corpus.core.intake import AsyncConsumer, Data, Event, Reply
from corpus.core.registry import CONSUMERS, consumer
from corpus.core.rows import DictHandlers
from corpus.core.servers import run_asgi
from corpus.core.verify import RefusedError, Verifier
from corpus.core.witness import Witness, current, defer

App = Callable[..., Awaitable[None]]


@consumer("asgi-base")
class AsgiConsumer(DictHandlers, AsyncConsumer):
    """Verifies by hand, deduplicates by svix-id, stores rows."""

    def application(self) -> App:
        async def app(scope: dict[str, Any], receive: App, send: App) -> None:
            if scope["type"] == "lifespan":
                await self.lifespan(receive, send)
                return
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            body = await self.body(receive)
            if (scope["method"], scope["path"]) == ("POST", "/webhooks/ada"):
                reply = await self.receive(headers, body)
            else:
                reply = Reply(404, {"error": "not found"})
            lines = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
            lines.append((b"content-type", b"application/json"))
            await send({"type": "http.response.start", "status": reply.status, "headers": lines})
            await send({"type": "http.response.body", "body": json.dumps(reply.body).encode()})

        return app

    async def lifespan(self, receive: App, send: App) -> None:
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    async def body(self, receive: App) -> bytes:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return body


@consumer("asgi-old-accepted")
class OldAccepted(AsgiConsumer):
    class verifier(Verifier):  # noqa: N801
        def check_time(self, timestamp: str) -> None:
            if not timestamp.isdigit() or int(timestamp) - time.time() > self.tolerance:
                raise RefusedError(401, "from the future")


@consumer("asgi-first-chunk")
class FirstChunk(AsgiConsumer):
    async def body(self, receive: App) -> bytes:
        return (await receive())["body"]


@consumer("asgi-flush-on-next")
class FlushOnNext(AsgiConsumer):
    """Holds each event back until a later one shows that it is the oldest."""

    def setup(self) -> None:
        super().setup()
        self.held: list[tuple[str, Any, Event, Any]] = []

    async def dispatch(self, event: Event) -> Reply:
        handler = self.handler(event)
        if handler is None:
            return self.unknown(event)
        self.held.append((str(event.get("timestamp")), defer(), event, handler))
        self.held.sort(key=lambda item: item[0])
        while len(self.held) > 1:
            _, attempt, earlier, handle = self.held.pop(0)
            current.set(attempt)
            handle(earlier, earlier.get("data") or {})
            self.seen.settle(attempt)
        return Reply(200)


@consumer("asgi-late-created-409")
class CreatedOnce(AsgiConsumer):
    def conversation_created(self, event: Event, data: Data) -> Reply | None:
        if self.store.get("conversation", data.get("conversation_id")):
            return Reply(409, {"error": "conversation exists"})
        return super().conversation_created(event, data)


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    seen = Witness()
    run_asgi(CONSUMERS[consumer_id](secret, seen).application(), seen, port)
