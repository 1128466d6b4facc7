"""The seven documented payloads, built from the people and things that they are about.

Members stand in the documented order (``/reference/webhooks/overview`` and the page of each event).
Times are Unix milliseconds on the way in; on the wire they are strings with a zone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Author",
    "Change",
    "Channel",
    "Conversation",
    "EndUser",
    "Metadata",
    "Payload",
    "audit_log_emitted",
    "author_payload",
    "conversation_created",
    "conversation_ended",
    "conversation_message",
    "encode",
    "end_user_event",
    "file_content",
    "handoff_ended",
    "json_string",
    "json_text",
    "link_content",
    "member_time",
    "members",
    "text_content",
    "times",
    "timestamp",
]

Payload = dict[str, Any]
"""A JSON object as Python's ``json`` knows it."""

Metadata = dict[str, str | bool | int | float]
"""Metadata of a conversation; that of channels and end users has no floats."""

_PROFILE = ("first_name", "last_name", "display_name", "avatar", "email", "language")
_DAY = 86_400_000
_EPOCH = date(1970, 1, 1)
_MINUTES = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440))
_SECONDS = tuple(f"{second:02d}." for second in range(60))
_MILLISECONDS = tuple(f"{millisecond:03d}+00:00" for millisecond in range(1_000))
_MICROSECONDS = tuple(f"{millisecond:03d}000+00:00" for millisecond in range(1_000))
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


# Put together from tables: `datetime.isoformat` takes longer than the rest of an event.
def timestamp(at: int) -> str:
    """The time of an event: milliseconds, as on the versioning page, with the zone of the event pages."""
    day, rest = divmod(at, _DAY)
    minute, rest = divmod(rest, 60_000)
    return f"{_day(day)}{_MINUTES[minute]}{_SECONDS[rest // 1_000]}{_MILLISECONDS[rest % 1_000]}"


def member_time(at: int) -> str:
    """A ``created_at`` or ``updated_at``: microseconds, as in the documented examples, with a zone."""
    day, rest = divmod(at, _DAY)
    minute, rest = divmod(rest, 60_000)
    return f"{_day(day)}{_MINUTES[minute]}{_SECONDS[rest // 1_000]}{_MICROSECONDS[rest % 1_000]}"


def times(created_at: int, at: int) -> tuple[str, str]:
    """The `member_time` of ``created_at`` and the `timestamp` of ``at``, which mostly share a second."""
    second, fraction = divmod(created_at, 1_000)
    late = at - created_at + fraction
    if not fraction <= late < 1_000:
        return member_time(created_at), timestamp(at)
    minutes, second = divmod(second, 60)
    days, minute = divmod(minutes, 1_440)
    shared = f"{_day(days)}{_MINUTES[minute]}{_SECONDS[second]}"
    return shared + _MICROSECONDS[fraction], shared + _MILLISECONDS[late]


