"""A consumer written with FastAPI: it verifies with Svix's library and answers 200."""

import json
import logging
import os

from fastapi import FastAPI, Request, Response
from svix.webhooks import Webhook, WebhookVerificationError

log = logging.getLogger(__name__)

SECRET = os.environ["ADA_WEBHOOK_SECRET"]

app = FastAPI()


@app.post("/webhooks/ada")
async def receive(request: Request) -> Response:
    body = await request.body()
    try:
        Webhook(SECRET).verify(body, dict(request.headers))
    except WebhookVerificationError:
        return Response(status_code=401)
    handle(json.loads(body))
    return Response(status_code=200)


def handle(event: dict) -> None:
    data = event["data"]
    if event["type"] == "v1.conversation.created":
        log.info("locale: %s", (data.get("metadata") or {}).get("locale"))
