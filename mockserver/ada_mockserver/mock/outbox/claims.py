"""Which deliveries are due, whose they are, and what became of them: the worker's transactions.

A claim belongs to one worker and holds until its lease ends by the machine's time, so that what a killed
process had claimed is taken over. On PostgreSQL rows that another process is claiming are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, insert, or_, select, update

from ada_mockserver.mock.outbox.attempt import make_request, shown_headers
from ada_mockserver.mock.outbox.ids import new_id
from ada_mockserver.mock.outbox.outcome import instruction, stored
from ada_mockserver.mock.outbox.transitions import health_after
from ada_mockserver.mock.store.delivery_tables import attempts, deliveries, endpoints, events
from ada_mockserver.mock.store.endpoints import read_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.chaos import Chaos, Plan
    from ada_mockserver.delivery.http import Request
    from ada_mockserver.mock.outbox.transitions import Verdict
    from ada_mockserver.mock.store.endpoints import Endpoint

__all__ = ["Claimed", "Moment", "claim_due", "finish", "next_due", "release", "store_copy"]


@dataclass(frozen=True, slots=True)
class Moment:
    """The mock's time and the machine's, Unix seconds."""

    now: float
    machine: float


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker attempts now; ``copies`` are the ids of the attempts that repeat it."""

    delivery: int
    endpoint: Endpoint
    attempt: str
    copies: tuple[str, ...]
    failures: int
    request: Request
    plan: Plan


async def claim_due(
    connection: AsyncConnection,
    *,
    moment: Moment,
    owner: str,
    lease: float,
    room: Callable[[str], int],
    chaos: Chaos,
    rng: Random,
) -> list[Claimed]:
    """Claim what is due for ``lease`` seconds, and store the attempts that begin with it.

    ``room`` tells for an endpoint's id how many more attempts it takes at a time. What chaos holds back is
    put off instead.
    """
    claimed: list[Claimed] = []
    begun: list[dict[str, Any]] = []
    for endpoint in await _endpoints_with_work(connection, moment):
        if (limit := room(endpoint.id)) <= 0:
            continue
        for due in await _due(connection, endpoint.id, moment, limit):
            plan = chaos.plan(
                event_type=due.type,
                ordinal=due.event_ordinal,
                endpoint=endpoint.ordinal,
                number=due.attempts + 1,
                now=moment.now,
            )
            if plan.hold and not due.held and not due.attempts:
                await _hold(connection, due.ordinal, until=moment.now + plan.hold)
                continue
            one = _claim(due, endpoint, moment, plan, rng)
            claimed.append(one)
            begun += _attempt_rows(one, due, moment)
            if due.claim is not None:
                await _interrupt(connection, attempts.c.delivery == due.ordinal, moment.now)
    if claimed:
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.ordinal.in_([one.delivery for one in claimed]))
            .values(claim=owner, leased_until=moment.machine + lease, attempts=deliveries.c.attempts + 1)
        )
        await connection.execute(insert(attempts), begun)
    return claimed


async def next_due(connection: AsyncConnection, *, machine: float) -> float | None:
    """When the next delivery that nobody attempts is due, in the mock's time; None if none is pending."""
    statement = (
        select(func.min(deliveries.c.due_at))
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .where(
            deliveries.c.state == "pending",
            endpoints.c.disabled.is_(False),
            endpoints.c.deleted_at.is_(None),
            _unclaimed(machine),
        )
    )
    due: float | None = (await connection.execute(statement)).scalar_one()
    return due


async def finish(
    connection: AsyncConnection,
    claimed: Claimed,
    outcome: Attempt,
    verdict: Verdict,
    *,
    owner: str,
    now: float,
) -> str:
    """Store how an attempt ended at ``now`` and what becomes of its delivery.

    Returns why the endpoint is to be disabled, ``""`` if it is not. A delivery that was ended, resent or
    taken over meanwhile keeps its state, unless it was delivered after all.
    """
    await _store(connection, claimed.attempt, outcome, now, verdict.due_at)
    mine = and_(deliveries.c.ordinal == claimed.delivery, deliveries.c.claim == owner)
    changed = await connection.execute(
        update(deliveries)
        .where(mine, deliveries.c.state == "pending")
        .values(
            state=verdict.state,
            reason=verdict.reason,
            failures=verdict.failures,
            due_at=verdict.due_at,
            claim=None,
            leased_until=None,
        )
    )
    if not changed.rowcount:
        ended: dict[str, Any] = {"claim": None, "leased_until": None}
        if outcome.accepted:
            ended |= {"state": "delivered", "reason": ""}
        await connection.execute(update(deliveries).where(mine).values(ended))
    return await _judge_health(connection, claimed.endpoint.id, outcome, now)


