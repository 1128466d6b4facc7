"""When the script answers: nothing of an answer exists before it is due."""

from __future__ import annotations

from datetime import datetime

import pytest

from ada_mockserver import MockAda

LATE = {
    "delay": 3,
    "greeting": "Welcome.",
    "rules": [
        {"when": "bye", "reply": "Goodbye.", "end": True},
        {
            "when": "zendesk",
            "reply": "Wait.",
            "handoff": "zendesk_chat",
            "human": {"display_name": "Kim", "replies": ["Kim here.", "Good bye."]},
        },
    ],
    "default": ["Yes: {text}"],
}


@pytest.fixture
def api(make_api):
    return make_api(LATE)


def said(api, talk):
    listed = api.ok("GET", f"/conversations/{talk['id']}/messages/")["data"]
    return [each["content"].get("body") or each["content"]["link_text"] for each in listed]


def shown(api, talk):
    return api.ok("GET", f"/conversations/{talk['id']}/")


def test_not_before_it_is_due(api):
    """A reply is neither listed nor emitted before its delay is over, and no time lies ahead of the clock."""
    talk = api.conversation()
    message = api.write(talk, "hello")
    assert message["created_at"] == "2023-11-14T22:13:20.002000+00:00"
    assert shown(api, talk)["updated_at"] == message["created_at"]
    assert api.advance(2.75) == 1_700_000_003
    assert said(api, talk) == ["hello"]
    assert api.types() == ["end_user.created", "conversation.created", "conversation.message"]
    assert api.advance(0.25) is None
    assert said(api, talk) == ["hello", "Welcome.", "Yes: hello"]
    assert [event["timestamp"] for event, _ in api.events()[3:]] == [
        "2023-11-14T22:13:23.000+00:00",
        "2023-11-14T22:13:23.001+00:00",
    ]
    assert shown(api, talk)["updated_at"] == "2023-11-14T22:13:23.001000+00:00"


def test_end_when_said(api):
    """A conversation that the script ends is active until the goodbye is said, and ends with it."""
    talk = api.conversation()
    api.write(talk, "bye")
    assert shown(api, talk)["status"] == "active"
    api.advance(3)
    assert shown(api, talk)["status"] == "ended"
    assert said(api, talk) == ["bye", "Welcome.", "Goodbye.", "How did we do?"]
    assert api.types()[-2:] == ["conversation.ended", "conversation.message"]


def test_dropped_after_the_end(api):
    """What was still to be said when the conversation ended is never said."""
    talk = api.conversation()
    api.write(talk, "hello")
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    before = api.types()
    assert api.advance(60) is None
    assert said(api, talk) == ["hello", "How did we do?"]
    assert api.types() == before


def test_dropped_after_the_handoff(api):
    """A human agent whose handoff has ended says no more, though another handoff has begun meanwhile."""
    talk = api.conversation()
    api.write(talk, "zendesk")
    api.advance(3)
    api.ok("POST", f"/conversations/{talk['id']}/end-handoff/")
    api.write(talk, "I am Sam.", role="human_agent", display_name="Sam")
    api.advance(60)
    assert said(api, talk) == ["zendesk", "Welcome.", "Wait.", "I am Sam."]


def test_dropped_in_a_handoff(api):
    """The AI Agent does not talk into a handoff that began before its reply was due."""
    talk = api.conversation()
    api.write(talk, "zendesk")
    api.advance(1)
    api.write(talk, "hello?")
    api.advance(2)
    assert said(api, talk) == ["zendesk", "hello?", "Welcome.", "Wait."]
    api.advance(3)
    assert said(api, talk)[4:] == ["Kim here."]
    api.write(talk, "thanks")
    api.advance(3)
    assert said(api, talk)[5:] == ["thanks", "Good bye."]
    assert api.types()[-2:] == ["conversation.message", "conversation.handoff.ended"]


def test_with_the_clock():
    """A mock that runs answers as its clock is moved on, each answer at its own time."""
    with MockAda(script=LATE) as mock:
        talk = mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
        author = {"role": "end_user", "id": talk["end_user_id"]}
        body = {"author": author, "content": {"type": "text", "body": "zendesk"}}
        start = mock.clock.now()
        mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)
        mock.settle()
        assert len(mock.events("conversation.message")) == 1
        mock.advance(60)
        payloads = [event["payload"] for event in mock.events("conversation.message")]
        times = [datetime.fromisoformat(payload["timestamp"]).timestamp() for payload in payloads]
        assert [round(time - start) for time in times] == [0, 3, 3, 6]


def test_kept_over_a_restart(tmp_path):
    """What is planned is kept with the message that it answers, and said after a restart."""
    url = f"sqlite:///{tmp_path / 'mock.db'}"
    with MockAda(script=LATE, database=url) as mock:
        mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
    with MockAda(script=LATE, database=url) as mock:
        mock.advance(3)
        (greeting,) = mock.events("conversation.message")
        assert greeting["payload"]["data"]["content"]["body"] == "Welcome."
