"""What several commands share: reading inputs, writing outputs, parsing headers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from ada_mockserver.message import Headers

__all__ = ["parse_headers", "read_bytes", "require_secret", "write_bytes"]


def read_bytes(name: str) -> bytes:
    """The content of a file, or of standard input for ``-``; raises UsageError when it cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    path = Path(name)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{name} does not exist.") from error
    except IsADirectoryError as error:
        raise UsageError(f"{name} is a directory, not a file.") from error
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error


def write_bytes(name: str | None, content: bytes) -> None:
    """Write to a file, or to standard output for None or ``-``; raises UsageError when that fails."""
    if name in (None, "-"):
        sys.stdout.buffer.write(content)
        return
    try:
        Path(str(name)).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}.") from error


def parse_headers(values: tuple[str, ...]) -> Headers:
    """``K: V`` options as headers; raises UsageError for one without a colon or a name."""
    headers = []
    for value in values:
        name, colon, content = value.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"{value!r} is not a header.", next_step="Write it as 'Name: value'.")
        headers.append((name.strip(), content.strip()))
    return tuple(headers)


def require_secret(option: str | None, what: str) -> str:
    """The secret of the option or of ADA_WEBHOOK_SECRET; raises UsageError that names both."""
    import os  # noqa: PLC0415 - only commands that need a secret read the environment

    secret = option or os.environ.get("ADA_WEBHOOK_SECRET")
    if not secret:
        raise UsageError(
            f"No secret to {what} with.", next_step="Give it with --secret or in ADA_WEBHOOK_SECRET."
        )
    return secret
