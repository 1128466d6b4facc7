"""The outbox worker's transactions: claim due deliveries under a lease, record how attempts ended.

A claim belongs to one worker and holds until its lease ends by the machine's time, so that what a killed
process had claimed is taken over. On PostgreSQL rows that another process is claiming are skipped.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select, update

from ada_mockserver.events.ids import new_id
from ada_mockserver.mock.outbox.attempt import make_request, shown_headers
from ada_mockserver.mock.outbox.transitions import health_after, instruction, is_delivered
from ada_mockserver.mock.store.database import change
from ada_mockserver.mock.store.models import Delivery, Endpoint, Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.chaos import Chaos, Plan
    from ada_mockserver.delivery.http import Request
    from ada_mockserver.mock.outbox.transitions import DeliveryState
    from ada_schemas.contract.profile import Profile

__all__ = ["Claimed", "Now", "claim_due", "finish", "next_due", "release", "stored"]


@dataclass(frozen=True, slots=True)
class Now:
    """The time by the mock's clock and by the machine's, Unix seconds."""

    mock: float
    wall: float


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker attempts now; ``copies`` are the ids of the attempts that repeat it.

    ``only_200`` as for `is_delivered`.
    """

    delivery: int
    endpoint: Endpoint
    attempt: str
    copies: tuple[str, ...]
    failures: int
    request: Request
    plan: Plan
    only_200: bool = False


async def claim_due(
    session: AsyncSession,
    *,
    now: Now,
    owner: str,
    lease: float,
    room: Callable[[str], int],
    chaos: Chaos,
    profile: Profile,
    rng: Random,
) -> list[Claimed]:
    """Claim what is due for ``lease`` seconds, and store the attempts that begin with it.

    ``room`` tells for an endpoint's id how many more attempts it takes at a time; ``profile`` is how the
    provider delivers. What chaos holds back is put off instead.
    """
    claimed: list[Claimed] = []
    for endpoint in await _endpoints_with_work(session, now):
        if (limit := room(endpoint.id)) <= 0:
            continue
        for delivery, event in await _due(session, endpoint.id, now, limit):
            plan = chaos.plan(
                event_type=event.type,
                ordinal=event.ordinal,
                endpoint=endpoint.ordinal,
                number=delivery.attempts + 1,
                now=now.mock,
            )
            if plan.hold and not delivery.held and not delivery.attempts:
                delivery.due_at, delivery.held = now.mock + plan.hold, True
                continue
            if delivery.claim is not None:
                await _interrupt(session, LoggedAttempt.delivery == delivery.ordinal, now.mock)
            one = _claim(delivery, event, endpoint, now, plan, profile, rng)
            delivery.claim, delivery.leased_until = owner, now.wall + lease
            delivery.attempts += 1
            session.add_all(_begun(one, delivery, now))
            claimed.append(one)
    return claimed


async def next_due(session: AsyncSession, *, machine: float) -> float | None:
    """When the next delivery that nobody attempts is due, in the mock's time; None if none is pending."""
    statement = (
        select(func.min(Delivery.due_at))
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.state == "pending", *_receiving(), _unclaimed(machine))
    )
    return await session.scalar(statement)


async def finish(
    session: AsyncSession,
    claimed: Claimed,
    outcomes: Sequence[Attempt],
    following: DeliveryState,
    *,
    owner: str,
    now: float,
) -> str:
    """Store how an attempt and its copies ended at ``now``, and what becomes of their delivery.

    Only the first of ``outcomes`` decides about it. Returns why the endpoint is to be disabled, ``""`` if it
    is not. A delivery that was ended, resent or taken over meanwhile keeps its state, unless it was delivered
    after all.
    """
    outcome, due_at = outcomes[0], following.due_at
    for attempt, ended_as in zip((claimed.attempt, *claimed.copies), outcomes, strict=True):
        statement = update(LoggedAttempt).where(LoggedAttempt.id == attempt)
        next_at = due_at if attempt == claimed.attempt else None
        await change(
            session,
            statement.values(**stored(ended_as, only_200=claimed.only_200), finished_at=now, next_at=next_at),
        )
    mine = and_(Delivery.ordinal == claimed.delivery, Delivery.claim == owner)
    changed = await change(
        session,
        update(Delivery)
        .where(mine, Delivery.state == "pending")
        .values(**asdict(following), claim=None, leased_until=None),
    )
    if not changed:
        ended: dict[str, Any] = {"claim": None, "leased_until": None}
        if is_delivered(outcome, only_200=claimed.only_200):
            ended |= {"state": "delivered", "reason": ""}
        await change(session, update(Delivery).where(mine).values(ended))
    return await _judge_health(session, claimed, outcome, now)


