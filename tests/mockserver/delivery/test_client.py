"""ada_mockserver.delivery.client against scripted peers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from ada_mockserver.clock import ManualClock, SystemClock
from ada_mockserver.delivery import client as wire
from ada_mockserver.delivery.client import Wire, make_ssl_context
from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.delivery.request_bytes import parse_url
from ada_mockserver.delivery.response_parser import ResponseParser
from ada_schemas.errors import UsageError, WireError
from support.raw_server import Connection, SecuredByHand, answering, closed_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from support.raw_server import Script

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KIB = 1024
SHORT = 0.1
"""A time limit in seconds that a test waits out."""
LONG = 10.0
"""A time limit in seconds that no test reaches."""


async def attempt(
    script: Script,
    *,
    path: str = "/hook",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"{}",
    method: str = "POST",
    timeout: float = LONG,
    scheme: str = "http",
    host: str = "127.0.0.1",
    server_ssl: ssl.SSLContext | None = None,
    client_ssl: ssl.SSLContext | None = None,
    clock: ManualClock | None = None,
) -> Response:
    """Send one request to a server that follows ``script``; a failure's message names PORT."""
    async with serving(script, ssl_context=server_ssl) as server:
        sender = Wire(clock=clock or ManualClock(), ssl_context=client_ssl)
        request = Request(f"{scheme}://{host}:{server.port}{path}", headers, body, method)
        try:
            return await sender.send(request, timeout=timeout)
        except WireError as error:
            error.args = (error.what.replace(f":{server.port}", ":PORT"),)
            error.what = error.args[0]
            raise


def send(script: Script, **options: Any) -> Response:
    return asyncio.run(attempt(script, **options))


def failure(script: Script, **options: Any) -> tuple[str, str]:
    """The kind and the whole message of the attempt's failure."""
    with pytest.raises(WireError) as caught:
        send(script, **options)
    return caught.value.kind, str(caught.value)


def sent(**options: Any) -> bytes:
    """What the server received, its port shown as PORT."""
    received: list[bytes] = []

    async def script(connection: Connection) -> None:
        received.append(await connection.request())
        port = connection.writer.get_extra_info("sockname")[1]
        received[0] = received[0].replace(f":{port}".encode(), b":PORT")
        await connection.send(OK)

    send(script, **options)
    return received[0]


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> list[tuple[str, int]]:
    """Let every name resolve to 127.0.0.1 at these ports; returns the questions asked."""
    asked: list[tuple[str, int]] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", one)) for one in ports]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


# --- what goes out ---


def test_the_request_goes_out_byte_for_byte() -> None:
    """Header names keep their case and order, Host and Content-Length are added, nothing else is."""
    headers = (("Svix-ID", "msg_1"), ("content-type", "application/json"), ("X-a", "1"), ("x-A", "2"))
    assert sent(headers=headers, body=b'{"a": "\xff\x00\r\n"}') == (
        b"POST /hook HTTP/1.1\r\n"
        b"Host: 127.0.0.1:PORT\r\n"
        b"Svix-ID: msg_1\r\n"
        b"content-type: application/json\r\n"
        b"X-a: 1\r\n"
        b"x-A: 2\r\n"
        b"Content-Length: 13\r\n"
        b"\r\n"
        b'{"a": "\xff\x00\r\n"}'
    )


def test_given_host_and_length_are_kept() -> None:
    """A Host and a Content-Length that the caller gave go out as given, once."""
    assert sent(headers=(("hOST", "acme.test"), ("content-LENGTH", "2"), ("Connection", "close"))) == (
        b"POST /hook HTTP/1.1\r\nhOST: acme.test\r\ncontent-LENGTH: 2\r\nConnection: close\r\n\r\n{}"
    )


def test_a_given_transfer_encoding_stands_alone() -> None:
    """With a Transfer-Encoding of the caller's no length is added, and the body is the caller's."""
    received: list[bytes] = []

    async def script(connection: Connection) -> None:
        received.append(await connection.reader.readuntil(b"0\r\n\r\n"))
        await connection.send(OK)

    send(script, headers=(("Host", "a"), ("Transfer-Encoding", "chunked")), body=b"2\r\nhi\r\n0\r\n\r\n")
    expected = b"POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    assert received == [expected]


@pytest.mark.parametrize(
    ("method", "added"), [("POST", b"Content-Length: 0\r\n"), ("PUT", b"Content-Length: 0\r\n"), ("GET", b"")]
)
def test_an_empty_body_has_a_length_where_a_body_means_something(method: str, added: bytes) -> None:
    """An empty POST says Content-Length: 0; an empty GET says nothing of it."""
    expected = method.encode() + b" /hook HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n" + added + b"\r\n"
    assert sent(method=method, body=b"") == expected


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", b"/"),
        ("?a=1", b"/?a=1"),
        ("/a//b/../c;d=1", b"/a//b/../c;d=1"),
        ("/%7Ea%2Fb?x=%20&y=[1]|2", b"/%7Ea%2Fb?x=%20&y=[1]|2"),
        ("/hook#part", b"/hook"),
        ("/zoë?q=é", b"/zo%C3%AB?q=%C3%A9"),
    ],
)
def test_the_path_goes_out_as_written(path: str, target: bytes) -> None:
    """Path and query stay as written; only a fragment is dropped and non-ASCII text is escaped."""
    assert sent(path=path).partition(b"\r\n")[0] == b"POST " + target + b" HTTP/1.1"


