"""Validators of JSON Schema on our schema files, each compiled before the time starts.

An event is held against the file of its type. Each has to call all the events valid, and one of which a
required member is taken away not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contenders.timed import repeated

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["make_fastjsonschema", "make_jsonschema", "make_jsonschema_rs"]

Run = "Callable[[int], dict[str, Any]]"


def _checked(events: str, folder: str, compiled: Callable[[Any], Callable[[Any], bool]]) -> Run:
    values = [json.loads(line) for line in Path(events).read_bytes().splitlines()]
    judges = {
        name: compiled(json.loads(Path(folder, f"{name.removeprefix('v1.')}.schema.json").read_bytes()))
        for name in {value["type"] for value in values}
    }

    def valid(value: Any) -> bool:
        return judges[value["type"]](value)

    assert all(map(valid, values))
    assert not valid({k: v for k, v in values[0].items() if k != "data"})
    return repeated(valid, values)


def make_jsonschema(events: str, folder: str) -> Run:
    """What is timed of jsonschema."""
    from jsonschema import Draft202012Validator

    return _checked(events, folder, lambda schema: Draft202012Validator(schema).is_valid)


def make_jsonschema_rs(events: str, folder: str) -> Run:
    """What is timed of jsonschema-rs."""
    import jsonschema_rs

    return _checked(events, folder, lambda schema: jsonschema_rs.Draft202012Validator(schema).is_valid)


def make_fastjsonschema(events: str, folder: str) -> Run:
    """What is timed of fastjsonschema, which knows the drafts up to 7: all that is valid stays so."""
    import fastjsonschema

    def compiled(schema: Any) -> Callable[[Any], bool]:
        validate = fastjsonschema.compile(
            {**schema, "$schema": "http://json-schema.org/draft-07/schema#"}, use_default=False
        )

        def valid(value: Any) -> bool:
            try:
                validate(value)
            except fastjsonschema.JsonSchemaException:
                return False
            return True

        return valid

    return _checked(events, folder, compiled)
