"""Endpoints: where events go, which of them, with what headers and secrets, and whether at all.

Filters are Ada's: an empty list of event types takes every event (/reference/webhooks/overview); an endpoint
with channels gets only events that share one with it (release notes 2026-04-29, 2026-06-01). A rotated secret
goes on signing for 24 h beside the new one, as Svix does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from sqlalchemy import func, insert, select, update

from ada_mockserver.delivery.signing import generate_secret, parse_secret
from ada_mockserver.mock.outbox.ids import new_id
from ada_mockserver.mock.store.delivery_tables import deliveries, endpoints

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random
    from typing import Unpack

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from ada_mockserver.delivery.http import Headers

__all__ = [
    "KEEPS_OLD_SECRET",
    "Changes",
    "Endpoint",
    "count_endpoints",
    "create_endpoint",
    "delete_endpoint",
    "disable_endpoint",
    "end_deliveries",
    "get_endpoint",
    "list_endpoints",
    "read_endpoint",
    "rotate_secret",
    "update_endpoint",
]

KEEPS_OLD_SECRET = 24 * 3600.0
"""Seconds for which a rotated secret goes on signing."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint; times are Unix seconds.

    ``ordinal`` counts in order of creation, for pages. ``disabled_reason`` is ``""`` while enabled, else
    ``by-hand``, ``asked`` (the consumer answered ``webhook-delivery: disable``) or ``failing`` (a week of
    failures); ``failing_since`` is the first failure since which nothing was delivered.
    """

    ordinal: int
    id: str
    url: str
    description: str
    event_types: tuple[str, ...]
    channels: tuple[str, ...]
    headers: Headers = field(repr=False)
    secret: str = field(repr=False)
    old_secrets: tuple[tuple[str, float], ...] = field(repr=False)
    disabled: bool
    disabled_reason: str
    failing_since: float | None
    created_at: float
    updated_at: float

    def secrets(self, now: float) -> tuple[str, ...]:
        """The secrets that sign at ``now``: the current one first, then those rotated within 24 h."""
        return (self.secret, *(old for old, until in self.old_secrets if now < until))

    def takes(self, event_type: str, channels: Iterable[str]) -> bool:
        """Whether an event with these channel tags passes the filters."""
        return (not self.event_types or event_type in self.event_types) and (
            not self.channels or not set(self.channels).isdisjoint(channels)
        )


class Changes(TypedDict, total=False):
    """What `update_endpoint` can change."""

    url: str
    description: str
    event_types: Sequence[str]
    channels: Sequence[str]
    headers: Headers
    disabled: bool


async def create_endpoint(
    connection: AsyncConnection,
    *,
    url: str,
    now: float,
    rng: Random,
    description: str = "",
    event_types: Sequence[str] = (),
    channels: Sequence[str] = (),
    headers: Headers = (),
    secret: str | None = None,
    disabled: bool = False,
    endpoint_id: str | None = None,
) -> Endpoint:
    """Create an endpoint; without ``secret`` one is made with ``rng``, a `random.SystemRandom` if it is to
    protect something, and so is an id without ``endpoint_id``.

    ``event_types`` are as on the wire (``v1.conversation.ended``). Raises `UsageError` for a bad secret.
    """
    if secret is not None:
        parse_secret(secret)
    chosen = endpoint_id or new_id("ep_", rng)
    await connection.execute(
        insert(endpoints).values(
            id=chosen,
            url=url,
            description=description,
            event_types=list(event_types),
            channels=list(channels),
            headers=[list(header) for header in headers],
            secret=secret or generate_secret(rng),
            old_secrets=[],
            disabled=disabled,
            disabled_reason="by-hand" if disabled else "",
            created_at=now,
            updated_at=now,
        )
    )
    return await _existing(connection, chosen)


async def get_endpoint(connection: AsyncConnection, endpoint_id: str) -> Endpoint | None:
    """The endpoint of that id, or None; a deleted one is none."""
    statement = select(endpoints).where(endpoints.c.id == endpoint_id, endpoints.c.deleted_at.is_(None))
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else read_endpoint(row)


async def list_endpoints(
    connection: AsyncConnection, *, after: int = 0, limit: int | None = None
) -> list[Endpoint]:
    """Endpoints in order of creation, at most ``limit`` of those whose ordinal is above ``after``."""
    statement = (
        select(endpoints)
        .where(endpoints.c.deleted_at.is_(None), endpoints.c.ordinal > after)
        .order_by(endpoints.c.ordinal)
        .limit(limit)
    )
    return [read_endpoint(row) for row in await connection.execute(statement)]


async def count_endpoints(connection: AsyncConnection) -> int:
    """How many endpoints there are."""
    statement = select(func.count()).select_from(endpoints).where(endpoints.c.deleted_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


async def update_endpoint(
    connection: AsyncConnection, endpoint_id: str, *, now: float, **changes: Unpack[Changes]
) -> Endpoint | None:
    """Change an endpoint, or None where there is none.

    Disabling it ends what is still to be delivered to it; enabling it again forgets its failures, and
    `ada_mockserver.mock.outbox.redelivery.recover` brings what it missed.
    """
    if await get_endpoint(connection, endpoint_id) is None:
        return None
    values: dict[str, Any] = {"updated_at": now}
    for name in ("url", "description"):
        if name in changes:
            values[name] = changes[name]
    for name in ("event_types", "channels"):
        if name in changes:
            values[name] = list(changes[name])  # type: ignore[literal-required]  # likewise
    if "headers" in changes:
        values["headers"] = [list(header) for header in changes["headers"]]
    if "disabled" in changes:
        disabled = changes["disabled"]
        values |= {
            "disabled": disabled,
            "disabled_reason": "by-hand" if disabled else "",
            "failing_since": None,
        }
        if disabled:
            await end_deliveries(connection, endpoint_id, reason="disabled")
    await connection.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(values))
    return await _existing(connection, endpoint_id)


async def disable_endpoint(connection: AsyncConnection, endpoint_id: str, *, reason: str, now: float) -> None:
    """Disable an endpoint because of how it answers: ``asked`` or ``failing``."""
    await connection.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.disabled.is_(False))
        .values(disabled=True, disabled_reason=reason, updated_at=now)
    )


async def delete_endpoint(connection: AsyncConnection, endpoint_id: str, *, now: float) -> bool:
    """Delete an endpoint and end what is still to be delivered to it; False where there is none."""
    if await get_endpoint(connection, endpoint_id) is None:
        return False
    await end_deliveries(connection, endpoint_id, reason="deleted")
    await connection.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(deleted_at=now))
    return True


async def rotate_secret(
    connection: AsyncConnection, endpoint_id: str, *, now: float, rng: Random, secret: str | None = None
) -> Endpoint | None:
    """Give an endpoint a new secret, or None where there is none; the old one signs for 24 h more.

    Raises `UsageError` for a bad ``secret``.
    """
    if secret is not None:
        parse_secret(secret)
    endpoint = await get_endpoint(connection, endpoint_id)
    if endpoint is None:
        return None
    kept = [[old, until] for old, until in endpoint.old_secrets if now < until]
    await connection.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(
            secret=secret or generate_secret(rng),
            old_secrets=[[endpoint.secret, now + KEEPS_OLD_SECRET], *kept],
            updated_at=now,
        )
    )
    return await _existing(connection, endpoint_id)


async def end_deliveries(connection: AsyncConnection, endpoint_id: str, *, reason: str) -> None:
    """Mark what is still to be delivered to an endpoint as failed, for this reason."""
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == "pending")
        .values(state="failed", reason=reason, due_at=None)
    )


def read_endpoint(row: Row[Any]) -> Endpoint:
    """A row of the table as a value."""
    return Endpoint(
        ordinal=row.ordinal,
        id=row.id,
        url=row.url,
        description=row.description,
        event_types=tuple(row.event_types),
        channels=tuple(row.channels),
        headers=tuple((name, value) for name, value in row.headers),
        secret=row.secret,
        old_secrets=tuple((secret, until) for secret, until in row.old_secrets),
        disabled=row.disabled,
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _existing(connection: AsyncConnection, endpoint_id: str) -> Endpoint:
    statement = select(endpoints).where(endpoints.c.id == endpoint_id)
    return read_endpoint((await connection.execute(statement)).one())