async def store_copy(connection: AsyncConnection, attempt: str, outcome: Attempt, *, now: float) -> None:
    """Store how a repeated request ended; it decides nothing."""
    await _store(connection, attempt, outcome, now, None)


async def release(connection: AsyncConnection, *, now: float, owner: str | None = None) -> int:
    """Give back the claims of ``owner``, or all of them, as interrupted; returns how many there were."""
    of_whom = deliveries.c.claim.is_not(None) if owner is None else deliveries.c.claim == owner
    held = select(deliveries.c.ordinal).where(of_whom)
    await _interrupt(connection, attempts.c.delivery.in_(held), now)
    released = await connection.execute(
        update(deliveries).where(of_whom).values(claim=None, leased_until=None)
    )
    return released.rowcount


def _unclaimed(machine: float) -> ColumnElement[bool]:
    return or_(deliveries.c.claim.is_(None), deliveries.c.leased_until <= machine)


def _is_due(moment: Moment) -> ColumnElement[bool]:
    return and_(
        deliveries.c.state == "pending", deliveries.c.due_at <= moment.now, _unclaimed(moment.machine)
    )


async def _endpoints_with_work(connection: AsyncConnection, moment: Moment) -> list[Endpoint]:
    work = exists().where(deliveries.c.endpoint_id == endpoints.c.id, _is_due(moment))
    statement = (
        select(endpoints)
        .where(endpoints.c.deleted_at.is_(None), endpoints.c.disabled.is_(False), work)
        .order_by(endpoints.c.ordinal)
    )
    return [read_endpoint(row) for row in await connection.execute(statement)]


async def _due(connection: AsyncConnection, endpoint_id: str, moment: Moment, limit: int) -> list[Row[Any]]:
    statement = (
        select(deliveries, events.c.type, events.c.body, events.c.ordinal.label("event_ordinal"))
        .join(events, events.c.id == deliveries.c.event_id)
        .where(deliveries.c.endpoint_id == endpoint_id, _is_due(moment))
        .order_by(deliveries.c.due_at, deliveries.c.ordinal)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    return list((await connection.execute(statement)).all())


async def _hold(connection: AsyncConnection, delivery: int, *, until: float) -> None:
    await connection.execute(
        update(deliveries).where(deliveries.c.ordinal == delivery).values(due_at=until, held=True)
    )


async def _interrupt(connection: AsyncConnection, which: ColumnElement[bool], now: float) -> None:
    await connection.execute(
        update(attempts)
        .where(which, attempts.c.state == "in-flight")
        .values(state="interrupted", finished_at=now)
    )


def _claim(due: Row[Any], endpoint: Endpoint, moment: Moment, plan: Plan, rng: Random) -> Claimed:
    request = make_request(
        endpoint,
        event_id=due.event_id,
        body=due.body,
        now=moment.now,
        signed_at=moment.machine,
        plan=plan,
        rng=rng,
    )
    copies = tuple(new_id("atmpt_", rng) for _ in range(plan.copies))
    return Claimed(due.ordinal, endpoint, new_id("atmpt_", rng), copies, due.failures, request, plan)


def _attempt_rows(one: Claimed, due: Row[Any], moment: Moment) -> list[dict[str, Any]]:
    row = {
        "delivery": one.delivery,
        "event_id": due.event_id,
        "endpoint_id": one.endpoint.id,
        "number": due.attempts + 1,
        "state": "in-flight",
        "chaos": list(one.plan.names),
        "url": one.request.url,
        "request_headers": shown_headers(one.request),
        "started_at": moment.now,
    }
    trigger = due.trigger if not due.failures else "retry"
    return [
        row | {"id": one.attempt, "trigger": trigger},
        *(row | {"id": copy, "trigger": "duplicate"} for copy in one.copies),
    ]


async def _store(
    connection: AsyncConnection, attempt: str, outcome: Attempt, now: float, next_at: float | None
) -> None:
    await connection.execute(
        update(attempts)
        .where(attempts.c.id == attempt)
        .values(**stored(outcome), finished_at=now, next_at=next_at)
    )


async def _judge_health(connection: AsyncConnection, endpoint_id: str, outcome: Attempt, now: float) -> str:
    """Keep since when the endpoint only fails; returns why it is to be disabled."""
    this = endpoints.c.id == endpoint_id
    if outcome.accepted and not instruction(outcome):
        await connection.execute(
            update(endpoints).where(this, endpoints.c.failing_since.is_not(None)).values(failing_since=None)
        )
        return ""
    row = (await connection.execute(select(endpoints.c.failing_since).where(this))).one_or_none()
    if row is None:  # everything was cleared while the attempt was under way
        return ""
    health = health_after(outcome, failing_since=row.failing_since, now=now)
    if health.failing_since != row.failing_since:
        await connection.execute(update(endpoints).where(this).values(failing_since=health.failing_since))
    return health.disable