@pytest.mark.parametrize(
    ("url", "host", "asked"),
    [
        ("http://example.com/x", "example.com", ("example.com", 80)),
        ("http://EXAMPLE.com:80/x", "example.com", ("example.com", 80)),
        ("http://example.com:443/x", "example.com:443", ("example.com", 443)),
        ("http://bücher.example:8080", "xn--bcher-kva.example:8080", ("xn--bcher-kva.example", 8080)),
    ],
)
def test_the_host_header_has_the_port_when_it_is_not_the_default(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, asked: tuple[str, int]
) -> None:
    """Host is the URL's host in ASCII, with the port where the scheme does not imply it."""
    received: list[bytes] = []

    async def script(connection: Connection) -> None:
        received.append(await connection.request())
        await connection.send(OK)

    async def main() -> None:
        async with serving(script) as server:
            questions = resolve_to(monkeypatch, server.port)
            await Wire(clock=ManualClock()).send(Request(url, (), b""), timeout=LONG)
            assert questions == [asked]

    asyncio.run(main())
    assert received[0].split(b"\r\n")[1] == f"Host: {host}".encode()


def test_an_ipv6_literal_stands_in_brackets() -> None:
    """An IPv6 address is connected to, and stands in brackets in Host."""
    received: list[bytes] = []

    async def script(connection: Connection) -> None:
        received.append(await connection.request())
        await connection.send(OK)

    async def main() -> int:
        async with serving(script, host="::1") as server:
            await Wire(clock=ManualClock()).send(
                Request(f"http://[::1]:{server.port}/", (), b""), timeout=LONG
            )
            return server.port

    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    port = asyncio.run(main())
    assert received[0].split(b"\r\n")[1] == f"Host: [::1]:{port}".encode()


@pytest.mark.parametrize(
    ("url", "authority", "host"),
    [
        ("http://[2001:DB8::1]/", "[2001:db8::1]", "2001:db8::1"),
        ("https://[2001:db8::1]:443/", "[2001:db8::1]", "2001:db8::1"),
        ("http://[fe80::1%25eth0]:81/", "[fe80::1]:81", "fe80::1%eth0"),
    ],
)
def test_an_ipv6_zone_stays_off_the_wire(url: str, authority: str, host: str) -> None:
    """A zone belongs to this machine: it is connected to, not sent."""
    # No such address can be served on every machine, so the parts are looked at.
    target = parse_url(url)
    assert (target.authority, target.host) == (authority, host)


def test_a_large_body_arrives_whole() -> None:
    """A body of 5 MB arrives byte for byte."""
    body = bytes(range(256)) * 20_000
    assert sent(body=body).partition(b"\r\n\r\n")[2] == body


def test_every_request_has_a_connection_of_its_own() -> None:
    """A kept-alive connection is not used again, and is closed when the answer is complete."""

    async def main() -> int:
        left: asyncio.Queue[bytes] = asyncio.Queue()

        async def script(connection: Connection) -> None:
            await connection.request()
            await connection.send(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
            left.put_nowait(await connection.until_closed())

        async with serving(script) as server:
            sender = Wire(clock=ManualClock())
            for _ in range(3):
                await sender.send(Request(f"http://127.0.0.1:{server.port}/", (), b""), timeout=LONG)
                assert await left.get() == b""
            return server.accepted

    assert asyncio.run(main()) == 3


def test_concurrent_requests_get_their_own_answers() -> None:
    """A hundred requests at once each get the answer to their own body."""

    async def script(connection: Connection) -> None:
        body = (await connection.request()).partition(b"\r\n\r\n")[2]
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)

    async def main() -> list[bytes]:
        async with serving(script) as server:
            sender = Wire(clock=ManualClock())
            url = f"http://127.0.0.1:{server.port}/"
            answers = await asyncio.gather(
                *(sender.send(Request(url, (), str(n).encode()), timeout=LONG) for n in range(100))
            )
            return [answer.body for answer in answers]

    assert asyncio.run(main()) == [str(n).encode() for n in range(100)]


# --- what cannot go out ---


def refused_request(request: Request, timeout: float = LONG) -> str:
    with pytest.raises(UsageError) as caught:
        asyncio.run(Wire(clock=ManualClock()).send(request, timeout=timeout))
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://zoe:s3cret@example.com/x",
        "https://s3cret@example.com/x",
        "http://zoe:s3c@ret@example.com:80/",
        "http://@example.com/x",
    ],
)
def test_credentials_in_the_url_are_refused_and_not_shown(url: str) -> None:
    """A URL with a user name or a password is refused by its host, and shows neither."""
    assert refused_request(Request(url, (), b"")) == (
        "The URL for example.com holds a user name or a password, which would not be sent.\n"
        "  Take them out of the URL; send an Authorization header instead."
    )


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/x",
        "ftp://example.com",
        "http:///x",
        "http://.",
        "",
        "http://a:port/",
        "http://a:70000/",
        "http://[::1/",
        "zoe:s3cret@example.com",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """A URL without a web scheme, a host or a usable port is refused with an example."""
    assert refused_request(Request(url, (), b"")) == (
        "The URL is not a web address.\n"
        "  It begins with http:// or https:// and names a host: http://localhost:8000/webhooks"
    )


@pytest.mark.parametrize("url", ["http://a/x y", "http://a/x\r\nHost: b", "http://a/\x00", "http://a/\t"])
def test_a_url_with_blanks_or_line_breaks_is_refused(url: str) -> None:
    """Nothing in the URL can break out of the request's first line."""
    expected = "The URL holds a space, a line break or another control character."
    assert refused_request(Request(url, (), b"")) == expected


def test_a_host_name_that_cannot_exist_is_refused() -> None:
    """A host with an empty label is refused before anything is looked up."""
    assert refused_request(Request("http://a..b/", (), b"")) == "'a..b' is not a host name."


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "naïve"])
def test_a_bad_header_name_is_refused(name: str) -> None:
    """A header name that is no token is refused."""
    assert refused_request(Request("http://a/", ((name, "1"),), b"")) == f"{name!r} is not a header name."


@pytest.mark.parametrize("value", ["1\r\nX-b: 2", "1\n", "\r", "\x00"])
def test_a_header_value_with_line_breaks_is_refused(value: str) -> None:
    """A header value cannot add header lines; the value itself is not shown."""
    expected = "The value of the header 'X-a' holds a line break or a NUL."
    assert refused_request(Request("http://a/", (("X-a", value),), b"")) == expected


