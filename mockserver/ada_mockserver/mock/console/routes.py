"""The console put together: its pages, the files that they load, and the live feed that they follow."""

from __future__ import annotations

import pkgutil
from functools import partial
from importlib import import_module, resources
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ada_mockserver.mock.console import pages
from ada_mockserver.mock.console.page import CONSOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from ada_mockserver.mock.console.page import Page
    from ada_schemas.contract.contract import Contract

__all__ = ["all_pages", "console_routes"]

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def all_pages(contract: Contract, more: Sequence[Page] = ()) -> list[Page]:
    """The pages that a contract has use for, of ``console.pages`` and of packages above the console."""
    found = pkgutil.iter_modules(pages.__path__, f"{pages.__name__}.")
    every = [*(import_module(module.name).PAGE for module in found), *more]
    return [page for page in every if contract.is_ada or not page.ada_only]


def console_routes(shown: Sequence[Page]) -> list[BaseRoute]:
    """The routes of pages, of their files, and of the live feed."""
    packages = dict.fromkeys((CONSOLE, *(page.package for page in shown)))
    return [
        Route("/static/{name}", partial(_file, tuple(packages)), methods=["GET"]),
        Route("/live", _live, methods=["GET"]),
        *(route for page in shown for route in page.routes),
    ]


async def _file(packages: Sequence[str], request: Request) -> Response:
    name: str = request.path_params["name"]
    kind = _KINDS.get(name.rpartition(".")[2])
    for package in packages if kind and "/" not in name and not name.startswith(".") else ():
        file = resources.files(package) / "static" / name
        if file.is_file():
            headers = {
                "cache-control": "no-cache",
                "x-content-type-options": "nosniff",
                "cross-origin-resource-policy": "same-origin",
            }
            return Response(file.read_bytes(), media_type=kind, headers=headers)
    raise HTTPException(404)


async def _live(request: Request) -> Response:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(request.app.state.feed.follow(), media_type="text/event-stream", headers=headers)
