"""Ids in the forms that Svix gives them: a prefix and 27 base62 characters."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["new_id"]

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_id(prefix: str, rng: Random) -> str:
    """An id such as ``ep_`` or ``atmpt_`` and 27 characters drawn from ``rng``."""
    return prefix + "".join(rng.choices(_BASE62, k=27))
