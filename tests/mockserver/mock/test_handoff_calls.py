"""A handoff calls the customer's endpoint: in process, on a clock that stands still; at the end over sockets."""

from __future__ import annotations

import asyncio
import http.server
import json
import socket
import threading
from random import Random

import pytest

from ada_mockserver import MockAda
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.http import Response
from ada_mockserver.mock.agent.handoff_calls import CONCURRENCY, HandoffCaller
from ada_schemas.errors import WireError

URL = "http://desk.test/start-handoff"
CALLED = {"handoffs": {"custom-handoff": {"url": URL}}}
RULES = {
    "rules": [
        {"when": "human", "reply": "Connecting.", "handoff": "custom-handoff"},
        {"when": "robin", "handoff": "desk", "human": {"display_name": "Robin", "replies": ["Robin here."]}},
    ],
    "default": ["You said: {text}"],
    "handoff_failed": "Nobody is there.",
    "survey": None,
}


class Desk:
    """A service that starts handoffs, in place of the network: answers, after it has done ``within``."""

    def __init__(self):
        self.received, self.limits, self.answer = [], [], 204
        self.within = None

    async def send(self, request, *, timeout):
        self.received.append(request)
        self.limits.append(timeout)
        if self.within is not None:
            await self.within()
        if isinstance(self.answer, Exception):
            raise self.answer
        return Response(self.answer, (("Set-Cookie", "session"), ("Server", "desk")), b"a word", 0.25)

    def bodies(self):
        return [json.loads(request.body) for request in self.received]


class Talk:
    """A conversation, and the desk's part in it; the calls that are due are made after each step."""

    def __init__(self, api, desk, **members):
        self.api, self.desk = api, desk
        self.talk = api.conversation(**members)
        self.id = self.talk["id"]
        self.caller = caller(api, desk)

    def write(self, text, role="end_user"):
        self.api.write(self.talk, text, role)
        self.settle()

    def post(self, what):
        self.api.ok("POST", f"/conversations/{self.id}/{what}/")
        self.settle()

    def meanwhile(self, *calls):
        """Have these calls come in while the desk has one: texts of the end user's, or operations."""

        async def within():
            self.desk.within = None
            for call in calls:
                author = {"role": "end_user", "id": self.talk["end_user_id"]}
                said = {"author": author, "content": {"type": "text", "body": call}}
                path, body = (call, None) if call.startswith("/") else ("/messages/", said)
                url = f"/api/v2/conversations/{self.id}{path}"
                response = await self.api.client.post(url, json=body)
                assert response.is_success, response.text

        self.desk.within = within

    def settle(self):
        settle(self.api, self.caller)

    def said(self):
        """Every message with the integration that its event names."""
        data = [event["data"] for event, _ in self.api.events() if event["type"] == "v1.conversation.message"]
        return [(each["content"]["body"], each["handoff_integration"]) for each in data]

    def texts(self):
        return [text for text, _ in self.said()]

    def calls(self):
        return self.api.ok("GET", "/_mock/handoffs")["data"]


def caller(api, desk):
    return HandoffCaller(api.context, desk, ManualClock(5))


def settle(api, caller):
    """Have what is due done, calls included, until nothing is."""
    api.advance(0)

    async def work():
        begun = []
        while (due := await caller.begin_due(begun.append)) is not None or begun:
            await asyncio.gather(*begun)
            begun.clear()
        return due

    assert api.portal.call(work) is None
    api.advance(0)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def begin(make_api, desk):
    """Begins a conversation under a script: the one above with other members."""

    def make(members=CALLED, pace="instant", **conversation):
        api = make_api({**RULES, **members}, pace=pace, rng=Random(1))
        return Talk(api, desk, **conversation)

    return make


