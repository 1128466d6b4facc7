"""The ASGI driver: scope, lifespan, and what each way of (not) answering becomes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest

from ada_contract_tests.targets import asgi
from ada_contract_tests.targets.asgi import AsgiTarget
from ada_mockserver.clock import ManualClock, SystemClock
from ada_schemas.errors import TargetError
from support.target_apps import AsgiEcho, blocks_asgi, http_only, read, respond, waits_for_ever

HEADERS = (("Content-Type", "application/json"), ("svix-signature", "v1,c2lnbmF0dXJlIG9mIGEgdGVzdA=="))


@contextlib.asynccontextmanager
async def running(application, **options):
    target = AsgiTarget(application, name="shop.main:app", **({"clock": SystemClock()} | options))
    await target.start()
    try:
        yield target
    finally:
        await target.stop()


def ask(application, *, headers=HEADERS, body=b"{}", timeout=5.0, method="POST", path=None, **options):
    async def main():
        async with running(application, **options) as target:
            return await target.request(headers, body, timeout=timeout, method=method, path=path)

    return asyncio.run(main())


def error_of(answer):
    return answer.response, answer.error.kind, str(answer.error)


def test_response():
    """A plain answer is a response with the status, the headers as sent and the body."""
    answer = ask(AsgiEcho())
    response = answer.response
    assert (response.status, response.headers, response.body) == (200, (("X-Kind", "plain"),), b"ok")
    assert not response.truncated
    assert 0.0 < response.elapsed < 5.0
    assert (answer.error, answer.traceback) == (None, None)


def test_elapsed_is_the_clocks():
    """The duration of an answer is measured by the clock that was passed in."""
    clock = ManualClock()

    async def handle(scope, receive, send):
        clock.advance(1.5)
        await respond(send)

    assert ask(http_only(handle), clock=clock).response.elapsed == 1.5


def test_name_and_in_process():
    """The target is named as the user named it, and says that it runs in process."""
    target = AsgiTarget(AsgiEcho(), name="shop.main:app", clock=SystemClock())
    assert (target.name, target.in_process) == ("shop.main:app", True)


def test_request_before_start():
    """A request to a target that is not started is a programming error."""
    target = AsgiTarget(AsgiEcho(), name="shop.main:app", clock=SystemClock())
    with pytest.raises(RuntimeError, match="the target is not started"):
        asyncio.run(target.request((), b"", timeout=1.0))


def test_scope():
    """The scope is that of an HTTPS request to localhost, with lowercase header names."""
    echo = AsgiEcho()
    ask(
        echo,
        headers=(("Content-Type", " application/json "), ("X-Ünï", "é"), ("X-Name", "日本")),
        path="/a%20b/é?x=1&y=%2F",
    )
    scope = echo.scope
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/a b/é",
        "raw_path": b"/a%20b/%C3%A9",
        "query_string": b"x=1&y=%2F",
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            (b"content-type", b"application/json"),
            (b"x-\xfcn\xef", b"\xe9"),
            (b"x-name", "日本".encode()),
            (b"content-length", b"2"),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 443),
        "state": {},
    }


def test_given_host_and_length():
    """A host and a content length that are given are not added again."""
    echo = AsgiEcho()
    ask(echo, headers=(("Host", "shop.example"), ("Content-Length", "7")), method="put")
    assert echo.scope["headers"] == [(b"host", b"shop.example"), (b"content-length", b"7")]
    assert echo.scope["method"] == "PUT"


def test_own_path():
    """Without a path in the request, the target's own path and query are used."""
    echo = AsgiEcho()
    target = AsgiTarget(echo, name="shop.main:app", path="/hooks/ada?tenant=3", clock=SystemClock())

    async def main():
        await target.start()
        await target.request((), b"", timeout=5.0)
        await target.stop()

    asyncio.run(main())
    assert (echo.scope["path"], echo.scope["query_string"]) == ("/hooks/ada", b"tenant=3")


@pytest.mark.parametrize(("size", "messages"), [(0, 1), (1, 1), (65536, 1), (65537, 2), (200_000, 4)])
def test_body_in_chunks(size, messages):
    """The body comes whole, in messages of at most 64 KiB."""
    echo = AsgiEcho()
    body = bytes(i % 251 for i in range(size))
    ask(echo, body=body)
    assert (echo.body == body, echo.messages) == (True, messages)


