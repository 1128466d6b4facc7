"""``adakit listen``: raw bytes on its port, and a recording that the other commands read."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import authentic_headers
from ada_mockserver.http_server import ServerThread, bind, make_server
from ada_mockserver.private_files import open_private
from adakit.commands.listen import LARGEST_BODY, Listener
from fuzz.campaign import Entrance
from fuzz.command import SECRET, adakit, folder
from fuzz.mutation import damaged
from fuzz.recordings import events, spelled
from fuzz.sandbox import bounded, require
from support.threaded_endpoint import threaded_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENTRANCES"]

GOOD = (
    b'{"type":"v1.conversation.ended","timestamp":"2020-09-20T00:00:00+00:00","data":{"conversation_id":"a"}}'
)
WAITS = 10
"""Seconds that an answer is waited for."""


@dataclass(frozen=True)
class Call:
    """One request: its bytes, and the statuses that may answer it; ``taken`` says if it is recorded."""

    raw: bytes
    statuses: tuple[int, ...]
    taken: bool
    last: bool = False


@dataclass(frozen=True)
class Talk:
    """What one client sends, and in what pieces; ``wild`` bytes are no requests that anybody meant."""

    calls: tuple[Call, ...]
    wild: bytes
    sizes: tuple[int, ...]

    @property
    def raw(self) -> bytes:
        """All of it."""
        return b"".join(call.raw for call in self.calls) + self.wild


def written(
    method: bytes, target: bytes, version: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> bytes:
    """A request as bytes."""
    lines = [b"%b %b HTTP/%b" % (method, target, version), *(b"%b: %b" % header for header in headers)]
    return b"\r\n".join([*lines, b"", body])


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A request that is well formed, however oddly it is written."""
    event = draw(events())
    body = draw(st.sampled_from((spelled(draw, event), GOOD, b"", b"{}", b"\xff", b"x" * 100_000)))
    now = int(SystemClock().now())
    is_signed = draw(st.sampled_from((True, True, False)))
    message_id = draw(st.sampled_from(("msg_1", "msg_2", "\xe9\xff", "a" * 3_000)))
    headers = [(b"Host", b"x")]
    if is_signed:
        signature = authentic_headers([SECRET], message_id=message_id, timestamp=now, body=body)
        headers += [
            (CASES[draw(st.integers(0, 2))](name).encode(), value.encode("latin-1"))
            for name, value in signature
        ]
    headers += draw(st.lists(st.sampled_from(EXTRA), max_size=3))
    method = draw(st.sampled_from((b"POST", b"POST", b"POST", b"GET", b"HEAD", b"OPTIONS", b"PUT", b"BREW")))
    target = draw(st.sampled_from((b"/", b"/a?b=c", b"*", b"http://x/y", b"/%00%ff", b"/" + b"a" * 2_000)))
    version = draw(st.sampled_from((b"1.1", b"1.1", b"1.1", b"1.0")))
    last = version == b"1.0"
    if draw(st.integers(0, 5)) == 0:
        headers.append((b"Connection", b"close"))
        last = True
    if version == b"1.1" and draw(st.integers(0, 2)) == 0:
        headers.append((b"Transfer-Encoding", b"chunked"))
        wire = chunked(draw, body)
    else:
        headers.insert(draw(st.integers(0, len(headers))), (b"Content-Length", b"%d" % len(body)))
        wire = body
    raw = written(method, target, version, headers, wire)
    if method != b"POST":
        return Call(raw, (405,), taken=False, last=last)
    return Call(raw, (200, 400) if is_signed else (401,), taken=True, last=last)


CASES = (str, str.upper, str.title)
EXTRA = (
    (b"X-Empty", b""), (b"X-Bytes", b"\xff\xfe"), (b"X-Long", b"a" * 10_000), (b"Content-Type", b"text/\xe9"),
    (b"User-Agent", b"a\tb"), (b"X-A", b"1"), (b"x-a", b"2"), (b"Cookie", b"a=b"),
    (b"Expect", b"200-ok"), (b"Upgrade", b"h2c"),
)  # fmt: skip


