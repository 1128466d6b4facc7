"""``/_mock``: deliveries watched and steered: attempts, the clock, chaos, resending, recovery."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from ada_mockserver.clock import SteeredClock
from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.api.own_routes import OwnCall, operation, read_own, resource
from ada_mockserver.mock.api.queries import query_choice, query_limit
from ada_mockserver.mock.api.things.webhooks import query_event_type
from ada_mockserver.mock.api.times import seconds_of, time_of
from ada_mockserver.mock.outbox import attempts_log as log
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.delivery.chaos import Chaos
    from ada_mockserver.mock.outbox.outbox import Outbox

__all__ = ["ROUTES"]

_LISTED = {field.name for field in fields(log.Filters)} | {"limit"}


def _outbox(request: Request) -> Outbox:
    outbox: Outbox = request.app.state.outbox
    return outbox


async def _logged(
    read: Callable[..., Awaitable[list[dict[str, Any]]]], states: Sequence[str], call: OwnCall
) -> dict[str, Any]:
    filters = _filters(call.request, states)
    limit = query_limit(call.request.query_params)
    return {"data": await read(call.transaction.session, filters, limit=limit)}


def _filters(request: Request, states: Sequence[str]) -> log.Filters:
    query = request.query_params
    given: dict[str, Any] = {
        "state": query_choice(query, "state", states),
        "trigger": query_choice(query, "trigger", log.TRIGGERS),
        "event_type": query_event_type(request, "event_type"),
    }
    for name, value in query.items():
        if name not in _LISTED:
            raise refused(f"$.{name}", f"must be one of: {', '.join(sorted(_LISTED))}", "query")
        if name in {"status", "before"}:
            if not re.fullmatch(r"[0-9]{1,15}", value):
                raise refused(f"$.{name}", "must be a whole number", "query")
            given[name] = int(value)
        elif name in {"since", "until"}:
            given[name] = time_of(value, f"$.{name}", "query")
        elif name != "limit":
            given.setdefault(name, value)
    return log.Filters(**given)


async def _read_clock(request: Request) -> Response:
    return JSONResponse(_shown_clock(_outbox(request)))


async def _move_clock(request: Request) -> Response:
    outbox, document = _outbox(request), await read_own(request, "advance_clock")
    seconds = seconds_of(document["advance"], "$.advance")
    with _refusing("$.advance"):
        await outbox.advance(seconds)
    return JSONResponse(_shown_clock(outbox))


def _shown_clock(outbox: Outbox) -> dict[str, Any]:
    now, clock = outbox.clock.now(), outbox.clock
    rate = clock.line.rate if isinstance(clock, SteeredClock) else 0.0
    return {"now": log.moment(now), "unix": now, "rate": rate}


async def _read_chaos(request: Request) -> Response:
    return JSONResponse(_shown_chaos(await _outbox(request).chaos()))


async def _set_chaos(request: Request) -> Response:
    document = await read_own(request, "set_chaos")
    rules, seed = document["rules"], document.get("seed")
    if isinstance(rules, list):
        rules = ",".join(rules)
    with _refusing("$.rules"):
        chaos = await _outbox(request).set_chaos(rules, seed=seed)
    return JSONResponse(_shown_chaos(chaos))


async def _end_chaos(request: Request) -> Response:
    return JSONResponse(_shown_chaos(await _outbox(request).set_chaos("", seed=0)))


def _shown_chaos(chaos: Chaos) -> dict[str, Any]:
    return {"rules": [str(rule) for rule in chaos.rules], "seed": chaos.seed}


async def _resend(request: Request) -> Response:
    document = await read_own(request, "resend")
    event_id, endpoint_id = document["event_id"], document.get("endpoint_id")
    with _refusing("$.endpoint_id", event="$.event_id"):
        count = await _outbox(request).resend(event_id, endpoint_id=endpoint_id)
    return JSONResponse({"deliveries": count}, status_code=202)


async def _recover(request: Request) -> Response:
    document = await read_own(request, "recover")
    endpoint_id, since = document["endpoint_id"], time_of(document["since"], "$.since", "body")
    with _refusing("$.endpoint_id"):
        count = await _outbox(request).recover(endpoint_id, since=since)
    return JSONResponse({"deliveries": count}, status_code=202)


@contextmanager
def _refusing(where: str, *, event: str = "") -> Iterator[None]:
    """Refuse the member at ``where``, or at ``event`` for an event, with what a `UsageError` says."""
    try:
        yield
    except UsageError as error:
        place = event if event and "event" in error.what else where
        raise refused(place, f"{error.what} {' '.join(error.next_step.split())}") from None


ROUTES = [
    resource("/_mock/attempts", GET=operation(partial(_logged, log.list_attempts, log.ATTEMPT_STATES))),
    resource("/_mock/deliveries", GET=operation(partial(_logged, log.list_deliveries, log.DELIVERY_STATES))),
    resource("/_mock/clock", GET=_read_clock, POST=_move_clock),
    resource("/_mock/chaos", GET=_read_chaos, POST=_set_chaos, PUT=_set_chaos, DELETE=_end_chaos),
    resource("/_mock/resend", POST=_resend),
    resource("/_mock/recover", POST=_recover),
]
