"""A service that receives Svix's own webhooks with Svix's library, in models as its document has them."""

from __future__ import annotations

import os
from datetime import datetime  # noqa: TC003 - read by the models
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from svix.webhooks import Webhook, WebhookVerificationError

from providers.record import Record

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["create_app"]

Uid = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[a-zA-Z0-9\-_.]+$")]


class Part(BaseModel):
    """A part of an event, whose members are written as Svix writes them."""

    model_config = ConfigDict(alias_generator=to_camel)


class Endpoint(Part):
    """The data of endpoint.created, .deleted and .updated."""

    app_id: str
    app_uid: Uid | None = None
    endpoint_id: str
    endpoint_uid: Uid | None = None


class DisabledEndpoint(Endpoint):
    """The data of endpoint.disabled."""

    fail_since: datetime


class LastAttempt(Part):
    """The attempt that failed."""

    id: str
    response_status_code: int
    timestamp: datetime


class FailedMessage(Part):
    """The data of message.attempt.exhausted and .failing."""

    app_id: str
    app_uid: Uid | None = None
    endpoint_id: str
    msg_id: str
    msg_event_id: Uid | None = None
    last_attempt: LastAttempt


class Task(Part):
    """The data of background_task.finished."""

    task_id: str
    task: str
    status: str
    data: dict[str, Any]


MODELS: dict[str, type[BaseModel]] = {
    "background_task.finished": Task,
    "endpoint.created": Endpoint,
    "endpoint.deleted": Endpoint,
    "endpoint.disabled": DisabledEndpoint,
    "endpoint.updated": Endpoint,
    "message.attempt.exhausted": FailedMessage,
    "message.attempt.failing": FailedMessage,
}


class Event(BaseModel):
    """The envelope."""

    type: str
    data: dict[str, Any]


def handled(event: Event) -> str | None:
    """What is done with an event, in words; None for one that is not known."""
    model = MODELS.get(event.type)
    return None if model is None else f"{event.type}: {model.model_validate(event.data)}"


def create_app() -> Starlette:
    """A service with its own record."""
    webhook = Webhook(os.environ["SVIX_WEBHOOK_SECRET"])
    record = Record("svix-id")

    async def receive(request: Request) -> Response:
        body = await request.body()
        try:
            webhook.verify(body, dict(request.headers))
            event = Event.model_validate_json(body)
            record.take(request, event.type, lambda: handled(event))
        except (WebhookVerificationError, ValidationError):
            return Response(status_code=400)
        return Response(status_code=204)

    return Starlette(routes=[Route("/webhooks", receive, methods=["POST"]), Route("/seen", record.seen)])
