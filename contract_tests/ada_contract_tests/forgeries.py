"""Requests that Ada did not make: what ADA301 to ADA303 send, and what a receiver must refuse.

Source: docs.svix.com/receiving/verifying-payloads/how-manual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ada_mockserver.signing import generate_secret, new_message_id, signature_headers

if TYPE_CHECKING:
    import random

    from ada_mockserver.message import Headers

__all__ = ["FORGERIES", "Forgery"]

Kind = Literal["drop", "secret", "body", "id", "timestamp"]


@dataclass(frozen=True, slots=True)
class Forgery:
    """One way to make a request unauthentic.

    ``drops`` are the headers that it lacks; other kinds change one thing after, or in place of, signing.
    """

    name: str
    rule: str
    summary: str
    kind: Kind
    drops: tuple[str, ...] = ()

    def apply(
        self, secret: str, *, message_id: str, timestamp: int, body: bytes, rng: random.Random
    ) -> tuple[Headers, bytes]:
        """The signature headers and the body to send; ``rng`` draws the ids and secrets of the forger."""
        signer = generate_secret(rng) if self.kind == "secret" else secret
        signed = signature_headers([signer], message_id=message_id, timestamp=timestamp, body=body)
        replaced = {
            "id": ("svix-id", new_message_id(rng)),
            "timestamp": ("svix-timestamp", str(timestamp - 60)),
        }.get(self.kind)
        headers = tuple(
            (name, replaced[1] if replaced and replaced[0] == name else value)
            for name, value in signed
            if name not in self.drops
        )
        return headers, _altered(body) if self.kind == "body" else body


def _altered(body: bytes) -> bytes:
    """The same event with one more member: still a valid event, yet not the one that was signed."""
    return body.rstrip()[:-1] + b',"adakit_forged":true}'


FORGERIES: tuple[Forgery, ...] = (
    Forgery(
        "unsigned",
        "ADA301",
        "no signature header at all",
        "drop",
        ("svix-id", "svix-timestamp", "svix-signature"),
    ),
    *(
        Forgery(f"missing:{name}", "ADA301", f"the header {name} is missing", "drop", (name,))
        for name in ("svix-id", "svix-timestamp", "svix-signature")
    ),
    Forgery("wrong-secret", "ADA302", "signed with another secret", "secret"),
    Forgery("altered-body", "ADA303", "the body was changed after signing", "body"),
    Forgery("altered-id", "ADA303", "svix-id was changed after signing", "id"),
    Forgery("altered-timestamp", "ADA303", "svix-timestamp was changed after signing", "timestamp"),
)
