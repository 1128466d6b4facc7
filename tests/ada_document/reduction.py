"""The document reduced to the operations of ``served.yaml``, with its amendments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ada_schemas.contract.yaml_reader import parse_yaml

__all__ = ["SERVED", "amend", "reduce_document", "stale"]

SERVED: dict[str, Any] = parse_yaml(
    (Path(__file__).parent / "served.yaml").read_text(encoding="utf-8"), name="served.yaml"
)


def reduce_document(document: dict[str, Any], *, amended: bool = True) -> dict[str, Any]:
    """The document with the served operations alone; raises `KeyError` for one that it lacks."""
    paths = {}
    for path, methods in SERVED["operations"].items():
        kept = {name: document["paths"][path][name] for name in methods}
        shared = document["paths"][path].get("parameters")
        paths[path] = kept if shared is None else {"parameters": shared, **kept}
    reduced = {name: document[name] for name in ("openapi", "info", "servers", "components")}
    reduced["paths"] = paths
    return amend(reduced) if amended else reduced


def amend(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every amendment."""
    for amendment in SERVED["amendments"]:
        document = _at(document, amendment["at"], amendment)
    return document


def _at(value: Any, path: list[str], amendment: dict[str, Any]) -> Any:
    if path:
        name, *rest = path
        return {**value, name: _at(value.get(name), rest, amendment)}
    if "rename" in amendment:
        return {amendment["rename"].get(name, name): member for name, member in value.items()}
    return amendment["set"]


def stale(document: dict[str, Any]) -> list[str]:
    """What of ``served.yaml`` the document does not bear out any more, a line each."""
    found = []
    for path, methods in SERVED["operations"].items():
        known = document["paths"].get(path, {})
        found += [f"{name.upper()} {path} is not in the document" for name in methods if name not in known]
    for amendment in SERVED["amendments"]:
        at = amendment["at"]
        parent: Any = document
        for name in at[:-1]:
            parent = parent.get(name, {}) if isinstance(parent, dict) else {}
        there = parent.get(at[-1]) if isinstance(parent, dict) else None
        where = " > ".join(at)
        if "rename" in amendment:
            found += [f"{where} has no {old}" for old in amendment["rename"] if old not in (there or {})]
        elif there == amendment["set"]:
            found.append(f"{where} says already what the amendment says")
        elif not parent:
            found.append(f"{where} is not in the document")
    return found
