"""The sides of a comparison: a document (file or URL), a directory of schema files, our own contract."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.contract import DOCUMENTED, SOURCE, TRANSCRIPTION, read_contract, shipped
from ada_schemas.contract.documents import load_document, read_file, shown_location
from ada_schemas.contract.json_schema import event_schema
from ada_schemas.contract.openapi_reader import json_media, webhooks_of
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.drift.normal_form import Form, FormBuilder, Objects
from ada_schemas.drift.resolve import Resolver
from ada_schemas.errors import DocumentError
from ada_schemas.files.openapi import FORM_MARK
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from ada_schemas.contract.contract import Contract

__all__ = ["OURS", "Side", "Webhook", "opened", "our_side", "side_of"]

OURS = "adakit"
LOSSY = (
    f"{{name}} holds schemas for a receiver and no {SOURCE}: what they leave open (bounds, patterns, most"
    " formats, closed objects, required members of the envelope, types within a union) cannot be compared."
)
METHODS = ("post", "put")
PROSE = ("summary", "description", "operationId", "tags", "responses", "externalDocs", "deprecated")


@dataclass(frozen=True, slots=True)
class Webhook:
    """One event of a side.

    ``type`` is empty where the document does not say it. ``headers`` has documented parameters as members.
    ``prose`` is what is said of the event as a whole.
    """

    key: str
    type: str
    payload: Form
    headers: Form
    method: str = "post"
    media: str = "application/json"
    prose: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two contracts; ``published`` is a document as it stands, else schemas in the receiver's form."""

    name: str
    published: bool
    webhooks: tuple[Webhook, ...]
    prose: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def side_of(location: str) -> Side:
    """Read a document from a file or a URL, or a directory that ``schemas generate`` or ``export`` wrote.

    Of a directory, the document that it was made from is read; its schema files, which say less, only where
    that is missing. Raises DocumentError for what cannot be read or is neither.
    """
    if not _is_directory(location):
        return _of_document(load_document(location), shown_location(location))
    source = next((f / SOURCE for f in _folders(Path(location)) if (f / SOURCE).is_file()), None)
    if source is None:
        return _of_directory(Path(location))
    return _of_document(load_document(str(source)), location)


def _is_directory(location: str) -> bool:
    return not location.lower().startswith(("http://", "https://")) and Path(location).is_dir()


def _folders(directory: Path) -> tuple[Path, ...]:
    """The folders that may hold schema files: the directory itself, those of a checkout or a package."""
    return (directory, directory / "v1", directory / "ada_schemas" / "v1")


