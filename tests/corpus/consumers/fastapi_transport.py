"""FastAPI consumers that get delivery wrong: signatures, answers, repeats, order, load."""

import asyncio
from typing import Any

from fastapi import BackgroundTasks, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from corpus.consumers.fastapi_base import FastApiConsumer
from corpus.core.intake import Data, Event, Headers, Reply
from corpus.core.registry import consumer
from corpus.core.verify import RefusedError
from corpus.core.witness import current, defer


@consumer("fastapi-no-verification")
class NoVerification(FastApiConsumer):
    def authenticate(self, headers: Headers, body: bytes) -> None:
        pass


@consumer("fastapi-verifies-conversations")
class VerifiesConversations(FastApiConsumer):
    def authenticate(self, headers: Headers, body: bytes) -> None:
        if str(self.decode(body).get("type")).startswith("v1.conversation."):
            super().authenticate(headers, body)


class Receipt(BaseModel):
    conversation_id: str


@consumer("fastapi-response-model")
class ResponseModel(FastApiConsumer):
    def routes(self, app: FastAPI) -> None:
        @app.post("/webhooks/ada", response_model=Receipt)
        async def webhook(request: Request) -> Any:
            body = await request.body()
            reply = await self.receive(request.headers, body)
            if reply.status != 200:
                return self.respond(reply)
            return self.decode(body).get("data")


@consumer("fastapi-no-dedupe")
class NoDedupe(FastApiConsumer):
    def remember(self, key: Any) -> None:
        pass


@consumer("fastapi-dedupe-message-id")
class DedupeMessageId(FastApiConsumer):
    def key(self, headers: Headers, event: Event) -> Any:
        return event.get("type"), (event.get("data") or {}).get("message_id")


@consumer("fastapi-message-unknown-keyerror")
class MessageUnknownKeyError(FastApiConsumer):
    def setup(self) -> None:
        super().setup()
        self.transcripts: dict[str, list[Any]] = {}

    async def conversation_created(self, event: Event, data: Data) -> Any:
        self.transcripts[data.get("conversation_id")] = []
        await super().conversation_created(event, data)

    def message(self, message: Any) -> None:
        self.transcripts[message.conversation_id].append(message)
        super().message(message)


@consumer("fastapi-older-message-400")
class OlderMessage400(FastApiConsumer):
    def setup(self) -> None:
        super().setup()
        self.latest: dict[str, str] = {}

    def message(self, message: Any) -> None:
        sent = message.created_at or ""
        if sent < self.latest.get(message.conversation_id, ""):
            raise RefusedError(400, "out of order")
        self.latest[message.conversation_id] = sent or self.latest.get(message.conversation_id, "")
        super().message(message)


@consumer("fastapi-pool-of-five")
class PoolOfFive(FastApiConsumer):
    def setup(self) -> None:
        super().setup()
        self.pool = asyncio.Semaphore(5)

    async def dispatch(self, event: Event) -> Reply:
        await asyncio.wait_for(self.pool.acquire(), 0.15)
        try:
            await asyncio.sleep(0.2)
            return await super().dispatch(event)
        finally:
            self.pool.release()


@consumer("fastapi-shared-event")
class SharedEvent(FastApiConsumer):
    async def dispatch(self, event: Event) -> Reply:
        self.event, self.attempt = event, current.get()
        await asyncio.sleep(0.01)
        current.set(self.attempt)
        return await super().dispatch(self.event)


@consumer("fastapi-background-keyerror")
class BackgroundKeyError(FastApiConsumer):
    def routes(self, app: FastAPI) -> None:
        @app.post("/webhooks/ada")
        async def webhook(request: Request, tasks: BackgroundTasks) -> Response:
            headers, body = request.headers, await request.body()
            try:
                self.authenticate(headers, body)
                event = self.decode(body)
            except RefusedError as refused:
                return JSONResponse({"error": str(refused)}, refused.status)
            tasks.add_task(self.work, headers, event, defer())
            return JSONResponse({"queued": True}, background=tasks)

    async def work(self, headers: Headers, event: Event, attempt: Any) -> None:
        try:
            await self.once(self.key(headers, event), event)
        finally:
            self.seen.settle(attempt)

    def tags(self, conversation: Any) -> dict[str, Any]:
        return {"locale": (conversation.metadata or {})["locale"]}


@consumer("fastapi-agents-dropped")
class AgentsDropped(FastApiConsumer):
    def message(self, message: Any) -> None:
        if message.author and message.author.role not in {"end_user", "ai_agent", None}:
            return
        super().message(message)
