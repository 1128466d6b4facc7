"""The version of a contract, and what changed from one to the next (``documented/versions.yaml``).

A version belongs to what the schemas demand, not to their words: it is found by a fingerprint, so that a
contract that has changed cannot keep its version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.documents import entry_values
from ada_schemas.contract.json_schema import event_schema

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event

__all__ = ["Version", "changelog", "fingerprint", "read_versions", "versioned"]

PROSE = {"description": str, "title": str, "examples": list, "default": object, "$id": str}


@dataclass(frozen=True, slots=True)
class Version:
    """A released contract: ``source`` says what was transcribed, ``changes`` a sentence each."""

    version: str
    date: str
    fingerprint: str
    source: str
    changes: tuple[str, ...]


def read_versions(document: Any, *, name: str) -> tuple[Version, ...]:
    """Read the parsed file, the newest first; raises DocumentError for an entry that lacks something."""
    keys = ("version", "date", "fingerprint", "source", "changes")
    found = []
    for entry in document:
        *texts, changes = entry_values(entry, keys, name=name)
        version, date, print_, source = map(str, texts)
        found.append(Version(version, date, print_, source, tuple(changes)))
    return tuple(found)


def fingerprint(events: tuple[Event, ...]) -> str:
    """A hash of what the schemas of events demand, both forms; the order of members does not count."""
    demanded = {
        event.type: [_demands(event_schema(event, closed=closed)) for closed in (False, True)]
        for event in events
    }
    return hashlib.sha256(json.dumps(demanded, sort_keys=True).encode()).hexdigest()[:16]


def _demands(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {k: v for k, v in node.items() if not (k in PROSE and isinstance(v, PROSE[k]))}
        return {k: sorted(v) if k == "required" else _demands(v) for k, v in kept.items()}
    return [_demands(value) for value in node] if isinstance(node, list) else node


def versioned(events: tuple[Event, ...], versions: tuple[Version, ...]) -> tuple[Event, ...]:
    """The events with their contract's version: a released one, else ``custom-`` and its fingerprint."""
    found = fingerprint(events)
    names = [v.version for v in versions if v.fingerprint == found]
    version = names[0] if names else f"custom-{found[:8]}"
    return tuple(replace(event, version=version) for event in events)


def changelog(versions: tuple[Version, ...]) -> str:
    """The changes of the contract as Markdown."""
    lines = ["# Changes of the contract", ""]
    lines += ["What the schemas demand, from version to version; `$id` carries the version.", ""]
    for version in versions:
        lines += [f"## {version.version} ({version.date})", "", f"Source: {version.source}", ""]
        lines += [*(f"- {' '.join(change.split())}" for change in version.changes), ""]
    return "\n".join(lines).rstrip("\n") + "\n"