def test_disconnect_comes_after_the_response():
    """receive() blocks after the body until the response is complete, then says http.disconnect."""
    order = []

    async def handle(scope, receive, send):
        await read(receive)
        waiting = asyncio.create_task(receive())
        await asyncio.sleep(0.01)
        order.append(("before", waiting.done()))
        await respond(send)
        order.append(("after", await waiting))
        order.append(("again", await receive()))

    assert ask(http_only(handle)).response.status == 200
    gone = {"type": "http.disconnect"}
    assert order == [("before", False), ("after", gone), ("again", gone)]


def test_streamed_response():
    """A response in pieces is put together; what exceeds 64 KiB is dropped and marked."""

    async def handle(scope, receive, send):
        await send({"type": "http.response.start", "status": 201})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"x" * 30_000, "more_body": True})
        await send({"type": "http.response.body"})

    response = ask(http_only(handle)).response
    assert (response.status, len(response.body), response.truncated) == (201, 65536, True)


def test_no_answer():
    """An application that returns without a response drops the request."""

    async def handle(scope, receive, send):
        await read(receive)

    answer = ask(http_only(handle))
    assert error_of(answer) == (None, "dropped", "the application finished without answering")
    assert answer.traceback is None


def test_unfinished_answer():
    """An application that returns in the middle of its response drops the request."""

    async def handle(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"o", "more_body": True})

    answer = ask(http_only(handle))
    assert error_of(answer) == (None, "dropped", "the application finished in the middle of its response")


def test_raises_before_the_response():
    """An exception before the response is a server's plain 500, with the application's traceback."""

    async def handle(scope, receive, send):
        raise LookupError("no such conversation")

    answer = ask(http_only(handle))
    response = answer.response
    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert response.header("content-type") == "text/plain; charset=utf-8"
    lines = answer.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "LookupError: no such conversation"
    assert lines[-2] == '    raise LookupError("no such conversation")'
    assert "targets/asgi.py" not in answer.traceback


def test_raises_after_the_response():
    """An exception after a complete response leaves the response, and the traceback stands beside it."""

    async def handle(scope, receive, send):
        await respond(send, 503)
        raise LookupError("too late")

    answer = ask(http_only(handle))
    assert answer.response.status == 503
    assert answer.traceback.endswith("LookupError: too late\n")


def test_raises_in_the_middle():
    """An exception in the middle of the response drops it, and its traceback is kept."""

    async def handle(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError("half way")

    answer = ask(http_only(handle))
    assert error_of(answer) == (None, "dropped", "the application raised in the middle of its response")
    assert answer.traceback.endswith("LookupError: half way\n")


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_exits(kind):
    """An application that exits is answered with a 500, and the next request is served."""

    async def handle(scope, receive, send):
        if scope["path"] == "/exit":
            raise kind
        await respond(send)

    async def main():
        async with running(http_only(handle)) as target:
            first = await target.request((), b"", timeout=5.0, path="/exit")
            second = await target.request((), b"", timeout=5.0)
            return first, second

    first, second = asyncio.run(main())
    assert first.response.status == 500
    assert first.traceback.splitlines()[-1].endswith(kind.__name__)
    assert second.response.status == 200


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (
            [{"type": "http.response.body", "body": b""}],
            "RuntimeError: the application sent 'http.response.body' instead of 'http.response.start'",
        ),
        (
            [{"type": "http.response.start", "status": 200}] * 2,
            "RuntimeError: the application sent 'http.response.start' instead of 'http.response.body'",
        ),
        (
            [
                {"type": "http.response.start", "status": 200},
                {"type": "http.response.body"},
                {"type": "http.response.body"},
            ],
            "RuntimeError: the application sent 'http.response.body' after the end of its response",
        ),
        (
            [{"type": "http.response.start", "status": 200, "headers": [("a", "b")]}],
            "TypeError: response headers must be pairs of bytes, got 'a' and 'b'",
        ),
    ],
)
def test_wrong_messages(messages, expected):
    """What a server refuses to send is raised into the application, at the line that sent it."""

    async def handle(scope, receive, send):
        for message in messages:
            await send(message)

    lines = ask(http_only(handle)).traceback.splitlines()
    assert lines[-1] == expected
    assert "await send(message)" in lines[-2] or "await send(message)" in lines[-3]


