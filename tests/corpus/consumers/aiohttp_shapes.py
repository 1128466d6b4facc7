"""aiohttp consumers that misread what an event may contain."""

from __future__ import annotations

import shlex
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from corpus.consumers.aiohttp_base import AiohttpConsumer, Author, Part, Profile
from corpus.core.intake import Data, Event, Reply
from corpus.core.registry import consumer


@consumer("aiohttp-link-unmatched")
class LinkUnmatched(AiohttpConsumer):
    def content(self, content: dict[str, Any], author: Author) -> dict[str, Any]:
        match content.get("type"):
            case "text":
                return {"text": content.get("body")}
            case "file":
                return {"url": content.get("url"), "filename": content.get("filename")}
            case other:
                raise ValueError(f"cannot render {other}")


class Interface(Enum):
    DASHBOARD = "dashboard"
    API = "api"
    SYSTEM = "system"


@consumer("aiohttp-interface-enum")
class InterfaceEnum(AiohttpConsumer):
    def audit(self, data: Data) -> dict[str, Any]:
        return super().audit(data) | {"interface": Interface(data.get("interface", "system"))}


@consumer("aiohttp-handoff-replace")
class HandoffReplace(AiohttpConsumer):
    def via(self, data: Data) -> str | None:
        return data.get("handoff_integration", "").replace("_", " ")


@consumer("aiohttp-name-join")
class NameJoin(AiohttpConsumer):
    def full_name(self, profile: Profile) -> str | None:
        names = [profile.first_name, profile.last_name]
        return " ".join(names) if any(names) else profile.display_name


@consumer("aiohttp-avatar-required")
class AvatarRequired(AiohttpConsumer):
    async def message(self, event: Event, data: Data) -> None:
        if data.get("author"):
            self.store.save("avatar", data["author"].get("id"), {"url": data["author"]["avatar"]})
        await super().message(event, data)


@consumer("aiohttp-link-url-required")
class LinkUrlRequired(AiohttpConsumer):
    def content(self, content: dict[str, Any], author: Author) -> dict[str, Any]:
        if content.get("type") == "link":
            return {"url": content["url"], "text": content.get("link_text")}
        return super().content(content, author)


@consumer("aiohttp-url-means-file")
class UrlMeansFile(AiohttpConsumer):
    def content(self, content: dict[str, Any], author: Author) -> dict[str, Any]:
        if "url" in content:
            return {"url": content["url"], "filename": content["filename"], "mime_type": content["mime_type"]}
        return super().content(content, author)


@consumer("aiohttp-metadata-len")
class MetadataLen(AiohttpConsumer):
    def metadata(self, metadata: dict[str, Any]) -> Any:
        if sum(len(name) + len(value) for name, value in metadata.items()) > 4096:
            raise ValueError("metadata exceeds 4 KB")
        return dict(metadata)


@consumer("aiohttp-metadata-frozenset")
class MetadataFrozenset(AiohttpConsumer):
    async def end_user(self, event: Event, data: Data) -> None:
        fingerprint = frozenset((Profile.read(data.get("profile")).metadata or {}).items())
        self.store.save("fingerprint", fingerprint, {"end_user": data.get("end_user_id")})
        await super().end_user(event, data)


@consumer("aiohttp-sqlite-integer")
class SqliteInteger(AiohttpConsumer):
    def metadata(self, metadata: dict[str, Any]) -> Any:
        with sqlite3.connect(":memory:") as database:
            database.execute("CREATE TABLE metadata (name TEXT, value NUMERIC)")
            scalars = [
                (name, value) for name, value in metadata.items() if isinstance(value, (str, int, float))
            ]
            database.executemany("INSERT INTO metadata VALUES (?, ?)", scalars)
        return dict(metadata)


@consumer("aiohttp-initials")
class Initials(AiohttpConsumer):
    def author(self, author: Author) -> dict[str, Any]:
        initials = None
        if author.display_name is not None:
            initials = "".join(word[0] for word in author.display_name.split(" "))
        return vars(author) | {"initials": initials}


@consumer("aiohttp-naive-comparison")
class NaiveComparison(AiohttpConsumer):
    launched = datetime(2018, 1, 1, tzinfo=UTC)

    def when(self, value: str | None) -> datetime | None:
        try:
            moment = datetime.fromisoformat(value) if value else None
        except ValueError:
            return None
        return max(moment, self.launched) if moment else None


@consumer("aiohttp-native-capabilities")
class NativeCapabilities(AiohttpConsumer):
    def channel(self, raw: dict[str, Any] | None) -> dict[str, Any]:
        row = super().channel(raw)
        if raw and raw.get("type") == "native":
            row["markdown"] = raw["capabilities"].get("markdown", False)
        return row


@consumer("aiohttp-bot-link-text")
class BotLinkText(AiohttpConsumer):
    def content(self, content: dict[str, Any], author: Author) -> dict[str, Any]:
        row = super().content(content, author)
        if author.role == "ai_agent" and content.get("type") == "link":
            row["text"] = "Bot: " + content.get("link_text", "")
        return row


@dataclass
class HandoffEnded(Part):
    conversation_id: str
    end_user_id: str
    handoff_integration: str
    ai_agent_domain: str


@consumer("aiohttp-dataclass-kwargs")
class DataclassKwargs(AiohttpConsumer):
    async def dispatch(self, event: Event) -> Reply:
        if event.get("type") == "v1.conversation.handoff.ended":
            ended = HandoffEnded(**event["data"])
            self.store.save("handoff", ended.conversation_id, vars(ended))
            return Reply(200)
        return await super().dispatch(event)


@consumer("aiohttp-command-shlex")
class CommandShlex(AiohttpConsumer):
    def content(self, content: dict[str, Any], author: Author) -> dict[str, Any]:
        row = super().content(content, author)
        if content.get("type") == "text":
            row["command"] = shlex.split(content.get("body") or "")[:1]
        return row
