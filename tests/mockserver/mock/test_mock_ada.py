"""MockAda: the mock for tests in Python, on a socket, with real deliveries."""

from __future__ import annotations

import http.server
import json
import socket
import sys
import threading
import time

import pytest

from ada_mockserver import MockAda, verify
from ada_schemas.errors import AdakitError, MissingExtraError, UsageError


class Consumer:
    """An endpoint that keeps what it received, and answers the statuses it was given, then 200."""

    def __init__(self):
        self.received, self.statuses = [], []
        consumer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                consumer.received.append((dict(self.headers.items()), body))
                self.send_response(consumer.statuses.pop(0) if consumer.statuses else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def events(self):
        return [json.loads(body) for _, body in self.received]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def consumer():
    consumer = Consumer()
    yield consumer
    consumer.close()


@pytest.fixture
def mock():
    with MockAda() as mock:
        yield mock


def begin(mock):
    return mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})


def test_end_to_end(mock, consumer):
    """A registered webhook receives the signed events of a conversation."""
    webhook = mock.add_webhook(consumer.url, events=["v1.conversation.message"])
    talk = begin(mock)
    author = {"role": "end_user", "id": talk["end_user_id"]}
    body = {"author": author, "content": {"type": "text", "body": "hello"}}
    mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)
    mock.settle()
    said = sorted(event["data"]["content"]["body"] for event in consumer.events())
    assert said == ["Hello! How can I help you today?", "hello"]
    for headers, text in consumer.received:
        verify(webhook.secret, headers, text, now=time.time())


def test_retried_on_the_mocks_time(mock, consumer):
    """A failed delivery is tried again when the clock is moved on, and not before."""
    mock.add_webhook(consumer.url, events=["v1.conversation.created"])
    consumer.statuses = [500]
    begin(mock)
    mock.settle()
    assert [a["response"]["status"] for a in mock.attempts()] == [500]
    mock.advance(10)
    assert [(a["number"], a["response"]["status"]) for a in mock.attempts()] == [(1, 500), (2, 200)]
    first, second = consumer.received
    assert first[0]["svix-id"] == second[0]["svix-id"]


def test_channel_filter(mock, consumer):
    """A webhook with a channel filter gets what shares a tag with it, and no more."""
    mock.add_webhook(consumer.url, channels=["zendesk_chat"], headers={"x-tenant": "7"})
    mock.play("handoff", seed=1)
    mock.settle()
    assert {event["data"]["handoff_integration"] for event in consumer.events()} == {"zendesk_chat"}
    assert {headers["x-tenant"] for headers, _ in consumer.received} == {"7"}


def test_chosen_story(mock):
    """A story may be chosen: its language, its dialogue, and what is drawn."""
    for _ in range(2):
        mock.play("email", locale="de_DE", dialogue="email.privacy", handoff=True, seed=7)
    said = [event["payload"]["data"]["content"].get("body") for event in mock.events("conversation.message")]
    assert said[: len(said) // 2] == said[len(said) // 2 :]
    created = mock.events("end_user.created")[0]["payload"]
    assert created["data"]["profile"]["language"] == "de-DE"


def test_resent_and_recovered(mock, consumer):
    """An event can be sent again, and what a webhook missed recovered."""
    webhook = mock.add_webhook(consumer.url, events=["v1.conversation.created"])
    begin(mock)
    mock.settle()
    (event,) = mock.events("conversation.created")
    assert mock.resend(event["id"]) == 1
    mock.settle()
    assert len(consumer.received) == 2
    consumer.statuses = [500] * 8
    begin(mock)
    mock.advance(40 * 3600)
    assert consumer.statuses == []
    assert mock.recover(webhook.id, since=0) == 1
    mock.settle()
    missed = mock.events("conversation.created")[1]
    assert [a["response"]["status"] for a in mock.attempts(missed["id"])] == [500] * 8 + [200]


def test_chaos(mock, consumer):
    """Chaos disturbs deliveries until it is cleared."""
    mock.add_webhook(consumer.url, events=["v1.conversation.created"])
    mock.set_chaos("duplicate", seed=1)
    begin(mock)
    mock.settle()
    assert len(consumer.received) > 1
    mock.clear()
    mock.add_webhook(consumer.url, events=["v1.conversation.created"])
    begin(mock)
    mock.settle()
    assert len(mock.attempts()) == 1


def test_cleared(mock, consumer):
    """After clearing nothing is left, and nothing more is delivered."""
    mock.add_webhook(consumer.url)
    consumer.statuses = [500] * 100
    begin(mock)
    mock.settle()
    mock.clear()
    assert (mock.events(), mock.attempts()) == ([], [])
    count = len(consumer.received)
    mock.advance(86_400)
    assert len(consumer.received) == count


def test_own_script(consumer):
    """The AI Agent's script may be given as data."""
    with MockAda(script={"default": "No."}, api_key="mine") as mock:
        assert mock.api_key == "mine"
        talk = begin(mock)
        body = {
            "author": {"role": "end_user", "id": talk["end_user_id"]},
            "content": {"type": "text", "body": "Yes?"},
        }
        mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)
        assert mock.events()[-1]["payload"]["data"]["content"]["body"] == "No."
    with pytest.raises(
        UsageError, match=r"^The script does not fit: defaults is not known; known are: agent, "
    ):
        MockAda(script={"defaults": "No."})


def test_refusals_are_errors(mock):
    """A call that is refused raises, with the answer."""
    with pytest.raises(AdakitError, match=r'^GET /v2/conversations/x/ was answered 404: \{"errors":'):
        mock.call("GET", "/v2/conversations/x/")


def test_not_running():
    """A mock that does not run says how to run it."""
    with pytest.raises(AdakitError, match=r"^The mock Ada is not running\.\n  Use it as: with MockAda\(\)"):
        MockAda().settle()


def test_port_taken():
    """A port that is taken is a usage error."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = rf"^Nothing can listen on 127\.0\.0\.1:{port}: Address already in use\.\n"
        with pytest.raises(UsageError, match=message):
            MockAda(port=port).start()


def test_two_at_once():
    """Mocks know nothing of each other, and a stopped one answers no more."""
    with MockAda() as one, MockAda() as two:
        begin(one)
        assert (len(one.events()), len(two.events())) == (2, 0)
        assert one.base_url != two.base_url
        port = int(one.base_url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_kept_in_a_file(tmp_path, consumer):
    """With a database in a file, what was not delivered is delivered after a restart."""
    url = f"sqlite:///{tmp_path / 'mock.db'}"
    consumer.statuses = [500]
    with MockAda(database=url) as mock:
        mock.add_webhook(consumer.url, events=["v1.conversation.created"])
        begin(mock)
        mock.settle()
    with MockAda(database=url) as mock:
        mock.advance(10)
        assert [a["response"]["status"] for a in mock.attempts()] == [500, 200]


def test_missing_extra(monkeypatch):
    """Without the extra, the error names the command that installs it."""
    monkeypatch.setitem(sys.modules, "starlette", None)
    with pytest.raises(MissingExtraError) as caught:
        MockAda()
    assert caught.value.what == "The mock Ada needs the extra 'mock', which is not installed."
    assert caught.value.next_step == "Install it with: pip install 'adakit[mock]'"