def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """The body in chunks of some size, with extensions or trailers."""
    size = draw(st.sampled_from((1, 7, 1_000, 10**6)))
    if len(body) > 1_000:
        size = max(size, 1_000)
    note = draw(st.sampled_from((b"", b";a=b", b";a")))
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    trailer = draw(st.sampled_from((b"", b"X-T: 1\r\n")))
    return (
        b"".join(b"%x%b\r\n%b\r\n" % (len(part), note, part) for part in parts) + b"0\r\n" + trailer + b"\r\n"
    )


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
WILD = (
    b"\r\n", b"\0" * 50, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\r\n\r\n",
    HEAD + b"Content-Length: -1\r\n\r\n", HEAD + b"Content-Length: 1, 2\r\n\r\nab", HEAD + b"Content-Length: 0x2\r\n\r\nab",
    HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", HEAD + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1),
    HEAD + b"Content-Length: \xb2\r\n\r\nab", HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n",
    HEAD + b"Content-Length: 10\r\n\r\nabc", HEAD + b"A b: c\r\n\r\n", HEAD + b" folded: x\r\n\r\n", HEAD + b": x\r\n\r\n",
    HEAD + b"a: b\r\n" * 20_000, HEAD + b"a: " + b"b" * 100_000, b"POST /" + b"a" * 100_000, HEAD.replace(b"Host: x\r\n", b"\r\n"),
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"100000\r\n" + b"x" * 0x100000 + b"\r\n",
    HEAD + b"Host: y\r\nContent-Length: 0\r\n\r\n", HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
    HEAD.replace(b"1.1", b"9.9") + b"\r\n", HEAD.replace(b"/", b"/\xc3\xa9", 1) + b"\r\n", HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}", b"",
)  # fmt: skip


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    """Some requests after one another, then perhaps what is none."""
    drawn = draw(st.lists(calls(), max_size=4))
    before_last = next((n for n, call in enumerate(drawn) if call.last), len(drawn) - 1)
    whole = tuple(drawn[: before_last + 1])
    wild = draw(st.sampled_from(WILD)) if draw(st.booleans()) else b""
    if wild and draw(st.integers(0, 2)) == 0:
        wild = damaged(draw, draw(calls()).raw)
    return Talk(
        whole, wild, tuple(draw(st.lists(st.sampled_from((1, 2, 17, 1_000, 70_000)), min_size=1, max_size=5)))
    )


def pieces(talk: Talk) -> Iterator[bytes]:
    """What is sent, a piece at a time: the first ones of the sizes that were drawn, then the rest."""
    raw, at = talk.raw, 0
    for size in talk.sizes * 3:
        yield raw[at : at + size]
        at += size
    yield raw[at:]


class Answers:
    """The answers on one connection, as they come."""

    def __init__(self, client: socket.socket) -> None:
        self._client, self._read = client, b""
        self.heads: list[bytes] = []

    def next(self) -> bool:
        """Read one more whole answer; False where the connection ends."""
        while not (found := re.search(rb"\r\n\r\n", self._read)):
            if not self._more():
                return False
        head, self._read = self._read[: found.end()], self._read[found.end() :]
        length = int((re.search(rb"(?i)content-length: (\d+)", head) or [b"", b"0"])[1])
        while b"transfer-encoding" in head.lower() and not self._read.endswith(b"0\r\n\r\n"):
            if not self._more():
                break
        while len(self._read) < length and self._more():
            pass
        self._read = (
            self._read[length:] if length else b"" if b"transfer-encoding" in head.lower() else self._read
        )
        self.heads.append(head)
        return True

    def _more(self) -> bool:
        try:
            data = self._client.recv(65_536)
        except TimeoutError:
            raise
        except OSError:
            return False
        self._read += data
        return bool(data)

    def status(self, number: int) -> int:
        """The status of an answer."""
        return int(self.heads[number].split(b" ", 2)[1])


