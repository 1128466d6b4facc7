"""How the operations of the API are declared: one route a path, one function a method.

Shared by them: a transaction around the call, the thing that a path names, how one is read, and cursor
pagination as Ada documents it (``limit``, ``cursor``, and an absolute ``meta.next_page_url``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.api.validation import MOST_RECORDS, query_limit, read_body
from ada_mockserver.mock.store.database import find, is_id
from ada_mockserver.mock.store.models import Conversation, Endpoint, Resource, StoredChannel, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import ColumnElement
    from starlette.requests import Request

    from ada_mockserver.mock.state.transaction import MockContext, Transaction

    Operation = Callable[[Request], Awaitable[Response]]

__all__ = ["Call", "context_of", "found", "listing", "operation", "origin_of", "reading", "resource"]

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


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an operation within its transaction; ``body`` is its JSON, empty where it takes none."""

    request: Request
    transaction: Transaction
    body: dict[str, Any] = field(default_factory=dict)


def operation(answer: Callable[[Call], Awaitable[Any]], *, body: str = "", status: int = 200) -> Operation:
    """An operation within one transaction; what ``answer`` returns goes out once that is committed.

    ``body`` names the schema of the call's body, and ``status`` is that of an answer which is no `Response`
    yet. The body is read before the transaction begins, which nobody's network holds up.
    """

    async def serve(request: Request) -> Response:
        document = await read_body(request, body) if body else {}
        async with context_of(request).begin() as transaction:
            answered = await answer(Call(request, transaction, document))
        return answered if isinstance(answered, Response) else JSONResponse(answered, status_code=status)

    return serve


def context_of(request: Request) -> MockContext:
    """The context of the application that serves this request."""
    context: MockContext = request.app.state.context
    return context


def origin_of(request: Request) -> str:
    """Scheme and host by which this client reaches the mock, for the addresses that it is given."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def found(call: Call, kind: type[Thing], *, lock: bool = False) -> Thing:
    """The thing of a kind that the path names; ``lock`` keeps others from changing it meanwhile.

    Raises `ApiError` (404) where there is none.
    """
    parameter, name = _NAMES[kind]
    thing = await find(call.transaction.session, kind, call.request.path_params[parameter], lock=lock)
    if thing is None:
        raise not_found(name)
    return thing


def reading(kind: type[Resource]) -> Operation:
    """The operation that answers the thing which the path names."""

    async def read(call: Call) -> dict[str, Any]:
        return (await found(call, kind)).shown()

    return operation(read)


async def listing(
    call: Call, kind: type[Resource], *where: ColumnElement[bool], strict: bool = True
) -> dict[str, Any]:
    """One page of things of a kind in order of creation; the cursor is the id of its first record.

    Raises `ApiError` (400) for a limit or a cursor that cannot be; unless it is ``strict`` such a one counts
    as not given.
    """
    query = call.request.query_params
    limit, cursor = MOST_RECORDS, query.get("cursor")
    statement = select(kind).where(kind.present(), *where).order_by(kind.ordinal)
    try:
        limit = query_limit(query)
    except ApiError:
        if strict:
            raise
    if cursor is not None:
        begin = select(kind.ordinal).where(kind.id == cursor, kind.present(), *where)
        first = await call.transaction.session.scalar(begin) if is_id(cursor) else None
        if first is not None:
            statement = statement.where(kind.ordinal >= first)
        elif strict:
            raise refused("$.cursor", "is not a cursor of this list", "query")
    things = (await call.transaction.session.scalars(statement.limit(limit + 1))).all()
    following = things[limit].id if len(things) > limit else None
    url = None if following is None else str(call.request.url.include_query_params(cursor=following))
    return {"data": [thing.shown() for thing in things[:limit]], "meta": {"next_page_url": url}}
