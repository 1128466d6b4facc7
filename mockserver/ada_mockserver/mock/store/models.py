"""Everything that the mock keeps, one class a thing.

See ``base`` for what they have in common; kinds of things that only the API knows stand beside their
operations, in ``ada_mockserver.mock.api.things``. The outbox counts time in Unix seconds of the mock's clock,
the API in Unix milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ada_mockserver.delivery.http import Headers  # noqa: TC001 - SQLAlchemy reads the annotations
from ada_mockserver.events import payload
from ada_mockserver.mock.store.base import Base, Identified, Numbered, Requested, Resource, Tuples, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

__all__ = [
    "ATTACHMENT_KEY",
    "Attachment",
    "Conversation",
    "ConversationFact",
    "Delivery",
    "Endpoint",
    "Event",
    "LoggedAttempt",
    "Message",
    "PlannedSteps",
    "Secret",
    "Setting",
    "StoredChannel",
    "StoredEndUser",
]

ATTACHMENT_KEY = "attachments"
"""The name of the secret that signs the addresses of attachments."""


class StoredChannel(Resource):
    """A channel, Ada's own or a custom one."""

    __tablename__ = "api_channels"
    kind = "channel"
    entity = "channel"

    custom: Mapped[bool]
    modality: Mapped[str]
    value: Mapped[payload.Channel] = mapped_column(Value(payload.Channel))

    @property
    def title(self) -> str:
        """Its name."""
        return self.value.name

    def shown(self) -> dict[str, Any]:
        """The member ``channel`` of an event."""
        return self.value.payload()


class StoredEndUser(Resource):
    """An end user; external ids are compared by ``external_key``, whatever characters they hold.

    At ``expires_at`` (Unix seconds) one that no conversation is with is deleted; None: never.
    """

    __tablename__ = "api_end_users"
    kind = "end user"

    external_key: Mapped[str | None] = mapped_column(unique=True)
    value: Mapped[payload.EndUser] = mapped_column(Value(payload.EndUser))
    expires_at: Mapped[float | None] = mapped_column(default=None, index=True)

    def shown(self) -> dict[str, Any]:
        """The data of its event."""
        data: dict[str, Any] = payload.end_user_event("end_user.created", self.value, at=0)["data"]
        return data


class Conversation(Resource):
    """A conversation as it stands (`ada_mockserver.events.conversation.ConversationState`).

    ``handoff`` is the integration that has it, None for the AI Agent; ``handoff_count`` counts the handoffs
    that began and that ended; ``human`` is what is left of the scripted human agent's part; ``turns`` counts
    the messages that the AI Agent answered; ``last_at`` is the time of the last event; ``origin`` is where
    the client that began it reaches the mock; ``details`` is its metadata.
    """

    __tablename__ = "api_conversations"
    kind = "conversation"

    channel_id: Mapped[str] = mapped_column(sa.ForeignKey("api_channels.id"), init=False)
    end_user_id: Mapped[str] = mapped_column(sa.ForeignKey("api_end_users.id"), index=True)
    created_at: Mapped[int] = mapped_column(sa.BigInteger)
    updated_at: Mapped[int] = mapped_column(sa.BigInteger)
    last_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    domain: Mapped[str] = mapped_column(sa.Text)
    details: Mapped[dict[str, Any]]
    stored_channel: Mapped[StoredChannel] = relationship(lazy="joined", innerjoin=True)
    ended: Mapped[bool] = mapped_column(default=False)
    handoff: Mapped[str | None] = mapped_column(sa.String(128), default=None)
    handoff_count: Mapped[int] = mapped_column(default=0)
    human: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON, default=None)
    turns: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str | None] = mapped_column(sa.Text, default=None)

    @property
    def channel(self) -> payload.Channel:
        """The channel that it is on."""
        return self.stored_channel.value

    @property
    def subject(self) -> payload.Conversation:
        """The conversation as events are about it."""
        return payload.Conversation(
            self.id, self.channel, self.end_user_id, self.created_at, self.domain, dict(self.details)
        )

    def shown(self) -> dict[str, Any]:
        """The conversation without its messages."""
        return {
            "id": self.id,
            "channel_id": self.channel.id,
            "end_user_id": self.end_user_id,
            "status": "ended" if self.ended else "active",
            "created_at": payload.member_time(self.created_at),
            "updated_at": payload.member_time(self.updated_at),
            "metadata": self.details,
        }


