"""The fixtures ada_event and ada_deliver in tests written by hand."""

from __future__ import annotations

import pytest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

STARLETTE = """
import pytest
from starlette.testclient import TestClient

import fastapi_shop

def test_client(ada_event):
    event = ada_event("conversation.ended", ended_by__role="system")
    assert event.json["type"] == "v1.conversation.ended"
    assert event.json["data"]["ended_by"] == {"id": None, "role": "system"}
    client = TestClient(fastapi_shop.app)
    assert client.post("/webhooks/ada", content=event.body, headers=event.headers).status_code == 200
    assert client.post("/webhooks/ada", content=event.body + b" ", headers=event.headers).status_code == 401

def test_deliver(ada_event, ada_deliver):
    exchange = ada_deliver(ada_event("v1.conversation.created"))
    assert (exchange.status, exchange.body, exchange.traceback) == (200, b"", None)

@pytest.mark.asyncio
async def test_send(ada_event, ada_deliver):
    exchange = await ada_deliver.send(ada_event("conversation.message", author__role="human_agent"))
    assert exchange.status == 200

@pytest.mark.asyncio
async def test_deliver_in_coroutine(ada_event, ada_deliver):
    assert ada_deliver(ada_event("end_user.updated")).status == 200
"""

FLASK = """
import flask_shop

def test_client(ada_event):
    event = ada_event("conversation.created")
    client = flask_shop.create_app().test_client()
    assert client.post("/webhooks/ada", data=event.body, headers=event.headers).status_code == 200
    assert client.post("/webhooks/ada", data=event.body + b" ", headers=event.headers).status_code == 401

def test_deliver(ada_event, ada_deliver):
    assert ada_deliver(ada_event("conversation.created")).status == 200
"""

DJANGO = """
import django_shop
from django.test import Client

def test_client(ada_event):
    event = ada_event("conversation.created")
    options = {"content_type": "application/json", "headers": event.headers}
    client = Client(headers={"host": "localhost"})
    assert client.post("/webhooks/ada", event.body, **options).status_code == 200
    assert client.post("/webhooks/ada", event.body + b" ", **options).status_code == 401

def test_deliver(ada_event, ada_deliver):
    assert ada_deliver(ada_event("conversation.created")).status == 200
"""


@pytest.mark.parametrize(
    ("module", "app", "test"),
    [
        ("fastapi_shop", "app", STARLETTE),
        ("flask_shop", "create_app()", FLASK),
        ("django_shop", "app", DJANGO),
    ],
    ids=["starlette", "flask", "django"],
)
def test_frameworks(project, module, app, test):
    """Events fit the framework's own test client, and ada_deliver calls the target, from any kind of test."""
    project.add(f"{module}.py")
    project.configure(f"{module}:{app}", asyncio_default_fixture_loop_scope="function")
    project.write("test_shop.py", test)
    run = project.run("test_shop.py", plugins=("asyncio",))
    assert set(run.outcomes.values()) == {"PASSED"}
    assert len(run.outcomes) == test.count("def test_")


def test_delivered_failure(buggy):
    """What ada_deliver returns for a consumer that raises has the status and the traceback."""
    buggy.write(
        "test_shop.py",
        "def test_failure(ada_event, ada_deliver):\n"
        "    from ada_contract_tests.pytest.fixtures import ABSENT\n"
        "    exchange = ada_deliver(ada_event('conversation.created', metadata=ABSENT))\n"
        "    assert exchange.status == 500\n"
        "    assert exchange.traceback.splitlines()[-1] == \"KeyError: 'metadata'\"\n",
    )
    assert buggy.run("test_shop.py").outcomes == {"test_shop.py::test_failure": "PASSED"}


PRINTING = """
import pathlib

def test_one(ada_event):
    events = [ada_event("conversation.message") for _ in range(3)]
    assert len({event.headers["svix-id"] for event in events}) == len({event.body for event in events}) == 3
    with pathlib.Path("bodies").open("ab") as file:
        file.write(b"".join(event.body for event in events) + b"\\n")
    assert False
"""


@pytest.mark.parametrize("distributed", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_seed_of_events(project, monkeypatch, distributed):
    """A failure of a test with ada_event names the seed that gives it the same events again."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    project.write("pytest.ini", "")
    project.write("test_shop.py", PRINTING)
    first = project.run(*distributed, plugins=("xdist",))
    section = next(n for n, line in enumerate(first.lines) if " Captured adakit setup " in line)
    words = first.lines[section + 1].split()
    assert words[:-1] == ["repeat", "the", "events", "with", "--ada-seed"]
    project.run("--ada-seed", words[-1])
    project.run()
    one, again, other = (project.path / "bodies").read_bytes().splitlines()
    assert one == again
    assert other != one


MISUSES = [
    pytest.param(
        "ada_event('conversation.message', autor__role='human_agent')",
        "The path 'data.autor.role' leads nowhere: there is no 'autor'.",
        id="member",
    ),
    pytest.param("ada_event('conversation.mesage')", "There is no event 'conversation.mesage'.", id="event"),
    pytest.param(
        "ada_deliver(ada_event('conversation.ended'))", "There is no target to deliver to.", id="deliver"
    ),
    pytest.param(
        "ada_deliver.send(ada_event('conversation.ended')).send(None)",
        "ada_deliver.send is awaited outside of asyncio and Trio.",
        id="send",
    ),
]


@pytest.mark.parametrize(("line", "message"), MISUSES)
def test_misuse_points_at_the_test(project, monkeypatch, line, message):
    """What a test gets wrong is shown at its own line, without a line of adakit's."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    project.write("pytest.ini", "")
    project.write("test_shop.py", f"def test_one(ada_event, ada_deliver):\n    {line}\n")
    run = project.run()
    assert f">       {line}" in run.lines
    assert f"E       ada_schemas.errors.UsageError: {message}" in run.lines
    assert "contract_tests" not in run.text
    assert "mockserver" not in run.text


def test_event_without_secret(project):
    """Without a secret ada_event says in one line how to give one."""
    project.write("pytest.ini", "")
    project.write("test_shop.py", "def test_one(ada_event):\n    ada_event('conversation.ended')\n")
    run = project.run()
    assert run.outcomes == {"test_shop.py::test_one": "FAILED"}
    assert "E       ada_schemas.errors.UsageError: No secret to sign the event with." in run.lines
    assert "E         Set ada_secret or ADA_WEBHOOK_SECRET, or override the fixture ada_secret." in run.lines


def test_deliver_without_target(project, monkeypatch):
    """Without a target ada_deliver says in one line how to give one."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    project.write("pytest.ini", "")
    project.write(
        "test_shop.py",
        "def test_one(ada_event, ada_deliver):\n    ada_deliver(ada_event('conversation.ended'))\n",
    )
    run = project.run()
    assert "There is no target to deliver to." in run.text
    assert "Set ada_target in the configuration file, or override the fixture ada_target." in run.text
