"""Metadata of channels, conversations and end users: its size, and how it is changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.bodies import size_in_words
from ada_mockserver.mock.api.errors import refused

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MOST_METADATA", "check_metadata_size", "json_size", "merged"]

MOST_METADATA = 4096
"""Bytes of metadata on a channel or a conversation, as compact JSON."""


def check_metadata_size(metadata: dict[str, Any], *, most: int = MOST_METADATA, path: str) -> None:
    """Raise `ApiError` (400) for metadata of more than ``most`` bytes, as compact JSON in UTF-8."""
    if json_size(metadata) > most:
        raise refused(path, f"is larger than {size_in_words(most)}")


def json_size(value: Any) -> int:
    """The bytes of a value as compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def merged(metadata: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with the changes in it; a member that is null goes."""
    return {key: value for key, value in {**metadata, **changes}.items() if value is not None}
