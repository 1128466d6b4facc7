"""Values at which programs are known to break, read from ``special.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["special"]


@cache
def special(name: str) -> tuple[Any, ...]:
    """The values of one table of the file; a KeyError for one that it has not."""
    return tuple(_tables()[name])


@cache
def _tables() -> dict[str, list[Any]]:
    text = (files("ada_contract_tests.fuzz") / "special.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
