"""Finding and changing a place of an OpenAPI document by the path that it has in a payload."""

from __future__ import annotations

import copy
import re
from typing import Any

__all__ = ["Node", "follow", "media", "operation", "own", "parent_of"]

Node = dict[str, Any]


def key_of(event: str) -> str:
    """The key under ``webhooks:`` of an event: ``audit_log.emitted`` -> ``audit-log-webhook``."""
    name = event.removesuffix(".emitted").replace(".", "-").replace("_", "-")
    return f"{name}-webhook"


def operation(document: Node, event: str) -> Node:
    """The operation that describes an event."""
    found: Node = document["webhooks"][key_of(event)]["post"]
    return found


def media(document: Node, event: str) -> Node:
    """Where the schema and the examples of an event hang."""
    found: Node = operation(document, event)["requestBody"]["content"]["application/json"]
    return found


def follow(document: Node, node: Node) -> Node:
    """The schema that a node is, once its references are followed; the document's own, not a copy."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def inlined(document: Node, node: Node) -> Node:
    """A schema without a reference at its top, what stands beside the reference kept; itself if it has none."""
    made = node
    while "$ref" in made:
        beside = {k: v for k, v in made.items() if k != "$ref"}
        made = {**copy.deepcopy(follow(document, {"$ref": made["$ref"]})), **beside}
    return made


def own(document: Node, event: str, path: str = "") -> Node:
    """The schema at a payload path of an event, made the event's own: a change of it changes nothing else.

    A branch of a union is named by its tag: ``data.content:file.url``; the values of a map and the items of
    a list by ``*``.
    """
    holder, name = media(document, event), "schema"
    holder[name] = inlined(document, holder[name])
    for step in re.findall(r":[^.:]+|[^.:]+", path):
        holder, name = _inner(document, holder[name], step)
        holder[name] = inlined(document, holder[name])
    node: Node = holder[name]
    return node


def _inner(document: Node, node: Node, step: str) -> tuple[Any, Any]:
    if step == "*":
        return node, "items" if "items" in node else "additionalProperties"
    if not step.startswith(":"):
        return node["properties"], step
    branches = node.get("oneOf") or node["anyOf"]
    for index, branch in enumerate(branches):
        kind = follow(document, follow(document, branch)["properties"]["type"])
        if step[1:] in (kind.get("enum") or [kind.get("const")]):
            return branches, index
    raise KeyError(step)


def parent_of(document: Node, event: str, path: str) -> tuple[Node, str]:
    """The object schema that holds a member, made the event's own, and the member's name."""
    outer, _, name = path.rpartition(".")
    return own(document, event, outer), name
