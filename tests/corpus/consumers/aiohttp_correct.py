"""Further correct aiohttp consumers."""

from __future__ import annotations

import asyncio
from typing import Any

from corpus.consumers.aiohttp_base import AiohttpConsumer
from corpus.core.intake import Data, Event, Reply
from corpus.core.registry import consumer
from corpus.core.witness import current, defer, note


@consumer("aiohttp-204")
class NoContent(AiohttpConsumer):
    """Answers 204, as Ada's demo consumers do."""

    success = 204


@consumer("aiohttp-worker")
class Worker(AiohttpConsumer):
    """Answers 200 and leaves the work to a task, which survives what goes wrong."""

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
            try:
                await super().dispatch(event)
            except Exception:
                note("rejected")
            self.seen.settle(attempt)


@consumer("aiohttp-buffer-and-sort")
class BufferAndSort(AiohttpConsumer):
    """Collects events for half a second after the answer and applies them by their timestamps."""

    async def started(self) -> None:
        self.held: list[Any] = []
        self.worker: asyncio.Task[None] | None = None

    async def dispatch(self, event: Event) -> Reply:
        self.held.append((defer(), event))
        if self.worker is None:
            self.worker = asyncio.create_task(self.flush())
        return Reply(200)

    async def flush(self) -> None:
        await asyncio.sleep(0.5)
        held, self.held, self.worker = self.held, [], None
        for attempt, event in sorted(held, key=lambda item: str(item[1].get("timestamp"))):
            current.set(attempt)
            try:
                await super().dispatch(event)
            except Exception:
                note("rejected")
            self.seen.settle(attempt)


@consumer("aiohttp-stale-updates")
class StaleUpdates(AiohttpConsumer):
    """Ignores an update of an end user that is older than the one it has."""

    def setup(self) -> None:
        super().setup()
        self.versions: dict[str, Any] = {}

    async def end_user(self, event: Event, data: Data) -> None:
        user, version = data.get("end_user_id"), self.when(data.get("updated_at"))
        if user and version:
            if user in self.versions and version < self.versions[user]:
                note("ignored")
                return
            self.versions[user] = version
        await super().end_user(event, data)


@consumer("aiohttp-overload-503")
class Overload503(AiohttpConsumer):
    """Turns deliveries away, with Retry-After, while four are being worked on; a later attempt succeeds."""

    busy = 0

    async def dispatch(self, event: Event) -> Reply:
        if self.busy >= 4:
            return Reply(503, {"error": "overloaded"}, {"Retry-After": "1"})
        self.busy += 1
        try:
            await asyncio.sleep(0.05)
            return await super().dispatch(event)
        finally:
            self.busy -= 1
