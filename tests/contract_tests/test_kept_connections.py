"""Several requests over one connection: the wire, and what the check says of servers that keep connections."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
import trustme

from ada_contract_tests.engine.check import Options, acheck
from ada_contract_tests.suites.selection import Selection
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError, UsageError
from support.raw_server import serving
from support.tls_contexts import contexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.findings import Report
    from support.raw_server import Connection, Script

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LONG = 10.0
SHORT = 0.1
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BYE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
OLD = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


async def in_turn(
    script: Script,
    bodies: tuple[bytes, ...] = (b"one", b"two"),
    *,
    timeout: float = LONG,
    tls: trustme.CA | None = None,
) -> tuple[list[tuple[str, bool]], int]:
    """The outcome of each request, whether it reused the connection, and how many connections there were."""
    server_ssl, client_ssl = contexts(tls)
    async with serving(script, ssl_context=server_ssl) as server:
        scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
        made = [Request(f"{scheme}://{host}:{server.port}/hook", (), body) for body in bodies]
        outcomes = await Wire(clock=ManualClock(), ssl_context=client_ssl).send_in_turn(made, timeout=timeout)
    shown = [
        (f"{o.status} {o.body.decode()}" if isinstance(o, Response) else o.what.split(" ", 1)[1], reused)
        for o, reused in outcomes
    ]
    return shown, server.accepted


def keeping(*answers: bytes) -> Script:
    """A script that answers so many requests on each connection."""

    async def script(connection: Connection) -> None:
        for answer in answers:
            await connection.request()
            await connection.send(answer)
        await connection.until_closed()

    return script


@pytest.mark.parametrize("answer", [OK, CHUNKED, EMPTY])
def test_one_connection_serves_all(answer: bytes) -> None:
    """An answer whose end is plain leaves the connection to the next request."""
    shown = "204 " if answer is EMPTY else "200 ok"
    assert asyncio.run(in_turn(keeping(answer, OK))) == ([(shown, False), ("200 ok", True)], 1)


@pytest.mark.parametrize("answer", [BYE, OLD])
def test_an_answer_that_ends_the_connection(answer: bytes) -> None:
    """After `Connection: close`, or an answer of HTTP/1.0, the next request has a connection of its own."""
    assert asyncio.run(in_turn(keeping(answer))) == ([("200 ok", False), ("200 ok", False)], 2)


def test_an_answer_that_ends_with_the_connection() -> None:
    """An answer without a length ends when the peer closes, so nothing is left to reuse."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(ENDLESS)

    assert asyncio.run(in_turn(script)) == ([("200 ok", False), ("200 ok", False)], 2)


def test_a_kept_connection_that_the_peer_closes() -> None:
    """A peer that closes after its answer, without saying so, costs a new connection and nothing else."""

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)

    assert asyncio.run(in_turn(script)) == ([("200 ok", False), ("200 ok", False)], 2)


def test_a_second_answer_to_the_first_request() -> None:
    """Two answers to one request are what the next request is told of."""
    wrong = [
        ("200 ok", False),
        ("answered the request before it twice on a kept connection (after 0.00 s).", True),
    ]
    assert asyncio.run(in_turn(keeping(OK + OK, OK))) == (wrong, 1)


def test_a_hang_on_a_kept_connection() -> None:
    """A request that gets no answer on a kept connection says so, and the next one has a new connection."""
    outcome = asyncio.run(in_turn(keeping(OK), (b"one", b"two", b"three"), timeout=SHORT))
    hang = (f"gave no answer within {SHORT} s.", True)
    assert outcome == ([("200 ok", False), hang, ("200 ok", False)], 2)


def test_over_tls() -> None:
    """A kept TLS connection is used without another handshake."""
    outcome = asyncio.run(in_turn(keeping(OK, CHUNKED), tls=trustme.CA()))
    assert outcome == ([("200 ok", False), ("200 ok", True)], 1)


def test_requests_that_cannot_be_sent() -> None:
    """A time limit of nothing is refused before anything is sent."""
    with pytest.raises(UsageError, match=r"^A timeout of 0 s leaves no time for an answer\.$"):
        asyncio.run(in_turn(keeping(OK), timeout=0))


# --- the rule ADA409 ---


def consumer(*, reads_what_it_refuses: bool) -> Script:
    """A consumer that keeps its connections; one that is careless leaves the body of a forgery unread."""

    async def script(connection: Connection) -> None:
        while True:
            first, *lines = (await connection.head()).decode("latin-1").split("\r\n")
            if not first.startswith("POST "):
                await connection.send(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                return
            pairs = (line.split(": ", 1) for line in lines if line)
            headers = {name.lower(): value for name, value in pairs}
            if "svix-id" not in headers and not reads_what_it_refuses:
                await connection.send(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n")
                continue
            body = await connection.reader.readexactly(int(headers["content-length"]))
            await connection.send(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status_of(headers, body))

    return script


def status_of(headers: dict[str, str], body: bytes) -> int:
    """What a good consumer answers."""
    try:
        verify(SECRET, headers, body, now=time.time())
        return 200 if isinstance(json.loads(body), dict) else 400
    except SignatureError:
        return 401
    except ValueError:
        return 400


def checked(make: Callable[[], Script]) -> Report:
    """The report on such a consumer, rule ADA409 alone."""

    async def run() -> Report:
        async with serving(make()) as server:
            options = Options(secret=SECRET, selection=Selection(select="ADA101,ADA409"))
            return await acheck(f"http://127.0.0.1:{server.port}/hook", options)

    return asyncio.run(run())


def test_a_consumer_that_keeps_connections_well() -> None:
    """Reading what one refuses leaves the connection as it should be."""
    report = checked(lambda: consumer(reads_what_it_refuses=True))
    assert (report.findings, report.exit_code) == ((), 0)


def test_a_poisoned_connection() -> None:
    """What is left of a refused body is taken for the next request: a true event gets the wrong answer."""

    def make() -> Script:
        careless = consumer(reads_what_it_refuses=False)

        async def script(connection: Connection) -> None:
            try:
                await careless(connection)
            except asyncio.LimitOverrunError:  # the rest of the body has no empty line
                await connection.send(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )

        return script

    report = checked(make)
    (finding,) = report.findings
    assert (finding.rule, finding.case, finding.severity) == (
        "ADA409",
        "conversation.message/connection:after-forgery",
        "error",
    )
    assert finding.expected == "2xx"
    assert re.fullmatch(
        r"400|127\.0\.0\.1:\d+ answered the request before it twice on a kept connection \(after \d\.\d\d s\)",
        finding.got,
    )
