"""What an outcome makes of a delivery and of its endpoint: decisions alone.

A delivery is ``pending`` until it is ``delivered`` or has ``failed``. Why it failed is its reason:
``exhausted`` (the schedule ended), ``aborted`` (the endpoint asked for it), ``disabled`` or ``deleted`` (the
endpoint is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ada_mockserver.mock.outbox.backoff import next_delay
from ada_mockserver.mock.outbox.outcome import instruction

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["WEEK", "Health", "State", "Verdict", "health_after", "judge"]

State = Literal["pending", "delivered", "failed"]

WEEK = 7 * 86_400.0
"""Seconds of nothing but failures after which an endpoint is disabled."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery; ``due_at`` is when it is tried again, Unix seconds, None if it is not."""

    state: State
    failures: int
    reason: str = ""
    due_at: float | None = None


def judge(
    attempt: Attempt,
    *,
    failures: int,
    now: float,
    answered_at: float,
    schedule: tuple[float, ...],
    rng: Random,
    jitter: float,
) -> Verdict:
    """What becomes of a delivery whose attempt ended at ``now``; ``failures`` are those before it.

    ``answered_at`` is that moment in the machine's time.
    """
    if attempt.accepted:
        return Verdict("delivered", failures)
    failures += 1
    match instruction(attempt):
        case "abort-message":
            return Verdict("failed", failures, "aborted")
        case "disable":
            return Verdict("failed", failures, "disabled")
    delay = next_delay(schedule, failures, attempt, answered_at=answered_at, rng=rng, jitter=jitter)
    if delay is None:
        return Verdict("failed", failures, "exhausted")
    return Verdict("pending", failures, due_at=now + delay)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint fares: since when it only fails, and why it is to be disabled, if it is.

    ``disable`` is ``""``, ``asked`` (``webhook-delivery: disable``) or ``failing`` (for a week).
    """

    failing_since: float | None
    disable: Literal["", "asked", "failing"] = ""


def health_after(attempt: Attempt, *, failing_since: float | None, now: float) -> Health:
    """How an endpoint fares after an attempt that ended at ``now``.

    An endpoint for which all attempts fail for a week is disabled (/reference/webhooks/overview); the week
    begins with the first failure after a success.
    """
    if failing_since is None:
        failing_since = now
    since = None if attempt.accepted else failing_since
    if instruction(attempt) == "disable":
        return Health(since, "asked")
    if since is not None and now - since >= WEEK:
        return Health(since, "failing")
    return Health(since)
