"""Types of the events for programming languages: ``events.d.ts`` and ``models.py``."""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_schemas.contract.paths import branched, branches_along, joined, steps, union_of, within
from ada_schemas.contract.shapes import Anything, Array, Mapping, Object, Scalar, Shape, Union, parts
from ada_schemas.shown import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_schemas.contract.shapes import Event, Member

__all__ = ["camel", "declarations", "models"]


@dataclass(frozen=True, slots=True)
class Named:
    """An object with the name of its type, and the members that have one value only."""

    name: str
    shape: Object
    consts: dict[str, str]
    path: str
    description: str


@dataclass(frozen=True, slots=True)
class Language:
    """The words of a language for a shape: templates, and the names of the scalar types.

    ``values`` makes the alternatives of an enum, which stay open: any other string is taken as well.
    """

    anything: str
    null: str
    array: str
    mapping: str
    scalars: dict[str, str]
    values: Callable[[list[str]], list[str]]

    def type_of(self, shape: Shape, path: str, names: dict[str, str]) -> str:
        """The type of a shape; ``names`` are those of its objects, by shape path."""
        match shape:
            case Scalar():
                written = self._scalar(shape)
            case Anything():
                return self.anything
            case Array():
                items = Anything() if shape.first else shape.items
                written = self.array.format(self.type_of(items, within(path), names))
            case Mapping():
                written = self.mapping.format(self.type_of(shape.values, within(path), names))
            case Object():
                written = names[path]
            case Union():
                kinds = (self.type_of(b.shape, branched(path, b.tag), names) for b in shape.branches)
                written = " | ".join(dict.fromkeys(kinds))
        return f"{written} | {self.null}" if shape.nullable else written

    def _scalar(self, shape: Scalar) -> str:
        written: list[str] = []
        values = [v for v in shape.enum or shape.known_values if isinstance(v, str)]
        for kind in shape.types:
            written += self.values(values) if values and kind == "string" else [self.scalars[kind]]
        return " | ".join(dict.fromkeys(written))


def camel(text: str) -> str:
    """``conversation.handoff.ended`` -> ``ConversationHandoffEnded``; ``data`` stays out of longer names."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", text) if word]
    name = "".join(word[0].upper() + word[1:] for word in words) or "Value"
    return f"V{name}" if name[0].isdigit() else name


def definitions(event: Event, taken: set[str]) -> list[Named]:
    """Every object of an event with documented members, inner ones first; the event itself comes last.

    ``taken`` holds the names that are in use and gets those that are given here.
    """
    title = camel(event.name)
    found = []
    holder, _, told = event.type_path.rpartition(".")
    consts_of_type = {told: event.type} if told else {}
    for path, shape, own in _objects(event.payload, ""):
        consts = own | (consts_of_type if path == holder else {})
        outer = union_of(path) or path
        label = next((tag for at, tag in branches_along(path) if at == outer), "")
        tag = label or next(iter(consts.values()), "")
        readable = title + camel(re.sub(r"^data[.:]|\*", "", outer).replace(":", "."))
        name = _free(readable + (camel(tag) if tag else ""), taken)
        found.append(Named(name, shape, consts, path, shape.description))
    consts = {} if holder else consts_of_type
    return [*found, Named(_free(title, taken), event.payload, consts, "", event.description)]


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    taken.add(free)
    return free


def _objects(shape: Shape, path: str) -> Iterator[tuple[str, Object, dict[str, str]]]:
    """(shape path, object, members that have one value only) for all objects in a shape, inner ones first."""
    for place, part in parts(shape, path):
        yield from _objects(part, place)
        if isinstance(part, Object) and not isinstance(shape, Union):
            yield place, part, {}
    if isinstance(shape, Union):
        for branch in shape.branches:
            if isinstance(branch.shape, Object):
                told = {shape.discriminator: branch.tag} if shape.discriminator else {}
                yield branched(path, branch.tag), branch.shape, told


def _defined(
    events: tuple[Event, ...], taken: set[str], write: Callable[[Named, dict[str, str]], str]
) -> tuple[list[str], list[str]]:
    """The objects of all events as ``write`` has them, and the names of the events themselves."""
    blocks, tops = [], []
    for event in events:
        found = definitions(event, taken)
        names = {named.path: named.name for named in found}
        blocks += [write(named, names) for named in found]
        tops.append(found[-1].name)
    return blocks, tops


TS_HEAD = """\
// The webhook events of {whose}, as a receiver should read them. Generated by adakit.
//
// {by} may add members, values, kinds of content and event types without a new version. So an enum also takes
// any other string; a `switch` over {told} needs a `default` even where the compiler sees none.
"""
TS_TAIL = """\
/** Every documented event; {told} tells them apart. */
export type {prefix}Event =
{union};

/** An event whose type is not documented yet: acknowledge it, and ignore it. */
export interface Unknown{prefix}Event {{
{unknown}
}}

/** The event types that are documented. */
export type {prefix}EventType = {types};

