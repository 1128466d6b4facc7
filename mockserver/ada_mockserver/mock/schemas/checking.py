"""Values held against the schemas of Ada's API (``request_schemas.json``) and the mock's own."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ada_mockserver.fitting import Problem, fitting_errors, validator

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["Problem", "problems"]


def problems(value: Any, schema: str) -> list[Problem]:
    """All that is wrong with a value by the schema of that name, each place and message once."""
    return fitting_errors(_validator(schema), value)


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Any]:
    folder = resources.files("ada_mockserver.mock.schemas")
    names = ("request_schemas.json", "own_schemas.json")
    api, own = (json.loads((folder / name).read_text(encoding="utf-8")) for name in names)
    return {**api, **own, "$defs": {**api["$defs"], **own["$defs"]}}


@lru_cache(maxsize=32)
def _validator(name: str) -> Draft202012Validator:
    schema = {**_schemas()[name], "$defs": _schemas()["$defs"]}
    return validator(schema)
