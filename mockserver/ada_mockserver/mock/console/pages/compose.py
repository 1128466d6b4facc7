"""The editor: an event that is written, checked while one types, and sent through the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.console.draft import (
    checked,
    drafted_case,
    drafted_event,
    written,
)
from ada_mockserver.mock.console.event_detail import plain_text
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.outbox.publish import publish, takers
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_mockserver.mock.store.models import Event
from ada_schemas.errors import DocumentError, UsageError
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.console.draft import Draft
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["PAGE"]


async def _show(request: Request) -> Response:
    """An editor that holds an event, a case, or an ordinary event of a type."""
    status = 200
    try:
        async with context_of(request).begin() as transaction:
            given = await _initial(transaction, request.query_params)
    except UsageError as error:
        given, status = {"text": "{}", "wrong": f"{error.what} {error.next_step}".strip()}, 400
    return await _page(request, given, status=status)


async def _initial(transaction: Transaction, query: Mapping[str, str]) -> dict[str, Any]:
    contract = transaction.context.contract
    if query.get("event"):
        event = await find(transaction.session, Event, query["event"])
        if event is None:
            raise UsageError("There is no such event any more.")
        try:
            text = written(read_json(event.body, name="The payload"))
        except DocumentError:
            text = plain_text(event.body)
        about = {"type": event.type, "channels": ", ".join(event.channels)}
        return {"text": text, "source": event.id, **about}
    seed = _seed(query.get("seed", ""), transaction)
    if query.get("case"):
        payload = drafted_case(query["case"], seed=seed, contract=contract)
        known = contract.known(query["case"].partition("/")[0])
        told = known.type if known else ""
        return {"text": written(payload), "case": query["case"], "seed": seed, "type": told}
    name = query.get("type") or contract.event_names[0]
    text = written(drafted_event(name, seed=seed, contract=contract))
    return {"text": text, "type": contract.event(name).type}


def _seed(text: str, transaction: Transaction) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 16:
        return int(text)
    return transaction.rng.randrange(1_000_000)


async def _check(request: Request) -> Response:
    """The faults of the draft, and where it would go; for the page, while somebody types."""
    return html(request, "compose.html", block="check", **await _content(request, await _form(request)))


async def _format(request: Request) -> Response:
    """The page again, with the draft a member a line."""
    given = await _form(request)
    draft = _checked(request, given)
    if not draft.reviewed.unread:
        given["text"] = written(draft.reviewed.payload)
    return await _page(request, given)


async def _send(request: Request) -> Response:
    """Publish the draft; leads to the event that it has become."""
    given = await _form(request)
    draft, chosen = _checked(request, given), given["endpoint"]
    if draft.refused:
        return await _page(request, given, status=400)
    async with context_of(request).begin() as transaction:
        endpoints = await list_endpoints(transaction.session)
        if not chosen or takers(endpoints, draft.type, (), endpoint_id=chosen):
            event_id = await publish(
                transaction.session,
                event_type=draft.type,
                body=draft.body,
                channels=_tags(given["channels"]),
                now=transaction.now,
                endpoint_id=chosen or None,
            )
            return see_other(request, f"/events/{event_id}")
    wrong = "The endpoint is not there any more, or is disabled: choose another."
    return await _page(request, {**given, "wrong": wrong}, status=400)


async def _form(request: Request) -> dict[str, Any]:
    form = await request.form()
    names = ("text", "type", "channels", "endpoint", "source", "case")
    return {name: str(form.get(name) or "") for name in names}


def _checked(request: Request, given: Mapping[str, Any]) -> Draft:
    """The draft of a form; its field for the type counts where payloads of the contract do not say theirs."""
    return checked(given["text"], context_of(request).contract, told=str(given["type"]).strip())


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


async def _content(request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    context = context_of(request)
    nothing = dict.fromkeys(("type", "channels", "endpoint", "source", "case", "seed", "wrong"), "")
    given = {**nothing, **given}
    draft = _checked(request, given)
    async with context.begin() as transaction:
        endpoints = [each for each in await list_endpoints(transaction.session) if not each.disabled]
    goes_to = takers(endpoints, draft.type, _tags(given["channels"]), endpoint_id=given["endpoint"] or None)
    return {**given, "draft": draft, "endpoints": endpoints, "goes_to": goes_to}


async def _page(request: Request, given: Mapping[str, Any], *, status: int = 200) -> Response:
    return html(request, "compose.html", status=status, **await _content(request, given))


PAGE = Page(
    [
        Route("/compose", _show, methods=["GET"]),
        Route("/compose", _send, methods=["POST"]),
        Route("/compose/check", _check, methods=["POST"]),
        Route("/compose/format", _format, methods=["POST"]),
    ]
)
