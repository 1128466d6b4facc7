"""One endpoint: how it fares, its settings and its secret, and what it missed delivered again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from ada_mockserver.mock.api.calls import all_changed, context_of
from ada_mockserver.mock.api.errors import ApiError, refused
from ada_mockserver.mock.api.own_routes import OwnCall, found, operation
from ada_mockserver.mock.api.things.webhooks import dashboard_members, members_of
from ada_mockserver.mock.api.times import zoned
from ada_mockserver.mock.console.attempt_list import AttemptFilters, list_attempt_rows
from ada_mockserver.mock.console.endpoint_figures import (
    SPANS,
    count_deliveries,
    failed_deliveries,
    figures,
    next_deliveries,
    recent_outcomes,
)
from ada_mockserver.mock.console.endpoint_form import EndpointForm, faults_of, text_of
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.endpoints import delete_endpoint, rotate_secret, update_endpoint
from ada_mockserver.mock.store.models import Endpoint
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.outbox.outbox import Outbox
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["PAGE"]

_FEW = 5
_LATEST = 10
_SPANS = {"1h": 3600.0, "24h": 86_400.0}
"""The stretches of time that what was missed can be delivered from by a button, in seconds."""

_DONE = {
    "added": "Added. Events are delivered to it from now on, signed with the secret below.",
    "saved": "Saved.",
    "enabled": "Enabled. Events of the time in between are not delivered by themselves: recover them below.",
    "disabled": "Disabled. Nothing is delivered to it until it is enabled again.",
    "rotated": "The secret is rotated.",
}


async def _show(call: OwnCall) -> Response:
    """The page, and with ``?part`` that part of it alone."""
    request, part = call.request, call.request.query_params.get("part")
    endpoint = await find(call.transaction.session, Endpoint, request.path_params["id"])
    if endpoint is None and part == "live":  # the page is open while somebody deletes it
        return html(request, "endpoint_gone.html")
    return await _page(
        request,
        call.transaction,
        await found(call, Endpoint),
        block=part if part in ("live", "secret") else "",
        done=_done(request),
    )


def _done(request: Request) -> str:
    """The notice of a form that was carried out, on the page to which it led."""
    done = request.query_params.get("done", "")
    count = re.fullmatch(r"(?:queued)-([0-9]{1,9})", done)
    if count is None:
        return _DONE.get(done, "")
    queued = int(count[1])
    if not queued:
        return "There is nothing to deliver again."
    return f"{queued} event{'' if queued == 1 else 's'} queued for delivery."


async def _save(request: Request) -> Response:
    form = EndpointForm.sent(await request.form())
    async with context_of(request).begin() as transaction:
        endpoint = await found(OwnCall(request, transaction), Endpoint)
        try:
            body = form.body(endpoint.headers)
            changes = members_of(body, transaction.context.contract)
            changes.update(dashboard_members(body))
        except ApiError as error:
            return await _page(request, transaction, endpoint, form=form, faults=faults_of(error), status=400)
        await update_endpoint(transaction.session, endpoint.id, now=transaction.now, **changes)
        await all_changed(request, transaction, [(endpoint, "updated")], interface="dashboard")
    return _back(request, "saved")


def _switch(*, disabled: bool) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        async with context_of(request).begin() as transaction:
            endpoint = await found(OwnCall(request, transaction), Endpoint)
            await update_endpoint(transaction.session, endpoint.id, now=transaction.now, disabled=disabled)
            await all_changed(request, transaction, [(endpoint, "updated")], interface="dashboard")
        return _back(request, "disabled" if disabled else "enabled")

    return serve


async def _delete(request: Request) -> Response:
    async with context_of(request).begin() as transaction:
        endpoint = await found(OwnCall(request, transaction), Endpoint)
        await delete_endpoint(transaction.session, endpoint.id, now=transaction.now)
        await all_changed(request, transaction, [(endpoint, "deleted")], interface="dashboard")
    return see_other(request, "/endpoints")


async def _reveal(call: OwnCall) -> Response:
    """The secret, which is answered to nothing but this form."""
    block = "secret" if "hx-request" in call.request.headers else ""
    endpoint = await found(call, Endpoint)
    return await _page(call.request, call.transaction, endpoint, block=block, revealed=endpoint.secret)


async def _rotate(request: Request) -> Response:
    own = text_of(await request.form(), "secret").strip()
    async with context_of(request).begin() as transaction:
        endpoint = await found(OwnCall(request, transaction), Endpoint)
        try:
            await rotate_secret(
                transaction.session,
                endpoint.id,
                now=transaction.now,
                rng=transaction.rng,
                secret=own or None,
            )
        except UsageError as error:
            return await _page(
                request, transaction, endpoint, faults={"secret": error.what}, own=own, status=400
            )
        await all_changed(request, transaction, [(endpoint, "updated")], interface="dashboard")
    return _back(request, "rotated")


async def _recover(request: Request) -> Response:
    form = await request.form()
    try:
        since = _since(text_of(form, "span"), text_of(form, "since"), now=context_of(request).clock.now())
    except ApiError as error:
        return await _again(request, faults_of(error), since=text_of(form, "since"))
    return await _queue(request, lambda outbox, id_: outbox.recover(id_, since=since))


def _since(span: str, since: str, *, now: float) -> float:
    """From when on to deliver again, in Unix seconds; raises `ApiError` where it is no time."""
    if span == "all":
        return 0.0
    if span in _SPANS:
        return now - _SPANS[span]
    try:
        return zoned(since.strip()).timestamp()
    except (ValueError, OverflowError):
        raise refused("$.since", "must be a time: a date and an hour, in UTC") from None


async def _resend(request: Request) -> Response:
    """Deliver one event again, or all that failed."""
    event_id = text_of(await request.form(), "event_id")
    if event_id:
        return await _queue(request, lambda outbox, id_: outbox.resend(event_id, endpoint_id=id_))
    return await _queue(request, lambda outbox, id_: outbox.resend_failed(id_))


async def _queue(request: Request, act: Callable[[Outbox, str], Awaitable[int]]) -> Response:
    """Have the outbox queue something for the endpoint; the page says how many events, or why none."""
    outbox: Outbox | None = request.app.state.outbox
    if outbox is None:
        return await _again(request, {"outbox": "This mock stores events, and delivers none."})
    try:
        queued = await act(outbox, request.path_params["id"])
    except UsageError as error:
        return await _again(request, {"outbox": error.what})
    return _back(request, f"queued-{queued}")


async def _again(request: Request, faults: dict[str, str], **content: Any) -> Response:
    """The page with what is wrong."""
    async with context_of(request).begin() as transaction:
        endpoint = await found(OwnCall(request, transaction), Endpoint)
        return await _page(request, transaction, endpoint, faults=faults, status=400, **content)


def _back(request: Request, done: str) -> Response:
    return see_other(request, f"/endpoints/{request.path_params['id']}?done={done}")


async def _page(request: Request, transaction: Transaction, endpoint: Endpoint, **content: Any) -> Response:
    session, now = transaction.session, transaction.now
    span = request.query_params.get("span", "")
    outcomes = (await recent_outcomes(session, [endpoint.id]))[endpoint.id]
    return html(
        request,
        "endpoint.html",
        **{
            "endpoint": endpoint,
            "outcomes": outcomes,
            "figures": figures(outcomes, now=now, span=span),
            "span": span if span in SPANS else "",
            "spans": SPANS,
            "counts": await count_deliveries(session, endpoint.id),
            "due": await next_deliveries(session, endpoint.id, limit=_FEW),
            "failed": await failed_deliveries(session, endpoint.id, limit=_FEW),
            "attempts": await list_attempt_rows(session, AttemptFilters(endpoint=endpoint.id), limit=_LATEST),
            "old_secrets": [until for _, until in endpoint.old_secrets if now < until],
            "form": EndpointForm.of(endpoint),
            "faults": {},
            "done": "",
            "revealed": "",
            "own": "",
            "since": "",
            **content,
        },
    )


_PATH = "/endpoints/{id}"

PAGE = Page(
    [
        Route(_PATH, operation(_show), methods=["GET"]),
        Route(_PATH, _save, methods=["POST"]),
        Route(f"{_PATH}/enable", _switch(disabled=False), methods=["POST"]),
        Route(f"{_PATH}/disable", _switch(disabled=True), methods=["POST"]),
        Route(f"{_PATH}/delete", _delete, methods=["POST"]),
        Route(f"{_PATH}/secret", operation(_reveal), methods=["POST"]),
        Route(f"{_PATH}/rotate", _rotate, methods=["POST"]),
        Route(f"{_PATH}/recover", _recover, methods=["POST"]),
        Route(f"{_PATH}/resend", _resend, methods=["POST"]),
    ]
)
