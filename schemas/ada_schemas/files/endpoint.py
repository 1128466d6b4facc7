"""``endpoint.openapi.json``: one endpoint that receives every event, for tools that test endpoints.

``openapi.json`` tells the events as ``webhooks:``, which such tools leave out. Here they are the body of one
``POST``, and no wider than what is sent (``traffic``), so that what a tool generates is what could be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_schemas.contract.json_schema import DIALECT
from ada_schemas.contract.paths import steps
from ada_schemas.errors import UsageError
from ada_schemas.files.bounds import OTHER_EVENT
from ada_schemas.files.openapi import about
from ada_schemas.files.traffic import traffic_schema
from ada_schemas.files.types import camel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Event

__all__ = ["ENDPOINT_FILE", "endpoint_document"]

ENDPOINT_FILE = "endpoint.openapi.json"
ABOUT = (
    "One endpoint that receives the events of {sender}, each as it is sent: narrower than the schemas,"
    " for tools that generate requests. {provider} signs each request over its bytes, which no such"
    " document can say: ada_contract_tests.schemathesis makes Schemathesis do so. {source}; not"
    " published by {provider}."
)


def endpoint_document(
    contract: Contract,
    *,
    path: str = "/webhooks/ada",
    events: Sequence[Event] | None = None,
    closed: bool = True,
) -> dict[str, Any]:
    """OpenAPI 3.1 with one ``POST`` at ``path``, whose body is one of ``events`` (all if None).

    ``closed``: as documented today; else with what the versioning policy lets a provider add: members, enum
    values, kinds of content and event types. Raises UsageError for what is no path and for no events.
    """
    if not path.startswith("/") or set(path) & set("{}?# "):
        raise UsageError(
            f"{path!r} is not the path of an endpoint.",
            next_step="It is like /webhooks/ada: no host, no query.",
        )
    chosen = contract.events if events is None else tuple(events)
    if not chosen:
        raise UsageError("The endpoint would receive no event.")
    schemas = {
        camel(event.name): traffic_schema(event, contract.constraints_of(event), closed=closed)
        for event in chosen
    }
    references = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    if not closed:
        schemas["EventOfAnotherType"] = _another_type(contract.events)
        references.append({"$ref": "#/components/schemas/EventOfAnotherType"})
    shown = {
        event.name: {"value": event.examples[0].value}
        for event in chosen
        if event.examples and _is_valid(schemas[camel(event.name)], event.examples[0].value)
    }
    limit = f"{contract.profile.timeout:g} seconds"
    content: dict[str, Any] = {"schema": {"anyOf": references}}
    if shown:
        content["examples"] = shown
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"An endpoint for {contract.profile.provider}'s webhooks",
            "version": contract.version,
            "description": about(contract.profile, ABOUT),
        },
        "jsonSchemaDialect": DIALECT,
        "paths": {
            path: {
                "post": {
                    "operationId": "receiveEvent",
                    "summary": "Receive an event.",
                    "requestBody": {"required": True, "content": {"application/json": content}},
                    "responses": {
                        "2XX": {"description": f"The event was received; answer 200 within {limit}."},
                        "4XX": {"description": "The request was refused: it is no event, or not authentic."},
                    },
                }
            }
        },
        "components": {"schemas": schemas},
    }


def _is_valid(schema: dict[str, Any], example: Any) -> bool:
    """False for an example that is against the contract: a tool would send it as one that is not."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - other files are written without

    return Draft202012Validator(schema).is_valid(example)


def _another_type(events: tuple[Event, ...]) -> dict[str, Any]:
    known: dict[str, Any] = {"enum": [event.type for event in events]}
    for step in reversed(steps(events[0].type_path)):
        known = {"properties": {step: known}}
    return {"description": "An event of a type that is not documented yet.", **OTHER_EVENT, "not": known}