/** The payload of each event type. */
export interface {prefix}Events {{
{table}
}}
"""


TYPESCRIPT = Language(
    "unknown",
    "null",
    "Array<{}>",
    "Record<string, {}>",
    {"string": "string", "boolean": "boolean", "integer": "number", "number": "number"},
    lambda values: [*map(json.dumps, values), "(string & {})"],
)


def declarations(events: tuple[Event, ...]) -> str:
    """The text of the file: an interface for each object, a union of all events."""
    profile = events[0].profile
    prefix, way = camel(profile.provider), steps(profile.type_path)
    own = {f"{prefix}Event", f"Unknown{prefix}Event", f"{prefix}EventType", f"{prefix}Events"}
    blocks, tops = _defined(events, {*own, "Array", "Record"}, _ts_interface)
    union = "\n".join(f"  | {name}" for name in tops)
    of_type: dict[str, list[str]] = {}
    for event, name in zip(events, tops, strict=True):
        of_type.setdefault(event.type, []).append(name)
    table = "\n".join(f"  {json.dumps(each)}: {' | '.join(names)};" for each, names in of_type.items())
    told = f"`{profile.type_path}`" if way else "the event type"
    head = TS_HEAD.format(whose=profile.sender, by=profile.at_start, told=told)
    types = (
        f"{prefix}Event{''.join(f'[{json.dumps(step)}]' for step in way)}" if way else f"keyof {prefix}Events"
    )
    tail = TS_TAIL.format(
        union=union, table=table, told=told, prefix=prefix, types=types, unknown=_ts_unknown(events, way)
    )
    return "\n".join([head, *blocks, tail])


def _ts_unknown(events: tuple[Event, ...], way: list[str]) -> str:
    """The members of an event of a type that is not known: its type, and what every event has."""
    others = [
        _ts_key(member.name)
        for member in events[0].payload.members
        if member.name not in way[:1] and all(event.payload.member(member.name) for event in events)
    ]
    kinds = {"timestamp": "string"}
    lines = [f"  {_ts_nested(way)};"] if way else []
    return "\n".join([*lines, *(f"  {name}?: {kinds.get(name, 'unknown')};" for name in others)])


def _ts_nested(way: list[str]) -> str:
    head, *rest = way
    return f"{_ts_key(head)}: {'{ ' + _ts_nested(rest) + ' }' if rest else 'string'}"


def _ts_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)


def _ts_comment(text: str, indent: str) -> list[str]:
    lines = textwrap.wrap(spelled(text).replace("*/", "* /"), 100 - len(indent))
    if len(lines) < 2:
        return [f"{indent}/** {line} */" for line in lines]
    return [f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def _ts_interface(named: Named, names: dict[str, str]) -> str:
    lines = [*_ts_comment(named.description, ""), f"export interface {named.name} {{"]
    for member in named.shape.members:
        const = named.consts.get(member.name)
        path = joined(named.path, member.name)
        written = TYPESCRIPT.type_of(member.shape, path, names) if const is None else json.dumps(const)
        always = member.required or const is not None
        key = _ts_key(member.name)
        lines += _ts_comment(member.shape.description, "  ")
        lines.append(f"  {key}{'' if always else '?'}: {written};")
    return "\n".join([*lines, "}", ""])


PY_HEAD = '''\
"""The webhook events of {whose} as typed dicts, for a receiver. Generated: do not edit.

An event is what ``json.loads`` gives, under a type: nothing is copied, and nothing is refused. {by} may add
members, values and kinds of content without a new version, so members that are not named here may be there,
an enum takes any other string, and a union of objects may turn out to be none of these.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''
PY_WIDTH = 100
PYTHON = Language(
    "Any",
    "None",
    "list[{}]",
    "dict[str, {}]",
    {"string": "str", "boolean": "bool", "integer": "int", "number": "float"},
    lambda values: [f"Literal[{', '.join(map(_py_text, values))}]", "str"],
)


def _py_text(text: str) -> str:
    return re.sub(
        "[^ -~]", lambda m: m[0].encode("unicode_escape").decode(), json.dumps(text, ensure_ascii=False)
    )


def models(events: tuple[Event, ...]) -> str:
    """The text of the module: a class for each object, and the union of all events, ``AdaEvent`` for Ada."""
    others = {"Any", "Literal", "NotRequired", "TypedDict", "None", "True", "False"}
    profile = events[0].profile
    every = f"{camel(profile.provider)}Event"
    taken = {every, *others}
    blocks, tops = _defined(events, taken, _py_class)
    listed = "\n".join(["__all__ = [", *(f'    "{name}",' for name in sorted(taken - others)), "]"])
    union = "\n    | ".join(tops)
    last = f'{every} = (\n    {union}\n)\n"""Every documented event."""'
    head = PY_HEAD.format(whose=profile.sender, by=profile.at_start)
    return "\n\n".join([f"{head}\n{listed}", *(f"\n{block}" for block in (*blocks, last))]) + "\n"


def _py_docstring(text: str) -> list[str]:
    plain = spelled(text).replace("\\", "").replace('"', "'")
    first, *others = textwrap.wrap(plain, PY_WIDTH) or ["An object."]
    if not others:
        return [f'    """{first}"""']
    return [f'    """{first}', *(f"    {line}" for line in others), '    """']


def _py_class(named: Named, names: dict[str, str]) -> str:
    fields = [(member.name, _py_field(named, member, names)) for member in named.shape.members]
    if not all(map(_is_attribute, (name for name, _ in fields))):
        entries = (f"        {_py_text(name)}: {_py_text(written)}," for name, written in fields)
        return "\n".join([f'{named.name} = TypedDict(\n    "{named.name}",\n    {{', *entries, "    },", ")"])
    lines = [f"class {named.name}(TypedDict):", *_py_docstring(named.description), *([""] if fields else [])]
    for (name, written), member in zip(fields, named.shape.members, strict=True):
        lines += [f"    # {line}" for line in textwrap.wrap(spelled(member.shape.description), PY_WIDTH - 2)]
        lines.append(f"    {name}: {written}")
    return "\n".join(lines)


def _is_attribute(name: str) -> bool:
    """True for a name that a class can have as an attribute, as it is."""
    return (
        name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
    )


def _py_field(named: Named, member: Member, names: dict[str, str]) -> str:
    if member.name in named.consts:
        return f"Literal[{_py_text(named.consts[member.name])}]"
    written = PYTHON.type_of(member.shape, joined(named.path, member.name), names)
    return written if member.required else f"NotRequired[{written}]"
