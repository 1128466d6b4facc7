"""Events at the push of a button: any variant of the contract, a story, or the events of a scenario.

Stories and scenarios are Ada's.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.routing import Route

from ada_mockserver.events.dialogues import LANGUAGES, library
from ada_mockserver.events.payload import encode
from ada_mockserver.events.scenarios import SCENARIOS, Teller
from ada_mockserver.events.variants import variant_of, variation_named
from ada_mockserver.mock.agent.simulate import Plot, simulate
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.console.draft import LONGEST_TYPE, NO_TYPE
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.payload_review import type_in
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.console.sent_list import SentRange, last_ordinal, sent_since
from ada_mockserver.mock.console.variant_list import (
    MOST_EVENTS,
    find_events,
    find_variants,
    names_of,
    variant_known,
)
from ada_mockserver.mock.outbox.publish import publish_all
from ada_mockserver.mock.store.endpoints import list_endpoints
from ada_schemas.errors import AdakitError, UsageError
from ada_schemas.shown import shown_json
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from typing import Final

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.events.dialogues import Kind
    from ada_mockserver.events.payload import Payload
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_schemas.contract.contract import Contract
    from ada_schemas.variation.builder import Variation

    Act = Callable[[Transaction, Mapping[str, str], list[str]], Awaitable[SentRange]]

__all__ = ["PAGE"]

STORIES: Final[dict[Kind, str]] = {
    "messaging": "A chat",
    "handoff": "A chat that is handed off",
    "voice": "A phone call",
    "email": "An exchange of e-mails",
}

_GIVEN = ("event", "text", "case", "seed", "endpoint", "story", "dialogue", "handoff", "locale", "scenario")


_PLACES = ("case", "story", "scenario")
"""The forms, each of which says what is wrong with it."""


async def _show(request: Request) -> Response:
    """The page, and with ``?part`` that part of it alone."""
    given, part = _given(request.query_params), request.query_params.get("part", "")
    async with context_of(request).begin() as transaction:
        given["seed"] = given["seed"] or str(transaction.rng.randrange(1_000_000))
        try:
            _payload(transaction.context.contract, given)
        except UsageError as error:
            return await _page(request, transaction, {**given, "case": ""}, wrong=("case", error), status=400)
        return await _page(request, transaction, given, block=part if part in ("sent", "variants") else "")


def _carrying_out(act: Act, place: str) -> Callable[[Request], Awaitable[Response]]:
    """A form: what it triggers is stored together, or the page says at ``place`` why it is not."""

    async def serve(request: Request) -> Response:
        if place != "case" and not context_of(request).contract.is_ada:
            raise HTTPException(404)
        form = await request.form()
        given = _given(form)
        named = [str(each) for each in form.getlist("chosen")]
        try:
            async with context_of(request).begin() as transaction:
                sent = await act(transaction, given, named)
        except AdakitError as error:
            async with context_of(request).begin() as transaction:
                return await _page(request, transaction, given, wrong=(place, error), status=400)
        names = ("event", "text", "endpoint", *(("case", "seed") if given["case"] else ()))
        kept = {name: given[name] for name in names if given[name]}
        return see_other(request, f"/trigger?{urlencode({**kept, **sent.query})}#sent")

    return serve


async def _send_variants(transaction: Transaction, given: Mapping[str, str], named: list[str]) -> SentRange:
    """Send the variant of a button, all that a group's button means, or those that are ticked."""
    contract = transaction.context.contract
    if given["case"]:
        named = [given["case"]]
    elif given["group"]:
        groups = find_variants(contract, event=given["group"], text=given["text"])
        named = [each.id for group in groups for each in group.found]
    if not named:
        raise UsageError("Nothing is chosen.", next_step="Tick variants, or send one or all of an event.")
    typed = [
        (_type(payload, contract, each), payload)
        for each in named
        if (payload := _payload(contract, {**given, "case": each})) is not None
    ]
    return await _publish(transaction, typed, given["endpoint"])


async def _send_scenario(transaction: Transaction, given: Mapping[str, str], _: list[str]) -> SentRange:
    seed = _seed(given, transaction.rng.randrange(1_000_000))
    contract = transaction.context.contract
    locale = given["locale"] or None
    told = Teller(given["scenario"], seed=seed, locale=locale, contract=contract).tell(0)
    payloads = (step.payload for step in told.steps)
    typed = ((_type(payload, contract), payload) for payload in payloads)
    return await _publish(transaction, typed, given["endpoint"])


