"""What the outbox keeps. Times are Unix seconds of the mock's clock unless a column says otherwise."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from ada_mockserver.mock.store.database import metadata

__all__ = ["attempts", "deliveries", "endpoints", "events", "settings"]

_SERIAL = BigInteger().with_variant(Integer, "sqlite")

endpoints = Table(
    "outbox_endpoints",
    metadata,
    Column("ordinal", _SERIAL, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("event_types", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("secret", Text, nullable=False),
    Column("old_secrets", JSON, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("disabled_reason", String(32), nullable=False),
    Column("failing_since", Double),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
)
"""Where events go. A deleted endpoint stays, for the log of its attempts."""

events = Table(
    "outbox_events",
    metadata,
    Column("ordinal", _SERIAL, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("type", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("created_at", Double, nullable=False, index=True),
)
"""What happened; ``id`` is the ``svix-id`` of every attempt to deliver it."""

deliveries = Table(
    "outbox_deliveries",
    metadata,
    Column("ordinal", _SERIAL, primary_key=True, autoincrement=True),
    Column("event_id", ForeignKey(events.c.id), nullable=False),
    Column("endpoint_id", ForeignKey(endpoints.c.id), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("due_at", Double),
    Column("held", Boolean, nullable=False),
    Column("claim", String(64)),
    Column("leased_until", Double),
    Index("ix_outbox_deliveries_endpoint_event", "endpoint_id", "event_id", unique=True),
    Index("ix_outbox_deliveries_due", "state", "endpoint_id", "due_at"),
    Index("ix_outbox_deliveries_event", "event_id"),
)
"""One event for one endpoint. ``failures`` counts those since the schedule began, ``attempts`` all;
``leased_until`` is the machine's time until which ``claim`` holds."""

attempts = Table(
    "outbox_attempts",
    metadata,
    Column("ordinal", _SERIAL, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("delivery", ForeignKey(deliveries.c.ordinal), nullable=False, index=True),
    Column("event_id", String(64), nullable=False, index=True),
    Column("endpoint_id", String(64), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("chaos", JSON, nullable=False),
    Column("url", Text, nullable=False),
    Column("request_headers", JSON, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("elapsed", Double),
    Column("status", Integer),
    Column("response_headers", JSON),
    Column("response_body", LargeBinary),
    Column("error_kind", String(16)),
    Column("error", Text),
    Column("next_at", Double),
)
"""Each attempt: begun, in flight, and how it ended. ``elapsed`` is in seconds of the machine's time."""

settings = Table(
    "outbox_settings",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", JSON, nullable=False),
)
"""What processes that share the outbox agree on: the clock, the chaos."""
