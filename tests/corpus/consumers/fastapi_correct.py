"""Further correct FastAPI consumers."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI, Request, Response, status
from svix.webhooks import Webhook, WebhookVerificationError

from corpus.consumers.fastapi_base import FastApiConsumer
from corpus.core.intake import Event, Reply
from corpus.core.registry import consumer
from corpus.core.verify import RefusedError
from corpus.core.witness import current, defer, note


@consumer("fastapi-textbook-svix")
class TextbookSvix(FastApiConsumer):
    """The FastAPI example of the Svix documentation, with a set of the ids that were handled."""

    def __init__(self, secret: str, seen: object) -> None:
        super().__init__(secret, seen)
        self.secret = secret

    def routes(self, app: FastAPI) -> None:
        @app.post("/webhooks/ada", status_code=status.HTTP_204_NO_CONTENT)
        async def webhook_handler(request: Request, response: Response) -> None:
            headers = request.headers
            payload = await request.body()
            try:
                wh = Webhook(self.secret)
                wh.verify(payload, headers)
            except WebhookVerificationError:
                response.status_code = status.HTTP_400_BAD_REQUEST
                return
            await self.once(headers["svix-id"], self.decode(payload))


@consumer("fastapi-queue-202")
class Queue202(FastApiConsumer):
    """Answers 202 and works the events off one after the other."""

    def setup(self) -> None:
        super().setup()
        self.worker: asyncio.Task[None] | None = None

    async def dispatch(self, event: Event) -> Reply:
        if self.handler(event) is None:
            return self.unknown(event)
        if self.worker is None:
            self.jobs: asyncio.Queue[Any] = asyncio.Queue()
            self.worker = asyncio.create_task(self.work())
        self.jobs.put_nowait((defer(), event))
        return Reply(202)

    async def work(self) -> None:
        while True:
            attempt, event = await self.jobs.get()
            current.set(attempt)
            try:
                await super().dispatch(event)
            except Exception:
                note("rejected")
            self.seen.settle(attempt)


@consumer("fastapi-created-201")
class Created201(FastApiConsumer):
    """Answers 201, which is a success like every 2xx."""

    success = 201


@consumer("fastapi-refuses-anonymous")
class RefusesAnonymous(FastApiConsumer):
    """Answers 400 to a conversation event that does not say which conversation it is about."""

    async def dispatch(self, event: Event) -> Reply:
        about_conversation = str(event.get("type")).startswith("v1.conversation.") and self.handler(event)
        if about_conversation and not (event.get("data") or {}).get("conversation_id"):
            raise RefusedError(400, "no conversation_id")
        return await super().dispatch(event)
