"""The contract: a document's events, corrected, with what ties their members together.

A contract is a value that is passed on; nothing here is set for the whole process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.constraints import Constraint, read_constraints
from ada_schemas.contract.corrections import Correction, apply_corrections, read_corrections
from ada_schemas.contract.documents import load_document
from ada_schemas.contract.excerpt import webhooks_alone
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.openapi_reader import read_events
from ada_schemas.contract.versions import Version, read_versions, versioned
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import DocumentError, unknown

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Event

__all__ = [
    "DOCUMENTED",
    "SOURCE",
    "TRANSCRIPTION",
    "Contract",
    "contract_in",
    "event_names",
    "load",
    "read_contract",
    "released_versions",
    "shipped",
]

DOCUMENTED = files("ada_schemas") / "documented"
TRANSCRIPTION = "ada-webhooks.openapi.yaml"
SOURCE = "source.openapi.json"
"""The file of a generated directory that holds the document it was generated from."""


@dataclass(frozen=True, eq=False)
class Contract:
    """The events of a document, in documented order, with what corrected them and what ties them together.

    ``document`` is what it was read from, as far as its webhooks need it; ``warnings`` says what of it could
    not be used, and why. A contract equals itself alone, so that what is computed from it can be kept by it.
    """

    events: tuple[Event, ...]
    corrections: tuple[Correction, ...]
    constraints: tuple[Constraint, ...]
    document: dict[str, Any]
    warnings: tuple[str, ...] = ()

    @cached_property
    def event_names(self) -> tuple[str, ...]:
        """The short names of the events, in documented order: ``conversation.created``, ..."""
        return tuple(event.name for event in self.events)

    @cached_property
    def by_type(self) -> dict[str, Event]:
        """The events by their type on the wire."""
        return {event.type: event for event in self.events}

    @property
    def version(self) -> str:
        """The version of the contract."""
        return self.events[0].version

    def event(self, name: str) -> Event:
        """The event of that name or type; raises UsageError that names the nearest."""
        found = self.known(name)
        if found is None:
            names = self.event_names
            raise unknown("event", name, names, next_step=f"The events are: {', '.join(names)}.")
        return found

    def known(self, name: str) -> Event | None:
        """The event of that name, with or without ``v1.``, or of that type; None if there is none."""
        if name in self.by_type:
            return self.by_type[name]
        short = name.removeprefix("v1.")
        return next((event for event in self.events if event.name == short), None)

    def constraints_of(self, event: Event) -> tuple[Constraint, ...]:
        """The constraints that tie members of this event together."""
        return tuple(c for c in self.constraints if c.event == event.type)


def _data(name: str) -> Any:
    return parse_yaml((DOCUMENTED / name).read_text(encoding="utf-8"), name=name)


@cache
def _our_corrections() -> tuple[Correction, ...]:
    return read_corrections(_data("corrections.yaml"), name="corrections.yaml")


@cache
def _our_constraints() -> tuple[Constraint, ...]:
    return read_constraints(_data("constraints.yaml"), name="constraints.yaml")


@cache
def released_versions() -> tuple[Version, ...]:
    """The released versions of our contract, the newest first."""
    return read_versions(_data("versions.yaml"), name="versions.yaml")


@cache
def shipped() -> Contract:
    """Our own contract, from the transcription that adakit ships."""
    return _contract(_data(TRANSCRIPTION), TRANSCRIPTION)


def read_contract(location: str) -> Contract:
    """The contract of an OpenAPI document (path or URL); raises DocumentError when it cannot be used."""
    return _contract(load_document(location), location)


def contract_in(directory: str) -> Contract:
    """The contract of a directory that ``schemas generate`` or ``export`` wrote; raises DocumentError."""
    file = Path(directory) / SOURCE
    if not file.is_file():
        what = f"holds no {SOURCE}" if Path(directory).is_dir() else "is not a directory"
        raise DocumentError(
            f"{directory} {what}.", next_step="Make one with: adakit schemas generate --from FILE|URL -o DIR"
        )
    return read_contract(str(file))


def _contract(document: dict[str, Any], name: str) -> Contract:
    corrections = _our_corrections()
    published, unread = read_events(document, name=name)
    events, unfit = apply_corrections(published, corrections, name=name)
    warnings = (*unread, *unfit)
    if not events:
        raise DocumentError(f"{name} names no event type that can be used.", next_step="\n".join(warnings))
    events = versioned(events, released_versions())
    return Contract(events, corrections, _our_constraints(), webhooks_alone(document), warnings)


def event_names(*, contract: Contract | None = None) -> list[str]:
    """The short names of a contract's events, ours if none is given, in documented order."""
    return list((contract or shipped()).event_names)


def load(name: str, *, closed: bool = False, contract: Contract | None = None) -> dict[str, Any]:
    """The JSON Schema of an event of a contract, ours if none is given, as a new dict.

    ``name`` with or without ``v1.``; ``closed`` selects the sender's form, in which nothing undocumented
    is valid. Raises UsageError for a name that is not an event.
    """
    return event_schema((contract or shipped()).event(name), closed=closed)
