"""The customer's endpoint that a handoff calls: its URL, and what the author of the handoff sends to it.

As in Ada's Request block (docs.ada.cx, handoff management): a URL, headers, and a body of named fields.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.http import Headers, Request
from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["HandoffTarget", "parse_target"]

TIME_LIMIT = 10.0
"""Seconds within which the endpoint has to answer, unless the script says otherwise; Ada documents none."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*(?:\.[^{}]+)?)\}")
_KNOWN = ("channel_id", "conversation_id", "end_user_id", "integration", "text")
_METADATA = "metadata."
_FRAMING = re.compile(
    "connection|content-length|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade"
)
_USUAL: Headers = (("content-type", "application/json"), ("user-agent", "adakit"), ("accept", "*/*"))


@dataclass(frozen=True, slots=True)
class HandoffTarget:
    """An endpoint that starts handoffs; without a ``url`` it is not called.

    ``body`` is JSON whose texts hold placeholders; ``headers`` are sent beside the usual ones, or in their
    place; ``timeout`` in seconds limits the call.
    """

    url: str | None = None
    headers: Headers = field(default=(), repr=False)
    body: Mapping[str, Any] = field(default_factory=lambda: {"ada_conversation_id": "{conversation_id}"})
    timeout: float = TIME_LIMIT

    def all_headers(self) -> Headers:
        """The header lines of a call."""
        own = {name.lower() for name, _ in self.headers}
        return (*(usual for usual in _USUAL if usual[0] not in own), *self.headers)

    def filled(self, values: Mapping[str, str], metadata: Mapping[str, Any]) -> Any:
        """The body with the values in the places of their names; ``{metadata.KEY}`` is of the conversation.

        A placeholder that is the whole text gives its value as it is, null where there is none.
        """

        def value_of(name: str) -> Any:
            return metadata.get(name[len(_METADATA) :]) if name.startswith(_METADATA) else values[name]

        def fill(text: str) -> Any:
            whole = _PLACEHOLDER.fullmatch(text)
            if whole is not None:
                return value_of(whole[1])
            return _PLACEHOLDER.sub(lambda match: _text(value_of(match[1])), text)

        return _each_text(self.body, fill)


def parse_target(document: Mapping[str, Any], where: str) -> HandoffTarget:
    """An endpoint from its data, which fits the schema of scripts.

    Raises `UsageError` that begins with ``where`` for a URL, a header or a placeholder that cannot be used.
    """

    def refuse(place: str, reason: str) -> UsageError:
        return UsageError(f"{where}.{place} cannot be used: {reason}")

    url = document.get("url")
    if url is not None:
        try:
            parse_url(url)
        except UsageError as error:
            raise refuse("url", error.what) from None
    headers: Headers = tuple(document.get("headers", {}).items())
    for header in headers:
        if _FRAMING.fullmatch(header[0].lower()):
            raise refuse("headers", f"The header '{header[0]}' is set by each call itself.")
        try:
            encode(Request("http://127.0.0.1/", (header,), b""), parse_url("http://127.0.0.1/"))
        except UsageError as error:
            raise refuse("headers", error.what) from None
    given = {name: document[name] for name in ("body", "timeout") if name in document}
    target = HandoffTarget(url, headers, **given)
    _each_text(target.body, lambda text: _check(text, refuse))
    return target


def _check(text: str, refuse: Callable[[str, str], UsageError]) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in _KNOWN and not name.startswith(_METADATA):
            known = ", ".join(f"{{{one}}}" for one in (*_KNOWN, f"{_METADATA}KEY"))
            raise refuse("body", f"There is no placeholder {{{name}}}; there are {known}.")


def _each_text(value: Any, change: Callable[[str], Any]) -> Any:
    """The same JSON with each text in it changed; names of members stay."""
    match value:
        case str():
            return change(value)
        case list():
            return [_each_text(one, change) for one in value]
        case dict():
            return {name: _each_text(one, change) for name, one in value.items()}
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
