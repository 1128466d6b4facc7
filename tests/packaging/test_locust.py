"""Locust itself with the user class: a master and its workers as processes, against a consumer on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shlex
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from ada_mockserver import scenario, verify
from ada_mockserver.events.payload import encode
from ada_mockserver.http_server import ServerThread, bind, make_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAGE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text(encoding="utf-8")
LOCUSTFILE, SUBCLASS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MASTER, WORKER, ALONE = re.findall(r"^(?:locust|python -m ada_mockserver.locust) .*$", PAGE, re.MULTILINE)
SEED = "7"


class Consumer:
    """Records what arrives; the answer to the first event waits until ``senders`` workers have sent one."""

    def __init__(self) -> None:
        self.status = 200
        self.senders = 1
        self.seen: set[str] = set()
        self.ids: Counter[str] = Counter()
        self.told: defaultdict[str, list[bytes]] = defaultdict(list)
        self.tellers: defaultdict[str, set[str]] = defaultdict(set)
        self.clients: set[object] = set()
        self.overlaps = 0
        self._all_here = asyncio.Event()
        self._under_way: set[str] = set()

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        verify(SECRET, headers, body, now=time.time())
        end_user = json.loads(body)["data"]["end_user_id"]
        self.overlaps += end_user in self._under_way
        self._under_way.add(end_user)
        self.clients.add(scope["client"])
        self.ids[headers["svix-id"]] += 1
        self.told[end_user].append(body)
        self.tellers[end_user].add(headers.get("x-worker", ""))
        self.seen.add(headers.get("x-worker", ""))
        if len(self.seen) >= self.senders:
            self._all_here.set()
        await self._all_here.wait()
        self._under_way.remove(end_user)
        length = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": self.status, "headers": length})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def consumer():
    recording = Consumer()
    server = ServerThread(make_server(recording), bind("127.0.0.1", 0), contextlib.AsyncExitStack())
    server.start()
    yield recording, server.url
    server.stop()


def documented(command, url, **changed):
    """A documented command as arguments for Python, with our address, and other values of some options."""
    words = shlex.split(command)
    words = ["-m", *words] if words[0] == "locust" else words[1:]
    for option, value in {"--host": url, "--ada-seed": SEED, **changed}.items():
        if option in words:
            words[words.index(option) + 1] = value
    return words


def conversations(count):
    """The bytes of so many conversations, each by its end user."""
    stories = (scenario("conversation", seed=SEED, index=index).steps for index in range(count))
    bodies = [[encode(step.payload) for step in steps] for steps in stories]
    return {json.loads(events[0])["data"]["end_user_id"]: events for events in bodies}


def by_type(stories):
    """How many events of each type there are."""
    return Counter(json.loads(body)["type"] for events in stories.values() for body in events)


def test_two_workers(installed_with_locust, consumer, tmp_path):
    """A master shares out the conversations; each is told by one worker, in order, and nothing is doubled."""
    recording, url = consumer
    recording.senders = 2
    (tmp_path / "locustfile.py").write_text(SUBCLASS)
    environment = {"ADA_WEBHOOK_SECRET": SECRET}
    free = ("--master-bind-host", "127.0.0.1", "--master-bind-port", "0", "--json")
    with contextlib.ExitStack() as running:

        def start(*words, **variables):
            process = installed_with_locust.start(*words, cwd=tmp_path, **variables)
            running.callback(process.__exit__, None, None, None)
            running.callback(process.kill)
            return process

        master = start(
            *documented(MASTER, url, **{"--ada-conversations": "40", "--users": "4", "--spawn-rate": "4"}),
            *free,
            **environment,
        )
        said = []
        while not (port := re.search(r"Workers connect with --master-port (\d+)", said[-1] if said else "")):
            line = master.stderr.readline()
            assert line, "".join(said)
            said.append(line)
        joining = documented(WORKER, url, **{"--master-host": "127.0.0.1"})
        workers = [start(*joining, "--master-port", port[1]) for _ in range(2)]
        shown, errors = master.communicate(timeout=60)
        ends = [worker.communicate(timeout=60) for worker in workers]
    assert master.returncode == 0, errors
    assert [worker.returncode for worker in workers] == [0, 0], ends
    expected = conversations(40)
    assert recording.told == expected
    assert recording.overlaps == 0
    assert set(recording.ids.values()) == {1}
    assert {len(tellers) for tellers in recording.tellers.values()} == {1}
    assert recording.seen == {"worker 0", "worker 1"}
    assert len(recording.clients) == 4  # a connection a user
    counted = {row["name"]: (row["num_requests"], row["num_failures"]) for row in json.loads(shown)}
    assert counted == {name: (count, 0) for name, count in by_type(expected).items()}


def test_alone(installed_with_locust, consumer, tmp_path):
    """Without workers it is one process; an answer other than 2xx is a failure, under the event's type."""
    recording, url = consumer
    recording.status = 302
    words = documented(ALONE, url, **{"--ada-conversations": "3"})
    done = installed_with_locust.python(*words, "--json", cwd=tmp_path, ADA_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 1, done.stderr
    expected = conversations(3)
    assert recording.told == expected
    counted = {row["name"]: (row["num_requests"], row["num_failures"]) for row in json.loads(done.stdout)}
    assert counted == {name: (count, count) for name, count in by_type(expected).items()}


def test_no_secret(installed_with_locust, tmp_path):
    """Without a secret it ends with what to do, before anything is sent."""
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    done = installed_with_locust.python("-m", "locust", "--headless", "--skip-log-setup", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        (
            "No secret to sign the requests with.\n"
            "  Give it in ADA_WEBHOOK_SECRET or with --ada-secret; --ada-secret none sends them unsigned.\n"
        ),
    )
