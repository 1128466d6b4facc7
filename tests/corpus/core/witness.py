"""The witness: what became of every received attempt, told honestly.

An attempt counts as handled only because the store was written to while it was the current one. Consumers
do not claim it themselves, so one that answers 200 and drops the event cannot pass for one that kept it.
"""

from __future__ import annotations

import json
import threading
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Attempt:
    """One delivery attempt as this consumer saw it."""

    svix_id: str | None
    type: str | None = None
    status: str | None = None
    deferred: bool = False
    """Whether a worker settles it after the answer."""


current: ContextVar[Attempt | None] = ContextVar("current", default=None)


def note(status: str) -> None:
    """Record what became of the current attempt."""
    attempt = current.get()
    if attempt is not None:
        attempt.status = status


def defer() -> Attempt:
    """Take the current attempt out of the request, for a worker to settle."""
    attempt = current.get() or Attempt(None)
    attempt.deferred = True
    return attempt


@dataclass
class Witness:
    """The list behind `GET /_seen`."""

    attempts: list[Attempt] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, headers: Mapping[str, str]) -> Attempt:
        """Begin an attempt and make it the current one."""
        attempt = Attempt(headers.get("svix-id") or headers.get("webhook-id"))
        current.set(attempt)
        return attempt

    def close(self, attempt: Attempt, http_status: int) -> None:
        """Enter an answered attempt, unless a worker still has it."""
        if not attempt.deferred:
            self.settle(attempt, "ignored" if http_status < 300 else "rejected")

    def settle(self, attempt: Attempt, otherwise: str = "ignored") -> None:
        """Enter an attempt; `otherwise` is what it was if nothing was noted."""
        attempt.status = attempt.status or otherwise
        with self.lock:
            self.attempts.append(attempt)

    def dump(self) -> bytes:
        """The list as JSON."""
        with self.lock:
            rows = [{"svix_id": a.svix_id, "type": a.type, "status": a.status} for a in self.attempts]
        return json.dumps(rows).encode()
