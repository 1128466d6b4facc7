"""How an outbox delivers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.mock.outbox.backoff import JITTER, SCHEDULES

if TYPE_CHECKING:
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Client

__all__ = ["Options"]

_MACHINE = SystemClock()


@dataclass(frozen=True, slots=True)
class Options:
    """How to deliver; times are in seconds.

    ``client`` sends one request; ``machine_clock`` is the time of signatures and leases, which the receiver
    and other processes share; ``rng`` draws ids and jitter. ``schedule`` holds the waits after each failure,
    ``jitter`` is the share by which one varies, ``concurrency`` the most attempts at a time for an endpoint,
    ``timeout`` limits an attempt, and ``lease`` is how long a claim holds: after it others take over what a
    process that died was attempting, so it is longer than any attempt.
    """

    client: Client = field(default_factory=lambda: Wire(clock=_MACHINE))
    machine_clock: Clock = _MACHINE
    rng: random.Random = field(default_factory=random.SystemRandom, repr=False)
    schedule: tuple[float, ...] = SCHEDULES["svix-8"]
    jitter: float = JITTER
    concurrency: int = 8
    timeout: float = TIME_LIMIT
    lease: float = TIME_LIMIT + 15.0
