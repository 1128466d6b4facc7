"""How pages for people are made: from templates that escape what they are given, under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

__all__ = ["html"]

_ELEMENT = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def html(name: str, *, status: int = 200, forms: str = "'none'", **content: Any) -> HTMLResponse:
    """The page of a template; ``forms`` is where its forms may lead, as a content security policy says it.

    A site to which a link or a form leads is told the mock's origin, and not the page.
    """
    text = _templates().get_template(name).render(**content)
    headers = {
        "content-security-policy": f"{_policy_of(name)}; form-action {forms}",
        "cache-control": "no-store",
        "referrer-policy": "origin",
    }
    return HTMLResponse(text, status_code=status, headers=headers)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = _clock
    return environment


def _source(name: str) -> str:
    return (resources.files("ada_mockserver.mock.console") / name).read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def _policy_of(name: str) -> str:
    """The content security policy of a page: its own scripts and styles, by their hashes, and nothing else.

    They are read from the template, so that nothing which is shown on the page can be among them.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _ELEMENT.findall(_source(name)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    allowed = "".join(f"; {kind}-src {' '.join(found)}" for kind, found in hashes.items() if found)
    return f"default-src 'none'{allowed}; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def _clock(moment: str | None) -> str:
    """The time of day of an ISO 8601 text, to the millisecond."""
    return "" if moment is None else moment[11:23]
