"""Deliveries over connections that are kept: what may be read from them, and what may be sent once more."""

from __future__ import annotations

import asyncio
import random
import re
import time
from types import SimpleNamespace

import pytest
import trustme

from ada_mockserver import Endpoint, Load, SystemClock, Wire
from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.delivery.keepalive import KnownAnswers, open_connection
from ada_mockserver.delivery.request_bytes import parse_url
from ada_mockserver.delivery.sender import Sender
from ada_mockserver.delivery.signing import verify
from support.command_line import SECRET
from support.kept_endpoint import HANG_UP, OK, KeptEndpoint, PausingClock, answer, deliver, numbered
from support.raw_server import closed_port, serving
from support.tls_contexts import contexts

CLOSING = answer(200, "Connection: close")


def test_the_bytes_of_the_one_shot_path():
    """A request differs from that of a single attempt in its id, its time and its signature alone."""
    endpoint, body = KeptEndpoint(), '{"text": "é"}'.encode()
    headers = (("User-Agent", "mine"), ("x-a", "1"))
    deliver(endpoint, [body, body], headers=headers)

    async def one_shot():
        async with endpoint.serve():
            wire, clock = Wire(clock=SystemClock()), SystemClock()
            await Sender(
                endpoint.url, [SECRET], wire=wire, clock=clock, rng=random.Random(2), headers=headers
            ).send(body)

    asyncio.run(one_shot())
    shapes = {
        re.sub(r"(?m)^(svix-\w+|Host): .*$", r"\1", request.head) + request.body.decode()
        for request in endpoint.received
    }
    assert len(shapes) == 1
    for request in endpoint.received:
        names = ("svix-id", "svix-timestamp", "svix-signature")
        verify(SECRET, {name: request.header(name) for name in names}, body, now=time.time())


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def test_https(authority):
    """An https endpoint is delivered to over connections that are kept as well."""
    endpoint = KeptEndpoint(lambda number: CLOSING if number == 3 else OK)
    server, client = contexts(authority)

    async def run():
        async with endpoint.serve(ssl_context=server):
            target = Endpoint(endpoint.url, [SECRET], ssl_context=client)
            load = Load(target, PausingClock(), random.Random(1))
            return await load.deliver(numbered(8), body=lambda item: item)

    report = asyncio.run(run())
    assert (report.delivered, report.connections, report.resent) == (8, 2, 0)
    assert endpoint.bodies == numbered(8)


def test_a_certificate_that_nobody_trusts(authority):
    """Where TLS is not agreed on, nothing was there."""
    endpoint = KeptEndpoint()

    async def run():
        async with endpoint.serve(ssl_context=contexts(authority)[0]):
            load = Load(Endpoint(endpoint.url, [SECRET]), PausingClock(), random.Random(1))
            return await load.deliver(numbered(8), body=lambda item: item)

    report = asyncio.run(run())
    assert (report.errors, report.unconnected, report.ended) == ({"tls": 1}, 1, 1)


@pytest.mark.parametrize(
    ("said", "connections"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 1),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n" + b"x" * 30_000, 1),
        (CLOSING, 5),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 5),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", 5),
        (answer(200, "Connection: close", body="x" * 200_000), 5),
    ],
)
def test_answers(said, connections):
    """Whatever the framing of an answer, it is read to its end, and the connection kept where it may be."""
    endpoint = KeptEndpoint(lambda _: said)
    report = deliver(endpoint, numbered(5))
    assert (report.delivered, report.failed, report.resent) == (5, 0, 0)
    assert report.connections == endpoint.connections == connections
    assert endpoint.bodies == numbered(5)
    assert report.bytes_received == 5 * len(said)


def test_answers_in_pieces():
    """An answer that comes byte by byte counts once, when it is whole."""
    bodies = []

    async def script(connection):
        while True:
            bodies.append(await connection.request())
            for byte in OK:
                await connection.send(bytes([byte]))
                await asyncio.sleep(0)

    async def run():
        async with serving(script) as server:
            load = Load(Endpoint(f"http://127.0.0.1:{server.port}/", ()), PausingClock(), random.Random(1))
            return await load.deliver(numbered(3), body=lambda item: item)

    report = asyncio.run(run())
    assert (report.delivered, report.connections, len(bodies)) == (3, 1, 3)


