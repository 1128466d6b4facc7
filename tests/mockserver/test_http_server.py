"""The server that the mock, ``listen`` and the demo share: requests on the wire, and its bounds."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from ada_mockserver.http_server import LARGEST_HEAD, ServerThread, base_url, bind, is_loopback, make_server
from ada_schemas.errors import UsageError

CHUNKED = b"POST /hook?a=b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
HEAD = b"POST /api/v2/channels/ HTTP/1.1\r\nHost: x\r\n"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the limit on files is set as on Linux")
TRICKLES = (
    b"",
    HEAD,
    HEAD + b"Authorization: Bearer k\r\nContent-Length: 100000\r\n\r\n{",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
)


async def parts():
    for _ in range(50):
        yield b"x" * 1_000_000


async def echo(scope, receive, send):
    """Answers with the number of bytes in the body, before that is in for /early; for /long with 50 MB."""
    if scope["path"] == "/long":
        await StreamingResponse(parts())(scope, receive, send)
        return
    size, more = 0, scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await PlainTextResponse(str(size))(scope, receive, send)


@pytest.fixture
def serve():
    """Starts servers in threads; returns their ports."""
    threads = []

    def start(app=echo, **bounds):
        bound = bind("127.0.0.1", 0)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        threads.append(ServerThread(make_server(app, **bounds), bound, contextlib.AsyncExitStack()))
        threads[-1].start()
        return bound.getsockname()[1]

    yield start
    for thread in threads:
        thread.stop()


def connect(port, data=b""):
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.sendall(data)
    return client


def talk(port, *pieces):
    """What the server writes to a client that sends ``pieces``, until it closes the connection."""
    answered = b""
    with connect(port) as client, contextlib.suppress(ConnectionError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        for piece in pieces:
            client.sendall(piece)
        while data := client.recv(100_000):
            answered += data
    return answered


def statuses(answered):
    return [int(part.split(b" ", 1)[0]) for part in answered.split(b"HTTP/1.1 ")[1:]]


def one_answer(client):
    """The body, of one byte, of the next answer."""
    answered = b""
    while not answered.partition(b"\r\n\r\n")[2] and (data := client.recv(1000)):
        answered += data
    return answered.partition(b"\r\n\r\n")[2]


def is_closed(client):
    """Whether the server closes the connection, before the time limit of the client."""
    with contextlib.suppress(ConnectionResetError):
        while client.recv(1000):
            pass
    return True


def get(port, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
        return response.read()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_request(serve, size):
    """A request reaches the application as it came, in whatever pieces; header names in lower case."""
    taken = []

    async def app(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        taken.append((scope["method"], scope["path"], scope["query_string"], body, scope["headers"][-2]))
        await PlainTextResponse("ok")(scope, receive, send)

    whole = CHUNKED + b"X-Ab: C\r\nConnection: close\r\n\r\n3\r\n\xff\x00z\r\n2\r\nde\r\n0\r\n\r\n"
    answered = talk(serve(app), *(whole[i : i + size] for i in range(0, len(whole), size)))
    assert statuses(answered) == [200]
    assert answered.endswith(b"\r\n\r\nok")
    assert taken == [("POST", "/hook", b"a=b", b"\xff\x00zde", (b"x-ab", b"C"))]


def test_continue(serve):
    """A client that asks before it sends the body is told to go on."""
    asking = HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    assert statuses(talk(serve(), asking, b"ok")) == [100, 200]


def test_upgrade(serve):
    """A client that offers another protocol, as Java's does, is answered in HTTP/1.1."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok"
    last = HEAD + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    assert statuses(talk(serve(), HEAD + offer, last)) == [200, 200]