def test_a_header_outside_latin_1_is_refused() -> None:
    """A character that has no byte in a header is refused by name."""
    expected = "A header holds '東', which is outside Latin-1."
    assert refused_request(Request("http://a/", (("X-a", "to 東"),), b"")) == expected


def test_latin_1_header_values_are_sent() -> None:
    """A header value may hold Latin-1."""
    assert b"X-a: Zo\xeb\r\n" in sent(headers=(("X-a", "Zoë"),))


def test_a_bad_method_is_refused() -> None:
    """A method that is no token is refused."""
    assert refused_request(Request("http://a/", (), b"", "GE T")) == "'GE T' is not an HTTP method."


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_that_leaves_no_time_is_refused(timeout: float) -> None:
    """The time limit is above 0."""
    expected = f"A timeout of {timeout} s leaves no time for an answer."
    assert refused_request(Request("http://a/", (), b""), timeout) == expected


# --- what comes back ---


def test_the_answer_is_returned_as_received() -> None:
    """Status, header lines in order and case, body and elapsed time are the answer's."""
    clock = ManualClock()

    async def script(connection: Connection) -> None:
        await connection.request()
        clock.advance(2.5)
        await connection.send(
            b"HTTP/1.1 418 I'm a teapot\r\nX-b: 1 \t\r\nset-cookie: a\r\nSet-Cookie: \xe9\r\nEmpty:\r\n"
            b"Content-Length: 3\r\n\r\na\x00b"
        )

    assert send(script, clock=clock) == Response(
        status=418,
        headers=(
            ("X-b", "1"),
            ("set-cookie", "a"),
            ("Set-Cookie", "é"),
            ("Empty", ""),
            ("Content-Length", "3"),
        ),
        body=b"a\x00b",
        elapsed=2.5,
        truncated=False,
    )


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 200 OK\r\n\r\n", 200, b""),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 200, b"hi"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold", 200, b"old"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3;x=y\r\n yo\r\n0\r\n\r\n",
            200,
            b"hi yo",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 500 Second\r\nX: y\r\n\r\n", 200, b"hi"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi and more", 200, b"hi"),
        (b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi", 999, b"hi"),
    ],
    ids=[
        "length",
        "length-0",
        "until-closed",
        "until-closed-empty",
        "no-reason",
        "bare-line-feeds",
        "http-1.0",
        "http-1.0-kept",
        "chunked",
        "other-coding",
        "204",
        "304",
        "second-answer",
        "garbage-after",
        "status-999",
    ],
)
@pytest.mark.parametrize("dribble", [False, True], ids=["at-once", "byte-by-byte"])
def test_every_form_of_answer_is_understood(raw: bytes, status: int, body: bytes, *, dribble: bool) -> None:
    """Length, chunks and the connection's end all delimit a body, however the bytes arrive."""

    async def script(connection: Connection) -> None:
        await connection.request()
        for piece in [raw[i : i + 1] for i in range(len(raw))] if dribble else [raw]:
            await connection.send(piece)
            await asyncio.sleep(0)  # not a wait: it lets the client read each piece

    answer = send(script)
    assert (answer.status, answer.body, answer.truncated) == (status, body, False)


@pytest.mark.parametrize(
    "raw",
    [
        OK,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
    ids=["length", "204", "chunked", "101", "101-bare"],
)
def test_a_delimited_answer_does_not_wait_for_the_end(raw: bytes) -> None:
    """A complete answer is returned though the server keeps the connection open."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(raw)
        await connection.until_closed()

    assert send(script).status == int(raw[9:12])


def test_an_answer_to_head_has_no_body() -> None:
    """HEAD is complete with its headers, whatever length they announce."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nnot to be sent")
        await connection.until_closed()

    answer = send(script, method="HEAD", body=b"")
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "5000")


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.0 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nConnection: close\r\nX-a: 1\r\n\r\n",
    ],
    ids=["100", "103-102", "http-1.0", "103-close"],
)
def test_interim_answers_are_skipped(interim: bytes) -> None:
    """1xx answers and their headers leave no trace in the answer."""
    answer = send(answering(interim + OK))
    assert (answer.status, answer.headers, answer.body) == (200, (("Content-Length", "2"),), b"ok")


def test_trailers_are_dropped() -> None:
    """Header lines after the last chunk are not taken for headers."""
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Late: y\r\nSet-Cookie: z\r\n\r\n"
    assert send(answering(raw)).headers == (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """A redirect is returned as the answer that it is."""
    hits: list[bytes] = []

    async def script(connection: Connection) -> None:
        hits.append(await connection.request())
        port = connection.writer.get_extra_info("sockname")[1]
        location = f"Location: http://127.0.0.1:{port}/elsewhere"
        await connection.send(f"HTTP/1.1 {status} Go\r\n{location}\r\nContent-Length: 0\r\n\r\n".encode())

    assert send(script).status == status
    assert len(hits) == 1


# --- limits ---


@pytest.mark.parametrize(("size", "truncated"), [(64 * KIB, False), (64 * KIB + 1, True), (1024 * KIB, True)])
def test_64_kib_of_the_body_are_kept(size: int, *, truncated: bool) -> None:
    """Of a longer body the first 64 KiB are kept, and the answer says so."""
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer = send(answering(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + body))
    assert (answer.body, answer.truncated) == (body[: 64 * KIB], truncated)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * KIB),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b"x" * KIB),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * KIB + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"x" * KIB + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * KIB),
    ],
    ids=["until-closed", "length", "chunked", "trailers", "chunk-extension"],
)
def test_an_endless_body_is_cut(head: bytes, piece: bytes) -> None:
    """An answer that never ends is returned, cut, after about 1 MiB, and the connection closed."""
    written = 0

    async def script(connection: Connection) -> None:
        nonlocal written
        await connection.request()
        await connection.send(head)
        while True:
            await connection.send(piece)
            written += len(piece)

    answer = send(script)
    assert (answer.status, answer.truncated, len(answer.body) <= 64 * KIB) == (200, True, True)
    assert 1024 * KIB < written < 16 * 1024 * KIB