def test_succeeds(begin, desk):
    """The desk is told the conversation, unsigned; then the AI Agent is silent until it gets control back."""
    talk = begin()
    talk.write("a human, please")
    (request,) = desk.received
    assert (request.method, request.url, desk.limits) == ("POST", URL, [10.0])
    assert request.headers == (
        ("content-type", "application/json"),
        ("user-agent", "adakit"),
        ("accept", "*/*"),
    )
    assert desk.bodies() == [{"ada_conversation_id": talk.id}]
    talk.write("anybody?")
    talk.write("still a human, please")
    talk.write("Kim here.", "human_agent")
    assert len(desk.received) == 1
    talk.post("end-handoff")
    talk.write("hello")
    assert talk.said() == [
        ("a human, please", None),
        ("Connecting.", None),
        ("anybody?", "custom-handoff"),
        ("still a human, please", "custom-handoff"),
        ("Kim here.", "custom-handoff"),
        ("hello", None),
        ("You said: hello", None),
    ]
    (ended,) = [(event, tags) for event, tags in talk.api.events() if "handoff.ended" in event["type"]]
    assert ended[0]["data"]["handoff_integration"] == "custom-handoff"
    assert "custom-handoff" in ended[1]
    talk.write("a human again")
    assert desk.bodies() == [{"ada_conversation_id": talk.id}] * 2


def test_the_end_user_leaves(begin, desk):
    """The end of the conversation ends the handoff first, and nobody is called any more."""
    talk = begin()
    talk.write("a human, please")
    talk.post("end")
    assert talk.api.types()[-2:] == ["conversation.handoff.ended", "conversation.ended"]
    assert len(desk.received) == 1


@pytest.mark.parametrize("answer", [302, 400, 500, WireError("No answer came.", kind="timeout")])
def test_fails(begin, desk, answer):
    """Anything but a 2xx is a failure: the AI Agent says so, goes on, and calls nobody again by itself."""
    desk.answer = answer
    talk = begin()
    talk.write("a human, please")
    talk.api.advance(86_400)
    talk.settle()
    assert len(desk.received) == 1
    talk.write("hello")
    assert talk.said()[2:] == [("Nobody is there.", None), ("hello", None), ("You said: hello", None)]
    assert "conversation.handoff.ended" not in talk.api.types()
    status, error = talk.api.refused("POST", f"/conversations/{talk.id}/end-handoff/")
    assert (status, error["type"]) == (422, "no_active_handoff")
    desk.answer = 200
    talk.write("a human, please")
    talk.write("hello?")
    assert talk.texts()[5:] == ["a human, please", "Connecting.", "hello?"]
    assert [call["state"] for call in talk.calls()] == ["succeeded", "failed"]


def test_while_the_desk_thinks(begin):
    """What the end user writes before the desk has answered is the desk's, and has its tag."""
    talk = begin()
    talk.meanwhile("hello?")
    talk.write("a human, please")
    assert talk.said()[2:] == [("hello?", "custom-handoff")]


def test_while_the_desk_fails(begin, desk):
    """What the end user writes before the desk has failed is answered by the AI Agent, once."""
    talk = begin()
    talk.meanwhile("hello", "a human!", "again")
    desk.answer = 503
    talk.write("a human, please")
    assert talk.said()[2:] == [
        ("hello", "custom-handoff"),
        ("a human!", "custom-handoff"),
        ("again", "custom-handoff"),
        ("Nobody is there.", None),
        ("You said: hello", None),
        ("Connecting.", None),
        ("Nobody is there.", None),
        ("You said: again", None),
    ]
    assert len(desk.received) == 2


@pytest.mark.parametrize("answer", [204, 500])
def test_handed_back_before_the_answer(begin, desk, answer):
    """A desk may hand back before it has answered the call; what it answers then changes nothing."""
    desk.answer = answer
    talk = begin()
    talk.meanwhile("hello?", "/end-handoff/", "well")
    talk.write("a human, please")
    assert talk.said()[2:] == [("hello?", "custom-handoff"), ("well", None), ("You said: well", None)]


def test_ended_while_the_desk_fails(begin, desk):
    """A conversation that has ended meanwhile hears nothing of the failure."""
    talk = begin()
    desk.answer = 500
    talk.meanwhile("/end/")
    talk.write("a human, please")
    assert talk.texts() == ["a human, please", "Connecting."]


def test_ended_before_the_call(begin, desk):
    """A handoff that is over before anybody could be called calls nobody."""
    talk = begin({**CALLED, "rules": [{"when": "human", "handoff": "custom-handoff", "end": True}]})
    talk.write("a human, please")
    assert [call["state"] for call in talk.calls()] == ["dropped"]
    assert desk.received == []


