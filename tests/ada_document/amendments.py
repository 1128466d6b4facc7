"""Ada's documents, with the amendments of ``amendments.yaml``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ada_schemas.contract.documents import load_document
from ada_schemas.contract.yaml_reader import parse_yaml

__all__ = ["AMENDMENTS", "NAMES", "ada_documents", "amend", "stale"]

NAMES = ("openapi.yaml", "data-export.openapi.yaml", "data-compliance.openapi.yaml")
"""The files of Ada's documents, the first of which ADAKIT_ADA_OPENAPI names."""

AMENDMENTS: dict[str, list[dict[str, Any]]] = parse_yaml(
    (Path(__file__).parent / "amendments.yaml").read_text(encoding="utf-8"), name="amendments.yaml"
)
"""The amendments of each of `NAMES`."""


def ada_documents() -> dict[str, dict[str, Any]]:
    """The documents that are there, as they are, by name."""
    location = os.environ.get("ADAKIT_ADA_OPENAPI")
    if not location:
        return {}
    files = {name: Path(location).with_name(name) for name in NAMES[1:]}
    return {
        NAMES[0]: load_document(location),
        **{name: load_document(str(file)) for name, file in files.items() if file.exists()},
    }


GENERAL = ("401", "403", "404", "406", "413", "415", "429")
"""Answers that HTTP, or a page of Ada's about the whole API, gives to any operation."""


def amend(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document of that name with every amendment, and with the general answers of every operation."""
    for amendment in AMENDMENTS[name]:
        document = _at(document, amendment["at"], amendment)
    general = {status: {"description": "As for every operation."} for status in GENERAL}
    paths = {
        path: {
            method: {**each, "responses": {**general, **each["responses"]}} if "responses" in each else each
            for method, each in item.items()
        }
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _at(value: Any, path: list[str], amendment: dict[str, Any]) -> Any:
    if path:
        name, *rest = path
        return {**value, name: _at(value.get(name), rest, amendment)}
    if "rename" in amendment:
        return {amendment["rename"].get(name, name): member for name, member in value.items()}
    return amendment["set"]


def stale(document: dict[str, Any], name: str) -> list[str]:
    """The amendments that the document of that name does not need any more, a line each."""
    found = []
    for amendment in AMENDMENTS[name]:
        at = amendment["at"]
        parent: Any = document
        for step in at[:-1]:
            parent = parent.get(step, {}) if isinstance(parent, dict) else {}
        there = parent.get(at[-1]) if isinstance(parent, dict) else None
        where = " > ".join(at)
        if "rename" in amendment:
            found += [f"{where} has no {old}" for old in amendment["rename"] if old not in (there or {})]
        elif there == amendment["set"]:
            found.append(f"{where} says already what the amendment says")
        elif not parent:
            found.append(f"{where} is not in the document")
    return found
