"""The packages of the extra ``fuzz``, and the error where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from ada_schemas.errors import MissingExtraError

__all__ = ["require_fuzz"]


def require_fuzz() -> None:
    """Raise `MissingExtraError`, with the command that installs it, unless the extra ``fuzz`` is there."""
    if find_spec("hypothesis") is None:
        raise MissingExtraError("Fuzzing", "fuzz")
