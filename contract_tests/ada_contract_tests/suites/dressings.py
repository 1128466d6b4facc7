"""Authentic requests in every form that a receiver must accept: ADA206, ADA306 to ADA309, ADA407.

Sources: docs.svix.com/receiving/verifying-payloads/how-manual; /reference/introduction/versioning.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_mockserver.delivery.signing import authentic_headers, generate_secret, sign

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from ada_mockserver.delivery.http import Headers

__all__ = ["DRESSINGS", "Dressing"]


def _as_it_is(body: bytes) -> bytes:
    return body


def _plain(signed: Headers, _: str) -> Headers:
    return signed


@dataclass(frozen=True, slots=True)
class Dressing:
    """One way to send an authentic event.

    ``reshape`` rewrites the body before it is signed, ``dress`` the signature headers (it also gets a
    signature made with another secret); ``extra`` headers are sent beside, or in place of, the usual ones.
    ``over_http`` is true where the difference exists on the wire only; ``foreign`` where the event needs
    text outside of ASCII to show it.
    """

    name: str
    rule: str
    summary: str
    reshape: Callable[[bytes], bytes] = _as_it_is
    dress: Callable[[Headers, str], Headers] = _plain
    extra: Headers = ()
    over_http: bool = False
    foreign: bool = False

    def apply(
        self, secret: str | None, *, message_id: str, timestamp: int, body: bytes, rng: random.Random
    ) -> tuple[Headers, bytes]:
        """The signature headers with the further ones, and the body; a ``secret`` of None signs nothing."""
        shaped = self.reshape(body)
        secrets = [] if secret is None else [secret]
        signed = authentic_headers(secrets, message_id=message_id, timestamp=timestamp, body=shaped)
        if not secrets:
            return (*signed, *self.extra), shaped
        other = sign(generate_secret(rng), message_id=message_id, timestamp=timestamp, body=shaped)
        return (*self.dress(signed, other), *self.extra), shaped


def _signatures(arrange: Callable[[str, str], str]) -> Callable[[Headers, str], Headers]:
    def dress(signed: Headers, other: str) -> Headers:
        return tuple((n, arrange(v, other) if n == "svix-signature" else v) for n, v in signed)

    return dress


def _named(rename: Callable[[str], str]) -> Callable[[Headers, str], Headers]:
    def dress(signed: Headers, _: str) -> Headers:
        return tuple((rename(name), value) for name, value in signed)

    return dress


def _rewritten(
    separators: tuple[str, str], indent: int | None, *, ascii_only: bool
) -> Callable[[bytes], bytes]:
    def reshape(body: bytes) -> bytes:
        value = json.loads(body)
        text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=ascii_only)
        return text.encode()

    return reshape


def _escaped(body: bytes) -> bytes:
    """Slashes and ordinary letters as escapes, which is the same JSON."""
    return body.replace(b"/", b"\\/").replace(b'"v1.', b'"\\u0076\\u0031.')


NEW_OF_THE_SENDER: Headers = (
    ("svix-attempt", "1"),
    ("svix-event-type", "v1.conversation.created"),
    ("ada-delivery", "2"),
)
MANY_HEADERS: Headers = tuple((f"x-new-header-{n:02}", f"value {n}") for n in range(40))
TRACING: Headers = (
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("tracestate", "ada=00f067aa0ba902b7"),
    ("x-request-id", "7b44f1fe-4e3a-4b1a-9f7e-1f0f0f0f0f0f"),
    ("x-forwarded-proto", "https"),
)

DRESSINGS: tuple[Dressing, ...] = (
    Dressing("headers:tracing", "ADA206", "tracing headers are sent along", extra=TRACING),
    Dressing(
        "headers:sender", "ADA206", "further headers of Svix and Ada are sent along", extra=NEW_OF_THE_SENDER
    ),
    Dressing("headers:many", "ADA206", "40 unknown headers are sent along", extra=MANY_HEADERS),
    Dressing(
        "signature:rotated",
        "ADA306",
        "signed with the old and the new secret, the right one last",
        dress=_signatures(lambda good, other: f"{other} {good}"),
    ),
    Dressing(
        "signature:rotated-first",
        "ADA306",
        "signed with the old and the new secret, the right one first",
        dress=_signatures(lambda good, other: f"{good} {other}"),
    ),
    Dressing(
        "signature:unknown-version",
        "ADA307",
        "a signature of an unknown version stands before the right one",
        dress=_signatures(lambda good, other: f"v2,{other.partition(',')[2]} {good}"),
    ),
    Dressing(
        "signature:unknown-version-after",
        "ADA307",
        "a signature of version v1a stands behind the right one",
        dress=_signatures(lambda good, other: f"{good} v1a,{other.partition(',')[2]}"),
    ),
    Dressing(
        "raw:pretty", "ADA308", "the body is indented", reshape=_rewritten((",", ": "), 2, ascii_only=False)
    ),
    Dressing(
        "raw:spaced",
        "ADA308",
        "the body has spaces",
        reshape=_rewritten((", ", ": "), None, ascii_only=False),
        foreign=True,
    ),
    Dressing(
        "raw:escaped-unicode",
        "ADA308",
        "non-ASCII characters are escaped",
        reshape=_rewritten((",", ":"), None, ascii_only=True),
        foreign=True,
    ),
    Dressing("raw:escaped", "ADA308", "slashes and letters are escaped", reshape=_escaped),
    Dressing("raw:newline", "ADA308", "the body ends with a newline", reshape=lambda body: body + b"\n"),
    Dressing(
        "raw:surrounded",
        "ADA308",
        "white space surrounds the body",
        reshape=lambda body: b" \r\n\t" + body + b" ",
    ),
    Dressing(
        "headers:title-case",
        "ADA309",
        "the header names are written Svix-Id",
        dress=_named(str.title),
        over_http=True,
    ),
    Dressing(
        "headers:upper-case",
        "ADA309",
        "the header names are written SVIX-ID",
        dress=_named(str.upper),
        over_http=True,
    ),
    *(
        Dressing(
            f"content-type:{label}",
            "ADA407",
            f"the content type is {value}",
            extra=(("content-type", value),),
        )
        for label, value in (
            ("charset", "application/json; charset=utf-8"),
            ("charset-compact", "application/json;charset=UTF-8"),
        )
    ),
)
