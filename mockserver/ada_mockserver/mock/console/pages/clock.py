"""The mock's time, what it has ahead, the chaos in force, and a fresh start."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from starlette.routing import Route

from ada_mockserver.delivery.chaos import CALM, KINDS
from ada_mockserver.mock.agent.initial import clear
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.api.times import seconds_of
from ada_mockserver.mock.console.chaos_form import VALUES, rules_of, switches_of, switches_sent
from ada_mockserver.mock.console.endpoint_form import faults_of
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html, see_other
from ada_mockserver.mock.console.timeline import read_timeline
from ada_mockserver.mock.outbox.backoff import FLOOR
from ada_mockserver.mock.outbox.worker import Options
from ada_mockserver.mock.store.models import LoggedAttempt
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.outbox.outbox import Outbox

__all__ = ["PAGE"]

_ADVANCES = {"5s": "5 s", "5m": "5 min", "1h": "1 h"}
_STORES_ONLY = "This mock stores events, and delivers none."
_A_MOMENT = 0.001
"""Seconds beyond the time of the next attempt: sums of times are not exact."""

_PLACES = ("advance", "rules", "seed", "text_seed", "sure")
"""The fields that say what is wrong with them."""

_DONE = {"chaos": "The chaos is in force.", "calm": "Calm again."}


async def _show(request: Request) -> Response:
    """The page, and with ``?part=ahead`` the time ahead alone."""
    part = request.query_params.get("part")
    return await _page(request, block="ahead" if part == "ahead" else "")


async def _advance(request: Request) -> Response:
    """Move the clock on, and say how many attempts that took."""
    outbox, form = _outbox(request), await request.form()
    span = str(form.get("by") or form.get("advance") or "").strip()
    if outbox is None:
        return await _page(request, faults={"advance": _STORES_ONLY}, status=400)
    began, before = outbox.clock.now(), await _attempts(request)
    try:
        seconds = await _until_next(request) if span == "next" else seconds_of(span, "$.advance")
        await outbox.advance(seconds)
    except ApiError as error:
        return await _page(request, faults=faults_of(error), advance=span, status=400)
    except UsageError as error:
        return await _page(request, faults={"advance": _said(error)}, advance=span, status=400)
    request.app.state.feed.nudge()
    made = await _attempts(request) - before
    return see_other(request, f"/clock?moved={outbox.clock.now() - began:.0f}&attempts={made}")


async def _until_next(request: Request) -> float:
    """Seconds until the next thing that happens by itself; raises `UsageError` where nothing is to."""
    async with context_of(request).begin() as transaction:
        options = _options(request)
        ahead = await read_timeline(
            transaction.session, now=transaction.now, schedule=options.schedule, jitter=options.jitter
        )
        if ahead.next_at is None:
            raise UsageError("Nothing is due.", next_step="Trigger an event, or give a span.")
        return max(0.0, ahead.next_at - transaction.now) + _A_MOMENT


async def _attempts(request: Request) -> int:
    async with context_of(request).begin() as transaction:
        return await transaction.session.scalar(select(func.count(LoggedAttempt.ordinal))) or 0


async def _set_switches(request: Request) -> Response:
    form = await request.form()
    switches = switches_sent(form)
    rules = rules_of(switches, context_of(request).contract)
    if rules is None:
        return await _page(request, switches=switches, seed=str(form.get("seed") or ""), status=400)
    return await _set_chaos(request, rules, form, switches=switches)


async def _set_text(request: Request) -> Response:
    form = await request.form()
    return await _set_chaos(request, str(form.get("rules") or ""), form, text=True)


async def _set_chaos(
    request: Request, rules: str, form: Mapping[str, Any], *, text: bool = False, **content: Any
) -> Response:
    seed, outbox = str(form.get("seed") or "").strip(), _outbox(request)
    if text:
        content["rules"] = rules
    faults = {}
    if outbox is None:
        faults = {"rules": _STORES_ONLY}
    elif seed and not re.fullmatch(r"[0-9]{1,15}", seed):
        faults = {"text_seed" if text else "seed": "must be a whole number; leave it empty to draw one"}
    else:
        try:
            await outbox.set_chaos(rules, seed=int(seed) if seed else None)
        except UsageError as error:
            faults = {"rules": _said(error)}
    if faults:
        return await _page(request, faults=faults, seed=seed, status=400, **content)
    request.app.state.feed.nudge()
    return see_other(request, f"/clock?done={'chaos' if rules.strip(' ,;') else 'calm'}#chaos")


async def _calm(request: Request) -> Response:
    outbox = _outbox(request)
    if outbox is not None:
        await outbox.set_chaos("", seed=0)
        request.app.state.feed.nudge()
    return see_other(request, "/clock?done=calm#chaos")


async def _reset(request: Request) -> Response:
    """Forget everything but the time and the chaos, as ``/_mock/clear`` does."""
    if not (await request.form()).get("sure"):
        return await _page(request, faults={"sure": "Tick that you are sure."}, status=400)
    await clear(context_of(request), request.app.state.initial)
    request.app.state.feed.nudge()
    return see_other(request, "/")


def _outbox(request: Request) -> Outbox | None:
    outbox: Outbox | None = request.app.state.outbox
    return outbox


def _options(request: Request) -> Options:
    outbox = _outbox(request)
    return Options() if outbox is None else outbox.options


def _said(error: UsageError) -> str:
    return " ".join(f"{error.what} {error.next_step}".split())


def _whole(options: Options) -> dict[str, str]:
    """The span in which a delivery that fails now comes to its last retry, however long its waits are."""
    longest = sum(max(FLOOR, wait * (1 + options.jitter)) for wait in options.schedule)
    text = _hours(math.ceil(longest / 60))
    return {text.replace(" min", "m").replace(" ", ""): text}


def _hours(minutes: int) -> str:
    """Minutes as hours and minutes."""
    return f"{minutes // 60} h {minutes % 60} min"


def _moved(query: Mapping[str, str]) -> tuple[int, int] | None:
    """How far the clock was moved in seconds, and how many attempts that took."""
    given = query.get("moved", ""), query.get("attempts", "")
    if not all(re.fullmatch(r"[0-9]{1,10}", each) for each in given):
        return None
    return int(given[0]), int(given[1])


async def _page(request: Request, *, status: int = 200, block: str = "", **content: Any) -> Response:
    outbox, options = _outbox(request), _options(request)
    chaos = CALM if outbox is None else await outbox.chaos()
    async with context_of(request).begin() as transaction:
        ahead = await read_timeline(
            transaction.session, now=transaction.now, schedule=options.schedule, jitter=options.jitter
        )
    return html(
        request,
        "clock.html",
        block=block,
        status=status,
        **{
            "stores_only": outbox is None,
            "ahead": ahead,
            "whole": _hours(round(sum(options.schedule) / 60)),
            "jitter": options.jitter,
            "advances": _ADVANCES | _whole(options),
            "advance": "",
            "moved": _moved(request.query_params),
            "done": _DONE.get(request.query_params.get("done", ""), ""),
            "chaos": chaos,
            "kinds": KINDS,
            "values": VALUES,
            "switches": switches_of(chaos),
            "rules": chaos.text,
            "seed": str(chaos.seed) if chaos.rules else "",
            **content,
            "faults": {**dict.fromkeys(_PLACES, ""), **content.get("faults", {})},
        },
    )


PAGE = Page(
    [
        Route("/clock", _show, methods=["GET"]),
        Route("/clock", _advance, methods=["POST"]),
        Route("/clock/chaos", _set_switches, methods=["POST"]),
        Route("/clock/chaos/text", _set_text, methods=["POST"]),
        Route("/clock/chaos/calm", _calm, methods=["POST"]),
        Route("/clock/reset", _reset, methods=["POST"]),
    ],
    title="Clock and chaos",
    path="/clock",
    order=60,
)
