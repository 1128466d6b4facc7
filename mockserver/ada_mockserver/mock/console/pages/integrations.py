"""Where an admin installs and uninstalls integrations: Ada's dashboard, as far as integrations need one.

The paths are those that Ada's pages name (/reference/integrations/getting-started), and the demo client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.attempt import send_once
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.endpoint import TIME_LIMIT
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.api.own_routes import OwnCall, found, operation
from ada_mockserver.mock.console.configuration_form import fields_of, fill_in
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html
from ada_mockserver.mock.state.configuration import misfits
from ada_mockserver.mock.state.installations import (
    Installation,
    Integration,
    callback,
    granted,
    install,
    name_of,
    remove,
    uninstallation,
)
from ada_mockserver.mock.store.database import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.fitting import Problem
    from ada_mockserver.mock.console.configuration_form import Field
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["PAGE"]

_SHOWN_ANSWER = 300
_MACHINE = SystemClock()
_WIRE = Wire(clock=_MACHINE)


async def _list(call: OwnCall) -> Response:
    session = call.transaction.session
    counted = await session.execute(
        select(Installation.integration_id, func.count()).group_by(Installation.integration_id)
    )
    connections = {row[0]: row[1] for row in counted}
    listed = await session.scalars(select(Integration).order_by(Integration.ordinal.desc()).limit(100))
    shown = [{**each.data, "connections": connections.get(each.id, 0)} for each in listed]
    return _page(call.request, "list", "Integrations", integrations=shown)


async def _show(call: OwnCall) -> Response:
    return await _one(call.request, call.transaction, await found(call, Integration))


async def _install(request: Request) -> Response:
    given = parse_qs((await request.body()).decode("utf-8", "replace"))
    async with context_of(request).begin() as transaction:
        integration = await found(OwnCall(request, transaction), Integration)
        if integration.data["status"] == "archived":
            raise ApiError(403, "forbidden", "An archived integration cannot be installed.")
        schema = integration.data["configuration_fields"]
        configuration = fill_in(fields_of(schema), given)
        faults = misfits(schema, configuration)
        if faults:
            return await _one(request, transaction, integration, values=given, faults=faults, status=400)
        _, code = await install(transaction, integration, configuration)
        address = callback(integration, code)
    return RedirectResponse(address, 303, {"cache-control": "no-store", "referrer-policy": "origin"})


async def _uninstall(request: Request) -> Response:
    """Tell the integration, then forget the installation whatever the answer: the token is good till then."""
    path = request.path_params
    async with context_of(request).begin() as transaction:
        integration = await found(OwnCall(request, transaction), Integration)
        installation = await find(transaction.session, Installation, path["installation_id"])
    if installation is None or installation.integration_id != integration.id:
        return RedirectResponse(f"/platform/integrations/{integration.id}", 303)
    signed = uninstallation(integration, installation, signed_at=int(_MACHINE.now()))
    attempt = await send_once(_WIRE, signed, timeout=TIME_LIMIT)
    async with context_of(request).begin() as transaction:
        installation = await find(transaction.session, Installation, path["installation_id"], lock=True)
        if installation is not None:
            await remove(transaction, integration, installation)
        notice = f"Uninstalled. {_outcome(attempt)}"
        return await _one(request, transaction, integration, notice=notice, well=attempt.accepted)


def _outcome(attempt: Attempt) -> str:
    response = attempt.response
    if response is None:
        return f"The integration could not be told: {attempt.error.what if attempt.error else ''}"
    said = response.body.decode("utf-8", "replace").strip()[:_SHOWN_ANSWER]
    return f"The integration answered {response.status}{f': {said}' if said else '.'}"


async def _connected(call: OwnCall) -> Response:
    integration = await found(call, Integration)
    notice = f"{integration.title} is connected."
    return _page(call.request, "outcome", integration.title, notice=notice, well=True)


async def _failed(call: OwnCall) -> Response:
    """The page of a failure; which parameter has the code is not documented."""
    integration, query = await found(call, Integration), call.request.query_params
    messages: Mapping[str, Any] = integration.data.get("error_codes") or {}
    codes = [query[name] for name in ("error_code", "error", "code") if name in query]
    notice = next((str(messages[code]) for code in codes if code in messages), "It could not be connected.")
    return _page(call.request, "outcome", integration.title, notice=notice)


async def _one(
    request: Request,
    transaction: Transaction,
    integration: Integration,
    *,
    values: Mapping[str, Sequence[str]] | None = None,
    faults: Sequence[Problem] = (),
    **shown: Any,
) -> Response:
    """The page of an integration: its connections, and the form of a new one."""
    installed = await transaction.session.scalars(
        select(Installation)
        .where(Installation.integration_id == integration.id)
        .order_by(Installation.ordinal.desc())
    )
    fields = fields_of(integration.data["configuration_fields"])
    return _page(
        request,
        "one",
        integration.title,
        # The redirect that answers the form counts as where it leads, and so does each one that follows.
        forms="'self' http: https:",
        integration=integration.shown(),
        connections=[{**each.data, "name": name_of(integration, each)} for each in installed],
        fields=fields,
        scopes=granted(integration),
        values=_initial(fields) if values is None else values,
        faults=dict(faults),
        **shown,
    )


def _initial(fields: Sequence[Field]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for each in fields:
        values |= {each.name: each.initial} if each.kind != "group" else _initial(each.fields)
    return values


def _page(request: Request, view: str, title: str, **content: Any) -> Response:
    home = f"{context_of(request).base_url}/platform/integrations"
    settings = {"notice": "", "well": False, **content}
    return html(request, "integrations.html", view=view, title=title, home=home, **settings)


_ROUTES = [
    Route("/platform/integrations", operation(_list), methods=["GET"]),
    Route("/platform/integrations/{id}", operation(_show), methods=["GET"]),
    Route("/platform/integrations/{id}", _install, methods=["POST"]),
    Route(
        "/platform/integrations/{id}/installations/{installation_id}/uninstall", _uninstall, methods=["POST"]
    ),
    Route("/platform/integrations/{id}/connections/success", operation(_connected), methods=["GET"]),
    Route("/platform/integrations/{id}/connections/error", operation(_failed), methods=["GET"]),
]

PAGE = Page(_ROUTES, title="Integrations", path="/platform/integrations", order=80, ada_only=True)
