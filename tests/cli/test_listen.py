"""``adakit listen`` and ``adakit replay``."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ada_mockserver import EventFactory, sign
from ada_mockserver.delivery.signing import verify
from ada_mockserver.events.payload import encode
from ada_mockserver.private_files import open_private
from ada_schemas.errors import UsageError
from adakit.commands.listen import LARGEST_BODY, Listener
from support.command_line import SECRET, CommandLine
from support.raw_server import closed_port
from support.threaded_endpoint import threaded_endpoint

FACTORY = EventFactory(seed=3)
ENDED = FACTORY.event("conversation.ended")
OTHER_SECRET = "whsec_" + "B" * 32


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


class Listening:
    """``adakit listen`` as a process; ``post`` sends a request to it."""

    def __init__(self, folder, *arguments, secret=SECRET):
        command = [sys.executable, "-m", "adakit", "listen", "--port", "0", *map(str, arguments)]
        environment = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        if secret:
            environment["ADA_WEBHOOK_SECRET"] = secret
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            bufsize=0,  # or what is read ahead here is missing in the end
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.first = self.process.stdout.readline().decode()
        self.port = int(re.search(r":(\d+)/", self.first)[1])

    def post(self, body, *, secret=SECRET, method="POST", path="/any/path", **headers):
        from time import time

        signed = {"svix-id": "msg_1", "svix-timestamp": str(int(time()))}
        signed["svix-signature"] = sign(
            secret, message_id="msg_1", timestamp=signed["svix-timestamp"], body=body
        )
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, {**signed, **headers})
        status = connection.getresponse().status
        connection.close()
        return status

    def end(self):
        """Its exit code and what else it printed."""
        try:
            out, _ = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
        text = out.decode()
        assert SECRET.removeprefix("whsec_") not in self.first + text
        return self.process.returncode, text


def test_listen(tmp_path):
    """What is good is answered 200 and shown, verified and valid."""
    listener = Listening(tmp_path, "-n", 1)
    assert listener.first == f"Listening on http://127.0.0.1:{listener.port}/ (any path); Ctrl-C stops.\n"
    assert listener.post(encode(ENDED)) == 200
    code, out = listener.end()
    assert code == 0
    assert re.match(r"\d\d:\d\d:\d\d v1\.conversation\.ended msg_1 verified, valid, answered 200\n", out)
    assert f'"conversation_id": "{ENDED["data"]["conversation_id"]}"' in out
    assert out.endswith("1 received, 0 of them bad.\n")


def test_bad_requests(tmp_path):
    """What does not verify, is not valid, is no JSON or no POST is said so, and answered for it."""
    listener = Listening(tmp_path, "-n", 3, "--quiet")
    invalid = encode({**ENDED, "data": {**ENDED["data"], "conversation_id": 5}})
    assert listener.post(encode(ENDED), secret=OTHER_SECRET) == 401
    assert listener.post(b"no JSON \x1b[31m") == 400
    assert listener.post(b"", method="GET", path="/path") == 405
    assert listener.post(invalid) == 200
    code, out = listener.end()
    assert code == 1
    assert [line.split(" ", 1)[1] if line[:1].isdigit() else line for line in out.splitlines()] == [
        "v1.conversation.ended msg_1 not verified, answered 401",
        "  - No signature matches. Compare the secret with the endpoint's, and verify over the body's raw bytes.",
        "(13 bytes) msg_1 verified, not valid, answered 400",
        "  - not JSON",
        "GET /path answered 405: a webhook is a POST",
        "v1.conversation.ended msg_1 verified, not valid, answered 200",
        "  - data.conversation_id: expected a string, got 5 (integer)",
        "received, 3 of them bad.",
    ]


class Request:
    """One request to the application of ``listen``; ``pieces`` are its body."""

    def __init__(self, *pieces, method="POST", headers=()):
        self.scope = {"type": "http", "method": method, "raw_path": b"/\x1b", "query_string": b"a=b"}
        self.scope["headers"] = headers
        self.messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        self.messages.append({"type": "http.request", "body": b""})
        self.sent = []

    async def receive(self):
        return self.messages.pop(0)

    async def send(self, message):
        self.sent.append(message)

    def to(self, listener):
        """The status that answers it, and its headers."""
        asyncio.run(listener(self.scope, self.receive, self.send))
        return self.sent and (self.sent[0]["status"], dict(self.sent[0]["headers"]))


@pytest.mark.parametrize(
    "request_",
    [
        Request(headers=[(b"content-length", b"%d" % (LARGEST_BODY + 1))]),
        Request(b"x" * LARGEST_BODY, b"x"),
    ],
    ids=["announced", "sent"],
)
def test_too_large(request_, capsys):
    """A body over the limit is answered 413, said so, and not counted."""
    listener = Listener(None, quiet=True, count=None)
    assert request_.to(listener) == (413, {b"content-length": b"0"})
    assert (listener.received, listener.bad) == (0, 0)
    assert capsys.readouterr().out == "POST /\\x1b?a=b answered 413: the body is larger than 10 MB\n"


def recording(listener, path):
    """Have a listener record to a file that is opened as the command opens it; returns the file's mode."""
    listener.recording = open_private(path)
    return path.stat().st_mode & 0o777


def test_recording_is_private(tmp_path):
    """A recording is its owner's alone."""
    listener = Listener(None, quiet=True, count=None)
    assert recording(listener, tmp_path / "a") == 0o600
    assert Request(b"{}").to(listener)[0] == 200
    listener.recording.close()
    assert json.loads((tmp_path / "a").read_bytes())["event"] == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_disk():
    """A recording that cannot be written ends the command; the sender is told to try again."""
    listener, ended = Listener(None, quiet=True, count=None), []
    listener.on_end = lambda: ended.append(1)
    recording(listener, Path("/dev/full"))
    assert Request(b"{}").to(listener) == (507, {b"content-length": b"0"})
    listener.recording.close()
    assert ended == [1]
    assert isinstance(listener.failure, UsageError)
    assert str(listener.failure) == "/dev/full cannot be written: No space left on device."


