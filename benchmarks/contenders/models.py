"""The same two events as data classes, for polyfactory."""

# Annotations are no texts here: polyfactory would compile each again for every event.
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

__all__ = ["EVENTS", "NESTED"]


@dataclass
class Metadata:
    """Metadata as a model has it."""

    locale: str
    returning: bool
    visits: int


@dataclass
class CreatedData:
    """The data of ``conversation.created``."""

    conversation_id: str
    channel_id: str
    created_at: datetime
    end_user_id: str
    metadata: Metadata
    ai_agent_domain: str


@dataclass
class Created:
    """``conversation.created``."""

    type: Literal["v1.conversation.created"]
    timestamp: datetime
    data: CreatedData


@dataclass
class Capabilities:
    """What a channel can render."""

    markdown: bool


@dataclass
class Channel:
    """A custom channel."""

    type: Literal["custom"]
    id: str
    name: str
    description: str
    modality: Literal["messaging", "email", "voice"]
    capabilities: Capabilities
    metadata: Metadata
    created_at: datetime


@dataclass
class Author:
    """Who wrote a message."""

    id: str | None
    role: Literal["end_user", "ai_agent", "human_agent"]
    avatar: str
    display_name: str


@dataclass
class Text:
    """The content of a text message."""

    type: Literal["text"]
    body: str


@dataclass
class MessageData:
    """The data of ``conversation.message``."""

    message_id: UUID
    conversation_id: str
    end_user_id: str
    handoff_integration: str | None
    channel: Channel
    created_at: datetime
    author: Author
    content: Text
    ai_agent_domain: str


@dataclass
class Message:
    """``conversation.message``."""

    type: Literal["v1.conversation.message"]
    timestamp: datetime
    data: MessageData


EVENTS = (Created, Message)
NESTED = (Metadata, CreatedData, Capabilities, Channel, Author, Text, MessageData)
