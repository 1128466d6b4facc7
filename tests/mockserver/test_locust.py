"""Load from a fleet, as far as it goes without Locust: shares, plan, and the kept connection.

packaging/test_locust.py runs Locust itself, in processes of its own, since it makes blocking calls cooperative.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from argparse import Namespace
from importlib.util import find_spec

import pytest
import trustme

from ada_mockserver import SystemClock, scenario
from ada_mockserver.delivery.attempt import signed_request
from ada_mockserver.delivery.client import Wire
from ada_mockserver.events.payload import encode
from ada_mockserver.events.scenarios import SCENARIOS
from ada_mockserver.locust.allotment import Allotment, Share
from ada_mockserver.locust.plan import Plan
from ada_mockserver.locust.wire import KeptConnection
from ada_schemas.errors import UsageError, WireError
from support.raw_server import answering, closed_port, serving
from support.tls_contexts import contexts

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class TestAllotment:
    def test_each_index_once(self):
        """Whoever asks for whatever gets the next indices, until the budget is used up."""
        allotment = Allotment(7)
        assert [*allotment.take("a", 3)] == [0, 1, 2]
        assert [*allotment.take("b", 3)] == [3, 4, 5]
        assert not allotment.used_up
        assert [*allotment.take("a", 3)] == [6]
        assert allotment.used_up
        assert [*allotment.take("b", 3)] == []

    def test_complete_when_all_are_over(self):
        """A budget is complete once every conversation of it is over."""
        allotment = Allotment(4)
        allotment.take("a", 2)
        allotment.finish("a", 2)
        assert not allotment.complete
        allotment.take("b", 2)
        allotment.finish("b", 1)
        assert (allotment.complete, allotment.holders) == (False, ["b"])
        allotment.finish("b", 1)
        assert allotment.complete

    def test_worker_gone(self):
        """What a worker held that is gone is neither waited for nor given to another."""
        allotment = Allotment(4)
        allotment.take("a", 3)
        allotment.finish("a", 1)
        assert allotment.give_up("a") == 2
        assert [*allotment.take("b", 3)] == [3]
        allotment.finish("b", 1)
        assert allotment.complete

    def test_no_end(self):
        """Without a budget it is never used up."""
        allotment = Allotment()
        assert [*allotment.take("a", 2), *allotment.take("a", 2)] == [0, 1, 2, 3]
        assert not allotment.used_up
        assert not allotment.complete


class TestShare:
    def test_asks_in_time(self):
        """It asks for a block when hardly any is left, and once only."""
        reports = []
        share = Share(lambda *report: reports.append(report), block=lambda: 4)
        assert [share.take(), share.take()] == [None, None]
        share.receive(range(4), used_up=False)
        assert [share.take() for _ in range(3)] == [0, 1, 2]
        assert reports == [(4, 0)]
        share.finish()
        assert [share.take(), share.take()] == [3, None]
        assert reports == [(4, 0), (4, 1)]

    def test_end(self):
        """Of what is used up it asks no more, and reports each conversation that is over."""
        reports = []
        share = Share(lambda *report: reports.append(report), block=lambda: 2)
        share.take()
        share.receive(range(2), used_up=True)
        assert [share.take(), share.take(), share.take()] == [0, 1, None]
        share.finish()
        share.finish()
        assert reports == [(2, 0), (0, 1), (0, 1)]

    def test_over_before_the_answer(self):
        """What is over between the question and the answer that there is no more is reported too."""
        reports = []
        share = Share(lambda *report: reports.append(report), block=lambda: 2)
        share.take()
        share.receive(range(2), used_up=False)
        assert [share.take(), share.take(), share.take()] == [0, 1, None]
        share.finish()
        share.finish()
        share.receive(range(0), used_up=True)
        assert reports == [(2, 0), (2, 0), (0, 2)]

    @pytest.mark.parametrize("workers", [1, 2, 5])
    def test_any_number_of_workers(self, workers):
        """Together they are given every index of the budget once, answered at once or not."""
        allotment, shares = Allotment(50), []

        def report(holder, wanted, finished):
            allotment.finish(holder, finished)
            if wanted:
                given = allotment.take(holder, wanted)
                shares[int(holder)].receive(given, used_up=allotment.used_up)

        for number in range(workers):
            holder = str(number)
            shares.append(
                Share(
                    lambda wanted, finished, holder=holder: report(holder, wanted, finished), block=lambda: 3
                )
            )
        told = []
        while not all(share.used_up for share in shares) or not allotment.complete:
            for share in shares:
                index = share.take()
                if index is not None:
                    told.append(index)
                    share.finish()
        assert sorted(told) == [*range(50)]


def options(**changed):
    """The options of a run as Locust gives them."""
    usual = {
        "ada_path": "/hooks",
        "ada_secret": SECRET,
        "ada_scenario": "conversation",
        "ada_seed": "7",
        "ada_locale": "en_US",
        "ada_speed": 0.0,
        "ada_conversations": 0,
        "ada_cacert": "",
        "ada_insecure": False,
    }
    return Namespace(**usual | changed)


class TestPlan:
    def test_events(self):
        """The events of a conversation are those of the scenario, byte for byte, without a pause."""
        told = [*Plan.of_options(options(ada_locale="ja_JP")).events(3)]
        steps = scenario("conversation", seed=7, locale="ja_JP", index=3).steps
        assert [event.body for event in told] == [encode(step.payload) for step in steps]
        assert [event.type for event in told] == [json.loads(event.body)["type"] for event in told]
        assert {event.delay for event in told} == {0.0}

    def test_speed(self):
        """With a speed the pauses are the story's, divided by it."""
        told = [*Plan.of_options(options(ada_speed=60.0)).events(0)]
        steps = scenario("conversation", seed="7").steps
        assert [event.delay for event in told] == [step.delay / 60 for step in steps]
        assert max(event.delay for event in told) > 0.1

    def test_several_scenarios(self):
        """Of several scenarios each has its turn, by the conversation's index."""
        plan = Plan.of_options(options(ada_scenario="conversation, handoff"))
        for index, name in enumerate(["conversation", "handoff", "conversation", "handoff"]):
            steps = scenario(name, seed="7", index=index).steps
            assert [event.body for event in plan.events(index)] == [encode(step.payload) for step in steps]

    def test_url(self):
        """The URL is the host and the path."""
        plan = Plan.of_options(options())
        assert plan.url("http://127.0.0.1:8000") == plan.url("http://127.0.0.1:8000/")
        assert plan.url("http://127.0.0.1:8000") == "http://127.0.0.1:8000/hooks"

    def test_unsigned(self):
        """``none`` is no secret: the requests are not signed."""
        assert Plan.of_options(options(ada_secret="none")).secrets == ()

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (
                {"ada_scenario": "conversation,hand"},
                (
                    "There is no scenario 'hand'.\n"
                    f"  Did you mean handoff? The scenarios are {', '.join(SCENARIOS)}."
                ),
            ),
            (
                {"ada_secret": None},
                (
                    "No secret to sign the requests with.\n"
                    "  Give it in ADA_WEBHOOK_SECRET or with --ada-secret; --ada-secret none sends them unsigned."
                ),
            ),
            ({"ada_speed": -1}, "--ada-speed -1 is no speed: it is 0 (no waiting) or more."),
            ({"ada_conversations": -5}, "--ada-conversations -5 is no number of conversations."),
            ({"ada_path": "hooks"}, "--ada-path 'hooks' does not begin with '/'."),
        ],
    )
    def test_refused(self, changed, message):
        """What cannot be carried out is refused, with what to do."""
        with pytest.raises(UsageError) as raised:
            Plan.of_options(options(**changed))
        assert str(raised.value) == message

    def test_no_address(self):
        """Without a host there is nothing to send to."""
        with pytest.raises(UsageError) as raised:
            Plan.of_options(options()).url(None)
        assert str(raised.value) == "There is no address to send to.\n  Give it with --host."


