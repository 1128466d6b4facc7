"""Django consumers that misread what an event may contain."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from django.core.validators import RegexValidator
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime

from corpus.consumers.django_base import (
    ConversationColumns,
    DjangoConsumer,
    EndUserColumns,
    MessageColumns,
    Row,
)
from corpus.core.intake import Data, Event, Reply
from corpus.core.registry import consumer


class ModalityChoicesMessage(MessageColumns):
    modality = models.CharField(
        max_length=20, null=True, blank=True, choices=[("messaging", "Messaging"), ("email", "Email")]
    )

    class Meta(Row.Meta):
        pass


@consumer("django-modality-choices")
class ModalityChoices(DjangoConsumer):
    message_model = ModalityChoicesMessage


@consumer("django-images-only")
class ImagesOnly(DjangoConsumer):
    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        content = data.get("content") or {}
        if content.get("type") == "file" and not content["mime_type"].startswith("image/"):
            return Reply(415, {"error": "only images are accepted"})
        return super().conversation_message(event, data)


class EndedByIdNotNullConversation(ConversationColumns):
    ended_by_id = models.CharField(max_length=255, blank=True, default="")

    class Meta(Row.Meta):
        pass


@consumer("django-ended-by-id-not-null")
class EndedByIdNotNull(DjangoConsumer):
    conversation_model = EndedByIdNotNullConversation


class NamesNotNullEndUser(EndUserColumns):
    first_name = models.CharField(max_length=1000, blank=True, default="")
    last_name = models.CharField(max_length=1000, blank=True, default="")

    class Meta(Row.Meta):
        pass


@consumer("django-names-not-null")
class NamesNotNull(DjangoConsumer):
    end_user_model = NamesNotNullEndUser


@consumer("django-channel-id-required")
class ChannelIdRequired(DjangoConsumer):
    def conversation(self, data: Data) -> models.Model:
        row = super().conversation(data)
        row.channel_id = data["channel_id"]
        return row


@consumer("django-profile-metadata-required")
class ProfileMetadataRequired(DjangoConsumer):
    def end_user(self, data: Data) -> models.Model:
        row = super().end_user(data)
        if data.get("profile"):
            row.profile = dict(data["profile"]["metadata"])
        return row


@consumer("django-channel-created-at")
class ChannelCreatedAt(DjangoConsumer):
    def message(self, event: Event, data: Data) -> models.Model:
        row = super().message(event, data)
        if data.get("channel"):
            row.channel = {"id": data["channel"]["id"], "since": data["channel"]["created_at"]}
        return row


@consumer("django-metadata-strip")
class MetadataStrip(DjangoConsumer):
    def metadata(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {name: value.strip() for name, value in metadata.items()}


class Metadata255Conversation(ConversationColumns):
    metadata = models.CharField(max_length=255, null=True, blank=True)

    class Meta(Row.Meta):
        pass


@consumer("django-metadata-255")
class Metadata255(DjangoConsumer):
    conversation_model = Metadata255Conversation

    def metadata(self, metadata: dict[str, Any]) -> Any:
        return json.dumps(metadata)


@consumer("django-utf8mb3")
class Utf8Mb3(DjangoConsumer):
    def save(self, kind: str, key: str | None, row: models.Model) -> None:
        for field in row._meta.fields:
            value = getattr(row, field.name)
            if isinstance(value, str) and any(ord(character) > 0xFFFF for character in value):
                raise ValueError(f"(1366, \"Incorrect string value for column '{field.name}'\")")
        super().save(kind, key, row)


class Url200Message(MessageColumns):
    url = models.URLField(null=True, blank=True)

    class Meta(Row.Meta):
        pass


@consumer("django-url-200")
class Url200(DjangoConsumer):
    message_model = Url200Message


@consumer("django-localtime")
class LocalTime(DjangoConsumer):
    def when(self, value: str | None) -> Any:
        try:
            moment = parse_datetime(value) if value else None
        except ValueError:
            return None
        return localtime(moment) if moment else None


@consumer("django-fraction-required")
class FractionRequired(DjangoConsumer):
    def conversation(self, data: Data) -> models.Model:
        row = super().conversation(data)
        if data.get("created_at"):
            row.created = datetime.strptime(data["created_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
        return row


@consumer("django-handoff-agent-name")
class HandoffAgentName(DjangoConsumer):
    def message(self, event: Event, data: Data) -> models.Model:
        row = super().message(event, data)
        if row.handoff:
            row.display_name = row.display_name.title()
        return row


@consumer("django-end-user-match")
class EndUserMatch(DjangoConsumer):
    def end_user(self, data: Data) -> models.Model:
        row = super().end_user(data)
        row.profile = {"match": row.external_id or row.email.lower()}
        return row


class ContentChoicesMessage(MessageColumns):
    content_type = models.CharField(
        max_length=20,
        null=True,
        blank=True,
        choices=[("text", "Text"), ("link", "Link"), ("file", "File")],
    )

    class Meta(Row.Meta):
        pass


@consumer("django-content-choices")
class ContentChoices(DjangoConsumer):
    message_model = ContentChoicesMessage


class ObjectIdConversation(ConversationColumns):
    conversation_id = models.CharField(
        max_length=255, null=True, blank=True, validators=[RegexValidator(r"^[0-9a-f]{24}$")]
    )

    class Meta(Row.Meta):
        pass


@consumer("django-object-id")
class ObjectId(DjangoConsumer):
    conversation_model = ObjectIdConversation


@consumer("django-sql-by-hand")
class SqlByHand(DjangoConsumer):
    def save(self, kind: str, key: str | None, row: models.Model) -> None:
        if kind == "message":
            with sqlite3.connect(":memory:") as database:
                database.execute("CREATE TABLE message (body TEXT)")
                database.execute(f"INSERT INTO message VALUES ('{row.body or ''}')")  # noqa: S608
        super().save(kind, key, row)


@consumer("django-xml-relay")
class XmlRelay(DjangoConsumer):
    def message(self, event: Event, data: Data) -> models.Model:
        row = super().message(event, data)
        ET.fromstring(f"<message><body>{row.body or ''}</body></message>")  # noqa: S314
        return row


class Language5EndUser(EndUserColumns):
    language = models.CharField(max_length=5, null=True, blank=True)

    class Meta(Row.Meta):
        pass


@consumer("django-language-5")
class Language5(DjangoConsumer):
    end_user_model = Language5EndUser
