"""Bodies that were damaged before the check, and the words for each."""

from __future__ import annotations

import base64
import gzip
import html
import json
import tracemalloc
import urllib.parse
import zlib

import pytest

from ada_mockserver import sign, verify
from ada_mockserver.delivery.body_damage import IN_ALL, MOST_VALUES, origins
from ada_schemas.errors import SignatureError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_700_000_000
EVENT = {"type": "v1.conversation.ended", "data": {"metadata": {"note": "Zoë says 'hi' & 😀"}}}
RAW = json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False).encode()
TEXT = RAW.decode()
KEEP = "verify over the raw bytes"
BASE64 = "decode it before verifying, as an API Gateway asks with isBase64Encoded"
GATEWAY = "verify over that member, not over the event"
INFLATE = "verify over the bytes as they were sent, before any compression"
ITSELF = "verify over the text itself"
WINDOWS = "keep the bytes; a shell's redirection on Windows writes UTF-16"
DECODE = "decode it as UTF-8, or better not at all"
QUOTED = "once unquoted: it was made a JSON string, stringified once more"
LATIN = "as it was before it was decoded as Latin-1 and encoded as UTF-8"
PYTHON = "once read from Python's notation: the repr of a string or of bytes was written: write the bytes themselves"
WITHIN = (
    "that is a text within this JSON: verify over that text, not over what a queue or a log put around it"
)
NUMBERS = "whose bytes are these numbers: a Buffer was stringified: verify over the Buffer"
ANEW = f"after JSON re-serialisation: {KEEP}"
DAMAGED = {
    "base64": (base64.b64encode(RAW), f"once decoded from base64: {BASE64}"),
    "base64 for URLs": (base64.urlsafe_b64encode(RAW).rstrip(b"="), f"once decoded from base64: {BASE64}"),
    "base64 in lines": (base64.encodebytes(RAW), f"once decoded from base64: {BASE64}"),
    "event of a gateway": (
        json.dumps({"version": "2.0", "headers": {}, "body": TEXT, "isBase64Encoded": False}).encode(),
        f"that is the member `body` of a gateway's event: {GATEWAY}",
    ),
    "event of a gateway in base64": (
        json.dumps({"body": base64.b64encode(RAW).decode(), "isBase64Encoded": True}).encode(),
        f"that is the member `body` of a gateway's event, then once decoded from base64: {GATEWAY}",
    ),
    "event of a gateway, its body parsed": (
        json.dumps({"body": EVENT}).encode(),
        f"that is the member `body` of a gateway's event, then after JSON re-serialisation: {GATEWAY}",
    ),
    "messages of a queue": (
        json.dumps({"Records": [{"messageId": "1", "attributes": {}, "body": TEXT}]}).encode(),
        WITHIN,
    ),
    "base64 in a message": (
        json.dumps({"message": {"data": base64.b64encode(RAW).decode()}}).encode(),
        WITHIN.replace("JSON:", "JSON, then once decoded from base64:"),
    ),
    "key of a form": (json.dumps({TEXT: ""}).encode(), WITHIN),
    "Buffer": (json.dumps({"type": "Buffer", "data": list(RAW)}).encode(), NUMBERS),
    "Uint8Array": (json.dumps({str(index): byte for index, byte in enumerate(RAW)}).encode(), NUMBERS),
    "numbers": (",".join(map(str, RAW)).encode(), NUMBERS),
    "whole request": (
        b"POST /hook HTTP/1.1\r\nHost: shop.test\r\n\r\n" + RAW,
        "without the head of the HTTP message: verify over the body alone",
    ),
    "chunks": (
        b"A\r\n%b\r\n%x;last=1\r\n%b\r\n0\r\n\r\n" % (RAW[:10], len(RAW) - 10, RAW[10:]),
        "once its chunks are joined: verify over the content, without the transfer coding",
    ),
    "data URL": (
        b"data:application/json;base64," + base64.b64encode(RAW),
        f"once decoded from base64: {BASE64}",
    ),
    "code page of a console": (
        RAW.decode("cp437").encode(),
        "as it was before a console decoded it by its code page: keep the bytes; a pipe of PowerShell decodes them",
    ),
    "pipe of PowerShell": (
        RAW.decode("cp850").encode("utf-16"),
        (
            "once written as UTF-8 in place of UTF-16, then as it was before a console decoded it by its code page:"
            f" {WINDOWS}"
        ),
    ),
    "Latin-1": (RAW.decode("latin-1").encode(), f"{LATIN}: {DECODE}"),
    "windows-1252": (
        "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in RAW).encode(),
        f"{LATIN}: {DECODE}",
    ),
    "Latin-1, twice": (
        RAW.decode("latin-1").encode().decode("latin-1").encode(),
        f"{LATIN}, then {LATIN}: {DECODE}",
    ),
    "stringified": (json.dumps(TEXT, ensure_ascii=False).encode(), f"{QUOTED}: {ITSELF}"),
    "stringified in ASCII": (json.dumps(TEXT).encode(), f"{QUOTED}: {ITSELF}"),
    "stringified twice": (json.dumps(json.dumps(TEXT)).encode(), f"{QUOTED}, then {QUOTED}: {ITSELF}"),
    "slashes escaped, stringified": (json.dumps(TEXT).replace("/", "\\/").encode(), f"{QUOTED}: {ITSELF}"),
    "stringified, without the quotes": (json.dumps(TEXT)[1:-1].encode(), f"{QUOTED}: {ITSELF}"),
    "repr of bytes": (repr(RAW).encode(), PYTHON),
    "repr of a bytearray": (repr(bytearray(RAW)).encode(), PYTHON),
    "escapes of Python": (TEXT.encode("unicode_escape"), PYTHON),
    "quotes of a shell": (b"'" + RAW + b"'\n", f"without the quotes around it: {KEEP}"),
    "gzip": (gzip.compress(RAW), f"once decompressed: {INFLATE}"),
    "zlib": (zlib.compress(RAW), f"once decompressed: {INFLATE}"),
    "gzip in base64": (
        base64.b64encode(gzip.compress(RAW)),
        f"once decoded from base64, then once decompressed: {BASE64}",
    ),
    "mark": (b"\xef\xbb\xbf" + RAW, "without its byte order mark (BOM): save the file as UTF-8 without one"),
    "UTF-16": (TEXT.encode("utf-16"), f"once written as UTF-8 in place of UTF-16: {WINDOWS}"),
    "UTF-16 without a mark": (
        TEXT.encode("utf-16-be"),
        f"once written as UTF-8 in place of UTF-16: {WINDOWS}",
    ),
    "UTF-16 with a newline": (
        (TEXT + "\r\n").encode("utf-16"),
        f"once written as UTF-8 in place of UTF-16, then without its trailing newline: {WINDOWS}",
    ),
    "form": (
        b"payload=" + urllib.parse.quote_plus(TEXT).encode(),
        "once decoded from a form (percent-encoded): read the raw body, no parser of forms",
    ),
    "entities": (html.escape(TEXT).encode(), f"once its HTML entities are resolved: {KEEP}"),
    "digits": (
        RAW.hex().encode(),
        "once decoded from hexadecimal digits: verify over the bytes themselves",
    ),
    "white space": (b"\n  " + RAW, f"without the white space around it: {KEEP}"),
    "written anew": (json.dumps(EVENT).encode(), ANEW),
    "indented": (json.dumps(EVENT, indent=2).encode(), ANEW),
}


