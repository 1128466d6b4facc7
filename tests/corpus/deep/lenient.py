"""Further correct consumers, which differ in what they take seriously: order, staleness, unknown values."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Self

from corpus.core.intake import AsyncConsumer, Data, Event, Reply
from corpus.core.verify import RefusedError
from corpus.core.witness import note
from corpus.deep.catalogue import correct
from corpus.deep.crm import Crm, Row
from corpus.deep.insights import EndUser, Insights

App = Callable[..., Awaitable[None]]


class State(Enum):
    """Where a conversation stands; a later state is never left for an earlier one, except a handoff."""

    HEARD_OF = 0
    OPEN = 1
    WITH_AGENT = 2
    ENDED = 3


@correct(
    "correct-state-machine",
    "Plain ASGI; a state machine for each conversation, which takes events in any order.",
)
class Machine(AsyncConsumer):
    """Moves conversations from state to state; an event that comes late adds what it says, and moves nothing back."""

    framework = "asgi"

    def setup(self) -> None:
        super().setup()
        self.states: dict[str, State] = {}
        self.log: list[tuple[str, str]] = []

    def application(self) -> App:
        async def app(scope: dict[str, Any], receive: App, send: App) -> None:
            if scope["type"] != "http":
                raise NotImplementedError(scope["type"])
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            reply = Reply(404, {"error": "not found"})
            if (scope["method"], scope["path"]) == ("POST", "/webhooks/ada"):
                reply = await self.receive(headers, await self.body(receive))
            head = {"status": reply.status, "headers": [(b"content-type", b"application/json")]}
            await send({"type": "http.response.start", **head})
            await send({"type": "http.response.body", "body": json.dumps(reply.body).encode()})

        return app

    async def body(self, receive: App) -> bytes:
        body, more = b"", True
        while more:
            chunk = await receive()
            body += chunk.get("body", b"")
            more = chunk.get("more_body", False)
        return body

    def dispatch_to(self, event: Event, data: Data, state: State, *, back_from: State | None = None) -> None:
        """Log an event, and move its conversation where it leads forward or ends a handoff."""
        key = data.get("conversation_id") if isinstance(data, dict) else None
        if not isinstance(key, str):
            raise RefusedError(422, "no conversation_id")
        before = self.states.get(key, State.HEARD_OF)
        if state.value > before.value or before is back_from:
            self.states[key] = state
        self.record(str(event["type"]), key)

    def record(self, kind: str, key: str) -> None:
        """Append to the log, which is what counts as handled."""
        self.log.append((kind, key))
        note("handled")

    def conversation_created(self, event: Event, data: Data) -> None:
        self.dispatch_to(event, data, State.OPEN)

    def conversation_message(self, event: Event, data: Data) -> None:
        with_agent = isinstance(data, dict) and data.get("handoff_integration")
        self.dispatch_to(event, data, State.WITH_AGENT if with_agent else State.OPEN)

    def handoff_ended(self, event: Event, data: Data) -> None:
        self.dispatch_to(event, data, State.OPEN, back_from=State.WITH_AGENT)

    def conversation_ended(self, event: Event, data: Data) -> None:
        self.dispatch_to(event, data, State.ENDED)

    def end_user_created(self, event: Event, data: Data) -> None:
        self.record(str(event["type"]), str(data.get("end_user_id")) if isinstance(data, dict) else "")

    def end_user_updated(self, event: Event, data: Data) -> None:
        self.end_user_created(event, data)

    def audit_emitted(self, event: Event, data: Data) -> None:
        self.record(str(event["type"]), str(data.get("id")) if isinstance(data, dict) else "")


class Open(Enum):
    """An enumeration that a value may not be a member of."""

    @classmethod
    def of(cls, value: Any) -> Self | None:
        """The member, or nothing where the value is not known."""
        return next((member for member in cls if member.value == value), None)


class Role(Open):
    END_USER, AI_AGENT, HUMAN_AGENT, SYSTEM = "end_user", "ai_agent", "human_agent", "system"


class Modality(Open):
    MESSAGING, EMAIL, VOICE = "messaging", "email", "voice"


class Kind(Open):
    TEXT, LINK, FILE = "text", "link", "file"


@correct(
    "correct-known-enums",
    "Flask; acknowledges and ignores a message or an end with a role, a modality or a content that it does not know.",
    may_ignore="values of enumerations that are not documented yet",
)
class KnownEnums(Crm):
    """Handles what it knows; of what may come, it says that it is ignored."""

    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        author, channel, content = map(self.part, (data,) * 3, ("author", "channel", "content"))
        known = self.knows(author, "role", Role) and self.knows(channel, "modality", Modality)
        if not known or not self.knows(content, "type", Kind):
            return Reply(200, {"ignored": True})
        return super().conversation_message(event, data)

    def conversation_ended(self, event: Event, data: Data) -> Reply | None:
        if not self.knows(self.part(data, "ended_by"), "role", Role):
            return Reply(200, {"ignored": True})
        return super().conversation_ended(event, data)

    def part(self, data: Any, name: str) -> Row:
        part = data.get(name) if isinstance(data, dict) else None
        return part if isinstance(part, dict) else {}

    def knows(self, part: Row, name: str, kind: type[Open]) -> bool:
        return not isinstance(part.get(name), str) or kind.of(part[name]) is not None


@correct(
    "correct-newest-only",
    "FastAPI; ignores an end user's event that is older than what it has, by time and not by text.",
    may_ignore="what is older than what has come",
)
class NewestOnly(Insights):
    """Keeps the newest profile."""

    def setup(self) -> None:
        super().setup()
        self.newest: dict[str, datetime] = {}

    def user(self, user: EndUser, tags: list[str]) -> None:
        at = self.moment(user.updated_at)
        before = self.newest.get(user.end_user_id)
        if at and before and at < before:
            return
        if at:
            self.newest[user.end_user_id] = at
        super().user(user, tags)

    def moment(self, text: str | None) -> datetime | None:
        """A time, in UTC where no zone is given; nothing where it cannot be read."""
        try:
            read = datetime.fromisoformat(text or "")
        except ValueError:
            return None
        return read if read.tzinfo else read.replace(tzinfo=UTC)
