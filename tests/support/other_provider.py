"""Providers that are made up: a library whose payloads name their ``event``, and a doorbell with a header for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LIBRARY_SECRET", "directory_of", "doorbell", "library"]

LIBRARY_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

_LIBRARY = """
provider = "Lend & Co"
[event]
type = "event"
type_header = "X-Lend-Event"
[signature]
headers = ["webhook"]
secret_variable = "LEND_SECRET"
[delivery]
success = "2xx"
timeout = 7
headers = {"X-Lend-Delivery" = "no. {id} at {timestamp}"}
"""
_DOORBELL = """
provider = "Doorbell"
[event]
type_header = "X-Bell"
[signature]
headers = []
[delivery]
success = "200"
"""


def library(folder: Path) -> str:
    """A directory with the contract of a library, which signs as Standard Webhooks have it."""
    book = {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}, "shelf": {"type": ["string", "null"]}},
    }
    lent = _payload("event", "book.lent", book=book, reader={"type": "string"})
    back = _payload("event", "book.returned", book=book, late={"type": "boolean"})
    return directory_of(folder, _LIBRARY, {"bookLent": lent, "bookReturned": back})


def doorbell(folder: Path, *events: str) -> str:
    """A directory with the contract of a doorbell, which signs nothing; a header alone says the event type."""
    rung = {"type": "object", "required": ["door"], "properties": {"door": {"type": "integer"}}}
    return directory_of(folder, _DOORBELL, dict.fromkeys(events or ("rung", "opened"), rung))


def _payload(place: str, event_type: str, **members: Any) -> dict[str, Any]:
    named = {place: {"type": "string", "enum": [event_type]}, "id": {"type": "string"}}
    return {"type": "object", "required": [place, "id", *list(members)[:1]], "properties": named | members}


def directory_of(folder: Path, profile: str, webhooks: dict[str, Any]) -> str:
    """A directory with the contract of webhooks, given as a schema by name."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Made up", "version": "1"},
        "webhooks": {
            name: {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}
            for name, schema in webhooks.items()
        },
    }
    (folder / "source.openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "profile.toml").write_text(profile, encoding="utf-8")
    return str(folder)