async def release(session: AsyncSession, *, now: float, owner: str | None = None) -> int:
    """Give back the claims of ``owner``, or all of them, as interrupted; returns how many there were."""
    of_whom = Delivery.claim.is_not(None) if owner is None else Delivery.claim == owner
    held = select(Delivery.ordinal).where(of_whom)
    await _interrupt(session, LoggedAttempt.delivery.in_(held), now)
    return await change(session, update(Delivery).where(of_whom).values(claim=None, leased_until=None))


def _receiving() -> tuple[ColumnElement[bool], ...]:
    return Endpoint.present(), Endpoint.disabled.is_(False)


def _unclaimed(machine: float) -> ColumnElement[bool]:
    return or_(Delivery.claim.is_(None), Delivery.leased_until <= machine)


def _is_due(now: Now) -> ColumnElement[bool]:
    return and_(Delivery.state == "pending", Delivery.due_at <= now.mock, _unclaimed(now.wall))


async def _endpoints_with_work(session: AsyncSession, now: Now) -> Sequence[Endpoint]:
    work = exists().where(Delivery.endpoint_id == Endpoint.id, _is_due(now))
    statement = select(Endpoint).where(*_receiving(), work).order_by(Endpoint.ordinal)
    return (await session.scalars(statement)).all()


async def _due(session: AsyncSession, endpoint_id: str, now: Now, limit: int) -> list[tuple[Delivery, Event]]:
    statement = (
        select(Delivery, Event)
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.endpoint_id == endpoint_id, _is_due(now))
        .order_by(Delivery.due_at, Delivery.ordinal)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    return [(delivery, event) for delivery, event in await session.execute(statement)]


async def _interrupt(session: AsyncSession, which: ColumnElement[bool], now: float) -> None:
    statement = update(LoggedAttempt).where(which, LoggedAttempt.state == "in-flight")
    await change(session, statement.values(state="interrupted", finished_at=now))


def _claim(
    delivery: Delivery,
    event: Event,
    endpoint: Endpoint,
    now: Now,
    plan: Plan,
    profile: Profile,
    rng: Random,
) -> Claimed:
    request = make_request(
        endpoint, event, profile=profile, now=now.mock, signed_at=now.wall, plan=plan, rng=rng
    )
    copies = tuple(new_id("atmpt_", rng) for _ in range(plan.copies))
    failures = delivery.failures
    attempt, only_200 = new_id("atmpt_", rng), profile.accept == "200"
    return Claimed(delivery.ordinal, endpoint, attempt, copies, failures, request, plan, only_200)


def _begun(one: Claimed, delivery: Delivery, now: Now) -> list[LoggedAttempt]:
    trigger = "retry" if delivery.failures else delivery.trigger
    return [
        LoggedAttempt(
            id=attempt_id,
            delivery=delivery.ordinal,
            event_id=delivery.event_id,
            endpoint_id=delivery.endpoint_id,
            number=delivery.attempts,
            trigger=why,
            chaos=one.plan.names,
            url=one.request.url,
            request_headers=shown_headers(one.request),
            started_at=now.mock,
        )
        for attempt_id, why in ((one.attempt, trigger), *((copy, "duplicate") for copy in one.copies))
    ]


def stored(attempt: Attempt, *, only_200: bool = False) -> dict[str, Any]:
    """The columns of an attempt that its outcome decides; ``only_200`` as for `is_delivered`."""
    response, error = attempt.response, attempt.error
    return {
        "state": "succeeded" if is_delivered(attempt, only_200=only_200) else "failed",
        "elapsed": attempt.elapsed,
        "status": attempt.status,
        "response_headers": [list(header) for header in response.headers] if response else [],
        "response_body": response.body if response else b"",
        "error_kind": error.kind if error else "",
        "error": error.what if error else "",
    }


async def _judge_health(session: AsyncSession, claimed: Claimed, outcome: Attempt, now: float) -> str:
    """Keep since when the endpoint only fails; returns why it is to be disabled."""
    endpoint_id, only_200 = claimed.endpoint.id, claimed.only_200
    this = update(Endpoint).where(Endpoint.id == endpoint_id)
    if is_delivered(outcome, only_200=only_200) and not instruction(outcome):
        await change(session, this.where(Endpoint.failing_since.is_not(None)).values(failing_since=None))
        return ""
    known = await session.scalar(select(Endpoint).where(Endpoint.id == endpoint_id))
    if known is None:  # everything was cleared while the attempt was under way
        return ""
    health = health_after(outcome, failing_since=known.failing_since, now=now, only_200=only_200)
    if health.failing_since != known.failing_since:
        known.failing_since = health.failing_since
    return health.disable
