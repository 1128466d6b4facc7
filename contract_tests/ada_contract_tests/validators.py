"""Refusals of validators, found in what an endpoint says: pydantic and zod, as text and as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["refusals"]

PATTERNS = tuple(
    re.compile(pattern, flags=re.MULTILINE | re.VERBOSE)
    for pattern in (
        # pydantic's message, of several lines
        r"""^\s*(?P<path>[\w.:\[\]-]+)\n\s+(?P<said>[^\n]+?)\ \[type=(?P<code>\w+)(?P<more>[^\n]*)""",
        # the same on one line, as an excerpt shows it
        r"""validation\ errors?\ for\ \S+\ (?P<path>[\w.:\[\]-]+)\ (?P<said>[^\[]+?)
            \ \[type=(?P<code>\w+)(?P<more>[^\n]{0,80})""",
        # pydantic's list of errors, as JSON or as Python shows it
        r"""['"]type['"]:\ ?['"](?P<code>\w+)['"],\ ?['"]loc['"]:\ ?[\[(](?P<path>[^\])]*)[\])],
            \ ?['"]msg['"]:\ ?(?P<quote>['"])(?P<said>.*?)(?P=quote)(?=,\ ?['"]|\}|$)(?P<more>.{0,80})""",
        # zod's list of issues: the code comes before the path, and the path before the message
        r"""['"]?code['"]?:\ ?['"](?P<code>\w+)['"](?P<more>[^{}]*?)['"]?path['"]?:\ ?\[(?P<path>[^\]]*)\],?
            \s*['"]?message['"]?:\ ?['"](?P<said>[^'"]*)""",
    )
)

NULL = re.compile(r"input_value=None|['\"]input['\"]: ?(?:None|null)")

CODES = frozenset({"custom", "error", "validation_error"})
"""Codes that say nothing."""


def refusals(text: str) -> Iterator[str]:
    """A line ``invalid PATH: CODE: MESSAGE`` for each refusal, of which the path is dotted."""
    for pattern in PATTERNS:
        for found in pattern.finditer(text):
            path = ".".join(re.findall(r"[\w$-]+", found["path"]))
            if path and found["code"] not in CODES:
                null = ", input None" if NULL.search(found["more"]) else ""
                yield f"invalid {path.removeprefix('body.')}: {found['code']}: {found['said']}{null}"
