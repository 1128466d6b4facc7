"""Ada's API as far as the start of a handoff needs it: the messages of a conversation, on loopback.

It knows every conversation that it is not told to deny. Source: docs.ada.cx/reference/conversations/
get-conversation-messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from typing import Any

from ada_schemas.errors import UsageError
from ada_schemas.shown import shown

__all__ = ["TranscriptApi"]

LARGEST_HEAD = 64 * 1024
RECEIVE_LIMIT = 10.0
"""Seconds in which a request has to arrive."""

MOST_KEPT = 20
"""Requests that are remembered of those that it does not serve."""

MESSAGES = re.compile(r"(?:/api)?/v2/conversations/(?P<id>[^/?]+)/messages/?(?:\?.*)?")
TIME = "2026-01-05T09:30:00.000+00:00"


class TranscriptApi:
    """An API at a port of 127.0.0.1, 0 for any; it serves within ``async with``.

    ``denied`` are the conversations that it answers 404; ``asked`` are those that it was asked about;
    ``unserved`` are other requests, as method and path. It knows no keys: any is right.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.denied: set[str] = set()
        self.asked: list[str] = []
        self.unserved: list[str] = []
        self._held: dict[str, asyncio.Event] = {}
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def url(self) -> str:
        """Its base URL; Ada's own has /api behind it, which is taken as well."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> TranscriptApi:
        """Serve; raises UsageError where the port is taken."""
        try:
            self._server = await asyncio.start_server(
                self._accepted, "127.0.0.1", self.port, limit=LARGEST_HEAD
            )
        except OSError as error:
            raise UsageError(
                f"The port {self.port} cannot be used: {os.strerror(error.errno or 0)}.",
                next_step="Name another with --handoff-api, and give its URL to your endpoint.",
            ) from error
        for kept in (self.denied, self.asked, self.unserved, self._held):
            kept.clear()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, with what is under way."""
        if self._server is not None:
            self._server.close()
        for held in self._held.values():
            held.set()
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def hold(self, conversation: str) -> None:
        """Keep who asks for that conversation waiting until it is released."""
        self._held[conversation] = asyncio.Event()

    def release(self, conversation: str) -> None:
        """Answer those who wait."""
        self._held.pop(conversation).set()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a connection is served by a task
        self._connections[task] = writer
        try:
            with contextlib.suppress(OSError, ValueError, EOFError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            del self._connections[task]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(RECEIVE_LIMIT):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        status, value = await self._answer(method, target)
        body = json.dumps(value).encode()
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
        )
        writer.write(body)
        await writer.drain()

    async def _answer(self, method: str, target: str) -> tuple[str, dict[str, Any]]:
        found = MESSAGES.fullmatch(target) if method == "GET" else None
        if found is None:
            self.unserved.append(shown(f"{method} {target.partition('?')[0]}"))
            del self.unserved[MOST_KEPT:]
            return "404 Not Found", _error("The check serves the messages of a conversation alone")
        conversation = found["id"]
        self.asked.append(conversation)
        if conversation in self._held:
            await self._held[conversation].wait()
        if conversation in self.denied:
            return "404 Not Found", _error("Conversation not found")
        return "200 OK", {"data": _TRANSCRIPT, "meta": {"next_page_url": None}}


def _error(message: str) -> dict[str, Any]:
    return {"errors": [{"type": "not_found", "message": message, "details": None}]}


def _message(number: int, role: str, name: str, text: str) -> dict[str, Any]:
    author = {"id": "5f7e0e2c1e7c7e000f0f9c3a" if role == "end_user" else None, "role": role}
    return {
        "type": "message_logs",
        "message_id": f"61f46e0b-fa39-4e44-850b-c1ca8f958d{number:02}",
        "created_at": TIME,
        "author": {**author, "avatar": None, "display_name": name},
        "content": {"type": "text", "body": text},
    }


_TRANSCRIPT = [
    _message(1, "end_user", "Ada Lovelace", "Where is my order?"),
    _message(2, "ai_agent", "Assistant", "It is on its way."),
    _message(3, "end_user", "Ada Lovelace", "I would like to talk to a human."),
]
