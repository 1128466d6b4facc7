"""The events as the desk reads them: dataclasses, with 422 for what has another type than documented."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from corpus.core.verify import RefusedError


class Reader:
    """An object of a payload, read member by member; one that is null or absent is empty."""

    def __init__(self, value: Any, place: str) -> None:
        if value is not None and not isinstance(value, dict):
            raise RefusedError(422, f"{place} is not an object")
        self.members: dict[str, Any] = value or {}
        self.place = place

    def text(self, name: str) -> str | None:
        """A string, or nothing."""
        return self._read(name, str)

    def flag(self, name: str) -> bool:
        """A boolean; nothing counts as false."""
        return bool(self._read(name, bool))

    def map(self, name: str) -> dict[str, Any]:
        """Keys and values of whatever type."""
        return self._read(name, dict) or {}

    def inner(self, name: str) -> Reader:
        """An object within."""
        return Reader(self.members.get(name), f"{self.place}.{name}")

    def _read(self, name: str, kind: type) -> Any:
        value = self.members.get(name)
        if value is not None and not isinstance(value, kind):
            raise RefusedError(422, f"{self.place}.{name} is not a {kind.__name__}")
        return value


@dataclass(frozen=True)
class Customer:
    """An end user."""

    id: str | None
    external_id: str | None
    first_name: str | None
    last_name: str | None
    display_name: str | None
    email: str | None
    language: str | None
    metadata: dict[str, Any]
    updated_at: str | None

    @classmethod
    def read(cls, data: Any) -> Self:
        user = Reader(data, "data")
        profile = user.inner("profile")
        names = ("first_name", "last_name", "display_name", "email", "language")
        return cls(
            id=user.text("end_user_id"),
            external_id=user.text("external_id"),
            **{name: profile.text(name) for name in names},
            metadata=profile.map("metadata"),
            updated_at=user.text("updated_at"),
        )

    @property
    def name(self) -> str:
        """What to call somebody."""
        names = [name for name in (self.first_name, self.last_name) if name]
        return self.display_name or " ".join(names) or "Somebody"


@dataclass(frozen=True)
class Conversation:
    """A conversation that begins or ends."""

    id: str | None
    customer: str | None
    channel: str | None
    metadata: dict[str, Any]
    ended_by: str | None
    ended_by_role: str | None

    @classmethod
    def read(cls, data: Any) -> Self:
        about = Reader(data, "data")
        by = about.inner("ended_by")
        ids = (about.text(name) for name in ("conversation_id", "end_user_id", "channel_id"))
        return cls(*ids, about.map("metadata"), by.text("id"), by.text("role"))


@dataclass(frozen=True)
class Content:
    """A text, a link or a file, or what is not known yet."""

    type: str | None
    body: str | None
    url: str | None
    link_text: str | None
    filename: str | None


@dataclass(frozen=True)
class Message:
    """A message, with the channel's modality and markdown, and its author's role and name."""

    id: str | None
    conversation: str | None
    customer: str | None
    handoff: str | None
    modality: str | None
    markdown: bool
    role: str | None
    author: str | None
    content: Content
    created_at: str | None
    channel_metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Any) -> Self:
        about = Reader(data, "data")
        channel, author, content = map(about.inner, ("channel", "author", "content"))
        return cls(
            id=about.text("message_id"),
            conversation=about.text("conversation_id"),
            customer=about.text("end_user_id"),
            handoff=about.text("handoff_integration"),
            modality=channel.text("modality"),
            markdown=channel.inner("capabilities").flag("markdown"),
            role=author.text("role"),
            author=author.text("display_name"),
            content=Content(
                *map(content.text, ("type", "body", "url", "link_text", "filename")),
            ),
            created_at=about.text("created_at"),
            channel_metadata=channel.map("metadata"),
        )

    @property
    def text(self) -> str:
        """What it says in words."""
        return self.content.body or self.content.link_text or self.content.filename or ""


@dataclass(frozen=True)
class Change:
    """An entry of the audit log."""

    id: str | None
    actor: str | None
    entity: str | None
    activity: str | None

    @classmethod
    def read(cls, data: Any) -> Self:
        about = Reader(data, "data")
        return cls(*map(about.text, ("id", "actor_email", "entity_id", "activity")))
