"""Endpoints: created, listed, changed, disabled and deleted; secrets are rotated.

Filters are Ada's: an empty list of event types takes every event (/reference/webhooks/overview); an endpoint
with channels gets only events that share one with it (release notes 2026-04-29, 2026-06-01). A rotated secret
goes on signing for 24 h beside the new one, as Svix does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from sqlalchemy import select, update

from ada_mockserver.delivery.signing import generate_secret, parse_secret
from ada_mockserver.events.ids import new_id
from ada_mockserver.mock.store.database import change, find
from ada_mockserver.mock.store.models import Delivery, Endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random
    from typing import Unpack

    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.delivery.http import Headers

__all__ = [
    "KEEPS_OLD_SECRET",
    "Changes",
    "create_endpoint",
    "delete_endpoint",
    "disable_endpoint",
    "end_deliveries",
    "list_endpoints",
    "rotate_secret",
    "update_endpoint",
]

KEEPS_OLD_SECRET = 24 * 3600.0
"""Seconds for which a rotated secret goes on signing."""


class Changes(TypedDict, total=False):
    """The members that `update_endpoint` can change."""

    url: str
    description: str
    event_types: Sequence[str]
    channels: Sequence[str]
    headers: Headers
    disabled: bool


async def create_endpoint(
    session: AsyncSession,
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
) -> Endpoint:
    """Create an endpoint; its id, and its secret unless one is given, are drawn from ``rng``.

    That is a `random.SystemRandom` where the secret is to protect something.

    ``event_types`` are as on the wire (``v1.conversation.ended``). Raises `UsageError` for a bad secret.
    """
    if secret is not None:
        parse_secret(secret)
    endpoint = Endpoint(
        id=new_id("ep_", rng),
        url=url,
        description=description,
        event_types=tuple(event_types),
        channels=tuple(channels),
        headers=headers,
        secret=secret or generate_secret(rng),
        disabled=disabled,
        disabled_reason="by-hand" if disabled else "",
        created_at=now,
        updated_at=now,
    )
    session.add(endpoint)
    await session.flush()
    return endpoint


async def list_endpoints(session: AsyncSession) -> Sequence[Endpoint]:
    """All endpoints in order of creation."""
    statement = select(Endpoint).where(Endpoint.present()).order_by(Endpoint.ordinal)
    return (await session.scalars(statement)).all()


async def update_endpoint(
    session: AsyncSession, endpoint_id: str, *, now: float, **changes: Unpack[Changes]
) -> Endpoint | None:
    """Change an endpoint, or None where there is none.

    Disabling it ends what is still to be delivered to it; enabling it again forgets its failures, and
    `ada_mockserver.mock.outbox.redelivery.recover` brings what it missed.
    """
    endpoint = await find(session, Endpoint, endpoint_id)
    if endpoint is None:
        return None
    if changes.get("disabled"):  # first, in the order in which an attempt that ends takes its rows
        await end_deliveries(session, endpoint_id, reason="disabled")
    for name, value in changes.items():
        setattr(endpoint, name, tuple(value) if isinstance(value, list) else value)
    if "disabled" in changes:
        endpoint.disabled_reason = "by-hand" if endpoint.disabled else ""
        endpoint.failing_since = None
    endpoint.updated_at = now
    return endpoint


async def disable_endpoint(session: AsyncSession, endpoint_id: str, *, reason: str, now: float) -> None:
    """Disable an endpoint because of how it answers: ``asked`` or ``failing``."""
    statement = update(Endpoint).where(Endpoint.id == endpoint_id, Endpoint.disabled.is_(False))
    await change(session, statement.values(disabled=True, disabled_reason=reason, updated_at=now))


async def delete_endpoint(session: AsyncSession, endpoint_id: str, *, now: float) -> bool:
    """Delete an endpoint and end what is still to be delivered to it; False where there is none."""
    endpoint = await find(session, Endpoint, endpoint_id)
    if endpoint is None:
        return False
    await end_deliveries(session, endpoint_id, reason="deleted")
    endpoint.deleted_at = now
    return True


async def rotate_secret(
    session: AsyncSession, endpoint_id: str, *, now: float, rng: Random, secret: str | None = None
) -> Endpoint | None:
    """Give an endpoint a new secret, or None where there is none; the old one signs for 24 h more.

    Raises `UsageError` for a bad ``secret``.
    """
    if secret is not None:
        parse_secret(secret)
    endpoint = await find(session, Endpoint, endpoint_id)
    if endpoint is None:
        return None
    kept = ((old, until) for old, until in endpoint.old_secrets if now < until)
    endpoint.old_secrets = ((endpoint.secret, now + KEEPS_OLD_SECRET), *kept)
    endpoint.secret = secret or generate_secret(rng)
    endpoint.updated_at = now
    return endpoint


async def end_deliveries(session: AsyncSession, endpoint_id: str, *, reason: str) -> None:
    """Mark what is still to be delivered to an endpoint as failed, for this reason."""
    statement = update(Delivery).where(Delivery.endpoint_id == endpoint_id, Delivery.state == "pending")
    await change(session, statement.values(state="failed", reason=reason, due_at=None))
