"""One attempt to deliver a message: its signed request, and the response or the error that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ada_mockserver.delivery.http import KEPT_BODY, Headers, Request, Response
from ada_mockserver.delivery.signing import FAMILIES, authentic_headers
from ada_schemas.contract.profile import filled
from ada_schemas.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["USER_AGENT", "Attempt", "Client", "Receipt", "delivery_headers", "send_once", "signed_request"]

USER_AGENT = "Svix-Webhooks/1.0 (adakit)"
"""Begins as the sender's does in production (docs.svix.com)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what came back: a ``response``, or the ``error`` that stands for none.

    ``message_id`` is the id on the wire, None if there was none or the sender does not know it.
    ``traceback`` is the application's own, as text, where it runs in process and raised; it can stand beside
    a response (frameworks send a 500 and raise as well). ``late`` is true if it raised although its response
    was complete: in a background task, say.
    """

    message_id: str | None = None
    response: Response | None = None
    error: WireError | None = None
    traceback: str | None = None
    late: bool = False

    @property
    def status(self) -> int | None:
        """The response's status; None without a response."""
        return None if self.response is None else self.response.status

    @property
    def elapsed(self) -> float:
        """Seconds from the beginning of the attempt to its response or error."""
        came = self.response or self.error
        return 0.0 if came is None else came.elapsed

    @property
    def accepted(self) -> bool:
        """True for any 2xx, which counts as delivered (/reference/webhooks/overview)."""
        return self.response is not None and self.response.accepted

    delivered = accepted

    @property
    def refused(self) -> bool:
        """True for any 4xx."""
        return self.response is not None and 400 <= self.response.status < 500


Receipt = Attempt
"""The name of `Attempt` in the public interface of `Sender`."""


class Client(Protocol):
    """Sends requests: `ada_mockserver.delivery.client.Wire`, or a stand-in."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """The complete response; raises `WireError` where there is none, `UsageError` for a bad request."""


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


def signed_request(
    url: str,
    body: bytes,
    *,
    secrets: Sequence[str],
    message_id: str,
    timestamp: int,
    headers: Headers = (),
    families: Sequence[str] = FAMILIES,
    further: Headers = (),
    keep: int = KEPT_BODY,
) -> Request:
    """The request of one attempt, signed over exactly these bytes; unsigned without ``secrets``.

    ``headers`` are sent beside the usual ones, or in their place; ``families`` is what the names of the
    signature headers begin with; ``further`` are a provider's own, see `Profile.further_headers`. Raises
    `UsageError` for a bad secret.
    """
    signature = authentic_headers(
        secrets, message_id=message_id, timestamp=timestamp, body=body, families=families
    )
    own = filled(further, message_id=message_id, timestamp=timestamp)
    return Request(url, delivery_headers((*signature, *own), headers), body, keep=keep)


async def send_once(
    client: Client, request: Request, *, timeout: float, message_id: str | None = None
) -> Attempt:
    """Send a request, once, within ``timeout`` seconds; raises `UsageError` for one that cannot be sent."""
    try:
        response = await client.send(request, timeout=timeout)
    except WireError as error:
        return Attempt(message_id, error=error)
    return Attempt(message_id, response)
