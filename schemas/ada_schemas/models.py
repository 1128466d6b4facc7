"""The webhook events of an Ada AI Agent as typed dicts, for a receiver. Generated: do not edit.

An event is what ``json.loads`` gives, under a type: nothing is copied, and nothing is refused. Ada may add
members, values and kinds of content without a new version, so members that are not named here may be there,
an enum takes any other string, and a union of objects may turn out to be none of these.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "AdaEvent",
    "AuditLogEmitted",
    "AuditLogEmittedData",
    "ConversationCreated",
    "ConversationCreatedData",
    "ConversationEnded",
    "ConversationEndedData",
    "ConversationEndedEndedBy",
    "ConversationHandoffEnded",
    "ConversationHandoffEndedData",
    "ConversationMessage",
    "ConversationMessageAuthor",
    "ConversationMessageChannelCustom",
    "ConversationMessageChannelCustomCapabilities",
    "ConversationMessageChannelNative",
    "ConversationMessageChannelNativeCapabilities",
    "ConversationMessageContentFile",
    "ConversationMessageContentLink",
    "ConversationMessageContentText",
    "ConversationMessageData",
    "EndUserCreated",
    "EndUserCreatedData",
    "EndUserCreatedProfile",
    "EndUserCreatedProfileSystemProperties",
    "EndUserUpdated",
    "EndUserUpdatedData",
    "EndUserUpdatedProfile",
    "EndUserUpdatedProfileSystemProperties",
]


class ConversationCreatedData(TypedDict):
    """The conversation that was created."""

    # Identifies the conversation.
    conversation_id: NotRequired[str]
    # Identifies the channel.
    channel_id: NotRequired[str]
    # When the conversation was created.
    created_at: NotRequired[str]
    # Identifies the end user.
    end_user_id: NotRequired[str]
    # Key-value pairs on the conversation, 4 KB in all; a value is a string, a boolean, an integer or a
    # float.
    metadata: NotRequired[dict[str, str | bool | int | float]]
    # Host of the AI Agent that sends the event.
    ai_agent_domain: NotRequired[str]


class ConversationCreated(TypedDict):
    """Sent when a conversation is created on a supported channel."""

    # Names the event.
    type: Literal["v1.conversation.created"]
    # When the event was generated, to the millisecond; order events by it.
    timestamp: str
    # The conversation that was created.
    data: ConversationCreatedData


class ConversationMessageChannelNativeCapabilities(TypedDict):
    """What the channel can render; what is absent counts as false."""

    # Whether bold, italics and links are kept as Markdown.
    markdown: NotRequired[bool]


class ConversationMessageChannelCustomCapabilities(TypedDict):
    """What the channel can render; what is absent counts as false."""

    # Whether bold, italics and links are kept as Markdown.
    markdown: NotRequired[bool]


class ConversationMessageChannelNative(TypedDict):
    """One of Ada's own channels (Chat, Voice, Email)."""

    # Tells the kinds of channel apart.
    type: Literal["native"]
    # Identifies the channel.
    id: str
    # The channel's name.
    name: str
    # What the channel is for.
    description: str
    # How people talk on the channel.
    modality: Literal["messaging", "email", "voice"] | str
    # What the channel can render; what is absent counts as false.
    capabilities: NotRequired[ConversationMessageChannelNativeCapabilities]


class ConversationMessageChannelCustom(TypedDict):
    """A channel made through the Conversations API."""

    # Tells the kinds of channel apart.
    type: Literal["custom"]
    # Identifies the channel.
    id: str
    # The channel's name.
    name: str
    # What the channel is for.
    description: str
    # How people talk on the channel.
    modality: Literal["messaging", "email", "voice"] | str
    # What the channel can render; what is absent counts as false.
    capabilities: NotRequired[ConversationMessageChannelCustomCapabilities]
    # Key-value pairs on the channel, 4 KB in all; a value is a string, a boolean or an integer.
    metadata: NotRequired[dict[str, str | bool | int]]
    # When the channel was created.
    created_at: NotRequired[str]


class ConversationMessageAuthor(TypedDict):
    """Who wrote the message."""

    # Identifies the author; null for the AI Agent and for human agents.
    id: NotRequired[str | None]
    # The author's part in the conversation.
    role: NotRequired[Literal["end_user", "ai_agent", "human_agent"] | str]
    # URL of the author's picture.
    avatar: NotRequired[str | None]
    # The name that is shown.
    display_name: NotRequired[str | None]


class ConversationMessageContentText(TypedDict):
    """A text message."""

    # Tells the kinds of content apart.
    type: Literal["text"]
    # The text.
    body: str


class ConversationMessageContentLink(TypedDict):
    """A link that stands alone, such as a satisfaction survey after the end."""

    # Tells the kinds of content apart.
    type: Literal["link"]
    # Where the link leads.
    url: NotRequired[str]
    # The text to show for the link.
    link_text: NotRequired[str | None]


