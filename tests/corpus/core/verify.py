"""Verification by hand, as the Svix documentation describes it, in steps that can be overridden."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class RefusedError(Exception):
    """A request that is refused with a 4xx status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Verifier:
    """Checks `svix-id`, `svix-timestamp` and `svix-signature` against the raw body."""

    tolerance = 300

    def __init__(self, secret: str) -> None:
        self.key = base64.b64decode(secret.removeprefix("whsec_"))

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise unless the request is genuine and recent."""
        msg_id = headers.get("svix-id", "")
        timestamp = headers.get("svix-timestamp", "")
        signatures = headers.get("svix-signature", "")
        if not (msg_id and timestamp and signatures):
            raise RefusedError(401, "missing signature headers")
        self.check_time(timestamp)
        expected = self.sign(msg_id, timestamp, body)
        if not any(hmac.compare_digest(expected, given) for given in self.candidates(signatures)):
            raise RefusedError(401, "no matching signature")

    def check_time(self, timestamp: str) -> None:
        """Raise unless the timestamp is within the tolerance, on either side."""
        try:
            age = time.time() - int(timestamp)
        except ValueError:
            raise RefusedError(401, "malformed timestamp") from None
        if abs(age) > self.tolerance:
            raise RefusedError(401, "timestamp outside the tolerance")

    def sign(self, msg_id: str, timestamp: str, body: bytes) -> bytes:
        """The expected signature."""
        content = f"{msg_id}.{timestamp}.".encode() + self.signed_body(body)
        return hmac.new(self.key, content, hashlib.sha256).digest()

    def signed_body(self, body: bytes) -> bytes:
        """The body as the sender signed it."""
        return body

    def candidates(self, signatures: str) -> Iterator[bytes]:
        """The signatures that may match."""
        for entry in signatures.split(" "):
            version, _, value = entry.partition(",")
            if version == "v1":
                yield decoded(value)


def decoded(value: str) -> bytes:
    """Base64, or nothing where it is malformed."""
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return b""
