"""Pydantic models of the events' data: every member optional, unknown members kept, open enumerations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Profile(Open):
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    avatar: str | None = None
    email: str | None = None
    language: str | None = None
    metadata: dict[str, Any] | None = None


class EndUserData(Open):
    end_user_id: str | None = None
    external_id: str | None = None
    profile: Profile | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ConversationData(Open):
    conversation_id: str | None = None
    channel_id: str | None = None
    end_user_id: str | None = None
    created_at: str | None = None
    metadata: dict[str, Any] | None = None
    ai_agent_domain: str | None = None


class Author(Open):
    id: str | None = None
    role: str | None = None
    avatar: str | None = None
    display_name: str | None = None


class Channel(Open):
    type: str | None = None
    id: str | None = None
    name: str | None = None
    description: str | None = None
    modality: str | None = None
    capabilities: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | None = None


class Content(Open):
    type: str | None = None
    body: str | None = None
    url: str | None = None
    link_text: str | None = None
    mime_type: str | None = None
    filename: str | None = None


class MessageData(Open):
    message_id: str | None = None
    conversation_id: str | None = None
    end_user_id: str | None = None
    handoff_integration: str | None = None
    channel: Channel | None = None
    created_at: str | None = None
    author: Author | None = None
    content: Content | None = None
    ai_agent_domain: str | None = None


class EndedBy(Open):
    id: str | None = None
    role: str | None = None


class EndedData(ConversationData):
    updated_at: str | None = None
    ended_by: EndedBy | None = None


class HandoffEndedData(Open):
    conversation_id: str | None = None
    end_user_id: str | None = None
    handoff_integration: str | None = None
    ai_agent_domain: str | None = None


class AuditData(Open):
    id: str | None = None
    timestamp: str | None = None
    actor_email: str | None = None
    actor_name: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    activity: str | None = None
    interface: str | None = None
    api_key_name: str | None = None


class Envelope(Open):
    type: str | None = None
    timestamp: str | None = None
    tags: list[str] | None = None
