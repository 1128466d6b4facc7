"""Sends events as Ada does: signed over the exact bytes, one POST an attempt, a limit of 15 seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.http import Headers, Request, Response
from ada_mockserver.delivery.signing import new_message_id, signature_headers
from ada_mockserver.events.payload import encode
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.client import Wire

__all__ = ["TIME_LIMIT", "USER_AGENT", "Receipt", "Sender", "delivery_headers"]

TIME_LIMIT = 15.0
"""Seconds within which an endpoint must answer (/reference/webhooks/overview)."""

USER_AGENT = "Svix-Webhooks/1.0 (adakit)"
"""Begins as the sender's does in production (docs.svix.com)."""


def delivery_headers(signature: Headers, extra: Headers = ()) -> Headers:
    """All headers of a delivery; one of ``extra`` replaces the usual one of the same name."""
    usual: Headers = (
        ("content-type", "application/json"),
        ("user-agent", USER_AGENT),
        ("accept", "*/*"),
        *signature,
    )
    replaced = {name.lower() for name, _ in extra}
    return (*(h for h in usual if h[0].lower() not in replaced), *extra)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery: ``response``, or the ``error`` that stands for none."""

    message_id: str
    response: Response | None = None
    error: WireError | None = None

    @property
    def delivered(self) -> bool:
        """Whether it counts as delivered: any 2xx (/reference/webhooks/overview)."""
        return self.response is not None and 200 <= self.response.status < 300


@dataclass(frozen=True, slots=True)
class Sender:
    """Signs and sends events to one endpoint.

    ``secrets`` holds the endpoint's secret, during a rotation the old one too, and is empty to send
    unsigned; ``rng`` draws message ids; ``timeout`` is in seconds; ``headers`` are sent beside the usual
    ones, as set per endpoint in Ada.
    """

    url: str
    secrets: Sequence[str] = field(repr=False)
    wire: Wire
    clock: Clock
    rng: random.Random
    timeout: float = TIME_LIMIT
    headers: Headers = ()

    def prepare(self, body: bytes, *, message_id: str) -> Request:
        """The request of one attempt: signed now, over exactly these bytes."""
        timestamp = int(self.clock.now())
        if self.secrets:
            signature = signature_headers(self.secrets, message_id=message_id, timestamp=timestamp, body=body)
        else:
            signature = (("svix-id", message_id), ("svix-timestamp", str(timestamp)))
        return Request(self.url, delivery_headers(signature, self.headers), body)

    async def send(self, payload: dict[str, Any] | bytes, *, message_id: str | None = None) -> Receipt:
        """Deliver one event, once; a payload of bytes goes out as it is.

        ``message_id`` repeats that of an earlier attempt; a new one is drawn if None. What the endpoint
        does is in the receipt; raises UsageError for a secret or header that cannot be used.
        """
        body = payload if isinstance(payload, bytes) else encode(payload)
        chosen = message_id or new_message_id(self.rng)
        request = self.prepare(body, message_id=chosen)
        try:
            response = await self.wire.send(request, timeout=self.timeout)
        except WireError as error:
            return Receipt(chosen, error=error)
        return Receipt(chosen, response=response)
