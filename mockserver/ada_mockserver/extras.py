"""The packages of the extras ``mock`` and ``locust``, and the error where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from ada_schemas.errors import MissingExtraError

__all__ = ["require_locust", "require_mock"]

_PACKAGES = ("aiosqlite", "python_multipart", "sqlalchemy", "starlette")


def require_mock(feature: str) -> None:
    """Raise `MissingExtraError`, with the command that installs it, unless the extra ``mock`` is there."""
    if any(find_spec(package) is None for package in _PACKAGES):
        raise MissingExtraError(feature, "mock")


def require_locust(feature: str) -> None:
    """Raise `MissingExtraError`, with the command that installs it, unless the extra ``locust`` is there."""
    if find_spec("locust") is None:
        raise MissingExtraError(feature, "locust")