def test_answers_that_differ():
    """Answers are told apart, however alike they are, and known ones from others."""
    statuses = [200, 500, 200, 404, 200, 500, 201, 200]
    endpoint = KeptEndpoint(lambda number: answer(statuses[number]))
    told = []
    deliver(endpoint, numbered(8), done=lambda _, attempt: told.append(attempt.status))
    assert told == statuses
    assert endpoint.connections == 1


def test_more_answers_than_are_remembered():
    """A server whose every answer is another is read like any."""
    endpoint = KeptEndpoint(lambda number: answer(200, f"x-request-id: {number}"))
    told = []
    deliver(
        endpoint, numbered(200), done=lambda _, attempt: told.append(attempt.response.header("x-request-id"))
    )
    assert told == [str(number) for number in range(200)]


def test_an_early_answer():
    """A large body that is refused before it was read: the answer counts, and the connection is done."""

    async def script(connection):
        await connection.head()
        await connection.send(answer(413, "Connection: close"))

    async def run():
        async with serving(script) as server:
            load = Load(Endpoint(f"http://127.0.0.1:{server.port}/", ()), PausingClock(), random.Random(1))
            return await load.deliver([b"x" * 8_000_000] * 2, body=lambda item: item)

    report = asyncio.run(run())
    assert (report.statuses, report.connections, report.resent) == ({413: 2}, 2, 0)


def test_an_early_answer_on_a_connection_that_stays():
    """Nothing follows on a connection whose last request was answered before it was written."""

    async def script(connection):
        await connection.head()
        await connection.send(OK)
        await connection.until_closed()

    async def run():
        async with serving(script) as server:
            load = Load(Endpoint(f"http://127.0.0.1:{server.port}/", ()), PausingClock(), random.Random(1))
            return await load.deliver([b"x" * 8_000_000] * 2, body=lambda item: item)

    report = asyncio.run(run())
    assert (report.delivered, report.connections, report.resent) == (2, 2, 0)


def test_words_that_nobody_asked_for():
    """What comes on a connection at rest is no answer to the next request: the connection is closed."""
    endpoint = KeptEndpoint()
    extra = {0: OK + answer(500), 1: OK + b"\0\0", 3: OK + b"HTTP/1.1 408 Request Timeout\r\n\r\n"}
    endpoint.answering = lambda number: extra.get(number, OK)
    report = deliver(endpoint, numbered(6))
    assert (report.statuses, report.connections) == ({200: 6}, 4)


def test_a_known_answer_that_nobody_asked_for():
    """Not even an answer that is known is one while nothing was asked: the connection is closed."""
    told = []
    owner = SimpleNamespace(
        answered=lambda answer: told.append(answer.status), closed=lambda: told.append("closed"), failed=None
    )

    async def run():
        async with KeptEndpoint().serve() as server:
            target = parse_url(f"http://127.0.0.1:{server.port}/")
            known = KnownAnswers(details=False)
            known.remember(OK, Response(200, (), b"", 0.0))
            connection = await open_connection(owner, known, target, None)
            connection.data_received(OK)

    asyncio.run(run())
    assert told == ["closed"]


def test_a_kept_connection_that_was_closed():
    """What met a connection that the peer had just closed goes once more, under its id, and is counted."""
    endpoint = KeptEndpoint(lambda number: HANG_UP if number in {2, 5} else OK)
    report = deliver(endpoint, numbered(6), headers=(("x-a", "1"),))
    assert endpoint.bodies == [b"0", b"1", b"2", b"2", b"3", b"4", b"4", b"5"]
    assert endpoint.received[2].head == endpoint.received[3].head
    assert len(set(endpoint.ids)) == 6
    assert (report.delivered, report.failed, report.resent, report.attempts) == (6, 0, 2, 6)


def test_a_fresh_connection_that_was_closed():
    """What was sent over a new connection may have arrived: without an answer it has failed."""
    endpoint = KeptEndpoint(lambda number: HANG_UP if number in {0, 3, 4} else OK)
    report = deliver(endpoint, numbered(4))
    assert endpoint.bodies == [b"0", b"1", b"2", b"3", b"3"]
    assert (report.delivered, report.errors, report.resent) == (2, {"dropped": 2}, 1)
    assert re.fullmatch(
        r"localhost:\d+ closed the connection without answering \(after 0\.\d\d s\)\.",
        report.first_error.what,
    )


