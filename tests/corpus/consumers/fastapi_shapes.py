"""FastAPI consumers whose models misread what an event may contain."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from corpus.consumers import models
from corpus.consumers.fastapi_base import FastApiConsumer
from corpus.core.registry import consumer


class TwoRolesAuthor(models.Author):
    role: Literal["end_user", "ai_agent"] | None = None


class TwoRolesMessage(models.MessageData):
    author: TwoRolesAuthor | None = None


@consumer("fastapi-two-roles")
class TwoRoles(FastApiConsumer):
    message_model = TwoRolesMessage


class CustomOnlyChannel(models.Channel):
    type: Literal["custom"] | None = None


class CustomOnlyMessage(models.MessageData):
    channel: CustomOnlyChannel | None = None


@consumer("fastapi-custom-channels-only")
class CustomOnly(FastApiConsumer):
    message_model = CustomOnlyMessage


class NamedAuthor(models.Author):
    display_name: str = ""


class NamedAuthorMessage(models.MessageData):
    author: NamedAuthor | None = None


@consumer("fastapi-display-name-str")
class DisplayNameStr(FastApiConsumer):
    message_model = NamedAuthorMessage


@consumer("fastapi-email-lower")
class EmailLower(FastApiConsumer):
    def end_user(self, user: Any) -> None:
        if user.profile and "email" in user.profile.model_fields_set:
            user.profile.email = user.profile.email.strip().lower()
        super().end_user(user)


class EndedByRequired(models.EndedData):
    ended_by: models.EndedBy


@consumer("fastapi-ended-by-required")
class EndedByNeeded(FastApiConsumer):
    ended_model = EndedByRequired


class ActorRequired(models.AuditData):
    actor_email: str
    actor_name: str


@consumer("fastapi-actor-required")
class ActorNeeded(FastApiConsumer):
    audit_model = ActorRequired


class Text(BaseModel):
    type: str
    body: str


class Link(BaseModel):
    type: str | None = None
    url: str | None = None
    link_text: str | None = None


class File(BaseModel):
    type: str
    url: str
    filename: str
    mime_type: str


class LeftToRightMessage(models.MessageData):
    content: Annotated[Text | Link | File, Field(union_mode="left_to_right")] | None = None


@consumer("fastapi-union-left-to-right")
class LeftToRight(FastApiConsumer):
    message_model = LeftToRightMessage

    def message(self, message: Any) -> None:
        if message.content and message.content.type == "file":
            self.store.save("file", message.content.filename, {"url": message.content.url})
        super().message(message)


class NativeChannel(models.Channel):
    type: Literal["native"]


class CustomChannel(models.Channel):
    type: Literal["custom"]


class TaggedChannelMessage(models.MessageData):
    channel: Annotated[NativeChannel | CustomChannel, Field(discriminator="type")] | None = None


@consumer("fastapi-channel-discriminator")
class ChannelDiscriminator(FastApiConsumer):
    message_model = TaggedChannelMessage


class NumberlessConversation(models.ConversationData):
    metadata: dict[str, str | bool | int] | None = None


@consumer("fastapi-metadata-no-float")
class MetadataNoFloat(FastApiConsumer):
    conversation_model = NumberlessConversation


class TextOnlyChannel(models.Channel):
    metadata: dict[str, str] | None = None


class TextOnlyChannelMessage(models.MessageData):
    channel: TextOnlyChannel | None = None


@consumer("fastapi-channel-metadata-str")
class ChannelMetadataStr(FastApiConsumer):
    message_model = TextOnlyChannelMessage


@consumer("fastapi-metadata-decimal")
class MetadataDecimal(FastApiConsumer):
    def tags(self, conversation: Any) -> dict[str, Any]:
        metadata = dict(conversation.metadata or {})
        for name, value in metadata.items():
            if isinstance(value, float):
                metadata[name] = Decimal(str(value)).quantize(Decimal("0.01"))
        return {"metadata": metadata}


@consumer("fastapi-metadata-int32")
class MetadataInt32(FastApiConsumer):
    def tags(self, conversation: Any) -> dict[str, Any]:
        for value in (conversation.metadata or {}).values():
            if isinstance(value, int):
                value.to_bytes(4, signed=True)
        return super().tags(conversation)


class AwareEnvelope(models.Envelope):
    timestamp: AwareDatetime | None = None


@consumer("fastapi-aware-timestamp")
class AwareTimestamp(FastApiConsumer):
    envelope_model = AwareEnvelope


class HandoffAwareMessage(models.MessageData):
    @model_validator(mode="after")
    def agents_need_a_handoff(self) -> HandoffAwareMessage:
        if self.author and self.author.role == "human_agent" and not self.handoff_integration:
            raise ValueError("a human agent speaks only during a handoff")
        return self


@consumer("fastapi-agent-needs-handoff")
class AgentNeedsHandoff(FastApiConsumer):
    message_model = HandoffAwareMessage


class AttributedChange(models.AuditData):
    @model_validator(mode="after")
    def somebody_did_it(self) -> AttributedChange:
        if not (self.actor_email or self.api_key_name):
            raise ValueError("a change needs an actor")
        return self


@consumer("fastapi-audit-actor-or-key")
class AuditActorOrKey(FastApiConsumer):
    audit_model = AttributedChange


class ClosedConversation(models.ConversationData):
    model_config = ConfigDict(extra="forbid")


@consumer("fastapi-extra-forbid")
class ExtraForbid(FastApiConsumer):
    conversation_model = ClosedConversation


class Role(StrEnum):
    END_USER = "end_user"
    AI_AGENT = "ai_agent"
    HUMAN_AGENT = "human_agent"


class ClosedRoleAuthor(models.Author):
    role: Role | None = None


class ClosedRoleMessage(models.MessageData):
    author: ClosedRoleAuthor | None = None


@consumer("fastapi-closed-role")
class ClosedRole(FastApiConsumer):
    message_model = ClosedRoleMessage


@consumer("fastapi-greeting-regex")
class GreetingRegex(FastApiConsumer):
    words = re.compile(r"^(\w+\s?)*$")

    def message(self, message: Any) -> None:
        if message.content and self.words.match(message.content.body or ""):
            message.content.type = "plain"
        super().message(message)
