"""``/_mock``: attempts, the clock, chaos, resending and recovery over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from ada_mockserver.clock import ManualClock
from ada_mockserver.mock.mock_ada import MockAda
from support.outbox_stage import START, Consumer


@pytest.fixture(scope="module")
def server():
    """A running mock, whose deliveries go to a stand-in."""
    consumer = Consumer()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ada_mockserver.mock.outbox.worker.Wire", lambda clock: consumer)
        with MockAda(clock=ManualClock(START)) as mock:
            mock.consumer = consumer
            yield mock


@pytest.fixture
def mock(server):
    """The mock, emptied, with a webhook; ``mock.hook`` is its id."""
    server.clear()
    server.set_chaos("")
    server.consumer.last = 200
    server.consumer.answers.clear()
    server.consumer.requests.clear()
    server.hook = server.add_webhook("http://consumer.example/hook").id
    return server


def refused(mock, method, path, body=None):
    """The status and the error of a request that has to be refused."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        mock.base_url + path, data, {"content-type": "application/json"}, method=method
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=30)
    with error.value as answer:
        (details,) = json.load(answer)["errors"]
        return answer.status, details["details"]


def one_event(mock):
    mock.call("POST", "/v2/end-users/", {"profile": {"display_name": "Ada"}})
    mock.settle()
    return mock.events()[-1]["id"]


def test_attempts(mock):
    """The log is read with filters; a filter that is none is refused."""
    mock.consumer.last = 500
    event_id = one_event(mock)
    mock.advance(5)
    first, second = reversed(mock.call("GET", f"/_mock/attempts?event_id={event_id}&status=500")["data"])
    assert (first["number"], second["number"], second["trigger"]) == (1, 2, "retry")
    assert first["next_attempt_at"] == second["started_at"]
    query = "state=failed&event_type=end_user.created&since=2020-09-13T12:26:40&limit=1"
    assert [each["number"] for each in mock.call("GET", f"/_mock/attempts?{query}")["data"]] == [2]
    assert mock.call("GET", f"/_mock/attempts?before={second['ordinal']}")["data"] == [first]
    assert mock.call("GET", f"/_mock/attempts?until={START - 1}")["data"] == []
    (delivery,) = mock.call("GET", "/_mock/deliveries?state=pending")["data"]
    assert (delivery["event_id"], delivery["attempts"]) == (event_id, 2)
    for query, parameter, message in (
        ("color=red", "$.color", None),
        ("status=x", "$.status", "must be a whole number"),
        ("since=noon", "$.since", "must be a time: Unix seconds, or ISO 8601"),
        ("state=pending", "$.state", "must be one of: in-flight, succeeded, failed, interrupted"),
        ("trigger=x", "$.trigger", "must be one of: scheduled, retry, resend, recover, duplicate"),
        ("event_type=order.paid", "$.event_type", None),
    ):
        status, (detail,) = refused(mock, "GET", f"/_mock/attempts?{query}")
        assert (status, detail["parameter"], detail["location"]) == (400, parameter, "query")
        assert message in (None, detail["message"])


def test_clock(mock):
    """The clock is read and moved on; what falls due on the way has been attempted when that is answered."""
    mock.consumer.last = 500
    one_event(mock)
    before = mock.call("GET", "/_mock/clock")["unix"]
    assert mock.call("POST", "/_mock/clock", {"advance": "27h35m5s"})["unix"] - before == 99_305
    assert len(mock.attempts()) == 8
    assert mock.call("POST", "/_mock/clock", {"advance": 1.5})["unix"] - before == 99_306.5
    after = mock.call("GET", "/_mock/clock")
    assert after["rate"] == 0
    for body in (
        {},
        {"advance": "soon"},
        {"advance": ""},
        {"advance": True},
        {"advance": -1},
        {"advance": "9" * 39 + "d"},
        {"advance": 1e300},
        {"advanced": 1},
    ):
        assert refused(mock, "POST", "/_mock/clock", body)[0] == 400
    assert mock.call("GET", "/_mock/clock") == after


