"""A service that receives OpenAI's webhooks with OpenAI's library, as its guide has it.

``create_app`` makes one that catches what the guide catches; ``create_careful_app`` one that takes any trouble
with a request for a bad request, as the library's README has it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openai import InvalidWebhookSignatureError, OpenAI
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from providers.record import Record

if TYPE_CHECKING:
    from openai.types.webhooks import UnwrapWebhookEvent
    from starlette.requests import Request

__all__ = ["create_app", "create_careful_app"]


def handled(event: UnwrapWebhookEvent) -> str | None:
    """What is done with an event, in words; None for one that is not known."""
    match event.type:
        case "batch.cancelled" | "batch.completed" | "batch.expired" | "batch.failed":
            return f"fetch the results of batch {event.data.id}"
        case "eval.run.canceled" | "eval.run.failed" | "eval.run.succeeded":
            return f"look at eval run {event.data.id}"
        case "fine_tuning.job.cancelled" | "fine_tuning.job.failed" | "fine_tuning.job.succeeded":
            return f"look at job {event.data.id}"
        case "realtime.call.incoming":
            callers = [header.value for header in event.data.sip_headers if header.name == "From"]
            return f"answer the call {event.data.call_id} of {callers}"
        case "response.cancelled" | "response.completed" | "response.failed" | "response.incomplete":
            return f"fetch response {event.data.id}"
    return None


def create_app(caught: type[Exception] = InvalidWebhookSignatureError) -> Starlette:
    """A service with its own client and record; ``caught`` is answered 400."""
    client = OpenAI(api_key="unused", webhook_secret=os.environ["OPENAI_WEBHOOK_SECRET"])
    record = Record("webhook-id")

    async def receive(request: Request) -> Response:
        body = await request.body()
        try:
            event = client.webhooks.unwrap(body, request.headers)
            record.take(request, event.type, lambda: handled(event))
        except caught:
            return Response("Invalid signature", status_code=400)
        return Response(status_code=200)

    return Starlette(routes=[Route("/webhooks", receive, methods=["POST"]), Route("/seen", record.seen)])


def create_careful_app() -> Starlette:
    """The service that catches any exception."""
    return create_app(Exception)
