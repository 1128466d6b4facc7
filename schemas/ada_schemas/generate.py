"""Writes the schema files, and tells whether the committed ones are what the documented source generates."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.catalog import SOURCE
from ada_schemas.emit import BUNDLE_ID, bundle, event_schema, schema_id
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from ada_schemas.catalog import Catalog
    from ada_schemas.shapes import Event

__all__ = ["committed_directory", "differences", "render", "write"]


def committed_directory() -> Path:
    """Where the committed schema files of this installation lie."""
    return Path(str(files("ada_schemas") / "v1"))


def render(catalog: Catalog) -> dict[str, str]:
    """Every file, by its path relative to the output directory; the same bytes for the same contract."""
    events = catalog.contract.events
    rendered = {f"{event.name}.schema.json": _text(event_schema(event)) for event in events}
    rendered["bundle.schema.json"] = _text(bundle(events))
    rendered["index.json"] = _text(_index(events))
    rendered[SOURCE] = _text(catalog.document)
    for event in events:
        if event.examples:
            rendered[f"examples/{event.name}.json"] = _text(event.examples[0].value)
    return rendered


def _index(events: tuple[Event, ...]) -> dict[str, Any]:
    return {
        "version": "v1",
        "bundle": {"$id": BUNDLE_ID, "schema": "bundle.schema.json"},
        "events": [_index_entry(event) for event in events],
    }


def _index_entry(event: Event) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": event.type,
        "name": event.name,
        "title": event.title,
        "description": event.description,
        "$id": schema_id(event),
        "schema": f"{event.name}.schema.json",
    }
    if event.examples:
        entry["example"] = f"examples/{event.name}.json"
        entry["exampleIsDocumented"] = event.examples[0].documented
    return entry


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write(catalog: Catalog, directory: Path) -> list[str]:
    """Write every file below ``directory`` (made if need be); returns the paths that changed.

    Raises UsageError when the directory cannot be written.
    """
    changed = []
    try:
        for name, text in render(catalog).items():
            path = directory / name
            if path.is_file() and path.read_bytes() == text.encode():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    except OSError as error:
        raise UsageError(f"{directory} cannot be written: {error.strerror}.") from error
    return changed


def differences(catalog: Catalog, directory: Path) -> list[str]:
    """Say how the files below ``directory`` differ from what the contract generates, a line each."""
    rendered = render(catalog)
    found = []
    for name, text in rendered.items():
        path = directory / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.read_bytes() != text.encode():
            found.append(f"{name} differs")
    existing = {p.relative_to(directory).as_posix() for p in directory.rglob("*.json")}
    found += [f"{name} is left over" for name in sorted(existing - set(rendered))]
    return found