async def _begin_story(transaction: Transaction, given: Mapping[str, str], _: list[str]) -> SentRange:
    story = next((each for each in STORIES if each == given["story"]), None)
    if story is None:
        raise UsageError("There is no such story.", next_step=f"The stories are {', '.join(STORIES)}.")
    plot = Plot(
        story=story,
        locale=given["locale"] or "en_US",
        dialogue=given["dialogue"] or None,
        handoff={"with": True, "without": False}.get(given["handoff"]),
        seed=_seed(given, None),
    )
    before = await last_ordinal(transaction.session)
    begun = await simulate(transaction, plot)
    return SentRange(before, await last_ordinal(transaction.session), begun.conversation.id)


async def _publish(transaction: Transaction, typed: Iterable[tuple[str, Payload]], chosen: str) -> SentRange:
    """Send payloads, each with its event type, to the chosen endpoint or to all."""
    session = transaction.session
    if chosen and chosen not in {each.id for each in await list_endpoints(session) if not each.disabled}:
        raise UsageError("The endpoint is not there any more, or is disabled.", next_step="Choose another.")
    before = await last_ordinal(session)
    for event_type, alike in groupby(typed, key=itemgetter(0)):
        await publish_all(
            session,
            event_type=event_type,
            bodies=(encode(payload) for _, payload in alike),
            channels=(),
            now=transaction.now,
            endpoint_id=chosen or None,
        )
    return SentRange(before, await last_ordinal(session))


def _type(payload: Payload, contract: Contract, case_id: str = "") -> str:
    """The event type of a payload: what it says; where a header says it, that of its case."""
    said = type_in(payload, contract)
    if not said and (contract.profile.type_header or not contract.profile.type_path):
        event = contract.known(case_id.partition("/")[0])
        said = event.type if event else ""
    return said[:LONGEST_TYPE] or NO_TYPE


def _payload(contract: Contract, given: Mapping[str, str]) -> Payload | None:
    """The payload of the variant that is chosen, None for none; raises `UsageError` for one there is not."""
    if not given["case"]:
        return None
    variation = variation_named(contract, given["case"])
    if variation is None:
        raise UsageError("There is no such variant.", next_step="Choose one from the list.")
    return variant_of(variation, seed=_seed(given, 0), contract=contract)


def _seed(given: Mapping[str, str], usual: Any) -> Any:
    text = given["seed"].strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UsageError("The seed must be a whole number.", next_step="Leave it empty to draw one.")
    return int(text)


def _given(source: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(source.get(name) or "").replace("\0", "") for name in (*_GIVEN, "group")}


async def _page(
    request: Request,
    transaction: Transaction,
    given: dict[str, str],
    *,
    wrong: tuple[str, AdakitError] | None = None,
    **options: Any,
) -> Response:
    contract, session = transaction.context.contract, transaction.session
    known = names_of(contract)
    event = given["event"] if given["event"] in known else ""
    text, every = given["text"], "all" in request.query_params
    many = not event and len(contract.events) > MOST_EVENTS
    groups = [] if many else find_variants(contract, event=event, text=text, every=every)
    payload = None if wrong else _payload(contract, given)
    sent = SentRange.read(request.query_params)
    return html(
        request,
        "trigger.html",
        **options,
        given=given | {"event": event},
        any=ANY if ANY in known else "",
        names=find_events(contract, text) if many else None,
        groups=groups,
        ticked=_ticked(contract, request.query_params.getlist("chosen")),
        found=sum(len(group.found) for group in groups),
        chosen=variation_named(contract, given["case"]) if payload else None,
        payload="" if payload is None else shown_json(payload, indent=2),
        sent=sent and await sent_since(session, sent),
        endpoints=await list_endpoints(session),
        stories=STORIES,
        dialogues=library(LANGUAGES[0]).dialogues if contract.is_ada else {},
        scenarios=SCENARIOS,
        wrong={place: _said(wrong[1]) if wrong and wrong[0] == place else "" for place in _PLACES},
    )


def _ticked(contract: Contract, ids: list[str]) -> list[Variation]:
    """The variations that were ticked before others were looked for."""
    found = (variant_known(contract, each) for each in dict.fromkeys(ids))
    return [each for each in found if each is not None]


def _said(error: AdakitError) -> str:
    return " ".join(f"{error.what} {error.next_step}".split())


PAGE = Page(
    [
        Route("/trigger", _show, methods=["GET"]),
        Route("/trigger", _carrying_out(_send_variants, "case"), methods=["POST"]),
        Route("/trigger/story", _carrying_out(_begin_story, "story"), methods=["POST"]),
        Route("/trigger/scenario", _carrying_out(_send_scenario, "scenario"), methods=["POST"]),
    ],
    title="Trigger",
    path="/trigger",
    order=50,
)
