"""The endpoint that events are delivered to: its address, and what goes with each request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ada_mockserver.delivery.signing import FAMILIES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from ada_mockserver.delivery.http import Headers

__all__ = ["TIME_LIMIT", "Endpoint"]

TIME_LIMIT = 15.0
"""Seconds within which an endpoint must answer (/reference/webhooks/overview)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint, as it is registered with the provider.

    ``secrets`` holds its secret, during a rotation the old one too, and is empty to send unsigned;
    ``headers`` are sent beside the usual ones; ``timeout`` in seconds limits an attempt; ``ssl_context``
    (see `make_ssl_context`) serves an https URL and is made with the system's authorities if None;
    ``families`` is what the names of the signature headers begin with, ``further`` are the headers of a
    provider's own with places for id and time, see `Profile.further_headers`.
    """

    url: str
    secrets: Sequence[str] = field(repr=False)
    headers: Headers = ()
    timeout: float = TIME_LIMIT
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)
    families: Sequence[str] = FAMILIES
    further: Headers = ()
