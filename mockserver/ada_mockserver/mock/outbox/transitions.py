"""State transitions of a delivery and of its endpoint after an attempt: decisions alone.

A delivery is ``pending`` until it is ``delivered`` or has ``failed``. Why it failed is its reason:
``exhausted`` (the schedule ended), ``aborted`` (the endpoint asked for it), ``disabled`` or ``deleted`` (the
endpoint is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ada_mockserver.mock.outbox.backoff import next_delay

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.delivery.attempt import Attempt

__all__ = [
    "WEEK",
    "DeliveryState",
    "Health",
    "State",
    "health_after",
    "instruction",
    "is_delivered",
    "next_state",
]

State = Literal["pending", "delivered", "failed"]

WEEK = 7 * 86_400.0
"""Seconds of nothing but failures after which an endpoint is disabled."""


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """The state of a delivery; ``due_at`` is the time of its next attempt, Unix seconds, None for none."""

    state: State
    failures: int
    reason: str = ""
    due_at: float | None = None


def is_delivered(attempt: Attempt, *, only_200: bool = False) -> bool:
    """True where an attempt counts as delivered: by any 2xx, or by 200 alone where a provider has it so."""
    return attempt.status == 200 if only_200 else attempt.accepted


def instruction(attempt: Attempt) -> Literal["", "abort-message", "disable"]:
    """The value of the header ``webhook-delivery`` (docs.svix.com/receiving/delivery-control)."""
    header = attempt.response.header("webhook-delivery") if attempt.response else None
    match (header or "").strip().lower():
        case "abort-message":
            return "abort-message"
        case "disable":
            return "disable"
    return ""


def next_state(
    attempt: Attempt,
    *,
    failures: int,
    now: float,
    answered_at: float,
    schedule: tuple[float, ...],
    rng: Random,
    jitter: float,
    only_200: bool = False,
) -> DeliveryState:
    """The state of a delivery after an attempt that ended at ``now``; ``failures`` are those before it.

    ``answered_at`` is that moment in the machine's time; ``only_200`` as for `is_delivered`.
    """
    if is_delivered(attempt, only_200=only_200):
        return DeliveryState("delivered", failures)
    failures += 1
    match instruction(attempt):
        case "abort-message":
            return DeliveryState("failed", failures, "aborted")
        case "disable":
            return DeliveryState("failed", failures, "disabled")
    delay = next_delay(schedule, failures, attempt, answered_at=answered_at, rng=rng, jitter=jitter)
    if delay is None:
        return DeliveryState("failed", failures, "exhausted")
    return DeliveryState("pending", failures, due_at=now + delay)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint fares: since when it only fails, and why it is to be disabled, if it is.

    ``disable`` is ``""``, ``asked`` (``webhook-delivery: disable``) or ``failing`` (for a week).
    """

    failing_since: float | None
    disable: Literal["", "asked", "failing"] = ""


def health_after(
    attempt: Attempt, *, failing_since: float | None, now: float, only_200: bool = False
) -> Health:
    """How an endpoint fares after an attempt that ended at ``now``.

    An endpoint for which all attempts fail for a week is disabled (/reference/webhooks/overview); the week
    begins with the first failure after a success.
    """
    if failing_since is None:
        failing_since = now
    since = None if is_delivered(attempt, only_200=only_200) else failing_since
    if instruction(attempt) == "disable":
        return Health(since, "asked")
    if since is not None and now - since >= WEEK:
        return Health(since, "failing")
    return Health(since)
