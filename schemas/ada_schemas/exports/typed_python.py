"""``models.py``: the receiver's types for Python, as TypedDicts."""

from __future__ import annotations

import json
import keyword
import textwrap
from typing import TYPE_CHECKING

from ada_schemas.exports.names import Named, definitions
from ada_schemas.shapes import Anything, Array, Mapping, Object, Scalar, Shape, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.shapes import Event

__all__ = ["models"]

HEAD = '''\
"""The webhook events of an Ada AI Agent as typed dicts, for a receiver. Generated: do not edit.

An event is what ``json.loads`` gives, under a type: nothing is copied, and nothing is refused. Ada may add
members, values and kinds of content without a new version, so members that are not named here may be there,
an enum takes any other string, and a union of objects may turn out to be none of these.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''
WIDTH = 100
TYPES = {"string": "str", "boolean": "bool", "integer": "int", "number": "float"}


def models(events: tuple[Event, ...]) -> str:
    """The text of the module: a class for each object, and the union of all events as ``AdaEvent``."""
    taken = {"AdaEvent", "Any", "Literal", "NotRequired", "TypedDict"}
    blocks, tops = [], []
    for event in events:
        found = list(definitions(event, taken))
        names = {named.path: named.name for named in found}
        for named in found:
            description = event.description if named is found[-1] else named.shape.description
            blocks.append("\n".join(_class(named, description, names)))
        tops.append(found[-1].name)
    exported = sorted([*(taken - {"Any", "Literal", "NotRequired", "TypedDict"})])
    listed = "\n".join(["__all__ = [", *(f'    "{name}",' for name in exported), "]"])
    union = "\n".join(["AdaEvent = (", *_joined(tops), ")", '"""Every documented event."""'])
    return "\n\n".join([f"{HEAD}\n{listed}", *("\n" + block for block in blocks), "\n" + union]) + "\n"


def _joined(names: list[str]) -> list[str]:
    return [f"    {name}" if number == 0 else f"    | {name}" for number, name in enumerate(names)]


def _docstring(text: str) -> Iterator[str]:
    lines = textwrap.wrap(text.replace("\\", "").replace('"', "'"), WIDTH)
    if len(lines) < 2:
        yield f'    """{(lines or ["An object."])[0]}"""'
        return
    yield f'    """{lines[0]}'
    yield from (f"    {line}" for line in lines[1:])
    yield '    """'


def _class(named: Named, description: str, names: dict[str, str]) -> Iterator[str]:
    fields = [(member.name, _field(named, member.name, names)) for member in named.shape.members]
    if all(name.isidentifier() and not keyword.iskeyword(name) for name, _ in fields):
        yield f"class {named.name}(TypedDict):"
        yield from _docstring(description)
        if fields:
            yield ""
        for (name, written), member in zip(fields, named.shape.members, strict=True):
            for line in textwrap.wrap(member.shape.description, WIDTH - 2):
                yield f"    # {line}"
            yield f"    {name}: {written}"
        return
    # Names that no class can have as attributes.
    yield f"{named.name} = TypedDict("
    yield f'    "{named.name}",'
    yield "    {"
    yield from (f'        {json.dumps(name)}: "{written}",' for name, written in fields)
    yield "    },"
    yield ")"


def _field(named: Named, name: str, names: dict[str, str]) -> str:
    member = named.shape.member(name)
    assert member is not None  # noqa: S101 - the name comes from the shape itself
    if name in named.consts:
        return f'Literal["{named.consts[name]}"]'
    path = f"{named.path}.{name}" if named.path else name
    written = _type(member.shape, path, names)
    return written if member.required else f"NotRequired[{written}]"


def _type(shape: Shape, path: str, names: dict[str, str]) -> str:
    match shape:
        case Scalar():
            written = _scalar(shape)
        case Anything():
            return "Any"
        case Array():
            written = f"list[{_type(shape.items, f'{path}.*', names)}]"
        case Mapping():
            written = f"dict[str, {_type(shape.values, f'{path}.*', names)}]"
        case Object():
            written = names[path]
        case Union():
            written = " | ".join(names[f"{path}:{branch.tag}"] for branch in shape.branches)
    return f"{written} | None" if shape.nullable else written


def _scalar(shape: Scalar) -> str:
    kinds = [TYPES[t] for t in shape.types]
    values = [v for v in shape.enum or shape.known_values if isinstance(v, str)]
    if values and "str" in kinds:
        kinds.insert(kinds.index("str"), f"Literal[{', '.join(map(json.dumps, values))}]")
    return " | ".join(dict.fromkeys(kinds))