def test_secrets_stay_out_of_tracebacks():
    """A traceback whose message quotes the signature does not show it."""

    async def handle(scope, receive, send):
        raise ValueError(f"cannot verify {dict(scope['headers'])[b'svix-signature'].decode()}")

    traceback = ask(http_only(handle)).traceback
    assert traceback.endswith("ValueError: cannot verify [redacted]\n")
    assert "c2lnbmF0" not in traceback


def test_hangs():
    """An application that waits for ever is a timeout, told where it waits, and is cancelled."""
    cancelled = threading.Event()

    async def handle(scope, receive, send):
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    async def main():
        async with running(http_only(handle)) as target:
            return await target.request((), b"", timeout=0.1), cancelled.is_set()

    answer, was_cancelled = asyncio.run(main())
    assert error_of(answer) == (None, "timeout", "no answer within 0.1 s")
    assert answer.error.elapsed == 0.1
    assert answer.traceback.startswith("Waiting here (most recent call last):\n")
    assert "await asyncio.sleep(3600)" in answer.traceback
    assert "targets/asgi.py" not in answer.traceback
    assert was_cancelled


def test_hangs_in_the_middle():
    """A response that begins and never ends is a timeout that says so."""

    async def handle(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()

    answer = ask(http_only(handle), timeout=0.05)
    what = "the response (200) began but did not end within 0.05 s"
    assert error_of(answer) == (None, "timeout", what)


def test_hangs_and_refuses_to_be_cancelled():
    """An application that swallows its cancellation delays neither the answer nor the stop for long."""

    async def handle(scope, receive, send):
        deadline = time.monotonic() + 30.0
        while time.monotonic() < deadline:
            try:
                await asyncio.sleep(30.0)
            except asyncio.CancelledError:
                if stopping.is_set():
                    return

    async def main():
        async with running(http_only(handle)) as target:
            answer = await target.request((), b"", timeout=0.05)
            stopping.set()
            return answer

    stopping = threading.Event()
    began = time.monotonic()
    assert error_of(asyncio.run(main())) == (None, "timeout", "no answer within 0.05 s")
    assert time.monotonic() - began < 5.0


def test_others_run_while_one_hangs():
    """Requests run concurrently: one that waits does not hold up the others."""

    async def handle(scope, receive, send):
        if scope["path"] == "/wait":
            await asyncio.Event().wait()
        await respond(send)

    async def main():
        async with running(http_only(handle)) as target:
            paths = ["/wait", "/", "/"]
            return await asyncio.gather(*(target.request((), b"", timeout=0.2, path=p) for p in paths))

    first, *others = asyncio.run(main())
    assert first.error.kind == "timeout"
    assert [answer.response.status for answer in others] == [200, 200]


def test_blocks():
    """An application that blocks its loop is a timeout that names the line, and later ones fail at once."""
    release = threading.Event()

    async def main():
        async with running(blocks_asgi(release)) as target:
            first = await target.request((), b"", timeout=0.05, path="/block")
            second = await target.request((), b"", timeout=60.0)
            release.set()
            return first, second

    first, second = asyncio.run(main())
    hint = (
        "\n  A blocking call inside an async function stops every request: await it, or run it in a thread."
    )
    what = "no answer within 0.05 s: the application is blocked"
    assert error_of(first) == (None, "timeout", what + hint)
    assert first.traceback.startswith("Blocked here (most recent call last):\n")
    assert "release.wait()" in first.traceback
    what = "not sent: the application is still blocked by an earlier request"
    assert error_of(second) == (None, "timeout", what + hint)


def test_late_response_of_a_blocking_application():
    """A response that was late because the loop was blocked is a timeout, not a response."""

    async def handle(scope, receive, send):
        threading.Event().wait(0.1)
        await respond(send)

    assert error_of(ask(http_only(handle), timeout=0.02)) == (None, "timeout", "no answer within 0.02 s")


def test_background_work_that_fails():
    """Work after the response is waited for and its failure kept; it is not part of the answer's time."""
    clock = ManualClock()

    async def handle(scope, receive, send):
        clock.advance(1.0)
        await respond(send)
        await asyncio.sleep(0.01)
        clock.advance(10.0)
        raise LookupError("in the background")

    answer = ask(http_only(handle), clock=clock)
    assert (answer.response.status, answer.response.elapsed) == (200, 1.0)
    assert answer.traceback.endswith("LookupError: in the background\n")


def test_background_work_that_goes_on():
    """Work after the response that takes longer than the time limit is no timeout and goes on."""
    state = []

    async def handle(scope, receive, send):
        await respond(send)
        await proceed.wait()
        state.append("done")
        done.set()

    async def main():
        async with running(http_only(handle)) as target:
            answer = await target.request((), b"", timeout=0.05)
            state.append("answered")
            target._worker._loop.call_soon_threadsafe(proceed.set)  # the application's loop
            assert await asyncio.to_thread(done.wait, 5.0)
            return answer

    proceed, done = asyncio.Event(), threading.Event()
    answer = asyncio.run(main())
    assert (answer.response.status, answer.traceback) == (200, None)
    assert state == ["answered", "done"]


def test_background_work_that_blocks():
    """A loop that is blocked after the response does not take the response away."""
    release = threading.Event()

    async def handle(scope, receive, send):
        await respond(send)
        release.wait()

    async def main():
        async with running(http_only(handle)) as target:
            answer = await target.request((), b"", timeout=0.05)
            release.set()
            return answer

    assert asyncio.run(main()).response.status == 200


def lifespan_app(startup, shutdown=None):
    """An application whose lifespan runs ``startup(scope, send)``, and that answers with its state."""

    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            await startup(scope, send)
            assert (await receive())["type"] == "lifespan.shutdown"
            if shutdown is not None:
                await shutdown(send)
        else:
            await respond(send, body=repr(sorted(scope["state"])).encode())
            scope["state"]["own"] = True

    return application


def test_lifespan():
    """Start-up runs before the first request, its state is copied to each, shutdown runs at the end."""
    order = []

    async def startup(scope, send):
        scope["state"]["pool"] = object()
        order.append(("startup", scope["asgi"]["version"]))
        await send({"type": "lifespan.startup.complete"})

    async def shutdown(send):
        order.append(("shutdown", "3.0"))
        await send({"type": "lifespan.shutdown.complete"})

    async def main():
        async with running(lifespan_app(startup, shutdown)) as target:
            order.append(("request", "3.0"))
            return [(await target.request((), b"", timeout=5.0)).response.body for _ in range(2)]

    assert asyncio.run(main()) == [b"['pool']"] * 2
    assert order == [("startup", "3.0"), ("request", "3.0"), ("shutdown", "3.0")]


async def raises(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError("HTTP only")
    await respond(send)


async def answers_everything(scope, receive, send):
    await receive()
    await respond(send)
    if scope["type"] == "lifespan":
        await asyncio.Event().wait()


@pytest.mark.parametrize("application", [raises, answers_everything, http_only(raises)])
def test_lifespan_unsupported(application):
    """An application that raises, returns or answers on the lifespan scope is used without it."""
    assert ask(application).response.status == 200


STEP = "Start the application by itself (for example with uvicorn) and fix what it reports."


def start_error(application):
    target = AsgiTarget(application, name="shop.main:app", clock=SystemClock())
    with pytest.raises(TargetError) as caught:
        asyncio.run(target.start())
    assert not caught.value.usage
    with pytest.raises(RuntimeError, match="the target is not started"):
        asyncio.run(target.request((), b"", timeout=1.0))
    return caught.value


def test_startup_failed():
    """A start-up that reports its failure is a TargetError with the message in one line."""

    async def startup(scope, send):
        await send({"type": "lifespan.startup.failed", "message": "no database at whsec_c2VjcmV0"})

    error = start_error(lifespan_app(startup))
    assert str(error) == f"The start-up of shop.main:app failed: no database at whsec_....\n  {STEP}"


def test_startup_failed_with_a_traceback():
    """A failure message of several lines ends as one line, and follows in full."""

    async def startup(scope, send):
        await send({"type": "lifespan.startup.failed", "message": "Traceback:\n  here\nKeyError: 'DB'\n"})

    error = start_error(lifespan_app(startup))
    assert error.what == "The start-up of shop.main:app failed: KeyError: 'DB'."
    assert error.next_step == f"{STEP}\n  Traceback:\n    here\n  KeyError: 'DB'"


def test_startup_exits():
    """A start-up that exits is a TargetError, not the end of the process."""

    async def startup(scope, send):
        raise SystemExit("DATABASE_URL is not set")

    error = start_error(lifespan_app(startup))
    assert error.what == "The start-up of shop.main:app raised SystemExit('DATABASE_URL is not set')."
    assert 'raise SystemExit("DATABASE_URL is not set")' in error.next_step


def test_startup_hangs(monkeypatch):
    """A start-up that waits for ever is a TargetError that tells where."""

    async def startup(scope, send):
        await asyncio.Event().wait()

    monkeypatch.setattr(asgi, "STARTUP_LIMIT", 0.05)
    error = start_error(lifespan_app(startup))
    assert error.what == "The start-up of shop.main:app did not finish within 0.05 s."
    assert "await asyncio.Event().wait()" in error.next_step


def test_startup_blocks(monkeypatch):
    """A start-up that blocks its loop is a TargetError that tells where."""
    release = threading.Event()

    async def startup(scope, send):
        release.wait()

    monkeypatch.setattr(asgi, "STARTUP_LIMIT", 0.05)
    error = start_error(lifespan_app(startup))
    release.set()
    assert error.what == "The start-up of shop.main:app did not finish within 0.05 s."
    assert "release.wait()" in error.next_step


async def shutdown_raises(send):
    raise LookupError("at the end")


async def shutdown_fails(send):
    await send({"type": "lifespan.shutdown.failed", "message": "no"})


async def shutdown_exits(send):
    raise SystemExit(3)


@pytest.mark.parametrize("shutdown", [shutdown_raises, shutdown_fails, shutdown_exits])
def test_shutdown_that_fails(shutdown):
    """Whatever the shutdown does, stopping does not raise."""

    async def startup(scope, send):
        await send({"type": "lifespan.startup.complete"})

    assert ask(lifespan_app(startup, shutdown)).response.status == 200


def test_shutdown_that_hangs(monkeypatch):
    """A shutdown that waits for ever is left after its time limit."""
    monkeypatch.setattr("ada_contract_tests.targets.asgi.SHUTDOWN_LIMIT", 0.05)

    async def startup(scope, send):
        await send({"type": "lifespan.startup.complete"})

    async def shutdown(send):
        await asyncio.Event().wait()

    began = time.monotonic()
    assert ask(lifespan_app(startup, shutdown)).response.status == 200
    assert time.monotonic() - began < 2.0


def test_stop_with_requests_running():
    """A request that runs while the target is stopped gets a dropped answer."""

    async def main():
        target = AsgiTarget(waits_for_ever, name="shop.main:app", clock=SystemClock())
        await target.start()
        request = asyncio.create_task(target.request((), b"", timeout=60.0))
        await asyncio.sleep(0.01)
        await target.stop()
        await target.stop()
        return await request

    assert error_of(asyncio.run(main())) == (None, "dropped", "the target was stopped")


def test_stop_ends_the_thread():
    """After the stop the application's thread is gone."""
    threads = []

    async def handle(scope, receive, send):
        threads.append(threading.current_thread())
        await respond(send)

    ask(http_only(handle))
    assert [(thread.name, thread.daemon, thread.is_alive()) for thread in threads] == [
        ("adakit-asgi", True, False)
    ]


def test_start_again():
    """A target that was stopped can be started again."""
    echo = AsgiEcho()
    target = AsgiTarget(echo, name="shop.main:app", clock=SystemClock())

    async def main():
        await target.start()
        answer = await target.request((), b"", timeout=5.0)
        await target.stop()
        return answer.response.status

    assert [asyncio.run(main()), asyncio.run(main())] == [200, 200]
