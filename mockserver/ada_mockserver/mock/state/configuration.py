"""The configuration of an integration: a JSON Schema that its developer wrote, and what an admin fills in.

References lead within the schema alone, so that nothing is fetched for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema.exceptions import SchemaError
from jsonschema.validators import Draft3Validator, Draft202012Validator, validator_for
from referencing.exceptions import Unresolvable

from ada_mockserver.fitting import Problem, fitting_errors, validator

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["misfits", "resolved", "unusable"]

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_CIRCULAR = "refers to itself without end"


def unusable(schema: dict[str, Any]) -> str:
    """The reason why a schema can describe no configuration, "" for one that can."""
    if schema.get("type", "object") != "object":
        return "must be a JSON Schema of the type object"
    if not isinstance(schema.get("$schema", ""), str):
        return "is no JSON Schema: $.$schema is not valid"
    try:
        _version(schema).check_schema(schema)
    except SchemaError as error:
        return f"is no JSON Schema: {error.json_path} is not valid"
    except RecursionError:
        return _CIRCULAR
    for reference in _references(schema):
        try:
            resolved(schema, {"$ref": reference})
        except (LookupError, TypeError, ValueError):
            return "has a reference that does not lead to a place in it, such as #/$defs/address"
        except RecursionError:
            return _CIRCULAR
    return ""


def misfits(schema: dict[str, Any], configuration: dict[str, Any]) -> list[Problem]:
    """What is wrong with a configuration."""
    try:
        return fitting_errors(validator(schema, _version(schema)), configuration)
    except (RecursionError, Unresolvable):
        return [Problem("$", "cannot be told from the schema, whose references lead nowhere or in a circle")]


def resolved(root: dict[str, Any], schema: Any, *, most: int = 16) -> dict[str, Any]:
    """A schema within another with what its reference leads to; an empty one for ``true`` and ``false``.

    Raises `LookupError`, `TypeError` or `ValueError` where it leads nowhere, `RecursionError` for a circle.
    """
    if not isinstance(schema, dict):
        return {}
    if not isinstance(schema.get("$ref"), str):
        return schema
    if most == 0:
        raise RecursionError(schema["$ref"])
    place, *steps = schema["$ref"].split("/")
    if place != "#":
        raise ValueError(schema["$ref"])
    target: Any = root
    for step in steps:
        key = step.replace("~1", "/").replace("~0", "~")
        target = target[int(key)] if isinstance(target, list) else target[key]
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**resolved(root, target, most=most - 1), **beside}


def _version(schema: dict[str, Any]) -> Any:
    """The validators of the version of JSON Schema that a schema names, or else of the latest.

    Draft 3 is not among them: there ``required`` and ``type`` have other forms.
    """
    named = validator_for(schema, default=Draft202012Validator)
    return Draft202012Validator if named is Draft3Validator else named


def _references(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name in _REFERENCES and isinstance(member, str):
                yield member
            else:
                yield from _references(member)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
