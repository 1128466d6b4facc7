"""How pages for people are made: from templates that escape what they are given, under a strict policy.

A page runs the scripts and wears the styles of the console's own files alone; nothing that is shown on it can
be one of them.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from starlette.responses import HTMLResponse, RedirectResponse

from ada_mockserver.clock import SteeredClock
from ada_mockserver.mock.console.page import CONSOLE
from ada_schemas.contract.profile import slug_of
from ada_schemas.shown import spelled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ada_mockserver.mock.console.page import Page

__all__ = ["POLICY", "html", "see_other"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
    "; base-uri 'none'; frame-ancestors 'none'; form-action "
)
"""The content security policy of every page, but for where its forms may lead."""


def html(
    request: Request, name: str, *, block: str = "", status: int = 200, forms: str = "'self'", **content: Any
) -> HTMLResponse:
    """The page of a template, or that ``block`` of it alone, which is swapped into a page that is open.

    ``name`` is a file of the console's templates, or ``package:file`` for a page of another package.
    ``forms`` is where its forms may lead, as a content security policy says it. A site to which a link or a
    form leads is told the mock's origin, and not the page.
    """
    template = _templates().get_template(name)
    given = {**_surroundings(request), **content}
    if block:
        context = template.new_context(given)
        text = "".join(template.blocks[block](context))
    else:
        text = template.render(given)
    headers = {
        "content-security-policy": POLICY + forms,
        "cache-control": "no-store",
        "referrer-policy": "origin",
    }
    # JSON can spell a lone surrogate, which UTF-8 cannot.
    return HTMLResponse(text.encode("utf-8", "backslashreplace"), status_code=status, headers=headers)


def see_other(request: Request, path: str) -> Response:
    """Where a form that was carried out leads: to a page of the console."""
    headers = {"cache-control": "no-store"}
    if "hx-request" in request.headers:  # htmx would swap the page in as if it were a part of this one
        return HTMLResponse("", headers={**headers, "hx-location": path})
    return RedirectResponse(path, 303, headers)


def _surroundings(request: Request) -> dict[str, Any]:
    """The content that every page is given: the navigation, the mock's address and its time."""
    state = request.app.state
    pages: list[Page] = state.pages
    clock, contract = state.context.clock, state.context.contract
    return {
        "pages": sorted((page for page in pages if page.title), key=lambda page: page.order),
        "here": request.url.path,
        "url": str(request.base_url).rstrip("/"),
        "now": clock.now(),
        "rate": clock.line.rate if isinstance(clock, SteeredClock) else 0.0,
        "contract": contract,
        "profile": contract.profile,
        "is_ada": contract.is_ada,
        "id_name": f"{contract.profile.prefix}-id" if contract.profile.families else "id",
    }


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": _clock, "moment": _moment, "pretty": _pretty, "ms": _milliseconds}
    environment.filters |= {"span": _span, "spelled": spelled, "slug": slug_of, "pieces": _pieces}
    shared = environment.get_template("parts.html").make_module()
    environment.globals |= {name: value for name, value in vars(shared).items() if not name.startswith("_")}
    return environment


def _source(name: str) -> str:
    package, _, file = name.rpartition(":")
    return (resources.files(package or CONSOLE) / "templates" / file).read_text(encoding="utf-8")


def _clock(moment: str | None) -> str:
    """The time of day of an ISO 8601 text, to the millisecond."""
    return "" if moment is None else moment[11:23]


def _moment(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(seconds: float) -> str:
    """How long something took, as people say it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _span(seconds: float) -> str:
    """A span of time in at most two units, as people say it."""
    said, left = [], round(seconds)
    for name, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if count := left // length:
            said.append(f"{count} {name}")
        left %= length
    return " ".join(said[:2]) or "0 s"


def _pieces(name: str) -> list[str]:
    """A name in pieces, after each of which it may go on in the next line."""
    return re.split(r"(?<=[._/-])", name)


def _pretty(text: str) -> str:
    """A JSON text with a member a line; another text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
