"""How an attempt ended, and what the endpoint's answer asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ada_mockserver.delivery.http import Headers, Response
    from ada_schemas.errors import AdakitError

__all__ = ["Outcome"]

_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to an attempt, or the error that stands for none.

    ``error_kind`` is `WireError`'s, or ``unsendable`` for a URL or a header that cannot go over the wire;
    ``elapsed`` is in seconds of the machine's time.
    """

    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    elapsed: float = 0.0
    error_kind: str = ""
    error: str = ""

    @classmethod
    def of(cls, result: Response | AdakitError) -> Outcome:
        """The outcome that a response, a `WireError` or a `UsageError` means."""
        if isinstance(result, Exception):
            kind = getattr(result, "kind", "unsendable")
            return cls(elapsed=getattr(result, "elapsed", 0.0), error_kind=kind, error=result.what)
        return cls(result.status, result.headers, result.body, result.elapsed)

    @property
    def delivered(self) -> bool:
        """Whether it is a success: any 2xx, and nothing else (/reference/webhooks/overview)."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def slows_down(self) -> bool:
        """Whether the next attempt waits for a minute at least: a time-out or 429 (docs.svix.com/retries)."""
        return self.error_kind == "timeout" or self.status == 429

    @property
    def instruction(self) -> Literal["", "abort-message", "disable"]:
        """What the header ``webhook-delivery`` asks for (docs.svix.com/receiving/delivery-control)."""
        match (self._header("webhook-delivery") or "").strip().lower():
            case "abort-message":
                return "abort-message"
            case "disable":
                return "disable"
        return ""

    def retry_after(self, now: float) -> float | None:
        """The seconds that ``Retry-After`` asks to wait, given as such or as a date; None without one."""
        value = (self._header("retry-after") or "").strip()
        if _SECONDS.fullmatch(value):
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, OverflowError):
            return None

    def _header(self, wanted: str) -> str | None:
        return next((value for name, value in self.headers if name.lower() == wanted), None)