@pytest.mark.parametrize(
    "said", [b"H", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nConnection: close"[:-8]]
)
def test_a_kept_connection_that_broke_in_an_answer(said):
    """Once a byte of an answer came, the request has arrived, and is not sent again."""

    async def script(connection):
        await connection.request()
        await connection.send(OK)
        await connection.request()
        await connection.send(said[:30])

    async def run():
        async with serving(script) as server:
            load = Load(Endpoint(f"http://127.0.0.1:{server.port}/", ()), PausingClock(), random.Random(1))
            return await load.deliver(numbered(2), body=lambda item: item)

    report = asyncio.run(run())
    assert (report.delivered, report.errors, report.resent) == (1, {"dropped": 1}, 0)


def test_no_http():
    """What is no HTTP is a failure of its delivery."""
    report = deliver(KeptEndpoint(lambda number: OK if number else b"SSH-2.0\r\n"), numbered(2))
    assert (report.delivered, report.errors, report.connections) == (1, {"protocol": 1}, 2)


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_time_limit(begun):
    """An answer that does not come in time is a failure, and the delivery is not made again."""
    endpoint = KeptEndpoint(lambda number: OK if number != 1 else begun)
    report = deliver(endpoint, numbered(3), timeout=0.05)
    assert (report.delivered, report.errors, report.resent) == (2, {"timeout": 1}, 0)
    assert endpoint.bodies == numbered(3)
    what = "answered, but the answer was not complete" if begun else "gave no answer"
    assert report.first_error.what.partition(" ")[2] == f"{what} within 0.05 s."


def test_nobody_there():
    """Where the first connection is refused, nothing more is tried."""

    clock = PausingClock()

    async def run(port):
        load = Load(Endpoint(f"http://127.0.0.1:{port}/", ()), clock, random.Random(1), concurrency=3)
        return await load.deliver(numbered(1000), body=lambda item: item)

    with closed_port() as port:
        report = asyncio.run(run(port))
    assert (report.errors, report.unconnected, report.attempts) == ({"refused": 3}, 3, 3)
    assert clock.pauses == []


class Restarting:
    """A server that goes away after an answer and is back after so many pauses."""

    def __init__(self, away):
        self.away = away
        self.bodies = []
        self.clock = PausingClock()

    async def deliver(self, **options):
        self.clock.on_pause = self.on_pause
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        load = Load(Endpoint(f"http://127.0.0.1:{self.port}/", (), **options), self.clock, random.Random(1))
        try:
            return await load.deliver(numbered(3), body=lambda item: item)
        finally:
            self.server.close()

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        self.bodies.append(await reader.readexactly(length))
        self.server.close()
        writer.write(CLOSING)
        writer.close()

    def on_pause(self):
        if len(self.clock.pauses) % self.away == 0:
            return self.restart()
        return None

    async def restart(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)


def test_a_restart():
    """While an endpoint that has answered refuses connections, a delivery waits for it, longer and longer."""
    restarting = Restarting(away=5)
    report = asyncio.run(restarting.deliver())
    assert restarting.bodies == numbered(3)
    assert (report.delivered, report.failed, report.attempts, report.resent) == (3, 0, 3, 0)
    pauses = restarting.clock.pauses[:5]
    assert len(restarting.clock.pauses) == 10
    for pause, whole in zip(pauses, (0.02, 0.032, 0.0512, 0.08192, 0.131072), strict=True):
        assert whole / 2 <= pause <= whole


def test_a_restart_that_takes_too_long():
    """A delivery waits no longer than its time limit."""
    restarting = Restarting(away=1000)
    report = asyncio.run(restarting.deliver(timeout=0.015))
    assert (report.delivered, report.errors) == (1, {"refused": 2})
    assert restarting.bodies == [b"0"]


def test_one_shot_is_untouched():
    """A single attempt has a connection of its own."""
    endpoint = KeptEndpoint()

    async def run():
        async with endpoint.serve():
            wire = Wire(clock=SystemClock())
            for _ in range(2):
                await wire.send(Request(endpoint.url, (), b"x"), timeout=5)

    asyncio.run(run())
    assert endpoint.connections == 2
