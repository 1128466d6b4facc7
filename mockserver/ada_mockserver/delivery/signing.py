"""Signatures as Svix makes them, over the exact bytes of the body.

The signed content is ``{id}.{timestamp}.{raw body}``; the key is what follows ``whsec_`` in the secret,
decoded from base64; the signature is ``v1,`` and the base64 of the HMAC-SHA256
(docs.svix.com/receiving/verifying-payloads/how-manual). Ada delivers through Svix
(docs.ada.cx/reference/webhooks/overview). Nothing here reads a clock, draws a random number by itself,
or puts a secret into a message.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ada_schemas.errors import SignatureError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from ada_mockserver.delivery.http import Headers

__all__ = [
    "authentic_headers",
    "generate_secret",
    "new_message_id",
    "parse_secret",
    "sign",
    "signature_headers",
    "verify",
]

_PREFIX = "whsec_"
_PARTS = ("id", "timestamp", "signature")
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BEYOND_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
# b64decode's own validation lets "AAAA=" pass.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_TIMESTAMP = re.compile(r"[0-9]{1,18}")


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
    elif _BEYOND_BASE64.search(encoded):
        problem = "is not base64: it holds a character other than A-Z, a-z, 0-9, '+', '/' and '='"
    elif not _BASE64.fullmatch(encoded):
        problem = "is not base64: its length or its padding with '=' is wrong"
    else:
        return base64.b64decode(encoded)
    raise UsageError(
        f"The signing secret {problem}.",
        next_step=f"It is '{_PREFIX}' and base64, as the endpoint's page in Ada shows it;"
        " give it in ADA_WEBHOOK_SECRET or with --secret.",
    )


def sign(secret: str, *, message_id: str, timestamp: int | str, body: bytes) -> str:
    """One signature, ``v1,<base64>``, over ``body`` as it is.

    ``timestamp`` is in Unix seconds, as in ``svix-timestamp``; any text is signed as it is, which the
    contract check uses for malformed timestamps. Raises `UsageError` for a bad secret.
    """
    key = parse_secret(secret)
    return "v1," + base64.b64encode(_mac(key, message_id, str(timestamp), body)).decode("ascii")


def signature_headers(
    secrets: Sequence[str], *, message_id: str, timestamp: int | str, body: bytes
) -> Headers:
    """``svix-id``, ``svix-timestamp`` and ``svix-signature``; ``timestamp`` is as `sign` takes it.

    Several secrets, as while one is being rotated, give as many signatures, in their order, separated by
    spaces. Raises `UsageError` for a bad secret and for none at all.
    """
    if not secrets:
        raise UsageError("There is no secret to sign with.")
    signatures = (sign(one, message_id=message_id, timestamp=timestamp, body=body) for one in secrets)
    return (
        ("svix-id", message_id),
        ("svix-timestamp", str(timestamp)),
        ("svix-signature", " ".join(signatures)),
    )


def authentic_headers(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> Headers:
    """The headers by which a receiver knows the sender: those of `signature_headers`.

    Without ``secrets`` the endpoint verifies nothing: ``svix-id`` and ``svix-timestamp`` alone.
    """
    if not secrets:
        return (("svix-id", message_id), ("svix-timestamp", str(timestamp)))
    return signature_headers(secrets, message_id=message_id, timestamp=timestamp, body=body)


def verify(
    secret: str, headers: Headers | Mapping[str, str], body: bytes, *, now: float, tolerance: float = 300
) -> None:
    """Return when one of the signatures is right, as a receiver should judge it.

    Header names count in any letter case, ``webhook-id`` and so on beside ``svix-id`` and so on. Any
    matching ``v1`` entry suffices; other versions and malformed entries beside it are skipped. ``now``
    is Unix time; a timestamp more than ``tolerance`` seconds off is refused.

    Raises `SignatureError`, its ``reason`` one of ``missing-header``, ``malformed-timestamp``,
    ``too-old``, ``too-new``, ``malformed-signature``, ``no-match``; where the likely cause can be found
    by trying, the message names it. Raises `UsageError` for a bad secret.
    """
    key = parse_secret(secret)
    message_id, timestamp, signature = _required(headers)
    _check_timestamp(timestamp, now, tolerance)
    given = _v1_signatures(signature)
    expected = _mac(key, message_id, timestamp, body)
    if any(hmac.compare_digest(expected, one) for one in given):
        return
    for cause, candidate in _likely_causes(secret, key, message_id, timestamp, body):
        if any(hmac.compare_digest(candidate, one) for one in given):
            raise SignatureError(f"The signature matches {cause}.", reason="no-match")
    raise SignatureError(
        "No signature matches." if given else "There is no signature of version v1.",
        reason="no-match",
        next_step="Compare the secret with the endpoint's, and verify over the body's raw bytes."
        if given
        else "",
    )


def new_message_id(rng: Random) -> str:
    """An id as Svix forms it: ``msg_`` and 27 base62 characters, drawn from ``rng``."""
    return "msg_" + "".join(rng.choices(_BASE62, k=27))


def generate_secret(rng: Random) -> str:
    """A secret as Svix forms it: ``whsec_`` and the base64 of 24 bytes, drawn from ``rng``.

    Give a `random.SystemRandom` where the secret is to protect something.
    """
    return _PREFIX + base64.b64encode(rng.randbytes(24)).decode("ascii")


def _mac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)


def _required(headers: Headers | Mapping[str, str]) -> tuple[str, str, str]:
    """The id, the timestamp and the signature, each under either of its names."""
    lines = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, str] = {}
    for name, value in lines:
        found.setdefault(name.lower(), value.strip())
    values = [found.get(f"svix-{part}") or found.get(f"webhook-{part}", "") for part in _PARTS]
    missing = [f"svix-{part}" for part, value in zip(_PARTS, values, strict=True) if not value]
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
    if age > tolerance:
        raise SignatureError(
            f"The timestamp is {age:.0f} s old; at most {tolerance:g} s are accepted.", reason="too-old"
        )
    if age < -tolerance:
        in_milliseconds = abs(now - int(timestamp) / 1000) <= tolerance
        raise SignatureError(
            f"The timestamp is {-age:.0f} s in the future; at most {tolerance:g} s are accepted.",
            reason="too-new",
            next_step="It is in milliseconds: send seconds." if in_milliseconds else "",
        )


def _v1_signatures(value: str) -> list[bytes]:
    """The decoded ``v1`` entries; empty when there are only other versions."""
    decoded: list[bytes] = []
    well_formed = False
    for entry in value.split():
        version, comma, encoded = entry.partition(",")
        if not (version and comma and encoded):
            continue
        if version == "v1":
            if not _BASE64.fullmatch(encoded):
                continue
            decoded.append(base64.b64decode(encoded))
        well_formed = True
    if not well_formed:
        raise SignatureError(
            "The signature header holds no well-formed entry.",
            reason="malformed-signature",
            next_step="An entry is a version, a comma and base64: 'v1,...'; entries are separated by spaces.",
        )
    return decoded


def _likely_causes(
    secret: str, key: bytes, message_id: str, timestamp: str, body: bytes
) -> Iterator[tuple[str, bytes]]:
    """What a wrong sender or receiver would have signed, each with the words for it."""
    stripped = body.rstrip(b"\r\n")
    if stripped != body:
        yield (
            "the body without its trailing newline: verify over the raw bytes",
            _mac(key, message_id, timestamp, stripped),
        )
    for newline in (b"\n", b"\r\n"):
        yield (
            "the body with a newline after it: verify over the raw bytes",
            _mac(key, message_id, timestamp, body + newline),
        )
    for text in _reserialised(body):
        yield (
            "the body after JSON re-serialisation: verify over the raw bytes",
            _mac(key, message_id, timestamp, text),
        )
    encoded = secret.removeprefix(_PREFIX)
    yield (
        f"the secret used without base64 decoding: the key is the decoded part after '{_PREFIX}'",
        _mac(encoded.encode(), message_id, timestamp, body),
    )
    if encoded != secret:
        for wrong in (secret.encode(), _decoded_like_node(secret)):
            yield (
                f"the secret used with its '{_PREFIX}': strip it, then decode the rest from base64",
                _mac(wrong, message_id, timestamp, body),
            )
    yield (
        "the timestamp in milliseconds: sign and send seconds",
        _mac(key, message_id, f"{timestamp}000", body),
    )


def _decoded_like_node(secret: str) -> bytes:
    """What Node's lenient decoder makes of a secret with its prefix: it takes "_" for "/"."""
    characters = secret.rstrip("=").replace("_", "/")
    whole = characters[:-1] if len(characters) % 4 == 1 else characters
    return base64.b64decode(whole + "==")


def _reserialised(body: bytes) -> Iterator[bytes]:
    """``body`` as common JSON writers would write it again; nothing when it is not JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for separators in ((",", ":"), (", ", ": ")):
        for ensure_ascii in (True, False):
            # Lone surrogates have no UTF-8 form.
            with contextlib.suppress(UnicodeEncodeError, RecursionError):
                yield json.dumps(value, separators=separators, ensure_ascii=ensure_ascii).encode()
