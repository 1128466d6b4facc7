"""Payloads of an event, generated and mutated: about half stay valid, about half do not."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

from ada_mockserver import EventFactory
from ada_schemas import variants

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["payloads"]

JUNK: list[Any] = [None, True, 0, -7, 3.0, 3.5, "", "text", [], [1], {}, {"a": None}, [[]]]
NEW_TEXTS = ["supervisor", "", "\u00e9\U0001f600", "2020-09-20", "x" * 300, "null"]


def payloads(event: str, count: int, *, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` payloads; the same for the same seed.

    They start from variants of realistic events. What happens to one is mild (a member more, another text,
    an optional member less) or wild (any value anywhere, any member gone); which of them are valid is for
    validators to say.
    """
    rng = random.Random(seed)
    factory = EventFactory(seed=seed)
    bases: list[dict[str, Any]] = []
    for number in range(count):
        if number % 200 == 0:
            found = variants(event, factory.event(event, key=str(number)))
            bases = [v.payload for v in found if len(str(v.payload)) < 10_000]
        payload = copy.deepcopy(rng.choice(bases))
        mutate = _mild if number % 2 else _wild
        for _ in range(rng.choice((0, 1, 1, 2, 3)) if mutate is _mild else rng.choice((2, 2, 3))):
            mutate(payload, rng)
        yield payload


def _objects(value: Any) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) else []
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [inner for child in children for inner in _objects(child)]


def _mild(payload: dict[str, Any], rng: random.Random) -> None:
    node = rng.choice(_objects(payload))
    texts = [name for name, value in node.items() if isinstance(value, str) and name != "type"]
    match rng.randrange(4):
        case 0 if node is not payload.get("data", {}).get("metadata"):
            node[f"adakit_{rng.randrange(100)}"] = "new"
        case 1 | 2 if texts:
            node[rng.choice(texts)] = rng.choice(NEW_TEXTS)
        case _:
            data = payload.get("data")
            if isinstance(data, dict) and data:
                data.pop(rng.choice(list(data)))


def _wild(payload: dict[str, Any], rng: random.Random) -> None:
    node = rng.choice(_objects(payload))
    if not node:
        node["adakit"] = copy.deepcopy(rng.choice(JUNK))
        return
    name = rng.choice(list(node))
    match rng.randrange(5):
        case 0:
            del node[name]
        case 1:
            node[name] = {name: node[name]}
        case _:
            node[name] = copy.deepcopy(rng.choice(JUNK))
