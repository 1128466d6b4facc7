"""The contract: a document's events, corrected, with what ties their members together.

A contract is a value that is passed on; nothing here is set for the whole process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ada_schemas.contract.constraints import Constraint, read_constraints
from ada_schemas.contract.corrections import Correction, apply_corrections, read_corrections
from ada_schemas.contract.documents import load_document, read_text
from ada_schemas.contract.event_types import typed
from ada_schemas.contract.examples import with_valid_examples
from ada_schemas.contract.excerpt import webhooks_alone
from ada_schemas.contract.fitting import accepts
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.openapi_reader import read_events, webhooks_of
from ada_schemas.contract.paths import ABSENT, get
from ada_schemas.contract.profile import PROFILE_FILE, Profile, read_profile
from ada_schemas.contract.proposal import Proposal, proposed
from ada_schemas.contract.shapes import short_name
from ada_schemas.contract.versions import Version, read_versions, versioned
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import DocumentError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_schemas.contract.shapes import Event

__all__ = [
    "DOCUMENTED",
    "SOURCE",
    "TRANSCRIPTION",
    "Contract",
    "ada_profile",
    "contract_in",
    "contract_of",
    "event_names",
    "load",
    "profile_in",
    "read_contract",
    "released_versions",
    "shipped",
]

T = TypeVar("T")

DOCUMENTED = files("ada_schemas") / "documented"
TRANSCRIPTION = "ada-webhooks.openapi.yaml"
SOURCE = "source.openapi.json"
"""The file of a generated directory that holds the document it was generated from."""


@dataclass(frozen=True, eq=False)
class Contract:
    """The events of a document, in documented order, with what corrected them and what ties them together.

    ``document`` is what it was read from, as far as its webhooks need it; ``profile`` is how its provider
    delivers, ``proposal`` what the document suggests of that; ``warnings`` says what of the document could
    not be used, and why. A contract equals itself alone, so that what is computed from it can be kept by it.
    """

    events: tuple[Event, ...]
    corrections: tuple[Correction, ...]
    constraints: tuple[Constraint, ...]
    document: dict[str, Any]
    profile: Profile
    proposal: Proposal
    warnings: tuple[str, ...] = ()

    @property
    def is_ada(self) -> bool:
        """True for the default provider's: its people, conversations and API are known here."""
        return self.profile.namespace == ada_profile().namespace

    @cached_property
    def event_names(self) -> tuple[str, ...]:
        """The short names of the events, in documented order: ``conversation.created``, ..."""
        return tuple(event.name for event in self.events)

    @cached_property
    def by_type(self) -> dict[str, Event]:
        """The events by their type on the wire, of several of one type the first."""
        return {event_type: events[0] for event_type, events in self._of_type.items()}

    @cached_property
    def _of_type(self) -> dict[str, tuple[Event, ...]]:
        found: dict[str, tuple[Event, ...]] = {}
        for event in self.events:
            found[event.type] = (*found.get(event.type, ()), event)
        return found

    def of_type(self, event_type: str) -> tuple[Event, ...]:
        """The events of a type: several where a webhook has payloads of several shapes."""
        return self._of_type.get(event_type, ())

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

    def name_in(self, payload: Any) -> str:
        """The short name of the event type that a payload says, "" where it says none."""
        said = get(payload, self.profile.type_path) if self.profile.type_path else ABSENT
        if not isinstance(said, str) or not said:
            return ""
        known = self.of_type(said)
        if len(known) > 1:
            known = tuple(each for each in known if accepts(each.payload, payload)) or known
        return known[0].name if known else short_name(said)

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
def ada_profile() -> Profile:
    """How Ada delivers."""
    name = f"documented/{PROFILE_FILE}"
    return read_profile((DOCUMENTED / PROFILE_FILE).read_text(encoding="utf-8"), name=name)


@cache
def shipped() -> Contract:
    """Our own contract, from the transcription that adakit ships."""
    return contract_of(_data(TRANSCRIPTION), name=TRANSCRIPTION)


def read_contract(location: str, *, beside: str | None = None) -> Contract:
    """The contract of an OpenAPI document (path or URL); raises DocumentError when it cannot be used.

    ``beside`` is a directory with what its user says of it: ``profile.toml``, and ``corrections.yaml`` and
    ``constraints.yaml`` as those of Ada's document. Each may be missing.
    """
    return contract_of(load_document(location), name=location, beside=beside)


def contract_in(directory: str) -> Contract:
    """The contract of a directory that the command wrote; raises DocumentError."""
    file = Path(directory) / SOURCE
    if not file.is_file():
        what = f"holds no {SOURCE}" if Path(directory).is_dir() else "is not a directory"
        raise DocumentError(
            f"{directory} {what}.", next_step="Make one with: adakit init --from FILE|URL -o DIR"
        )
    return read_contract(str(file), beside=directory)


def profile_in(directory: str) -> Profile:
    """The profile of a contract's directory, without its events where it says it; raises DocumentError."""
    said = _profile(Path(directory)) if (Path(directory) / SOURCE).is_file() else None
    return said or contract_in(directory).profile


def contract_of(document: dict[str, Any], *, name: str, beside: str | None = None) -> Contract:
    """The contract of a document that was loaded, which errors call ``name``; as `read_contract` else."""
    folder = None if beside is None else Path(beside)
    published, unread = read_events(document, name=name)
    is_adas = any(c.operation in webhooks_of(document, name=name) for c in _our_corrections())
    corrections = _said(folder, "corrections.yaml", read_corrections, _our_corrections() if is_adas else ())
    constraints = _said(folder, "constraints.yaml", read_constraints, _our_constraints() if is_adas else ())
    corrected, unfit = apply_corrections(published, corrections, name=name)
    proposal = proposed(document, corrected)
    profile = _profile(folder) or (ada_profile() if is_adas else proposal.profile)
    events, left_out = typed(corrected, profile, name=name)
    events, wrong = with_valid_examples(events, name=name)
    warnings = (*unread, *wrong, *left_out, *unfit)
    if not events:
        raise DocumentError(f"{name} names no event type that can be used.", next_step="\n".join(warnings))
    events = versioned(events, released_versions())
    return Contract(events, corrections, constraints, webhooks_alone(document), profile, proposal, warnings)


def _profile(beside: Path | None) -> Profile | None:
    """The profile in a directory, None where there is none; raises DocumentError for a bad one."""
    if beside is None or not (beside / PROFILE_FILE).is_file():
        return None
    return read_profile(read_text(beside / PROFILE_FILE), name=str(beside / PROFILE_FILE))


def _said(
    beside: Path | None, file: str, read: Callable[..., tuple[T, ...]], otherwise: tuple[T, ...]
) -> tuple[T, ...]:
    """What a file of a directory holds, where there is one."""
    if beside is None or not (beside / file).is_file():
        return otherwise
    name = str(beside / file)
    held = parse_yaml(read_text(beside / file), name=name)
    return otherwise if held is None else read(held, name=name)


def event_names(*, contract: Contract | None = None) -> list[str]:
    """The short names of a contract's events, ours if none is given, in documented order."""
    return list((contract or shipped()).event_names)


def load(name: str, *, closed: bool = False, contract: Contract | None = None) -> dict[str, Any]:
    """The JSON Schema of an event of a contract, ours if none is given, as a new dict.

    ``name`` with or without ``v1.``; ``closed`` selects the sender's form, in which nothing undocumented
    is valid. Raises UsageError for a name that is not an event.
    """
    return event_schema((contract or shipped()).event(name), closed=closed)
