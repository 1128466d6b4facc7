"""One attempt of the outbox: signed for its endpoint, and sent or broken off as chaos has it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Literal, cast

from ada_mockserver.delivery.attempt import Attempt, send_once, signed_request
from ada_mockserver.delivery.broken_request import break_off
from ada_mockserver.delivery.signing import generate_secret
from ada_schemas.errors import UsageError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from ada_mockserver.delivery.attempt import Client
    from ada_mockserver.delivery.chaos import Plan
    from ada_mockserver.delivery.http import Request
    from ada_mockserver.mock.store.models import Endpoint, Event
    from ada_schemas.contract.profile import Profile

__all__ = ["KEPT_ANSWER", "make_request", "masked", "send", "send_or_say_why", "shown_headers"]

KEPT_ANSWER = 16 * 1024
"""Bytes of an answer's body that are kept."""

_CONFIDENTIAL = re.compile(r"auth|cookie|key|password|secret|token", re.IGNORECASE)

_log = logging.getLogger(__name__)


def make_request(
    endpoint: Endpoint,
    event: Event,
    *,
    profile: Profile,
    now: float,
    signed_at: float,
    plan: Plan,
    rng: Random,
) -> Request:
    """The request of one attempt, as the provider of ``profile`` makes it.

    ``now`` is the mock's time, by which a rotated secret still signs or not; ``signed_at`` is the time of
    ``svix-timestamp``: the machine's, since the receiver compares it with its own clock.
    """
    secrets = (generate_secret(rng),) if plan.forged else endpoint.secrets(now)
    return signed_request(
        endpoint.url,
        event.body,
        secrets=secrets,
        message_id=event.id,
        timestamp=int(signed_at - plan.age),
        headers=endpoint.headers,
        families=profile.families,
        further=profile.further_headers(event.type),
        keep=KEPT_ANSWER,
    )


def shown_headers(request: Request) -> list[list[str]]:
    """The request's headers for the log, without the values of those that look confidential."""
    return masked(request.headers)


def masked(headers: Iterable[Sequence[str]]) -> list[list[str]]:
    """Header lines for the log, without the values of those that look confidential."""
    return [[name, "***" if _CONFIDENTIAL.search(name) else value] for name, value in headers]


async def send(request: Request, *, client: Client, timeout: float, plan: Plan) -> Attempt:
    """Send a request once, or break it off where the plan says so; never raises, like `send_or_say_why`."""
    return await send_or_say_why(request, client=client, timeout=timeout, broken=plan.broken)


async def send_or_say_why(request: Request, *, client: Client, timeout: float, broken: str = "") -> Attempt:
    """Send a request once, or break it off as ``broken`` says; never raises.

    ``timeout`` is in seconds, for the whole attempt. The error of a request that cannot go over the wire (its
    URL or a header) is of the kind ``unsendable``.
    """
    try:
        if broken:
            how = cast("Literal['drop', 'reset']", broken)
            return Attempt(error=await break_off(request, how, timeout=timeout))
        return await send_once(client, request, timeout=timeout)
    except UsageError as error:
        return Attempt(error=WireError(error.what, kind="unsendable"))
    except Exception as error:
        _log.exception("An attempt to deliver failed for an unforeseen reason")
        return Attempt(error=WireError(f"The attempt failed: {error!r}.", kind="protocol"))
