"""The endpoint that events are delivered to: its address, and what goes with each request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from ada_mockserver.delivery.http import Headers

__all__ = ["TIME_LIMIT", "Endpoint"]

TIME_LIMIT = 15.0
"""Seconds within which an endpoint must answer (/reference/webhooks/overview)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint, as it is registered in Ada.

    ``secrets`` holds its secret, during a rotation the old one too, and is empty to send unsigned;
    ``headers`` are sent beside the usual ones; ``timeout`` in seconds limits an attempt; ``ssl_context``
    (see `make_ssl_context`) serves an https URL and is made with the system's authorities if None.
    """

    url: str
    secrets: Sequence[str] = field(repr=False)
    headers: Headers = ()
    timeout: float = TIME_LIMIT
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)
