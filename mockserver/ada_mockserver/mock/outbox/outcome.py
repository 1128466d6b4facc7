"""An attempt as the outbox reads it: the columns to store, and what the response asks the sender for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["instruction", "slows_down", "stored"]


def stored(attempt: Attempt) -> dict[str, Any]:
    """The columns of an attempt that its outcome decides."""
    response, error = attempt.response, attempt.error
    return {
        "state": "succeeded" if attempt.accepted else "failed",
        "elapsed": attempt.elapsed,
        "status": attempt.status,
        "response_headers": [list(header) for header in response.headers] if response else [],
        "response_body": response.body if response else b"",
        "error_kind": error.kind if error else "",
        "error": error.what if error else "",
    }


def slows_down(attempt: Attempt) -> bool:
    """True if the next attempt waits for a minute at least: a time-out or 429 (docs.svix.com/retries)."""
    return attempt.status == 429 or (attempt.error is not None and attempt.error.kind == "timeout")


def instruction(attempt: Attempt) -> Literal["", "abort-message", "disable"]:
    """The value of the header ``webhook-delivery`` (docs.svix.com/receiving/delivery-control)."""
    header = attempt.response.header("webhook-delivery") if attempt.response else None
    match (header or "").strip().lower():
        case "abort-message":
            return "abort-message"
        case "disable":
            return "disable"
    return ""