@pytest.mark.parametrize(
    ("head", "piece", "end"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-a: " + b"x" * 200 + b"\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nX-a: ", b"x" * 200, b""),
        (b"HTTP/1.1 200 ", b"O" * 200, b""),
        (b"", b"HTTP/1.1 100 Continue\r\nX-a: " + b"x" * 200 + b"\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\n", b"X-a: " + b"x" * 200 + b"\r\n", b"Content-Length: 0\r\n\r\n"),
    ],
    ids=["lines", "one-line", "reason", "interim-answers", "complete"],
)
def test_headers_over_64_kib_are_a_protocol_error(head: bytes, piece: bytes, end: bytes) -> None:
    """Headers that do not end, or end beyond 64 KiB, are given up."""

    async def script(connection: Connection) -> None:
        await connection.request()
        if end:
            await connection.send(head + piece * 400 + end)
            return
        await connection.send(head)
        while True:
            await connection.send(piece)

    expected = "127.0.0.1:PORT answered with malformed HTTP: headers of more than 64 KiB (after 0.00 s)."
    assert failure(script) == ("protocol", expected)


def test_headers_below_64_kib_are_read() -> None:
    """Long headers within the limit are returned whole."""
    value = "x" * 60_000
    answer = send(answering(f"HTTP/1.1 200 OK\r\nX-a: {value}\r\nContent-Length: 0\r\n\r\n".encode()))
    assert answer.header("x-a") == value


@pytest.mark.parametrize(
    ("keep", "kept"), [(5, 5), (0, 0), (100 * KIB, 100 * KIB), (3 * 1024 * KIB, 2048 * KIB)]
)
def test_a_request_says_how_much_of_the_body_is_kept(keep: int, kept: int) -> None:
    """As much of the answer's body is kept as the request asks for, also beyond 1 MiB."""
    size = 2048 * KIB
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size

    async def main() -> Response:
        async with serving(answering(raw)) as server:
            request = Request(f"http://127.0.0.1:{server.port}/", (), b"", keep=keep)
            return await Wire(clock=ManualClock()).send(request, timeout=LONG)

    answer = asyncio.run(main())
    assert (len(answer.body), answer.truncated) == (kept, kept < size)


# --- early answers ---


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("status", [401, 413])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "framing", ["Content-Length: 4", "Connection: close"], ids=["length", "until-closed"]
)
def test_an_early_refusal_of_a_large_body_is_an_answer(
    how: str, status: int, framing: str, server_ssl: ssl.SSLContext, ca_file: Path, *, secure: bool
) -> None:
    """A server that refuses 5 MB after the headers and hangs up is heard, not called dropped."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(f"HTTP/1.1 {status} No\r\n{framing}\r\n\r\nnope".encode())
        if how == "reset":
            connection.writer.transport.abort()

    options: dict[str, Any] = {}
    if secure:
        options = {
            "scheme": "https",
            "server_ssl": server_ssl,
            "client_ssl": make_ssl_context(cacert=ca_file),
        }
    answer = send(script, body=b"x" * 5_000_000, **options)
    assert (answer.status, answer.body) == (status, b"nope")


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_what_was_answered_before_its_end_is_sent_to_its_end(
    server_ssl: ssl.SSLContext, ca_file: Path, *, secure: bool
) -> None:
    """After an early answer that keeps the connection, the next request follows the rest of the body."""
    heads: list[bytes] = []

    async def script(connection: Connection) -> None:
        heads.append(await connection.head())
        await connection.send(OK)
        await connection.reader.readexactly(10_000_000)
        heads.append(await connection.head())
        await connection.send(OK)
        await connection.until_closed()

    async def main() -> list[tuple[Response | WireError, bool]]:
        sender = Wire(clock=ManualClock(), ssl_context=make_ssl_context(cacert=ca_file) if secure else None)
        async with serving(script, ssl_context=server_ssl if secure else None) as server:
            url = f"{'https' if secure else 'http'}://127.0.0.1:{server.port}/"
            first = Request(url, (("x-number", "1"),), b"x" * 10_000_000)
            second = Request(url, (("x-number", "2"),), b"")
            return await sender.send_in_turn([first, second], timeout=LONG)

    outcomes = asyncio.run(main())
    assert [reused for _, reused in outcomes] == [False, True]
    assert [head.startswith(b"POST / ") and head.count(b"x-number: ") for head in heads] == [1, 1]


def test_an_answer_that_waits_behind_a_failed_write_is_read() -> None:
    """When the write fails before the answer was read, the answer is still taken from the socket."""

    class Transport(asyncio.Transport):
        def write(self, data: Any) -> None: ...
        def abort(self) -> None: ...

    async def main() -> object:
        # Which of the two the event loop sees first cannot be arranged on a real connection.
        ours, theirs = socket.socketpair()
        with ours, theirs:
            one = wire._Attempt(
                parse_url("http://127.0.0.1/"),
                LONG,
                memoryview(b""),
                ManualClock(),
                ResponseParser(bodiless=False, keep=64 * KIB),
                None,
            )
            one._socket = ours
            theirs.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nnope")
            ours.setblocking(False)
            one.connection_made(Transport())
            one.connection_lost(BrokenPipeError())
            return one.outcome

    outcome = asyncio.run(main())
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.body) == (413, b"nope")


# --- failures ---


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            b"SSH-2.0-OpenSSH_9.6\r\n",
            (
                "answered with something other than HTTP: it begins with"
                " b'SSH-2.0-OpenSSH_9.6\\r\\n' (after 0.00 s)."
            ),
        ),
        (
            b"<html>hello, this is a page of more than 32 bytes",
            (
                "answered with something other than HTTP: it begins with"
                " b'<html>hello, this is a page of m' (after 0.00 s)."
            ),
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            "speaks TLS, not plain HTTP (after 0.00 s).\n  Is it an https:// URL?",
        ),
        (
            b"HTTP/1.1 42 OK\r\n\r\n",
            "answered with malformed HTTP: Invalid status code (after 0.00 s).",
        ),
        (b"HTTP/1.1 099 OK\r\n\r\n", "answered with malformed HTTP: a status of 099 (after 0.00 s)."),
        (b"HTTP/1.1 000 OK\r\n\r\n", "answered with malformed HTTP: a status of 000 (after 0.00 s)."),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "answered with malformed HTTP: Invalid character in chunk size (after 0.00 s).",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "answered with malformed HTTP: Invalid character in Content-Length (after 0.00 s).",
        ),
    ],
    ids=["ssh", "html", "tls", "status-42", "status-099", "status-000", "chunk", "length"],
)
def test_what_is_not_http_is_a_protocol_error(raw: bytes, message: str) -> None:
    """An answer that is no HTTP is reported with its beginning, broken HTTP with the fault."""
    assert failure(answering(raw)) == ("protocol", f"127.0.0.1:PORT {message}")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "Duplicate Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nok", "Content-Length overflow"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "Invalid header token"),
        (b"HTTP/1.1 200 OK\r\na: \0\r\n\r\n", "Invalid header value char"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 4000, "headers of more than 64 KiB"),
    ],
)
def test_odd_answers_are_protocol_errors(raw: bytes, message: str) -> None:
    """Odd lengths, odd header lines, and interim answers without end, fail the attempt, which says why."""
    assert failure(answering(raw)) == (
        "protocol",
        f"127.0.0.1:PORT answered with malformed HTTP: {message} (after 0.00 s).",
    )


@pytest.mark.parametrize("rest", [b"", b"\0" * 100, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
def test_what_follows_a_change_of_protocol_is_not_read(rest: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A 101 is the answer, a failure like any that is no 2xx; what follows is no HTTP, and asyncio is silent."""
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    response = send(answering(head + rest))
    assert (response.status, response.body, response.accepted) == (101, b"", False)
    assert caplog.text == ""


