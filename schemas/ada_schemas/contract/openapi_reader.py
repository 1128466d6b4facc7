"""From an OpenAPI document that describes webhooks to the contract as published.

The same reader serves our transcription, Ada's own openapi.yaml and the documents of other providers. What of
a document cannot be used is left out and named in the warnings; the rest goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_schemas.contract.bundling import SECTIONS
from ada_schemas.contract.component_reader import MAX_DEPTH, MAX_PLACES, TooLargeError
from ada_schemas.contract.keywords import text_of
from ada_schemas.contract.omissions import Omissions, UnusableError
from ada_schemas.contract.references import References
from ada_schemas.contract.schema_parts import contains_itself, is_unread, unusable
from ada_schemas.contract.schema_reader import SchemaReader
from ada_schemas.contract.shapes import Event, Example, Object, Union
from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.contract.shapes import Shape

__all__ = ["json_media", "read_events", "webhooks_of"]

LEVELS = (MAX_DEPTH, 8, 5, 4, 3)
"""How many levels of members are read: fewer where a payload would have too many members."""


def read_events(document: dict[str, Any], *, name: str) -> tuple[tuple[Event, ...], list[str]]:
    """Every webhook of a document as an event, and warnings; ``name`` is what errors call the document.

    What cannot be used is left out with a warning. A webhook whose body is one of several objects is an event
    for each of them. Raises DocumentError when the document has no webhook that can be used.
    """
    reader = _Reader(document, name)
    webhooks = webhooks_of(document, name=name)
    events = [event for key, item in webhooks.items() for event in reader.events(str(key), item)]
    warnings = reader.omissions.warnings(name)
    if not events:
        if not reader.described:
            raise DocumentError(f"{name} has no webhook with a JSON request body.")
        raise DocumentError(f"{name} has no webhook that can be used.", next_step="\n".join(warnings))
    return tuple(events), warnings


def webhooks_of(document: dict[str, Any], *, name: str) -> dict[Any, Any]:
    """The ``webhooks:`` of a document, without extensions; raises DocumentError where there are none."""
    for section in SECTIONS:
        webhooks = document.get(section)
        if isinstance(webhooks, dict) and webhooks:
            return {key: item for key, item in webhooks.items() if not str(key).startswith("x-")}
    version = document.get("openapi") or document.get("swagger")
    what = f"an OpenAPI {version} document" if version else "no OpenAPI document"
    raise DocumentError(
        f"{name} has no `webhooks:` section (it is {what}).",
        next_step="Webhooks are part of OpenAPI since 3.1; name the document that describes them.",
    )


class _Reader(References):
    """Reads the webhooks of one document; ``described`` is true when one of them had a JSON body."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        super().__init__(document, name)
        self.omissions = Omissions()
        self.described = False
        self._readers = {levels: SchemaReader(document, name, self.omissions, levels) for levels in LEVELS}

    def events(self, key: str, item: Any) -> list[Event]:
        """The events of a webhook; none if it cannot be used."""
        try:
            return self._events(key, item)
        except UnusableError as error:
            self.omissions.note(key, error)
        except DocumentError as error:
            self.described = True
            said = error.what.removeprefix(f"{self.name}: ").rstrip(".")
            self.omissions.note(
                key,
                unusable(
                    f"webhook {{}} cannot be read ({said})", f"the webhooks {{}} cannot be read ({said})"
                ),
            )
        return []

    def _events(self, key: str, item: Any) -> list[Event]:
        item = self.followed(item, key)
        operation = self.followed(item.get("post") or item.get("put"), f"{key}.post")
        body = self.followed(operation.get("requestBody"), f"{key}.post.requestBody")
        content = self.mapping(body.get("content"), f"{key}.post.requestBody.content")
        media = content.get(json_media(content))
        if not isinstance(media, dict) or "schema" not in media:
            raise unusable("webhook {} has no JSON request body", "the webhooks {} have no JSON request body")
        self.described = True
        examples = tuple(self._examples(media, key))
        headers = tuple(self._headers(item, operation, key))
        payloads = self._payloads(media["schema"], key)
        title = str(operation.get("summary") or key).removeprefix("Webhook: ")
        description = text_of(operation.get("description"))
        return [
            Event(
                type="",
                operation=name,
                title=title,
                description=description,
                payload=payload,
                examples=examples or tuple(_examples_of(payload)),
                headers=headers,
                of=key,
            )
            for name, payload in payloads
        ]

    def _payloads(self, schema: Any, key: str) -> list[tuple[str, Object]]:
        """The objects that the body of a webhook may be, each with the name of its operation."""
        shape = self._payload(schema, key)
        if contains_itself(shape):
            raise unusable(
                "the payload of webhook {} contains itself without an end",
                "the payloads of the webhooks {} contain themselves without an end",
            )
        if isinstance(shape, Object):
            return [(key, shape)]
        if isinstance(shape, Union):
            objects = [(f"{key}:{b.tag}", b.shape) for b in shape.branches if isinstance(b.shape, Object)]
            if objects:
                return objects if len(objects) > 1 else [(key, objects[0][1])]
        if is_unread(shape) and not shape.nullable:  # that has been said
            return []
        raise unusable(
            "the payload of webhook {} is not an object", "the payloads of the webhooks {} are not objects"
        )

    def _payload(self, schema: Any, key: str) -> Shape:
        for levels in LEVELS:
            try:
                shape = self._readers[levels].payload(schema, f"{key}#")
            except TooLargeError:
                continue
            if levels < MAX_DEPTH:
                deep = f"more than {MAX_PLACES:,} members: optional ones more than {levels} levels deep"
                self.omissions.note(
                    key, unusable(f"webhook {{}} describes {deep}", f"the webhooks {{}} describe {deep}")
                )
            return shape
        said = f"more than {MAX_PLACES:,} members"
        raise unusable(f"webhook {{}} describes {said}", f"the webhooks {{}} describe {said}")

    def _headers(self, item: dict[str, Any], operation: dict[str, Any], key: str) -> Iterator[str]:
        for node in (item.get("parameters"), operation.get("parameters")):
            for parameter in node if isinstance(node, list) else ():
                held = self.followed(parameter, f"{key}.parameters")
                if held.get("in") == "header" and isinstance(held.get("name"), str):
                    yield held["name"]

    def _examples(self, media: dict[str, Any], key: str) -> list[Example]:
        found = []
        listed = media.get("examples")
        for label, example in listed.items() if isinstance(listed, dict) else ():
            try:
                value = self.followed(example, key).get("value")
            except DocumentError:
                continue
            if isinstance(value, dict):
                found.append(Example(str(label), str(label) != "ours", value))
        if isinstance(media.get("example"), dict):
            found.append(Example("documented", documented=True, value=media["example"]))
        return found


def _examples_of(payload: Object) -> Iterator[Example]:
    """The examples that a schema has of the whole payload."""
    for value in payload.examples:
        if isinstance(value, dict):
            yield Example("documented", documented=True, value=value)


def json_media(content: dict[str, Any]) -> str:
    """The first media type of a body that is JSON, whatever its parameters; empty where none is."""
    found = {str(media): str(media).partition(";")[0].strip().lower() for media in content}
    for media, base in found.items():
        if base in ("application/json", "text/json") or (
            base.startswith("application/") and base.endswith("+json")
        ):
            return media
    return next((media for media, base in found.items() if base in ("*/*", "application/*")), "")
