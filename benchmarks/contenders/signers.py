"""The libraries that sign and verify as Svix does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contenders.timed import repeated

__all__ = ["make_sign", "make_verify"]

Run = "Callable[[int], dict[str, Any]]"


def _webhook(library: str, secret: str) -> Any:
    if library == "svix":
        from svix.webhooks import Webhook
    else:
        from standardwebhooks import Webhook
    return Webhook(secret)


def _texts(file: str) -> list[str]:
    return Path(file).read_text(encoding="utf-8").splitlines()


def make_sign(library: str, secret: str, file: str) -> Run:
    """What is timed of signing; the secret is decoded before."""
    sign, now = _webhook(library, secret).sign, datetime.now(UTC)
    return repeated(lambda text: sign("msg_1", now, text), _texts(file))


def make_verify(library: str, secret: str, file: str) -> Run:
    """What is timed of verifying: a signed event, which standardwebhooks parses as well."""
    webhook, now = _webhook(library, secret), datetime.now(UTC)
    prefix = "svix" if library == "svix" else "webhook"
    signed = [
        (
            text,
            {
                f"{prefix}-id": "msg_1",
                f"{prefix}-timestamp": str(int(now.timestamp())),
                f"{prefix}-signature": webhook.sign("msg_1", now, text),
            },
        )
        for text in _texts(file)
    ]
    return repeated(lambda pair: webhook.verify(pair[0], pair[1]), signed)
