"""An inbox with a bug that is planted: it takes every message for text."""

import json
import os

from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
lines: list[str] = []


@app.post("/webhooks/ada")
def receive() -> tuple[str, int]:
    """Verify the signature over the raw body, then handle the event."""
    body = request.get_data()
    headers = {
        f"webhook-{part}": request.headers.get(f"svix-{part}", "")
        for part in ("id", "timestamp", "signature")
    }
    try:
        Webhook(os.environ["ADA_WEBHOOK_SECRET"]).verify(body, headers)
    except json.JSONDecodeError:
        return "no JSON", 400
    except (WebhookVerificationError, ValueError):
        return "not from Ada", 401
    event = json.loads(body)
    if not isinstance(event, dict):
        return "no event", 400
    if event.get("type") == "v1.conversation.message":
        take_message(event["data"])
    return "", 200


def take_message(data: dict) -> None:
    """Note what was said, and by whom."""
    author = data.get("author") or {}
    content = data.get("content") or {"body": ""}
    lines.append(f"{author.get('role')}: {content['body']}")
