"""Signatures as Svix makes them, and Standard Webhooks ask for them, over the exact bytes of the body.

The signed content is ``{id}.{timestamp}.{raw body}``; the key is what follows ``whsec_`` in the secret,
decoded from base64; the signature is ``v1,`` and the base64 of the HMAC-SHA256
(docs.svix.com/receiving/verifying-payloads/how-manual; standardwebhooks.com). Nothing here reads a clock,
draws a random number by itself, or puts a secret into a message.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import string
from binascii import b2a_base64
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ada_mockserver.delivery.body_damage import origins
from ada_mockserver.delivery.body_suspicion import suspicion
from ada_mockserver.events.ids import new_id
from ada_schemas.contract.profile import SVIX
from ada_schemas.errors import SignatureError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from random import Random

    from ada_mockserver.delivery.http import Headers

__all__ = [
    "FAMILIES",
    "PARTS",
    "UNEXPLAINED",
    "Signer",
    "authentic_headers",
    "doubt",
    "generate_secret",
    "message_ids",
    "new_message_id",
    "parse_secret",
    "sign",
    "signature_headers",
    "verify",
]

UNEXPLAINED = "No signature matches."
"""The message where no cause is found."""

_PREFIX = "whsec_"
FAMILIES = (SVIX,)
"""What the names of the signature headers begin with, unless it is said."""
PARTS = ("id", "timestamp", "signature")
"""What they end with."""
_BEYOND_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
# b64decode's own validation lets "AAAA=" pass.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_TIMESTAMP = re.compile(r"[0-9]{1,18}")
_PASTED = (
    (re.compile(r"""(["'`]).*\1$"""), "stands in quotes"),
    (re.compile(r"v\d+,"), "begins with 'v1,' as a signature does"),
    (re.compile(f"({_PREFIX}){{2}}"), f"has '{_PREFIX}' twice"),
    (
        re.compile(
            rf"(?:{_PREFIX}|(?!{_PREFIX}))(?=.*[-_])(?:[\w-]{{4}})*(?:[\w-]{{2}}==|[\w-]{{3}}=)?$", re.ASCII
        ),
        "is base64 for URLs, with '-' and '_' in place of '+' and '/'",
    ),
)
"""How a secret looks that was pasted amiss, and what is said of it."""
_FEWEST = 24
"""Bytes that a key of Svix has at least."""
_BLOCK = 64
"""Bytes of a block of SHA-256."""


def parse_secret(secret: str) -> bytes:
    """The key that ``secret`` stands for: strict base64, with or without ``whsec_`` before it.

    Raises `UsageError` that says what is wrong with the secret without showing it.
    """
    encoded = secret.removeprefix(_PREFIX)
    if not secret:
        problem = "is empty"
    elif secret != secret.strip():
        problem = "begins or ends with white space"
    elif not encoded:
        problem = f"has nothing after '{_PREFIX}'"
    elif pasted := next((said for form, said in _PASTED if form.match(secret)), ""):
        problem = pasted
    elif _BEYOND_BASE64.search(encoded):
        problem = "is not base64: it holds a character other than A-Z, a-z, 0-9, '+', '/' and '='"
    elif not _BASE64.fullmatch(encoded):
        problem = "is not base64: its length or its padding with '=' is wrong"
    elif (key := base64.b64decode(encoded)).startswith(_PREFIX.encode()):
        problem = "is in base64 once more, as Kubernetes keeps secrets: decode it once"
    else:
        return key
    raise UsageError(
        f"The signing secret {problem}.",
        next_step=f"It is '{_PREFIX}' and base64, as the provider's page of the endpoint shows it;"
        " give it with --secret or in the environment.",
    )


def doubt(secret: str) -> str:
    """Why a secret, though it is base64, hardly is one that Svix made; "" where it may be.

    Who tests with a secret of his own may well have a short one: it counts only where nothing matches.
    """
    encoded, key = secret.removeprefix(_PREFIX), parse_secret(secret)
    if len(encoded) >= 2 * _FEWEST and re.fullmatch("[0-9a-f]+|[0-9A-F]+", encoded):
        return "looks like hexadecimal digits, not like base64"
    if len(key) < _FEWEST:
        return f"is short: its key has {len(key)} bytes, and keys have {_FEWEST} or more"
    return ""