class Message(Resource):
    """A message of a time in Unix milliseconds; ``data`` is what the API answers about it.

    ``event_id`` is the ``svix-id`` of its event, None where the contract has none.
    """

    __tablename__ = "api_messages"
    __table_args__ = (sa.Index("ix_api_messages_conversation", "conversation_id", "ordinal"),)

    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("api_conversations.id"))
    created_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    data: Mapped[dict[str, Any]]
    event_id: Mapped[str | None] = mapped_column(default=None)

    def shown(self) -> dict[str, Any]:
        """An entry of the message log."""
        return {"type": "message_logs", "message_id": self.id, **self.data}


class ConversationFact(Numbered):
    """A fact of a conversation at a time in Unix milliseconds, beside its messages.

    ``kind`` is ``begun``, ``handed-off``, ``handoff-failed``, ``handoff-ended`` or ``ended``; ``who`` is the
    integration of a handoff, or the role of who ended the conversation. ``event_id`` is the ``svix-id`` of
    the event that tells of it, None where no event does.
    """

    __tablename__ = "api_conversation_facts"

    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("api_conversations.id"), index=True)
    at: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    who: Mapped[str | None] = mapped_column(sa.String(128), default=None)
    event_id: Mapped[str | None] = mapped_column(default=None)


class PlannedSteps(Numbered):
    """Steps of a conversation in their order, each with its time in Unix milliseconds.

    They are those of a reply, or of a ``story`` that is told. The first is due at ``due_at`` (Unix seconds),
    the last at ``ends_at``. They are taken only while ``handoff_count`` is the conversation's: unless that
    was handed over or back since.
    """

    __tablename__ = "api_planned_steps"

    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("api_conversations.id"), index=True)
    due_at: Mapped[float] = mapped_column(index=True)
    ends_at: Mapped[int] = mapped_column(sa.BigInteger)
    handoff_count: Mapped[int]
    steps: Mapped[list[list[Any]]] = mapped_column(sa.JSON)
    story: Mapped[bool]


class Attachment(Identified):
    """An uploaded file."""

    __tablename__ = "api_attachments"

    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("api_conversations.id"))
    expires_at: Mapped[int] = mapped_column(sa.BigInteger)
    content: Mapped[bytes]
    data: Mapped[dict[str, Any]]


class Secret(Base):
    """A secret of the mock's own, the same for all processes that share the database."""

    __tablename__ = "api_secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(repr=False)