def test_an_offer_to_change_the_protocol_changes_nothing() -> None:
    """Some servers offer an upgrade with every answer: it is read as any other."""
    head = b"HTTP/1.1 200 OK\r\nUpgrade: h2,h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n"
    assert send(answering(head + b"ok")).body == b"ok"


def test_broken_http_is_told_from_other_protocols_however_it_arrives() -> None:
    """An answer that begins as HTTP is called malformed, also when its first byte comes alone."""

    async def script(connection: Connection) -> None:
        await connection.request()
        for byte in b"HTTP/1.1 42 OK\r\n\r\n":
            await connection.send(bytes([byte]))
            await asyncio.sleep(0)  # not a wait: it lets the client read each piece

    expected = "127.0.0.1:PORT answered with malformed HTTP: Invalid status code (after 0.00 s)."
    assert failure(script) == ("protocol", expected)


def test_a_server_that_only_says_it_is_done_is_not_waited_for() -> None:
    """A peer that ends its side without an answer has dropped us, though a body is still being written."""

    async def script(connection: Connection) -> None:
        await connection.head()
        connection.writer.write_eof()
        await asyncio.Event().wait()

    expected = "127.0.0.1:PORT closed the connection without answering (after 0.00 s)."
    assert failure(script, body=b"x" * 20_000_000) == ("dropped", expected)


@pytest.mark.parametrize(
    ("raw", "missing"),
    [
        (b"", "without answering"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "without answering"),
        (b"HTT", "before the headers of its answer were complete"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "before the headers of its answer were complete"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "after 0 of 10 bytes of its answer's body"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "after 3 of 10 bytes of its answer's body"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "before the last chunk of its answer's body",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "before the last chunk of its answer's body",
        ),
    ],
    ids=["nothing", "interim", "status", "headers", "length-0", "length-3", "in-chunk", "between-chunks"],
)
@pytest.mark.parametrize("how", ["closed", "reset"])
def test_an_incomplete_answer_is_a_dropped_connection(raw: bytes, missing: str, how: str) -> None:
    """A connection that ends too early is told from one that is reset, with what was still missing."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(raw)
        if how == "reset":
            connection.reset()

    expected = f"127.0.0.1:PORT {how} the connection {missing} (after 0.00 s)."
    assert failure(script) == ("dropped", expected)


def test_a_failure_tells_the_elapsed_time() -> None:
    """The message and ``elapsed`` give the time from the beginning of the attempt."""
    clock = ManualClock()

    async def script(connection: Connection) -> None:
        await connection.request()
        clock.advance(1.5)

    with pytest.raises(WireError) as caught:
        send(script, clock=clock)
    assert caught.value.elapsed == 1.5
    assert str(caught.value) == "127.0.0.1:PORT closed the connection without answering (after 1.50 s)."


async def silent(connection: Connection) -> None:
    """Read the request and say nothing."""
    await connection.request()
    await connection.until_closed()


async def deaf(connection: Connection) -> None:
    """Read the headers only and say nothing."""
    await connection.head()
    await asyncio.Event().wait()


async def stalled_in_headers(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 200 OK\r\nX-a")
    await connection.until_closed()


async def stalled_in_body(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 200 OK\r\n\r\nhel")
    await connection.until_closed()


async def interim_only(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await connection.until_closed()


async def drip(connection: Connection) -> None:
    """Answer for ever, a byte at a time."""
    await connection.request()
    await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await connection.send(b"x")
        await asyncio.sleep(0.01)  # what is tested is an answer that is slow and has no end


NO_ANSWER = "gave no answer within 0.1 s."
INCOMPLETE = "answered, but the answer was not complete within 0.1 s."


@pytest.mark.parametrize(
    ("script", "body", "message"),
    [
        (silent, b"{}", NO_ANSWER),
        (interim_only, b"{}", NO_ANSWER),
        (deaf, b"x" * 20_000_000, f"{NO_ANSWER}\n  It did not read the request to its end."),
        (stalled_in_headers, b"{}", INCOMPLETE),
        (stalled_in_body, b"{}", INCOMPLETE),
        (drip, b"{}", INCOMPLETE),
    ],
    ids=["silent", "interim-only", "deaf", "in-headers", "in-body", "drip"],
)
def test_a_timeout_tells_how_far_it_came(script: Script, body: bytes, message: str) -> None:
    """No answer and an unfinished answer are told apart when the time is up."""
    assert failure(script, body=body, timeout=SHORT) == ("timeout", f"127.0.0.1:PORT {message}")


def test_an_answer_that_came_in_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that was complete when the time ran out is returned."""
    run = wire._Attempt.run

    async def run_late(self: wire._Attempt) -> None:
        # No two events of a real connection can be made to fall together.
        await run(self)
        raise TimeoutError

    monkeypatch.setattr(wire._Attempt, "run", run_late)
    assert send(answering(OK)).status == 200


