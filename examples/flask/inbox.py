"""An inbox for what is said in conversations with Ada: Flask, made by a factory."""

import json
import os

from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def create_app() -> Flask:
    """The application; the signing secret comes from the environment."""
    app = Flask(__name__)
    app.config["ADA_SECRET"] = os.environ["ADA_WEBHOOK_SECRET"]
    lines: list[str] = []
    seen: set[str] = set()
    app.extensions["inbox"] = lines

    @app.post("/webhooks/ada")
    def receive() -> tuple[str, int]:
        body = request.get_data()
        if not is_authentic(app.config["ADA_SECRET"], body):
            return "", 401
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            return "no JSON", 400
        if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
            return "no event", 400
        message_id = request.headers["svix-id"]
        if message_id not in seen:
            lines.extend(lines_of(event.get("type"), event["data"]))
            seen.add(message_id)
        return "", 200

    return app


def is_authentic(secret: str, body: bytes) -> bool:
    """Whether the request comes from Ada; the library expects the headers by their standard names."""
    headers = {
        f"webhook-{name}": request.headers.get(f"svix-{name}", "")
        for name in ("id", "timestamp", "signature")
    }
    try:
        Webhook(secret).verify(body, headers)
    except json.JSONDecodeError:  # it parses the body once the signature is found right
        return True
    except (WebhookVerificationError, ValueError):  # it lets a malformed header raise ValueError
        return False
    except RecursionError:
        return True
    return all(headers.values())


def lines_of(event_type: str | None, data: dict) -> list[str]:
    """The lines that an event adds; members may be absent, null, or new."""
    match event_type:
        case "v1.conversation.message":
            author, content = data.get("author") or {}, data.get("content") or {}
            said = (
                content.get("body")
                or content.get("link_text")
                or content.get("filename")
                or content.get("url")
            )
            return [f"{author.get('display_name') or author.get('role')}: {said}"]
        case "v1.conversation.ended":
            return [f"-- ended by {(data.get('ended_by') or {}).get('role')}"]
    return []
