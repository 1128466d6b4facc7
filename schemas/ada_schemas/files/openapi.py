"""``openapi.json`` and ``asyncapi.json``: the contract for tools that read descriptions of APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_schemas.contract.json_schema import DIALECT, embedded_schema
from ada_schemas.files.types import camel

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event

__all__ = ["FORM_MARK", "asyncapi_document", "openapi_document"]

FORM_MARK = "x-adakit-form"
"""Marks a document whose schemas are in the receiver's form."""
ABOUT = (
    "The events that an Ada AI Agent sends to a webhook endpoint, as a receiver should read them: Ada may add"
    " members, enum values, kinds of content and event types without a new version. Kept by the adakit"
    " project from the documentation at https://docs.ada.cx; not published by Ada."
)
HEADERS = {
    "svix-id": "Identifies the message; the same for every attempt to deliver it, so remember it.",
    "svix-timestamp": "When this attempt was signed, in Unix seconds; refuse one more than 5 minutes off.",
    "svix-signature": (
        "Signatures of `{svix-id}.{svix-timestamp}.{raw body}` by HMAC-SHA256 under the endpoint's secret,"
        " each as `v1,<base64>`, separated by spaces; one that matches is enough."
    ),
}
HEADER_EXAMPLES = {
    "svix-id": "msg_2mWbF6xXkFvRTJfYzPqk3H9dLcA",
    "svix-timestamp": "1600560000",
    "svix-signature": "v1,pVbpvLmRfQ5Nfk3Dvq9s6bY0Cq2fJkqGQ2n2x0m1d8k=",
}


def openapi_document(events: tuple[Event, ...], version: str) -> dict[str, Any]:
    """OpenAPI 3.1 with a ``webhooks:`` section; every payload is a component."""
    webhooks = {}
    for event in events:
        name = camel(event.name)
        content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
        if event.examples:
            content["examples"] = {"example": {"value": event.examples[0].value}}
        webhooks[event.type] = {
            "post": {
                "operationId": f"receive{name}",
                "summary": event.title,
                "description": event.description,
                "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in HEADERS],
                "requestBody": {"required": True, "content": {"application/json": content}},
                "responses": {
                    "200": {"description": "The event was received; answer within 15 seconds."},
                    "default": {"description": "Anything but 2xx is a failure, and is tried again."},
                },
            }
        }
    parameters = {
        header: {
            "name": header,
            "in": "header",
            "required": True,
            "description": said,
            "schema": {"type": "string", "examples": [HEADER_EXAMPLES[header]]},
        }
        for header, said in HEADERS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ada webhooks, for a receiver",
            "version": version,
            "description": ABOUT,
            FORM_MARK: "receiver",
        },
        "jsonSchemaDialect": DIALECT,
        "webhooks": webhooks,
        "components": {
            "schemas": {camel(event.name): embedded_schema(event) for event in events},
            "parameters": parameters,
        },
    }


def asyncapi_document(events: tuple[Event, ...], version: str) -> dict[str, Any]:
    """AsyncAPI 3.0 from the receiver's side: one channel, a message for each event, signature headers."""
    headers = {
        "type": "object",
        "properties": {
            header: {"type": "string", "description": said, "examples": [HEADER_EXAMPLES[header]]}
            for header, said in HEADERS.items()
        },
        "required": list(HEADERS),
    }
    messages = {camel(event.name): _message(event) for event in events}
    references = [{"$ref": f"#/channels/webhook/messages/{name}"} for name in messages]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Ada webhooks, for a receiver", "version": version, "description": ABOUT},
        "defaultContentType": "application/json",
        "channels": {
            "webhook": {
                "title": "The endpoint",
                "description": "An HTTPS endpoint of yours, to which Ada posts every event.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "receiveEvent": {
                "action": "receive",
                "summary": "Receive an event; answer 200 within 15 seconds.",
                "channel": {"$ref": "#/channels/webhook"},
                "messages": references,
            }
        },
        "components": {"messages": messages, "schemas": {"SignatureHeaders": headers}},
    }


def _message(event: Event) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": event.type,
        "title": event.title,
        "summary": event.description,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/SignatureHeaders"},
        "payload": embedded_schema(event),
    }
    if event.examples:
        example = {"name": "example", "headers": HEADER_EXAMPLES, "payload": event.examples[0].value}
        message["examples"] = [example]
    return message
