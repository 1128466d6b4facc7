"""An excerpt of a document: its webhooks, and what they refer to."""

from __future__ import annotations

from typing import Any

from ada_schemas.contract.bundling import SECTIONS
from ada_schemas.contract.references import steps_of
from ada_schemas.contract.schema_parts import targets_of

__all__ = ["webhooks_alone"]

ALWAYS = ("openapi", "info", *SECTIONS, "tags", "externalDocs")
Keys = tuple[str, ...]


def webhooks_alone(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what its webhooks do not need: paths, servers, components that nothing names."""
    needed = _needed(document)
    kept = {key: document[key] for key in ALWAYS if key in document}
    kept |= {key: held for key, held in document.items() if (key,) in needed}
    components = document.get("components")
    if "components" not in kept and isinstance(components, dict):
        chosen = {kind: _chosen(("components", kind), held, needed) for kind, held in components.items()}
        chosen = {kind: held for kind, held in chosen.items() if held or ("components", kind) in needed}
        kept |= {"components": chosen} if chosen else {}
    return kept


def _chosen(way: Keys, held: Any, needed: set[Keys]) -> Any:
    """The part of what stands under some keys that is needed."""
    if way in needed:
        return held
    if not isinstance(held, dict):
        return {}
    return {key: inner for key, inner in held.items() if (*way, key) in needed}


def _needed(document: dict[str, Any]) -> set[Keys]:
    """The keys, from the outside in, under which stands what the webhooks refer to, directly or not."""
    found: set[Keys] = set()
    pending: list[Any] = [document[section] for section in SECTIONS if section in document]
    while pending:
        node = pending.pop()
        pending.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        references = [node.get("$ref"), *targets_of(node).values()] if isinstance(node, dict) else []
        for reference in references:
            if not isinstance(reference, str) or not reference.startswith("#/"):
                continue
            way, target = _held(document, steps_of(reference))
            if way and way not in found:
                found.add(way)
                pending.append(target)
    return found


def _held(document: dict[str, Any], steps: list[str]) -> tuple[Keys, Any]:
    """The keys of the whole part that a reference leads into, a component above all, and that part.

    There are no keys where it leads nowhere.
    """
    way: Keys = ()
    target: Any = document
    for step in steps[: 3 if steps[0] == "components" else 1]:
        if isinstance(target, list):
            break
        if not isinstance(target, dict) or step not in target:
            return (), None
        way, target = (*way, step), target[step]
    return way, target
