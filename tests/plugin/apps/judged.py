"""Consumers for the test of one verdict: one core, told by ``JUDGED`` which fault it has, in process and over HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED, HANGING = "dropped", "hanging"
LONG = 700
HANDOFF = "/webhooks/start-handoff"


class Core:
    """A correct consumer with a witness, but for its fault."""

    def __init__(self, fault: str, secret: str) -> None:
        self.fault = fault
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.seen = []
        self.known = []
        self.waiting = []
        self.started = []
        self.requests = 0

    def is_authentic(self, headers: dict[str, str], body: bytes) -> bool:
        message_id, stamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
        if not message_id or not stamp.isdecimal() or abs(time.time() - int(stamp)) > 300:
            return False
        digest = hmac.digest(self.key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256)
        given = headers.get("svix-signature", "").encode().split()
        expected = b"v1," + base64.b64encode(digest)
        return any(hmac.compare_digest(expected, each) for each in given)

    def start(self, body: bytes) -> int:
        conversation = self.parsed(body).get("ada_conversation_id")
        if self.fault == "second handoff" and conversation in self.started:
            raise KeyError(conversation)
        self.started.append(conversation)
        return 500 if self.fault == "no handoff" else 204

    def post(self, headers: dict[str, str], body: bytes) -> int | str:  # noqa: PLR0912 - a branch a fault
        self.requests += 1
        event = self.parsed(body)
        data = event.get("data") if isinstance(event.get("data"), dict) else {}
        content = data.get("content") if isinstance(data.get("content"), dict) else {}
        kind = str(event.get("type"))
        match self.fault:
            case "always 500":
                return 500
            case "always 404":
                return 404
            case "other secret":
                return 401
            case "always hangs":
                return HANGING
            case "drops one of 50" if self.requests % 50 == 0:
                return DROPPED
            case "hangs on messages" if kind.endswith("conversation.message"):
                return HANGING
            case "slow with links" if content.get("type") == "link":
                return HANGING
            case "never verifies":
                pass
            case _ if not self.is_authentic(headers, body):
                if self.fault == "handles what it refuses" and "svix-id" not in headers:
                    self.tell(None, kind, "handled")
                return 401
        if not isinstance(event.get("data"), dict):
            return 400
        message_id = headers.get("svix-id")
        if self.fault == "stumbles over long texts" and len(str(content.get("body"))) > LONG:
            raise ValueError("too long")
        if self.fault == "KeyError" and "metadata" not in data and kind.endswith("conversation.created"):
            raise KeyError("metadata")
        again = message_id in self.known[-8:] if self.fault == "forgets" else message_id in self.known
        if again and self.fault != "handles again":
            self.tell(message_id, kind, "duplicate")
            return 200
        self.known.append(message_id)
        match self.fault:
            case "loses files" if content.get("type") == "file":
                self.tell(message_id, kind, "rejected")
            case "loses long texts" if len(str(content.get("body"))) > LONG:
                self.tell(message_id, kind, "rejected")
            case "forgets files" if content.get("type") == "file":
                pass
            case "ignores end users" if data.get("author", {}).get("role", "end_user") == "end_user":
                self.tell(message_id, kind, "ignored")
            case "ignores messages" if kind.endswith("conversation.message"):
                self.tell(message_id, kind, "ignored")
            case "batches of two":
                self.waiting.append((message_id, kind))
                if len(self.waiting) == 2:
                    for each in self.waiting:
                        self.tell(*each, "handled")
                    self.waiting = []
            case _:
                self.tell(message_id, kind, "handled")
        to_nulls = 202 if "null" in json.dumps(data) else 200
        return {"202 to nulls": to_nulls, "always 204": 204, "202, and its witness ends": 202}.get(
            self.fault, 200
        )

    def told(self) -> bytes:
        has_ended = self.fault == "202, and its witness ends" and self.known
        return b"gone" if has_ended else json.dumps(self.seen).encode()

    def parsed(self, body: bytes) -> dict:
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            return {}
        return event if isinstance(event, dict) else {}

    def tell(self, message_id: str | None, kind: str, status: str) -> None:
        self.seen.append({"svix_id": message_id, "type": kind, "status": status})


def create_app():
    """The consumer as an ASGI application."""
    core = Core(os.environ["JUDGED"], os.environ["ADA_WEBHOOK_SECRET"])

    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise NotImplementedError
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        told = core.told() if scope["path"] == "/_seen" else b""
        post = core.start if scope["path"] == HANDOFF else lambda body: core.post(headers, body)
        status = 200 if told else post(body)
        if status == HANGING:
            await asyncio.Event().wait()
        if status == DROPPED:
            return
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": told})

    return app


def create_server(fault: str, secret: str, release):
    """The consumer as a server on a port of its own; what hangs ends once ``release`` is set."""
    core = Core(fault, secret)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, status, body=b""):
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = core.start(body) if self.path == HANDOFF else core.post(headers, body)
            except KeyError:
                status = 500
            if status == HANGING:
                release.wait(30)
            if status in (HANGING, DROPPED):
                self.close_connection = True
                return
            self.answer(status)

        def do_GET(self):
            self.answer(200, core.told())

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
