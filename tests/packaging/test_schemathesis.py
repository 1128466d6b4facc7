"""The commands of docs/fuzzing.md: Schemathesis itself, on the exported document, against a consumer on loopback."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

from ada_mockserver.http_server import ServerThread, bind, make_server
from ada_schemas.contract.contract import event_names, shipped
from adakit.demo.consumer import PATH, Consumer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAGE = (Path(__file__).parents[2] / "docs" / "fuzzing.md").read_text(encoding="utf-8")
(HOOKS,) = re.findall(r"^export SCHEMATHESIS_HOOKS=(\S+)$", PAGE, re.MULTILINE)
ACCEPTED, BEYOND = re.findall(r"^schemathesis (run .*)$", PAGE, re.MULTILINE)
"""The documented commands: what an endpoint must accept, and what lies beyond."""
SIGNED = {"ADA_WEBHOOK_SECRET": SECRET, "SCHEMATHESIS_HOOKS": HOOKS}
TYPES = {shipped().event(name).type for name in event_names()}


class Watched:
    """The demo's consumer, and what it answered to whom."""

    def __init__(self) -> None:
        self.consumer = Consumer()
        self.answers: Counter[tuple[str, int]] = Counter()

    async def __call__(self, scope, receive, send):
        chunks = []

        async def received():
            message = await receive()
            chunks.append(message.get("body", b""))
            return message

        async def answered(message):
            if message["type"] == "http.response.start" and scope["path"] == PATH:
                self.answers[kind(b"".join(chunks)), message["status"]] += 1
            await send(message)

        await self.consumer(scope, received, answered)


def kind(body: bytes) -> str:
    """The type of the event that a body is, if it is one."""
    try:
        found = json.loads(body)["type"]
    except (ValueError, TypeError, KeyError):
        return "none"
    return found if found in list(TYPES) else "none"


@pytest.fixture
def consumer(monkeypatch):
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    watched = Watched()
    server = ServerThread(make_server(watched), bind("127.0.0.1", 0), contextlib.AsyncExitStack())
    server.start()
    yield watched, server.url
    server.stop()


@pytest.fixture
def schemathesis(installed, installed_with_schemathesis, consumer, tmp_path):
    """Runs a documented command on the document of some events, against the consumer, with more options."""

    def run(command, *options, events="*", **variables):
        exported = installed.adakit(
            "schemas", "export", "-o", "schemas", "--endpoint", PATH, "--events", events, cwd=tmp_path
        )
        assert exported.returncode == 0, exported.stderr
        words = shlex.split(command.replace("http://127.0.0.1:8000", consumer[1]))
        return installed_with_schemathesis.schemathesis(*words, *options, cwd=tmp_path, **variables)

    return run


def test_signed(schemathesis, consumer):
    """With the hooks every event type arrives, nothing is refused, and nothing is wrong."""
    options = ("--phases", "examples,fuzzing", "--max-examples", "20", "--seed", "1")
    done = schemathesis(ACCEPTED, *options, **SIGNED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
    answers = consumer[0].answers
    assert {status for _, status in answers} == {200}
    assert {kind for kind, _ in answers} == TYPES
    assert sum(answers.values()) > 20


def test_whatever_is_sent_is_signed(schemathesis, consumer):
    """What breaks the document is signed too: other methods, bodies that are empty or no JSON."""
    options = ("--phases", "coverage", "--continue-on-failure")
    done = schemathesis(BEYOND, *options, events="conversation.handoff.ended", **SIGNED)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = consumer[0].answers
    assert {status for _, status in answers} == {200, 400, 405}
    assert sum(answers.values()) > 50


def test_not_signed(schemathesis, consumer):
    """Without the hooks the consumer takes nothing."""
    schemathesis(ACCEPTED, "--phases", "examples", events="conversation.ended")
    answers = consumer[0].answers
    assert list(answers) == [("v1.conversation.ended", 401)]


def test_no_secret(schemathesis, consumer):
    """Without a secret the hooks end the run with a line, before anything is sent."""
    done = schemathesis(ACCEPTED, SCHEMATHESIS_HOOKS=HOOKS)
    assert done.returncode == 2
    assert done.stderr == "There is no secret to sign with. Give the endpoint's in ADA_WEBHOOK_SECRET.\n"
    assert not consumer[0].answers
