"""Plain events about named conversations and end users, always the same bytes: what triggers are made of."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.core.intake import Event

    Part = Mapping[str, Any]
    """Members that differ from a plain event, by dotted path; what is tied together stands in one part."""


class Absent:
    """In the place of a value: the member is left out."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()

MORNING = datetime(2026, 3, 4, 10, tzinfo=UTC)
CHANNEL = "65a1f0c2e4b09d3a7c5e1f80"
DOMAIN = "acme.ada.support"


@dataclass(frozen=True)
class Step:
    """One delivery: the ``number``-th plain event of its kind in a conversation, in which some members differ.

    The same step twice in a sequence is one event that comes again, with its `svix-id`.
    """

    event: str
    parts: tuple[Part, ...] = ()
    conversation: str = "A"
    end_user: str = "U"
    number: int = 1

    def payload(self) -> Event:
        """What is sent."""
        event = plain(self.event, self.conversation, self.end_user, self.number)
        for part in self.parts:
            for path, value in part.items():
                put(event, path, value)
        return event


def put(event: Event, path: str, value: Any) -> None:
    """Set the member at a dotted path, or leave it out."""
    *parents, name = path.split(".")
    for parent in parents:
        event = event[parent]
    if value is ABSENT:
        del event[name]
    else:
        event[name] = copy.deepcopy(value)


def object_id(*words: object) -> str:
    """24 hexadecimal digits that the words give."""
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()[:24]


def plain(event: str, conversation: str = "A", end_user: str = "U", number: int = 1) -> Event:
    """An ordinary event with every documented member, in the n-th minute of its conversation."""
    at = f"{MORNING + timedelta(minutes=number):%Y-%m-%dT%H:%M:%S}.250+00:00"
    about = {
        "conversation_id": object_id("conversation", conversation),
        "end_user_id": object_id("end user", end_user),
        "ai_agent_domain": DOMAIN,
    }
    about_conversation = about | {
        "channel_id": CHANNEL,
        "created_at": at,
        "metadata": {"locale": "en-CA", "visits": 3, "cart_total": 12.5},
    }
    match event:
        case "end_user.created" | "end_user.updated":
            data = _end_user(about["end_user_id"], at)
        case "conversation.created":
            data = about_conversation
        case "conversation.message":
            data = about | _message(conversation, end_user, number, at)
        case "conversation.ended":
            by = {"id": about["end_user_id"], "role": "end_user"}
            data = about_conversation | {"updated_at": at, "ended_by": by}
        case "conversation.handoff.ended":
            data = about | {"handoff_integration": "zendesk_chat"}
        case "audit_log.emitted":
            data = _change(number, at)
        case _:
            raise ValueError(f"no such event: {event}")
    tags = {"tags": [about["end_user_id"]]} if event.startswith("end_user") else {}
    tags = {"tags": ["article", "updated", data["entity_id"]]} if event.startswith("audit") else tags
    return {"type": f"v1.{event}", "timestamp": at, "data": data, **tags}


def _end_user(end_user_id: str, at: str) -> dict[str, Any]:
    return {
        "end_user_id": end_user_id,
        "external_id": "crm-000042",
        "profile": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "display_name": "Ada Lovelace",
            "avatar": "https://www.gravatar.com/avatar/1",
            "email": "ada.lovelace@example.com",
            "language": "en-CA",
            "metadata": {"plan": "pro", "newsletter": True, "seats": 3},
            "system_properties": {"sunshine_user_id": "6012f0a4c1d2e3f405060708"},
        },
        "created_at": "2026-03-04T10:00:00.250+00:00",
        "updated_at": at,
    }


def _message(conversation: str, end_user: str, number: int, at: str) -> dict[str, Any]:
    digest = object_id("message", conversation, number)
    return {
        "message_id": f"{digest[:8]}-{digest[8:12]}-4{digest[12:15]}-8{digest[15:18]}-{digest[12:24]}",
        "handoff_integration": None,
        "channel": {
            "type": "custom",
            "id": CHANNEL,
            "name": "Mobile app",
            "description": "Messages of our own application",
            "modality": "messaging",
            "capabilities": {"markdown": False},
            "metadata": {"region": "emea", "beta": False, "brand_id": 7},
            "created_at": "2025-11-20T08:00:00.500+00:00",
        },
        "created_at": at,
        "author": {
            "id": object_id("end user", end_user),
            "role": "end_user",
            "avatar": "https://www.gravatar.com/avatar/1",
            "display_name": "Ada Lovelace",
        },
        "content": {"type": "text", "body": f"Where is my order? ({number})"},
    }


def _change(number: int, at: str) -> dict[str, Any]:
    return {
        "id": object_id("change", number),
        "timestamp": at,
        "actor_email": "grace.hopper@example.com",
        "actor_name": "Grace Hopper",
        "actor_user_id": "5f7e0e2c1e7c7e000f0f9c3b",
        "entity_type": "article",
        "entity_id": "5df263b7db5a7e6ea03fae9c",
        "entity_name": "Refund policy",
        "activity": "updated",
        "interface": "dashboard",
        "context_ip": "203.0.113.7",
        "context_user_agent": "Mozilla/5.0",
        "api_key_name": "",
    }


def _author(role: str, name: str) -> Part:
    avatar = f"https://example.com/avatars/{role}.png"
    return {"data.author": {"id": None, "role": role, "avatar": avatar, "display_name": name}}


BY_THE_AI_AGENT = _author("ai_agent", "Acme Assistant")
BY_AN_AGENT = {**_author("human_agent", "Grace Hopper"), "data.handoff_integration": "zendesk_chat"}
"""Human agents have no id, and take part in a handoff only."""
IN_A_HANDOFF = {"data.handoff_integration": "zendesk_chat"}

FILE = {
    "data.content": {
        "type": "file",
        "url": "https://files.example.com/5f7e0e2c/scan.png?X-Amz-Signature=61f46e0b",
        "mime_type": "image/png",
        "filename": "scan.png",
    }
}
LINK = {
    "data.content": {
        "type": "link",
        "url": "https://example.com/survey/5df263b7",
        "link_text": "How did we do?",
    }
}


def _native(name: str, modality: str) -> Part:
    about = {"name": name, "description": f"{name} by Ada", "modality": modality}
    capabilities = {"markdown": modality == "messaging"}
    return {"data.channel": {"type": "native", "id": CHANNEL, **about, "capabilities": capabilities}}


CHAT, EMAIL, VOICE = _native("Chat", "messaging"), _native("Email", "email"), _native("Voice", "voice")


def text(body: str) -> Part:
    """The text of a message."""
    return {"data.content.body": body}


def message(*parts: Part, **about: Any) -> Step:
    """A message: an end user's text on a custom channel, unless the parts say otherwise."""
    return Step("conversation.message", parts, **about)


def created(*parts: Part, **about: Any) -> Step:
    """The beginning of a conversation."""
    return Step("conversation.created", parts, **about)


def ended(*parts: Part, **about: Any) -> Step:
    """The end of a conversation."""
    return Step("conversation.ended", parts, **about)


def handoff_ended(*parts: Part, **about: Any) -> Step:
    """The end of a handoff."""
    return Step("conversation.handoff.ended", parts, **about)


def end_user(*parts: Part, **about: Any) -> Step:
    """A new end user."""
    return Step("end_user.created", parts, **about)


def updated(*parts: Part, **about: Any) -> Step:
    """A change of an end user's profile."""
    return Step("end_user.updated", parts, **about)


def change(*parts: Part, **about: Any) -> Step:
    """An entry of the audit log."""
    return Step("audit_log.emitted", parts, **about)
