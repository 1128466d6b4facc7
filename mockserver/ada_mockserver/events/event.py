"""Events as values: the payload and the bytes are two views of one, each made when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ada_mockserver.events import payload as built
from ada_mockserver.events.payload import Channel, Conversation, encode, member_time, timestamp
from ada_mockserver.events.templates import (
    BEGAN,
    END_USER,
    ENDED,
    Messages,
    metadata_text,
    nullable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.events.payload import Author, Change, EndUser, Payload

__all__ = ["Began", "Changed", "Composed", "Ended", "Event", "HandoffEnded", "Message", "ProfileEvent"]


# The conversation whose message was written last: its next one is mostly the next.
_nowhere = Channel("", "", "", "messaging", markdown=False, created_at=0, custom=False)
_shared = [Messages(Conversation("", _nowhere, "", 0, ""))]


class Message(NamedTuple):
    """``conversation.message``; times in Unix milliseconds, as in every event."""

    conversation: Conversation
    message_id: str
    author: Author
    content: Mapping[str, Any]
    handoff_integration: str | None
    created_at: int
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.conversation_message(
            self.conversation,
            message_id=self.message_id,
            author=self.author,
            content=self.content,
            handoff_integration=self.handoff_integration,
            created_at=self.created_at,
            at=self.at,
        )

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        about, message_id, author, content, handoff_integration, created_at, at = self
        shared = _shared[0]
        if shared.about is not about:
            shared = _shared[0] = Messages(about)
        return shared.body(message_id, author, content, handoff_integration, created_at, at)


class Began(NamedTuple):
    """``conversation.created``."""

    conversation: Conversation
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.conversation_created(self.conversation, at=self.at)

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        about = self.conversation
        text = BEGAN % (
            timestamp(self.at),
            about.id,
            about.channel.id,
            member_time(about.created_at),
            about.end_user_id,
            metadata_text(about.metadata),
            about.domain,
        )
        return text.encode()


class Ended(NamedTuple):
    """``conversation.ended``; ``ended_by`` is the id of who ended it, None for the system and for agents."""

    conversation: Conversation
    role: str
    ended_by: str | None
    updated_at: int
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.conversation_ended(
            self.conversation, role=self.role, ended_by=self.ended_by, updated_at=self.updated_at, at=self.at
        )

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        about = self.conversation
        text = ENDED % (
            timestamp(self.at),
            about.id,
            about.channel.id,
            about.end_user_id,
            member_time(about.created_at),
            member_time(self.updated_at),
            nullable(self.ended_by),
            self.role,
            metadata_text(about.metadata),
            about.domain,
        )
        return text.encode()


class HandoffEnded(NamedTuple):
    """``conversation.handoff.ended``."""

    conversation: Conversation
    handoff_integration: str
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.handoff_ended(
            self.conversation, handoff_integration=self.handoff_integration, at=self.at
        )

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        return encode(self.payload())


class ProfileEvent(NamedTuple):
    """``end_user.created`` or ``end_user.updated``, as ``name`` says."""

    name: str
    user: EndUser
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.end_user_event(self.name, self.user, at=self.at)

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        user = self.user
        text = END_USER % (
            self.name,
            timestamp(self.at),
            user.id,
            nullable(user.external_id),
            nullable(user.first_name),
            nullable(user.last_name),
            nullable(user.display_name),
            nullable(user.avatar),
            nullable(user.email),
            nullable(user.language),
            metadata_text(user.metadata),
            nullable(user.sunshine_user_id),
            member_time(user.created_at),
            member_time(user.updated_at),
            user.id,
        )
        return text.encode()


class Changed(NamedTuple):
    """``audit_log.emitted``."""

    change: Change
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.audit_log_emitted(self.change, at=self.at)

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        return encode(self.payload())


class Composed(NamedTuple):
    """An event that stands as it is: one that was sampled, or changed by hand.

    ``about`` is the id of the end user whom it is about.
    """

    content: Payload
    about: str
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return self.content

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        return encode(self.content)


Event = Message | Began | Ended | HandoffEnded | ProfileEvent | Changed | Composed
