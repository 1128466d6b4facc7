"""Damage that a body takes between the wire and the check: how it is undone, to see if a signature matches.

Each `Damage` undoes one thing that gateways, parsers, editors and shells do to bytes. They are tried one
after the other and on top of each other, so that a cause is named only where the signature proves it.
"""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import contextlib
import html
import json
import re
import urllib.parse
import warnings
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["origins"]

DEEPEST = 3
"""So many kinds of damage on top of each other are undone."""
MOST = 300
"""Bodies at most that are tried."""
LARGEST = 16 * 1024 * 1024
"""Bytes of the largest body that is tried."""
IN_ALL = 2 * LARGEST
"""Bytes that the bodies may have together: who sends large ones, unsigned, gets no more of our time."""
MOST_VALUES = 500_000
"""Values of a body that is parsed."""

RAW = "verify over the raw bytes"

NOT_PYTHON = (ValueError, SyntaxError, MemoryError, RecursionError)


class Damage(NamedTuple):
    """One kind: ``phrase`` ends "the signature matches the body ...", ``advice`` says what to do.

    ``undo`` gives the bodies that it may have been before.
    """

    phrase: str
    advice: str
    undo: Callable[[bytes], Iterator[bytes]]


class Suspect(NamedTuple):
    """A body, and the kinds of damage that were undone to get it."""

    done: tuple[Damage, ...]
    body: bytes


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _from_base64(body: bytes) -> Iterator[bytes]:
    bare = re.sub(rb"^data:[^,]{0,99},", b"", body)
    packed = b"".join(bare.split()).strip(b"\"'").translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    with contextlib.suppress(binascii.Error):
        yield base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)


def _from_gateway(body: bytes) -> Iterator[bytes]:
    value = _parsed(body)
    inner = value.get("body") if isinstance(value, dict) else None
    if isinstance(inner, str):
        yield inner.encode("utf-8", "surrogatepass")
    elif isinstance(inner, dict):
        yield json.dumps(inner).encode()


def _from_envelope(body: bytes) -> Iterator[bytes]:
    """Each text within a JSON document that looks like an event, as it is or in base64, its keys too."""
    value, seen = _parsed(body), 0
    left: list[Any] = [value] if isinstance(value, (dict, list)) else []
    while left and (seen := seen + 1) < MOST:
        part = left.pop()
        if isinstance(part, str) and re.match(r"\s*[{\"]|ey|H4sI", part):
            yield part.encode("utf-8", "surrogatepass")
        elif isinstance(part, dict):
            left += [*part.values(), *part]
        elif isinstance(part, list):
            left += part


def _from_numbers(body: bytes) -> Iterator[bytes]:
    """A Buffer or an array of bytes that was written as JSON, as an object of its indices, or as text."""
    value = _parsed(b"[%b]" % body if re.match(rb"\d+,", body) else body)
    if isinstance(value, dict):
        value = value["data"] if "data" in value else list(value.values())
    if isinstance(value, list):
        with contextlib.suppress(TypeError, ValueError):
            yield bytes(value)


def _from_message(body: bytes) -> Iterator[bytes]:
    """What follows the head of an HTTP message."""
    if re.match(rb"[A-Z]{3,9} \S+ HTTP/\d|HTTP/\d", body):
        yield from re.split(rb"\r?\n\r?\n", body, maxsplit=1)[1:]


def _from_chunks(body: bytes) -> Iterator[bytes]:
    """The content of a body whose transfer coding was kept."""
    size, at, content = re.compile(rb"([0-9A-Fa-f]{1,7})[^\r\n]{0,99}\r\n"), 0, []
    while found := size.match(body, at):
        at = found.end() + int(found[1], 16)
        content.append(body[found.end() : at])
        if not content[-1]:
            yield b"".join(content)
            return
        at += len(b"\r\n")


def _decompressed(body: bytes) -> Iterator[bytes]:
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # gzip or zlib, then bare deflate
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(window).decompress(body, LARGEST)


def _without_mark(body: bytes) -> Iterator[bytes]:
    if body.startswith(b"\xef\xbb\xbf"):
        yield body[3:]


def _from_utf_16(body: bytes) -> Iterator[bytes]:
    if b"\0" not in body[:8]:
        return
    for encoding in ("utf-32", "utf-16", "utf-16-le", "utf-16-be"):
        with contextlib.suppress(UnicodeError):
            yield body.decode(encoding).removeprefix("\ufeff").encode()


