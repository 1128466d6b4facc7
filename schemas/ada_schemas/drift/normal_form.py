"""The normal form in which two contracts are compared, place by place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.paths import branched, joined, json_type, stepped, within
from ada_schemas.drift.limits import SCHEMAS
from ada_schemas.drift.resolve import is_annotation, said_in, spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_schemas.drift.resolve import Plain, Resolver

__all__ = ["ANY", "Form", "FormBuilder", "Items", "Objects", "Scalars", "Structure"]

ANY = "any"
NULL = "null"
RECURSIVE = "recursive"
KINDS = ("boolean", "integer", "number", "string", "array", "object", NULL)
MAX_PLACES = 20_000
MAX_DEPTH = 40
OBJECT_KEYWORDS = ("properties", "required", "additionalProperties", "unevaluatedProperties")
STRUCTURE = (*OBJECT_KEYWORDS, "type", "items", "enum", "const")
PART_PLACES = {
    "prefixItems": "{}",
    "contains": "*",
    "unevaluatedItems": "*",
    "patternProperties": "/{}/",
    "propertyNames": "(names)",
    "dependentSchemas": "",
    "then": "",
    "else": "",
}
"""The limits that hold schemas, each with where what they speak of stands in a path."""
BY_KEYWORD = {
    **dict.fromkeys((*OBJECT_KEYWORDS, "patternProperties", "maxProperties", "minProperties"), "object"),
    **dict.fromkeys(("propertyNames", "dependentRequired", "dependentSchemas"), "object"),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("contains", "minContains", "maxContains", "unevaluatedItems"), "array"),
    **dict.fromkeys(("pattern", "minLength", "maxLength"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
}


@dataclass(frozen=True, slots=True)
class Scalars:
    """Values of one JSON type: only those of ``enum`` unless None or ``open``, within ``limits``."""

    enum: tuple[Any, ...] | None = None
    open: bool = False
    limits: dict[str, Any] = field(default_factory=dict)


Parts = dict[str, dict[str, "Form"]]
"""The forms in a limit that holds schemas: keyword -> place within it (an index, a pattern) -> form."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list; None as ``items`` stands for anything, ``parts`` are the forms of what its limits hold."""

    items: Form | None
    limits: dict[str, Any]
    parts: Parts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Structure:
    """An object: its members with whether each is required, and what else may be in it.

    ``extra`` is True for anything, False for nothing, else the form of the values; ``label`` names the branch
    where the object is one of several, and is empty otherwise. ``parts`` are the forms of the schemas that
    its limits hold.
    """

    members: dict[str, tuple[Form, bool]]
    extra: Form | bool
    limits: dict[str, Any]
    prose: dict[str, Any]
    label: str = ""
    parts: Parts = field(default_factory=dict)

    def constant(self, name: str) -> Any:
        """The one value of a member that has only one, else None."""
        form, _ = self.members.get(name, (None, False))
        only = form.kinds.get("string") if form is not None and set(form.kinds) == {"string"} else None
        if isinstance(only, Scalars) and only.enum is not None and len(only.enum) == 1 and not only.open:
            return only.enum[0]
        return None


