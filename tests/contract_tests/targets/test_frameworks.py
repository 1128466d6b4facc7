"""The in-process drivers with real frameworks: what they send, raise and keep to themselves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import sys
import textwrap
import threading

import pytest
from fastapi import BackgroundTasks, FastAPI, Request, Response
from flask import Flask, request
from flask.signals import got_request_exception
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from ada_contract_tests.targets.asgi import AsgiTarget
from ada_contract_tests.targets.load_app import application_interface
from ada_contract_tests.targets.wsgi import WsgiTarget
from ada_mockserver.clock import SystemClock
from ada_schemas.errors import TargetError

HEADERS = (("content-type", "application/json"),)


def ask(application, *paths, body=b'{"type": "x"}', timeout=5.0):
    interface = application_interface(application, name="shop:app")
    kind = AsgiTarget if interface == "asgi" else WsgiTarget
    target = kind(application, name="shop:app", clock=SystemClock())

    async def main():
        await target.start()
        try:
            return [await target.request(HEADERS, body, timeout=timeout, path=path) for path in paths]
        finally:
            await target.stop()

    return asyncio.run(main())


def fastapi_app(**options):
    app = FastAPI(**options)

    @app.post("/fails")
    def fails():
        raise LookupError("no such conversation")

    @app.post("/fails/async")
    async def fails_async():
        raise LookupError("no such conversation")

    @app.post("/echo")
    async def echo(event: dict):
        return event

    return app


@pytest.mark.parametrize("path", ["/fails", "/fails/async"])
def test_fastapi_failure(path):
    """FastAPI's 500 comes with the traceback that it raises beside it, the endpoint's line last."""
    (answer,) = ask(fastapi_app(), path)
    assert (answer.response.status, answer.response.body) == (500, b"Internal Server Error")
    assert answer.traceback.splitlines()[-2:] == [
        '    raise LookupError("no such conversation")',
        "LookupError: no such conversation",
    ]


def test_fastapi_accepts_and_refuses():
    """FastAPI reads the body that it is sent, and its own refusals are plain responses."""
    echo, missing = ask(fastapi_app(), "/echo", "/nowhere")
    assert (echo.response.status, echo.response.body) == (200, b'{"type":"x"}')
    assert (missing.response.status, missing.traceback) == (404, None)


def test_fastapi_middleware():
    """A failure behind middleware of the decorator kind keeps its traceback too."""
    app = fastapi_app()

    @app.middleware("http")
    async def pass_on(request, call_next):
        return await call_next(request)

    (answer,) = ask(app, "/fails/async")
    assert answer.response.status == 500
    assert 'raise LookupError("no such conversation")' in answer.traceback


def test_fastapi_background_task():
    """A background task that raises leaves the answer as it is, with the traceback, and is said to be late."""
    app = FastAPI()

    def lose():
        raise LookupError("no such conversation")

    @app.post("/")
    async def hook(tasks: BackgroundTasks):
        tasks.add_task(lose)

    @app.post("/well")
    async def well(tasks: BackgroundTasks):
        tasks.add_task(print)

    lost, kept = ask(app, "/", "/well")
    assert (lost.response.status, lost.late) == (200, True)
    assert lost.traceback.endswith("LookupError: no such conversation\n")
    assert (kept.response.status, kept.late, kept.traceback) == (200, False, None)


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
def test_logged_failure(interface):
    """An exception that an application answers itself, and logs, is the traceback of its answer; others are not."""
    log = logging.getLogger("shop")
    before = logging.getLogRecordFactory()

    def fail():
        try:
            {}["no such conversation"]
        except LookupError:
            log.exception("cannot handle it")

    def flask():
        app = Flask("shop")

        @app.post("/")
        def hook():
            fail()
            return "", 500

        return app

    def fastapi():
        app = FastAPI()

        @app.post("/")
        async def hook():
            fail()
            return Response(status_code=500)

        return app

    (answer,) = ask(fastapi() if interface == "asgi" else flask(), "/")
    assert answer.response.status == 500
    assert answer.traceback.endswith("KeyError: 'no such conversation'\n")
    assert not answer.late
    assert logging.getLogRecordFactory() == before
    assert logging.lastResort.filters == []


def test_litestar_hook():
    """An application of Litestar's kind tells of its exceptions by a hook, which is gone after the stop."""

    async def call(self, scope, receive, send):
        if scope["type"] == "http":
            try:
                {}["no such conversation"]
            except LookupError as error:
                for hook in self.after_exception:
                    await hook(error, scope)
            await PlainTextResponse("failed", status_code=500)(scope, receive, send)

    application = type("Litestar", (), {"__module__": "litestar.app", "__call__": call})()
    application.after_exception = []
    (answer,) = ask(application, "/")
    assert answer.response.status == 500
    assert answer.traceback.endswith("KeyError: 'no such conversation'\n")
    assert application.after_exception == []


