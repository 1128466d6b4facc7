"""Django consumers that get delivery wrong: signatures, answers, repeats, order, load."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest, HttpResponse, JsonResponse

from corpus.consumers.django_base import DjangoConsumer
from corpus.core.intake import Data, Event, Handler, Headers, Reply
from corpus.core.registry import consumer
from corpus.core.verify import RefusedError, Verifier, decoded

log = logging.getLogger(__name__)


@consumer("django-first-signature")
class FirstSignature(DjangoConsumer):
    class verifier(Verifier):  # noqa: N801
        def candidates(self, signatures: str) -> Iterator[bytes]:
            version, _, value = signatures.split(" ", maxsplit=1)[0].partition(",")
            if version == "v1":
                yield decoded(value)


@consumer("django-resigned-json")
class ResignedJson(DjangoConsumer):
    class verifier(Verifier):  # noqa: N801
        def signed_body(self, body: bytes) -> bytes:
            try:
                return json.dumps(json.loads(body), separators=(",", ":")).encode()
            except ValueError:
                return body


@consumer("django-log-and-continue")
class LogAndContinue(DjangoConsumer):
    def authenticate(self, headers: Headers, body: bytes) -> None:
        try:
            super().authenticate(headers, body)
        except RefusedError:
            log.warning("webhook verification failed", exc_info=True)


@consumer("django-unwanted-404")
class Unwanted404(DjangoConsumer):
    def handler(self, event: Event) -> Handler | None:
        return None if event.get("type") == "v1.audit_log.emitted" else super().handler(event)

    def unknown(self, event: Event) -> Reply:
        if event.get("type") == "v1.audit_log.emitted":
            return Reply(404, {"error": "not subscribed"})
        return super().unknown(event)


@consumer("django-dedupe-conversation")
class DedupeConversation(DjangoConsumer):
    def key(self, headers: Headers, event: Event) -> Any:
        data = event.get("data") or {}
        return (
            (event.get("type"), data.get("conversation_id"))
            if "conversation_id" in data
            else headers.get("svix-id")
        )


@consumer("django-dedupe-text")
class DedupeText(DjangoConsumer):
    def key(self, headers: Headers, event: Event) -> Any:
        data = event.get("data") or {}
        body = (data.get("content") or {}).get("body")
        return (data.get("conversation_id"), body) if body else headers.get("svix-id")


@consumer("django-message-unknown-dropped")
class MessageUnknownDropped(DjangoConsumer):
    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        if self.store.get("conversation", data.get("conversation_id")) is None:
            return Reply(200, {"ignored": "no such conversation"})
        return super().conversation_message(event, data)


@consumer("django-monotonic-only")
class MonotonicOnly(DjangoConsumer):
    latest: Any = None

    def dispatch(self, event: Event) -> Reply:
        moment = self.when(event.get("timestamp"))
        if moment and self.latest and moment < self.latest:
            return Reply(200, {"ignored": "out of order"})
        self.latest = moment or self.latest
        return super().dispatch(event)


@consumer("django-body-64k")
class Body64K(DjangoConsumer):
    settings: ClassVar[dict[str, Any]] = {"DATA_UPLOAD_MAX_MEMORY_SIZE": 64 * 1024}


@consumer("django-sequence-race")
class SequenceRace(DjangoConsumer):
    def setup(self) -> None:
        super().setup()
        self.numbers: set[int] = set()

    def save(self, kind: str, key: str | None, row: models.Model) -> None:
        number = max(self.numbers, default=0) + 1
        time.sleep(0.02)
        if number in self.numbers:
            raise ValueError(f"duplicate key value violates unique constraint: {number}")
        self.numbers.add(number)
        super().save(kind, key, row)


@consumer("django-errors-200")
class Errors200(DjangoConsumer):
    def view(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().view(request)
        except Exception as error:
            return JsonResponse({"status": "error", "detail": str(error)})

    def message(self, event: Event, data: Data) -> models.Model:
        row = super().message(event, data)
        row.display_name = (data.get("author") or {}).get("display_name", "").strip()
        return row


@consumer("django-type-split")
class TypeSplit(DjangoConsumer):
    def handler(self, event: Event) -> Handler | None:
        entity, action = [*str(event.get("type")).split("."), "", ""][1:3]
        return super().handler({"type": f"v1.{entity}.{action}"})