def request_to(url, body=b'{"type": "v1.x"}'):
    return signed_request(url, body, secrets=[SECRET], message_id="msg_1", timestamp=1_700_000_000)


async def outcomes(server, *bodies, host="127.0.0.1", scheme="http", **how):
    """What came of requests sent one after the other: statuses and messages."""
    url = f"{scheme}://{host}:{server.port}/hooks"
    connection = KeptConnection(url, **how)

    def send_all():
        came = []
        for body in bodies:
            try:
                came.append(connection.send(request_to(url, body)).status)
            except WireError as error:
                came.append(str(error).replace(str(server.port), "PORT"))
        connection.close()
        return came

    return await asyncio.to_thread(send_all)


@pytest.mark.asyncio
class TestKeptConnection:
    async def test_same_bytes(self):
        """What it puts on the wire is what ``adakit send`` puts there."""
        received = []

        async def script(connection):
            received.append(await connection.request())
            await connection.send(OK)

        async with serving(script) as server:
            url = f"http://127.0.0.1:{server.port}/hooks"
            await Wire(clock=SystemClock()).send(request_to(url), timeout=5)
            with contextlib.closing(KeptConnection(url)) as connection:
                await asyncio.to_thread(connection.send, request_to(url))
        assert received[0] == received[1]

    @pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
    async def test_kept(self, secured):
        """All requests go over one connection, also to one that secures it."""
        server_context, client_context = contexts(trustme.CA() if secured else None)

        async def script(connection):
            while True:
                await connection.request()
                await connection.send(OK)

        async with serving(script, ssl_context=server_context) as server:
            scheme, host = ("https", "localhost") if secured else ("http", "127.0.0.1")
            came = await outcomes(
                server, b"1", b"2", b"3", host=host, scheme=scheme, ssl_context=client_context
            )
        assert (came, server.accepted) == ([200, 200, 200], 1)

    async def test_closed_while_idle(self):
        """A kept connection that was closed before the request was read is replaced, unnoticed."""
        received = []

        async def script(connection):
            received.append((await connection.request())[-1:])
            await connection.send(OK)

        async with serving(script) as server:
            came = await outcomes(server, b"1", b"2", b"3")
        assert (came, received, server.accepted) == ([200, 200, 200], [b"1", b"2", b"3"], 3)

    async def test_dropped(self):
        """A new connection that is dropped is a failure: the request may have arrived, and is not sent again."""

        async def script(connection):
            await connection.request()
            connection.reset()

        async with serving(script) as server:
            came = await outcomes(server, b"1")
        assert came == ["127.0.0.1:PORT reset the connection without answering."]
        assert server.accepted == 1

    async def test_dropped_in_the_answer(self):
        """So is a kept one that is dropped in the midst of an answer."""

        async def script(connection):
            await connection.request()
            await connection.send(OK)
            await connection.request()
            await connection.send(OK[:-1])

        async with serving(script) as server:
            came = await outcomes(server, b"1", b"2")
        assert came == [200, "127.0.0.1:PORT closed the connection after 1 of 2 bytes of its answer's body."]
        assert server.accepted == 1

    async def test_asked_to_close(self):
        """After ``Connection: close`` the next request goes over a new connection."""

        async def script(connection):
            await connection.request()
            await connection.send(b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            await connection.until_closed()

        async with serving(script) as server:
            assert await outcomes(server, b"1", b"2") == [302, 302]
            assert server.accepted == 2

    async def test_refused_early(self):
        """The answer of who refuses a large body before its end, and hangs up, is read."""

        async def script(connection):
            await connection.head()
            await connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

        async with serving(script) as server:
            assert await outcomes(server, b"x" * 30_000_000) == [413]

    async def test_no_answer_in_time(self):
        """A time limit counts for the whole request; the connection is not used again."""

        async def script(connection):
            await connection.request()
            await connection.until_closed()

        async with serving(script) as server:
            came = await outcomes(server, b"1", b"2", timeout=0.05)
        assert came == ["127.0.0.1:PORT gave no answer within 0.05 s."] * 2
        assert server.accepted == 2

    async def test_no_http(self):
        """What is no HTTP is said to be none."""
        async with serving(answering(b"SSH-2.0-OpenSSH_9.6\r\n")) as server:
            (came,) = await outcomes(server, b"1")
        expected = "127.0.0.1:PORT answered with something other than HTTP: it begins with b'SSH-2.0-OpenSSH_9.6\\r\\n'."
        assert came == expected

    async def test_untrusted(self):
        """A certificate that is not trusted is refused, with what to do."""
        server_context, _ = contexts(trustme.CA())
        async with serving(answering(OK), ssl_context=server_context) as server:
            (came,) = await outcomes(server, b"1", host="localhost", scheme="https")
        assert came == (
            "localhost:PORT has a certificate that is not accepted: unable to get local issuer certificate.\n"
            "  Name the authority's PEM file with --cacert, or do not check with --insecure."
        )


def test_nothing_listens():
    """A refused connection is a failure with the peer's name."""
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(WireError) as raised:
            KeptConnection(url).send(request_to(url))
    expected = f"127.0.0.1:{port} refused the connection.\n  Does the server run, and on that port?"
    assert (str(raised.value), raised.value.kind) == (expected, "refused")


@pytest.mark.skipif(find_spec("locust") is not None, reason="the extra is installed")
def test_missing_extra():
    """Without Locust the class is refused with the command that installs it, and so is the command."""
    done = subprocess.run(
        [sys.executable, "-c", "from ada_mockserver.locust import AdaUser"],
        capture_output=True,
        text=True,
        check=False,
    )
    error, step = done.stderr.splitlines()[-2:]
    assert error.endswith(
        "ada_mockserver.locust.AdaUser needs the extra 'locust', which is not installed."
    ), error
    assert step == "  Install it with: pip install 'adakit[locust]'"
    done = subprocess.run(
        [sys.executable, "-m", "ada_mockserver.locust", "--headless"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        2,
        (
            "Load from a fleet needs the extra 'locust', which is not installed.\n"
            "  Install it with: pip install 'adakit[locust]'\n"
        ),
    )
