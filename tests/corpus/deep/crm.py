"""A CRM's timeline of contacts: Flask over dictionaries, which are checked for their types and then used as they are."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from corpus.core.intake import Consumer, Data, Event, Reply
from corpus.core.verify import RefusedError
from corpus.core.witness import note
from corpus.deep.catalogue import correct

Row = dict[str, Any]

OPTIONAL = (str, type(None))
PROFILE = dict.fromkeys(("first_name", "last_name", "display_name", "email", "language"), OPTIONAL)
SHAPES: dict[str, Any] = {
    "end_user": {"end_user_id": str, "external_id": OPTIONAL, "profile": PROFILE | {"metadata": dict}},
    "conversation": {
        **dict.fromkeys(("conversation_id", "end_user_id", "channel_id", "created_at"), str),
        "metadata": dict,
        "ended_by": dict.fromkeys(("id", "role"), OPTIONAL),
    },
    "message": {
        **dict.fromkeys(("message_id", "conversation_id", "end_user_id", "created_at"), str),
        "handoff_integration": OPTIONAL,
        "channel": {"type": str, "modality": str, "metadata": dict},
        "author": dict.fromkeys(("id", "role", "display_name"), OPTIONAL),
        "content": dict.fromkeys(("type", "body", "url", "link_text", "filename"), OPTIONAL),
    },
    "handoff": dict.fromkeys(("conversation_id", "end_user_id", "handoff_integration"), str),
    "change": dict.fromkeys(
        ("id", "actor_email", "actor_name", "api_key_name", "interface", "entity_id"), str
    ),
}
"""The types of the members that are used; any other may be anything."""


def checked(value: Any, shape: Any, place: str = "data") -> Any:
    """The value, if what it has of a shape is of the shape's types."""
    if not isinstance(shape, dict):
        if not isinstance(value, shape):
            raise RefusedError(422, f"{place} is of another type")
        return value
    if not isinstance(value, dict):
        raise RefusedError(422, f"{place} is not an object")
    for name, inner in shape.items():
        if name in value:
            checked(value[name], inner, f"{place}.{name}")
    return value


@correct("correct-crm", "Flask over dictionaries whose types are checked where they are used.")
class Crm(Consumer):
    """Keeps contacts, their conversations, and a timeline of activities."""

    framework = "flask"

    def setup(self) -> None:
        super().setup()
        self.contacts: dict[str | None, Row] = {}
        self.conversations: dict[str | None, Row] = {}
        self.timeline: dict[str | None, Row] = {}

    def application(self) -> Flask:
        app = Flask("crm")

        @app.post("/webhooks/ada")
        def webhook() -> Response:
            reply = self.receive(request.headers, request.get_data())
            response = jsonify(reply.body)
            response.status_code = reply.status
            return response

        return app

    def keep(self, table: dict[str | None, Row], key: str | None, row: Row) -> None:
        """Insert or update a row, which is what counts as handled."""
        table.setdefault(key, {}).update(row)
        note("handled")

    def end_user_created(self, event: Event, data: Data) -> Reply | None:
        return self.user(checked(data, SHAPES["end_user"]))

    def end_user_updated(self, event: Event, data: Data) -> Reply | None:
        return self.user(checked(data, SHAPES["end_user"]))

    def conversation_created(self, event: Event, data: Data) -> Reply | None:
        return self.opened(checked(data, SHAPES["conversation"]))

    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        return self.message(checked(data, SHAPES["message"]))

    def conversation_ended(self, event: Event, data: Data) -> Reply | None:
        return self.closed(checked(data, SHAPES["conversation"]))

    def handoff_ended(self, event: Event, data: Data) -> Reply | None:
        return self.handed_back(checked(data, SHAPES["handoff"]))

    def audit_emitted(self, event: Event, data: Data) -> Reply | None:
        return self.changed(checked(data, SHAPES["change"]))

    def user(self, user: Row) -> Reply | None:
        """An end user is new, or has another profile."""
        self.keep(self.contacts, user.get("end_user_id"), self.contact(user))
        return None

    def opened(self, conversation: Row) -> Reply | None:
        """A conversation begins."""
        row = {"opened": True, "contact": conversation.get("end_user_id")}
        self.keep(self.conversations, conversation.get("conversation_id"), row)
        return None

    def message(self, message: Row) -> Reply | None:
        """Somebody says something."""
        self.keep(self.timeline, message.get("message_id"), self.activity(message))
        return None

    def closed(self, conversation: Row) -> Reply | None:
        """A conversation ends, whether its beginning has come or not."""
        row = {"ended": True, "ended_by": conversation.get("ended_by", {}).get("role")}
        self.keep(self.conversations, conversation.get("conversation_id"), row)
        return None

    def handed_back(self, handoff: Row) -> Reply | None:
        """A handoff ends."""
        row = {"handed_back_by": handoff.get("handoff_integration")}
        self.keep(self.conversations, handoff.get("conversation_id"), row)
        return None

    def changed(self, change: Row) -> Reply | None:
        """Somebody changes the configuration."""
        row = {"change": change.get("entity_id"), "by": self.actor(change)}
        self.keep(self.timeline, change.get("id"), row)
        return None

    def contact(self, user: Row) -> Row:
        """The row of a contact."""
        profile = user.get("profile", {})
        return {
            "key": user.get("external_id"),
            "name": self.name(profile),
            "email": profile.get("email"),
            "language": profile.get("language"),
            "fields": {name: self.field(value) for name, value in profile.get("metadata", {}).items()},
        }

    def name(self, profile: Row) -> str:
        """What to call a contact."""
        names = [profile.get("first_name"), profile.get("last_name")]
        return profile.get("display_name") or " ".join(name for name in names if name) or "Unknown"

    def field(self, value: Any) -> Any:
        """A value of the metadata, as it is shown."""
        return value

    def activity(self, message: Row) -> Row:
        """The row of a message."""
        content = message.get("content", {})
        return {
            "conversation": message.get("conversation_id"),
            "role": message.get("author", {}).get("role"),
            "title": content.get("type") or "message",
            "text": content.get("body") or content.get("link_text") or content.get("filename"),
        }

    def actor(self, change: Row) -> str:
        """Who made a change."""
        return change.get("actor_email") or change.get("actor_name") or change.get("api_key_name") or "Ada"
