"""Webhook management: the endpoints to which events are delivered."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.http import Request as HttpRequest
from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_mockserver.delivery.signing import parse_secret
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.pages import page
from ada_mockserver.mock.api.queries import query_choice
from ada_mockserver.mock.store import endpoints
from ada_mockserver.mock.store.models import Endpoint
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from typing import Unpack

    from starlette.requests import Request

    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.mock.api.calls import Call
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.endpoints import Changes
    from ada_schemas.contract.contract import Contract

__all__ = ["OPERATIONS", "add_webhook", "dashboard_members", "members_of", "query_event_type"]

_OWN_HEADER = re.compile(
    "svix-.*|webhook-.*|content-.*|host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect"
)
"""Headers that identify a delivery or frame it on the wire."""


async def _list(call: Call) -> dict[str, Any]:
    return await page(call, Endpoint)


async def _create(call: Call) -> dict[str, Any]:
    endpoint = await add_webhook(call.transaction, call.body)
    await call.changed(endpoint, "created")
    return endpoint.shown()


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
    members: Changes = {**settings, **members_of(body, transaction.context.contract, where)}
    try:
        return await endpoints.create_endpoint(
            transaction.session, now=transaction.now, rng=transaction.rng, secret=secret, **members
        )
    except UsageError as error:
        raise refused(f"{where}.secret", error.what) from None


def members_of(body: dict[str, Any], contract: Contract, where: str = "$") -> Changes:
    """The body's members that the API takes, as the outbox calls them.

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
    transaction, endpoint = call.transaction, call.thing(Endpoint)
    changes = members_of(call.body, transaction.context.contract)
    await endpoints.update_endpoint(transaction.session, endpoint.id, now=transaction.now, **changes)
    await call.changed(endpoint, "updated")
    return endpoint.shown()


async def _delete(call: Call) -> None:
    endpoint = call.thing(Endpoint)
    await endpoints.delete_endpoint(call.transaction.session, endpoint.id, now=call.transaction.now)
    await call.changed(endpoint, "deleted")


async def _read(call: Call) -> dict[str, Any]:
    return call.thing(Endpoint).shown()


async def _secret(call: Call) -> dict[str, Any]:
    return {"key": call.thing(Endpoint).secret}


async def _rotate(call: Call) -> dict[str, Any]:
    transaction, endpoint = call.transaction, call.thing(Endpoint)
    secret = _custom_secret(call.body.get("key") or None)
    await endpoints.rotate_secret(
        transaction.session, endpoint.id, now=transaction.now, rng=transaction.rng, secret=secret
    )
    await call.changed(endpoint, "updated")
    return {}


def _custom_secret(key: str | None) -> str | None:
    """A key as a secret: one in Svix's form as it is, any other text as base64 of its bytes."""
    if key is None:
        return None
    try:
        parse_secret(key)
    except UsageError:
        return f"whsec_{base64.b64encode(key.encode()).decode()}"
    return key


async def _event_types(call: Call) -> dict[str, Any]:
    events = call.transaction.context.contract.events
    return {
        "data": [{"name": event.type, "description": event.description or event.title} for event in events]
    }


def query_event_type(request: Request, name: str) -> str | None:
    """The event type that a query parameter names, with or without ``v1.``, as on the wire, or None.

    Raises `ApiError` (400) for one that there is not.
    """
    given = request.query_params.get(name)
    if given is None:
        return None
    contract = context_of(request).contract
    event = contract.known(given)
    return query_choice({name: event.type if event else given}, name, list(contract.by_type))


def dashboard_members(body: dict[str, Any], where: str = "$") -> Changes:
    """The body's members that Ada's dashboard sets, and the API does not: ``channels`` and ``headers``.

    Raises `ApiError` as `members_of` does.
    """
    changes: Changes = {}
    if "channels" in body:
        changes["channels"] = body["channels"]
    if "headers" in body:
        changes["headers"] = _header_lines(body["headers"], f"{where}.headers")
    return changes


def _header_lines(headers: dict[str, str], where: str) -> Headers:
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


OPERATIONS = {
    "list-webhooks": _list,
    "create-webhook": _create,
    "get-webhook": _read,
    "update-webhook": _update,
    "delete-webhook": _delete,
    "get-webhook-secret": _secret,
    "rotate-webhook-secret": _rotate,
    "list-event-types": _event_types,
}
