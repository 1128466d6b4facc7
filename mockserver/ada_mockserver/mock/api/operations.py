"""The operations of the document as routes: what a request has to pass, in this order.

The key or access token (`ada_mockserver.mock.api.middleware`), the path and method, the token's scopes, what
the client accepts, the rate, what
the path names, the parameters of the query, the body; then the operation itself, in one transaction. So a
message to a conversation that does not exist is 404 whatever its body.
"""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ada_mockserver.mock.api import things
from ada_mockserver.mock.api.bodies import read_body
from ada_mockserver.mock.api.calls import Call, Handler, context_of, grant_in
from ada_mockserver.mock.api.document import document
from ada_mockserver.mock.api.errors import ApiError, not_found
from ada_mockserver.mock.api.queries import read_query
from ada_mockserver.mock.store.base import Resource
from ada_mockserver.mock.store.database import find

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import ModuleType

    from starlette.requests import Request

    from ada_mockserver.mock.api.document import Operation
    from ada_mockserver.mock.api.rates import RateLimiter
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

    DueJob = Callable[[MockContext], Awaitable[float | None]]

__all__ = ["due_jobs", "handlers", "routes"]


def handlers() -> dict[str, Handler]:
    """The functions of all operations by the operations' ids: ``OPERATIONS`` of the modules of ``things``."""
    found: dict[str, Handler] = {}
    for module in _modules():
        found |= module.OPERATIONS
    return found


def due_jobs() -> list[DueJob]:
    """What things do when it falls due: ``DUE`` of those modules of ``things`` that have it."""
    return [module.DUE for module in _modules() if hasattr(module, "DUE")]


def _modules() -> list[ModuleType]:
    found = pkgutil.iter_modules(things.__path__, f"{things.__name__}.")
    return [import_module(module.name) for module in found]


def routes(functions: Mapping[str, Handler]) -> list[Route]:
    """A route for each path of the document, those first that name nothing.

    Raises `KeyError` for an operation that has no function.
    """
    paths: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in document().operations.values():
        paths[operation.path][operation.method] = operation
    return [
        _route(path, {method: (each, functions[each.id]) for method, each in paths[path].items()})
        for path in sorted(paths, key=lambda path: ("{" in path, path))
    ]


def _route(path: str, methods: Mapping[str, tuple[Operation, Handler]]) -> Route:
    async def serve(request: Request) -> Response:
        return await _serve(request, *methods["GET" if request.method == "HEAD" else request.method])

    return Route(path, serve, methods=list(methods))


async def _serve(request: Request, operation: Operation, handler: Handler) -> Response:
    _check_scope(request, operation)
    _check_accepted(request, operation)
    _count(request, operation)
    context, body, query = context_of(request), {}, None
    if operation.body is not None:
        if operation.things:
            async with context.begin() as transaction:
                await _find(transaction, request, operation)
        query = read_query(request.query_params, operation.query)
        # Before the transaction begins, which nobody's network holds up.
        body = await read_body(request, operation.body)
    for last in (False, True):
        try:
            async with context.begin() as transaction:
                found = await _find(transaction, request, operation, lock=operation.method != "GET")
                if query is None:
                    query = read_query(request.query_params, operation.query)
                answer = await handler(Call(operation, request, transaction, query, body, found))
            break
        except IntegrityError:  # another process created the same meanwhile: now it is known
            if last:
                raise
    if isinstance(answer, Response):
        return answer
    if operation.status == 204:
        return Response(status_code=204)
    return JSONResponse(answer, status_code=operation.status)


async def _find(
    transaction: Transaction, request: Request, operation: Operation, *, lock: bool = False
) -> dict[type[Resource], Resource]:
    """What the path names, by kind; raises `ApiError` (404) where it is not there.

    What is not stored the operation finds itself.
    """
    found: dict[type[Resource], Resource] = {}
    for parameter, name in operation.things.items():
        kind = _kinds().get(name)
        if kind is None:
            continue
        thing = await find(transaction.session, kind, request.path_params[parameter], lock=lock)
        if thing is None:
            raise not_found(name)
        found[kind] = thing
    return found


@lru_cache(maxsize=1)
def _kinds() -> dict[str, type[Resource]]:
    """The kinds of things that paths name, by their names in the document."""
    return {kind.kind: kind for kind in Resource.all()}


def _check_scope(request: Request, operation: Operation) -> None:
    """Raise `ApiError` (403) for an access token that may not call the operation; an API key may."""
    grant = grant_in(request)
    if grant is None or operation.scope in grant.scopes:
        return
    message = "An access token cannot call this operation; an API key can."
    if operation.scope is not None:
        message = f"The access token was not granted {operation.scope}."
    raise ApiError(403, "forbidden", message)


def _check_accepted(request: Request, operation: Operation) -> None:
    """Raise `ApiError` (406) where the client takes no JSON, which every answer with a body is."""
    accepted = ",".join(request.headers.getlist("accept"))
    if not accepted.strip() or operation.status == 204:
        return
    ranges = {}
    for each in accepted.split(","):
        media_range, *parameters = (part.strip().lower() for part in each.split(";"))
        weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
        ranges[media_range] = bool(weights) and not weights[0].strip("0.")
    for media_range in ("application/json", "application/*", "*/*"):
        if media_range in ranges and not ranges[media_range]:
            return
        if media_range in ranges:
            break
    message = "Every answer is application/json, which the header Accept of this request excludes."
    raise ApiError(406, "not_acceptable", message)


def _count(request: Request, operation: Operation) -> None:
    limiter: RateLimiter | None = request.app.state.limiter
    if limiter is None:
        return
    wait = limiter.wait(operation.rates, context_of(request).clock.now())
    if wait:
        raise ApiError(
            429,
            "too_many_requests",
            f"Too many requests; try again in {wait} s.",
            headers={"retry-after": str(wait)},
        )
