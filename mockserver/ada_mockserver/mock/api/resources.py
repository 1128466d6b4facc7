"""How the operations of the API are declared: one route a path, one function a method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.state.transaction import MockContext

__all__ = ["context_of", "origin_of", "resource"]


def resource(path: str, **operations: Callable[[Request], Awaitable[Response]]) -> Route:
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
