"""Files that hold secrets or people's data: nobody but their owner can read what is created here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

__all__ = ["PRIVATE", "create_private", "is_exposed", "open_private"]

PRIVATE = 0o600
"""The mode of a file that is created here, whatever the umask; one that is there keeps its own."""


def open_private(path: str | Path) -> IO[bytes]:
    """Open a file to append to it, unbuffered; raises `OSError` where that cannot be."""
    return open(path, "ab", buffering=0, opener=_private)


def create_private(path: str | Path) -> None:
    """Have the file exist; raises `OSError` where that cannot be."""
    open_private(path).close()


def is_exposed(path: str | Path) -> bool:
    """True if others on this machine may read or write the file; where modes say nothing of it, false."""
    try:
        return os.name == "posix" and bool(Path(path).stat().st_mode & 0o077)
    except OSError:
        return False


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)
