"""Webhook management: the eight operations under ``/v2/webhooks``.

Where the document names no 400 for an operation, none is answered: a limit, a cursor or a key that cannot be
used counts as not given.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from ada_mockserver.delivery.http import Request as HttpRequest
from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_mockserver.delivery.signing import parse_secret
from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.resources import Call, context_of, found, listing, operation, reading, resource
from ada_mockserver.mock.api.validation import query_choice
from ada_mockserver.mock.store import endpoints
from ada_mockserver.mock.store.models import Endpoint
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from typing import Unpack

    from starlette.requests import Request

    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.endpoints import Changes
    from ada_schemas.contract.contract import Contract

__all__ = ["ROUTES", "add_webhook", "header_lines", "query_event_type"]

_OWN_HEADER = re.compile(
    "svix-.*|webhook-.*|content-.*|host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect"
)
"""Headers that identify a delivery or frame it on the wire."""


async def _list(call: Call) -> dict[str, Any]:
    return await listing(call, Endpoint, strict=False)


async def _create(call: Call) -> dict[str, Any]:
    return (await add_webhook(call.transaction, call.body)).shown()


async def add_webhook(
    transaction: Transaction,
    body: dict[str, Any],
    where: str = "$",
    *,
    secret: str | None = None,
    **settings: Unpack[Changes],
) -> Endpoint:
    """Create a webhook from a body as the API takes it; the secret and the settings are not the API's.

    Raises `ApiError` for a member that cannot be used; ``where`` is the JSON path of the body.
    """
    members: Changes = {**settings, **_members(body, transaction.context.contract, where)}
    try:
        return await endpoints.create_endpoint(
            transaction.session, now=transaction.now, rng=transaction.rng, secret=secret, **members
        )
    except UsageError as error:
        raise refused(f"{where}.secret", error.what) from None


def _members(body: dict[str, Any], contract: Contract, where: str = "$") -> Changes:
    """The body's members as the outbox calls them.

    Events to subscribe to are those of ``contract``; ``where`` is the JSON path of the body. Raises
    `ApiError` for a member that cannot be used.
    """
    changes: Changes = {}
    if "url" in body:
        try:
            parse_url(body["url"])
        except UsageError as error:
            raise refused(f"{where}.url", f"cannot be delivered to: {error.what}") from None
        changes["url"] = body["url"]
    if "description" in body:
        if "\0" in body["description"]:
            raise refused(f"{where}.description", "holds the character NUL")
        changes["description"] = body["description"]
    if "event_filters" in body:
        for index, name in enumerate(body["event_filters"]):
            if name not in contract.by_type:
                message = f"must be one of: {', '.join(contract.by_type)}"
                raise refused(f"{where}.event_filters[{index}]", message)
        changes["event_types"] = body["event_filters"]
    if "enabled" in body:
        changes["disabled"] = not body["enabled"]
    return changes


async def _update(call: Call) -> dict[str, Any]:
    transaction = call.transaction
    changes = _members(call.body, transaction.context.contract)
    endpoint = await found(call, Endpoint)
    await endpoints.update_endpoint(transaction.session, endpoint.id, now=transaction.now, **changes)
    return endpoint.shown()


async def _delete(call: Call) -> Response:
    endpoint = await found(call, Endpoint)
    await endpoints.delete_endpoint(call.transaction.session, endpoint.id, now=call.transaction.now)
    return Response(status_code=204)


async def _secret(call: Call) -> dict[str, Any]:
    return {"key": (await found(call, Endpoint)).secret}


async def _rotate(request: Request) -> Response:
    secret = _custom_secret(await request.body())
    async with context_of(request).begin() as transaction:
        endpoint = await found(Call(request, transaction), Endpoint)
        await endpoints.rotate_secret(
            transaction.session, endpoint.id, now=transaction.now, rng=transaction.rng, secret=secret
        )
    return JSONResponse({})


def _custom_secret(body: bytes) -> str | None:
    """The key of the body as a secret: one in Svix's form as it is, any other text as base64 of its bytes."""
    try:
        document = json.loads(body)
        key = document.get("key") if isinstance(document, dict) else None
        if not isinstance(key, str) or not key:
            return None
        raw = key.encode()
    except (ValueError, RecursionError):
        return None
    try:
        parse_secret(key)
    except UsageError:
        return f"whsec_{base64.b64encode(raw).decode()}"
    return key


async def _event_types(request: Request) -> Response:
    events = context_of(request).contract.events
    listed = [{"name": event.type, "description": event.description or event.title} for event in events]
    return JSONResponse({"data": listed})


def query_event_type(request: Request, name: str) -> str | None:
    """The event type that a query parameter names, with or without ``v1.``, as on the wire, or None.

    Raises `ApiError` (400) for one that there is not.
    """
    given = request.query_params.get(name)
    if given is None:
        return None
    known = list(context_of(request).contract.by_type)
    return query_choice({name: f"v1.{given.removeprefix('v1.')}"}, name, known)


def header_lines(headers: dict[str, str], where: str) -> Headers:
    """Headers that go with every delivery.

    Raises `ApiError` (400) for what HTTP cannot carry, and for names that a delivery has already.
    """
    for name, value in headers.items():
        if _OWN_HEADER.fullmatch(name.lower()):
            raise refused(where, f"The header '{name}' is set by each delivery itself.")
        try:
            encode(HttpRequest("http://127.0.0.1/", ((name, value),), b""), parse_url("http://127.0.0.1/"))
        except UsageError as error:
            raise refused(where, error.what) from None
    return tuple(headers.items())


ROUTES = [
    resource(
        "/v2/webhooks", GET=operation(_list), POST=operation(_create, body="create_webhook", status=201)
    ),
    resource("/v2/webhooks/event-types", GET=_event_types),
    resource(
        "/v2/webhooks/{id}",
        GET=reading(Endpoint),
        PATCH=operation(_update, body="update_webhook"),
        DELETE=operation(_delete),
    ),
    resource("/v2/webhooks/{id}/secret", GET=operation(_secret)),
    resource("/v2/webhooks/{id}/secret/rotate", POST=_rotate),
]