def test_not_a_post(capsys):
    """What is no POST is told that a webhook is one."""
    assert Request(method="GET").to(Listener(None, quiet=True, count=None)) == (
        405,
        {b"allow": b"POST", b"content-length": b"0"},
    )
    assert capsys.readouterr().out == "GET /\\x1b?a=b answered 405: a webhook is a POST\n"


def test_client_gone():
    """A request whose client goes away in its midst counts for nothing."""
    request = Request(b"{", b"}")
    request.messages[1] = {"type": "http.disconnect"}
    listener = Listener(None, quiet=True, count=None)
    assert (request.to(listener), listener.received) == ([], 0)


def test_enough(capsys):
    """What comes after the last request that was asked for is not taken."""
    ended = []
    listener = Listener(None, quiet=True, count=1)
    listener.on_end = lambda: ended.append(listener.received)
    assert Request(encode(ENDED)).to(listener)[0] == 200
    assert ended == [1]
    assert Request(encode(ENDED)).to(listener)[0] == 503
    assert (ended, listener.received, len(capsys.readouterr().out.splitlines())) == ([1], 1, 1)


def test_interrupted(tmp_path):
    """Ctrl-C ends it with 130, after the sum."""
    listener = Listening(tmp_path)
    assert listener.post(encode(ENDED)) == 200
    listener.process.send_signal(signal.SIGINT)
    code, out = listener.end()
    assert (code, "1 received, 0 of them bad.\n" in out) == (130, True)


def test_without_secret(tmp_path):
    """Without a secret nothing is verified, and that is said."""
    listener = Listening(tmp_path, "-n", 1, "-q", secret="")
    assert listener.post(encode(ENDED), secret=OTHER_SECRET) == 200
    code, out = listener.end()
    assert code == 0
    assert out.startswith(
        "Signatures are not verified: there is no secret. Give it with --secret or in ADA_WEBHOOK_SECRET.\n"
    )
    assert " v1.conversation.ended msg_1 unverified, valid, answered 200\n" in out


def test_terminal(tmp_path):
    """What an event holds cannot steer the terminal."""
    listener = Listening(tmp_path, "-n", 1)
    assert listener.post(rb'{"type": "v1.\u001b[31m", "a": "\u0007"}') == 200
    code, out = listener.end()
    assert (code, "\x1b" in out, "\x07" in out) == (0, False, False)
    assert " v1.\\x1b[31m msg_1 verified, valid, answered 200\n" in out


def test_record_and_replay(tmp_path, adakit):
    """What was recorded is sent again: the events as recorded, signed, under new ids that belong together."""
    listener = Listening(tmp_path, "-n", 3, "-q", "--record", "a.ndjson")
    created = FACTORY.event("end_user.created")
    for body in (encode(created), encode(ENDED), b"no JSON"):
        listener.post(body)
    assert listener.end()[0] == 1
    lines = [json.loads(line) for line in (tmp_path / "a.ndjson").read_text().splitlines()]
    assert [line["event"] and line["event"]["type"] for line in lines] == [
        created["type"],
        ENDED["type"],
        None,
    ]
    assert created["data"]["profile"]["email"] not in (tmp_path / "a.ndjson").read_text()
    with threaded_endpoint() as endpoint:
        done = adakit("replay", "a.ndjson", "--to", endpoint.url, ADA_WEBHOOK_SECRET=SECRET)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(
        r"v1\.end_user\.created +200 in \d+ ms  msg_\w{27}\nv1\.conversation\.ended +200 in \d+ ms  msg_\w{27}\n"
        r"2 of 2 delivered to http://127\.0\.0\.1:\d+/hook, .*\n",
        done.out,
    )
    assert [json.loads(body) for _, body in endpoint.requests] == [line["event"] for line in lines[:2]]
    ids = set()
    for headers, body in endpoint.requests:
        verify(SECRET, dict(headers), body, now=int(headers["svix-timestamp"]))
        ids.add(headers["svix-id"])
    assert len(ids) == 1  # as they came under one
    assert ids.isdisjoint({"msg_1", lines[0]["svix_id"]})


def test_replay_fails(adakit):
    """A replay of which a delivery failed ends with 1, one that reached nobody with 3."""
    (adakit.folder / "a.ndjson").write_bytes(encode(ENDED))
    with threaded_endpoint() as endpoint:
        endpoint.outcome = 500
        assert adakit("replay", "a.ndjson", "--to", endpoint.url, "--secret", SECRET).code == 1
    with closed_port() as port:
        done = adakit("replay", "a.ndjson", "--to", f"http://127.0.0.1:{port}/", "--secret", SECRET)
    assert done.code == 3
    refused = rf"adakit: 127\.0\.0\.1:{port} refused the connection \(after \d\.\d\d s\)\."
    assert re.fullmatch(refused, done.err.splitlines()[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("replay", "none.ndjson", "--to", "http://x/", "--secret", SECRET),
            "adakit: none.ndjson does not exist.\n",
        ),
        (
            ("listen", "--record", "none/a.ndjson"),
            "adakit: none/a.ndjson cannot be written: No such file or directory.\n",
        ),
        (
            ("listen", "--secret", "whsec_!"),
            "adakit: The signing secret is not base64: it holds a character other than A-Z, a-z, 0-9, '+', '/' and '='.\n",
        ),
    ],
)
def test_usage(adakit, arguments, message):
    """What cannot be used is named, with exit code 2."""
    done = adakit(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(message)