def _from_latin_1(body: bytes) -> Iterator[bytes]:
    if body.isascii():
        return
    with contextlib.suppress(UnicodeError):
        text = body.decode()
        with contextlib.suppress(UnicodeError):
            yield text.encode("latin-1")
        yield text.encode("cp1252", "adakit-latin-1")


def _latin_1(error: UnicodeError) -> tuple[bytes, int]:
    """A character that windows-1252 has not, as a browser's has it: from Latin-1. Raises the error else."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    try:
        return error.object[error.start : error.end].encode("latin-1"), error.end
    except UnicodeEncodeError:
        raise error from None


codecs.register_error("adakit-latin-1", _latin_1)


def _from_code_page(body: bytes) -> Iterator[bytes]:
    if body.isascii():
        return
    for page in ("cp437", "cp850", "mac-roman"):
        with contextlib.suppress(UnicodeError):
            yield body.decode().encode(page)


def _read_as_latin_1(body: bytes) -> Iterator[bytes]:
    """Latin-1 text in place of UTF-8: a decoder that knew UTF-8, and a writer that did not."""
    with contextlib.suppress(UnicodeError):
        body.decode()
        return
    for encoding in ("latin-1", "cp1252"):
        with contextlib.suppress(UnicodeError):
            yield body.decode(encoding).encode()


def _unquoted(body: bytes) -> Iterator[bytes]:
    value = _parsed(b'"%b"' % body.strip() if re.match(rb'\s*\{\s*\\"', body) else body)
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")


def _from_python(body: bytes) -> Iterator[bytes]:
    text = re.sub(r"^bytearray\((.*)\)$", r"\1", _text(body).strip(), flags=re.DOTALL)
    with contextlib.suppress(*NOT_PYTHON), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if re.match(r"b?['\"]", text):
            value = ast.literal_eval(text)
            if isinstance(value, (bytes, str)):
                yield value if isinstance(value, bytes) else value.encode()
        elif re.search(r"\\(x[0-9a-f]{2}|U000)", text):
            yield text.encode("ascii").decode("unicode_escape").encode()


def _between_quotes(body: bytes) -> Iterator[bytes]:
    stripped = body.strip()
    if len(stripped) > 1 and stripped[:1] == stripped[-1:] and stripped[:1] in (b"'", b'"', b"`"):
        yield stripped[1:-1]
        yield stripped[1:-1].replace(b'\\"', b'"')


def _from_form(body: bytes) -> Iterator[bytes]:
    bare = re.sub(rb"^[\w.-]{1,40}=", b"", body).rstrip(b"=")
    if bare != body:
        yield bare
    if re.search(rb"%[0-9A-Fa-f]{2}", bare):
        yield urllib.parse.unquote_to_bytes(bare.replace(b"+", b" "))
        yield urllib.parse.unquote_to_bytes(bare)


def _from_html(body: bytes) -> Iterator[bytes]:
    if re.search(rb"&(quot|amp|lt|gt|#\d+|#x[0-9a-fA-F]+);", body):
        yield html.unescape(_text(body)).encode("utf-8", "surrogatepass")


def _from_hex(body: bytes) -> Iterator[bytes]:
    digits = b"".join(body.split()).removeprefix(b"\\x").removeprefix(b"0x")
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(digits.decode("ascii", "replace"))


def _without_newline(body: bytes) -> Iterator[bytes]:
    if body.rstrip(b"\r\n") != body:
        yield body.rstrip(b"\r\n")


def _with_newline(body: bytes) -> Iterator[bytes]:
    yield body + b"\n"
    yield body + b"\r\n"


def _line_ends(body: bytes) -> Iterator[bytes]:
    if b"\r\n" in body:
        yield body.replace(b"\r\n", b"\n")
    elif b"\n" in body:
        yield body.replace(b"\n", b"\r\n")


def _without_space(body: bytes) -> Iterator[bytes]:
    yield body.strip()


def _reserialised(body: bytes) -> Iterator[bytes]:
    """The body as common JSON writers would write it again; nothing when it is not JSON."""
    value = _parsed(body)
    if not isinstance(value, (dict, list)):
        return
    yield re.sub(rb'("(?:[^"\\]++|\\.)*+")|\s+', rb"\1", body)  # numbers as they were written
    for separators, indent in (((",", ":"), None), ((", ", ": "), None), ((",", ": "), 2)):
        for ensure_ascii in (True, False):
            # Lone surrogates have no UTF-8 form.
            with contextlib.suppress(UnicodeEncodeError, RecursionError):
                text = json.dumps(value, separators=separators, indent=indent, ensure_ascii=ensure_ascii)
                yield text.encode()
                yield text.replace("/", "\\/").encode()


def _parsed(body: bytes) -> object:
    if sum(map(body.count, b",[{")) > MOST_VALUES:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


CUT = Damage("with a newline after it", RAW, _with_newline)
KINDS = (
    Damage("without its trailing newline", RAW, _without_newline),
    CUT,
    Damage("without its byte order mark (BOM)", "save the file as UTF-8 without one", _without_mark),
    Damage(
        "once decoded from base64",
        "decode it before verifying, as an API Gateway asks with isBase64Encoded",
        _from_base64,
    ),
    Damage(
        "that is the member `body` of a gateway's event",
        "verify over that member, not over the event",
        _from_gateway,
    ),
    Damage(
        "that is a text within this JSON",
        "verify over that text, not over what a queue or a log put around it",
        _from_envelope,
    ),
    Damage(
        "whose bytes are these numbers: a Buffer was stringified", "verify over the Buffer", _from_numbers
    ),
    Damage("without the head of the HTTP message", "verify over the body alone", _from_message),
    Damage(
        "once its chunks are joined", "verify over the content, without the transfer coding", _from_chunks
    ),
    Damage(
        "once decompressed", "verify over the bytes as they were sent, before any compression", _decompressed
    ),
    Damage(
        "once written as UTF-8 in place of UTF-16",
        "keep the bytes; a shell's redirection on Windows writes UTF-16",
        _from_utf_16,
    ),
    Damage(
        "as it was before it was decoded as Latin-1 and encoded as UTF-8",
        "decode it as UTF-8, or better not at all",
        _from_latin_1,
    ),
    Damage(
        "as it was before a console decoded it by its code page",
        "keep the bytes; a pipe of PowerShell decodes them",
        _from_code_page,
    ),
    Damage("once encoded as UTF-8 in place of Latin-1", "keep the bytes as received", _read_as_latin_1),
    Damage(
        "once unquoted: it was made a JSON string, stringified once more",
        "verify over the text itself",
        _unquoted,
    ),
    Damage(
        "once read from Python's notation: the repr of a string or of bytes was written",
        "write the bytes themselves",
        _from_python,
    ),
    Damage("without the quotes around it", RAW, _between_quotes),
    Damage("once decoded from a form (percent-encoded)", "read the raw body, no parser of forms", _from_form),
    Damage("once its HTML entities are resolved", RAW, _from_html),
    Damage("once decoded from hexadecimal digits", "verify over the bytes themselves", _from_hex),
    Damage("with other ends of lines (CRLF)", "keep the bytes; git and editors change them", _line_ends),
    Damage("without the white space around it", RAW, _without_space),
)
RESERIALISED = Damage("after JSON re-serialisation", RAW, _reserialised)
"""Last, and never before another: what is JSON once more was damaged by more than a parser."""


def origins(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The words for the damage, and the body as it may have been before; the least damage first.

    Nothing is proved by it: the caller holds each body to the signature.
    """
    tried, shallow, left = {body}, [Suspect((), body)], IN_ALL
    level = shallow
    for depth in range(DEEPEST):
        above, level = level, []
        for done, damaged in above:
            for kind in KINDS:
                for before in kind.undo(damaged):
                    if before not in tried and len(before) <= min(LARGEST, left) and len(tried) < MOST:
                        tried.add(before)
                        left -= len(before)
                        found = Suspect((*done, kind), before)
                        yield _words(found.done), before
                        if kind is not CUT:  # nothing else is undone by a newline more
                            level.append(found)
        if depth == 0:
            shallow = [*shallow, *level]
    left = IN_ALL  # what is likeliest comes last
    for done, damaged in shallow:
        for before in _reserialised(damaged) if len(damaged) <= left else ():
            left -= len(before)
            if before not in tried:
                tried.add(before)
                yield _words((*done, RESERIALISED)), before


def _words(done: tuple[Damage, ...]) -> str:
    steps = ", then ".join(kind.phrase for kind in done)
    return f"the body {steps}: {done[0].advice}"
