"""Errors as a person sees them: a page that says what to do next, where a program gets the API's envelope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ada_mockserver.mock.api.middleware import KEYED
from ada_mockserver.mock.console.rendering import html

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.api.errors import ApiError
    from ada_mockserver.mock.console.page import Page

__all__ = ["error_response"]

_FOR_PROGRAMS = re.compile(r"/(_mock|attachments|static|live)(/.*)?", re.DOTALL)
_NEXT = {
    403: "Open the console by its own address.",
    404: "It may have been deleted, or the mock was cleared or started anew since.",
    405: "This address takes what a form sends; the page with the form is one step back.",
    413: "Send less.",
    500: "The mock's log, in the terminal that runs it, has the reason.",
    507: "Make room where the database is; nothing of this request was stored.",
}


def error_response(request: Request, error: ApiError) -> Response:
    """The answer to a request that is refused: a page for a browser that shows one, else JSON.

    A script of the console gets JSON, too, and says itself what is wrong.
    """
    if not _shows_pages(request):
        return error.response()
    response = html(
        request,
        "error.html",
        status=error.status,
        title=_TITLES.get(error.status, "That did not work"),
        message=error.message,
        details=error.details if not isinstance(error.details, dict) else (),
        next_step=_NEXT.get(error.status, ""),
        back=_nearest(request),
    )
    response.headers.update(error.headers)
    return response


_TITLES = {404: "Not found", 500: "The mock failed", 507: "There is no room left"}


def _shows_pages(request: Request) -> bool:
    path, accepted = request.url.path, ",".join(request.headers.getlist("accept"))
    if KEYED.fullmatch(path) or _FOR_PROGRAMS.fullmatch(path) or "hx-request" in request.headers:
        return False
    return "text/html" in accepted and "json" not in accepted


def _nearest(request: Request) -> Page | None:
    """The page of the navigation below which the path is."""
    path = f"{request.url.path}/"
    above = [
        page
        for page in request.app.state.pages
        if page.title and path.startswith(f"{page.path.rstrip('/')}/")
    ]
    return max(above, key=lambda page: len(page.path), default=None)