def test_a_timeout_tells_its_elapsed_time() -> None:
    """The elapsed time of a timeout is the time that was waited."""
    with pytest.raises(WireError) as caught:
        send(silent, timeout=SHORT, clock=SystemClock())
    assert SHORT * 0.9 <= caught.value.elapsed < LONG


def test_connecting_counts_against_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service that does not answer is a connection that did not come within the time."""
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait())

    async def main() -> None:
        try:
            await Wire(clock=ManualClock()).send(Request("http://a.test/", (), b""), timeout=SHORT)
        finally:
            release.set()

    with pytest.raises(WireError) as caught:
        asyncio.run(main())
    assert caught.value.kind == "timeout"
    assert str(caught.value) == "a.test:80 gave no connection within 0.1 s."


def error_at(url: str) -> WireError:
    with pytest.raises(WireError) as caught:
        asyncio.run(Wire(clock=ManualClock()).send(Request(url, (), b""), timeout=LONG))
    return caught.value


def failure_at(url: str) -> tuple[str, str]:
    error = error_at(url)
    return error.kind, str(error)


def test_the_cause_of_a_failure_is_kept() -> None:
    """The operating system's error is the cause of ours, for those who debug."""
    with closed_port() as port:
        assert isinstance(error_at(f"http://127.0.0.1:{port}/").__cause__, ConnectionRefusedError)


def test_a_refused_connection_is_named() -> None:
    """Nobody listening is ``refused``, with the address."""
    with closed_port() as port:
        assert failure_at(f"http://127.0.0.1:{port}/") == (
            "refused",
            (
                f"127.0.0.1:{port} refused the connection (after 0.00 s).\n"
                "  Does the server run, and on that port?"
            ),
        )


def test_a_name_with_several_refusing_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When every address of a name refuses, the failure is ``refused``, by the name."""
    with closed_port() as one, closed_port() as two:
        resolve_to(monkeypatch, one, two)
        kind, message = failure_at("http://a.test:81/")
    assert kind == "refused"
    assert message == (
        "a.test:81 refused the connection (after 0.00 s).\n  Does the server run, and on that port?"
    )


@pytest.mark.parametrize(
    "codes", [(errno.ENETUNREACH, errno.ECONNREFUSED), (errno.ECONNREFUSED, errno.ENETUNREACH)]
)
def test_one_refusing_address_among_unreachable_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int]
) -> None:
    """When one address refuses and the other has no route, as without IPv6, the failure is the refusal."""
    left = list(codes)

    async def sock_connect(*_: Any) -> None:
        raise OSError(left.pop(0), "Connect call failed")

    async def main() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", sock_connect)
        resolve_to(monkeypatch, 1, 2)
        await Wire(clock=ManualClock()).send(Request("http://a.test/", (), b""), timeout=LONG)

    with pytest.raises(WireError, match=r"^a\.test:80 refused the connection \(after 0\.00 s\)\."):
        asyncio.run(main())
    assert left == []


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name whose first address refuses is reached at its second, as with localhost and ::1."""

    async def main() -> int:
        with closed_port() as refusing:
            async with serving(answering(OK)) as server:
                resolve_to(monkeypatch, refusing, server.port)
                answer = await Wire(clock=ManualClock()).send(
                    Request("http://localhost/", (), b""), timeout=LONG
                )
                return answer.status

    assert asyncio.run(main()) == 200


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (errno.ENETUNREACH, "refused", "cannot be reached: Network is unreachable"),
        (errno.EHOSTUNREACH, "refused", "cannot be reached: No route to host"),
        (errno.ETIMEDOUT, "timeout", "gave no connection: Connection timed out"),
    ],
)
def test_an_unreachable_network_is_named(
    monkeypatch: pytest.MonkeyPatch, code: int, kind: str, words: str
) -> None:
    """What the operating system says of an address that it cannot reach is passed on."""

    async def sock_connect(*_: Any) -> None:
        raise OSError(code, "Connect call failed")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "sock_connect", sock_connect)
        await Wire(clock=ManualClock()).send(Request("http://192.0.2.1/", (), b""), timeout=LONG)

    with pytest.raises(WireError) as caught:
        asyncio.run(main())
    end = "." if kind == "timeout" else " (after 0.00 s)."
    assert (caught.value.kind, str(caught.value)) == (kind, f"192.0.2.1:80 {words}{end}")


