"""A complete, correct aiohttp consumer over dataclasses and `match`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web

from corpus.core.intake import AsyncConsumer, Data, Event, Headers, Reply
from corpus.core.registry import consumer


@dataclass
class Part:
    """A part of an event; members it does not know are left out."""

    @classmethod
    def read(cls, raw: dict[str, Any] | None) -> Self:
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in (raw or {}).items() if name in known})


@dataclass
class Author(Part):
    id: str | None = None
    role: str | None = None
    avatar: str | None = None
    display_name: str | None = None


@dataclass
class Channel(Part):
    type: str | None = None
    id: str | None = None
    name: str | None = None
    description: str | None = None
    modality: str | None = None
    capabilities: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | None = None


@dataclass
class Profile(Part):
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    email: str | None = None
    metadata: dict[str, Any] | None = None


@consumer("aiohttp-base")
class AiohttpConsumer(AsyncConsumer):
    """Verifies by hand, deduplicates by svix-id, stores rows."""

    max_size = 20 * 1024 * 1024

    def application(self) -> web.Application:
        app = web.Application(client_max_size=self.max_size, middlewares=[self.entered])
        app.router.add_get("/_seen", self.witness)
        app.router.add_post("/webhooks/ada", self.webhook)
        return app

    async def witness(self, request: web.Request) -> web.Response:
        return web.Response(body=self.seen.dump(), content_type="application/json")

    @web.middleware
    async def entered(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path == "/_seen":
            return await handler(request)
        attempt, status = self.seen.open(request.headers), 500
        try:
            response = await handler(request)
            status = getattr(response, "status", 500)
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            self.seen.close(attempt, status)
        return response

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        return self.respond(await self.receive(self.headers(request), await request.read()))

    def headers(self, request: web.Request) -> Headers:
        return request.headers

    def respond(self, reply: Reply) -> web.StreamResponse:
        if reply.status == 204:
            return web.Response(status=204)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    async def dispatch(self, event: Event) -> Reply:
        data = event.get("data") or {}
        match event.get("type"):
            case "v1.end_user.created" | "v1.end_user.updated":
                await self.end_user(event, data)
            case "v1.conversation.created":
                await self.conversation(event, data)
            case "v1.conversation.message":
                await self.message(event, data)
            case "v1.conversation.ended":
                await self.ended(event, data)
            case "v1.conversation.handoff.ended":
                self.save(
                    "conversation", data.get("conversation_id"), {"handoff": data.get("handoff_integration")}
                )
            case "v1.audit_log.emitted":
                self.save("audit", data.get("id"), self.audit(data))
            case _:
                return self.unknown(event)
        return Reply(self.success)

    def save(self, kind: str, key: Any, row: dict[str, Any]) -> None:
        self.store.save(kind, key, row)

    async def end_user(self, event: Event, data: Data) -> None:
        profile = Profile.read(data.get("profile"))
        row = {"external_id": data.get("external_id"), "name": self.full_name(profile), **vars(profile)}
        self.save("end_user", data.get("end_user_id"), row)

    async def conversation(self, event: Event, data: Data) -> None:
        self.save("conversation", data.get("conversation_id"), self.conversation_row(data))

    async def ended(self, event: Event, data: Data) -> None:
        row = self.conversation_row(data) | {"ended_by": data.get("ended_by"), "ended": True}
        self.save("conversation", data.get("conversation_id"), row)

    async def message(self, event: Event, data: Data) -> None:
        self.save("message", data.get("message_id"), self.message_row(event, data))

    def conversation_row(self, data: Data) -> dict[str, Any]:
        return {
            "end_user": data.get("end_user_id"),
            "created": self.when(data.get("created_at")),
            "metadata": self.metadata(data.get("metadata") or {}),
        }

    def message_row(self, event: Event, data: Data) -> dict[str, Any]:
        author = Author.read(data.get("author"))
        return {
            "conversation": data.get("conversation_id"),
            "sent": self.when(event.get("timestamp")),
            "via": self.via(data),
            "author": self.author(author),
            "channel": self.channel(data.get("channel")),
            "content": self.content(data.get("content") or {}, author),
        }

    def via(self, data: Data) -> str | None:
        return data.get("handoff_integration")

    def author(self, author: Author) -> dict[str, Any]:
        return dict(vars(author))

    def channel(self, raw: dict[str, Any] | None) -> dict[str, Any]:
        return dict(vars(Channel.read(raw)))

    def content(self, content: dict[str, Any], author: Author) -> dict[str, Any]:
        match content.get("type"):
            case "text":
                return {"text": content.get("body")}
            case "link":
                return {"url": content.get("url"), "text": content.get("link_text") or content.get("url")}
            case "file":
                return {"url": content.get("url"), "filename": content.get("filename")}
            case _:
                return dict(content)

    def full_name(self, profile: Profile) -> str | None:
        return (
            " ".join(name for name in (profile.first_name, profile.last_name) if name) or profile.display_name
        )

    def metadata(self, metadata: dict[str, Any]) -> Any:
        return dict(metadata)

    def audit(self, data: Data) -> dict[str, Any]:
        return dict(data)

    def when(self, value: str | None) -> datetime | None:
        try:
            moment = datetime.fromisoformat(value) if value else None
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
