"""What the API keeps: one row a thing, its members as Ada documents them in ``data``.

What is looked up or counted has a column; everything else is JSON, so that any text that a client may send
(PostgreSQL's text columns refuse NUL) is kept as it came. Times are Unix milliseconds.
"""

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
)

from ada_mockserver.mock.store.database import metadata

__all__ = ["attachments", "channels", "conversations", "end_users", "messages", "planned", "secrets"]

_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def _identity() -> tuple[Column[int], Column[str]]:
    return (
        Column("ordinal", _SERIAL, primary_key=True, autoincrement=True),
        Column("id", String(64), nullable=False, unique=True),
    )


channels = Table(
    "api_channels",
    metadata,
    *_identity(),
    Column("custom", Boolean, nullable=False),
    Column("modality", String(16), nullable=False),
    Column("data", JSON, nullable=False),
)

end_users = Table(
    "api_end_users",
    metadata,
    *_identity(),
    Column("external_key", String(64), unique=True),
    Column("data", JSON, nullable=False),
)
"""``external_key`` is what external ids are compared by, whatever characters they hold."""

conversations = Table(
    "api_conversations",
    metadata,
    *_identity(),
    Column("channel_id", ForeignKey(channels.c.id), nullable=False),
    Column("end_user_id", ForeignKey(end_users.c.id), nullable=False, index=True),
    Column("ended", Boolean, nullable=False),
    Column("handoff", String(128)),
    Column("last_at", BigInteger, nullable=False),
    Column("data", JSON, nullable=False),
)
"""``handoff`` is the integration of the handoff that is going on; ``last_at`` is the time of the last event,
which the next one comes after."""

messages = Table(
    "api_messages",
    metadata,
    *_identity(),
    Column("conversation_id", ForeignKey(conversations.c.id), nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_api_messages_conversation", "conversation_id", "ordinal"),
)

planned = Table(
    "api_planned",
    metadata,
    Column("ordinal", _SERIAL, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey(conversations.c.id), nullable=False),
    Column("due_at", Double, nullable=False, index=True),
    Column("shift", Integer, nullable=False),
    Column("cue", JSON, nullable=False),
)
"""What the script will answer; ``due_at`` is in Unix seconds. It is given only in the same ``shift``: unless
the conversation was handed over or back since it was planned."""

attachments = Table(
    "api_attachments",
    metadata,
    *_identity(),
    Column("conversation_id", ForeignKey(conversations.c.id), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("data", JSON, nullable=False),
)

secrets = Table(
    "api_secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""What signs the addresses of attachments; the same for all processes that share the database."""
