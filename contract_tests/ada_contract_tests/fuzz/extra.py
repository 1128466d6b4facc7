"""What fuzzing needs before it starts: the packages of the extra ``fuzz``, and a folder for failures."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from ada_schemas.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["require_fuzz"]


def require_fuzz(folder: Path | None) -> None:
    """Raise `MissingExtraError`, with the command that installs it, unless the extra ``fuzz`` is there.

    Raises UsageError where failures cannot be kept in ``folder``, since it is none.
    """
    if find_spec("hypothesis") is None:
        raise MissingExtraError("Fuzzing", "fuzz")
    if folder is not None and folder.exists() and not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder.", next_step="Give --fuzz-db a folder; it is made where there is none."
        )
