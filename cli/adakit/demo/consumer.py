"""A small consumer of Ada's webhooks: one plain ASGI application, no framework.

It does what a consumer must do: verify the signature over the raw body, recognise a repeated delivery,
answer 200 to everything that is authentic, and take from an event only what is there.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from ada_mockserver.delivery.http import Headers

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

__all__ = ["PATH", "SEEN_PATH", "Consumer", "app", "describe_content"]

PATH = "/webhooks/ada"
SEEN_PATH = "/_seen"


def describe_content(content: dict[str, Any]) -> str:
    """A line for the inbox, whatever the kind of content."""
    match content.get("type"):
        case "text":
            return str(content.get("body", ""))
        case "link":
            return f"{content.get('link_text') or 'link'}: {content.get('url', '')}"
        case "file":
            return f"file {content.get('filename', '')} ({content.get('mime_type', '')})"
    return f"({content.get('type', 'unknown')} content)"


@dataclass
class Consumer:
    """Keeps an inbox of what people and agents said.

    ``describe`` turns the content of a message into a line; the secret comes from ADA_WEBHOOK_SECRET.
    """

    describe: Callable[[dict[str, Any]], str] = describe_content
    inbox: list[str] = field(default_factory=list)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    record: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            raise NotImplementedError(f"{scope['type']} is not served")
        body = await _body(receive)
        if (scope["method"], scope["path"]) == ("GET", SEEN_PATH):
            status, content = 200, json.dumps(self.record).encode()
        else:
            status, content = self.answer(scope["method"], scope["path"], _headers(scope), body), b""
        length = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": length})
        await send({"type": "http.response.body", "body": content})

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> int:
        """Take one request and give the status to answer."""
        if path != PATH:
            return 404
        if method != "POST":
            return 405
        try:
            verify(os.environ["ADA_WEBHOOK_SECRET"], headers, body, now=time.time())
        except SignatureError:
            return 401
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            return 400
        if not isinstance(event, dict):
            return 400
        message_id = next(value for name, value in headers if name.lower() == "svix-id")
        event_type = str(event.get("type"))
        status = "duplicate"
        if message_id not in self.seen:
            status = "handled" if self.handle(event_type, _object(event.get("data"))) else "ignored"
            self.seen.add(message_id)
        self.record.append({"svix_id": message_id, "type": event_type, "status": status})
        return 200

    def handle(self, event_type: str, data: dict[str, Any]) -> bool:
        """Do what the event asks for; false for an event type that is not known, which asks for nothing."""
        match event_type:
            case "v1.conversation.created":
                self.inbox.append(f"-- conversation {data.get('conversation_id')}")
            case "v1.conversation.message":
                author = _object(data.get("author"))
                who = author.get("display_name") or author.get("role") or "somebody"
                self.inbox.append(f"{who}: {self.describe(_object(data.get('content')))}")
            case "v1.conversation.ended":
                by = _object(data.get("ended_by")).get("role") or "somebody"
                self.inbox.append(f"-- ended by {by}")
            case "v1.conversation.handoff.ended":
                self.inbox.append(f"-- {data.get('handoff_integration')} handed back")
            case "v1.end_user.created" | "v1.end_user.updated":
                self.profiles[str(data.get("end_user_id"))] = _object(data.get("profile"))
            case "v1.audit_log.emitted":
                self.inbox.append(f"-- {data.get('entity_type')} {data.get('activity')}")
            case _:
                return False
        return True


def _object(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one: members may be absent, null, or of a type to come."""
    return value if isinstance(value, dict) else {}


async def _body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _headers(scope: MutableMapping[str, Any]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])


app = Consumer()