def test_after_the_last_request(serve):
    """A stray line break after a request that was to be the last one does not cost its answer."""
    begun, go = threading.Event(), asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        if scope["path"] == "/go":
            go.set()
        else:
            begun.set()
            await go.wait()
        await PlainTextResponse("ok")(scope, receive, send)

    port = serve(app)
    with connect(port, HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\nok") as client:
        assert begun.wait(20)
        client.sendall(b"\r\n")
        assert get(port, "/go") == b"ok"
        assert statuses(client.recv(1000)) == [200]


def test_sent_ahead(serve):
    """Requests that do not wait for each other are answered in their order."""
    sizes = (1, 2, 100_000, 3)
    requests = b"".join(HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * size for size in sizes)
    last = HEAD + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    answered = talk(serve(), requests + last)
    assert [part.rpartition(b"\r\n\r\n")[2] for part in answered.split(b"HTTP/1.1 200 OK")[1:]] == [
        *(str(size).encode() for size in sizes),
        b"0",
    ]


def test_sent_ahead_in_part(serve):
    """The beginning of a request that was sent ahead waits for its rest."""
    with connect(serve(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n") as client:
        assert one_answer(client) == b"0"
        client.sendall(b"Host: x\r\n\r\n")
        assert one_answer(client) == b"0"


@pytest.mark.parametrize(
    "data",
    [
        b"NONSENSE\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(LARGEST_HEAD)),
        HEAD + b"X-Long: " + b"y" * 8 * LARGEST_HEAD,
        b"GET /" + b"y" * 8 * LARGEST_HEAD,
    ],
    ids=["nonsense", "length", "lines", "line", "url"],
)
def test_refused(serve, data):
    """What is no request, or one whose head does not end, is refused and never handled."""

    async def app(scope, receive, send):
        raise AssertionError("It was handled.")

    answered = b""
    with connect(serve(app)) as client, contextlib.suppress(ConnectionError):
        for start in range(0, len(data), 4096):  # what is sent after the refusal would reset the connection
            client.sendall(data[start : start + 4096])
            client.settimeout(0.01)
            with contextlib.suppress(TimeoutError):
                answered += client.recv(1000)
            client.settimeout(20)
            if answered:
                break
        while more := client.recv(1000):
            answered += more
    assert statuses(answered) == [400]


@pytest.mark.parametrize("path", [b"/hook", b"/early"])
def test_endless_trailers(serve, path, caplog):
    """Trailers that do not end cost the connection, quietly, also where the answer was out before them."""
    client = connect(serve(), CHUNKED.replace(b"/hook", path) + b"\r\n0\r\n")
    with contextlib.suppress(ConnectionError):
        for _ in range(1000):
            client.sendall(b"a: b\r\n" * 1000)
        raise AssertionError("6 MB of trailers were taken")
    client.close()
    assert not caplog.records


def test_far_ahead(serve):
    """Requests that are sent far ahead of their answers are left in the socket, not held in memory."""

    async def app(scope, receive, send):
        await receive()
        for _ in range(3):  # as work does, it lets the server read in between
            await asyncio.sleep(0)
        await PlainTextResponse("ok")(scope, receive, send)

    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(serve(app)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        ahead = answers = 0
        while answers < 1000:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while ahead < 10_000_000:
                    ahead += client.send(request * 1000)
            client.settimeout(20)
            read = client.recv(10_000).count(b"HTTP/1.1 200 OK")
            answers, ahead = answers + read, ahead - read * len(request)
    assert ahead < 1_500_000


@pytest.mark.parametrize("data", TRICKLES, ids=range(len(TRICKLES)))
def test_slow_requests_end(serve, data):
    """A request that is not there in time costs its connection, wherever it stopped."""
    client = connect(serve(receive_limit=0.1), data)
    assert is_closed(client)
    client.close()


def test_trickling_is_no_progress(serve):
    """The limit is on the whole request: a byte now and then does not extend it."""
    client = connect(serve(receive_limit=0.3), HEAD)
    with contextlib.suppress(ConnectionError):
        for _ in range(1000):
            client.sendall(b"a")
            client.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                if client.recv(1) == b"":
                    break
        else:
            raise AssertionError("the connection was kept for 50 s")
    client.close()


def test_trickling_after_an_early_answer(serve):
    """An answer before the request's end does not lift the limit either."""
    client = connect(
        serve(receive_limit=0.3), b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"
    )
    assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert is_closed(client)
    client.close()


def test_answers_are_taken():
    """A client that does not take its answer loses its connection; one that does gets all of it."""
    server = make_server(echo, receive_limit=0.3)
    thread = ServerThread(server, bind("127.0.0.1", 0), contextlib.AsyncExitStack())
    thread.start()
    port = int(thread.url.rpartition(":")[2])
    client = connect(port, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        assert client.recv(1) == b"H"
        ended, deadline = threading.Event(), time.monotonic() + 20
        while server.server_state.connections and time.monotonic() < deadline:
            ended.wait(0.01)
        assert not server.server_state.connections
        assert len(get(port, "/long")) == 50_000_000
    finally:
        client.close()
        thread.stop()


def test_in_time(serve):
    """A connection is used again and again, each request within its own time."""
    port = serve(receive_limit=5)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for size in (0, 10, 100_000):
        client.request("POST", "/", body=b"x" * size)
        assert client.getresponse().read() == str(size).encode()
    client.close()


def test_the_longest_waiting_goes(serve):
    """One connection too many costs the one that has kept the server waiting longest."""
    port = serve(connections=3, receive_limit=60)
    first, second, third = (connect(port, HEAD) for _ in range(3))
    assert get(port) == b"0"
    assert is_closed(first)
    second.settimeout(0.05)
    with pytest.raises(TimeoutError):
        second.recv(1)
    for client in (first, second, third):
        client.close()


def test_answers_are_not_held_back(monkeypatch):
    """Head and body of an answer leave at once: connections have TCP_NODELAY."""
    seen = []
    made = H11Protocol.connection_made

    def connection_made(self, transport):
        connection = transport.get_extra_info("socket")
        seen.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made(self, transport)

    monkeypatch.setattr(H11Protocol, "connection_made", connection_made)
    thread = ServerThread(make_server(echo), bind("127.0.0.1", 0), contextlib.AsyncExitStack())
    thread.start()
    try:
        get(int(thread.url.rpartition(":")[2]))
    finally:
        thread.stop()
    assert [bool(value) for value in seen] == [True]


def test_unusable_addresses():
    """What nothing can listen on is a usage error."""
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as error:
            bind("127.0.0.1", port)
    assert error.value.what.startswith(f"Nothing can listen on 127.0.0.1:{port}: ")
    assert error.value.next_step == "Is another server running there? --port 0 takes a free port."
    for host in ("nowhere.invalid", "a..b", "x" * 64):
        with pytest.raises(UsageError) as error:
            bind(host, 0)
        assert str(error.value) == (
            f"Nothing can listen on {host}:0: there is no such host.\n"
            "  Name an interface of this machine: 127.0.0.1, ::1, or 0.0.0.0 for all of them."
        )
    with pytest.raises(UsageError) as error:
        bind("203.0.113.1", 0)
    assert error.value.next_step == (
        "No interface of this machine has that address: name one, such as 127.0.0.1 or ::1."
    )


def test_addresses():
    """A server on every interface is reached on loopback."""
    with bind("0.0.0.0", 0) as bound:  # noqa: S104 - nothing listens on it
        assert base_url(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert not is_loopback(bound)
    with bind("127.0.0.1", 0) as bound:
        assert is_loopback(bound)


@LINUX
def test_flooded(tmp_path):
    """With 1000 trickling connections, bodies of 100 MB and malformed JSON, health is answered in 2 s.

    The server may open 1024 files, fewer than the connections and what it needs beside them.
    """
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024));"
        "from adakit.cli import main; main()"
    )
    log = (tmp_path / "log").open("w+")
    command = [sys.executable, "-c", limited, "serve", "--port", "0", "--api-key", "k"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    clients = []
    try:
        line = server.stdout.readline()
        port = int(line.rpartition(":")[2])
        slowest = 0.0
        clients.extend(connect(port, data) for data in TRICKLES * 250)
        large = connect(port, HEAD + b"Authorization: Bearer k\r\nContent-Length: 104857600\r\n\r\n")
        answers = []
        for number in range(10):
            for client in clients[-300:]:
                with contextlib.suppress(OSError):
                    client.send(b"a")
            for _ in range(160):
                large.sendall(b"x" * 65_536)
            begun = time.monotonic()
            answers.append(get(port, "/_mock/health"))
            slowest = max(slowest, time.monotonic() - begun)
            malformed = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            malformed.request("POST", "/api/v2/channels/", b"{" * number, {"Authorization": "Bearer k"})
            assert malformed.getresponse().status == 400
            malformed.close()
        assert answers == [b'{"status":"ok"}'] * 10
        assert slowest < 2
        assert large.recv(1000).startswith(b"HTTP/1.1 413 ")
        large.close()
    finally:
        for client in clients:
            client.close()
        said = (tmp_path / "log").read_text(encoding="utf-8")  # what was under way may be cut off at the end
        server.terminate()
        server.wait(timeout=20)
        server.stdout.close()
        log.close()
        assert "Traceback" not in said
