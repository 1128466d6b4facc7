"""Changes of data and of bytes, such as happen to what others wrote."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from fuzz.values import json_values, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["damaged", "less", "mutated", "places"]

Place = tuple[Any, Any]
"""A container, and the key or index of what stands in it."""


def places(value: Any) -> list[Place]:
    """Every place within a value, the outer ones first."""
    found: list[Place] = []
    level = [value]
    while level:
        below = []
        for node in level:
            items = (
                node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            )
            for key, inner in items:
                found.append((node, key))
                below.append(inner)
        level = below
    return found


def mutated(draw: st.DrawFn, value: Any, *, foreign: st.SearchStrategy[Any], most: int = 4) -> Any:
    """The value, changed in up to ``most`` places; ``foreign`` gives what is put there."""
    for _ in range(draw(st.integers(0, most))):
        found = places(value)
        if not found:
            return value
        node, key = found[draw(st.integers(0, len(found) - 1))]
        match draw(
            st.sampled_from(("remove", "replace", "replace", "move", "rename", "wrap", "twice", "deep"))
        ):
            case "remove":
                del node[key]
            case "replace":
                node[key] = draw(foreign)
            case "move":  # what stands somewhere else
                other, name = found[draw(st.integers(0, len(found) - 1))]
                node[key] = copy.deepcopy(other[name])
            case "rename" if isinstance(node, dict):
                renamed = draw(texts())
                entries = [(renamed if k == key else k, v) for k, v in node.items()]
                node.clear()
                node.update(entries)
            case "wrap":
                node[key] = draw(
                    st.sampled_from((lambda v: [v], lambda v: {"x": v}, lambda v: {"allOf": [v]}))
                )(node[key])
            case "twice" if isinstance(node, list):
                node.append(copy.deepcopy(node[key]))
            case "deep":
                for _ in range(draw(st.sampled_from((5, 60, 120)))):
                    node[key] = {"properties": {"x": node[key]}}
            case _:
                node[key] = draw(json_values(3))
    return value


def less(value: Any) -> Iterator[Any]:
    """The value without one of its parts, the largest parts first; then with plainer ones."""
    for number, (_, key) in enumerate(places(value)):
        copied = copy.deepcopy(value)
        node, _ = places(copied)[number]
        del node[key]
        yield copied
    for number, (held, key) in enumerate(places(value)):
        inner = held[key]
        for plainer in _plainer(inner):
            copied = copy.deepcopy(value)
            places(copied)[number][0][key] = plainer
            yield copied


def _plainer(inner: Any) -> Iterator[Any]:
    if isinstance(inner, dict):
        yield from (v for v in inner.values() if isinstance(v, dict))
    if isinstance(inner, str) and len(inner) > 1:
        yield inner[:1]
        yield inner[: len(inner) // 2]
    if isinstance(inner, int) and not isinstance(inner, bool) and inner not in (0, 1):
        yield 1


def damaged(draw: st.DrawFn, raw: bytes, *, most: int = 3) -> bytes:
    """Bytes, changed as transport and editors change them."""
    for _ in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, len(raw)))
        raw = draw(st.sampled_from(_DAMAGES))(raw, at)
    return raw


_DAMAGES: tuple[Callable[[bytes, int], bytes], ...] = (
    lambda raw, at: raw[:at],
    lambda raw, at: raw[at:],
    lambda raw, at: raw[:at] + raw[at + 1 :],
    lambda raw, at: raw[:at] + b"\0" + raw[at:],
    lambda raw, at: raw[:at] + b"\xff" + raw[at:],
    lambda raw, at: raw[:at] + b"\x1b[2J" + raw[at:],
    lambda raw, at: raw[:at] + b"\n" + raw[at:],
    lambda raw, at: raw[:at] + b'"' + raw[at:],
    lambda raw, at: raw[:at] + b"&a *a " + raw[at:],
    lambda raw, at: raw[:at] + b"!!python/name:os.system " + raw[at:],
    lambda raw, at: raw[:at] + b"!!binary aGk= " + raw[at:],
    lambda raw, at: raw[:at] + b"!!set {a, b}" + raw[at:],
    lambda raw, at: raw[:at] + b"!!timestamp 2001-01-01" + raw[at:],
    lambda raw, at: raw[:at] + b"[" * 2000 + raw[at:],
    lambda raw, at: raw[:at] + b"9" * 5000 + raw[at:],
    lambda raw, at: raw[:at] + raw[at : at + 40] * 2 + raw[at + 40 :],
    lambda raw, at: raw[:at] + bytes(reversed(raw[at : at + 3])) + raw[at + 3 :],
    lambda raw, _: b"\xef\xbb\xbf" + raw,
    lambda raw, _: raw.decode("utf-8", "replace").encode("utf-16"),
    lambda raw, _: raw.replace(b"\n", b"\r\n"),
    lambda raw, _: raw.replace(b"\n", b"\r"),
    lambda raw, _: raw.replace(b"  ", b"\t"),
    lambda raw, _: raw + raw,
    lambda raw, _: b"",
)
