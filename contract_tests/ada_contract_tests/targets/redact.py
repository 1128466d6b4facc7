"""Keeps secrets out of texts that reports print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ada_mockserver.delivery.http import Headers

__all__ = ["redact"]

_SECRET_NAMES = ("signature", "authorization", "cookie", "token", "secret", "key")
_SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


def redact(text: str, headers: Headers = ()) -> str:
    """``text`` without signing secrets and without the secret values among ``headers``."""
    text = _SIGNING_SECRET.sub("whsec_...", text)
    for name, value in headers:
        if any(word in name.lower() for word in _SECRET_NAMES):
            for part in (value, *value.replace(",", " ").split()):
                if len(part) >= 8:
                    text = text.replace(part, "[redacted]")
    return text
