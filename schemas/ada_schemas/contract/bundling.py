"""One document of several files: what its webhooks refer to in other files becomes components of it.

A reference may lead to any file below the folder of the first document, or to any URL of its host: whoever
names a document trusts what was published with it, and nothing else. Other references stay as they are, and
what refers to them cannot be used.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from ada_schemas.contract.references import inside, steps_of
from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SECTIONS", "bundled"]

SECTIONS = ("webhooks", "x-webhooks")
"""Where a document has its webhooks: OpenAPI 3.0 has no place of its own for them."""
MAX_FILES = 500
MAX_INLINED = 20
"""How many references are followed for one part that is no schema."""
SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
VALUES = ("example", "examples", "default", "const", "enum")
"""Keywords of a schema that hold values, in which nothing is a reference."""

Place = tuple[str, str]
"""A part of a file: the file's location, and the fragment that leads to the part."""


def bundled(document: dict[str, Any], location: str, load: Callable[[str], Any]) -> dict[str, Any]:
    """The document with all that its webhooks refer to, as far as it may be loaded; itself if nothing is.

    ``load`` gives what a file holds, or raises DocumentError.
    """
    if not any(_leads_out(document.get(part)) for part in (*SECTIONS, "components")):
        return document
    return _Bundle(document, location, load).made()


def _leads_out(node: Any) -> bool:
    """True if a reference in a part of a document leads out of it."""
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                return True
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return False


class _Bundle:
    def __init__(self, document: dict[str, Any], location: str, load: Callable[[str], Any]) -> None:
        self._document, self._load = document, load
        self._is_url = bool(re.match("https?://", location, re.IGNORECASE))
        self._root = location if self._is_url else str(Path(location).resolve())
        self._files: dict[str, Any] = {self._root: document}
        self._refused: set[str] = set()
        held = document.get("components")
        self._components: dict[str, Any] = (
            {str(kind): dict(parts) for kind, parts in held.items() if isinstance(parts, dict)}
            if isinstance(held, dict)
            else {}
        )
        self._names: dict[Place, str] = {}
        self._pending: list[tuple[str, str, Any, str]] = []
        self._reached: set[tuple[str, str]] = set()

    def made(self) -> dict[str, Any]:
        """The document in one."""
        parts = {
            section: self._rewritten(self._document[section], self._root, in_schema=False)
            for section in SECTIONS
            if section in self._document
        }
        while self._pending:
            kind, name, node, file = self._pending.pop()
            self._components.setdefault(kind, {})[name] = self._rewritten(
                node, file, in_schema=kind == "schemas"
            )
        return {**self._document, **parts, "components": self._components}

    def _rewritten(self, node: Any, file: str, *, in_schema: bool, inlined: int = 0) -> Any:
        """A node of a file as it stands in the bundle."""
        if isinstance(node, list):
            return [self._rewritten(each, file, in_schema=in_schema, inlined=inlined) for each in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and not in_schema:
            return self._inlined(node, reference, file, inlined)
        made: dict[Any, Any] = {}
        for key, value in node.items():
            if in_schema and key == "$ref" and isinstance(value, str):
                made[key] = self._reference(value, file)
            elif in_schema and key in VALUES:
                made[key] = value
            elif in_schema and key in SCHEMAS_BY_NAME and isinstance(value, dict):
                made[key] = {n: self._rewritten(each, file, in_schema=True) for n, each in value.items()}
            elif in_schema and key == "discriminator" and isinstance(value, dict):
                made[key] = self._discriminator(value, file)
            elif not in_schema and key == "value":
                made[key] = value
            else:
                inner = in_schema or key == "schema"
                made[key] = self._rewritten(value, file, in_schema=inner, inlined=inlined)
        return made

    def _discriminator(self, node: dict[str, Any], file: str) -> dict[str, Any]:
        mapping = node.get("mapping")
        if not isinstance(mapping, dict):
            return node
        targets = {
            tag: self._reference(target, file)
            if isinstance(target, str) and re.search("[/#]", target)
            else target
            for tag, target in mapping.items()
        }
        return {**node, "mapping": targets}

    def _inlined(self, node: dict[str, Any], reference: str, file: str, inlined: int) -> Any:
        """What a reference that is no schema's leads to, with what stands beside it; a local one stays."""
        place = self._place(reference, file)
        if place is None or inlined > MAX_INLINED:
            return node
        if place[0] == self._root:
            self._reach(place[1])
            return {**node, "$ref": f"#{place[1]}"}
        found, target = self._found(place)
        if not found or not isinstance(target, dict):
            return node
        held = self._rewritten(target, place[0], in_schema=False, inlined=inlined + 1)
        return {**held, **{k: v for k, v in node.items() if k != "$ref"}}

    def _reference(self, reference: str, file: str) -> str:
        """A reference of a schema in a file, as it is in the bundle."""
        place = self._place(reference, file)
        if place is None:
            return reference
        if place[0] == self._root and (place[1].startswith("/components/") or file == self._root):
            self._reach(place[1])
            return f"#{place[1]}"
        if place not in self._names:
            found, target = self._found(place)
            if not found:
                return reference
            self._names[place] = name = self._free_name(place)
            self._components.setdefault("schemas", {})[name] = None
            self._pending.append(("schemas", name, target, place[0]))
        return f"#/components/schemas/{self._names[place]}"

    def _reach(self, fragment: str) -> None:
        """Rewrite the component of the first document that a fragment leads to."""
        steps = steps_of(f"#{fragment}")
        if len(steps) < 3 or steps[0] != "components":
            return
        kind, name = steps[1], steps[2]
        held = self._components.get(kind)
        if (kind, name) not in self._reached and isinstance(held, dict) and name in held:
            self._reached.add((kind, name))
            self._pending.append((kind, name, held[name], self._root))

    def _place(self, reference: str, file: str) -> Place | None:
        """Where a reference in a file leads; None where that may not be read."""
        where, _, fragment = reference.partition("#")
        if not where:
            return file, fragment
        if self._is_url:
            target = urljoin(file, where)
            allowed = urlsplit(target)[:2] == urlsplit(self._root)[:2]
        else:
            path = (Path(file).parent / unquote(where)).resolve()
            target, allowed = str(path), path.is_relative_to(Path(self._root).parent)
        return (target, fragment) if allowed and self._holds(target) else None

    def _holds(self, file: str) -> bool:
        """True if a file is held, or can be loaded."""
        if file not in self._files and file not in self._refused:
            try:
                tried = len(self._files) + len(self._refused)
                held = self._load(file) if tried < MAX_FILES else None
            except DocumentError:
                held = None
            if held is None:
                self._refused.add(file)
            else:
                self._files[file] = held
        return file in self._files

    def _found(self, place: Place) -> tuple[bool, Any]:
        node = self._files[place[0]]
        for step in steps_of(f"#{place[1]}") if place[1].strip("/") else ():
            try:
                node = inside(node, step)
            except LookupError:
                return False, None
        return True, node

    def _free_name(self, place: Place) -> str:
        """A name for a component: that of the part, else that of its file."""
        last = steps_of(f"#{place[1]}")[-1] if place[1].strip("/") else ""
        stem = Path(urlsplit(place[0]).path if self._is_url else place[0]).name.partition(".")[0]
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", last or stem) or "Part"
        taken = self._components.get("schemas", {})
        number, name = 1, plain
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        return name
