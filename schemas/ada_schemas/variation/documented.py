"""ADA101 to ADA106: what the documentation shows or allows today."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.fitting import fits
from ada_schemas.contract.paths import apart, branched, branches_along, joined, union_of
from ada_schemas.contract.shapes import Anything, Mapping, Object, Scalar, Union, payload_path
from ada_schemas.variation.builder import (
    Change,
    Variation,
    VariationBuilder,
    changing,
    putting,
    removing,
    slug,
    unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["documented_variations"]

VALUES_BY_TYPE: dict[str, tuple[tuple[str, Any], ...]] = {
    "string": (("string", "gold"), ("empty-string", "")),
    "boolean": (("boolean-true", True), ("boolean-false", False)),
    "integer": (("integer", 42), ("integer-zero", 0), ("integer-negative", -7)),
    "number": (("number", 3.5), ("number-whole", 3.0)),
}
ODD_KEYS = (
    "with",
    "with.dot",
    "with space",
    "with-dash",
    "with/slash",
    "with$dollar",
    'with"quote',
    "clé",
    "鍵",
    "UPPER",
    "upper",
    "constructor",
    "__proto__",
    "hasOwnProperty",
    "toString",
    "id",
    "type",
    "name",
    "message",
    "args",
    "self",
    "class",
    "from",
    "0",
)
KEYS = {
    "empty": "",
    "dollar": "$where",
    "leading-dot": ".plan",
    "trailing-dot": "plan.",
    "hash": "#",
    "index": "[0]",
    "underscore-id": "_id",
    "newline": "order\nnumber",
    "65-characters": "order_number_" * 5,
    "256-characters": f"{'order_number_' * 19}no_20_000",
}
"""Names that a document store, a column or a path expression refuses, each sent alone so that a finding
names it; no name is excluded."""
MANY_KEYS = 100
USUAL_KEYS = 16
"""Entries of a map of which no size is documented: those who limit them take as many at least."""
UNUSUAL_KEYS = ("empty", "newline", "65-characters", "256-characters")
"""Keys that are sent where a map's documented size says that it is its bytes that count."""
PROTOTYPE = "__proto__"
LONG_KEY = 30
"""Characters of a name that a summary still shows."""
NEW_ENTRY = "adakit_entry"
TEXT_VALUE = "value"


def documented_variations(builder: VariationBuilder) -> Iterator[Variation]:
    """Every degree of freedom that an event's documentation shows or allows, in documented order."""
    yield from _examples(builder)
    yield from _enum_members(builder)
    yield from _union_branches(builder)
    yield from _nulls(builder)
    yield from _absences(builder)
    yield from _metadata(builder)


def _examples(builder: VariationBuilder) -> Iterator[Variation]:
    event = builder.event.name
    for example in builder.event.examples:
        label = "documented" if example.documented else "ours"
        said = "the documented example" if example.documented else "an example (the documentation has none)"
        # An example is sent as it is shown: nothing is added to it but ids of its own.
        shown = partial(_with_ids_of, example=example.value)
        yield Variation(f"{event}/example:{label}", "ADA101", event, "", said, refusable=False, apply=shown)
    said = "every documented member is there"
    yield builder.build("ADA101", "example", "", said, unchanged, detail="complete")


def _with_ids_of(base: Any, example: Any) -> Any:
    """The example with the ids of the base, so that no two cases speak of the same conversation."""
    if not isinstance(example, dict) or not isinstance(base, dict):
        return example
    merged = {}
    for name, value in example.items():
        theirs = base.get(name)
        is_id = name == "id" or name.endswith("_id")
        if is_id and isinstance(value, str) and isinstance(theirs, str):
            merged[name] = theirs
        else:
            merged[name] = _with_ids_of(theirs, value)
    return merged


def _enum_members(builder: VariationBuilder) -> Iterator[Variation]:
    for path, shape in builder.places.items():
        if (
            not isinstance(shape, Scalar)
            or path == builder.event.type_path
            or _is_discriminator(builder, path)
        ):
            continue
        values: tuple[Any, ...] = shape.enum or shape.known_values
        if shape.types == ("boolean",) and not values:
            values = (True, False)
        for value in values:
            yield builder.put("ADA102", "enum", path, f"is {slug(value)}", value, detail=slug(value))


def _is_discriminator(builder: VariationBuilder, path: str) -> bool:
    branch, name = apart(path)
    union = builder.places.get(union_of(branch) or "")
    return isinstance(union, Union) and union.discriminator == name


def _union_branches(builder: VariationBuilder) -> Iterator[Variation]:
    for path, shape in builder.places.items():
        if isinstance(shape, Union):
            for branch in shape.branches:
                said = f"{payload_path(path)} is of type {branch.tag}"
                yield builder.build("ADA103", "union", branched(path, branch.tag), said, unchanged)


def _nulls(builder: VariationBuilder) -> Iterator[Variation]:
    for path, shape in builder.places.items():
        if shape.nullable and not (isinstance(shape, Anything) and shape.unread):
            yield builder.put("ADA104", "null", path, "is null", None)
        if isinstance(shape, Scalar) and shape.may_be_empty:
            yield builder.put("ADA104", "empty", path, "is empty: not available", "")