def refusal(body: bytes, signature_of: bytes = RAW) -> str:
    """The reason for which the body is refused, whose signature is over other bytes."""
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": str(NOW),
        "svix-signature": sign(SECRET, message_id="msg_1", timestamp=NOW, body=signature_of),
    }
    with pytest.raises(SignatureError) as caught:
        verify(SECRET, headers, body, now=NOW)
    assert caught.value.reason == "no-match"
    return str(caught.value)


@pytest.mark.parametrize(("body", "said"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_named(body: bytes, said: str) -> None:
    """What became of the body is said, and what to do about it; that it was written anew, only where it was."""
    assert refusal(body) == f"The signature matches the body {said}."


@pytest.mark.parametrize("body", [body for body, _ in DAMAGED.values()], ids=DAMAGED)
def test_nothing_is_claimed_without_proof(body: bytes) -> None:
    """Where no signature matches the body as it was, none of these causes is named."""
    assert refusal(body, signature_of=RAW + b" ").startswith("No signature matches.\n")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b"",
            (
                "The body is empty: a parser read it before. Take the raw body first (express.raw,"
                " await request.body(), request.get_data()), and parse it afterwards."
            ),
        ),
        (
            b"{}\n",
            "The body is an empty object: a parser found nothing, or read the body before. Take the raw body.",
        ),
        (
            gzip.compress(b"{}")[:12],
            "The body is compressed (gzip): verify over the bytes as they were sent, before any compression.",
        ),
        (
            "{'a': 1}".encode("utf-16"),
            "The body is UTF-16: keep the bytes as received, which are UTF-8.",
        ),
        (
            b"[object Object]",
            "The body is an object's name: a parsed body was written as text. Take the raw body.",
        ),
        (
            '{"a": "Zo\ufffd"}'.encode(),
            "The body has marks (U+FFFD) of a decoder that lost characters: keep the bytes as received.",
        ),
        (
            b'{"a": "\xff"}',
            "The body is not UTF-8, which every event is: keep the bytes as received.",
        ),
        (
            str(EVENT).encode(),
            "The body is no JSON, but a language's own notation of a parsed one: take the raw body.",
        ),
        (RAW[:-9], "The body is cut off: it is not a whole JSON document. Keep all of it."),
        (RAW + b"\0", "Compare the secret with the endpoint's, and verify over the body's raw bytes."),
        (b"null", "The body is no JSON object, which every event is: take the raw body."),
        (b"[" * 100_000, "The body is no JSON object, which every event is: take the raw body."),
        (
            RAW.replace(b"hi", b"ho"),
            "Compare the secret with the endpoint's, and verify over the body's raw bytes.",
        ),
    ],
    ids=[
        "empty",
        "{}",
        "gzip",
        "UTF-16",
        "name",
        "lost",
        "no UTF-8",
        "notation",
        "cut",
        "zero",
        "null",
        "deep",
        "event",
    ],
)
def test_a_body_that_cannot_be_restored(body: bytes, said: str) -> None:
    """Of such a body its look is told; of an event that is another one, nothing."""
    assert refusal(body) == f"No signature matches.\n  {said}"