def test_chaos(mock):
    """Chaos is set as text or as a list, read and ended; a bad rule is refused with its reason."""
    assert mock.call("POST", "/_mock/chaos", {"rules": "drop@5%, delay=2", "seed": 7}) == {
        "rules": ["drop@5%", "delay=2"],
        "seed": 7,
    }
    assert mock.call("PUT", "/_mock/chaos", {"rules": ["duplicate"], "seed": 8})["rules"] == ["duplicate=1"]
    event_id = one_event(mock)
    assert len(mock.call("GET", f"/_mock/attempts?event_id={event_id}")["data"]) == 2
    assert mock.call("GET", "/_mock/chaos") == {"rules": ["duplicate=1"], "seed": 8}
    status, (detail,) = refused(mock, "POST", "/_mock/chaos", {"rules": "delay"})
    assert (status, detail["parameter"]) == (400, "$.rules")
    assert detail["message"].startswith("The rule of chaos 'delay' says not how long. held for delay=1.5")
    assert refused(mock, "POST", "/_mock/chaos", {"rules": 5})[0] == 400
    assert refused(mock, "POST", "/_mock/chaos", {"rules": "", "seed": -1})[0] == 400
    assert mock.call("DELETE", "/_mock/chaos") == {"rules": [], "seed": 0}


def test_resend(mock):
    """An event is resent by its id."""
    event_id = one_event(mock)
    assert mock.call("POST", "/_mock/resend", {"event_id": event_id}) == {"deliveries": 1}
    mock.settle()
    assert mock.consumer.ids() == [event_id] * 2
    status, (detail,) = refused(mock, "POST", "/_mock/resend", {"event_id": "msg_none"})
    assert (status, detail) == (
        400,
        {
            "parameter": "$.event_id",
            "location": "body",
            "message": "There is no event 'msg_none'. Its id is what svix-id said: msg_...",
        },
    )
    status, (detail,) = refused(
        mock, "POST", "/_mock/resend", {"event_id": event_id, "endpoint_id": "ep_none"}
    )
    assert detail["parameter"] == "$.endpoint_id"


def test_recover(mock):
    """What failed since a time is delivered again."""
    mock.consumer.last = 500
    event_id = one_event(mock)
    mock.advance(100_000)
    mock.consumer.last = 200
    since = mock.clock.now() - 200_000
    assert mock.call("POST", "/_mock/recover", {"endpoint_id": mock.hook, "since": since}) == {
        "deliveries": 1
    }
    mock.settle()
    assert mock.consumer.ids() == [event_id] * 9
    assert mock.attempts()[-1]["state"] == "succeeded"
    for body in ({"endpoint_id": mock.hook}, {"since": 0}, {"endpoint_id": "ep_none", "since": 0}):
        assert refused(mock, "POST", "/_mock/recover", body)[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "parameter", "message"),
    [
        ("clock", {}, "$.advance", "is required, and must be seconds, or a text such as 90s, 27h35m or 7d"),
        ("clock", {"advance": True}, "$.advance", "must be seconds, or a text such as 90s, 27h35m or 7d"),
        ("chaos", {"rules": "", "seed": 2**53}, "$.seed", "must be an integer from 0, or null to draw one"),
        ("chaos", {"rules": [1]}, "$.rules[0]", "must be a string"),
        ("resend", {}, "$.event_id", "is required, and must be text: what svix-id said"),
        ("resend", {"event_id": "a", "to": 1}, "$.to", "is not known; known are: endpoint_id, event_id"),
        (
            "recover",
            {"endpoint_id": "a", "since": None},
            "$.since",
            "must be a time: Unix seconds, or ISO 8601",
        ),
    ],
)
def test_bad_bodies(mock, path, body, parameter, message):
    """A body that does not fit is refused with what the member must be."""
    status, details = refused(mock, "POST", f"/_mock/{path}", body)
    assert (status, [(each["parameter"], each["message"]) for each in details]) == (
        400,
        [(parameter, message)],
    )


def test_clear_counts_chaos_anew(mock):
    """After everything is forgotten the first event is the first again, also for chaos."""
    mock.set_chaos("drop@#1", seed=1)
    one_event(mock)
    mock.call("POST", "/_mock/clear")
    mock.add_webhook("http://127.0.0.1:9/")
    event_id = one_event(mock)
    assert [each["chaos"] for each in mock.attempts(event_id)] == [["drop"]]