def test_fastapi_lifespan_state():
    """What a lifespan yields is in the state of each request."""
    events = []

    @contextlib.asynccontextmanager
    async def lifespan(app):
        events.append("up")
        yield {"pool": "the pool"}
        events.append("down")

    app = FastAPI(lifespan=lifespan)

    @app.post("/")
    async def pool(request: Request):
        events.append("request")
        return request.state.pool

    (answer,) = ask(app, "/")
    assert answer.response.body == b'"the pool"'
    assert events == ["up", "request", "down"]


def test_fastapi_startup_failure():
    """A lifespan that raises is a TargetError with the exception, and its traceback below."""

    @contextlib.asynccontextmanager
    async def lifespan(app):
        raise KeyError("DATABASE_URL")
        yield

    with pytest.raises(TargetError) as caught:
        ask(FastAPI(lifespan=lifespan), "/")
    assert caught.value.what == "The start-up of shop:app failed: KeyError: 'DATABASE_URL'."
    assert 'raise KeyError("DATABASE_URL")' in caught.value.next_step
    assert not caught.value.usage


def test_fastapi_endpoint_blocks_its_thread():
    """A plain endpoint that blocks is a timeout, while others are answered."""
    app = fastapi_app()
    release = threading.Event()

    @app.post("/block")
    def block():
        release.wait()

    async def main():
        target = AsgiTarget(app, name="shop:app", clock=SystemClock())
        await target.start()
        blocked = await target.request(HEADERS, b"{}", timeout=0.1, path="/block")
        other = await target.request(HEADERS, b"{}", timeout=5.0, path="/echo")
        release.set()
        await target.stop()
        return blocked, other

    blocked, other = asyncio.run(main())
    assert (blocked.error.kind, str(blocked.error)) == ("timeout", "no answer within 0.1 s")
    assert other.response.status == 200


def test_starlette_streaming():
    """A streamed response is put together; the stream's watch on the connection does not end it."""

    async def pieces():
        for piece in (b"a", b"b", b"c"):
            await asyncio.sleep(0.001)
            yield piece

    async def hook(request):
        await request.body()
        return StreamingResponse(pieces())

    (answer,) = ask(Starlette(routes=[Route("/", hook, methods=["POST"])]), "/")
    assert (answer.response.body, answer.traceback) == (b"abc", None)


def flask_app(**config):
    app = Flask("shop")
    app.config.update(config)

    @app.post("/fails")
    def fails():
        raise LookupError("no such conversation")

    @app.post("/echo")
    def echo():
        return request.get_json()

    return app


def test_flask_silent_failure():
    """Flask's own 500 comes with the traceback of what it caught, and the next answer has none."""
    failed, echo = ask(flask_app(), "/fails", "/echo")
    assert failed.response.status == 500
    assert b"Internal Server Error" in failed.response.body
    assert failed.traceback.splitlines()[-2:] == [
        '    raise LookupError("no such conversation")',
        "LookupError: no such conversation",
    ]
    assert (echo.response.status, echo.response.body, echo.traceback) == (200, b'{"type":"x"}\n', None)


def test_flask_propagates():
    """A Flask application that propagates exceptions is a plain 500 with the same traceback."""
    (answer,) = ask(flask_app(TESTING=True), "/fails")
    assert (answer.response.status, answer.response.body) == (500, b"Internal Server Error")
    assert answer.traceback.endswith("LookupError: no such conversation\n")


def test_signal_is_disconnected():
    """After the stop nothing is left connected to Flask's signal."""
    before = len(got_request_exception.receivers)
    ask(flask_app(), "/fails")
    assert len(got_request_exception.receivers) == before


