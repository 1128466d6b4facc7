"""The audit log: every change of the configuration is an entry of it, and an event.

Entries and events have the same members (``/reference/audit-log/audit-log-webhook``). Whoever changes
something through the API does so with a key, which has no person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ada_mockserver.events.ids import uuid4
from ada_mockserver.events.payload import Change, audit_log_emitted
from ada_mockserver.mock.store.base import Resource
from ada_mockserver.mock.store.database import add_many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["AuditEntry", "record_changes"]


class AuditEntry(Resource):
    """An entry of the audit log, made ``at`` a time in Unix milliseconds."""

    __tablename__ = "api_audit_log"
    kind = "audit log event"

    at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    data: Mapped[dict[str, Any]]

    def shown(self) -> dict[str, Any]:
        """The data of its event."""
        return self.data


async def record_changes(transaction: Transaction, changes: Iterable[dict[str, str]]) -> None:
    """Add an entry for each change, and emit ``audit_log.emitted``; they are members of a `Change`.

    A change that names no ``interface`` came through the API.
    """
    rng, at = transaction.rng, transaction.at
    made = [Change(id=uuid4(rng), at=at, **{"interface": "api", **change}) for change in changes]
    events = [audit_log_emitted(change, at=at) for change in made]
    entries = [AuditEntry(id=event["data"]["id"], at=at, data=event["data"]) for event in events]
    await add_many(transaction.session, entries)
    await transaction.emit_all("v1.audit_log.emitted", events)
