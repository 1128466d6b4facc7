"""A page of the console: its routes, where it stands in the navigation, and where its templates are.

A page is one module of ``console.pages`` with a `Page` named ``PAGE``, one template, and a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.routing import BaseRoute

__all__ = ["CONSOLE", "Page"]

CONSOLE = "ada_mockserver.mock.console"
"""The package of the console: its folders ``templates`` and ``static`` hold what pages share."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: ``routes`` answer for it, and for what it loads.

    ``title`` is its name in the navigation, which leads to ``path``, "" for a page that is not there;
    ``order`` is its place there. ``package`` has a folder ``templates``, and may have one named ``static``.
    ``end`` is called when the server ends. ``ada_only`` marks a page about what Ada alone has: conversations,
    integrations.
    """

    routes: Sequence[BaseRoute]
    title: str = ""
    path: str = ""
    order: int = 0
    package: str = CONSOLE
    end: Callable[[], None] | None = None
    ada_only: bool = False