@dataclass(frozen=True, slots=True)
class Objects:
    """One of several objects; ``tag`` is the member whose values tell them apart, empty if none does."""

    branches: tuple[Structure, ...]
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The values that may stand at a place, by JSON type (or ``any``), with its prose and its spelling."""

    path: str
    kinds: dict[str, Scalars | Items | Objects]
    prose: dict[str, Any]
    written: Any
    unfolded: Callable[[], Form] | None = field(default=None, compare=False)
    """Makes the form that stands here, where it contains itself and is not followed again."""

    def walk(self) -> Iterator[Form]:
        """This form and all forms inside it."""
        yield self
        inner: list[Form | bool | None] = []
        for kind in self.kinds.values():
            if isinstance(kind, Items):
                inner += [*kind.parts.get("prefixItems", {}).values(), kind.items]
            for branch in kind.branches if isinstance(kind, Objects) else ():
                inner += [form for form, _ in branch.members.values()]
                inner += [*branch.parts.get("patternProperties", {}).values(), branch.extra]
        for form in inner:
            if isinstance(form, Form):
                yield from form.walk()


class FormBuilder:
    """Makes forms of the schemas of one document."""

    def __init__(self, resolver: Resolver, within: str) -> None:
        """``within`` is what errors call the whole of which a path names a part."""
        self.resolver = resolver
        self._within = within
        self._places = 0

    def form(self, node: Any, path: str, active: frozenset[str] = frozenset(), depth: int = 0) -> Form:
        """The form of a schema at a shape path.

        A schema that contains itself is not followed again. Raises DocumentError for what is no schema and
        for a document that describes more than 20,000 places.
        """
        self._places += 1
        place = f"{self._within}#{path}"
        if self._places > MAX_PLACES:
            raise self.resolver.refuse(place, f"is beyond the {MAX_PLACES:,} places that are looked at")
        plain = self.resolver.alternatives(node, place)
        refers = self.resolver.references(node, place)
        if refers & active or depth > MAX_DEPTH:
            again: dict[str, Scalars | Items | Objects] = {RECURSIVE: Scalars()}
            if any(NULL in self._kinds(alternative, place) for alternative in plain):
                again[NULL] = Scalars()
            return Form(path, again, {}, None, lambda: self.form(node, path))
        inner = _Inner(self, path, active | refers, depth)
        kinds: dict[str, Scalars | Items | Objects] = {}
        split: dict[str, list[Plain]] = {}
        for alternative in plain:
            for key in [k for k in SCHEMAS if k in alternative]:
                alternative[key] = self._canonical(alternative[key], place)
            for kind in self._kinds(alternative, place):
                split.setdefault(kind, []).append(alternative)
        if ANY in split:
            split = {ANY: split[ANY]}
        for kind, found in split.items():
            if kind == "object":
                kinds[kind] = inner.objects(found, self._declared_tag(node, place))
            elif kind == "array":
                kinds[kind] = inner.items(found)
            else:
                kinds[kind] = _scalars(kind, found)
        prose = self.resolver.prose(node, place)
        return Form(path, kinds, prose, spelling(self.resolver, node, place))

    def _canonical(self, node: Any, place: str, active: frozenset[str] = frozenset()) -> Any:
        """A schema as it means the same whatever it refers to, in whatever order, with whatever words."""
        self._places += 1
        if self._places > MAX_PLACES:
            raise self.resolver.refuse(place, f"is beyond the {MAX_PLACES:,} places that are looked at")
        if isinstance(node, list):
            return [self._canonical(each, place, active) for each in node]
        if not isinstance(node, dict):
            return node
        made: dict[str, Any] = {}
        for key, value in node.items():
            if key == "$ref" and str(value) not in active:
                target = self._canonical(self.resolver.lookup(value, place), place, active | {str(value)})
                made = {**target, **made} if isinstance(target, dict) else {"allOf": [target], **made}
            elif key in ("properties", "patternProperties", "dependentSchemas") and isinstance(value, dict):
                made[key] = {str(n): self._canonical(v, place, active) for n, v in value.items()}
            elif key in ("required", "enum", "type") and isinstance(value, list):
                made[key] = sorted(value, key=str)
            elif key in ("const", "dependentRequired"):
                made[key] = value
            elif not is_annotation(str(key)):
                made[str(key)] = self._canonical(value, place, active)
        return made

    def _kinds(self, plain: Plain, place: str) -> list[str]:
        declared = plain.get("type")
        types = declared if isinstance(declared, list) else [] if declared is None else [declared]
        for each in types:
            if each not in KINDS:
                raise self.resolver.refuse(place, f"has the type {each}, which JSON Schema has not")
        values = _values(plain, self.resolver.listed(plain.get("enum"), f"{place} enum"))
        if values is not None:
            held = list(dict.fromkeys(json_type(v) for v in values))
            return [k for k in held if not types or k in types or (k == "integer" and "number" in types)]
        if types:
            return [t for t in types if not (t == "integer" and "number" in types)]
        implied = [BY_KEYWORD[key] for key in plain if key in BY_KEYWORD]
        return list(dict.fromkeys(implied)) or [ANY]

    def _declared_tag(self, node: Any, place: str) -> str:
        for _ in range(MAX_DEPTH):
            if not isinstance(node, dict) or "discriminator" in node or "$ref" not in node:
                break
            node = self.resolver.lookup(node["$ref"], place)
        declared = node.get("discriminator") if isinstance(node, dict) else None
        return str(declared.get("propertyName", "")) if isinstance(declared, dict) else ""


class _Inner:
    """The inside of a form: its members, items and values."""

    def __init__(self, builder: FormBuilder, path: str, active: frozenset[str], depth: int) -> None:
        self._builder, self._path, self._active, self._depth = builder, path, active, depth
        self._resolver = builder.resolver

    def _form(self, node: Any, path: str) -> Form:
        return self._builder.form(node, path, self._active, self._depth + 1)

    def items(self, found: list[Plain]) -> Items:
        nodes = [plain["items"] for plain in found if "items" in plain]
        limits = _limits(found, "array")
        parts = self._parts(limits, self._path)
        if not nodes or len(nodes) < len(found):
            return Items(None, limits, parts)
        node = nodes[0] if len(nodes) == 1 else {"anyOf": nodes}
        return Items(self._form(node, within(self._path)), limits, parts)

    def _parts(self, limits: dict[str, Any], path: str) -> Parts:
        """The forms of the schemas that limits hold."""
        found: Parts = {}
        for key in [k for k in PART_PLACES if k in limits]:
            held: Any = limits[key]
            match key:
                case "prefixItems":
                    schemas = {
                        str(n): each for n, each in enumerate(self._resolver.listed(held, f"{path} {key}"))
                    }
                case "patternProperties" | "dependentSchemas":
                    schemas = self._resolver.mapping(held, f"{path} {key}")
                case _:
                    schemas = {"": held}
            place = PART_PLACES[key]
            found[key] = {
                str(name): self._form(node, stepped(path, place.format(name)) if place else path)
                for name, node in schemas.items()
            }
        return found

    def objects(self, found: list[Plain], declared: str) -> Objects:
        if len(found) == 1:
            return Objects((self._structure(found[0], self._path, ""),), declared)
        known = [plain for plain in found if not self._is_the_unknown(plain)]
        tag, labels = self._tags(known, declared)
        branches = (
            self._structure(plain, branched(self._path, label), label)
            for plain, label in zip(known, labels, strict=True)
        )
        return Objects(tuple(branches), tag)

    def _member_alternatives(self, plain: Plain, name: str) -> list[Plain]:
        properties = self._resolver.mapping(plain.get("properties"), f"{self._path} properties")
        return self._resolver.alternatives(properties[name], self._path) if name in properties else []

    def _is_the_unknown(self, plain: Plain) -> bool:
        """True for the branch of what is not documented yet, as our open schemas have it."""
        names = self._resolver.mapping(plain.get("properties"), f"{self._path} properties")
        return len(names) == 1 and any("not" in a for n in names for a in self._member_alternatives(plain, n))

    def _tags(self, found: list[Plain], declared: str) -> tuple[str, list[str]]:
        """The member that tells alternatives apart with its value in each, else their numbers."""
        names = list(self._resolver.mapping(found[0].get("properties"), self._path)) if found else []
        for name in [declared, *names] if declared else names:
            values = [_only_value(self._member_alternatives(plain, name)) for plain in found]
            if None not in values and len(set(values)) == len(values):
                return name, [str(value) for value in values]
        return "", [str(number) for number in range(1, len(found) + 1)]

    def _structure(self, plain: Plain, path: str, label: str) -> Structure:
        place = path or "the payload"
        properties = self._resolver.mapping(plain.get("properties"), f"{place} properties")
        required = plain["required"] if isinstance(plain.get("required"), list) else []
        formed = {str(name): self._form(node, joined(path, str(name))) for name, node in properties.items()}
        # A member whose schema nothing satisfies, `false` above all, never comes.
        members = {name: (form, name in required) for name, form in formed.items() if form.kinds}
        beside = plain.get("additionalProperties", plain.get("unevaluatedProperties", True))
        extra: Form | bool = beside if isinstance(beside, bool) else self._form(beside, within(path))
        if isinstance(extra, Form) and set(extra.kinds) == {ANY} and not members:
            extra = extra if extra.prose else True
        unnamed = [n for n in required if n not in properties]
        limits = _limits([plain], "object") | ({"required": unnamed} if unnamed else {})
        return Structure(members, extra, limits, said_in(plain), label, self._parts(limits, path))


def _only_value(alternatives: list[Plain]) -> Any:
    if len(alternatives) != 1:
        return None
    values = _values(alternatives[0], alternatives[0].get("enum") or [])
    return values[0] if values and len(values) == 1 and isinstance(values[0], str) else None


def _values(plain: Plain, enum: list[Any]) -> list[Any] | None:
    if "const" in plain:
        return [plain["const"]]
    return enum if "enum" in plain else None


def _scalars(kind: str, found: list[Plain]) -> Scalars:
    listed: list[Any] = []
    is_open = False
    for plain in found:
        values = _values(plain, plain.get("enum") or [])
        if values is None:
            is_open = True
        else:
            listed += [v for v in values if json_type(v) == kind and v not in listed]
    enum = tuple(listed) if listed else None
    limits = _limits(found, kind)
    return Scalars(enum, is_open and enum is not None, limits)


def _concerns(keyword: str, kind: str) -> bool:
    """True for a keyword that limits values of a JSON type."""
    if kind == NULL:
        return False
    concerned = BY_KEYWORD.get(keyword, kind)
    return concerned == kind or (concerned == "number" and kind == "integer")


def _limits(found: list[Plain], kind: str) -> dict[str, Any]:
    """The limits of values of a JSON type that all of some alternatives share, beside type and members."""
    first, *others = found
    return {
        k: v
        for k, v in first.items()
        if k not in STRUCTURE and not is_annotation(k) and _concerns(k, kind)
        if all(k in other and other[k] == v for other in others)
    }
