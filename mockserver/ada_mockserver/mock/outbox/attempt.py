"""One attempt: a signed request, sent through an injected client, and how it ended."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Literal, Protocol, cast

from ada_mockserver.delivery.broken_request import break_off
from ada_mockserver.delivery.http import Request
from ada_mockserver.delivery.sender import delivery_headers
from ada_mockserver.delivery.signing import generate_secret, signature_headers
from ada_mockserver.mock.outbox.outcome import Outcome
from ada_schemas.errors import AdakitError, WireError

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.delivery.chaos import Plan
    from ada_mockserver.delivery.http import Response
    from ada_mockserver.mock.store.models import Endpoint

__all__ = ["KEPT_ANSWER", "Client", "make_request", "send", "shown_headers"]

KEPT_ANSWER = 16 * 1024
"""Bytes of an answer's body that are kept."""

_CONFIDENTIAL = re.compile(r"auth|cookie|key|password|secret|token", re.IGNORECASE)

_log = logging.getLogger(__name__)


class Client(Protocol):
    """What sends a request: `ada_mockserver.delivery.client.Wire`, or a stand-in."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """The complete answer; raises `WireError` where there is none, `UsageError` for a bad request."""


def make_request(
    endpoint: Endpoint, *, event_id: str, body: bytes, now: float, signed_at: float, plan: Plan, rng: Random
) -> Request:
    """The request of one attempt.

    ``now`` is the mock's time, by which a rotated secret still signs or not; ``signed_at`` is the time of
    ``svix-timestamp``: the machine's, since the receiver compares it with its own clock.
    """
    secrets = (generate_secret(rng),) if plan.forged else endpoint.secrets(now)
    signature = signature_headers(
        secrets, message_id=event_id, timestamp=int(signed_at - plan.age), body=body
    )
    return Request(endpoint.url, delivery_headers(signature, endpoint.headers), body, keep=KEPT_ANSWER)


def shown_headers(request: Request) -> list[list[str]]:
    """The request's headers for the log, without the values of those that look confidential."""
    return [[name, "***" if _CONFIDENTIAL.search(name) else value] for name, value in request.headers]


async def send(request: Request, *, client: Client, timeout: float, plan: Plan) -> Outcome:
    """Send a request once, or break it off where the plan says so; returns how it ended, whatever happens.

    ``timeout`` is in seconds, for the whole attempt.
    """
    try:
        if plan.broken:
            how = cast("Literal['drop', 'reset']", plan.broken)
            return Outcome.of(await break_off(request, how, timeout=timeout))
        return Outcome.of(await client.send(request, timeout=timeout))
    except AdakitError as error:
        return Outcome.of(error)
    except Exception as error:
        _log.exception("An attempt to deliver failed for an unforeseen reason")
        return Outcome.of(WireError(f"The attempt failed: {error!r}.", kind="protocol"))
