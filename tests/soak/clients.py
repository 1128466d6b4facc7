"""Clients of the API that open conversations and write messages as fast as they are answered."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver import SystemClock, Wire
from ada_mockserver.delivery.http import Request
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Api", "Clients"]


class Api:
    """One way to call the API, wherever it is at the time."""

    def __init__(self, key: str, url: Callable[[], str]) -> None:
        self._wire = Wire(clock=SystemClock())
        self._key = key
        self._url = url

    async def call(self, method: str, path: str, body: Any = None, *, timeout: float = 30) -> tuple[int, Any]:
        """Status and JSON of the answer; raises `WireError` when none came."""
        headers = (("authorization", f"Bearer {self._key}"), ("content-type", "application/json"))
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(
            self._url() + path, (*headers, ("connection", "close")), content, method, keep=1 << 20
        )
        response = await self._wire.send(request, timeout=timeout)
        return response.status, json.loads(response.body) if response.body else None


@dataclass
class Clients:
    """So many clients at once; ``answered`` holds what was promised: an event for each."""

    api: Api
    channel_id: str
    answered: set[tuple[str, str]] = field(default_factory=set)
    calls: int = 0
    unanswered: int = 0
    refused: list[str] = field(default_factory=list)
    stopping: bool = False

    async def run(self, count: int) -> None:
        """Call until ``stopping`` is set."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self._client())

    async def _client(self) -> None:
        while not self.stopping:
            try:
                await self._conversation()
            except WireError:
                self.unanswered += 1
                await asyncio.sleep(0.05)

    async def _conversation(self) -> None:
        opened = await self._call("/api/v2/conversations/", {"channel_id": self.channel_id})
        if opened is None:
            return
        conversation, author = opened["id"], {"role": "end_user", "id": opened["end_user_id"]}
        self.answered.add(("v1.conversation.created", conversation))
        path = f"/api/v2/conversations/{conversation}"
        for number in range(5):
            message = {"author": author, "content": {"type": "text", "body": f"Message {number}"}}
            if self.stopping or (written := await self._call(f"{path}/messages/", message)) is None:
                return
            self.answered.add(("v1.conversation.message", written["id"]))
        if await self._call(f"{path}/end/", None) is not None:
            self.answered.add(("v1.conversation.ended", conversation))

    async def _call(self, path: str, body: Any) -> Any:
        status, answer = await self.api.call("POST", path, body)
        self.calls += 1
        if status >= 300:
            self.refused.append(f"{path} -> {status} {answer}")
            return None
        return answer
