"""A warehouse of what is said and by whom: FastAPI with strict pydantic models that ignore what they do not know."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.core.intake import AsyncConsumer, Data, Event, Reply
from corpus.core.witness import note
from corpus.deep.catalogue import correct

Id = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Profile(Strict):
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    email: str | None = None
    language: str | None = None
    metadata: dict[str, Any] = {}


class EndUser(Strict):
    end_user_id: Id
    external_id: Annotated[str, Field(max_length=36)] | None = None
    profile: Profile = Profile()
    updated_at: str | None = None


class EndedBy(Strict):
    id: str | None = None
    role: str | None = None


class Conversation(Strict):
    conversation_id: Id
    end_user_id: Id
    channel_id: str | None = None
    metadata: dict[str, str | bool | int | float] = {}
    ended_by: EndedBy = EndedBy()


class Author(Strict):
    id: str | None = None
    role: str | None = None
    display_name: str | None = None


class Capabilities(Strict):
    markdown: bool = False


class Channel(Strict):
    type: str
    id: Id
    name: str
    description: str
    modality: str
    capabilities: Capabilities | None = None


class Content(Strict):
    type: str
    body: str | None = None
    url: str | None = None
    link_text: str | None = None
    filename: str | None = None


class Message(Strict):
    message_id: Id
    conversation_id: Id
    end_user_id: Id
    handoff_integration: str | None = None
    channel: Channel | None = None
    author: Author
    content: Content


class HandoffEnded(Strict):
    conversation_id: Id
    end_user_id: Id
    handoff_integration: str


class Change(Strict):
    id: Id
    entity_type: str
    entity_id: str
    activity: str
    actor_email: str = ""


class Envelope(Strict):
    type: str
    timestamp: str
    tags: list[str] = []


@correct(
    "correct-insights", "FastAPI with strict pydantic models, extra=ignore; identity members are required."
)
class Insights(AsyncConsumer):
    """Keeps a fact for each event; what does not fit its model is answered 422."""

    framework = "fastapi"
    end_user_model: type[EndUser] = EndUser
    message_model: type[Message] = Message

    def setup(self) -> None:
        super().setup()
        self.facts: dict[tuple[str, str], Any] = {}

    def application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.post("/webhooks/ada")
        async def webhook(request: Request) -> Response:
            try:
                reply = await self.receive(request.headers, await request.body())
            except ValidationError as error:
                return JSONResponse({"detail": error.errors(include_input=False, include_context=False)}, 422)
            return JSONResponse(reply.body, reply.status)

        return app

    async def dispatch(self, event: Event) -> Reply:
        if self.handler(event):
            Envelope.model_validate(event)
        return await super().dispatch(event)

    def keep(self, kind: str, key: str, fact: Any) -> None:
        """Keep a fact, which is what counts as handled."""
        self.facts[kind, key] = fact
        note("handled")

    def end_user_created(self, event: Event, data: Data) -> None:
        self.user(self.end_user_model.model_validate(data), event.get("tags") or [])

    def end_user_updated(self, event: Event, data: Data) -> None:
        self.user(self.end_user_model.model_validate(data), event.get("tags") or [])

    def conversation_created(self, event: Event, data: Data) -> None:
        created = Conversation.model_validate(data)
        self.keep("created", created.conversation_id, created)

    def conversation_message(self, event: Event, data: Data) -> None:
        self.message(self.message_model.model_validate(data))

    def conversation_ended(self, event: Event, data: Data) -> None:
        ended = Conversation.model_validate(data)
        self.keep("ended", ended.conversation_id, ended)

    def handoff_ended(self, event: Event, data: Data) -> None:
        ended = HandoffEnded.model_validate(data)
        self.keep("handed back", ended.conversation_id, ended)

    def audit_emitted(self, event: Event, data: Data) -> None:
        change = Change.model_validate(data)
        self.keep("change", change.id, change)

    def user(self, user: EndUser, tags: list[str]) -> None:
        """Keep what is known of an end user."""
        self.keep(
            "user", user.end_user_id, {"user": user, "tags": tags, "measures": self.measures(user.profile)}
        )

    def message(self, message: Message) -> None:
        """Keep a message."""
        self.keep("message", message.message_id, {"message": message, "text": self.text(message)})

    def measures(self, profile: Profile) -> dict[str, Any]:
        """What is counted of an end user."""
        return profile.metadata

    def text(self, message: Message) -> str:
        """What a message says in words."""
        content = message.content
        return content.body or content.link_text or content.filename or ""
