"""Further correct Django consumers."""

from __future__ import annotations

import threading
import time

from django.http import HttpRequest, HttpResponse
from svix.webhooks import Webhook, WebhookVerificationError

from corpus.consumers.django_base import DjangoConsumer
from corpus.core.intake import Event, Headers, Reply
from corpus.core.registry import consumer
from corpus.core.verify import RefusedError


@consumer("django-textbook-svix")
class TextbookSvix(DjangoConsumer):
    """The Django example of the Svix documentation, with a set of the ids that were handled."""

    def __init__(self, secret: str, seen: object) -> None:
        super().__init__(secret, seen)
        self.secret = secret

    def view(self, request: HttpRequest) -> HttpResponse:
        headers = request.headers
        payload = request.body
        try:
            wh = Webhook(self.secret)
            wh.verify(payload, headers)
        except WebhookVerificationError:
            return HttpResponse(status=400)
        self.once(headers["svix-id"], self.decode(payload))
        return HttpResponse(status=204)


@consumer("django-twin-409")
class Twin409(DjangoConsumer):
    """Answers 409 while the same delivery is being handled, 200 once it was."""

    def setup(self) -> None:
        super().setup()
        self.busy: set[str] = set()
        self.lock = threading.Lock()

    def receive(self, headers: Headers, body: bytes) -> Reply:
        try:
            self.authenticate(headers, body)
            event = self.decode(body)
        except RefusedError as refused:
            return Reply(refused.status, {"error": str(refused)})
        msg_id = headers["svix-id"]
        with self.lock:
            if msg_id in self.busy:
                return Reply(409, {"error": "in progress"})
            self.busy.add(msg_id)
        try:
            return self.once(msg_id, event)
        finally:
            self.busy.discard(msg_id)

    def dispatch(self, event: Event) -> Reply:
        time.sleep(0.05)
        return super().dispatch(event)


@consumer("django-slow-300ms")
class Slow(DjangoConsumer):
    """Takes 300 ms over every event, which is legal."""

    def dispatch(self, event: Event) -> Reply:
        time.sleep(0.3)
        return super().dispatch(event)
