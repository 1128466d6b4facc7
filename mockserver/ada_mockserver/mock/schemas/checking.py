"""Values held against the schemas of the mock's own: its script, and the bodies of ``/_mock``."""

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
    text = (resources.files("ada_mockserver.mock.schemas") / "own_schemas.json").read_text(encoding="utf-8")
    schemas: dict[str, Any] = json.loads(text)
    return schemas


@lru_cache(maxsize=32)
def _validator(name: str) -> Draft202012Validator:
    return validator({**_schemas()[name], "$defs": _schemas()["$defs"]})