def _absences(builder: VariationBuilder) -> Iterator[Variation]:
    objects = list(builder.objects())

    def untold(path: str) -> bool:
        """True within a branch that its members alone tell from the others."""
        unions = (builder.places[at] for at, _ in branches_along(path))
        return any(isinstance(union, Union) and not union.discriminator for union in unions)

    for path, shape in objects:
        for member in shape.members:
            if not member.required:
                where, may = joined(path, member.name), member.shape.identity or untold(path)
                place = payload_path(where)
                said, change = f"{place} is absent", removing(place)
                yield builder.build("ADA105", "absent", where, said, change, keep=(place,), refusable=may)
    if any(not m.required and not m.shape.identity for _, shape in objects for m in shape.members):
        bare = partial(_only_needed, builder.event.payload)
        yield builder.build("ADA105", "absent", "", "every optional member is absent", bare, detail="all")
    for path, shape in objects:
        if path not in ("", "data") and sum(not m.required for m in shape.members) > 1:
            place = payload_path(path)
            said, change = f"every optional member of {place} is absent", partial(_bare, shape)
            may = shape.identity or untold(path)
            yield builder.build("ADA105", "absent:all", path, said, changing(place, change), refusable=may)


def _only_needed(shape: Object, value: dict[str, Any]) -> dict[str, Any]:
    """Without the optional members; identity members stay as they are."""
    kept = {}
    for member in shape.members:
        if member.required or member.shape.identity:
            inner = value[member.name]
            if isinstance(member.shape, Object) and not member.shape.identity and isinstance(inner, dict):
                inner = _only_needed(member.shape, inner)
            kept[member.name] = inner
    return kept


def _bare(shape: Object, value: Any) -> Any:
    """Without the optional members of an object; identity members stay as they are."""
    if not isinstance(value, dict):
        return value
    kept = [m.name for m in shape.members if m.required or (m.shape.identity and m.name in value)]
    return {name: value[name] for name in kept}


def _metadata(builder: VariationBuilder) -> Iterator[Variation]:
    maps = ((path, shape) for path, shape in builder.places.items() if isinstance(shape, Mapping))
    for path, shape in maps:
        place = payload_path(path)
        values: list[tuple[str, str, Change]] = [
            (label, f"the value {json.dumps(value)} ({kind})", putting(joined(place, NEW_ENTRY), value))
            for kind in _value_types(shape)
            for label, value in VALUES_BY_TYPE.get(kind, ())
            if fits(shape, {NEW_ENTRY: value})
        ]
        wholes = [
            (label, said, putting(place, entries))
            for label, said, entries in _shapes_of_metadata(shape)
            if fits(shape, entries)
        ]
        for label, phrase, change in (*values, *wholes):
            yield builder.build("ADA106", "metadata", path, f"{place} has {phrase}", change, detail=label)
        if "string" in _value_types(shape) and fits(shape, {NEW_ENTRY: TEXT_VALUE}) and not shape.keys:
            yield from _keys(builder, path, shape)


def _keys(builder: VariationBuilder, path: str, shape: Mapping) -> Iterator[Variation]:
    place = payload_path(path)
    for label, key in KEYS.items():
        if label in UNUSUAL_KEYS and not shape.max_bytes:
            continue
        named = f"a key of {len(key)} characters" if len(key) > LONG_KEY else f"the key {json.dumps(key)}"
        change = changing(place, partial(_with_entry, key))
        said = f"{place} has {named}"
        yield builder.build("ADA106", "metadata", path, said, change, detail=f"key-{label}")


def _with_entry(key: str, entries: dict[str, Any] | None) -> dict[str, Any]:
    return {**(entries or {}), key: TEXT_VALUE}


def _value_types(shape: Mapping) -> tuple[str, ...]:
    match shape.values:
        case Scalar():
            return shape.values.types
        case Anything():
            return () if shape.values.unread else shape.values.sends or tuple(VALUES_BY_TYPE)
    return ()


def _shapes_of_metadata(shape: Mapping) -> Iterator[tuple[str, str, dict[str, Any]]]:
    types = [kind for kind in _value_types(shape) if kind in VALUES_BY_TYPE]
    if types:
        yield "all-types", "a value of every type", {f"a_{t}": VALUES_BY_TYPE[t][0][1] for t in types}
    yield "empty", "no entries", {}
    if "string" in types:
        count = MANY_KEYS if shape.max_bytes else USUAL_KEYS
        yield "many-keys", f"{count} entries", {f"key_{n:03}": f"value {n}" for n in range(count)}
        yield from _odd_keys(shape)
        if shape.max_bytes:
            yield "4-kb", f"{shape.max_bytes} bytes of entries", _filled(shape.max_bytes)
            one = _filled(shape.max_bytes, entries=1)
            yield "one-entry-4-kb", f"{shape.max_bytes} bytes in one entry", one


def _odd_keys(shape: Mapping) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if shape.max_bytes:
        odd = {key: f"value {n}" for n, key in enumerate(ODD_KEYS)}
        yield "odd-keys", f"keys such as {PROTOTYPE} and with.dot", odd
        return
    usual = [key for key in ODD_KEYS if key != PROTOTYPE]
    for number, begin in enumerate(range(0, len(usual), USUAL_KEYS)):
        odd = {key: f"value {n}" for n, key in enumerate(usual[begin : begin + USUAL_KEYS])}
        label = f"odd-keys-{number + 1}" if number else "odd-keys"
        yield label, f"keys such as {next(iter(odd))} and {list(odd)[1]}", odd


def _filled(size: int, *, entries: int = 8) -> dict[str, str]:
    """Strings that make JSON text of ``size`` bytes in the default layout, so a few less when compact."""
    keys = [f"note_{n}" for n in range(entries)]
    bare = len(json.dumps(dict.fromkeys(keys, "")))
    share, rest = divmod(size - bare, len(keys))
    return {key: "x" * (share + (rest if n == 0 else 0)) for n, key in enumerate(keys)}