class Endpoint(Resource):
    """A receiver of events: its address, filters, headers and secrets, and how it fares.

    ``disabled_reason`` is ``""`` while enabled, else ``by-hand``, ``asked`` (the consumer answered
    ``webhook-delivery: disable``) or ``failing`` (a week of failures); ``failing_since`` is the first failure
    since which nothing was delivered. A deleted endpoint stays, for the log of its attempts.
    """

    __tablename__ = "outbox_endpoints"
    kind = "webhook"
    entity = "webhook"

    url: Mapped[str] = mapped_column(sa.Text)
    description: Mapped[str] = mapped_column(sa.Text)
    event_types: Mapped[tuple[str, ...]] = mapped_column(Tuples)
    channels: Mapped[tuple[str, ...]] = mapped_column(Tuples)
    headers: Mapped[Headers] = mapped_column(Tuples, repr=False)
    secret: Mapped[str] = mapped_column(sa.Text, repr=False)
    disabled: Mapped[bool]
    disabled_reason: Mapped[str]
    created_at: Mapped[float]
    updated_at: Mapped[float]
    old_secrets: Mapped[tuple[tuple[str, float], ...]] = mapped_column(Tuples, default=(), repr=False)
    failing_since: Mapped[float | None] = mapped_column(default=None)
    deleted_at: Mapped[float | None] = mapped_column(default=None)

    @classmethod
    def present(cls) -> ColumnElement[bool]:
        """The condition that an endpoint is not deleted."""
        return cls.deleted_at.is_(None)

    @property
    def title(self) -> str:
        """Its address."""
        return self.url

    def shown(self) -> dict[str, Any]:
        """The webhook without its secret."""
        return {
            "id": self.id,
            "url": self.url,
            "description": self.description,
            "event_filters": list(self.event_types),
            "enabled": not self.disabled,
            "created_at": payload.member_time(int(self.created_at * 1000)),
            "updated_at": payload.member_time(int(self.updated_at * 1000)),
        }

    def secrets(self, now: float) -> tuple[str, ...]:
        """The secrets that sign at ``now``: the current one first, then those rotated within 24 h."""
        return (self.secret, *(old for old, until in self.old_secrets if now < until))

    def takes(self, event_type: str, channels: Iterable[str]) -> bool:
        """True if an event with these channel tags passes the filters."""
        return (not self.event_types or event_type in self.event_types) and (
            not self.channels or not set(self.channels).isdisjoint(channels)
        )


class Event(Identified):
    """Something that happened; ``id`` is the ``svix-id`` of every attempt to deliver it."""

    __tablename__ = "outbox_events"

    type: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[bytes]
    channels: Mapped[tuple[str, ...]] = mapped_column(Tuples)
    created_at: Mapped[float] = mapped_column(index=True)


class Delivery(Numbered):
    """One event for one endpoint.

    ``failures`` counts those since the schedule began, ``attempts`` all; ``leased_until`` is the machine's
    time until which ``claim`` holds; ``held`` is true once chaos cannot hold it back any more.
    """

    __tablename__ = "outbox_deliveries"
    __table_args__ = (
        sa.Index("ix_outbox_deliveries_endpoint_event", "endpoint_id", "event_id", unique=True),
        sa.Index("ix_outbox_deliveries_due", "state", "endpoint_id", "due_at"),
    )

    event_id: Mapped[str] = mapped_column(sa.ForeignKey("outbox_events.id"), index=True)
    endpoint_id: Mapped[str] = mapped_column(sa.ForeignKey("outbox_endpoints.id"))
    trigger: Mapped[str]
    due_at: Mapped[float | None]
    state: Mapped[str] = mapped_column(default="pending")
    reason: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    held: Mapped[bool] = mapped_column(default=False)
    claim: Mapped[str | None] = mapped_column(default=None)
    leased_until: Mapped[float | None] = mapped_column(default=None)


class LoggedAttempt(Requested, kw_only=True):
    """An attempt: begun, in flight, and how it ended."""

    __tablename__ = "outbox_attempts"

    delivery: Mapped[int] = mapped_column(sa.ForeignKey("outbox_deliveries.ordinal"), index=True)
    event_id: Mapped[str] = mapped_column(index=True)
    endpoint_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[int]
    trigger: Mapped[str]
    chaos: Mapped[tuple[str, ...]] = mapped_column(Tuples)
    url: Mapped[str] = mapped_column(sa.Text)
    request_headers: Mapped[list[list[str]]] = mapped_column(sa.JSON)
    started_at: Mapped[float]
    state: Mapped[str] = mapped_column(default="in-flight")
    next_at: Mapped[float | None] = mapped_column(default=None)


class Setting(Base):
    """A setting that processes which share the outbox agree on: the clock, the chaos."""

    __tablename__ = "outbox_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
