"""Plain WSGI consumers, without a framework."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from corpus.core.intake import Consumer, Data, Event, Headers, Reply
from corpus.core.registry import CONSUMERS, consumer
from corpus.core.rows import DictHandlers, Row
from corpus.core.servers import run_wsgi
from corpus.core.witness import Witness

Environ = dict[str, Any]


@consumer("wsgi-base")
class WsgiConsumer(DictHandlers, Consumer):
    """Verifies by hand, deduplicates by svix-id, stores rows."""

    def application(self) -> Callable[..., Iterable[bytes]]:
        def app(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
            if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/webhooks/ada"):
                start_response("404 Not Found", [("Content-Type", "text/plain")])
                return [b"not found"]
            reply = self.receive(self.headers(environ), self.body(environ))
            start_response(
                f"{reply.status} {'OK' if reply.status < 300 else 'Refused'}", list(self.lines(reply))
            )
            return [json.dumps(reply.body).encode()]

        return app

    def body(self, environ: Environ) -> bytes:
        return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

    def headers(self, environ: Environ) -> Headers:
        return {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }

    def lines(self, reply: Reply) -> Iterable[tuple[str, str]]:
        yield "Content-Type", "application/json"
        yield from reply.headers.items()


@consumer("wsgi-timestamp-required")
class TimestampRequired(WsgiConsumer):
    def message(self, event: Event, data: Data) -> Row:
        return super().message(event, data) | {"sent": self.when(event["timestamp"])}


@consumer("wsgi-zulu-refused")
class ZuluRefused(WsgiConsumer):
    def when(self, value: str | None) -> datetime | None:
        if value is None:
            return None
        parts = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d:\d\d)?", value)
        return datetime.fromisoformat(parts[1] + (parts[3] or "+00:00"))


@consumer("wsgi-content-type-required")
class ContentTypeRequired(WsgiConsumer):
    def content(self, content: Row, data: Data) -> Row:
        return super().content(content, data) | {"kind": content["type"]}


@consumer("wsgi-empty-text-dropped")
class EmptyTextDropped(WsgiConsumer):
    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        content = data.get("content") or {}
        if content.get("type") == "text" and not content.get("body"):
            return None
        return super().conversation_message(event, data)


@consumer("wsgi-custom-metadata-required")
class ChannelMetadataRequired(WsgiConsumer):
    def channel(self, channel: Row) -> Row:
        row = super().channel(channel)
        if channel.get("type") == "custom":
            row["channel_metadata"] = dict(channel["metadata"])
        return row


@consumer("wsgi-204")
class NoContent(WsgiConsumer):
    """Answers 204 without a body."""

    success = 204

    def application(self) -> Callable[..., Iterable[bytes]]:
        inner = super().application()

        def app(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
            lines: list[str] = []

            def start(line: str, headers: list[tuple[str, str]]) -> None:
                lines.append(line)
                kept = [] if line.startswith("204") else headers
                start_response(line, kept)

            body = inner(environ, start)
            return [] if lines[0].startswith("204") else body

        return app


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    seen = Witness()
    run_wsgi(CONSUMERS[consumer_id](secret, seen).application(), seen, port)