@pytest.mark.parametrize("number", ["1.50", "1e5", "12345678901234567890.0"])
def test_numbers_are_kept(number: str) -> None:
    """A body that was only indented is found whatever its numbers look like."""
    indented = f'{{\n  "type": "x",\n  "n": {number}\n}}'.encode()
    assert (
        refusal(indented, b'{"type":"x","n":%b}' % number.encode())
        == f"The signature matches the body {ANEW}."
    )


def test_a_body_that_was_signed_indented() -> None:
    """The signature may be over the longer form of the two."""
    assert refusal(RAW, json.dumps(EVENT, indent=2).encode()) == f"The signature matches the body {ANEW}."


def test_a_large_body_is_tried_in_few_forms() -> None:
    """No form is tried twice: what a newline is put after is not undone further."""
    found = [body for _, body in origins(RAW)]
    assert len(found) == len(set(found)) < 10


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(
            [base64.b64encode(gzip.compress(b"%d" % each * 8_000_000, mtime=0)).decode() for each in range(8)]
        ).encode(),
        b"\xff\xfe" * 500_000,
    ],
    ids=["packed", "no text"],
)
def test_bodies_that_grow(body: bytes) -> None:
    """Who sends what is large once it is undone does not get it undone for ever."""
    assert sum(len(before) for _, before in origins(body)) <= IN_ALL


def test_a_large_body_written_anew() -> None:
    """Re-serialisation, the likeliest cause, is found all the same."""
    event = {"type": "v1.x", "text": "é" * 200_000}
    raw = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    assert refusal(json.dumps(event).encode(), raw) == f"The signature matches the body {ANEW}."


def test_a_body_of_too_many_values() -> None:
    """A body of more values than any event has is not parsed."""
    body = b"[" + b"[]," * MOST_VALUES + b"1]"
    assert [cause for cause, _ in origins(body) if ANEW in cause] == []


def test_a_character_beyond_windows_1252() -> None:
    """A text with a character of Latin-1 that windows-1252 has not is undone; one with neither's is not."""
    raw = "€\x81é".encode("cp1252", "ignore") + b"\x81"
    damaged = "€é\x81".encode()
    assert raw in [before for _, before in origins(damaged)]
    assert [before for cause, before in origins("漢é".encode()) if "Latin-1" in cause] == []


def test_a_long_text_takes_little_memory() -> None:
    """Of a long text a few copies are held, not so many bytes a character."""
    body = b'{"a": "' + b"x" * 300_000 + b'"}'
    tracemalloc.start()
    try:
        assert len([None for _ in origins(body)]) > 0
        assert tracemalloc.get_traced_memory()[1] < 30 * len(body)
    finally:
        tracemalloc.stop()
