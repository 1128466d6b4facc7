"""aiohttp consumers that get delivery wrong: signatures, answers, repeats, order, load."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from corpus.consumers.aiohttp_base import AiohttpConsumer, Author
from corpus.core.intake import HANDLERS, Data, Event, Headers, Reply
from corpus.core.registry import consumer
from corpus.core.verify import RefusedError, Verifier, decoded
from corpus.core.witness import current, defer


@consumer("aiohttp-match-no-default")
class MatchNoDefault(AiohttpConsumer):
    async def dispatch(self, event: Event) -> Reply | None:
        match event.get("type"):
            case kind if kind in HANDLERS:
                return await super().dispatch(event)


@consumer("aiohttp-content-type-exact")
class ContentTypeExact(AiohttpConsumer):
    async def webhook(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Content-Type") != "application/json":
            return web.json_response({"error": "unsupported media type"}, status=415)
        return await super().webhook(request)


@consumer("aiohttp-any-version")
class AnyVersion(AiohttpConsumer):
    class verifier(Verifier):  # noqa: N801
        def candidates(self, signatures: str) -> Iterator[bytes]:
            for entry in signatures.split(" "):
                yield decoded(entry.partition(",")[2])


@consumer("aiohttp-verified-afterwards")
class VerifiedAfterwards(AiohttpConsumer):
    async def receive(self, headers: Headers, body: bytes) -> Reply:
        try:
            event = self.decode(body)
            reply = await self.once(self.key(headers, event), event)
            self.authenticate(headers, body)
        except RefusedError as refused:
            return Reply(refused.status, {"error": str(refused)})
        return reply


@consumer("aiohttp-header-case")
class HeaderCase(AiohttpConsumer):
    def headers(self, request: web.Request) -> Headers:
        return dict(request.headers)


@consumer("aiohttp-crm-backoff")
class CrmBackoff(AiohttpConsumer):
    async def end_user(self, event: Event, data: Data) -> None:
        for delay in (1, 2, 4, 8, 5):
            if self.in_crm(data.get("external_id")):
                break
            await asyncio.sleep(delay)
        await super().end_user(event, data)

    def in_crm(self, external_id: str | None) -> bool:
        return external_id is not None


@consumer("aiohttp-recorded-first")
class RecordedFirst(AiohttpConsumer):
    """Turns deliveries away while four are being worked on."""

    busy = 0

    async def once(self, key: Any, event: Event) -> Reply:
        if key in self.done:
            return self.duplicate()
        self.remember(key)
        if self.busy >= 4:
            return Reply(503, {"error": "overloaded"}, {"Retry-After": "1"})
        self.busy += 1
        try:
            await asyncio.sleep(0.2)
            return await self.dispatch(event)
        finally:
            self.busy -= 1


class Recent:
    """The last few keys."""

    def __init__(self, size: int) -> None:
        self.keys: OrderedDict[Any, None] = OrderedDict()
        self.size = size

    def __contains__(self, key: Any) -> bool:
        return key in self.keys

    def add(self, key: Any) -> None:
        self.keys[key] = None
        if len(self.keys) > self.size:
            self.keys.popitem(last=False)


@consumer("aiohttp-dedupe-last-16")
class DedupeLast16(AiohttpConsumer):
    def setup(self) -> None:
        super().setup()
        self.done = Recent(16)


@consumer("aiohttp-created-unique")
class CreatedUnique(AiohttpConsumer):
    def setup(self) -> None:
        super().setup()
        self.ids: set[str] = set()

    async def message(self, event: Event, data: Data) -> None:
        self.ids.add(data.get("conversation_id"))
        await super().message(event, data)

    async def conversation(self, event: Event, data: Data) -> None:
        if data.get("conversation_id") in self.ids:
            raise ValueError("duplicate key value violates unique constraint")
        await super().conversation(event, data)


@consumer("aiohttp-updated-unknown-404")
class UpdatedUnknown404(AiohttpConsumer):
    async def end_user(self, event: Event, data: Data) -> None:
        known = self.store.get("end_user", data.get("end_user_id"))
        if event["type"] == "v1.end_user.updated" and not known:
            raise RefusedError(404, "no such end user")
        await super().end_user(event, data)


@consumer("aiohttp-body-64k")
class Body64K(AiohttpConsumer):
    max_size = 64 * 1024


@consumer("aiohttp-worker-dies")
class WorkerDies(AiohttpConsumer):
    async def started(self) -> None:
        self.jobs: asyncio.Queue[Any] = asyncio.Queue()
        self.worker = asyncio.create_task(self.work())

    async def dispatch(self, event: Event) -> Reply:
        self.jobs.put_nowait((defer(), event))
        return Reply(200)

    async def work(self) -> None:
        while True:
            attempt, event = await self.jobs.get()
            current.set(attempt)
            await super().dispatch(event)
            self.seen.settle(attempt)

    def author(self, author: Author) -> dict[str, Any]:
        return super().author(author) | {"image": author.avatar.rsplit("/", 1)[-1]}


@consumer("aiohttp-queue-full-dropped")
class QueueFullDropped(AiohttpConsumer):
    async def started(self) -> None:
        self.jobs: asyncio.Queue[Any] = asyncio.Queue(maxsize=8)
        self.worker = asyncio.create_task(self.work())

    async def dispatch(self, event: Event) -> Reply:
        try:
            self.jobs.put_nowait((current.get(), event))
        except asyncio.QueueFull:
            return Reply(200)
        defer()
        return Reply(200)

    async def work(self) -> None:
        while True:
            attempt, event = await self.jobs.get()
            current.set(attempt)
            await asyncio.sleep(0.05)
            await super().dispatch(event)
            self.seen.settle(attempt)