DJANGO = """
import asyncio, sys

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"], LOGGING_CONFIG=None, {options}
)
import django, logging

django.setup()
logging.disable()

@csrf_exempt
def fails(request):
    raise LookupError("no such conversation")

@csrf_exempt
async def fails_async(request):
    raise LookupError("no such conversation")

@csrf_exempt
def echo(request):
    return HttpResponse(request.body, headers={{"X-Secure": str(request.is_secure())}})

urlpatterns = [path("fails", fails), path("fails/async", fails_async), path("echo", echo)]

from ada_contract_tests.targets.{interface} import {kind}
from ada_mockserver.clock import SystemClock

from django.core.{interface} import get_{interface}_application

async def main():
    target = {kind}(get_{interface}_application(), name="shop:app", clock=SystemClock())
    await target.start()
    for path in ("/fails", "/fails/async", "/echo", "/nowhere"):
        answer = await target.request((), b"body", timeout=5.0, path=path)
        last = answer.traceback and answer.traceback.splitlines()[-2:]
        print(answer.response.status, answer.response.header("x-secure"), last)
    await target.stop()
    from django.core.signals import got_request_exception
    print(len(got_request_exception.receivers))

asyncio.run(main())
"""


# Propagating under ASGI is left out: Django then leaves the request's body open, a ResourceWarning.
@pytest.mark.parametrize(
    ("interface", "kind", "options"),
    [
        ("asgi", "AsgiTarget", ""),
        ("wsgi", "WsgiTarget", ""),
        ("wsgi", "WsgiTarget", "DEBUG_PROPAGATE_EXCEPTIONS=True"),
    ],
)
def test_django(tmp_path, interface, kind, options):
    """Django's silent 500s come with their tracebacks under both handlers, as those that it propagates."""
    script = tmp_path / "shop.py"
    script.write_text(DJANGO.format(interface=interface, kind=kind, options=options))
    command = [sys.executable, "-W", "error", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    raised = "['    raise LookupError(\"no such conversation\")', 'LookupError: no such conversation']"
    expected = f"""\
        500 None {raised}
        500 None {raised}
        200 True None
        404 None None
        0
        """
    assert (done.stdout, done.stderr, done.returncode) == (textwrap.dedent(expected), "", 0)


DATABASE = """
import asyncio, sqlite3

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

database = {{"ENGINE": "django.db.backends.sqlite3", "NAME": "file:shop?mode=memory&cache=shared"}}
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"], DATABASES={{"default": database}})
import django

django.setup()
opened = []

@csrf_exempt
def count(request):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO seen VALUES (1)")
        opened.append(connection.connection)
        return HttpResponse(str(cursor.execute("SELECT count(*) FROM seen").fetchone()[0]))

urlpatterns = [path("count", count)]

from ada_contract_tests.targets.{interface} import {kind}
from ada_mockserver.clock import SystemClock

from django.core.{interface} import get_{interface}_application

def is_open(each):
    try:
        return bool(each.execute("SELECT 1"))
    except sqlite3.ProgrammingError as error:
        return str(error)

async def main():
    target = {kind}(get_{interface}_application(), name="shop:app", clock=SystemClock())
    await target.start()
    for _ in range(2):
        answer = await target.request((), b"body", timeout=5.0, path="/count")
        print(answer.response.status, answer.response.body)
    await target.stop()

with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE seen (n)")
asyncio.run(main())
print([is_open(each) for each in opened])
with connection.cursor() as cursor:
    print(cursor.execute("SELECT count(*) FROM seen").fetchone())
connection.connection.close()
"""


@pytest.mark.parametrize(("interface", "kind"), [("asgi", "AsgiTarget"), ("wsgi", "WsgiTarget")])
def test_django_connections(tmp_path, interface, kind):
    """What a request opened to a database in memory is closed after it; the caller's own stays open."""
    script = tmp_path / "shop.py"
    script.write_text(DATABASE.format(interface=interface, kind=kind))
    command = [sys.executable, "-W", "error", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    closed = "Cannot operate on a closed database."
    expected = f"""\
        200 b'1'
        200 b'2'
        ['{closed}', '{closed}']
        (2,)
        """
    assert (done.stdout, done.stderr, done.returncode) == (textwrap.dedent(expected), "", 0)


def test_no_framework_is_imported():
    """The drivers import no framework by themselves."""
    script = """
import sys
import ada_contract_tests.targets.asgi, ada_contract_tests.targets.wsgi, ada_contract_tests.targets.load_app
import ada_contract_tests.targets.url
names = {"flask", "django", "starlette", "fastapi", "anyio", "asgiref", "blinker", "werkzeug", "aiohttp"}
print(sorted(names & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