def test_as_the_author_has_it(begin, desk):
    """Headers and fields are the author's; a value that is one placeholder keeps its type."""
    target = {
        "url": URL,
        "timeout": 2.5,
        "headers": {"X-Api-Key": "secret", "User-Agent": "our flow"},
        "body": {
            "id": "{conversation_id}",
            "user": {"id": "{end_user_id}", "plan": "{metadata.plan}", "since": "{metadata.since}"},
            "note": [
                "{integration}: {text}",
                'as JSON: {"a": 1}',
                "{metadata.none}",
                "seats: {metadata.seats}.",
            ],
            "channel": "{channel_id}",
            "priority": 2,
        },
    }
    talk = begin(
        {"handoffs": {"custom-handoff": target}}, metadata={"plan": "pro", "since": 2019, "seats": 3}
    )
    talk.write("a human, {text}")
    assert desk.received[0].headers[2:] == (("X-Api-Key", "secret"), ("User-Agent", "our flow"))
    assert desk.limits == [2.5]
    assert desk.bodies() == [
        {
            "id": talk.id,
            "user": {"id": talk.talk["end_user_id"], "plan": "pro", "since": 2019},
            "note": ["custom-handoff: a human, {text}", 'as JSON: {"a": 1}', None, "seats: 3."],
            "channel": talk.talk["channel_id"],
            "priority": 2,
        }
    ]


def test_a_scripted_human(begin, desk):
    """A scripted human agent picks up once the desk has taken the conversation, and not before."""
    talk = begin({"handoffs": {"desk": {"url": URL}}})
    talk.meanwhile("hello?")
    talk.write("robin")
    assert talk.said() == [("robin", None), ("hello?", "desk"), ("Robin here.", "desk")]
    desk.answer = 500
    talk.write("robin")
    assert talk.texts()[3:] == ["robin", "Nobody is there."]


@pytest.mark.parametrize("members", [{}, {"handoffs": {"custom-handoff": {"timeout": 5}}}])
def test_without_a_url(begin, desk, members):
    """Without a URL nobody is called, and the handoff is what it always was."""
    talk = begin(members)
    talk.write("a human, please")
    talk.write("hello?")
    assert talk.said() == [("a human, please", None), ("Connecting.", None), ("hello?", "custom-handoff")]
    assert (talk.calls(), desk.received) == ([], [])


@pytest.mark.parametrize(("pace", "members"), [("natural", {}), ("instant", {"delay": 3})])
def test_at_its_pace(begin, desk, pace, members):
    """A reply that a handoff dropped is given after all, once that has failed; each in its time."""
    desk.answer = 500
    talk = begin({**CALLED, **members}, pace=pace)
    talk.write("a human, please")
    talk.write("hello")
    assert (talk.texts(), desk.received) == (["a human, please", "hello"], [])
    for _ in range(4):
        talk.api.advance(60)
        talk.settle()
    assert talk.texts()[2:] == ["Connecting.", "Nobody is there.", "You said: hello"]


def test_says_nothing_of_it(begin, desk):
    """A script may pass a failure over in silence."""
    desk.answer = 500
    talk = begin({**CALLED, "handoff_failed": None})
    talk.write("a human, please")
    talk.write("well")
    assert talk.texts()[2:] == ["well", "You said: well"]


def test_so_many_at_a_time(make_api, desk):
    """Calls beyond the most that are under way wait until one of those has ended."""
    api = make_api({**RULES, **CALLED})
    for _ in range(CONCURRENCY + 1):
        api.write(api.conversation(), "a human, please")
    calls = caller(api, desk)
    most = []

    async def work():
        begun = []
        assert await calls.begin_due(begun.append) == api.clock.now()
        most.append(len(begun))
        await asyncio.gather(*begun)

    api.portal.call(work)
    settle(api, calls)
    assert (most, len(desk.received)) == ([CONCURRENCY], CONCURRENCY + 1)


def test_interrupted(begin, desk):
    """A call that was under way when the mock was killed is not repeated: it may have been answered."""
    talk = begin()
    api = talk.api
    api.write(talk.talk, "a human, please")
    begun = []
    api.portal.call(caller(api, desk).begin_due, begun.append)
    begun[0].close()
    talk.settle()
    (call,) = talk.calls()
    assert (call["state"], call["error"]) == (
        "interrupted",
        {"kind": "interrupted", "message": "The mock was stopped before an answer came."},
    )
    assert (talk.texts()[2:], desk.received) == (["Nobody is there."], [])


def test_cleared_meanwhile(begin, desk):
    """A call whose conversation was forgotten while it was under way leaves nothing behind."""
    talk = begin()

    async def within():
        assert (await talk.api.client.post("/_mock/clear")).is_success

    desk.within = within
    talk.write("a human, please")
    assert (talk.calls(), talk.api.events()) == ([], [])


