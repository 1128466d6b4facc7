"""The way of a delivery through a consumer: authenticate, decode, deduplicate, dispatch.

There is one class for threaded servers and one for event loops; both offer the same places to override.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from corpus.core.store import Store
from corpus.core.verify import RefusedError, Verifier
from corpus.core.witness import Witness, current, note

Event = dict[str, Any]
Data = dict[str, Any]
Headers = Mapping[str, str]
Handler = Callable[[Event, Data], Any]

HANDLERS = {
    "v1.end_user.created": "end_user_created",
    "v1.end_user.updated": "end_user_updated",
    "v1.conversation.created": "conversation_created",
    "v1.conversation.message": "conversation_message",
    "v1.conversation.ended": "conversation_ended",
    "v1.conversation.handoff.ended": "handoff_ended",
    "v1.audit_log.emitted": "audit_emitted",
}


@dataclass
class Reply:
    """What is sent back."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=lambda: {"ok": True})
    headers: dict[str, str] = field(default_factory=dict)


class Steps:
    """The steps themselves, without the order they are taken in."""

    handlers: ClassVar[dict[str, str]] = HANDLERS
    verifier: type[Verifier] = Verifier
    success: ClassVar[int] = 200

    def __init__(self, secret: str, seen: Witness) -> None:
        self.seen = seen
        self.store = Store()
        self.done: Any = set()
        self.signature = self.verifier(secret)
        self.setup()

    def setup(self) -> None:
        """What one consumer needs beyond the others."""

    def authenticate(self, headers: Headers, body: bytes) -> None:
        """Raise unless the delivery is genuine."""
        self.signature.check(headers, body)

    def decode(self, body: bytes) -> Event:
        """The event, with its type noted."""
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise RefusedError(400, "malformed JSON") from None
        if not isinstance(event, dict):
            raise RefusedError(400, "not an object")
        attempt, kind = current.get(), event.get("type")
        if attempt is not None:
            attempt.type = kind if isinstance(kind, str) else None
        return event

    def key(self, headers: Headers, event: Event) -> Any:
        """What two attempts at the same delivery have in common."""
        return headers.get("svix-id")

    def duplicate(self) -> Reply:
        """The answer to a delivery that was handled before."""
        note("duplicate")
        return Reply(200, {"duplicate": True})

    def remember(self, key: Any) -> None:
        """Record a delivery as handled."""
        self.done.add(key)

    def handler(self, event: Event) -> Handler | None:
        """The method for this event's type."""
        name = self.handlers.get(str(event.get("type")))
        return getattr(self, name) if name else None

    def unknown(self, event: Event) -> Reply:
        """The answer to an event nobody asked for."""
        return Reply(200, {"ignored": True})


class Consumer(Steps):
    """For servers that give each request a thread."""

    def setup(self) -> None:
        self.turns: defaultdict[Any, threading.Lock] = defaultdict(threading.Lock)

    def receive(self, headers: Headers, body: bytes) -> Reply:
        """Take a delivery in and answer it."""
        try:
            self.authenticate(headers, body)
            event = self.decode(body)
            return self.once(self.key(headers, event), event)
        except RefusedError as refused:
            return Reply(refused.status, {"error": str(refused)})

    def once(self, key: Any, event: Event) -> Reply:
        """Handle a delivery unless that was done before; a concurrent twin waits for its turn."""
        with self.turns[key]:
            if key in self.done:
                return self.duplicate()
            reply = self.dispatch(event)
            if reply.status < 300:
                self.remember(key)
            return reply

    def dispatch(self, event: Event) -> Reply:
        """Call the handler for the event."""
        handler = self.handler(event)
        if handler is None:
            return self.unknown(event)
        return handler(event, event.get("data") or {}) or Reply(self.success)


class AsyncConsumer(Steps):
    """For servers on an event loop. Handlers may be plain or asynchronous."""

    def setup(self) -> None:
        self.turns: defaultdict[Any, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def started(self) -> None:
        """Called once the event loop runs."""

    async def receive(self, headers: Headers, body: bytes) -> Reply:
        """Take a delivery in and answer it."""
        try:
            self.authenticate(headers, body)
            event = self.decode(body)
            return await self.once(self.key(headers, event), event)
        except RefusedError as refused:
            return Reply(refused.status, {"error": str(refused)})

    async def once(self, key: Any, event: Event) -> Reply:
        """Handle a delivery unless that was done before; a concurrent twin waits for its turn."""
        async with self.turns[key]:
            if key in self.done:
                return self.duplicate()
            reply = await self.dispatch(event)
            if reply.status < 300:
                self.remember(key)
            return reply

    async def dispatch(self, event: Event) -> Reply:
        """Call the handler for the event."""
        handler = self.handler(event)
        if handler is None:
            return self.unknown(event)
        reply = handler(event, event.get("data") or {})
        if inspect.isawaitable(reply):
            reply = await reply
        return reply or Reply(self.success)
