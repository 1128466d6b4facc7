"""Further correct Flask consumers."""

from __future__ import annotations

import json
import queue
import threading
from typing import ClassVar, TypedDict

from flask import Flask, Response, jsonify, request
from standardwebhooks.webhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook, WebhookVerificationError

from corpus.consumers.flask_base import FlaskConsumer
from corpus.core.intake import Consumer, Data, Event, Reply
from corpus.core.registry import consumer
from corpus.core.rows import DictHandlers
from corpus.core.verify import RefusedError
from corpus.core.witness import Attempt, current, defer, note


class Message(TypedDict, total=False):
    message_id: str
    conversation_id: str
    text: str | None


@consumer("flask-textbook-svix")
class TextbookSvix(FlaskConsumer):
    """The Flask example of the Svix documentation, with a set of the ids that were handled."""

    secret: str

    def __init__(self, secret: str, seen: object) -> None:
        super().__init__(secret, seen)
        self.secret = secret

    def application(self) -> Flask:
        app = Flask("consumer")

        @app.route("/webhooks/ada", methods=["POST"])
        def webhook_handler() -> tuple[str, int]:
            headers = request.headers
            payload = request.get_data()
            try:
                wh = Webhook(self.secret)
                wh.verify(payload, headers)
            except WebhookVerificationError:
                return "", 400
            self.once(headers["svix-id"], self.decode(payload))
            return "", 204

        return app


@consumer("flask-textbook-standardwebhooks")
class TextbookStandardWebhooks(FlaskConsumer):
    """The Standard Webhooks library, given the names it knows for Svix's headers."""

    def __init__(self, secret: str, seen: object) -> None:
        super().__init__(secret, seen)
        self.webhook = StandardWebhook(secret)

    def application(self) -> Flask:
        app = Flask("consumer")

        @app.post("/webhooks/ada")
        def webhook() -> tuple[Response, int]:
            named = {
                name.lower().replace("svix-", "webhook-"): value for name, value in request.headers.items()
            }
            try:
                self.webhook.verify(request.get_data(), named, json_parse=False)
            except Exception:
                return jsonify(error="invalid signature"), 401
            try:
                event = self.decode(request.get_data())
            except RefusedError as refused:
                return jsonify(error=str(refused)), refused.status
            reply = self.once(named["webhook-id"], event)
            return jsonify(reply.body), reply.status

        return app


@consumer("flask-typeddict")
class TypedDicts(FlaskConsumer):
    """Reads into a TypedDict what it needs and nothing else."""

    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        message: Message = {}
        for name in ("message_id", "conversation_id"):
            if isinstance(data.get(name), str):
                message[name] = data[name]
        message["text"] = (data.get("content") or {}).get("body")
        self.store.save("message", message.get("message_id"), {**message, "raw": json.dumps(data)})
        return None


@consumer("flask-some-events")
class SomeEvents(FlaskConsumer):
    """Wants messages and ends; everything else is acknowledged and ignored."""

    handlers: ClassVar[dict[str, str]] = {
        "v1.conversation.message": "conversation_message",
        "v1.conversation.ended": "conversation_ended",
    }


@consumer("flask-refuses-anonymous")
class RefusesAnonymous(FlaskConsumer):
    """Answers 422 to an event without the members it cannot do without."""

    needed: ClassVar[dict[str, list[str]]] = {
        "v1.end_user.created": ["end_user_id"],
        "v1.end_user.updated": ["end_user_id"],
        "v1.conversation.created": ["conversation_id", "end_user_id"],
        "v1.conversation.message": ["conversation_id", "end_user_id", "author", "content"],
        "v1.conversation.ended": ["conversation_id"],
    }

    def dispatch(self, event: Event) -> Reply:
        data = event.get("data") or {}
        missing = [name for name in self.needed.get(str(event.get("type")), []) if name not in data]
        if missing:
            return Reply(422, {"error": "missing " + ", ".join(missing)})
        return super().dispatch(event)


@consumer("flask-worker-thread")
class WorkerThread(DictHandlers, Consumer):
    """Answers 202 and leaves the work to a thread, which survives what goes wrong."""

    application = FlaskConsumer.application
    respond = FlaskConsumer.respond

    def setup(self) -> None:
        super().setup()
        self.jobs: queue.Queue[tuple[Attempt, Event]] = queue.Queue()
        threading.Thread(target=self.work, daemon=True).start()

    def dispatch(self, event: Event) -> Reply:
        if self.handler(event) is None:
            return self.unknown(event)
        self.jobs.put((defer(), event))
        return Reply(202)

    def work(self) -> None:
        while True:
            attempt, event = self.jobs.get()
            current.set(attempt)
            try:
                super().dispatch(event)
            except Exception:
                note("rejected")
            self.seen.settle(attempt)
