"""The WSGI driver: environment, the protocol, and what each way of (not) answering becomes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import threading

import pytest

from ada_contract_tests.targets.wsgi import WsgiTarget
from ada_mockserver.clock import ManualClock, SystemClock
from support.target_apps import ClosingIterator, WsgiEcho, blocks_wsgi

HEADERS = (("Content-Type", "application/json"), ("svix-signature", "v1,c2lnbmF0dXJlIG9mIGEgdGVzdA=="))


@contextlib.asynccontextmanager
async def running(application, **options):
    target = WsgiTarget(application, name="shop.wsgi:app", **({"clock": SystemClock()} | options))
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


def find(what):
    raise LookupError(what)


def ok(start_response, status="200 OK"):
    return start_response(status, [("X-Kind", "plain")])


def test_response():
    """A plain answer is a response with the status, the headers as sent and the body."""
    answer = ask(WsgiEcho())
    response = answer.response
    assert (response.status, response.headers, response.body) == (200, (("X-Kind", "plain"),), b"ok")
    assert not response.truncated
    assert (answer.error, answer.traceback) == (None, None)


def test_elapsed_is_the_clocks():
    """The duration of an answer is measured by the clock that was passed in, without closing."""
    clock = ManualClock()

    class Response(list):
        def close(self):
            clock.advance(10.0)

    def application(environ, start_response):
        clock.advance(1.5)
        ok(start_response)
        return Response([b"ok"])

    assert ask(application, clock=clock).response.elapsed == 1.5


def test_name_and_in_process():
    """The target is named as the user named it, and says that it runs in process."""
    target = WsgiTarget(WsgiEcho(), name="shop.wsgi:app", clock=SystemClock())
    assert (target.name, target.in_process) == ("shop.wsgi:app", True)


def test_request_before_start():
    """A request to a target that is not started is a programming error."""
    target = WsgiTarget(WsgiEcho(), name="shop.wsgi:app", clock=SystemClock())
    with pytest.raises(RuntimeError, match="the target is not started"):
        asyncio.run(target.request((), b"", timeout=1.0))


def test_environ():
    """The environment is that of an HTTPS request to localhost, as PEP 3333 words it."""
    echo = WsgiEcho()
    headers = (
        ("Content-Type", " application/json "),
        ("svix-id", "msg_1"),
        ("X-Tag", "a"),
        ("x-tag", "é"),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
        ("X_Spoofed", "1"),
    )
    ask(echo, headers=headers, body=b"{}", path="/a%20b/é?x=1&y=%2F")
    environ = echo.environ
    assert isinstance(environ.pop("wsgi.input"), io.BytesIO)
    assert isinstance(environ.pop("wsgi.errors"), io.StringIO)
    assert environ == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/Ã©",
        "QUERY_STRING": "x=1&y=%2F",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "HTTP_HOST": "localhost",
        "HTTP_SVIX_ID": "msg_1",
        "HTTP_X_TAG": "a,é",
        "HTTP_COOKIE": "a=1; b=2",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    assert echo.body == b"{}"


def test_environ_passes_the_validator():
    """The standard library's validator accepts the environment and the way the response is read."""
    from wsgiref.validate import validator

    def application(environ, start_response):
        assert environ["wsgi.input"].read(2) == b"{}"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    answer = ask(validator(application))
    assert (answer.response.body, answer.traceback) == (b"ok", None)


def test_given_host_and_own_path():
    """A host that is given is used, and the target's own path and query without one in the request."""
    echo = WsgiEcho()
    ask(echo, headers=(("Host", "shop.example"),), path=None, method="put")
    environ = echo.environ
    assert (environ["HTTP_HOST"], environ["REQUEST_METHOD"]) == ("shop.example", "PUT")
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/", "")
    target = WsgiTarget(echo, name="shop.wsgi:app", path="/hooks/ada?tenant=3", clock=SystemClock())

    async def main():
        await target.start()
        await target.request((), b"", timeout=5.0)
        await target.stop()

    asyncio.run(main())
    assert (echo.environ["PATH_INFO"], echo.environ["QUERY_STRING"]) == ("/hooks/ada", "tenant=3")


def test_given_content_length():
    """A content length that is given is the one that the application reads by."""
    echo = WsgiEcho()
    ask(echo, headers=(("Content-Length", "1"),), body=b"{}")
    assert (echo.environ["CONTENT_LENGTH"], echo.body) == ("1", b"{")
    assert "HTTP_CONTENT_LENGTH" not in echo.environ


def test_generator():
    """An application that is a generator answers as one that is a function."""

    def application(environ, start_response):
        ok(start_response, "201 Created")
        yield b""
        yield b"o"
        yield b"k"

    response = ask(application).response
    assert (response.status, response.body) == (201, b"ok")


def test_write():
    """What the write callable is given comes before what is returned."""

    def application(environ, start_response):
        write = ok(start_response)
        write(b"first ")
        return [b"second"]

    assert ask(application).response.body == b"first second"


