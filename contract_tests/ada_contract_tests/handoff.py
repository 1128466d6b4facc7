"""The start of a custom handoff: the call that Ada's Request block makes in a handoff flow.

It is no webhook: it is not signed, not sent again, and carries the headers and the fields of the body that
the author of the flow has set.
Source: docs.ada.cx/reference/conversations/developer-guides/creating-a-custom-handoff
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_contract_tests.transcript_api import TranscriptApi
from ada_schemas.contract.documents import read_file
from ada_schemas.errors import DocumentError, UsageError
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ada_mockserver.delivery.http import Headers

__all__ = ["BODY_FORM", "HANDOFF_TIME", "HEADER_FORM", "Handoff", "read_handoff"]

HANDOFF_TIME = 10.0
"""Seconds within which the start of a handoff is answered. Ada documents no limit; somebody is waiting."""

PLACEHOLDER = "{conversation_id}"
SHORTEST, SHORTEST_PART = 4, 8
"""Characters of a header's value, or of a part of it, that may be a key."""

GUIDE = {"ada_conversation_id": PLACEHOLDER}
"""The body of Ada's guide."""

BODY_FORM = (
    """Write it as a JSON object, such as {"ada_conversation_id": "{conversation_id}"}, or as @FILE."""
)
HEADER_FORM = "Write it as NAME=VALUE."


@dataclass(frozen=True, slots=True)
class Handoff:
    """How a flow starts a handoff: the path it calls, its body and headers.

    ``body`` holds ``{conversation_id}`` where the id goes; ``conversation`` is one that the consumer's Ada
    knows, None where none was named; ``api`` is Ada's API for the consumer, None where the check serves none;
    ``given`` are the options that repeat it, without values of headers.
    """

    path: str
    body: dict[str, Any]
    headers: Headers = field(default=(), repr=False)
    conversation: str | None = None
    api: TranscriptApi | None = field(default=None, compare=False)
    given: tuple[str, ...] = ()

    @property
    def names_it(self) -> bool:
        """True if the body itself names a conversation, since it has no place for an id."""
        return bool(_filled(self.body, "") == self.body)

    @property
    def knows_one(self) -> bool:
        """True if it is about a conversation that the consumer's Ada knows, by what the user says."""
        return self.conversation is not None or self.names_it or self.api is not None

    @property
    def has_unknown(self) -> bool:
        """True if there is a conversation beside it that the consumer's Ada does not know."""
        return not self.names_it and (self.conversation is not None or self.api is not None)

    def request(self, conversation_id: str) -> tuple[Headers, bytes]:
        """The headers and the body of the call about a conversation."""
        own = {name.lower() for name, _ in self.headers}
        usual = (("content-type", "application/json"), ("user-agent", "adakit"), ("accept", "*/*"))
        body = json.dumps(_filled(self.body, conversation_id), ensure_ascii=False).encode()
        return (*(line for line in usual if line[0] not in own), *self.headers), body

    def without_values(self, text: str) -> str:
        """A text without the values of the headers, which may be keys."""
        for _, value in self.headers:
            parts = [value] * (len(value) >= SHORTEST)
            for part in (*parts, *(part for part in value.split() if len(part) >= SHORTEST_PART)):
                text = text.replace(part, "[redacted]")
        return text


def _filled(value: Any, conversation_id: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, conversation_id) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, conversation_id) for each in value]
    return value.replace(PLACEHOLDER, conversation_id) if isinstance(value, str) else value


def read_handoff(
    path: str | None,
    *,
    body: str | None = None,
    headers: Sequence[str] = (),
    conversation: str | None = None,
    api: str | int | None = None,
    folder: Path,
) -> Handoff | None:
    """The handoff that the options name, None without a path.

    ``body`` is JSON, or ``@FILE`` in the folder; ``headers`` are ``NAME=VALUE``; ``api`` is a port. Raises
    UsageError for what cannot be used; it says no value of a header.
    """
    if not path:
        if body or headers or conversation or api:
            raise UsageError(
                "The handoff has no path.", next_step="Give it with --handoff-path /webhooks/start-handoff."
            )
        return None
    if not path.startswith("/") or any(character <= " " for character in path):
        raise UsageError(
            f"{path!r} is no path of the target.", next_step="Write it as /webhooks/start-handoff."
        )
    lines = tuple(_header(line) for line in headers)
    given = ["--handoff-path", path]
    given += ["--handoff-body", body] if body else []
    given += [part for name, _ in lines for part in ("--handoff-header", f"{name}=...")]
    given += ["--handoff-conversation", conversation] if conversation else []
    served = None if api is None else TranscriptApi(_port(api))
    given += ["--handoff-api", f"{api}"] if served else []
    told = _body(body, folder) if body else GUIDE
    return Handoff(path, told, lines, conversation or None, served, tuple(given))


def _port(given: str | int) -> int:
    text = str(given)
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 2**16:
        raise UsageError(f"{text!r} is no port.", next_step="Give the number of one that is free: 8765.")
    return int(text)


def _body(text: str, folder: Path) -> dict[str, Any]:
    name = text[1:] if text.startswith("@") else "The body of the handoff"
    try:
        value = read_json(read_file(folder / text[1:]) if text.startswith("@") else text, name=name)
    except DocumentError as error:
        raise UsageError(error.what, next_step=BODY_FORM) from None
    if not isinstance(value, dict):
        raise UsageError(f"{name} is no JSON object.", next_step=BODY_FORM)
    return value


def _header(line: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not value.isprintable():
        raise UsageError("A header of the handoff cannot be used.", next_step=HEADER_FORM)
    return name, value
