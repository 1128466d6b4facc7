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

if TYPE_CHECKING:
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["AuditEntry", "record_change"]


class AuditEntry(Resource):
    """An entry of the audit log, made ``at`` a time in Unix milliseconds."""

    __tablename__ = "api_audit_log"
    kind = "audit log event"

    at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    data: Mapped[dict[str, Any]]

    def shown(self) -> dict[str, Any]:
        """The data of its event."""
        return self.data


async def record_change(transaction: Transaction, **change: str) -> None:
    """Add an entry, and emit ``audit_log.emitted``; ``change`` has members of a `Change` as texts."""
    made = Change(id=uuid4(transaction.rng), at=transaction.at, interface="api", **change)
    event = audit_log_emitted(made, at=made.at)
    await transaction.add(AuditEntry(id=made.id, at=made.at, data=event["data"]))
    await transaction.emit(event)
