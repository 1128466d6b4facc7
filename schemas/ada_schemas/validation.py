"""Validates payloads and says, in the words of the contract, what is wrong and where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from ada_schemas.contract.constraints import violations
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.fitting import has_pattern
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.paths import ABSENT, get, json_type
from ada_schemas.errors import UsageError, either, some
from ada_schemas.jsonschema_errors import Fault, faults, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.contract import Contract

__all__ = ["Violation", "validate"]


DEMANDS = {
    "maxLength": "at most {} characters",
    "minLength": "at least {} characters",
    "format": "the format {}",
    "pattern": "a text with the pattern {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "uniqueItems": "entries that differ",
}
"""What a keyword demands, in words."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a payload.

    ``path`` is a payload path (``data.ended_by.role``, empty for the payload itself), ``expected`` and
    ``got`` are phrases.
    """

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.path or 'the payload'}: expected {self.expected}, got {self.got}"


_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_formats.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or (bool(urlsplit(value).scheme) and " " not in value)


def _pattern(_: Any, pattern: str, text: Any, __: Any) -> Iterator[ValidationError]:
    """The keyword as others take it: a pattern that Python has not is one, and none takes long."""
    if isinstance(text, str) and not has_pattern(pattern, text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


_Validator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # it has no types
    Draft202012Validator, {"pattern": _pattern}
)


@lru_cache(maxsize=32)
def _reference(contract: Contract, name: str, closed: bool) -> Draft202012Validator:
    schema = event_schema(contract.event(name), closed=closed)
    return _Validator(schema, format_checker=_formats if closed else None)


@lru_cache(maxsize=16)
def _fast(contract: Contract, name: str) -> Any:
    return jsonschema_rs.Draft202012Validator(event_schema(contract.event(name)))


def _passes(contract: Contract, name: str, payload: Any) -> bool:
    """True if a payload is certainly valid."""
    try:
        return bool(_fast(contract, name).is_valid(payload))
    except (UnicodeEncodeError, SystemError):
        # A lone surrogate, which JSON can spell and Rust's texts cannot hold; jsonschema-rs 0.35 fails at it.
        return False


def validate(
    payload: Any, *, event: str | None = None, closed: bool = False, contract: Contract | None = None
) -> list[Violation]:
    """Check one payload by a contract, ours if none is given; an empty list means that it is valid.

    ``event`` names the event (with or without ``v1.``); if None it is taken from the payload, from the member
    that the contract's profile names, and a type that is not documented is valid as a versioning policy asks,
    but not ``closed``. ``closed`` also demands what constraints.yaml ties together. Raises UsageError for an
    unknown ``event``, and for none where payloads do not say their type.
    """
    contract = contract or shipped()
    if event is None:
        place = contract.profile.type_path
        if not place:
            raise UsageError(
                "A payload of this contract does not say of which type it is.",
                next_step=f"Name its event. The events are: {some(contract.event_names)}.",
            )
        if not isinstance(payload, dict):
            usual = ", ".join(member.name for member in contract.events[0].payload.members if member.required)
            return [Violation("", f"an object with {' and '.join(usual.rsplit(', ', 1))}", _phrase(payload))]
        kind = get(payload, place)
        known = contract.by_type
        if not isinstance(kind, str):
            got = "nothing" if kind is ABSENT else _phrase(kind)
            return [Violation(place, f"an event type such as {next(iter(known))}", got)]
        if kind not in known:
            return [Violation(place, f"one of {', '.join(known)}", _phrase(kind))] if closed else []
        alike = contract.of_type(kind)
        if len(alike) > 1:
            judged = (validate(payload, event=each.name, closed=closed, contract=contract) for each in alike)
            return min(judged, key=len)
        event = known[kind].name
    name = contract.event(event).name
    if not closed and _passes(contract, name, payload):
        return []
    errors = _reference(contract, name, closed).iter_errors(payload)
    found = list(dict.fromkeys(_violation(fault) for error in errors for fault in faults(error)))
    if closed and not found:
        found = [
            Violation("", f"a coherent event ({sentence})", "this combination")
            for sentence in violations(contract.constraints_of(contract.event(name)), payload)
        ]
    return found


def _violation(fault: Fault) -> Violation:
    got = "nothing" if fault.keyword == "required" else _phrase(fault.got)
    return Violation(".".join(map(str, fault.path)), _expectation(fault), got)


def _expectation(fault: Fault) -> str:
    match fault.keyword:
        case "required":
            return "a value"
        case "additionalProperties" if fault.demanded is False:
            return "no such member"
        case "anyOf":
            return either(dict.fromkeys(_alternatives(fault.demanded)))
        case keyword if keyword in DEMANDS:
            return DEMANDS[keyword].format(fault.demanded)
    return _describe({fault.keyword: fault.demanded})


def _alternatives(branches: list[Any]) -> Iterator[str]:
    for branch in branches:
        tags = [p["const"] for p in branch.get("properties", {}).values() if "const" in p]
        phrase = f"an object of type {tags[0]}" if tags else _describe(branch)
        if "not" in json.dumps(branch):
            phrase = "an object of another type"
        if phrase == "a string" and any("enum" in b for b in branches):
            phrase = "another string"
        yield phrase


def _describe(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(str(v) for v in schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, str):
        length = f" of at most {schema['maxLength']} characters" if "maxLength" in schema else ""
        form = f" in the format {schema['format']}" if "format" in schema else ""
        return kinds(kind) + length + form
    return f"what {', '.join(schema)} demands"


def _phrase(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= 60 else text[:57] + "..."
    if value is None or isinstance(value, str):
        return text
    kind = json_type(value)
    return f"{text} ({'list' if kind == 'array' else kind})"
