"""A help desk's mirror of Ada's conversations: Starlette, and SQLite with a column for everything it needs."""

import json
import sqlite3
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from corpus.core.intake import AsyncConsumer, Data, Event, Reply
from corpus.core.verify import RefusedError
from corpus.core.witness import current, note
from corpus.deep.catalogue import correct
from corpus.deep.records import Change, Conversation, Customer, Message

SCHEMA = """
CREATE TABLE customer (
    id TEXT PRIMARY KEY, external_id TEXT, name TEXT, email TEXT, language TEXT, metadata JSON, seats BIGINT,
    updated_at TEXT
);
CREATE TABLE conversation (
    id TEXT PRIMARY KEY, customer_id TEXT, channel_id TEXT, is_open BOOLEAN NOT NULL DEFAULT TRUE,
    note TEXT, fields JSON
);
CREATE TABLE message (
    id TEXT PRIMARY KEY, conversation_id TEXT, role TEXT, author TEXT, body TEXT, url TEXT,
    preview TEXT CHECK (length(preview) <= 80), created_at TEXT
);
CREATE TABLE handoff (
    conversation_id TEXT, integration TEXT, is_open BOOLEAN NOT NULL, PRIMARY KEY (conversation_id, integration)
);
CREATE TABLE change (id TEXT PRIMARY KEY, actor TEXT, entity TEXT, activity TEXT);
"""


@correct(
    "correct-desk", "Starlette and SQL: TEXT, BIGINT and JSON columns, one transaction for each delivery."
)
class Desk(AsyncConsumer):
    """Writes what an event says into its tables, in one transaction; a write is what counts as handled."""

    framework = "starlette"
    schema: ClassVar[str] = SCHEMA

    def setup(self) -> None:
        super().setup()
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.db.executescript(self.schema)

    def application(self) -> Starlette:
        async def webhook(request: Request) -> Response:
            reply = await self.receive(request.headers, await request.body())
            return JSONResponse(reply.body, reply.status)

        return Starlette(routes=[Route("/webhooks/ada", webhook, methods=["POST"])])

    def decode(self, body: bytes) -> Event:
        event = super().decode(body)
        try:
            json.dumps(event, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise RefusedError(400, "half a character") from None
        return event

    async def dispatch(self, event: Event) -> Reply:
        self.db.execute("BEGIN")
        try:
            reply = await super().dispatch(event)
        except BaseException:
            self.db.execute("ROLLBACK")
            attempt = current.get()
            if attempt is not None:
                attempt.status = None
            raise
        self.db.execute("COMMIT")
        return reply

    def write(self, statement: str, *values: Any) -> None:
        """Change rows; where none changes, nothing was handled."""
        if self.db.execute(statement, values).rowcount:
            note("handled")

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query."""
        return self.db.execute(query, values).fetchone()

    def end_user_created(self, event: Event, data: Data) -> None:
        self.customer_changed(Customer.read(data))

    def end_user_updated(self, event: Event, data: Data) -> None:
        self.customer_changed(Customer.read(data))

    def conversation_created(self, event: Event, data: Data) -> None:
        self.conversation_opened(Conversation.read(data))

    def conversation_message(self, event: Event, data: Data) -> None:
        self.message_added(Message.read(data))

    def conversation_ended(self, event: Event, data: Data) -> None:
        self.conversation_closed(Conversation.read(data))

    def handoff_ended(self, event: Event, data: Data) -> None:
        self.handoff_over(Message.read(data))

    def audit_emitted(self, event: Event, data: Data) -> None:
        change = Change.read(data)
        self.write(
            "INSERT INTO change VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET activity = excluded.activity",
            change.id, change.actor, change.entity, change.activity,
        )  # fmt: skip

    def customer_changed(self, customer: Customer) -> None:
        """Insert or update a customer."""
        seats = customer.metadata.get("seats")
        small = isinstance(seats, int) and abs(seats) < 2**63
        self.write(
            "INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " external_id = excluded.external_id, name = excluded.name, email = excluded.email,"
            " language = excluded.language, metadata = excluded.metadata, seats = excluded.seats,"
            " updated_at = excluded.updated_at",
            customer.id, customer.external_id, customer.name, customer.email, customer.language,
            json.dumps(customer.metadata), seats if small else None, customer.updated_at,
        )  # fmt: skip

    def conversation_opened(self, conversation: Conversation) -> None:
        """Insert a conversation; one that has ended stays closed."""
        self.write(
            "INSERT INTO conversation (id, customer_id, channel_id, fields) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET fields = excluded.fields",
            conversation.id, conversation.customer, conversation.channel,
            json.dumps(self.fields(conversation.metadata)),
        )  # fmt: skip

    def conversation_closed(self, conversation: Conversation) -> None:
        """Close a conversation, whether it is known or not."""
        self.write(
            "INSERT INTO conversation (id, customer_id, channel_id, is_open, note) VALUES (?, ?, ?, FALSE, ?)"
            " ON CONFLICT (id) DO UPDATE SET is_open = FALSE, note = excluded.note",
            conversation.id, conversation.customer, conversation.channel, self.closing_note(conversation),
        )  # fmt: skip

    def message_added(self, message: Message) -> None:
        """Insert a message, and see from it whether a handoff is going on."""
        if message.handoff:
            self.write(
                "INSERT INTO handoff VALUES (?, ?, TRUE)"
                " ON CONFLICT (conversation_id, integration) DO UPDATE SET is_open = TRUE",
                message.conversation, message.handoff,
            )  # fmt: skip
        self.write(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            message.id, message.conversation, message.role, message.author, message.text, message.content.url,
            self.preview(message.text), message.created_at,
        )  # fmt: skip

    def handoff_over(self, ended: Message) -> None:
        """Close a handoff, whether it is known or not."""
        self.write(
            "INSERT INTO handoff VALUES (?, ?, FALSE)"
            " ON CONFLICT (conversation_id, integration) DO UPDATE SET is_open = FALSE",
            ended.conversation, ended.handoff,
        )  # fmt: skip

    def fields(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """The custom fields of a conversation."""
        return metadata

    def closing_note(self, conversation: Conversation) -> str:
        """Who closed a conversation."""
        return f"Closed by {conversation.ended_by or conversation.ended_by_role or 'nobody in particular'}"

    def preview(self, text: str) -> str:
        """The beginning of a message, for lists."""
        return text[:80]