class ConversationMessageContentFile(TypedDict):
    """A file that was sent."""

    # Tells the kinds of content apart.
    type: Literal["file"]
    # A presigned URL from which the file can be fetched for seven days.
    url: str
    # The file's media type.
    mime_type: str
    # The file's name.
    filename: str


class ConversationMessageData(TypedDict):
    """The message that was added, with its conversation, channel and author."""

    # Identifies the message.
    message_id: NotRequired[str]
    # Identifies the conversation.
    conversation_id: NotRequired[str]
    # Identifies the end user.
    end_user_id: NotRequired[str]
    # The integration that handles the handoff; null while the AI Agent has the conversation.
    handoff_integration: NotRequired[Literal["salesforce", "zendesk_chat", "custom-handoff"] | str | None]
    # The channel that carries the conversation.
    channel: NotRequired[ConversationMessageChannelNative | ConversationMessageChannelCustom]
    # When the message was created.
    created_at: NotRequired[str]
    # Who wrote the message.
    author: NotRequired[ConversationMessageAuthor]
    content: NotRequired[ConversationMessageContentText | ConversationMessageContentLink | ConversationMessageContentFile]
    # Host of the AI Agent that sends the event.
    ai_agent_domain: NotRequired[str]


class ConversationMessage(TypedDict):
    """Sent when a message is added to a conversation, by the end user, the AI Agent or, during a handoff,
    a human agent; its content is text, a link or a file.
    """

    # Names the event.
    type: Literal["v1.conversation.message"]
    # When the event was generated, to the millisecond; order events by it.
    timestamp: str
    # The message that was added, with its conversation, channel and author.
    data: ConversationMessageData


class ConversationEndedEndedBy(TypedDict):
    """Who ended the conversation."""

    # Identifies who ended it; null when nobody did, as for the system.
    id: NotRequired[str | None]
    # The part of the one who ended it.
    role: NotRequired[Literal["end_user", "system", "human_agent"] | str]


class ConversationEndedData(TypedDict):
    """The conversation that ended, and who ended it."""

    # Identifies the conversation.
    conversation_id: NotRequired[str]
    # Identifies the channel.
    channel_id: NotRequired[str]
    # Identifies the end user.
    end_user_id: NotRequired[str]
    # When the conversation was created.
    created_at: NotRequired[str]
    # When the conversation last changed.
    updated_at: NotRequired[str]
    # Who ended the conversation.
    ended_by: NotRequired[ConversationEndedEndedBy]
    # Key-value pairs on the conversation, 4 KB in all; a value is a string, a boolean, an integer or a
    # float.
    metadata: NotRequired[dict[str, str | bool | int | float]]
    # Host of the AI Agent that sends the event.
    ai_agent_domain: NotRequired[str]


class ConversationEnded(TypedDict):
    """Sent when a conversation is ended through the API or when a Voice call disconnects."""

    # Names the event.
    type: Literal["v1.conversation.ended"]
    # When the event was generated, to the millisecond; order events by it.
    timestamp: str
    # The conversation that ended, and who ended it.
    data: ConversationEndedData


class ConversationHandoffEndedData(TypedDict):
    """The conversation whose handoff ended; the conversation itself goes on."""

    # Identifies the conversation.
    conversation_id: str
    # Identifies the end user.
    end_user_id: str
    # The integration whose handoff ended.
    handoff_integration: Literal["salesforce", "zendesk_chat", "custom-handoff"] | str
    # Host of the AI Agent that sends the event.
    ai_agent_domain: str


class ConversationHandoffEnded(TypedDict):
    """Sent when a handoff to human agents completes and the AI Agent takes over again."""

    # Names the event.
    type: Literal["v1.conversation.handoff.ended"]
    # When the event was generated, to the millisecond; order events by it.
    timestamp: str
    # The conversation whose handoff ended; the conversation itself goes on.
    data: ConversationHandoffEndedData


class EndUserCreatedProfileSystemProperties(TypedDict):
    """Values that Ada sets and that cannot be written."""

    # The end user's id in Sunshine Conversations.
    sunshine_user_id: NotRequired[str | None]


class EndUserCreatedProfile(TypedDict):
    """What is known of the end user."""

    # First name.
    first_name: NotRequired[str | None]
    # Last name.
    last_name: NotRequired[str | None]
    # The name that is shown.
    display_name: NotRequired[str | None]
    # URL of a picture.
    avatar: NotRequired[str | None]
    # E-mail address.
    email: NotRequired[str | None]
    # Language as a BCP 47 tag.
    language: NotRequired[str | None]
    # Key-value pairs on the end user. The prose allows strings, booleans and integers as values, the
    # specification anything.
    metadata: NotRequired[dict[str, Any]]
    # Values that Ada sets and that cannot be written.
    system_properties: NotRequired[EndUserCreatedProfileSystemProperties]


