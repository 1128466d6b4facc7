"""A complete, correct FastAPI consumer over pydantic models."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from corpus.consumers import models
from corpus.core.intake import AsyncConsumer, Data, Event, Reply
from corpus.core.registry import consumer


@consumer("fastapi-base")
class FastApiConsumer(AsyncConsumer):
    """Verifies by hand, deduplicates by svix-id, stores models; an invalid one is answered 422."""

    envelope_model: type[BaseModel] = models.Envelope
    end_user_model: type[BaseModel] = models.EndUserData
    conversation_model: type[BaseModel] = models.ConversationData
    message_model: type[BaseModel] = models.MessageData
    ended_model: type[BaseModel] = models.EndedData
    handoff_model: type[BaseModel] = models.HandoffEndedData
    audit_model: type[BaseModel] = models.AuditData

    def application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        self.routes(app)
        return app

    def routes(self, app: FastAPI) -> None:
        @app.post("/webhooks/ada")
        async def webhook(request: Request) -> Response:
            try:
                reply = await self.receive(request.headers, await request.body())
            except ValidationError as error:
                return JSONResponse({"detail": error.errors(include_input=False, include_context=False)}, 422)
            return self.respond(reply)

    def respond(self, reply: Reply) -> Response:
        if reply.status == 204:
            return Response(status_code=204)
        return JSONResponse(reply.body, reply.status, reply.headers)

    async def dispatch(self, event: Event) -> Reply:
        if self.handler(event):
            self.envelope_model.model_validate(event)
        return await super().dispatch(event)

    async def end_user_created(self, event: Event, data: Data) -> Any:
        self.end_user(self.end_user_model.model_validate(data))

    async def end_user_updated(self, event: Event, data: Data) -> Any:
        self.end_user(self.end_user_model.model_validate(data))

    async def conversation_created(self, event: Event, data: Data) -> Any:
        created = self.conversation_model.model_validate(data)
        self.store.save("conversation", created.conversation_id, {"created": created, **self.tags(created)})

    async def conversation_message(self, event: Event, data: Data) -> Any:
        self.message(self.message_model.model_validate(data))

    async def conversation_ended(self, event: Event, data: Data) -> Any:
        ended = self.ended_model.model_validate(data)
        self.store.save("conversation", ended.conversation_id, {"ended": ended, **self.tags(ended)})

    async def handoff_ended(self, event: Event, data: Data) -> Any:
        ended = self.handoff_model.model_validate(data)
        self.store.save(
            "conversation", ended.conversation_id, {"handoff": None, "last": ended.handoff_integration}
        )

    async def audit_emitted(self, event: Event, data: Data) -> Any:
        change = self.audit_model.model_validate(data)
        self.store.save("audit", change.id, {"change": change})

    def end_user(self, user: Any) -> None:
        self.store.save("end_user", user.end_user_id, {"user": user})

    def message(self, message: Any) -> None:
        self.store.save("message", message.message_id, {"message": message})

    def tags(self, conversation: Any) -> dict[str, Any]:
        return {"metadata": conversation.metadata or {}}
