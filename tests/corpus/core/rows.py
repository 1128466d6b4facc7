"""Handlers over plain dictionaries, used by the Flask, WSGI and ASGI consumers.

Every method is small so that a consumer with a bug overrides exactly the one that has it.
"""

from datetime import datetime
from typing import Any

from corpus.core.intake import Data, Event, Reply
from corpus.core.store import Store

Row = dict[str, Any]


class DictHandlers:
    """One method per event, and one per part of an event."""

    store: Store

    def end_user_created(self, event: Event, data: Data) -> Reply | None:
        self.store.save("end_user", data.get("end_user_id"), self.end_user(event, data))
        return None

    def end_user_updated(self, event: Event, data: Data) -> Reply | None:
        self.store.save("end_user", data.get("end_user_id"), self.end_user(event, data))
        return None

    def conversation_created(self, event: Event, data: Data) -> Reply | None:
        self.store.save("conversation", data.get("conversation_id"), self.conversation(event, data))
        return None

    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        self.store.save("message", data.get("message_id"), self.message(event, data))
        return None

    def conversation_ended(self, event: Event, data: Data) -> Reply | None:
        row = self.conversation(event, data) | {"ended_by": self.ended_by(data), "ended": True}
        self.store.save("conversation", data.get("conversation_id"), row)
        return None

    def handoff_ended(self, event: Event, data: Data) -> Reply | None:
        row = {"handoff": None, "last_handoff": data.get("handoff_integration")}
        self.store.save("conversation", data.get("conversation_id"), row)
        return None

    def audit_emitted(self, event: Event, data: Data) -> Reply | None:
        self.store.save("audit", data.get("id"), self.audit(event, data))
        return None

    def end_user(self, event: Event, data: Data) -> Row:
        profile = data.get("profile") or {}
        return {
            "external_id": data.get("external_id"),
            "updated": self.when(data.get("updated_at")),
            "tags": event.get("tags") or [],
            **self.profile(profile),
            "metadata": self.metadata(profile.get("metadata") or {}),
        }

    def profile(self, profile: Row) -> Row:
        names = [profile.get("first_name"), profile.get("last_name")]
        return {
            "name": " ".join(name for name in names if name) or profile.get("display_name"),
            "email": profile.get("email"),
            "language": profile.get("language"),
        }

    def conversation(self, event: Event, data: Data) -> Row:
        return {
            "end_user": data.get("end_user_id"),
            "channel": data.get("channel_id"),
            "created": self.when(data.get("created_at")),
            "metadata": self.metadata(data.get("metadata") or {}),
        }

    def message(self, event: Event, data: Data) -> Row:
        return {
            "conversation": data.get("conversation_id"),
            "sent": self.when(event.get("timestamp")),
            "handoff": data.get("handoff_integration"),
            **self.author(data.get("author") or {}),
            **self.channel(data.get("channel") or {}),
            **self.content(data.get("content") or {}, data),
        }

    def author(self, author: Row) -> Row:
        return {"author": author.get("id"), "role": author.get("role"), "by": author.get("display_name")}

    def channel(self, channel: Row) -> Row:
        capabilities = channel.get("capabilities") or {}
        return {
            "channel": channel.get("id"),
            "channel_type": channel.get("type"),
            "modality": channel.get("modality"),
            "markdown": capabilities.get("markdown", False),
            "channel_metadata": self.metadata(channel.get("metadata") or {}),
        }

    def content(self, content: Row, data: Data) -> Row:
        match content.get("type"):
            case "text":
                return {"text": content.get("body")}
            case "file":
                return {
                    "file": content.get("url"),
                    "name": content.get("filename"),
                    "mime": content.get("mime_type"),
                }
            case "link" | None:
                return {"link": content.get("url"), "text": content.get("link_text")}
            case _:
                return {"raw": content}

    def ended_by(self, data: Data) -> Row:
        ended_by = data.get("ended_by") or {}
        return {"id": ended_by.get("id"), "role": ended_by.get("role")}

    def audit(self, event: Event, data: Data) -> Row:
        return {
            "activity": data.get("activity"),
            "entity": data.get("entity_type"),
            "by": data.get("actor_email"),
        }

    def metadata(self, metadata: Row) -> Row:
        return dict(metadata)

    def when(self, value: str | None) -> datetime | None:
        """An ISO 8601 time, or nothing where it cannot be read."""
        try:
            return datetime.fromisoformat(value) if value else None
        except ValueError:
            return None
