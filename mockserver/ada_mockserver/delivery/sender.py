"""Sends events as their provider does: signed over the exact bytes, one POST an attempt, a limit of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.attempt import send_once, signed_request
from ada_mockserver.delivery.endpoint import TIME_LIMIT
from ada_mockserver.delivery.signing import FAMILIES, new_message_id
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.client import Wire
    from ada_mockserver.delivery.http import Headers

__all__ = ["TIME_LIMIT", "Sender"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Signs and sends events to one endpoint.

    ``secrets`` holds the endpoint's secret, during a rotation the old one too, and is empty to send
    unsigned; ``rng`` draws message ids; ``timeout`` is in seconds; ``headers`` are sent beside the usual
    ones, as set per endpoint; ``families`` is what the names of the signature headers begin with.
    """

    url: str
    secrets: Sequence[str] = field(repr=False)
    wire: Wire
    clock: Clock
    rng: random.Random
    timeout: float = TIME_LIMIT
    headers: Headers = ()
    families: Sequence[str] = FAMILIES

    async def send(self, payload: dict[str, Any] | bytes, *, message_id: str | None = None) -> Attempt:
        """Deliver one event, once; a payload of bytes goes out as it is.

        ``message_id`` repeats that of an earlier attempt; a new one is drawn if None. What the endpoint
        does is in the attempt; raises `UsageError` for a secret or header that cannot be used.
        """
        chosen = message_id or new_message_id(self.rng)
        request = signed_request(
            self.url,
            payload if isinstance(payload, bytes) else encode(payload),
            secrets=self.secrets,
            message_id=chosen,
            timestamp=int(self.clock.now()),
            headers=self.headers,
            families=self.families,
        )
        return await send_once(self.wire, request, timeout=self.timeout, message_id=chosen)