def test_long_response():
    """Of a long response the first 64 KiB are kept, and it is marked."""

    def application(environ, start_response):
        ok(start_response)
        return [b"x" * 30_000] * 3

    response = ask(application).response
    assert (len(response.body), response.truncated) == (65536, True)


def test_empty_response():
    """A response without a body is a response."""

    def application(environ, start_response):
        ok(start_response, "204 No Content")
        return []

    response = ask(application).response
    assert (response.status, response.body) == (204, b"")


def test_response_is_closed():
    """What the application returns is closed once, also when reading it fails."""

    def failing():
        yield b"x"
        raise LookupError("half way")

    for chunks in ([b"ok"], failing()):
        response = ClosingIterator(chunks)

        def application(environ, start_response, response=response):
            ok(start_response)
            return response

        ask(application)
        assert response.closed == 1


def test_close_raises():
    """A failure while closing leaves the response, and its traceback stands beside it."""

    def application(environ, start_response):
        ok(start_response)
        return ClosingIterator([b"ok"], error=LookupError("at the end"))

    answer = ask(application)
    assert answer.response.status == 200
    assert answer.traceback.endswith("LookupError: at the end\n")


def test_no_answer():
    """An application that returns without calling start_response drops the request."""
    answer = ask(lambda environ, start_response: [])
    assert error_of(answer) == (None, "dropped", "the application finished without answering")
    assert answer.traceback is None


def test_raises():
    """An exception is a server's plain 500, with the application's traceback."""

    def application(environ, start_response):
        ok(start_response)
        raise LookupError("no such conversation")

    answer = ask(application)
    response = answer.response
    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert response.headers == (("content-type", "text/plain; charset=utf-8"),)
    lines = answer.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == [
        '    raise LookupError("no such conversation")',
        "LookupError: no such conversation",
    ]
    assert "targets/wsgi.py" not in answer.traceback


def test_raises_in_the_middle():
    """An exception after the first bytes drops the request, and its traceback is kept."""

    def application(environ, start_response):
        ok(start_response)
        yield b"x"
        raise LookupError("half way")

    answer = ask(application)
    assert error_of(answer) == (None, "dropped", "the application raised in the middle of its response")
    assert answer.traceback.endswith("LookupError: half way\n")


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_exits(kind):
    """An application that exits is answered with a 500, and the next request is served."""

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/exit":
            raise kind
        ok(start_response)
        return [b"ok"]

    async def main():
        async with running(application) as target:
            first = await target.request((), b"", timeout=5.0, path="/exit")
            return first, await target.request((), b"", timeout=5.0)

    first, second = asyncio.run(main())
    assert (first.response.status, second.response.status) == (500, 200)
    assert first.traceback.endswith(f"{kind.__name__}\n")


def calls_start_response(*arguments):
    def application(environ, start_response):
        start_response(*arguments)
        return [b"ok"]

    return application


def returns(value):
    def application(environ, start_response):
        ok(start_response)
        return value

    return application


def starts_twice(environ, start_response):
    ok(start_response)
    ok(start_response)
    return [b"ok"]


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        (starts_twice, "RuntimeError: the application called start_response twice"),
        (
            lambda environ, start_response: [b"ok"],
            "RuntimeError: the application wrote its response without calling start_response",
        ),
        (returns(None), "TypeError: the application returned NoneType, not an iterable of bytes"),
        (returns("ok"), "TypeError: the application's response holds str, not bytes"),
        (calls_start_response(200, []), "TypeError: the status must be text such as '200 OK', got 200"),
        (calls_start_response("OK", []), "TypeError: the status must be text such as '200 OK', got 'OK'"),
        (
            calls_start_response("200 OK", [(b"a", b"b")]),
            "TypeError: response headers must be pairs of text, got b'a' and b'b'",
        ),
        (
            calls_start_response("200 OK", [("Content-Length", 2)]),
            "TypeError: response headers must be pairs of text, got 'Content-Length' and 2",
        ),
    ],
)
def test_protocol_errors(application, expected):
    """What a server refuses is a 500 that says what the application did wrong."""
    answer = ask(application)
    assert answer.response.status == 500
    assert answer.traceback.splitlines()[-1] == expected


def test_error_page_with_exc_info():
    """An application that replaces its response by an error page is answered so, with the traceback."""

    def application(environ, start_response):
        ok(start_response)
        try:
            find("no such conversation")
        except LookupError:
            start_response("500 Oops", [], sys.exc_info())
        return [b"sorry"]

    answer = ask(application)
    assert (answer.response.status, answer.response.body) == (500, b"sorry")
    assert answer.traceback.endswith("LookupError: no such conversation\n")


def test_error_page_too_late():
    """An error page after the first bytes cannot replace the response: the exception is raised again."""

    def application(environ, start_response):
        write = ok(start_response)
        write(b"x")
        try:
            find("too late")
        except LookupError:
            start_response("500 Oops", [], sys.exc_info())
        return [b"sorry"]

    answer = ask(application)
    assert error_of(answer) == (None, "dropped", "the application raised in the middle of its response")
    assert answer.traceback.endswith("LookupError: too late\n")


