"""Errors of jsonschema as faults: one a place, with what is demanded there and what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ada_schemas.errors import either

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError

__all__ = ["Fault", "faults", "kinds"]

KINDS = {"null": "null", "integer": "an integer", "array": "a list", "object": "an object"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One place of a value that breaks a schema.

    ``keyword`` is the keyword of ``schema`` that it breaks, ``demanded`` that keyword's value; ``got`` is the
    value at ``path``, None for a member that is missing (``required``).
    """

    path: tuple[str | int, ...]
    keyword: str
    demanded: Any
    schema: Any
    got: Any

    @property
    def json_path(self) -> str:
        """The place as a JSON path: ``$.content[0].url``."""
        return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)


def faults(error: ValidationError) -> Iterator[Fault]:
    """The faults of an error: each missing or unknown member is one, as are those of the branch meant."""
    path, keyword, schema = tuple(error.absolute_path), str(error.validator), cast("Any", error.schema)
    demanded, got = cast("Any", error.validator_value), cast("Any", error.instance)
    match keyword:
        case "required":
            yield from (Fault((*path, n), keyword, demanded, schema, None) for n in demanded if n not in got)
        case "additionalProperties" if demanded is False:
            unknown = [name for name in got if name not in schema.get("properties", {})]
            yield from (Fault((*path, n), keyword, demanded, schema, got[n]) for n in unknown)
        case "anyOf" if (branch := _branch_meant(demanded, got)) is not None:
            for inner in error.context or ():
                if inner.schema_path[0] == branch:
                    yield from faults(inner)
        case _:
            yield Fault(path, keyword, demanded, schema, got)


def _branch_meant(branches: list[Any], got: Any) -> int | None:
    """The branch that a value means to be: the one whose constant member it carries."""
    if not isinstance(got, dict):
        return None
    for index, branch in enumerate(branches):
        properties = branch.get("properties", {}) if isinstance(branch, dict) else {}
        consts = {name: p["const"] for name, p in properties.items() if "const" in p}
        if consts and all(got.get(name) == value for name, value in consts.items()):
            return index
    return None


def kinds(types: str | list[str]) -> str:
    """JSON types in words: ``a string, a list or null``."""
    listed = [types] if isinstance(types, str) else types
    return either(KINDS.get(kind, f"a {kind}") for kind in listed)
