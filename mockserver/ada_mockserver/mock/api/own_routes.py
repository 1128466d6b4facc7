"""How the operations of the mock's own are declared: one route a path, one function a method."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ada_mockserver.mock.api.bodies import read_json
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import not_found
from ada_mockserver.mock.schemas.checking import problems
from ada_mockserver.mock.store.base import Resource
from ada_mockserver.mock.store.database import find

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from ada_mockserver.mock.state.transaction import Transaction

    OwnOperation = Callable[[Request], Awaitable[Response]]

__all__ = ["OwnCall", "found", "operation", "read_own", "resource"]

Thing = TypeVar("Thing", bound=Resource)


@dataclass(frozen=True, slots=True)
class OwnCall:
    """A call within its transaction; ``body`` is its JSON, empty where it takes none."""

    request: Request
    transaction: Transaction
    body: dict[str, Any] = field(default_factory=dict)


def resource(path: str, **operations: OwnOperation) -> Route:
    """The operations on ``path``, by the name of their method in capitals."""

    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await operations[method](request)

    return Route(path, serve, methods=list(operations))


def operation(
    answer: Callable[[OwnCall], Awaitable[Any]], *, body: str = "", status: int = 200
) -> OwnOperation:
    """An operation within one transaction; what ``answer`` returns goes out once that is committed.

    ``body`` names the schema of the call's body, and ``status`` is that of an answer which is no `Response`
    yet. The body is read before the transaction begins, which nobody's network holds up.
    """

    async def serve(request: Request) -> Response:
        document = await read_own(request, body) if body else {}
        async with context_of(request).begin() as transaction:
            answered = await answer(OwnCall(request, transaction, document))
        return answered if isinstance(answered, Response) else JSONResponse(answered, status_code=status)

    return serve


async def read_own(request: Request, schema: str) -> dict[str, Any]:
    """The JSON body of a request, which fits the schema of that name; raises `ApiError` (400) for others."""
    return await read_json(request, partial(problems, schema=schema))


async def found(call: OwnCall, kind: type[Thing], parameter: str = "id") -> Thing:
    """The thing of a kind that the path names; raises `ApiError` (404) where there is none."""
    thing = await find(call.transaction.session, kind, call.request.path_params[parameter])
    if thing is None:
        raise not_found(kind.kind)
    return thing
