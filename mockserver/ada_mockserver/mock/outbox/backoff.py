"""When the next attempt is due: arithmetic alone.

Svix words the schedule as a first attempt immediately and further ones 5 s, 5 min, 30 min, 2 h, 5 h, 10 h
and 10 h after the previous failure (docs.svix.com/retries); Ada's page words the same list so that a retry
follows the first failure immediately (/reference/webhooks/overview). Both can be chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["FLOOR", "JITTER", "SCHEDULES", "next_delay", "schedule_named", "slows_down"]

_MINUTE, _HOUR = 60.0, 3600.0
_WAITS = (5.0, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 10 * _HOUR)

SCHEDULES: dict[str, tuple[float, ...]] = {"svix-8": _WAITS, "ada-9": (0.0, *_WAITS)}
"""By name: the seconds to wait after the first failure, after the second, and so on."""

JITTER = 0.2
"""The share by which a wait varies at most, up or down."""

FLOOR = 60.0
"""The least wait in seconds after a time-out or a 429."""


def schedule_named(name: str) -> tuple[float, ...]:
    """The schedule of that name; raises `UsageError` for another."""
    if name not in SCHEDULES:
        raise UsageError(
            f"There is no schedule '{name}'.", next_step=f"The schedules are {', '.join(SCHEDULES)}."
        )
    return SCHEDULES[name]


def next_delay(
    schedule: tuple[float, ...],
    failures: int,
    attempt: Attempt,
    *,
    answered_at: float,
    rng: Random,
    jitter: float = JITTER,
) -> float | None:
    """Seconds from the end of the last attempt to the next one, or None when that was the last.

    ``failures`` counts the failed attempts, ``attempt`` included. A wait varies by
    ``jitter`` up or down. One that the endpoint asked for with ``Retry-After`` does not: it is between once
    and twice the scheduled wait; one given as a date is counted from ``answered_at``, Unix seconds of the
    machine's time, which is the endpoint's too. After a time-out or a 429 a wait is a minute at least.
    """
    if failures > len(schedule):
        return None
    scheduled = schedule[failures - 1]
    asked = attempt.response.retry_after(answered_at) if attempt.response else None
    if asked is None:
        delay = scheduled * (1 + jitter * (2 * rng.random() - 1))
    else:
        delay = min(max(asked, scheduled), 2 * scheduled)
    return max(delay, FLOOR) if slows_down(attempt) else delay


def slows_down(attempt: Attempt) -> bool:
    """True if the next attempt waits for a minute at least: a time-out or 429 (docs.svix.com/retries)."""
    return attempt.status == 429 or (attempt.error is not None and attempt.error.kind == "timeout")