@lru_cache(maxsize=1_024)
def _day(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


def members(thing: Any) -> dict[str, Any]:
    """The fields of a data class with slots, in order; `dataclasses.asdict` copies, which takes longer."""
    return {name: getattr(thing, name) for name in thing.__slots__}


json_text: Callable[[Any], str] = _ENCODER.encode
"""Compact JSON, as in `encode`; raises ``ValueError`` for infinity and not-a-number."""


json_string: Callable[[str], str] = encode_basestring
"""A string as JSON, as in `json_text`."""


def encode(payload: Payload) -> bytes:
    """The bytes that go on the wire: compact JSON in UTF-8, members in the order of the payload.

    Raises ``UsageError`` for a value that no JSON text can hold: infinity, not-a-number, a lone surrogate.
    """
    try:
        return json_text(payload).encode()
    except ValueError as error:
        raise UsageError(f"The payload cannot be written as JSON: {error}.") from None


@dataclass(frozen=True, slots=True)
class EndUser:
    """An end user and its profile.

    ``external_id`` (at most 36 characters) and ``sunshine_user_id`` exist on some channels only.
    """

    id: str
    created_at: int
    updated_at: int
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    avatar: str | None = None
    email: str | None = None
    language: str | None = None
    metadata: Metadata = field(default_factory=dict)
    sunshine_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; only a custom one has metadata and a time of creation on the wire."""

    id: str
    name: str
    description: str
    modality: str
    markdown: bool
    created_at: int
    custom: bool
    metadata: Metadata = field(default_factory=dict)

    def payload(self) -> Payload:
        """The member ``data.channel`` of a message."""
        shared: Payload = {
            "type": "custom" if self.custom else "native",
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "modality": self.modality,
            "capabilities": {"markdown": self.markdown},
        }
        if self.custom:
            shared |= {"metadata": dict(self.metadata), "created_at": member_time(self.created_at)}
        return shared


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one end user on one channel; ``domain`` is the AI Agent's host."""

    id: str
    channel: Channel
    end_user_id: str
    created_at: int
    domain: str
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message: ``end_user`` with its id; ``ai_agent`` and ``human_agent`` without one."""

    role: str
    id: str | None = None
    avatar: str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the audit log; what is unavailable is an empty string, never null.

    ``activity`` is a documented one, ``interface`` where the change came from (``dashboard``, ``api``, ...).
    """

    id: str
    at: int
    actor_email: str = ""
    actor_name: str = ""
    actor_user_id: str = ""
    entity_type: str
    entity_id: str
    entity_name: str
    activity: str
    interface: str
    context_ip: str = ""
    context_user_agent: str = ""
    api_key_name: str = ""


def end_user_event(name: str, user: EndUser, *, at: int) -> Payload:
    """``end_user.created`` or ``end_user.updated``: the whole profile, tagged with the end user's id."""
    data: Payload = {
        "end_user_id": user.id,
        "external_id": user.external_id,
        "profile": {
            **{member: getattr(user, member) for member in _PROFILE},
            "metadata": dict(user.metadata),
            "system_properties": {"sunshine_user_id": user.sunshine_user_id},
        },
        "created_at": member_time(user.created_at),
        "updated_at": member_time(user.updated_at),
    }
    return _event(name, at, data) | {"tags": [user.id]}


def conversation_created(conversation: Conversation, *, at: int) -> Payload:
    """``conversation.created``."""
    data: Payload = {
        "conversation_id": conversation.id,
        "channel_id": conversation.channel.id,
        "created_at": member_time(conversation.created_at),
        "end_user_id": conversation.end_user_id,
        "metadata": dict(conversation.metadata),
        "ai_agent_domain": conversation.domain,
    }
    return _event("conversation.created", at, data)


def conversation_message(
    conversation: Conversation,
    *,
    message_id: str,
    author: Author,
    content: Mapping[str, Any],
    handoff_integration: str | None,
    created_at: int,
    at: int,
) -> Payload:
    """``conversation.message``; ``handoff_integration`` is null unless a handoff is going on."""
    data: Payload = {
        "message_id": message_id,
        "conversation_id": conversation.id,
        "end_user_id": conversation.end_user_id,
        "handoff_integration": handoff_integration,
        "channel": conversation.channel.payload(),
        "created_at": member_time(created_at),
        "author": author_payload(author),
        "content": dict(content),
        "ai_agent_domain": conversation.domain,
    }
    return _event("conversation.message", at, data)


def author_payload(author: Author) -> Payload:
    """The member ``data.author`` of a message: the id first, as documented."""
    return {"id": author.id} | members(author)


def text_content(body: str) -> Payload:
    """The content of a text message."""
    return {"type": "text", "body": body}


def link_content(url: str, link_text: str | None) -> Payload:
    """The content of a link message, such as a CSAT survey."""
    return {"type": "link", "url": url, "link_text": link_text}


def file_content(url: str, mime_type: str, filename: str) -> Payload:
    """The content of a file message; Ada's URLs are presigned and valid for seven days."""
    return {"type": "file", "url": url, "mime_type": mime_type, "filename": filename}


def handoff_ended(conversation: Conversation, *, handoff_integration: str, at: int) -> Payload:
    """``conversation.handoff.ended``: control is back with the AI Agent."""
    data: Payload = {
        "conversation_id": conversation.id,
        "end_user_id": conversation.end_user_id,
        "handoff_integration": handoff_integration,
        "ai_agent_domain": conversation.domain,
    }
    return _event("conversation.handoff.ended", at, data)


def conversation_ended(
    conversation: Conversation, *, role: str, ended_by: str | None, updated_at: int, at: int
) -> Payload:
    """``conversation.ended``; ``ended_by`` is the id of who ended it, null for the system."""
    data: Payload = {
        "conversation_id": conversation.id,
        "channel_id": conversation.channel.id,
        "end_user_id": conversation.end_user_id,
        "created_at": member_time(conversation.created_at),
        "updated_at": member_time(updated_at),
        "ended_by": {"id": ended_by, "role": role},
        "metadata": dict(conversation.metadata),
        "ai_agent_domain": conversation.domain,
    }
    return _event("conversation.ended", at, data)


def audit_log_emitted(change: Change, *, at: int) -> Payload:
    """``audit_log.emitted``, tagged as documented on ``/reference/audit-log/audit-log-webhook``."""
    entry = members(change)
    data: Payload = {"id": change.id, "timestamp": timestamp(entry.pop("at")), **entry}
    return _event("audit_log.emitted", at, data) | {
        "tags": [change.entity_type, change.activity, change.entity_id]
    }


def _event(name: str, at: int, data: Payload) -> Payload:
    return {"type": f"v1.{name}", "timestamp": timestamp(at), "data": data}
