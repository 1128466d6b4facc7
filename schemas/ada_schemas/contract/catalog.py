"""The contract as the kit uses it: the documented source, corrected, read once a process."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.constraints import Constraint, read_constraints
from ada_schemas.contract.corrections import Correction, apply_corrections, read_corrections
from ada_schemas.contract.documents import load_document, parse_yaml
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.openapi_reader import read_contract, webhooks_alone
from ada_schemas.contract.versions import Version, read_versions, versioned
from ada_schemas.errors import DocumentError, UsageError

if TYPE_CHECKING:
    from ada_schemas.contract.shapes import Contract, Event

__all__ = [
    "SOURCE",
    "Catalog",
    "adopt",
    "adopted",
    "build_catalog",
    "catalog",
    "contract_in",
    "event_named",
    "event_names",
    "load",
    "released_versions",
    "shipped_catalog",
]

DOCUMENTED = files("ada_schemas") / "documented"
TRANSCRIPTION = "ada-webhooks.openapi.yaml"
SOURCE = "source.openapi.json"
"""The file of a generated directory that holds the document it was generated from."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """A contract with what corrected it and what its payloads must keep to.

    ``document`` is what it was read from, as far as its webhooks need it. Two catalogs are equal when they
    are the same one, so that what is computed from a catalog can be kept beside it.
    """

    contract: Contract
    corrections: tuple[Correction, ...]
    constraints: tuple[Constraint, ...]
    document: dict[str, Any]

    def event(self, name: str) -> Event:
        """The event of that name, with or without ``v1.``; raises UsageError that names the nearest."""
        wanted = name.removeprefix("v1.")
        for event in self.contract.events:
            if event.name == wanted:
                return event
        names = [event.name for event in self.contract.events]
        close = difflib.get_close_matches(wanted, names, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(
            f"There is no event {name!r}.", next_step=f"{hint}The events are: {', '.join(names)}."
        )

    @property
    def version(self) -> str:
        """The version of the contract."""
        return self.contract.events[0].version

    def constraints_of(self, event: Event) -> tuple[Constraint, ...]:
        """The constraints that tie members of this event together."""
        return tuple(c for c in self.constraints if c.event == event.type)


def _data(name: str) -> Any:
    return parse_yaml((DOCUMENTED / name).read_text(encoding="utf-8"), name=name)


def released_versions() -> tuple[Version, ...]:
    """The released versions of the contract, the newest first."""
    return read_versions(_data("versions.yaml"), name="versions.yaml")


def build_catalog(location: str | None = None) -> Catalog:
    """Build the catalog from a document (path or URL), from our transcription if none is given.

    Raises DocumentError when the document cannot be used; what could be used in part only is said in the
    contract's warnings.
    """
    name = location or TRANSCRIPTION
    document = load_document(location) if location else _data(TRANSCRIPTION)
    corrections = read_corrections(_data("corrections.yaml"), name="corrections.yaml")
    contract = apply_corrections(read_contract(document, name=name), corrections, name=name)
    if not contract.events:
        raise DocumentError(
            f"{name} names no event type that can be used.", next_step="\n".join(contract.warnings)
        )
    constraints = read_constraints(_data("constraints.yaml"), name="constraints.yaml")
    contract = versioned(contract, released_versions())
    return Catalog(contract, corrections, constraints, webhooks_alone(document))


def contract_in(directory: str) -> Catalog:
    """The catalog of a directory that ``schemas generate`` or ``export`` wrote; raises as build_catalog."""
    file = Path(directory) / SOURCE
    if not file.is_file():
        what = f"holds no {SOURCE}" if Path(directory).is_dir() else "is not a directory"
        raise DocumentError(
            f"{directory} {what}.",
            next_step="Make one with: adakit schemas generate --from FILE|URL -o DIR",
        )
    return build_catalog(str(file))


_adopted: list[Catalog] = []


def adopt(other: Catalog | None) -> None:
    """Let the whole process work with another contract, or with the shipped one again for None.

    What was asked of the catalog before keeps the contract that it was made from.
    """
    _adopted[:] = [] if other is None else [other]


def adopted() -> Catalog | None:
    """The contract that the process works with in place of the shipped one, if there is such."""
    return _adopted[0] if _adopted else None


def catalog() -> Catalog:
    """The catalog that the process works with: that of the shipped transcription, or the adopted one."""
    return _adopted[0] if _adopted else shipped_catalog()


@lru_cache(maxsize=1)
def shipped_catalog() -> Catalog:
    """The catalog of the shipped transcription."""
    return build_catalog()


def event_names() -> list[str]:
    """The short names of the seven events, in documented order: ``conversation.created``, ..."""
    return [event.name for event in catalog().contract.events]


def event_named(name: str) -> Event:
    """The event of that name; see Catalog.event."""
    return catalog().event(name)


def load(name: str, *, closed: bool = False) -> dict[str, Any]:
    """The JSON Schema of an event, as a new dict.

    ``name`` with or without ``v1.``; ``closed`` selects the sender's form, in which nothing undocumented
    is valid. Raises UsageError for a name that is not an event.
    """
    return event_schema(event_named(name), closed=closed)