class EndUserCreatedData(TypedDict):
    """The end user as known now."""

    # Identifies the end user.
    end_user_id: NotRequired[str]
    # The identifier that your own system gave the end user, at most 36 characters in any letter case;
    # null if none.
    external_id: NotRequired[str | None]
    # What is known of the end user.
    profile: NotRequired[EndUserCreatedProfile]
    # When the end user was created.
    created_at: NotRequired[str]
    # When the end user last changed.
    updated_at: NotRequired[str]


class EndUserCreated(TypedDict):
    """Sent when a new end user appears on any channel."""

    # Names the event.
    type: Literal["v1.end_user.created"]
    # When the event was generated, to the millisecond; order events by it.
    timestamp: str
    # The end user as known now.
    data: EndUserCreatedData
    # Labels to filter deliveries by; the end user's id is among them.
    tags: NotRequired[list[str]]


class EndUserUpdatedProfileSystemProperties(TypedDict):
    """Values that Ada sets and that cannot be written."""

    # The end user's id in Sunshine Conversations.
    sunshine_user_id: NotRequired[str | None]


class EndUserUpdatedProfile(TypedDict):
    """What is known of the end user."""

    # First name.
    first_name: NotRequired[str | None]
    # Last name.
    last_name: NotRequired[str | None]
    # The name that is shown.
    display_name: NotRequired[str | None]
    # URL of a picture.
    avatar: NotRequired[str | None]
    # E-mail address.
    email: NotRequired[str | None]
    # Language as a BCP 47 tag.
    language: NotRequired[str | None]
    # Key-value pairs on the end user. The prose allows strings, booleans and integers as values, the
    # specification anything.
    metadata: NotRequired[dict[str, Any]]
    # Values that Ada sets and that cannot be written.
    system_properties: NotRequired[EndUserUpdatedProfileSystemProperties]


class EndUserUpdatedData(TypedDict):
    """The end user as known now."""

    # Identifies the end user.
    end_user_id: NotRequired[str]
    # The identifier that your own system gave the end user, at most 36 characters in any letter case;
    # null if none.
    external_id: NotRequired[str | None]
    # What is known of the end user.
    profile: NotRequired[EndUserUpdatedProfile]
    # When the end user was created.
    created_at: NotRequired[str]
    # When the end user last changed.
    updated_at: NotRequired[str]


class EndUserUpdated(TypedDict):
    """Sent when a value on an end user's profile changes."""

    # Names the event.
    type: Literal["v1.end_user.updated"]
    # When the event was generated, to the millisecond; order events by it.
    timestamp: str
    # The end user as known now.
    data: EndUserUpdatedData
    # Labels to filter deliveries by; the end user's id is among them.
    tags: NotRequired[list[str]]


class AuditLogEmittedData(TypedDict):
    """One recorded configuration change. A string that is not available is empty, not null."""

    # Identifies the audit event.
    id: str
    # When the change happened: UTC, to the millisecond.
    timestamp: str
    # E-mail of the person who made the change; empty for the system and service tokens.
    actor_email: NotRequired[str]
    # Name of the one who made the change; may be empty.
    actor_name: NotRequired[str]
    # User id of the person who made the change; empty for the system and service tokens.
    actor_user_id: NotRequired[str]
    # What kind of thing changed.
    entity_type: str
    # Identifies the thing that changed.
    entity_id: str
    # Name of the thing that changed.
    entity_name: NotRequired[str]
    # What happened to it.
    activity: Literal["created", "updated", "deleted", "executed", "invited", "activated", "deactivated"] | str
    # Where the change came from, for example dashboard or api.
    interface: NotRequired[Literal["dashboard", "api", "mcp", "cli", "import", "export", "system"] | str]
    # IP address that the change came from.
    context_ip: NotRequired[str]
    # User agent that the change came from.
    context_user_agent: NotRequired[str]
    # Name of the API key that was used; empty if none was.
    api_key_name: NotRequired[str]


class AuditLogEmitted(TypedDict):
    """Sent when a configuration change is recorded in the audit log. Delivery is best-effort."""

    # Names the event.
    type: Literal["v1.audit_log.emitted"]
    # When the event was generated, to the millisecond.
    timestamp: str
    # One recorded configuration change. A string that is not available is empty, not null.
    data: AuditLogEmittedData
    # Labels to filter deliveries by; entity type, activity and entity id are among them.
    tags: NotRequired[list[str]]


AdaEvent = (
    ConversationCreated
    | ConversationMessage
    | ConversationEnded
    | ConversationHandoffEnded
    | EndUserCreated
    | EndUserUpdated
    | AuditLogEmitted
)
"""Every documented event."""
