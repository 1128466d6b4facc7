"""YAML that nobody vouches for, read as JSON: by the core schema of YAML 1.2, which OpenAPI asks for.

So ``on`` and ``no`` are texts, ``010`` is ten, ``1e3`` a number and a time of day a text. A key is the text
that was written. No tag makes what JSON has not: dates, bytes, sets, NaN.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import MAX_NODES, limit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["line_of", "parse_yaml"]

MAX_OPEN = 1000
_TAG = "tag:yaml.org,2002:"
_CORE = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", tuple("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        tuple("-+.0123456789"),
    ),
    ("merge", r"<<", ("<",)),
)
"""The scalars that are no texts: their tag, how they are written, how they begin."""


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]  # the base is chosen by what PyYAML was built with
    """Makes values of JSON alone, and takes no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping; raises ConstructorError for a key that is there twice, of which readers take either."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == f"{_TAG}merge":
                continue
            if isinstance(key, yaml.ScalarNode):
                key.tag = f"{_TAG}str"
            name = str(key.value)
            if name in seen:
                raise _refused(f"the key {key.value!r} is there twice in one mapping", key)
            seen.add(name)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_foreign(self, node: Any) -> None:
        """Raises ConstructorError: a tag that is none of JSON's."""
        raise _refused(f"the tag {node.tag.replace(_TAG, '!!')!r} makes no value of JSON", node)

    def construct_whole(self, node: Any) -> int:
        """An integer; without a prefix it is decimal."""
        text = str(self.construct_scalar(node))
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))

    def construct_number(self, node: Any) -> float:
        """A number; raises ConstructorError for one that JSON has not."""
        number: float = self.construct_yaml_float(node)
        if not math.isfinite(number):
            raise _refused("a number that JSON has not", node)
        return number


def _refused(problem: str, node: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_Loader.yaml_implicit_resolvers = {}
for _name, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)
_JSON = [f"{_TAG}{name}" for name in ("null", "bool", "str", "seq", "map")]
_Loader.yaml_constructors = {tag: yaml.SafeLoader.yaml_constructors[tag] for tag in _JSON}
_Loader.add_constructor(None, _Loader.construct_foreign)
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_whole)
_Loader.add_constructor(f"{_TAG}float", _Loader.construct_number)


_NO_VALUE = (ValueError, KeyError, AttributeError, TypeError, OverflowError)
"""What PyYAML raises for ``!!int a``, ``!!bool a``, ``!!map a``, or an integer of 5,000 digits."""


def parse_yaml(text: str, *, name: str) -> Any:
    """Parse YAML (and so JSON) text; ``name`` is what errors call the document.

    Raises DocumentError for text that is no YAML, for recursive aliases, for values that JSON has not, and
    for a document that grows beyond 2,000,000 values or 100 levels once its aliases are followed.
    """
    if _opens_too_deep(text):
        raise DocumentError(f"{name} is nested too deeply.")
    if sum(map(text.count, "\n,[{")) >= MAX_NODES:
        raise DocumentError(f"{name} has more than {MAX_NODES:,} values.")
    try:
        value = _plain_json(text)
        if value is None:
            value = yaml.load(text, _Loader)  # noqa: S506 - _Loader is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark is not None else ""
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise DocumentError(
            f"{name} is not valid YAML{place}: {reason}.",
            next_step="Check that the file is complete and is the document itself, not a page about it.",
        ) from error
    except RecursionError as error:
        raise DocumentError(f"{name} is nested too deeply.") from error
    except _NO_VALUE as error:
        raise DocumentError(f"{name} is not valid YAML: a value is none of its kind, or too long.") from error
    limit(value, name=name, through=" through its aliases")
    return value


def line_of(text: str, way: Sequence[str | int]) -> int | None:
    """The line, from 1, of what stands at ``way`` (keys and indexes) in a text that `parse_yaml` has read.

    Where nothing stands there it is the line of the nearest around it; None where no line can be told, as in
    JSON that is no YAML.
    """
    node = _composed(text)
    if node is None:
        return None
    line: int = node.start_mark.line
    for step in way:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if str(key.value) == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line + 1


@lru_cache(maxsize=1)
def _composed(text: str) -> Any:
    try:
        return yaml.compose(text, _Loader)
    except yaml.YAMLError:
        return None


def _plain_json(text: str) -> Any:
    """The object or list of a JSON text, many times faster than as YAML; None for what is not plain JSON.

    That one is read as YAML, which says what is wrong with it.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a pair of escapes is no text
    except ValueError:
        return None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that JSON has not")
    return number


def _opens_too_deep(text: str) -> bool:
    """True if brackets or list markers open so deep that the parser, which recurses in C, would crash."""
    depth = 0
    for match in re.finditer(r"[\[{]|[\]}]", text):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > MAX_OPEN:
            return True
    return re.search(rf"(?:[-?] ){{{MAX_OPEN}}}", text) is not None
