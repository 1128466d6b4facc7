"""The mock put together: settings become a context, an outbox, one ASGI application and its server."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from ada_mockserver.http_server import base_url, is_loopback, make_server
from ada_mockserver.mock.agent.due import perform_due
from ada_mockserver.mock.agent.handoff_calls import HandoffCaller
from ada_mockserver.mock.agent.initial import create_initial, create_tables
from ada_mockserver.mock.api import oauth
from ada_mockserver.mock.api.document import document
from ada_mockserver.mock.api.errors import ApiError, no_api
from ada_mockserver.mock.api.middleware import DOCUMENT, KEYED, Guard
from ada_mockserver.mock.api.operations import due_jobs, handlers, routes
from ada_mockserver.mock.api.rates import RateLimiter
from ada_mockserver.mock.api.things import attachments
from ada_mockserver.mock.console.error_page import error_response
from ada_mockserver.mock.console.live import LiveFeed
from ada_mockserver.mock.console.routes import all_pages, console_routes
from ada_mockserver.mock.control import deliveries, handoffs, state
from ada_mockserver.mock.outbox.backoff import JITTER, schedule_named
from ada_mockserver.mock.outbox.outbox import Outbox
from ada_mockserver.mock.outbox.worker import GRACE, Options
from ada_mockserver.mock.script import DEFAULT_SCRIPT, Pace, Script
from ada_mockserver.mock.state.installations import grant_of
from ada_mockserver.mock.state.transaction import MockContext
from ada_mockserver.mock.store.database import MEMORY, Database, unwritable
from ada_schemas.contract.contract import Contract, shipped
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from ada_mockserver.clock import AdjustableClock
    from ada_mockserver.http_server import Server
    from ada_mockserver.mock.agent.initial import Initial
    from ada_mockserver.mock.console.page import Page
    from ada_mockserver.mock.outbox.worker import Begin

__all__ = ["Assembly", "MockSettings", "assemble", "create_app", "perform_all_due", "running"]

_log = logging.getLogger(__name__)

_API = routes(handlers())
"""The operations of Ada's API, by their paths below ``/api``."""

_JOBS = due_jobs()


@dataclass(frozen=True, slots=True, kw_only=True)
class MockSettings:
    """All that can be chosen of a mock; ``schedule`` is the name of one.

    ``contract_directory`` names the directory of ``contract`` in the commands that the console shows. With
    another provider's contract there is no API, and no AI Agent: only what sends events.
    """

    api_key: str = field(repr=False)
    clock: AdjustableClock
    database: str = field(default=MEMORY, repr=False)
    rng: Random = field(default_factory=SystemRandom, repr=False)
    script: Script = DEFAULT_SCRIPT
    pace: Pace = "instant"
    contract: Contract = field(default_factory=shipped, repr=False)
    contract_directory: str | None = None
    schedule: str = "svix-8"
    jitter: float = JITTER
    rate_limits: bool = False


@dataclass(frozen=True, slots=True)
class Assembly:
    """A mock put together; it is served by ``server`` within `running`."""

    context: MockContext
    outbox: Outbox
    app: Starlette
    server: Server

    async def create_initial(self, *, webhook: str | None, secret: str | None) -> Initial:
        """See the function `create_initial`; what it makes is what clearing leaves."""
        initial = await create_initial(self.context, webhook=webhook, secret=secret)
        self.app.state.initial = initial
        return initial


def assemble(settings: MockSettings, bound: socket.socket, *, more_pages: Sequence[Page] = ()) -> Assembly:
    """Put a mock together that is served on the socket ``bound``; ``more_pages`` as for `create_app`.

    Raises `UsageError` for a database or a schedule that cannot be used.
    """
    profile = settings.contract.profile
    context = MockContext(
        Database(settings.database),
        settings.clock,
        settings.rng,
        script=settings.script,
        pace=settings.pace,
        contract=settings.contract,
        contract_directory=settings.contract_directory,
        base_url=base_url(bound),
    )
    options = Options(
        schedule=schedule_named(settings.schedule),
        jitter=settings.jitter,
        timeout=profile.timeout,
        lease=profile.timeout + GRACE,
        contract=settings.contract,
    )
    caller = HandoffCaller(context, options.client, options.machine_clock)

    async def perform(begin: Begin) -> float | None:
        due = (await perform_all_due(context), await caller.begin_due(begin))
        return min((at for at in due if at is not None), default=None)

    jobs = perform if settings.contract.is_ada else None
    outbox = Outbox(context.database, settings.clock, options, jobs=jobs)
    app = create_app(
        context,
        keys=[settings.api_key],
        outbox=outbox,
        rate_limited=settings.rate_limits,
        local=is_loopback(bound),
        more_pages=more_pages,
    )
    server = make_server(app)
    server.on_ending = partial(_end, [app.state.feed.close, *(page.end for page in more_pages if page.end)])
    return Assembly(context, outbox, app, server)


