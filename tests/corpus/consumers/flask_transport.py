"""Flask consumers that get delivery wrong: signatures, answers, repeats, order, load."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from corpus.consumers.flask_base import FlaskConsumer
from corpus.core.intake import Data, Event, Headers, Reply
from corpus.core.registry import consumer
from corpus.core.rows import Row
from corpus.core.verify import RefusedError, Verifier
from corpus.core.witness import note


@consumer("flask-unsigned-accepted")
class UnsignedAccepted(FlaskConsumer):
    def authenticate(self, headers: Headers, body: bytes) -> None:
        if headers.get("svix-signature"):
            self.signature.check(headers, body)


@consumer("flask-future-accepted")
class FutureAccepted(FlaskConsumer):
    class verifier(Verifier):  # noqa: N801
        def check_time(self, timestamp: str) -> None:
            if not timestamp.isdigit() or time.time() - int(timestamp) > self.tolerance:
                raise RefusedError(401, "too old")


@consumer("flask-slow-file")
class SlowFile(FlaskConsumer):
    def content(self, content: Row, data: Data) -> Row:
        row = super().content(content, data)
        if row.get("file"):
            self.download(row["file"])
        return row

    def download(self, url: str) -> None:
        time.sleep(20)


@consumer("flask-dedupe-timestamp")
class DedupeTimestamp(FlaskConsumer):
    def key(self, headers: Headers, event: Event) -> Any:
        return event.get("type"), event.get("timestamp") or headers.get("svix-id")


@consumer("flask-duplicate-409")
class Duplicate409(FlaskConsumer):
    def duplicate(self) -> Reply:
        note("duplicate")
        return Reply(409, {"error": "already processed"})


@consumer("flask-message-unknown-404")
class MessageUnknown404(FlaskConsumer):
    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        if self.store.get("conversation", data.get("conversation_id")) is None:
            return Reply(404, {"error": "no such conversation"})
        return super().conversation_message(event, data)


@consumer("flask-global-lock")
class GlobalLock(FlaskConsumer):
    def setup(self) -> None:
        super().setup()
        self.lock = threading.Lock()

    def dispatch(self, event: Event) -> Reply:
        with self.lock:
            time.sleep(1)
            return super().dispatch(event)


@consumer("flask-old-events-ignored")
class OldEventsIgnored(FlaskConsumer):
    def dispatch(self, event: Event) -> Reply:
        when = self.when(event.get("timestamp"))
        if when is not None and datetime.now(UTC) - when.replace(tzinfo=when.tzinfo or UTC) > timedelta(
            minutes=5
        ):
            return Reply(200, {"ignored": "stale"})
        return super().dispatch(event)
