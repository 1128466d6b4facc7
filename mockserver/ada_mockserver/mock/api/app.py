"""The mock Ada as one ASGI application: the API, the outbox, control, and the console."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from ada_mockserver.mock.agent.initial import create_tables
from ada_mockserver.mock.agent.replies import perform_due
from ada_mockserver.mock.api import attachments, channels, conversations, end_users, webhooks
from ada_mockserver.mock.api.errors import ApiError, envelope
from ada_mockserver.mock.api.middleware import Guard
from ada_mockserver.mock.console import routes as console
from ada_mockserver.mock.control import deliveries as delivering
from ada_mockserver.mock.control import state as control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.outbox.outbox import Outbox
    from ada_mockserver.mock.state.transaction import MockContext

__all__ = ["API_ROUTES", "create_app", "running"]

API_ROUTES = [
    *webhooks.ROUTES,
    *channels.ROUTES,
    *conversations.ROUTES,
    *attachments.ROUTES,
    *end_users.ROUTES,
]
"""The operations of Ada's API that are served, below ``/api``."""


@asynccontextmanager
async def running(context: MockContext, outbox: Outbox | None = None) -> AsyncIterator[None]:
    """Open the database and start the deliveries, and end both; an application is served within.

    Raises `UsageError` when another process uses a database on SQLite.
    """
    try:
        await create_tables(context)
        if outbox is not None:
            outbox.run_too(partial(perform_due, context))
            await outbox.start()
        try:
            yield
        finally:
            if outbox is not None:
                await outbox.stop()
    finally:
        await context.database.close()


def create_app(
    context: MockContext,
    *,
    keys: Sequence[str],
    outbox: Outbox | None = None,
    rate_limited: bool = False,
    local: bool = True,
) -> Starlette:
    """The application, to be served within `running`.

    Without an ``outbox`` events are stored and nothing is delivered; ``local`` as for `Guard`. Its
    ``state.initial``, an `Initial` or None, is what clearing leaves.
    """
    app = Starlette(
        routes=[
            Mount("/api", routes=API_ROUTES),
            *attachments.SERVED,
            *control.ROUTES,
            *(delivering.ROUTES if outbox is not None else ()),
            *console.ROUTES,
        ],
        middleware=[
            Middleware(Guard, keys=keys, clock=context.clock, rate_limited=rate_limited, local=local)
        ],
        exception_handlers={ApiError: _refuse, HTTPException: _http_error, Exception: _fail},
    )
    app.state.context, app.state.outbox, app.state.initial = context, outbox, None
    return app


async def _refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    assert isinstance(error, ApiError)  # noqa: S101 - what it is registered for
    return error.response()


async def _http_error(request: Request, error: Any) -> Response:  # noqa: ARG001 - likewise
    phrase = HTTPStatus(error.status_code).phrase
    return envelope(
        error.status_code, phrase.lower().replace(" ", "_"), f"{phrase}.", headers=error.headers or {}
    )


async def _fail(request: Request, error: Exception) -> Response:  # noqa: ARG001 - likewise
    """What went wrong is in the server's log; it may hold what nobody else should read."""
    return envelope(500, "internal_error", "The mock failed; its log has the reason.")