@cache
def our_side() -> Side:
    """The documented payloads as our transcription has them, without our corrections; read once a process."""
    text = (DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8")
    return _of_document(parse_yaml(text, name=TRANSCRIPTION), OURS)


def opened(side: Side, location: str | None) -> Side:
    """A side in the receiver's form, corrected, as directories have it; the side itself if it is that."""
    if not side.published:
        return side
    if location is not None and _is_directory(location):
        return _of_directory(Path(location))
    return _of_contract(shipped() if location is None else read_contract(location), side.name)


def _of_contract(built: Contract, name: str) -> Side:
    schemas = {event.name: event_schema(event) for event in built.events}
    return Side(name, published=False, webhooks=tuple(_of_schema(s, n) for n, s in schemas.items()))


def _of_directory(directory: Path) -> Side:
    for folder in _folders(directory):
        files = sorted(folder.glob("*.schema.json")) if folder.is_dir() else []
        events = [f for f in files if not f.name.startswith("bundle.") and ".closed." not in f.name]
        if events:
            break
    else:
        raise DocumentError(
            f"{directory} holds no schema files.",
            next_step="Name a directory that `adakit schemas export` or `generate` wrote.",
        )
    webhooks = []
    for file in events:
        schema = read_json(read_file(file), name=str(file))
        if not isinstance(schema, dict):
            raise DocumentError(f"{file} is not a schema of an event.")
        webhooks.append(_of_schema(schema, str(file)))
    has_source = any((f / SOURCE).is_file() for f in _folders(directory))
    notes = () if has_source else (LOSSY.format(name=directory),)
    return Side(str(directory), published=False, webhooks=tuple(webhooks), notes=notes)


def _of_schema(schema: dict[str, Any], name: str) -> Webhook:
    resolver = Resolver(schema, name)
    payload = FormBuilder(resolver, "").form(schema, "")
    event_type = _declared_type(payload)
    return Webhook(event_type or name, event_type, payload, _headers(resolver, [], name))


def _of_document(document: dict[str, Any], name: str) -> Side:
    webhooks = webhooks_of(document, name=name)
    described = document.get("info")
    is_receivers = isinstance(described, dict) and described.get(FORM_MARK) == "receiver"
    resolver = Resolver(document, name)
    found: list[Webhook] = []
    notes = []
    for key, item in webhooks.items():
        described = _of_item(resolver, str(key), item)
        if is_receivers:  # our own export documents what every delivery carries
            described = [replace(webhook, headers=_headers(resolver, [], name)) for webhook in described]
        if not described:
            notes.append(f"The webhook {key} of {name} has no body and is not compared.")
        found += described
    paths = document.get("paths")
    if isinstance(paths, dict) and paths:
        notes.append(
            f"{name} also describes {len(paths)} paths of a REST API (`paths:`); they are no part of the"
            " webhook contract and are not compared."
        )
    if is_receivers:
        notes.append(LOSSY.format(name=name))
    info = {k: v for k, v in document.items() if k in ("info", "tags", "externalDocs")}
    return Side(name, not is_receivers, tuple(found), info, tuple(notes))


def _of_item(resolver: Resolver, key: str, item: Any) -> list[Webhook]:
    """The events of a webhook: one, or one for each value of `type` where its body is one of several."""
    found = resolver.followed(item, key)
    method = next((m for m in METHODS if m in found), None)
    if method is None:
        return []
    operation = resolver.followed(found[method], f"{key}.{method}")
    place = f"{key}.{method}.requestBody"
    body = resolver.followed(operation.get("requestBody"), place)
    content = resolver.mapping(body.get("content"), f"{place}.content")
    media = json_media(content) or next(iter(content), None)
    if media is None:
        return []
    described = resolver.mapping(content[media], f"{place}.content.{media}")
    schema = described.get("schema", True)
    payload = FormBuilder(resolver, key).form(schema, "")
    parameters = [
        *resolver.listed(found.get("parameters"), f"{key}.parameters"),
        *resolver.listed(operation.get("parameters"), f"{key}.{method}.parameters"),
    ]
    prose = {name: _plain(operation[name]) for name in PROSE if name in operation}
    prose |= {"key": key} | {n: described[n] for n in ("example", "examples") if n in described}
    prose |= {k: v for k, v in operation.items() if str(k).startswith("x-")}
    headers = _headers(resolver, parameters, f"{key}.{method}.parameters")
    whole = Webhook(key, _type_of(payload, key), payload, headers, method, str(media), prose)
    return _split(resolver, schema, whole) or [whole]


def _split(resolver: Resolver, schema: Any, whole: Webhook) -> list[Webhook]:
    """The events of which a body is one, each under the key that we know it by; empty if it is no such."""
    known = {event.type: event.operation for event in shipped().events}
    found: list[Webhook] = []
    alternatives = resolver.alternatives(schema, whole.key)
    for alternative in alternatives if len(alternatives) > 1 else ():
        payload = FormBuilder(resolver, whole.key).form(alternative, "")
        event_type = _declared_type(payload)
        if not event_type or event_type in [webhook.type for webhook in found]:
            return []
        key = known.get(event_type, f"{whole.key}:{event_type}")
        found.append(replace(whole, key=key, type=event_type, payload=payload))
    return found


def _plain(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _headers(resolver: Resolver, parameters: list[Any], place: str) -> Form:
    """Documented parameters as the members of an object, named ``header:x-name``."""
    properties, required = {}, []
    for parameter in parameters:
        found = resolver.followed(parameter, place)
        name = f"{found.get('in', 'header')}:{str(found.get('name', '')).lower()}"
        properties[name] = found.get("schema", True)
        required += [name] if found.get("required") is True else []
    schema = {"type": "object", "properties": properties, "required": required}
    return FormBuilder(resolver, place).form(schema, "")


def _declared_type(payload: Form) -> str:
    objects = payload.kinds.get("object")
    if not isinstance(objects, Objects) or len(objects.branches) != 1:
        return ""
    return str(objects.branches[0].constant("type") or "")


def _type_of(payload: Form, key: str) -> str:
    """The event type as the document declares it, else as our corrections know it for this webhook."""
    declared = _declared_type(payload)
    if declared:
        return declared
    for correction in shipped().corrections:
        if "event" in correction.actions and correction.operation == key:
            return str(correction.actions["event"])
    return ""
