"""The schema files: written to a directory, or compared with what the documented source generates.

A *directory* of schema files is what ``schemas generate -o DIR`` and ``export`` write. The *committed* files
are those of this installation: the directory ``v1``, the typed models beside it and, where this is a checkout
of the project and no wheel, the npm package's ``package.json``.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.contract import SOURCE, released_versions
from ada_schemas.contract.json_schema import bundle, bundle_id, event_schema, schema_id
from ada_schemas.contract.samples import complete
from ada_schemas.contract.versions import changelog
from ada_schemas.errors import UsageError
from ada_schemas.files.openapi import asyncapi_document, openapi_document
from ada_schemas.files.types import declarations, models
from ada_schemas.variation.enumeration import variants

if TYPE_CHECKING:
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Event

__all__ = [
    "as_file",
    "committed_directory",
    "committed_root",
    "differences",
    "remove_left_over",
    "render",
    "render_closed",
    "render_committed",
    "slug_of",
    "write",
]

GENERATED = ("*.json", "*.d.ts", "CHANGES.md", "models.py")


def committed_directory() -> Path:
    """The folder of the committed schema files of this installation."""
    return committed_root() / "ada_schemas" / "v1"


def committed_root() -> Path:
    """The folder that holds the package ``ada_schemas``: ``schemas/`` in a checkout."""
    return Path(str(files("ada_schemas"))).parent


def is_checkout() -> bool:
    """True in a checkout of the project, which holds more generated files than a wheel."""
    return (committed_root().parent / "pyproject.toml").is_file() and committed_root().name == "schemas"


def render(contract: Contract, *, cases: bool = False) -> dict[str, str]:
    """Every file of a directory, by its relative path; the same bytes for the same contract.

    ``cases`` adds an example file for every case, below ``cases/``, with an index by case id.
    """
    rendered = _directory(contract)
    rendered["models.py"] = models(contract.events)
    if cases:
        rendered |= {f"cases/{name}": text for name, text in _case_files(contract).items()}
    return rendered


def render_closed(contract: Contract) -> dict[str, str]:
    """The schemas in the sender's form, by the name of their file."""
    return {f"{e.name}.closed.schema.json": as_file(event_schema(e, closed=True)) for e in contract.events}


def render_committed(contract: Contract) -> dict[str, str]:
    """Every committed file, by its path relative to ``committed_root()``."""
    directory = _directory(contract)
    if not is_checkout():
        # A wheel holds the schemas alone; `export` writes the rest.
        directory = {n: t for n, t in directory.items() if n.endswith(".schema.json") or n == "index.json"}
    rendered = {f"ada_schemas/v1/{name}": text for name, text in directory.items()}
    rendered["ada_schemas/models.py"] = models(contract.events)
    if is_checkout():
        rendered["package.json"] = _package_json(contract.version)
    return rendered


def _directory(contract: Contract) -> dict[str, str]:
    events = contract.events
    rendered = {f"{event.name}.schema.json": as_file(event_schema(event)) for event in events}
    rendered["bundle.schema.json"] = as_file(bundle(events))
    rendered["index.json"] = as_file(_index(contract))
    rendered["openapi.json"] = as_file(openapi_document(events, contract.version))
    rendered["asyncapi.json"] = as_file(asyncapi_document(events, contract.version))
    rendered["events.d.ts"] = declarations(events)
    rendered[SOURCE] = as_file(contract.document)
    if not contract.version.startswith("custom-"):
        rendered["CHANGES.md"] = changelog(released_versions())
    for event in events:
        if event.examples:
            rendered[f"examples/{event.name}.json"] = as_file(event.examples[0].value)
    return rendered


def _case_files(contract: Contract) -> dict[str, str]:
    """The files below ``cases/``; the base of every case is the event's example, completed."""
    rendered: dict[str, str] = {}
    entries = []
    for event in contract.events:
        base = complete(event.payload, event.examples[0].value if event.examples else event.envelope())
        for variant in variants(event.name, base, contract=contract):
            file = _free(f"{event.name}/{slug_of(variant.id)}", rendered)
            rendered[file] = as_file(variant.payload)
            said = {"id": variant.id, "rule": variant.rule, "event": event.type, "summary": variant.summary}
            entries.append(said | {"file": file})
    rendered["index.json"] = as_file({"cases": entries})
    return rendered


def slug_of(case_id: str) -> str:
    """The name of a case's file, without its ending: only ``a-z``, ``0-9``, ``.``, ``_`` and ``-``."""
    _, _, tail = case_id.partition("/")
    return re.sub(r"[^a-z0-9._-]+", "-", tail.lower()).strip("-.") or "case"


def _free(name: str, taken: dict[str, str]) -> str:
    number, free = 1, f"{name}.json"
    while free in taken:
        number += 1
        free = f"{name}-{number}.json"
    return free


def _package_json(version: str) -> str:
    """The npm package, kept by hand but for its version, which is that of the contract."""
    kept = json.loads((committed_root() / "package.json").read_text(encoding="utf-8"))
    return as_file(kept | {"version": version})


def _index(contract: Contract) -> dict[str, Any]:
    events = contract.events
    return {
        "version": "v1",
        "contract": contract.version,
        "bundle": {"$id": bundle_id(events), "schema": "bundle.schema.json"},
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


def as_file(value: Any) -> str:
    """The text of a JSON file: that of ``json.dumps`` with an indent, which takes three times as long."""
    return _text(value, "\n") + "\n"


def _text(value: Any, line: str) -> str:
    """The JSON text of a value; ``line`` begins a line of what it stands in."""
    if isinstance(value, str):
        return encode_basestring(value)
    inner = f"{line}  "
    if isinstance(value, dict) and value:
        named = ((key if isinstance(key, str) else json.dumps(key), each) for key, each in value.items())
        members = [f"{inner}{encode_basestring(name)}: {_text(each, inner)}" for name, each in named]
        return f"{{{','.join(members)}{line}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{','.join([inner + _text(each, inner) for each in value])}{line}]"
    return json.dumps(value)


def write(rendered: dict[str, str], directory: Path) -> list[str]:
    """Write files below ``directory``; returns the paths that changed; raises UsageError if it cannot."""
    changed = []
    try:
        for name, text in rendered.items():
            path = directory / name
            if path.is_file() and path.read_bytes() == text.encode():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    except OSError as error:
        raise UsageError(f"{directory} cannot be written: {error.strerror}.") from error
    return changed


def differences(rendered: dict[str, str], directory: Path, *, within: str = "") -> list[str]:
    """Say how the files below ``directory`` differ from what was rendered, a line each.

    ``within`` is the folder in which nothing else may lie that looks generated.
    """
    found = []
    for name, text in rendered.items():
        path = directory / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.read_bytes() != text.encode():
            found.append(f"{name} differs")
    return found + [f"{name} is left over" for name in _left_over(rendered, directory, within)]


def _left_over(rendered: dict[str, str], directory: Path, within: str) -> list[str]:
    existing = {
        p.relative_to(directory).as_posix()
        for pattern in GENERATED
        for p in (directory / within).rglob(pattern)
    }
    return sorted(existing - set(rendered))


def remove_left_over(rendered: dict[str, str], directory: Path, *, within: str) -> list[str]:
    """Remove what lies in the folder ``within`` and was generated once; returns the removed paths."""
    names = _left_over(rendered, directory, within)
    for name in names:
        (directory / name).unlink()
    return names
