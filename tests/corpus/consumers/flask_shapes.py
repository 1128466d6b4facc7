"""Flask consumers that misread what an event may contain."""

import uuid
from collections import namedtuple
from datetime import datetime
from typing import Any, ClassVar

from corpus.consumers.flask_base import FlaskConsumer
from corpus.core.intake import Data, Event, Reply
from corpus.core.registry import consumer
from corpus.core.rows import Row


class DataError(Exception):
    """A value does not fit its column."""


@consumer("flask-file-unsupported")
class FileUnsupported(FlaskConsumer):
    def content(self, content: Row, data: Data) -> Row:
        if content.get("type") == "file":
            raise NotImplementedError("attachments are not supported yet")
        return super().content(content, data)


@consumer("flask-ended-by-label")
class EndedByLabel(FlaskConsumer):
    labels: ClassVar[dict[str, str]] = {"end_user": "Customer", "human_agent": "Agent"}

    def ended_by(self, data: Data) -> Row:
        row = super().ended_by(data)
        if row["role"]:
            row["label"] = self.labels[row["role"]]
        return row


@consumer("flask-author-id-lower")
class AuthorIdLower(FlaskConsumer):
    def author(self, author: Row) -> Row:
        row = super().author(author)
        if "id" in author:
            row["author"] = author["id"].lower()
        return row


@consumer("flask-external-id-length")
class ExternalIdLength(FlaskConsumer):
    def end_user(self, event: Event, data: Data) -> Row:
        if len(data.get("external_id", "")) > 36:
            raise DataError("external_id is too long")
        return super().end_user(event, data)


@consumer("flask-metadata-required")
class MetadataRequired(FlaskConsumer):
    def conversation(self, event: Event, data: Data) -> Row:
        return super().conversation(event, data) | {"metadata": self.metadata(data["metadata"])}


@consumer("flask-tags-required")
class TagsRequired(FlaskConsumer):
    def end_user(self, event: Event, data: Data) -> Row:
        return super().end_user(event, data) | {"tags": event["tags"]}


@consumer("flask-body-or-url")
class BodyOrUrl(FlaskConsumer):
    def content(self, content: Row, data: Data) -> Row:
        if content.get("type") == "text":
            return {"text": content.get("body") or content["url"]}
        return super().content(content, data)


@consumer("flask-metadata-no-float")
class MetadataNoFloat(FlaskConsumer):
    def metadata(self, metadata: Row) -> Row:
        for name, value in metadata.items():
            if value is not None and not isinstance(value, (str, bool, int, dict, list)):
                raise TypeError(f"metadata {name!r} is neither text, boolean nor integer")
        return dict(metadata)


@consumer("flask-metadata-namedtuple")
class MetadataNamedTuple(FlaskConsumer):
    def conversation(self, event: Event, data: Data) -> Row:
        row = super().conversation(event, data)
        row["metadata"] = namedtuple("Metadata", row["metadata"])(**row["metadata"])
        return row


@consumer("flask-varchar-255")
class Varchar255(FlaskConsumer):
    def content(self, content: Row, data: Data) -> Row:
        row = super().content(content, data)
        if len(str(row.get("text") or "")) > 255:
            raise DataError("value too long for type character varying(255)")
        return row


@consumer("flask-latin-1")
class Latin1(FlaskConsumer):
    def content(self, content: Row, data: Data) -> Row:
        row = super().content(content, data)
        row["archived"] = str(row.get("text") or "").encode("latin-1")
        return row


@consumer("flask-whole-seconds")
class WholeSeconds(FlaskConsumer):
    def when(self, value: str | None) -> datetime | None:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z") if value else None


@consumer("flask-agent-file")
class AgentFile(FlaskConsumer):
    def message(self, event: Event, data: Data) -> Row:
        row = super().message(event, data)
        if row.get("file"):
            row["path"] = "uploads/" + row["author"] + "/" + row["name"]
        return row


@consumer("flask-custom-voice-phone")
class CustomVoicePhone(FlaskConsumer):
    def channel(self, channel: Row) -> Row:
        row = super().channel(channel)
        if channel.get("type") == "custom" and channel.get("modality") == "voice":
            row["number"] = channel["metadata"]["phone_number"]
        return row


@consumer("flask-unknown-event-400")
class UnknownEvent400(FlaskConsumer):
    def unknown(self, event: Event) -> Reply:
        return Reply(400, {"error": f"unknown event {event.get('type')}"})


@consumer("flask-message-id-uuid")
class MessageIdUuid(FlaskConsumer):
    def message(self, event: Event, data: Data) -> Row:
        row = super().message(event, data)
        if data.get("message_id"):
            row["uuid"] = uuid.UUID(data["message_id"])
        return row


@consumer("flask-template-format")
class TemplateFormat(FlaskConsumer):
    def content(self, content: Row, data: Data) -> Row:
        row = super().content(content, data)
        template = "{agent} <- " + str(row.get("text") or "")
        row["line"] = template.format(agent=data.get("ai_agent_domain"))
        return row


@consumer("flask-recursive-flatten")
class RecursiveFlatten(FlaskConsumer):
    def metadata(self, metadata: Row) -> Row:
        return dict(self.flatten("", metadata))

    def flatten(self, prefix: str, value: Any) -> list[tuple[str, Any]]:
        if not isinstance(value, dict):
            return [(prefix, value)]
        pairs = [self.flatten(f"{prefix}.{name}", inner) for name, inner in value.items()]
        return [pair for group in pairs for pair in group]


@consumer("flask-file-dropped")
class FileDropped(FlaskConsumer):
    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        if (data.get("content") or {}).get("type") == "file":
            return None
        return super().conversation_message(event, data)
