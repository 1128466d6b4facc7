"""``adakit sign``, ``adakit verify`` and their functions: the verdict that an independent library has."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import re
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import strategies as st

from ada_mockserver.delivery.signing import parse_secret, signature_headers, verify
from ada_schemas.errors import SignatureError, UsageError
from fuzz.campaign import Entrance
from fuzz.command import SECRET, adakit, folder
from fuzz.sandbox import bounded, require
from fuzz.values import json_values, texts

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it may use names that newer Pythons deprecate
    import standardwebhooks.webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENTRANCES"]

PARTS = ("id", "timestamp", "signature")
REASONS = (
    "missing-header malformed-timestamp too-old too-new malformed-signature no-match".split()  # noqa: SIM905 - a list of words
)
STRICT = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
NOW = 1_700_000_000


@dataclass(frozen=True)
class Signed:
    """A request as it is held against a secret; an ``honest`` one is as it was signed, in time."""

    secret: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    now: float
    honest: bool


def of_key(key: bytes, prefix: str = "whsec_") -> str:
    """The secret of a key."""
    return prefix + base64.b64encode(key).decode()


KEYS = st.binary(min_size=1, max_size=40) | st.just(parse_secret(SECRET))
SECRETS = st.builds(of_key, KEYS, st.sampled_from(("whsec_", "")))
ODD_SECRETS = st.one_of(
    texts(),
    texts().map("whsec_{}".format),
    st.sampled_from(
        (f"v1,{SECRET}", f"whsec_{SECRET}", f'"{SECRET}"', SECRET + "=", SECRET[:-1], SECRET + "\n")
    ),
    st.builds(lambda at, text: SECRET[:at] + text + SECRET[at:], st.integers(0, len(SECRET)), texts()),
)
IDS = texts().filter(str.strip) | st.just("msg_1") | st.text(st.characters(max_codepoint=255), min_size=1)
TIMES = st.sampled_from((NOW, 0, 1, 10**12, 10**17)) | st.integers(0, 10**10)
OFFSETS = st.sampled_from((0, 0, 0, 299.5, 300, 300.5, -299.5, -300, -300.5, 301, 10**9, -(10**9), 1e300))
ENTRIES = st.one_of(
    texts(),
    texts().map("v1,{}".format),
    st.sampled_from(
        ("v1", "v1,", ",", "v2,AAAA", "v1a,AAAA", "v1,AA", "v1,AA=A", "v1,AB==", "v1,a-_b", "V1,AAAA")
    ),
    st.binary(max_size=33).map(lambda raw: "v1," + base64.b64encode(raw).decode()),
)
SPACES = st.sampled_from(("", "", "", " ", "\t", "\x85", "\xa0", "\u2003", "\x1c", "\x0b"))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies: of an event, of anything, and large ones of which every part looks as if something became of it."""
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary(max_size=40))
        case 1:
            return draw(texts()).encode("utf-8", "surrogatepass")
        case 2:
            piece = draw(st.sampled_from(PIECES) | st.binary(min_size=1, max_size=6))
            begins, ends = draw(st.sampled_from((*FRAMES, (b"", b""))))
            return begins + piece * (draw(st.sampled_from((2, 50, 5_000, LARGE))) // len(piece)) + ends
        case 3:
            return packed(draw)
    return repr(draw(json_values())).replace("'", '"').encode("utf-8", "replace")


LARGE = 1_000_000
PIECES = (
    b"\xc3\xa9", b"\xff", b"1,", b"[],", b"[", b'"a",', b"\\\\", b"'a'", b"%20", b"&amp;", b"61", b"\r\n", b"1\r\na\r\n",
    b'{"body":', b"\x00{", b"-", b"\\x61", b'"ey",', b"eyJ9",
)  # fmt: skip
FRAMES = ((b'{"a":"', b'"}'), (b"[", b"1]"), (b"b'", b"'"), (b"'a'", b"1"), (b'{"body":"', b'"}'))


def packed(draw: st.DrawFn) -> bytes:
    """A list of texts, each of which is much larger once it is decoded."""
    size = draw(st.sampled_from((10, 1_000, 4_000_000)))
    packs = [
        base64.b64encode(gzip.compress(b"%d" % n * size, mtime=0)).decode()
        for n in range(draw(st.integers(1, 9)))
    ]
    return json.dumps(packs).encode()


@st.composite
def requests(draw: st.DrawFn) -> Signed:
    """A request that is signed, and mostly changed somewhere after that."""
    secret, body, message_id, at = draw(SECRETS), draw(bodies()), draw(IDS), draw(TIMES)
    others = draw(st.lists(SECRETS, max_size=2))
    signers = draw(st.permutations([secret, *others]))
    made = signature_headers(signers, message_id=message_id, timestamp=at, body=body)
    values = {name.removeprefix("svix-"): value for name, value in made}
    now, honest = at + draw(OFFSETS), message_id.strip(" \t") == message_id
    match draw(
        st.sampled_from(
            ("none", "none", "id", "timestamp", "body", "signature", "secret", "entries", "spaces")
        )
    ):
        case "id" | "timestamp" | "signature" as part:
            values[part], honest = (
                draw(texts() | SPACES.map(values[part].__add__) | SPACES.map(lambda s: s + values[part])),
                False,
            )
        case "body":
            body, honest = draw(bodies()), False
        case "secret":
            secret, honest = draw(SECRETS), False
        case "entries":  # beside good ones
            entries = values["signature"].split(" ")
            entries[draw(st.integers(0, len(entries))) : 0] = draw(st.lists(ENTRIES, min_size=1, max_size=2))
            values["signature"], honest = " ".join(entries), False
        case "spaces":  # as around the value of any header
            values = {part: f"{draw(OWS)}{value}{draw(OWS)}" for part, value in values.items()}
    headers = [(draw(CASES)(f"{draw(BRANDS)}-{part}"), values[part]) for part in PARTS]
    if draw(st.integers(0, 9)) == 0:
        del headers[draw(st.integers(0, 2))]
        honest = False
    headers.insert(0, ("Host", draw(texts())))
    return Signed(secret, tuple(headers), body, now, honest and abs(now - at) <= 300)


OWS = st.sampled_from(("", " ", "\t", " \t "))
CASES = st.sampled_from((str, str, str.upper, str.title, str.swapcase))
BRANDS = st.sampled_from(("svix", "svix", "svix", "webhook"))


def check_functions(given: Signed) -> None:
    """Ours accepts what it signed, refuses with a reason, and agrees with the library of Standard Webhooks."""
    with bounded():
        try:
            verify(given.secret, given.headers, given.body, now=given.now)
            reason = ""
        except SignatureError as error:
            reason = error.reason
            require(reason in REASONS, "a reason that no document names", reason)
            hold_words(f"{error}", given.secret)
    require(not (given.honest and reason), "what is signed does not verify", reason)
    theirs = judged(given)
    if theirs is not None:
        require(theirs != bool(reason), f"a verdict that is not the library's: {reason or 'accepted'}")


def hold_words(said: str, secret: str) -> None:
    """An error is printable and keeps the secret to itself."""
    require(said.replace("\n", "").isprintable(), "a character that a terminal obeys", said)
    key = secret.removeprefix("whsec_")
    require(len(key) < 16 or key not in said, "a secret is printed", said)


def judged(given: Signed) -> bool | None:
    """The verdict of the library, or of the formula for a body that is no text; None where ours is stricter.

    It is so about times that are no whole numbers, and signatures that are no base64; a malformed entry
    before a good one, on which libraries differ, is skipped. An id that no text in UTF-8 can be, it cannot judge.
    """
    found = {name.lower().replace("svix-", "webhook-"): value.strip(" \t") for name, value in given.headers}
    message_id, at, signature = (found.get(f"webhook-{part}", "") for part in PARTS)
    if not (message_id and at and signature):
        return False
    if not re.fullmatch("0|[1-9][0-9]{0,17}", at):
        return False if not at.isascii() or not re.search("[0-9]", at) else None
    if surrogates(message_id):
        return None
    entries = [entry for entry in signature.split(" ") if STRICT.fullmatch(entry.partition(",")[2])]
    return any(matches(given, message_id, at, entry) for entry in entries)


def surrogates(text: str) -> bool:
    """Whether a text has no form in UTF-8."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def matches(given: Signed, message_id: str, at: str, entry: str) -> bool:
    """Whether one entry of a signature is right at that time."""
    try:
        given.body.decode()
        datetime.fromtimestamp(given.now, UTC)
    except (ValueError, OverflowError, OSError):  # beyond what it can tell apart
        key = base64.b64decode(given.secret.removeprefix("whsec_"))
        mac = hmac.new(key, f"{message_id}.{at}.".encode() + given.body, hashlib.sha256).digest()
        return abs(given.now - int(at)) <= 300 and entry == "v1," + base64.b64encode(mac).decode()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # as much as it uses
            return datetime.fromtimestamp(given.now, tz or UTC)

    headers = {"webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": entry}
    with mock.patch.object(standardwebhooks.webhooks, "datetime", Clock):
        try:
            standardwebhooks.Webhook(given.secret).verify(given.body, headers, json_parse=False)
        except Exception:
            return False
    return True


def check_secret(secret: str) -> None:
    """A secret has the key that the library takes it for, or is refused without being shown."""
    try:
        key = parse_secret(secret)
    except UsageError as error:
        hold_words(f"{error}", secret)
        return
    theirs = standardwebhooks.Webhook(secret)._whsecret
    require(key == theirs, "a key that is not the library's", (key, theirs))


@dataclass(frozen=True)
class Typed:
    """Options of ``sign``, and how what it printed is changed before ``verify``."""

    body: bytes
    options: tuple[str, ...]
    layout: str
    change: str
    extra: tuple[str, ...]


TYPED = st.sampled_from(
    (SECRET, "1700000000", "msg_1", "-1", "0", "9007199254740991", "9007199254740992", "1e3", "inf")
)
OPTIONS = st.lists(
    st.sampled_from(("--id", "--timestamp", "--secret", "--now", "-H", "--any-age")) | TYPED | texts(),
    max_size=3,
)


@st.composite
def typed(draw: st.DrawFn) -> Typed:
    """What somebody types, mostly right."""
    given = draw(st.lists(st.sampled_from(("--id", "--timestamp")), max_size=2, unique=True))
    options = [
        f"{name}={draw(IDS if name == '--id' else TIMES.map(str) | TYPED | texts())}" for name in given
    ]
    layout = draw(st.sampled_from(("headers", "curl", "json")))
    extra = draw(OPTIONS) if draw(st.integers(0, 2)) == 0 else []
    change = draw(st.sampled_from(("none", "none", "none", "body", "header", "secret")))
    return Typed(draw(bodies()), tuple(options), layout, change, tuple(extra))


def check_commands(given: Typed) -> None:
    """What ``sign`` prints, ``verify`` accepts, and refuses once it is changed; anything else is a usage error."""
    arguments = [each for each in (*given.options, *given.extra) if not surrogates(each) and "\0" not in each]
    with folder():
        Path("body").write_bytes(given.body)
        made = adakit("sign", "body", "--secret", SECRET, "--format", given.layout, *arguments)
        require(made.code in (0, 2), "an exit code that sign has not", made)
        if made.code:
            require(not made.out, "something is printed before an error", made)
            return
        headers = headers_of(made.text, given.layout)
        if given.extra:
            odd = adakit("verify", "body", "--secret", SECRET, *headers, *arguments, stdin=given.body)
            require(odd.code in (0, 1, 2), "an exit code that verify has not", odd)
            return
        secret = SECRET
        match given.change:
            case "body":
                Path("body").write_bytes(given.body + b"x")
            case "secret":
                secret = of_key(b"x" * 24)
            case "header":
                headers[1] += "x"
        held = adakit("verify", "body", "--secret", secret, *headers, "--any-age")
        require(held.code == int(given.change != "none"), "a verdict that is wrong", (held, headers))
        require(held.text == "Verifies.\n" or held.text.startswith("Does not verify ("), "no verdict", held)


def headers_of(text: str, layout: str) -> list[str]:
    """The options of ``verify`` for what ``sign`` printed."""
    if layout == "curl":
        return text.split()  # as a shell splits what a command substitution gave
    lines = (
        json.loads(text).items() if layout == "json" else [line.split(": ", 1) for line in text.splitlines()]
    )
    return [part for name, value in lines for part in ("-H", f"{name}: {value}")]


def smaller(given: Signed) -> Iterator[Signed]:
    """The request with a shorter body, or a plainer header."""
    for cut in (0, len(given.body) // 2):
        if len(given.body) > cut:
            yield replace(given, body=given.body[:cut], honest=False)
    for number, (name, value) in enumerate(given.headers):
        for plain in ("x", value[:1], value[: len(value) // 2]):
            if len(plain) < len(value):
                headers = (*given.headers[:number], (name, plain), *given.headers[number + 1 :])
                yield replace(given, headers=headers, honest=False)


ENTRANCES = [
    Entrance("signatures", requests(), check_functions, smaller=smaller),
    Entrance("secrets", SECRETS | ODD_SECRETS, check_secret),
    Entrance("sign", typed(), check_commands),
]
