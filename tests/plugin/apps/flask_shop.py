"""A consumer written with Flask, made by a factory: it verifies with Svix's library and answers 200."""

import json
import logging
import os

from flask import Flask, request
from svix.webhooks import Webhook, WebhookVerificationError

log = logging.getLogger(__name__)


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SECRET"] = os.environ["ADA_WEBHOOK_SECRET"]

    @app.post("/webhooks/ada")
    def receive():
        body = request.get_data()
        try:
            Webhook(app.config["SECRET"]).verify(body, dict(request.headers))
        except WebhookVerificationError:
            return "", 401
        handle(json.loads(body))
        return "", 200

    return app


def handle(event: dict) -> None:
    data = event["data"]
    if event["type"] == "v1.conversation.created":
        log.info("locale: %s", (data.get("metadata") or {}).get("locale"))
