"""Requests that arrive in one moment: held on open connections but for their last bytes, and released at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import trustme

from ada_contract_tests.case import CaseRun
from ada_contract_tests.suites.registry import case_named
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery import client
from ada_mockserver.delivery.client import Wire
from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.events.factory import EventFactory
from ada_schemas.errors import UsageError
from support.fake_targets import FakeTarget, answer, carried_out, session
from support.raw_server import serving
from support.tls_contexts import contexts

if TYPE_CHECKING:
    from support.raw_server import Connection, Script

LONG = 10.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BODIES = tuple(f"number {n}: a body of some length".encode() for n in range(6))
TOGETHER, TWICE = (f"conversation.message/delivery:{name}" for name in ("together", "duplicate-concurrent"))


async def together(
    script: Script,
    *,
    timeout: float = LONG,
    tls: trustme.CA | None = None,
    bodies: tuple[bytes, ...] = BODIES,
) -> list[str]:
    """The outcome of each request."""
    server_ssl, client_ssl = contexts(tls)
    async with serving(script, ssl_context=server_ssl) as server:
        scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
        made = [Request(f"{scheme}://{host}:{server.port}/hook", (), body) for body in bodies]
        outcomes = await Wire(clock=ManualClock(), ssl_context=client_ssl).send_together(
            made, timeout=timeout
        )
    return [f"{o.status}" if isinstance(o, Response) else o.what.split(" ", 1)[1] for o in outcomes]


@pytest.mark.parametrize("secured", [False, True])
def test_released_at_once(secured: bool) -> None:
    """Nothing is complete before everything but the last bytes of all has come; then all of it is."""
    log: list[str] = []
    received: list[bytes] = []

    async def script(connection: Connection) -> None:
        held = (await connection.head(), await connection.reader.read(5))
        assert held[1] == b"numbe"
        log.append("held")
        rest = await connection.reader.readexactly(len(BODIES[0]) - 5)
        log.append("whole")
        received.append(held[1] + rest)
        await connection.send(OK)

    assert asyncio.run(together(script, tls=trustme.CA() if secured else None)) == ["200"] * 6
    assert log == ["held"] * 6 + ["whole"] * 6
    assert sorted(received) == list(BODIES)


def test_a_server_that_takes_one_at_a_time() -> None:
    """A server that reads one request to its end before it looks at the next is not kept waiting."""
    turn = asyncio.Lock()

    async def script(connection: Connection) -> None:
        async with turn:
            await connection.request()
            await connection.send(OK)

    assert asyncio.run(together(script)) == ["200"] * 6


def test_an_answer_before_the_end() -> None:
    """A server that refuses by the head alone has answered, whatever is still held."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        await connection.until_closed()

    assert asyncio.run(together(script)) == ["401"] * 6


def test_each_has_its_own_outcome() -> None:
    """One that gets no answer in time, or loses its connection, leaves the others alone."""

    async def script(connection: Connection) -> None:
        request = await connection.request()
        if b"number 1" in request:
            await connection.until_closed()
        elif b"number 2" in request:
            connection.reset()
        else:
            await connection.send(OK)

    found = asyncio.run(together(script, timeout=0.2))
    assert found[1] == "gave no answer within 0.2 s."
    assert found[2].startswith("reset the connection")
    assert [found[0], *found[3:]] == ["200"] * 4


def test_the_time_limit_begins_with_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a request waits for the others does not count against its time."""
    monkeypatch.setattr(client, "ARRIVAL", 0.4)

    async def script(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)

    assert asyncio.run(together(script, timeout=0.3)) == ["200"] * 6


def test_a_request_that_cannot_be_sent() -> None:
    """What cannot be put on the wire is an error before anything is sent."""

    async def main() -> None:
        await Wire(clock=ManualClock()).send_together([Request("http://", (), b"")], timeout=1.0)

    with pytest.raises(UsageError, match="not a web address"):
        asyncio.run(main())


# --- the cases ---


def test_deliveries_of_distinct_conversations() -> None:
    """Several rounds of deliveries come together, each of a conversation and with an id of its own."""
    target = FakeTarget()
    made = carried_out(case_named(TOGETHER), target)
    assert target.most_together == 6
    assert len(target.sent) == len(made.deliveries) == 24
    assert len({sent.headers["svix-id"] for sent in target.sent}) == 24
    assert len({sent.json["data"]["conversation_id"] for sent in target.sent}) == 24


def test_twins() -> None:
    """A delivery comes twice at once, in several rounds; the two have one id and the same bytes."""
    target = FakeTarget()
    carried_out(case_named(TWICE), target)
    assert target.most_together == 2
    assert [first.body == second.body for first, second in zip(*[iter(target.sent)] * 2, strict=True)] == [
        True
    ] * 4
    assert len({sent.headers["svix-id"] for sent in target.sent}) == 4


@pytest.mark.parametrize("status", [409, 503])
def test_a_consumer_that_asks_for_them_again(status: int) -> None:
    """What is asked for comes once more, and no further round does."""
    target = FakeTarget(lambda sent: answer(status if sent.number == 2 else 200))
    made = carried_out(case_named(TOGETHER), target)
    assert len(target.sent) == 7
    assert target.sent[6].headers["svix-id"] == target.sent[1].headers["svix-id"]
    assert [delivery.final for delivery in made.deliveries] == [True, False, *[True] * 5]


def test_a_consumer_that_asked_to_slow_down() -> None:
    """With a limit on what goes at a time nothing comes together."""
    target = FakeTarget()
    case = case_named(TOGETHER)
    sender = session(target).sender
    sender.limit = 2
    asyncio.run(case.deliver(CaseRun(case, sender, EventFactory(seed=1))))
    assert (target.most_together, len(target.sent)) == (2, 24)