class Signer:
    """Signs for one endpoint, with keys that are decoded once; raises `UsageError` for a bad secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._macs = [_keyed_mac(parse_secret(secret)) for secret in secrets]

    def signature(self, signed: bytes) -> bytes:
        """The value of ``svix-signature``, an entry a secret, for ``{id}.{timestamp}.{raw body}``."""
        if len(self._macs) == 1:
            return b"v1," + b2a_base64(self._macs[0](signed), newline=False)
        return b" ".join(b"v1," + b2a_base64(mac(signed), newline=False) for mac in self._macs)


def sign(secret: str, *, message_id: str, timestamp: int | str, body: bytes) -> str:
    """One signature, ``v1,<base64>``, over ``body`` as it is.

    ``timestamp`` is in Unix seconds, as in ``svix-timestamp``; any text is signed as it is, which the
    contract check uses for malformed timestamps. Raises `UsageError` for a bad secret.
    """
    return Signer([secret]).signature(_signed(message_id, str(timestamp), body)).decode("ascii")


def signature_headers(
    secrets: Sequence[str],
    *,
    message_id: str,
    timestamp: int | str,
    body: bytes,
    families: Sequence[str] = FAMILIES,
) -> Headers:
    """``svix-id``, ``svix-timestamp`` and ``svix-signature``; ``timestamp`` is as `sign` takes it.

    ``families`` is what their names begin with: ``svix``, or ``webhook`` as Standard Webhooks have it, or
    both. Several secrets, as while one is being rotated, give as many signatures, in their order, separated
    by spaces. Raises `UsageError` for a bad secret and for none at all.
    """
    if not secrets:
        raise UsageError("There is no secret to sign with.")
    return authentic_headers(
        secrets, message_id=message_id, timestamp=timestamp, body=body, families=families
    )


def authentic_headers(
    secrets: Sequence[str],
    *,
    message_id: str,
    timestamp: int | str,
    body: bytes,
    families: Sequence[str] = FAMILIES,
) -> Headers:
    """The headers by which a receiver knows the sender: those of `signature_headers`.

    Without ``secrets`` the endpoint verifies nothing: ``svix-id`` and ``svix-timestamp`` alone.
    """
    values = [message_id, str(timestamp)]
    if secrets and families:
        signature = Signer(secrets).signature(_signed(message_id, str(timestamp), body))
        values.append(signature.decode("ascii"))
    # Without secrets there are two values for the three names.
    return tuple(
        (f"{family}-{part}", value) for family in families for part, value in zip(PARTS, values, strict=False)
    )


def verify(
    secret: str,
    headers: Headers | Mapping[str, str],
    body: bytes,
    *,
    now: float,
    tolerance: float = 300,
    prefix: str = SVIX,
) -> None:
    """Return when one of the signatures is right, as a receiver should judge it.

    Header names count in any letter case, ``webhook-id`` and so on beside ``svix-id`` and so on. Any
    matching ``v1`` entry suffices; other versions and malformed entries beside it are skipped. ``now``
    is Unix time; a timestamp more than ``tolerance`` seconds off is refused. ``prefix`` is by which of these
    names messages call headers that are missing.

    Raises `SignatureError`, its ``reason`` one of ``missing-header``, ``malformed-timestamp``,
    ``too-old``, ``too-new``, ``malformed-signature``, ``no-match``; where the likely cause can be found
    by trying, the message names it. Raises `UsageError` for a bad secret.
    """
    key = parse_secret(secret)
    message_id, timestamp, signature = _required(headers, prefix)
    _check_timestamp(timestamp, now, tolerance)
    given = _v1_signatures(signature)

    def matches(key: bytes, timestamp: str, body: bytes) -> bool:
        mac = _mac(key, message_id, timestamp, body)
        return any(hmac.compare_digest(mac, one) for one in given)

    if matches(key, timestamp, body):
        return
    if not given:
        raise SignatureError("There is no signature of version v1.", reason="no-match")
    for cause, its_key, its_timestamp, its_body in _likely_causes(secret, key, timestamp, body):
        if matches(its_key, its_timestamp, its_body):
            raise SignatureError(f"The signature matches {cause}.", reason="no-match")
    raise SignatureError(
        UNEXPLAINED,
        reason="no-match",
        next_step=suspicion(body)
        or "Compare the secret with the endpoint's, and verify over the body's raw bytes.",
    )


def new_message_id(rng: Random) -> str:
    """An id as Svix forms it: ``msg_`` and 27 base62 characters, drawn from ``rng``."""
    return new_id("msg_", rng)


def message_ids(rng: Random) -> Iterator[bytes]:
    """Ids like that of `new_message_id`, endlessly and cheaply: thousands from one draw, all different."""
    digits = string.digits + string.ascii_letters
    pairs = [f"{first}{second}".encode() for first in digits for second in digits]
    while True:
        drawn = new_message_id(rng)[:-2].encode()
        for pair in pairs:
            yield drawn + pair


def generate_secret(rng: Random) -> str:
    """A secret as Svix forms it: ``whsec_`` and the base64 of 24 bytes, drawn from ``rng``.

    Give a `random.SystemRandom` where the secret is to protect something.
    """
    return _PREFIX + base64.b64encode(rng.randbytes(24)).decode("ascii")


def _signed(message_id: str, timestamp: str, body: bytes) -> bytes:
    # A lone surrogate, as some servers decode a header that is not UTF-8 to, matches nothing.
    return f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body


def _mac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, _signed(message_id, timestamp, body), hashlib.sha256)


def _keyed_mac(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 with one key, as RFC 2104 defines it; both pads are taken in once."""
    padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def mac(content: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(content)
        second.update(first.digest())
        return second.digest()

    return mac


def _required(headers: Headers | Mapping[str, str], prefix: str) -> tuple[str, str, str]:
    """The id, the timestamp and the signature, each under either of its names."""
    lines = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    found = {
        name.lower(): value.strip(" \t") for name, value in reversed(lines)
    }  # the first of a name counts
    values = [found.get(f"svix-{part}") or found.get(f"webhook-{part}", "") for part in PARTS]
    missing = [f"{prefix}-{part}" for part, value in zip(PARTS, values, strict=True) if not value]
    if missing:
        raise SignatureError(
            f"The request has no {' and no '.join(missing)} header.", reason="missing-header"
        )
    message_id, timestamp, signature = values
    return message_id, timestamp, signature


def _check_timestamp(timestamp: str, now: float, tolerance: float) -> None:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureError(
            f"The timestamp {timestamp[:40]!r} is not a number of seconds.", reason="malformed-timestamp"
        )
    age = now - int(timestamp)
    if abs(age) > tolerance:
        when, reason = ("old", "too-old") if age > 0 else ("in the future", "too-new")
        in_milliseconds = age < 0 and abs(now - int(timestamp) / 1000) <= tolerance
        raise SignatureError(
            f"The timestamp is {abs(age):.0f} s {when}; at most {tolerance:g} s are accepted.",
            reason=reason,
            next_step="It is in milliseconds: send seconds." if in_milliseconds else "",
        )


def _v1_signatures(value: str) -> list[bytes]:
    """The decoded ``v1`` entries; empty when there are only other versions."""
    entries = [
        (version, encoded)
        for version, _, encoded in (entry.partition(",") for entry in value.split(" "))
        if version and encoded and (version != "v1" or _BASE64.fullmatch(encoded))
    ]
    if not entries:
        raise SignatureError(
            "The signature header holds no well-formed entry.",
            reason="malformed-signature",
            next_step="An entry is a version, a comma and base64: 'v1,...'; entries are separated by spaces.",
        )
    return [base64.b64decode(encoded) for version, encoded in entries if version == "v1"]


def _likely_causes(
    secret: str, key: bytes, timestamp: str, body: bytes
) -> Iterator[tuple[str, bytes, str, bytes]]:
    """The words for a mistake, and key, timestamp and body as who made it takes them."""
    for cause, before in origins(body):
        yield cause, key, timestamp, before
    encoded = secret.removeprefix(_PREFIX)
    cause = f"the secret used without base64 decoding: the key is the decoded part after '{_PREFIX}'"
    yield cause, encoded.encode(), timestamp, body
    if encoded != secret:
        cause = f"the secret used with its '{_PREFIX}': strip it, then decode the rest from base64"
        yield cause, secret.encode(), timestamp, body
        yield cause, _decoded_like_node(secret), timestamp, body
    yield "the timestamp in milliseconds: sign and send seconds", key, f"{timestamp}000", body


def _decoded_like_node(secret: str) -> bytes:
    """A secret, prefix included, as Node's lenient decoder reads it: it takes "_" for "/"."""
    characters = secret.rstrip("=").replace("_", "/")
    whole = characters[:-1] if len(characters) % 4 == 1 else characters
    return base64.b64decode(whole + "==")
