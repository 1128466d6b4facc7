"""One event: its payload beside the contract, its deliveries as they go on, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import not_found
from ada_mockserver.mock.console.event_detail import neighbours, plain_text, read_detail
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.payload_review import review
from ada_mockserver.mock.console.payload_view import payload_lines
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.console.snippets import (
    Origin,
    again_with_adakit,
    again_with_curl,
    as_pytest_case,
    verifying,
)
from ada_mockserver.mock.outbox.backoff import SCHEDULES
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import Endpoint, Event
from ada_schemas.contract.profile import slug_of
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

    from ada_mockserver.mock.console.event_detail import EventDetail, ShownAttempt
    from ada_mockserver.mock.outbox.outbox import Outbox
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = ["PAGE"]

NOWHERE = "http://localhost:8000/webhooks/"
"""The address in commands while there is no endpoint, up to the provider's name: that of the examples."""

NO_OUTBOX = "This mock stores events and delivers none."

MOST_SENT = 1_000_000
"""Bytes of a body that are on the page as they are sent."""

_REASONS = {
    "exhausted": "The schedule is at its end: no try is left.",
    "aborted": "The endpoint asked with webhook-delivery: abort-message that it is not tried again.",
    "disabled": "The endpoint is disabled.",
    "deleted": "The endpoint was deleted.",
}


async def _show(request: Request) -> Response:
    return await _page(request)


async def _page(request: Request, *, wrong: str = "") -> Response:
    async with context_of(request).begin() as transaction:
        session, event = transaction.session, await _event(request, transaction)
        content = await _live_content(request, transaction, event, wrong)
        detail: EventDetail = content["detail"]
        before, after = await neighbours(session, event, detail.conversation)
        chosen, attempts = request.query_params.get("attempt", ""), detail.attempts
        attempt = next((each for each in attempts if each.id == chosen), attempts[0] if attempts else None)
        delivery = next((each for each in detail.deliveries if attempt in each.attempts), None)
        endpoint = await find(session, Endpoint, delivery.endpoint_id) if delivery else None
    return html(
        request,
        "event.html",
        status=400 if wrong else 200,
        before=before,
        after=after,
        attempt=attempt,
        receiver=endpoint.id if endpoint else "",
        **content,
        **_payload_content(event, context_of(request)),
        **_copied(event, attempt, endpoint, context_of(request)),
    )


def _payload_content(event: Event, context: MockContext) -> dict[str, Any]:
    reviewed = review(event.body, context.contract, told=event.type)
    sent = plain_text(event.body[:MOST_SENT])
    return {
        "reviewed": reviewed,
        "tree": None if reviewed.unread else payload_lines(reviewed),
        "sent": sent,
        "size": len(event.body),
    }


def _copied(
    event: Event, attempt: ShownAttempt | None, endpoint: Endpoint | None, context: MockContext
) -> dict[str, Any]:
    """The programs, commands and the test that can be copied."""
    body, here = event.body, f"{context.base_url}/events/{event.id}/fixture.json"
    of = Origin(context.contract, context.contract_directory or "", event.type)
    url = endpoint.url if endpoint else f"{NOWHERE}{slug_of(of.profile.provider)}"
    headers = endpoint.headers if endpoint else ()
    signature = attempt.signature if attempt else {}
    variable = of.profile.secret_variable
    return {
        "snippets": verifying(body, signature, fetched_from=here, variable=variable) if signature else {},
        "curl": again_with_curl(body, url=url, headers=headers, fetched_from=here, of=of),
        "adakit": again_with_adakit(body, url=url, fetched_from=here, of=of),
        "pytest_case": as_pytest_case(body, event_type=event.type, of=of),
    }


async def _live_content(
    request: Request, transaction: Transaction, event: Event, wrong: str
) -> dict[str, Any]:
    outbox = request.app.state.outbox
    schedule = outbox.options.schedule if outbox else SCHEDULES["svix-8"]
    is_ada = transaction.context.contract.is_ada
    detail = await read_detail(transaction.session, event, schedule, is_ada=is_ada)
    return {
        "event": event,
        "detail": detail,
        "reasons": _REASONS,
        "delivers": outbox is not None,
        "swapped": False,
        "wrong": wrong,
    }


async def _live(request: Request) -> Response:
    """The part that follows: what came of the event."""
    return await _live_part(request)


async def _live_part(request: Request, *, wrong: str = "") -> Response:
    async with context_of(request).begin() as transaction:
        event = await find(transaction.session, Event, request.path_params["id"])
        if event is None:  # the mock was cleared: no error of whoever has the page open
            return html(request, "event_live.html", event=None)
        content = await _live_content(request, transaction, event, wrong)
    return html(request, "event_live.html", status=400 if wrong else 200, **(content | {"swapped": True}))


async def _resend(request: Request) -> Response:
    """Deliver the event again: to the endpoint of the form, else to all that it was meant for."""
    form = await request.form()
    event_id, endpoint_id = request.path_params["id"], str(form.get("endpoint") or "") or None
    wrong = await _sent_again(request.app.state.outbox, event_id, endpoint_id)
    if "hx-request" in request.headers:
        return await _live_part(request, wrong=wrong)
    return await _page(request, wrong=wrong) if wrong else see_other(request, f"/events/{event_id}")


async def _sent_again(outbox: Outbox | None, event_id: str, endpoint_id: str | None) -> str:
    """Deliver an event again; returns why it could not be done, "" where it could."""
    if outbox is None:
        return NO_OUTBOX
    try:
        count = await outbox.resend(event_id, endpoint_id=endpoint_id)
    except UsageError as error:
        return f"{error.what} {error.next_step}".strip()
    return "" if count else "No endpoint that it was meant for is enabled."


async def _fixture(request: Request) -> Response:
    """The body as it is sent: ``adakit send --payload`` and ``adakit replay`` take it."""
    async with context_of(request).begin() as transaction:
        event = await _event(request, transaction)
    name = event.type.removeprefix("v1.")
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "-" for each in name)
    headers = {
        "content-disposition": f'attachment; filename="{plain}-{event.id}.json"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(event.body, media_type="application/json", headers=headers)


async def _event(request: Request, transaction: Transaction) -> Event:
    event = await find(transaction.session, Event, request.path_params["id"])
    if event is None:
        raise not_found("event")
    return event


PAGE = Page(
    [
        Route("/events/{id}", _show, methods=["GET"]),
        Route("/events/{id}/live", _live, methods=["GET"]),
        Route("/events/{id}/fixture.json", _fixture, methods=["GET"]),
        Route("/events/{id}/resend", _resend, methods=["POST"]),
    ]
)