def _end(parts: Sequence[Callable[[], None]]) -> None:
    for end in parts:
        end()


async def perform_all_due(context: MockContext) -> float | None:
    """Do what is due by now besides deliveries; returns when more is (Unix seconds), None if nothing is."""
    while True:
        due = [await job(context) for job in (perform_due, *_JOBS)]
        first = min((at for at in due if at is not None), default=None)
        if first is None or first > context.clock.now():  # what one did may be due for another at once
            return first


@asynccontextmanager
async def running(context: MockContext, outbox: Outbox | None = None) -> AsyncIterator[None]:
    """Open the database and start the deliveries, and end both; an application is served within.

    Raises `UsageError` when another process uses a database on SQLite, and when nothing can be stored in it.
    """
    try:
        await create_tables(context)
        if outbox is not None:
            await outbox.start()
        try:
            yield
        finally:
            if outbox is not None:
                await outbox.stop()
    except (DBAPIError, OSError) as error:
        if reason := unwritable(error):
            raise UsageError(f"The database cannot be written: {reason}.") from error
        raise
    finally:
        await context.database.close()


def create_app(
    context: MockContext,
    *,
    keys: Sequence[str],
    outbox: Outbox | None = None,
    rate_limited: bool = False,
    local: bool = True,
    more_pages: Sequence[Page] = (),
) -> Starlette:
    """The application, to be served within `running`.

    Without an ``outbox`` events are stored and nothing is delivered; ``local`` as for `Guard`;
    ``more_pages`` are pages of the console beside its own. Its
    ``state.initial``, an `Initial` or None, is what clearing leaves.
    """
    is_ada = context.contract.is_ada
    pages = all_pages(context.contract, more_pages)
    app = Starlette(
        routes=[
            *(_routes_of_ada() if is_ada else ()),
            *state.ROUTES,
            *(deliveries.ROUTES if outbox is not None else ()),
            *console_routes(pages),
        ],
        middleware=[
            Middleware(Guard, keys=keys, grant_of=partial(grant_of, context), local=local, has_api=is_ada)
        ],
        exception_handlers={
            ApiError: _refuse,
            HTTPException: _http_error,
            DBAPIError: _unstored,
            OSError: _unstored,
            Exception: _fail,
        },
    )
    app.state.context, app.state.outbox, app.state.initial = context, outbox, None
    app.state.pages, app.state.feed = pages, LiveFeed(context.database, context.clock)
    app.state.limiter = RateLimiter() if rate_limited else None
    return app


def _routes_of_ada() -> list[BaseRoute]:
    """The routes of what Ada alone has: its API, the files of its conversations, what its staff sets."""
    document = Route(DOCUMENT.removeprefix("/api"), _document, methods=["GET"])
    return [
        Mount("/api", routes=[document, *oauth.ROUTES, *_API]),
        *_API,  # for clients whose base URL should have ended in /api
        *attachments.SERVED,
        *state.ROUTES_OF_ADA,
        *handoffs.ROUTES,
    ]


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - what it is registered for
    return error_response(request, error)


async def _document(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
    return JSONResponse(document().served)


async def _http_error(request: Request, error: Any) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "_")
    message = _lost(request) if error.status_code == 404 else f"{phrase}."
    return error_response(request, ApiError(error.status_code, kind, message, headers=error.headers))


def _lost(request: Request) -> str:
    """Where a client that called a path which is not there should go."""
    origin, path = str(request.base_url).rstrip("/"), request.url.path
    contract: Contract = request.app.state.context.contract
    if not contract.is_ada and KEYED.fullmatch(path):
        return f"Not Found: {no_api(contract)}"
    if not contract.is_ada:
        return f"Not Found: the console is at {origin}/, and what programs call is below {origin}/_mock."
    if path.startswith("/api/api"):
        return f"Not Found: this client adds /api itself, so its base URL is {origin}, without /api."
    if KEYED.fullmatch(path):
        return f"Not Found: {origin}/api/openapi.json lists the operations."
    return (
        f"Not Found: Ada's API is below {origin}/api/v2. The base URL of a client that adds /api/v2 itself is"
        f" {origin}, that of one which adds /v2 is {origin}/api."
    )


async def _unstored(request: Request, error: Exception) -> Response:
    """Answer 507 where nothing more can be stored; another error is one of the mock's own."""
    reason = unwritable(error)
    if not reason:
        raise error
    _log.error("%s %s could not be stored: %s", request.method, quote(request.url.path), reason)
    message = "The mock cannot store more; its log has the reason."
    return error_response(request, ApiError(507, "insufficient_storage", message))


async def _fail(request: Request, error: Exception) -> Response:  # noqa: ARG001 - likewise, of the error
    """Answer 500 without the reason, which is in the server's log: it may hold secrets."""
    failed = ApiError(500, "internal_error", "The mock failed; its log has the reason.")
    return error_response(request, failed)
