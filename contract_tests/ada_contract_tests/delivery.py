"""One delivery of a case: signed, sent, answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_mockserver.payloads import encode
from ada_mockserver.sender import delivery_headers
from ada_mockserver.signing import new_message_id, signature_headers

if TYPE_CHECKING:
    import random

    from ada_contract_tests.cases import Case
    from ada_contract_tests.targets.base import Answer, Target
    from ada_mockserver.clock import Clock
    from ada_mockserver.message import Headers
    from ada_mockserver.payloads import Payload

__all__ = ["Courier"]


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers cases to a target.

    ``secret`` is None for a consumer that verifies nothing; ``timeout`` is in seconds; ``rng`` draws
    message ids, which are fresh for every attempt; ``headers`` are sent beside the usual ones.
    """

    target: Target
    secret: str | None
    timeout: float
    clock: Clock
    rng: random.Random
    headers: Headers = ()

    async def deliver(self, case: Case, payload: Payload) -> Answer:
        """Make one attempt; never raises for what the consumer does."""
        body = encode(payload)
        message_id = new_message_id(self.rng)
        timestamp = int(self.clock.now())
        if case.forgery is not None and self.secret is not None:
            signature, body = case.forgery.apply(
                self.secret, message_id=message_id, timestamp=timestamp, body=body, rng=self.rng
            )
            headers = delivery_headers(signature, self.headers)
        else:
            headers = delivery_headers(self._signature(message_id, timestamp, body), self.headers)
        return await self.target.request(headers, body, timeout=self.timeout)

    def _signature(self, message_id: str, timestamp: int, body: bytes) -> Headers:
        if self.secret is None:
            return (("svix-id", message_id), ("svix-timestamp", str(timestamp)))
        return signature_headers([self.secret], message_id=message_id, timestamp=timestamp, body=body)
