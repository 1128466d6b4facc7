"""A complete, correct Django consumer over unmanaged models, cleaned but not written to a database."""

from __future__ import annotations

from typing import Any, ClassVar

import django
from django.conf import settings
from django.db import IntegrityError, models

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not used for anything",
    USE_TZ=True,
    TIME_ZONE="UTC",
    DATA_UPLOAD_MAX_MEMORY_SIZE=20 * 1024 * 1024,
    LOGGING_CONFIG=None,
)
django.setup()

# ruff: noqa: E402
from django.core.exceptions import ValidationError
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.utils.timezone import make_aware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from corpus.core.intake import Consumer, Data, Event, Reply
from corpus.core.registry import consumer


def text(**options: Any) -> Any:
    """A text column that may be empty or null."""
    return models.TextField(**({"null": True, "blank": True} | options))


def json_column() -> Any:
    """A JSON column that may be empty."""
    return models.JSONField(null=True, blank=True)


def when_column() -> Any:
    """A time column that may be null."""
    return models.DateTimeField(null=True, blank=True)


class Row(models.Model):
    class Meta:
        abstract = True
        app_label = "corpus"
        managed = False


class EndUserColumns(Row):
    end_user_id = text()
    external_id = text()
    first_name = text()
    last_name = text()
    display_name = text()
    email = text()
    language = text()
    avatar = text()
    profile = json_column()
    updated = when_column()

    class Meta(Row.Meta):
        abstract = True


class ConversationColumns(Row):
    conversation_id = text()
    channel_id = text()
    end_user_id = text()
    ended_by_id = text()
    ended_by_role = text()
    handoff = text()
    metadata = json_column()
    created = when_column()

    class Meta(Row.Meta):
        abstract = True


class MessageColumns(Row):
    message_id = text()
    conversation_id = text()
    author_id = text()
    role = text()
    display_name = text()
    handoff = text()
    content_type = text()
    body = text()
    url = text()
    filename = text()
    mime_type = text()
    channel_type = text()
    modality = text()
    channel = json_column()
    sent = when_column()

    class Meta(Row.Meta):
        abstract = True


class EndUser(EndUserColumns):
    class Meta(Row.Meta):
        pass


class Conversation(ConversationColumns):
    class Meta(Row.Meta):
        pass


class Message(MessageColumns):
    class Meta(Row.Meta):
        pass


@consumer("django-base")
class DjangoConsumer(Consumer):
    """Verifies by hand, deduplicates by svix-id, cleans and stores models; an invalid row is answered 400."""

    end_user_model: ClassVar[type[models.Model]] = EndUser
    conversation_model: ClassVar[type[models.Model]] = Conversation
    message_model: ClassVar[type[models.Model]] = Message
    settings: ClassVar[dict[str, Any]] = {}

    def view(self, request: HttpRequest) -> HttpResponse:
        try:
            reply = self.receive(request.headers, request.body)
        except ValidationError as error:
            return JsonResponse({"errors": error.message_dict}, status=400)
        if reply.status == 204:
            return HttpResponse(status=204)
        return JsonResponse(reply.body, status=reply.status, headers=reply.headers)

    def save(self, kind: str, key: str | None, row: models.Model) -> None:
        row.clean_fields()
        for field in row._meta.fields:
            if not (field.null or field.primary_key) and getattr(row, field.attname) is None:
                raise IntegrityError(f"NOT NULL constraint failed: {field.attname}")
        self.store.save(kind, key, {field.name: getattr(row, field.name) for field in row._meta.fields})

    def end_user_created(self, event: Event, data: Data) -> Reply | None:
        self.save("end_user", data.get("end_user_id"), self.end_user(data))
        return None

    def end_user_updated(self, event: Event, data: Data) -> Reply | None:
        self.save("end_user", data.get("end_user_id"), self.end_user(data))
        return None

    def conversation_created(self, event: Event, data: Data) -> Reply | None:
        self.save("conversation", data.get("conversation_id"), self.conversation(data))
        return None

    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        self.save("message", data.get("message_id"), self.message(event, data))
        return None

    def conversation_ended(self, event: Event, data: Data) -> Reply | None:
        row = self.conversation(data)
        ended_by = data.get("ended_by") or {}
        row.ended_by_id, row.ended_by_role = ended_by.get("id"), ended_by.get("role")
        self.save("conversation", data.get("conversation_id"), row)
        return None

    def handoff_ended(self, event: Event, data: Data) -> Reply | None:
        row = self.conversation_model(
            conversation_id=data.get("conversation_id"), handoff=data.get("handoff_integration")
        )
        self.save("conversation", data.get("conversation_id"), row)
        return None

    def audit_emitted(self, event: Event, data: Data) -> Reply | None:
        self.store.save("audit", data.get("id"), dict(data))
        return None

    def end_user(self, data: Data) -> models.Model:
        profile = data.get("profile") or {}
        named = ("first_name", "last_name", "display_name", "email", "language", "avatar")
        return self.end_user_model(
            end_user_id=data.get("end_user_id"),
            external_id=data.get("external_id"),
            updated=self.when(data.get("updated_at")),
            profile=profile,
            **{name: profile[name] for name in named if name in profile},
        )

    def conversation(self, data: Data) -> models.Model:
        return self.conversation_model(
            conversation_id=data.get("conversation_id"),
            channel_id=data.get("channel_id"),
            end_user_id=data.get("end_user_id"),
            metadata=self.metadata(data.get("metadata") or {}),
            created=self.when(data.get("created_at")),
        )

    def message(self, event: Event, data: Data) -> models.Model:
        author, channel, content = (data.get(name) or {} for name in ("author", "channel", "content"))
        return self.message_model(
            message_id=data.get("message_id"),
            conversation_id=data.get("conversation_id"),
            author_id=author.get("id"),
            role=author.get("role"),
            display_name=author.get("display_name"),
            handoff=data.get("handoff_integration"),
            content_type=content.get("type"),
            body=content.get("body") or content.get("link_text"),
            url=content.get("url"),
            filename=content.get("filename"),
            mime_type=content.get("mime_type"),
            channel_type=channel.get("type"),
            modality=channel.get("modality"),
            channel=channel,
            sent=self.when(event.get("timestamp")),
        )

    def metadata(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return metadata

    def when(self, value: str | None) -> Any:
        try:
            moment = parse_datetime(value) if value else None
        except ValueError:
            return None
        if moment is not None and moment.tzinfo is None:
            return make_aware(moment)
        return moment


class Running:
    """The one consumer of this process, for the URL configuration."""

    consumer: ClassVar[Any] = None


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    return Running.consumer.view(request)


urlpatterns = [path("webhooks/ada", webhook)]


def application(running: Any) -> Any:
    """The WSGI application around one consumer."""
    Running.consumer = running
    for name, value in running.settings.items():
        setattr(settings, name, value)
    return get_wsgi_application()