def test_a_name_that_does_not_resolve_is_a_dns_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the resolver does not know is ``dns``, with the resolver's words."""

    def getaddrinfo(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    expected = "no.test:80 has a name that does not resolve: Name or service not known (after 0.00 s)."
    assert failure_at("http://no.test/") == ("dns", expected)


def test_a_resolver_that_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard against the network, as tests have them, may forbid the resolver too: that is said in a sentence."""

    def getaddrinfo(*_: Any, **__: Any) -> None:
        raise RuntimeError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    expected = (
        "no.test:80 cannot be reached, since sockets are guarded here (RuntimeError: no network in tests)"
        " (after 0.00 s).\n"
        "  With pytest-socket, add --allow-unix-socket and --allow-hosts with the endpoint's host."
    )
    assert failure_at("http://no.test/") == ("refused", expected)


# --- TLS ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def server_ssl(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority, "127.0.0.1", "localhost")


def tls_options(server_ssl: ssl.SSLContext, client_ssl: ssl.SSLContext | None = None) -> dict[str, Any]:
    return {"scheme": "https", "server_ssl": server_ssl, "client_ssl": client_ssl}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["tls-1.2", "tls-1.3"]
)
def test_https_with_a_trusted_authority(
    server_ssl: ssl.SSLContext, ca_file: Path, host: str, version: ssl.TLSVersion
) -> None:
    """A server whose authority is given is reached by name and by address, with a body of 5 MB."""
    server_ssl.minimum_version = server_ssl.maximum_version = version
    body = bytes(range(256)) * 20_000
    options = tls_options(server_ssl, make_ssl_context(cacert=str(ca_file)))
    received = sent(body=body, host=host, **options)
    assert received == (
        f"POST /hook HTTP/1.1\r\nHost: {host}:PORT\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )


def test_a_large_answer_over_tls_is_read(server_ssl: ssl.SSLContext, ca_file: Path) -> None:
    """An answer of many TLS records, ended by the connection's end, is read to that end."""
    body = bytes(range(256)) * 200
    options = tls_options(server_ssl, make_ssl_context(cacert=ca_file))
    assert send(answering(b"HTTP/1.1 200 OK\r\n\r\n" + body), **options).body == body


def test_an_unknown_authority_is_a_tls_failure(server_ssl: ssl.SSLContext) -> None:
    """A certificate of an authority that is not known is refused, and both ways out are named."""
    kind, message = failure(answering(OK), **tls_options(server_ssl))
    assert kind == "tls"
    assert message == (
        "127.0.0.1:PORT has a certificate that is not accepted: unable to get local issuer certificate"
        " (after 0.00 s).\n"
        "  Name the authority's PEM file with --cacert, or do not check with --insecure."
    )


def test_another_hosts_certificate_is_a_tls_failure(authority: trustme.CA, ca_file: Path) -> None:
    """A certificate for another host is refused, and the message says which host was asked for."""
    options = tls_options(server_context(authority, "acme.test"), make_ssl_context(cacert=ca_file))
    assert failure(answering(OK), host="localhost", **options) == (
        "tls",
        (
            "localhost:PORT has a certificate that is not accepted: Hostname mismatch, certificate is not"
            " valid for 'localhost' (after 0.00 s).\n"
            "  Name the authority's PEM file with --cacert, or do not check with --insecure."
        ),
    )


def test_insecure_checks_nothing(authority: trustme.CA) -> None:
    """Without checks an unknown authority and another host's certificate are accepted."""
    options = tls_options(server_context(authority, "acme.test"), make_ssl_context(insecure=True))
    assert send(answering(OK), **options).body == b"ok"


def test_https_to_a_plain_server_is_a_tls_failure() -> None:
    """A server that answers TLS with plain HTTP is told from one with a bad certificate."""

    async def script(connection: Connection) -> None:
        await connection.reader.read(1)
        await connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await connection.until_closed()

    kind, message = failure(script, scheme="https")
    assert kind == "tls"
    # OpenSSL's words for it differ between its versions.
    assert message.startswith("127.0.0.1:PORT did not agree on TLS: ")
    assert message.endswith(" (after 0.00 s).\n  Is it an http:// URL?")


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_connection_lost_in_the_handshake_is_a_tls_failure(how: str) -> None:
    """A server that hangs up during the handshake is named as such."""

    async def script(connection: Connection) -> None:
        await connection.reader.readexactly(5)
        await connection.reader.read(65536)
        if how == "reset":
            connection.reset()

    expected = f"127.0.0.1:PORT {how} the connection during the TLS handshake (after 0.00 s)."
    assert failure(script, scheme="https") == ("tls", expected)


def test_a_silent_handshake_is_a_timeout() -> None:
    """A server that never answers the handshake gave no TLS connection."""

    async def script(connection: Connection) -> None:
        await connection.until_closed()

    expected = "127.0.0.1:PORT gave no TLS connection within 0.1 s."
    assert failure(script, scheme="https", timeout=SHORT) == ("timeout", expected)


@pytest.mark.parametrize(
    ("script", "body", "hint"),
    [(silent, b"{}", ""), (deaf, b"x" * 20_000_000, "\n  It did not read the request to its end.")],
    ids=["silent", "deaf"],
)
def test_a_silent_server_behind_tls_is_a_timeout(
    script: Script, body: bytes, hint: str, server_ssl: ssl.SSLContext, ca_file: Path
) -> None:
    """With TLS established, what is missing is the answer, or that the request was read."""
    options = tls_options(server_ssl, make_ssl_context(cacert=ca_file))
    expected = f"127.0.0.1:PORT gave no answer within 0.5 s.{hint}"
    assert failure(script, body=body, timeout=0.5, **options) == ("timeout", expected)


def test_a_demanded_client_certificate_is_a_tls_failure(
    authority: trustme.CA, server_ssl: ssl.SSLContext, ca_file: Path
) -> None:
    """A server that wants a client's certificate says so after the handshake, and is heard."""
    authority.configure_trust(server_ssl)
    server_ssl.verify_mode = ssl.CERT_REQUIRED

    async def script(connection: Connection) -> None:
        with pytest.raises(ssl.SSLError, match="did not return a certificate"):
            await SecuredByHand(connection, server_ssl).handshake()
        await connection.until_closed()

    kind, message = failure(script, scheme="https", client_ssl=make_ssl_context(cacert=ca_file))
    assert kind == "tls"
    assert message == (
        "127.0.0.1:PORT did not agree on TLS: tlsv13 alert certificate required (after 0.00 s)."
    )


def test_tls_is_ended_as_tls_asks(server_ssl: ssl.SSLContext, ca_file: Path) -> None:
    """After the answer the client says farewell, so that no server logs a cut connection."""

    async def main() -> bytes:
        left: asyncio.Queue[bytes] = asyncio.Queue()

        async def script(connection: Connection) -> None:
            secured = SecuredByHand(connection, server_ssl)
            await secured.handshake()
            await secured.read()
            await secured.send(OK)
            left.put_nowait(await secured.read())

        async with serving(script) as server:
            sender = Wire(clock=ManualClock(), ssl_context=make_ssl_context(cacert=ca_file))
            await sender.send(Request(f"https://127.0.0.1:{server.port}/", (), b""), timeout=LONG)
            async with asyncio.timeout(LONG):
                return await left.get()

    assert asyncio.run(main()) == b""


def test_http_1_1_is_asked_for(server_ssl: ssl.SSLContext, ca_file: Path) -> None:
    """A server that prefers HTTP/2 learns in the handshake that this client speaks HTTP/1.1."""
    chosen: list[str | None] = []
    server_ssl.set_alpn_protocols(["h2", "http/1.1"])

    async def script(connection: Connection) -> None:
        chosen.append(connection.writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await connection.request()
        await connection.send(OK)

    send(script, **tls_options(server_ssl, make_ssl_context(cacert=ca_file)))
    assert chosen == ["http/1.1"]


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_an_incomplete_answer_over_tls_is_dropped(
    server_ssl: ssl.SSLContext, ca_file: Path, how: str
) -> None:
    """A cut answer is dropped over TLS too, with or without TLS's farewell."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        if how == "reset":
            connection.reset()

    options = tls_options(server_ssl, make_ssl_context(cacert=ca_file))
    expected = f"127.0.0.1:PORT {how} the connection after 3 of 10 bytes of its answer's body (after 0.00 s)."
    assert failure(script, **options) == ("dropped", expected)


@pytest.mark.parametrize("content", [b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_certificates_is_a_usage_error(tmp_path: Path, content: bytes) -> None:
    """A file that holds no certificate is refused with what belongs there."""
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        make_ssl_context(cacert=path)
    assert str(caught.value) == (
        f"The file '{path}' holds no usable certificate authority.\n"
        "  --cacert takes a PEM file with one or more '-----BEGIN CERTIFICATE-----' blocks."
    )


def test_an_unreadable_authority_file_is_a_usage_error(tmp_path: Path) -> None:
    """A file that is not there is refused by its name."""
    with pytest.raises(UsageError) as caught:
        make_ssl_context(cacert=tmp_path / "none.pem")
    assert (
        str(caught.value) == f"The file '{tmp_path / 'none.pem'}' cannot be read: No such file or directory."
    )


def test_an_authority_and_no_check_exclude_each_other(ca_file: Path) -> None:
    """--cacert beside --insecure is refused: one of the two was not meant."""
    with pytest.raises(UsageError) as caught:
        make_ssl_context(cacert=ca_file, insecure=True)
    expected = "--cacert and --insecure exclude each other: the one checks, the other does not."
    assert str(caught.value) == expected


# --- cancelling ---


@pytest.mark.parametrize("body", [b"{}", b"x" * 20_000_000], ids=["small", "still-writing"])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_cancelling_closes_the_connection(
    body: bytes, server_ssl: ssl.SSLContext, ca_file: Path, *, secure: bool
) -> None:
    """A cancelled attempt raises CancelledError, and the server sees the connection close."""

    async def main() -> None:
        arrived, over = asyncio.Event(), asyncio.Event()

        async def script(connection: Connection) -> None:
            await connection.head()
            arrived.set()
            await connection.until_closed()
            over.set()

        client_ssl = make_ssl_context(cacert=ca_file) if secure else None
        async with serving(script, ssl_context=server_ssl if secure else None) as server:
            url = f"{'https' if secure else 'http'}://127.0.0.1:{server.port}/"
            sender = Wire(clock=ManualClock(), ssl_context=client_ssl)
            task = asyncio.create_task(sender.send(Request(url, (), body), timeout=LONG))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(LONG):
                await over.wait()

    asyncio.run(main())


def leaks_nothing(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``scenario``; sockets and transports that nobody closed warn here, and warnings are errors."""
    asyncio.run(scenario())
    gc.collect()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_cancelling_at_any_step_leaks_nothing(
    server_ssl: ssl.SSLContext, ca_file: Path, *, secure: bool
) -> None:
    """However far an attempt has come when it is cancelled, nothing stays open."""

    async def scenario() -> None:
        client_ssl = make_ssl_context(cacert=ca_file) if secure else None
        sender = Wire(clock=ManualClock(), ssl_context=client_ssl)
        async with serving(silent, ssl_context=server_ssl if secure else None) as server:
            for steps in range(30):
                url = f"{'https' if secure else 'http'}://127.0.0.1:{server.port}/"
                task = asyncio.create_task(sender.send(Request(url, (), b"x" * 100_000), timeout=LONG))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

    leaks_nothing(scenario)


def test_the_connection_is_closed_when_send_returns(server_ssl: ssl.SSLContext, ca_file: Path) -> None:
    """After an answer, a failure and a timeout the client's socket is closed at once; in the handshake too."""

    async def scenario() -> None:
        made: list[socket.socket] = []
        connect = wire.connect
        secured = tls_options(server_ssl, make_ssl_context(cacert=ca_file))

        async def noted(target: Any) -> socket.socket:
            made.append(await connect(target))
            return made[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wire, "connect", noted)
            for script in (answering(OK), answering(b"garbage"), answering(b""), silent):
                for options in ({}, {"scheme": "https"}, secured):
                    with contextlib.suppress(WireError):
                        await attempt(script, timeout=SHORT, **options)
                    assert [one.fileno() for one in made] == [-1] * len(made)
        assert len(made) == 12

    leaks_nothing(scenario)