def ask(port: int, talk: Talk) -> Answers:
    """Send all of it, and read an answer to each request that is whole; more answers are read as well, if they come."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAITS) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        answers = Answers(client)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces(talk):
                client.sendall(piece)
        for _ in talk.calls:
            require(answers.next(), "a whole request is not answered", answers.heads)
        if not talk.wild and not any(call.last for call in talk.calls):
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")  # after which nothing more may come
            require(
                answers.next() and answers.status(-1) == 405, "a request is answered twice", answers.heads
            )
            answers.heads.pop()
            require(not answers.next(), "an answer that nobody asked for", answers.heads)
    return answers


def check(given: Talk) -> None:
    """Each whole request is answered and recorded once; then the server takes the next one as if nothing was."""
    said = io.StringIO()
    with folder(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        listener = Listener(SECRET, quiet=False, count=None)
        with open_private("recorded") as recording:
            listener.recording = recording
            bound = bind("127.0.0.1", 0)
            server = ServerThread(make_server(listener), bound, contextlib.AsyncExitStack())
            server.start()
            try:
                with bounded():
                    answers = ask(bound.getsockname()[1], given)
                    after = ask(bound.getsockname()[1], Talk((good(),), b"", (10**6,)))
            finally:
                server.stop()
        require(listener.failure is None, "the listener ends", listener.failure)
        for number, call in enumerate(given.calls):
            require(
                answers.status(number) in call.statuses,
                "an answer of another status",
                (call.statuses, answers.heads),
            )
        require(after.status(0) == 200, "the next request is not taken", after.heads)
        raw = Path("recorded").read_bytes()
        records = [json.loads(line) for line in raw.splitlines()]
        taken = sum(call.taken for call in given.calls)
        most = taken + 1 + given.wild.count(b"HTTP/1")  # among wild bytes may be a request
        require(taken + 1 <= len(records) <= most, "a request is not recorded, or twice", (taken, records))
        require(
            records[-1]["event"]["type"] == "v1.conversation.ended",
            "the next request is not recorded",
            records,
        )
        hold_said(said.getvalue())
        read = adakit("schemas", "observe", "recorded")
        require(read.code == 0, "a recording that observe does not read", read)
        with threaded_endpoint() as endpoint:
            sent = adakit("replay", "recorded", "--to", endpoint.url, "--secret", SECRET)
        require(sent.code == 0, "a recording that replay does not read", sent)
        recorded = sum(record["event"] is not None for record in records)
        require(len(endpoint.requests) == recorded, "an event that is recorded is not replayed", sent)


def hold_said(said: str) -> None:
    """What the listener prints is plain."""
    require("Traceback" not in said and "Exception in" not in said, "a traceback", said[-3000:])
    require(SECRET.removeprefix("whsec_") not in said, "a secret is printed", said)
    obeyed = [
        character for character in said if not character.isprintable() and character not in "\n\u200c\u200d"
    ]
    require(not obeyed, "a character that a terminal obeys", (obeyed, said[:500]))


def good() -> Call:
    """A request that no receiver refuses."""
    signature = authentic_headers([SECRET], message_id="msg_9", timestamp=int(SystemClock().now()), body=GOOD)
    headers = [(name.encode(), value.encode()) for name, value in signature]
    headers += [(b"Host", b"x"), (b"Content-Length", b"%d" % len(GOOD))]
    return Call(written(b"POST", b"/", b"1.1", headers, GOOD), (200,), taken=True)


def smaller(given: Talk) -> Iterator[Talk]:
    """Fewer requests, in fewer pieces."""
    for number in range(len(given.calls)):
        yield replace(given, calls=given.calls[:number] + given.calls[number + 1 :])
    if given.wild:
        yield replace(given, wild=b"")
        yield replace(given, wild=given.wild[: len(given.wild) // 2])
    if given.sizes != (10**7,):
        yield replace(given, sizes=(10**7,))


def shown(given: Talk) -> str:
    """The statuses that are expected, and the bytes, with long runs cut short."""
    raw = re.sub(rb"(.)\1{60,}", rb"\1...", given.raw)
    return f"{[call.statuses for call in given.calls]}, wild {given.wild[:200]!r}, {given.sizes}: {raw!r}"


ENTRANCES = [Entrance("listen", talks(), check, shown, smaller)]
