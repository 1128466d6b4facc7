"""The seven events, in their full ordinary form, with members replaced or left out on request."""

from __future__ import annotations

import copy
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]

DOMAIN = "acme.ada.support"
FILE = {
    "type": "file",
    "url": "https://files.example.com/scan.png?signature=abc",
    "mime_type": "image/png",
    "filename": "scan.png",
}
LINK = {"type": "link", "url": "https://example.com/survey", "link_text": "Rate this chat"}
NATIVE = {
    "type": "native",
    "id": "6" * 24,
    "name": "Chat",
    "description": "Web chat",
    "modality": "messaging",
}
NATIVE_FULL = NATIVE | {"capabilities": {"markdown": True}}
AGENT = {"id": None, "role": "human_agent", "avatar": "https://www.gravatar.com/a", "display_name": "Grace"}
BOT = {"id": None, "role": "ai_agent", "avatar": "https://www.gravatar.com/b", "display_name": "Ada"}
PERSON = {"id": "5df263b7db5a7e6ea03fae9b", "role": "end_user", "avatar": "https://www.gravatar.com/c"}
PERSON["display_name"] = "Ada Lovelace"


def object_id() -> str:
    """24 hexadecimal digits."""
    return secrets.token_hex(12)


def now(offset: float = 0) -> str:
    """A time as the event pages write it, some seconds from now."""
    return f"{datetime.now(UTC) + timedelta(seconds=offset):%Y-%m-%dT%H:%M:%S}+00:00"


def event(kind: str, data: Event, changes: Event) -> Event:
    """An envelope around `data`, with members of `data` replaced."""
    return {"type": f"v1.{kind}", "timestamp": now(), "data": data | changes}


def end_user(kind: str = "created", *, profile: Event | None = None, **changes: Any) -> Event:
    """`end_user.created` or `.updated`."""
    user = object_id()
    data = {
        "end_user_id": user,
        "external_id": "crm-" + secrets.token_hex(4),
        "profile": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "display_name": "Ada Lovelace",
            "avatar": "https://www.gravatar.com/c",
            "email": "ada.lovelace@ada.cx",
            "language": "en-CA",
            "metadata": {"plan": "gold"},
            "system_properties": {"sunshine_user_id": "abc"},
        }
        | (profile or {}),
        "created_at": now(),
        "updated_at": now(),
    }
    return event(f"end_user.{kind}", data, changes) | {"tags": [user]}


def created(**changes: Any) -> Event:
    """`conversation.created`."""
    data = {
        "conversation_id": object_id(),
        "channel_id": object_id(),
        "created_at": now(),
        "end_user_id": object_id(),
        "metadata": {"initial_url": "https://example.com", "locale": "en-CA"},
        "ai_agent_domain": DOMAIN,
    }
    return event("conversation.created", data, changes)


def message(
    text: str = "Hello", *, channel: Event | None = None, author: Event | None = None, **changes: Any
) -> Event:
    """`conversation.message`: an end user's text on a custom channel."""
    data = {
        "message_id": str(uuid.uuid4()),
        "conversation_id": object_id(),
        "end_user_id": object_id(),
        "handoff_integration": None,
        "channel": channel
        or {
            "type": "custom",
            "id": object_id(),
            "name": "My Custom Channel",
            "description": "A custom messaging channel for my AI Agent",
            "modality": "messaging",
            "capabilities": {"markdown": False},
            "metadata": {"brand": "example", "region": "eu"},
            "created_at": now(),
        },
        "created_at": now(),
        "author": PERSON | (author or {}),
        "content": {"type": "text", "body": text},
        "ai_agent_domain": DOMAIN,
    }
    return event("conversation.message", data, changes)


def ended(**changes: Any) -> Event:
    """`conversation.ended`, by the end user."""
    data = created()["data"] | {"updated_at": now(), "ended_by": {"id": object_id(), "role": "end_user"}}
    return event("conversation.ended", data, changes)


def handoff_ended(**changes: Any) -> Event:
    """`conversation.handoff.ended`."""
    data = {
        "conversation_id": object_id(),
        "end_user_id": object_id(),
        "handoff_integration": "custom-handoff",
        "ai_agent_domain": DOMAIN,
    }
    return event("conversation.handoff.ended", data, changes)


def audit(**changes: Any) -> Event:
    """`audit_log.emitted`."""
    data = {
        "id": str(uuid.uuid4()),
        "timestamp": now(),
        "actor_email": "grace@example.com",
        "actor_name": "Grace",
        "actor_user_id": object_id(),
        "entity_type": "webhook",
        "entity_id": object_id(),
        "entity_name": "CRM",
        "activity": "updated",
        "interface": "dashboard",
        "context_ip": "192.0.2.1",
        "context_user_agent": "Mozilla/5.0",
        "api_key_name": "",
    }
    return event("audit_log.emitted", data, changes)


def plain() -> list[Event]:
    """All seven, in an order that makes sense, about one end user and one conversation."""
    user, conversation = object_id(), object_id()
    about = {"conversation_id": conversation, "end_user_id": user}
    return [
        end_user("created", end_user_id=user),
        created(**about),
        message(**about),
        end_user("updated", end_user_id=user),
        handoff_ended(**about),
        ended(**about),
        audit(),
    ]


def without(original: Event, *paths: str) -> Event:
    """A copy with the members at these dotted paths left out."""
    changed = copy.deepcopy(original)
    for path in paths:
        *parents, name = path.split(".")
        part = changed
        for parent in parents:
            part = part[parent]
        del part[name]
    return changed


def at(original: Event, timestamp: str) -> Event:
    """A copy with another timestamp on the envelope."""
    return original | {"timestamp": timestamp}