def test_error_stream():
    """What a failing application writes to wsgi.errors stands for the traceback; of others it is dropped."""

    def application(environ, start_response):
        environ["wsgi.errors"].write("cannot verify v1,c2lnbmF0dXJlIG9mIGEgdGVzdA==\n")
        ok(start_response, environ["PATH_INFO"].removeprefix("/") + " Status")
        return [b""]

    assert ask(application, path="/500").traceback == "cannot verify [redacted]\n"
    assert ask(application, path="/400").traceback is None


def test_closed_error_stream():
    """An application that closes wsgi.errors is answered as any other."""

    def application(environ, start_response):
        environ["wsgi.errors"].close()
        ok(start_response, "500 Oops")
        return []

    answer = ask(application)
    assert (answer.response.status, answer.traceback) == (500, None)


def test_blocks():
    """A blocked application is a timeout that names the line; later requests fail at once until it ends."""
    release = threading.Event()

    async def main():
        async with running(blocks_wsgi(release)) as target:
            first = await target.request((), b"", timeout=0.1, path="/block")
            second = await target.request((), b"", timeout=60.0)
            release.set()
            while target._worker.stuck:  # noqa: ASYNC110 - another thread clears it
                await asyncio.sleep(0.001)
            return first, second, await target.request((), b"", timeout=5.0)

    first, second, third = asyncio.run(main())
    assert error_of(first) == (None, "timeout", "no answer within 0.1 s")
    assert first.error.elapsed == 0.1
    assert first.traceback.startswith("Blocked here (most recent call last):\n")
    assert "release.wait()" in first.traceback
    assert "targets/wsgi.py" not in first.traceback
    what = "not sent: the application is still blocked by an earlier request"
    assert error_of(second) == (None, "timeout", what)
    assert third.response.status == 200


def test_blocks_in_the_middle():
    """A response that begins and never ends is a timeout that says so."""
    release = threading.Event()

    def application(environ, start_response):
        ok(start_response)
        yield b"x"
        release.wait()

    answer = ask(application, timeout=0.1)
    release.set()
    what = "the response (200) began but did not end within 0.1 s"
    assert error_of(answer) == (None, "timeout", what)


def test_blocks_in_close():
    """Work at the closing of a response that takes longer than the time limit is no timeout."""
    release = threading.Event()

    class Response(list):
        def close(self):
            release.wait()

    def application(environ, start_response):
        ok(start_response)
        return Response([b"ok"])

    answer = ask(application, timeout=0.1)
    release.set()
    assert (answer.response.status, answer.response.body) == (200, b"ok")


def test_stop_ends_the_thread():
    """After the stop the application's thread is gone."""
    threads = []

    def application(environ, start_response):
        threads.append(threading.current_thread())
        ok(start_response)
        return []

    ask(application)
    assert [(thread.name, thread.daemon, thread.is_alive()) for thread in threads] == [
        ("adakit-wsgi", True, False)
    ]


def test_own_event_loop():
    """An application may run an event loop of its own: none runs in its thread."""

    async def answer():
        return b"ok"

    def application(environ, start_response):
        ok(start_response)
        return [asyncio.run(answer())]

    assert ask(application).response.body == b"ok"


def test_stop_while_a_request_runs():
    """A request that runs while the target is stopped is still answered once the application ends."""
    begun, release = threading.Event(), threading.Event()

    def application(environ, start_response):
        begun.set()
        release.wait()
        ok(start_response)
        return [b"ok"]

    async def main():
        target = WsgiTarget(application, name="shop.wsgi:app", clock=SystemClock())
        await target.start()
        running = asyncio.create_task(target.request((), b"", timeout=30.0))
        await asyncio.to_thread(begun.wait)
        stopping = asyncio.create_task(target.stop())
        await asyncio.sleep(0)
        release.set()
        await stopping
        return await running

    assert asyncio.run(main()).response.status == 200


def test_one_after_the_other():
    """Requests made at once run one by one in one thread, each with its whole time limit."""
    seen = []

    def application(environ, start_response):
        seen.append(threading.get_ident())
        threading.Event().wait(0.1)
        seen.append(threading.get_ident())
        ok(start_response)
        return [b"ok"]

    async def main():
        async with running(application) as target:
            return await asyncio.gather(*(target.request((), b"", timeout=0.25) for _ in range(4)))

    assert [answer.response.status for answer in asyncio.run(main())] == [200] * 4
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_start_again_in_another_loop():
    """A target that was stopped can be started again, and used from another event loop."""
    target = WsgiTarget(WsgiEcho(), name="shop.wsgi:app", clock=SystemClock())

    async def main():
        await target.start()
        answers = await asyncio.gather(*(target.request((), b"", timeout=5.0) for _ in range(3)))
        await target.stop()
        await target.stop()
        return [answer.response.status for answer in answers]

    assert [asyncio.run(main()), asyncio.run(main())] == [[200] * 3] * 2
