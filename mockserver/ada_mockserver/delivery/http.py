"""The HTTP request and response as values: what goes over the wire, byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

__all__ = ["KEPT_BODY", "Headers", "Request", "Response", "is_success"]

_SECONDS = re.compile(r"[0-9]{1,9}")

KEPT_BODY = 64 * 1024
"""Bytes of a response's body that are kept, unless a request asks for more."""

Headers = tuple[tuple[str, str], ...]
"""Header lines in the order and the letter case in which they are sent or were received."""


def is_success(status: int) -> bool:
    """True for a 2xx."""
    return 200 <= status < 300


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; ``body`` is sent as it is, whatever it holds.

    Of the response's body the first ``keep`` bytes are kept.
    """

    url: str
    headers: Headers
    body: bytes
    method: str = "POST"
    keep: int = KEPT_BODY


@dataclass(frozen=True, slots=True)
class Response:
    """One complete HTTP response.

    ``body`` holds at most as much as the request asked for, ``truncated`` says whether there was more;
    ``elapsed`` is the time from the beginning of the attempt (connecting included) to the end of the
    response, in seconds.
    """

    status: int
    headers: Headers
    body: bytes
    elapsed: float
    truncated: bool = False

    @property
    def accepted(self) -> bool:
        """True for a 2xx."""
        return is_success(self.status)

    def header(self, name: str) -> str | None:
        """The first header of that name, in any letter case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def retry_after(self, now: float) -> float | None:
        """The seconds that ``Retry-After`` asks to wait, given as such or as a date; None without one."""
        value = (self.header("retry-after") or "").strip()
        if _SECONDS.fullmatch(value):
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, OverflowError):
            return None
