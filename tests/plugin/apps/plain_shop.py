"""A consumer without a framework, quick to import: ASGI, and a signature compared by hand."""

import base64
import hashlib
import hmac
import json
import logging
import os
import time

log = logging.getLogger(__name__)


def is_authentic(body: bytes, *, headers: dict[str, str]) -> bool:
    message_id, timestamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    if not message_id or not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(os.environ["ADA_WEBHOOK_SECRET"].removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    expected = b"v1," + base64.b64encode(digest)
    signatures = headers.get("svix-signature", "").encode().split()
    return any(hmac.compare_digest(expected, each) for each in signatures)


def handle(event: dict) -> None:
    data = event["data"]
    if event["type"] == "v1.conversation.created":
        log.info("locale: %s", (data.get("metadata") or {}).get("locale"))


def answer(body: bytes, *, headers: dict[str, str]) -> int:
    if not is_authentic(body, headers=headers):
        return 401
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return 400
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return 400
    handle(event)
    return 200


async def app(scope, receive, send) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    status = answer(body, headers=headers)
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})
