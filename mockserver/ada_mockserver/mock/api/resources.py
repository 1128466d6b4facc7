"""How the operations of the API are declared: one route a path, one function a method.

Shared by them: the thing that a path names, how one is read, and cursor pagination as Ada documents it
(``limit``, ``cursor``, and an absolute ``meta.next_page_url``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select
from starlette.responses import JSONResponse
from starlette.routing import Route

from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.api.validation import MOST_RECORDS, query_limit
from ada_mockserver.mock.store.lookup import find, is_id
from ada_mockserver.mock.store.models import Conversation, Endpoint, Resource, StoredChannel, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import ColumnElement
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import MockContext, Transaction

    Operation = Callable[[Request], Awaitable[Response]]

__all__ = ["context_of", "found", "listing", "origin_of", "reading", "resource"]

Thing = TypeVar("Thing", bound=Resource)

_NAMES: dict[type[Resource], tuple[str, str]] = {
    Conversation: ("conversation_id", "conversation"),
    Endpoint: ("id", "webhook"),
    StoredChannel: ("channel_id", "channel"),
    StoredEndUser: ("end_user_id", "end user"),
}
"""For what a path can name: the parameter of the path, and the kind in words."""


def resource(path: str, **operations: Operation) -> Route:
    """The operations on ``path``, by the name of their method in capitals.

    A path is written without the slash at its end, with which it is served too.
    """

    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await operations[method](request)

    return Route(path, serve, methods=list(operations))


def context_of(request: Request) -> MockContext:
    """The context of the application that serves this request."""
    context: MockContext = request.app.state.context
    return context


def origin_of(request: Request) -> str:
    """Scheme and host by which this client reaches the mock, for the addresses that it is given."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def found(
    request: Request, transaction: Transaction, kind: type[Thing], *, lock: bool = False
) -> Thing:
    """The thing of a kind that the path names; ``lock`` keeps others from changing it meanwhile.

    Raises `ApiError` (404) where there is none.
    """
    parameter, name = _NAMES[kind]
    thing = await find(transaction.session, kind, request.path_params[parameter], lock=lock)
    if thing is None:
        raise not_found(name)
    return thing


def reading(kind: type[Resource]) -> Operation:
    """The operation that answers the thing which the path names."""

    async def read(request: Request) -> Response:
        async with context_of(request).begin() as transaction:
            thing = await found(request, transaction, kind)
        return JSONResponse(thing.shown())

    return read


async def listing(
    request: Request,
    transaction: Transaction,
    kind: type[Resource],
    *where: ColumnElement[bool],
    strict: bool = True,
) -> Response:
    """One page of things of a kind in order of creation; the cursor is the id of its first record.

    Raises `ApiError` (400) for a limit or a cursor that cannot be; unless it is ``strict`` such a one counts
    as not given.
    """
    limit, cursor = MOST_RECORDS, request.query_params.get("cursor")
    statement = select(kind).where(kind.present(), *where).order_by(kind.ordinal)
    try:
        limit = query_limit(request.query_params)
    except ApiError:
        if strict:
            raise
    if cursor is not None:
        begin = select(kind.ordinal).where(kind.id == cursor, kind.present(), *where)
        first = await transaction.session.scalar(begin) if is_id(cursor) else None
        if first is not None:
            statement = statement.where(kind.ordinal >= first)
        elif strict:
            raise refused("$.cursor", "is not a cursor of this list", "query")
    things = (await transaction.session.scalars(statement.limit(limit + 1))).all()
    following = things[limit].id if len(things) > limit else None
    url = None if following is None else str(request.url.include_query_params(cursor=following))
    return JSONResponse({"data": [thing.shown() for thing in things[:limit]], "meta": {"next_page_url": url}})
