"""Whether every promise was kept: what the consumer saw against what the API answered and the outbox stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ada_mockserver.mock.store.database import Database
from ada_mockserver.mock.store.models import Delivery, Event, LoggedAttempt

if TYPE_CHECKING:
    from soak.consumer import Receipt

__all__ = ["Stored", "audit", "count_unfinished", "read_stored"]


READ_LATE = 2.0
"""Seconds that a request may wait in the consumer's socket."""


@dataclass(frozen=True)
class Stored:
    """What is in the database in the end, by event."""

    events: set[str]
    deliveries: dict[str, Counter[str]]
    attempts: dict[str, Counter[str]]


async def count_unfinished(url: str, pid: int) -> int:
    """How many attempts a process that is gone had begun and not finished."""
    database = Database(url)
    try:
        async with database.begin() as session:
            statement = select(func.count()).where(Delivery.claim.startswith(f"worker-{pid}-"))
            return int((await session.execute(statement)).scalar_one())
    finally:
        await database.close()


async def read_stored(url: str) -> Stored:
    """Read it; nobody else uses the database."""
    database = Database(url)
    try:
        async with database.begin() as session:
            ids = set((await session.execute(select(Event.id))).scalars())
            of_delivery = await session.execute(select(Delivery.event_id, Delivery.state))
            delivered: dict[str, Counter[str]] = defaultdict(Counter)
            for event_id, state in of_delivery:
                delivered[event_id][state] += 1
            of_attempt = await session.execute(select(LoggedAttempt.event_id, LoggedAttempt.state))
            attempted: dict[str, Counter[str]] = defaultdict(Counter)
            for event_id, state in of_attempt:
                attempted[event_id][state] += 1
    finally:
        await database.close()
    return Stored(ids, delivered, attempted)


def audit(
    *, answered: set[tuple[str, str]], receipts: list[Receipt], kills: list[float], stored: Stored
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Counts, and violations by kind; there is none where every list is empty.

    A request is a legitimate repetition when the one before it was answered with a failure or not at all, or
    when its attempt was unfinished at a kill: the sender was gone before the answer, or before it had stored
    a 200. Then the outbox has an attempt that was interrupted, and a kill lies between the two requests.
    """
    by_event: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        by_event[receipt.message_id].append(receipt)
    handled = {receipt.key for receipt in receipts if receipt.outcome == "ok"}
    repeated: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {
        "events of answered calls that were lost": [f"{kind} {about}" for kind, about in answered - handled],
        "stored events that were never delivered": [
            event
            for event in stored.events
            if not any(receipt.outcome == "ok" for receipt in by_event.get(event, ()))
        ],
        "deliveries that did not end as delivered": [
            event for event, states in stored.deliveries.items() if states != Counter(delivered=1)
        ],
        "attempts that are still in flight": [
            event for event, states in stored.attempts.items() if states["in-flight"]
        ],
        "deliveries with more than one success": [
            event for event, states in stored.attempts.items() if states["succeeded"] > 1
        ],
        "requests that the outbox knows of no attempt for": [
            event for event, got in by_event.items() if len(got) > stored.attempts[event].total()
        ],
        "events that were delivered but never stored": sorted(set(by_event) - stored.events),
        "repetitions without a reason": [],
    }
    for event, got in by_event.items():
        unfinished = stored.attempts[event]["interrupted"]
        for before, after in pairwise(sorted(got, key=lambda receipt: receipt.begun)):
            # What was sent before a kill may be read a moment after it.
            killed = any(before.begun - READ_LATE <= kill <= after.begun for kill in kills)
            reason = before.outcome
            if reason in {"ok", "vanished"} and killed and unfinished:
                reason = "killed in the attempt" if reason == "vanished" else "killed before 200 was stored"
                unfinished -= 1
            elif reason in {"ok", "vanished", "open"}:
                wrong["repetitions without a reason"].append(f"{event}: {before} then {after}")
                continue
            repeated[reason] += 1
    counts = {
        "events stored": len(stored.events),
        "requests received": len(receipts),
        "attempts interrupted by a kill": sum(s["interrupted"] for s in stored.attempts.values()),
        **{f"repeated because {reason}": count for reason, count in sorted(repeated.items())},
    }
    return counts, wrong
