"""Requests that Ada did not make: what ADA301 to ADA305 and ADA310 send, and a receiver must refuse.

Source: docs.svix.com/receiving/verifying-payloads/how-manual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_mockserver.delivery.signing import generate_secret, new_message_id, signature_headers

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from ada_mockserver.delivery.http import Headers

__all__ = ["FORGERIES", "Forgery"]

MINUTE = 60
DAY = 24 * 60 * MINUTE


def _as_signed(value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class Forgery:
    """One way to make a request unauthentic.

    ``drops`` are the headers that it lacks; ``other_secret`` signs with a secret of the forger; ``age`` is
    how old the request claims to be, in seconds (negative: from the future), signed correctly; ``stamp``
    and ``message_id`` replace these values before signing; ``replaces`` names a header that is changed
    after signing, by ``change``; ``alters_body`` changes the body after signing.
    """

    name: str
    rule: str
    summary: str
    drops: tuple[str, ...] = ()
    other_secret: bool = False
    age: int = 0
    stamp: str | None = None
    message_id: str | None = None
    replaces: str = ""
    change: Callable[[str], str] = _as_signed
    alters_body: bool = False

    def apply(
        self, secret: str, *, message_id: str, timestamp: int, body: bytes, rng: random.Random
    ) -> tuple[Headers, bytes]:
        """The signature headers and the body to send; ``rng`` draws the ids and secrets of the forger."""
        signed = signature_headers(
            [generate_secret(rng) if self.other_secret else secret],
            message_id=message_id if self.message_id is None else self.message_id,
            timestamp=self.stamp or timestamp - self.age,
            body=body,
        )
        headers = []
        for name, value in signed:
            if name in self.drops:
                continue
            if name == self.replaces:
                headers.append((name, new_message_id(rng) if name == "svix-id" else self.change(value)))
            else:
                headers.append((name, value))
        return tuple(headers), _altered(body) if self.alters_body else body


def _with_another_character(value: str, at: int) -> str:
    return f"{value[:at]}{'B' if value[at] == 'A' else 'A'}{value[at + 1 :]}"


def _altered(body: bytes) -> bytes:
    """The same event with one more member: still a valid event, yet not the one that was signed."""
    return body.rstrip()[:-1] + b',"adakit_forged":true}'


def _malformed(name: str, summary: str, change: Callable[[str], str]) -> Forgery:
    return Forgery(f"malformed:{name}", "ADA310", summary, replaces="svix-signature", change=change)


HEADERS = ("svix-id", "svix-timestamp", "svix-signature")

FORGERIES: tuple[Forgery, ...] = (
    Forgery("unsigned", "ADA301", "no signature header at all", drops=HEADERS),
    *(
        Forgery(f"missing:{name}", "ADA301", f"the header {name} is missing", drops=(name,))
        for name in HEADERS
    ),
    Forgery("wrong-secret", "ADA302", "signed with another secret", other_secret=True),
    Forgery("altered-body", "ADA303", "the body was changed after signing", alters_body=True),
    Forgery("altered-id", "ADA303", "svix-id was changed after signing", replaces="svix-id"),
    Forgery(
        "altered-timestamp",
        "ADA303",
        "svix-timestamp was changed after signing",
        replaces="svix-timestamp",
        change=lambda value: str(int(value) - MINUTE),
    ),
    Forgery(
        "altered-signature-start",
        "ADA303",
        "the first character of the signature was changed",
        replaces="svix-signature",
        change=lambda value: _with_another_character(value, len("v1,")),
    ),
    Forgery(
        "altered-signature-end",
        "ADA303",
        "one of the last characters of the signature was changed",
        replaces="svix-signature",
        change=lambda value: _with_another_character(value, len(value) - 3),
    ),
    Forgery(
        "altered-signature-case",
        "ADA303",
        "the letters of the signature have the other case",
        replaces="svix-signature",
        change=lambda value: f"v1,{value.removeprefix('v1,').swapcase()}",
    ),
    Forgery("stale", "ADA304", "signed correctly, six minutes ago", age=6 * MINUTE),
    Forgery("stale-day", "ADA304", "signed correctly, a day ago", age=DAY),
    Forgery("future", "ADA305", "signed correctly, for six minutes ahead", age=-6 * MINUTE),
    Forgery("future-day", "ADA305", "signed correctly, for a day ahead", age=-DAY),
    _malformed("no-comma", "the signature has no comma", lambda value: value.replace(",", "")),
    _malformed("bad-padding", "the signature's base64 is cut off", lambda value: value[:-2]),
    _malformed("not-base64", "the signature is not base64", lambda _: "v1,!!not base64!!"),
    _malformed("no-value", "the signature has a version and no value", lambda _: "v1,"),
    _malformed("empty", "the header svix-signature is empty", lambda _: ""),
    _malformed(
        "other-version",
        "the right signature stands under an unknown version alone",
        lambda value: f"v2,{value.partition(',')[2]}",
    ),
    Forgery("malformed:timestamp", "ADA310", "the timestamp is not a number, and signed", stamp="yesterday"),
    Forgery("malformed:id", "ADA310", "the id is empty, and signed", message_id=""),
)
