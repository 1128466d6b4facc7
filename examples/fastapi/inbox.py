"""An inbox for what is said in conversations with Ada: FastAPI, models, and Svix's library to verify."""

import os
from collections import OrderedDict
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from svix.webhooks import Webhook, WebhookVerificationError

REMEMBERED = 10_000
"""How many deliveries are remembered, to recognise one that comes again."""


class Part(BaseModel):
    """A part of an event; what Ada adds later is kept, and does no harm."""

    model_config = ConfigDict(extra="allow")


class Author(Part):
    """Who said something; agents have no id."""

    id: str | None = None
    role: str | None = None
    display_name: str | None = None


class Content(Part):
    """What was said: text, a link or a file, and what else there may be one day."""

    type: str | None = None
    body: str | None = None
    url: str | None = None
    link_text: str | None = None
    filename: str | None = None


class Message(Part):
    """The data of conversation.message."""

    conversation_id: str | None = None
    author: Author | None = None
    content: Content | None = None


class Event(Part):
    """What all events have."""

    type: str
    data: dict[str, Any]


class Inbox:
    """The lines that people read, and a record of what became of each delivery."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seen: OrderedDict[str, str] = OrderedDict()
        self.record: list[dict[str, str]] = []

    def take(self, message_id: str, event: Event) -> None:
        """Handle an event once, however often it is delivered."""
        status = "duplicate" if message_id in self.seen else self.handle(event)
        self.record.append({"svix_id": message_id, "type": event.type, "status": status})
        self.seen[message_id] = event.type
        if len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)

    def handle(self, event: Event) -> str:
        """Write a line; event types that are not known are ignored, as Ada may add some."""
        match event.type:
            case "v1.conversation.message":
                self.lines.append(line_of(Message.model_validate(event.data)))
            case "v1.conversation.created" | "v1.conversation.ended" | "v1.conversation.handoff.ended":
                self.lines.append(f"-- {event.type.removeprefix('v1.')}: {event.data.get('conversation_id')}")
            case "v1.end_user.created" | "v1.end_user.updated":
                self.lines.append(f"-- profile of {event.data.get('end_user_id')}")
            case "v1.audit_log.emitted":
                self.lines.append(f"-- {event.data.get('entity_type')} {event.data.get('activity')}")
            case _:
                return "ignored"
        return "handled"


def line_of(message: Message) -> str:
    """A line for people, whatever the kind of content."""
    author, content = message.author or Author(), message.content or Content()
    who = author.display_name or author.role or "somebody"
    match content.type:
        case "text":
            return f"{who}: {content.body or ''}"
        case "link":
            return f"{who}: {content.link_text or 'a link'} ({content.url})"
        case "file":
            return f"{who}: file {content.filename} ({content.url})"
    return f"{who}: ({content.type or 'nothing'})"


app = FastAPI()
inbox = Inbox()


@app.post("/webhooks/ada")
async def receive(request: Request) -> Response:
    """Verify the signature over the raw body, then handle the event."""
    body = await request.body()
    try:
        Webhook(os.environ["ADA_WEBHOOK_SECRET"]).verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # the library lets a malformed header raise ValueError
        return Response(status_code=401)
    try:
        event = Event.model_validate_json(body)
        inbox.take(request.headers["svix-id"], event)
    except ValidationError:
        return Response(status_code=400)
    return Response(status_code=200)
