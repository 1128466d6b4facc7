"""Events and cases with other test clients, and from the coroutines of asyncio and Trio."""

from __future__ import annotations

import pytest

AIOHTTP_SHOP = """
import json
import os

from aiohttp import web
from svix.webhooks import Webhook, WebhookVerificationError

async def receive(request):
    body = await request.read()
    try:
        Webhook(os.environ["ADA_WEBHOOK_SECRET"]).verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):
        return web.Response(status=401)
    return web.Response(status=200 if json.loads(body)["data"] else 400)

def create_app():
    app = web.Application()
    app.router.add_post("/webhooks/ada", receive)
    return app
"""

AIOHTTP_TEST = """
import pytest
from aiohttp.test_utils import TestClient, TestServer

from aiohttp_shop import create_app

async def post(event, body=None):
    async with TestClient(TestServer(create_app())) as client:
        response = await client.post("/webhooks/ada", data=body or event.body, headers=event.headers)
        return response.status

@pytest.mark.asyncio
async def test_event(ada_event):
    event = ada_event("conversation.message", author__role="human_agent")
    assert await post(event) == 200
    assert await post(event, event.body + b" ") == 401

@pytest.mark.asyncio
@pytest.mark.ada(events="conversation.ended", rules=["ADA101", "ADA104", "ADA301"])
async def test_case(ada_case):
    ada_case.check(await post(ada_case))
"""

AIOHTTP_TARGET = """
import asyncio
import threading

import pytest
from aiohttp import web

from aiohttp_shop import create_app

@pytest.fixture(scope="session")
def ada_target():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = web.AppRunner(create_app())

    async def start():
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner.addresses[0][1]

    port = asyncio.run_coroutine_threadsafe(start(), loop).result()
    yield f"http://127.0.0.1:{port}/webhooks/ada"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
"""

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_aiohttp_client(project, monkeypatch):
    """Events and cases fit aiohttp's test client."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    project.write("aiohttp_shop.py", AIOHTTP_SHOP)
    project.write("test_shop.py", AIOHTTP_TEST)
    project.write("pytest.ini", "[pytest]\npythonpath = .\nasyncio_default_fixture_loop_scope = function\n")
    run = project.run(plugins=("asyncio",))
    assert set(run.outcomes.values()) == {"PASSED"}
    assert {name.partition("[")[0] for name in run.outcomes} == {
        "test_shop.py::test_event",
        "test_shop.py::test_case",
    }


def test_aiohttp_target(project, monkeypatch):
    """An aiohttp application, which cannot be called in process, is a target once a fixture serves it."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    project.write("aiohttp_shop.py", AIOHTTP_SHOP)
    project.write("conftest.py", AIOHTTP_TARGET)
    options = {"pythonpath": ".", "addopts": "--ada"}
    project.configure(None, ada_path=None, ada_select=["ADA101", "ADA3xx"], **options)
    run = project.run()
    assert set(run.outcomes.values()) == {"PASSED"}
    assert "HTTP only" not in run.text


ANYIO = """
import pytest

pytestmark = pytest.mark.anyio

async def test_send(ada_event, ada_deliver, anyio_backend_name):
    exchange = await ada_deliver.send(ada_event("conversation.message", author__role="human_agent"))
    assert exchange.status == 200

@pytest.mark.ada(events="conversation.created", rules="ADA104,ADA105")
async def test_case(ada_case, ada_deliver):
    ada_case.check((await ada_deliver.send(ada_case)).status)
"""


def test_anyio(plain):
    """Under anyio a test runs on asyncio and on Trio, and delivers from both."""
    plain.write("test_shop.py", ANYIO)
    run = plain.run("test_shop.py", plugins=("anyio",))
    assert set(run.outcomes.values()) == {"PASSED"}
    assert {"test_shop.py::test_send[asyncio]", "test_shop.py::test_send[trio]"} <= set(run.outcomes)


def test_unsigned_event(project):
    """With ada_secret = none an event is not signed, and the target takes it."""
    project.write("shop.py", "def app(environ, start):\n    start('200 OK', [])\n    return [b'']\n")
    project.configure("shop:app", ada_secret="none")
    project.write(
        "test_shop.py",
        "def test_shop(ada_event, ada_deliver):\n    event = ada_event('conversation.ended')\n"
        "    assert 'svix-signature' not in event.headers\n    assert ada_deliver(event).status == 200\n",
    )
    assert project.run("test_shop.py").outcomes == {"test_shop.py::test_shop": "PASSED"}


@pytest.mark.parametrize("source", ["option", "ini", "environment", "fixture"])
def test_secrets(plain, monkeypatch, source):
    """The secret of an event comes from the option, the configuration, the environment or the fixture."""
    option = ("--ada-secret", SECRET) if source == "option" else ()
    if source == "ini":
        plain.configure("plain_shop:app", ada_secret=SECRET)
    if source == "environment":
        monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    if source == "fixture":
        plain.write(
            "conftest.py",
            f"import pytest\n\n@pytest.fixture(scope='session')\ndef ada_secret():\n    return {SECRET!r}\n",
        )
    plain.write(
        "test_shop.py",
        "from ada_mockserver import verify\n\ndef test_shop(ada_event, ada_deliver):\n"
        "    event = ada_event('conversation.ended')\n"
        f"    verify({SECRET!r}, event.headers, event.body, now=int(event.headers['svix-timestamp']))\n"
        "    assert ada_deliver(event).status == 200\n",
    )
    assert plain.run("test_shop.py", *option).outcomes == {"test_shop.py::test_shop": "PASSED"}
