"""The page to which the link after a conversation leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from ada_mockserver.mock.api.own_routes import OwnCall, found, operation
from ada_mockserver.mock.console.page import Page
from ada_mockserver.mock.console.rendering import html
from ada_mockserver.mock.store.models import Conversation

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["PAGE"]


async def _survey(call: OwnCall) -> Response:
    await found(call, Conversation, "conversation_id")
    return html(call.request, "survey.html")


PAGE = Page([Route("/survey/{conversation_id}", operation(_survey), methods=["GET"])], ada_only=True)