def test_in_the_log(begin):
    """The log and the conversation's page show each call with its times, and no confidential header; clearing forgets."""
    headers = dict.fromkeys(("Authorization", "X-Api-Key", "Cookie"), "s3cret")
    talk = begin({"handoffs": {"custom-handoff": {"url": URL, "headers": headers}}})
    api = talk.api
    talk.write("a human, please")
    talk.post("end-handoff")
    api.advance(60)
    talk.write("a human, please")
    assert [call["created_at"] for call in talk.calls()] == [
        "2023-11-14T22:14:20.000+00:00",
        "2023-11-14T22:13:20.000+00:00",
    ]
    assert talk.calls()[1] == {
        "id": talk.calls()[1]["id"],
        "conversation_id": talk.id,
        "integration": "custom-handoff",
        "state": "succeeded",
        "created_at": "2023-11-14T22:13:20.000+00:00",
        "started_at": "2023-11-14T22:13:20.000+00:00",
        "finished_at": "2023-11-14T22:13:20.000+00:00",
        "elapsed": 0.25,
        "request": {
            "url": URL,
            "headers": [
                ["content-type", "application/json"],
                ["user-agent", "adakit"],
                ["accept", "*/*"],
                ["Authorization", "***"],
                ["X-Api-Key", "***"],
                ["Cookie", "***"],
            ],
            "body": f'{{"ada_conversation_id":"{talk.id}"}}',
        },
        "response": {"status": 204, "headers": [["Set-Cookie", "***"], ["Server", "desk"]], "body": "a word"},
        "error": None,
    }
    assert len(api.ok("GET", "/_mock/handoffs?limit=1")["data"]) == 1
    page = api("GET", f"/_mock/../conversations/{talk.id}").text
    assert page.count(f"POST {URL}") == 2
    assert "Authorization: ***" in page
    assert "s3cret" not in page
    api.ok("POST", "/_mock/clear")
    assert talk.calls() == []


class Service:
    """A desk behind a real socket, which answers 204 once a webhook has told it of a message, else 504."""

    def __init__(self):
        self.received, self.told = [], threading.Event()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/events":
                    service.told.set()
                else:
                    service.received.append(body)
                self.send_response(204 if service.told.wait(5) else 504)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.origin}/start-handoff"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def service():
    service = Service()
    yield service
    service.close()


def ask_for_a_human(mock):
    talk = mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
    author = {"role": "end_user", "id": talk["end_user_id"]}
    body = {"author": author, "content": {"type": "text", "body": "a human, please"}}
    mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)
    return talk["id"]


def test_over_sockets(service):
    """A mock that runs calls the desk by itself; deliveries go on meanwhile, and chaos is for them alone."""
    with MockAda(handoff_url=service.url) as mock:
        mock.add_webhook(f"{service.origin}/events")
        talk = ask_for_a_human(mock)
        mock.settle()
        mock.set_chaos("drop,duplicate", seed=1)
        ask_for_a_human(mock)
        mock.settle()
        assert service.received[0] == {"ada_conversation_id": talk}
        assert mock.handoffs()[0]["conversation_id"] == talk
        assert [call["response"]["status"] for call in mock.handoffs()] == [204, 204]


def test_refused_then_restarted(service, tmp_path):
    """A refused connection is a failure; a restart makes the call that was not begun, and repeats none."""
    options = {"database": f"sqlite:///{tmp_path / 'mock.db'}"}
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take the port
        with MockAda(handoff_url=f"http://127.0.0.1:{bound.getsockname()[1]}/", **options) as mock:
            ask_for_a_human(mock)
            mock.settle()
            (call,) = mock.handoffs()
            assert (call["state"], call["response"], call["error"]["kind"]) == ("failed", None, "refused")
    with MockAda(script={"delay": 3, **RULES}, handoff_url=service.url, **options) as mock:
        late = ask_for_a_human(mock)
        mock.settle()
    with MockAda(script={"delay": 3, **RULES}, handoff_url=service.url, **options) as mock:
        service.told.set()
        mock.advance(3)
        assert service.received == [{"ada_conversation_id": late}]
    with MockAda(handoff_url=service.url, **options) as mock:
        mock.advance(60)
        assert len(service.received) == 1
