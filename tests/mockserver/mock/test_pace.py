"""The natural pace: agents take the time that people take, where the script names none."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from ada_mockserver import MockAda
from ada_mockserver.clock import SteeredClock
from ada_schemas.errors import UsageError

TALKS = {
    "greeting": "Welcome.",
    "rules": [
        {"when": "bye", "reply": "Goodbye.", "end": True},
        {"when": "map", "reply": ["Here is", "the map."], "link": "https://example.com/map"},
        {
            "when": "zendesk",
            "reply": "Wait.",
            "handoff": "zendesk_chat",
            "human": {"display_name": "Kim", "replies": ["Kim here.", "Good bye."]},
        },
        {"when": "a human", "handoff": "custom-handoff", "end": True},
    ],
    "default": ["Yes: {text}"],
}
START = 1_700_000_000
DAY = 86_400


@pytest.fixture
def api(make_api):
    return make_api(TALKS, pace="natural", rng=Random(1))


def pass_time(api, seconds):
    """Let the clock go on as far, stopping where something is due."""
    until = api.clock.now() + seconds
    due = api.advance(0)
    while due is not None and due <= until:
        due = api.advance(due - api.clock.now())
    return api.advance(until - api.clock.now())


def timeline(api):
    """The seconds since the start of every event, with its type, and what a message says."""
    found = []
    for event, _ in api.events():
        data = event["data"]
        content = data.get("content", {})
        said = content.get("body") or content.get("link_text") or content.get("url") or event["type"][3:]
        at = api.seconds(event["timestamp"])
        found.append((at - START, said))
    return found


def told(api):
    return [said for _, said in timeline(api)]


def gaps(api):
    """What was said, each with the seconds after what came before."""
    told = timeline(api)
    return {said: at - before for (before, _), (at, said) in pairwise(told)}


def test_one_after_another(api):
    """Nothing exists before its time; the messages of a reply come one by one, replies in their order."""
    talk = api.conversation()
    api.write(talk, "a map")
    api.write(talk, "hello")
    due = api.advance(0)
    assert START + 1.2 <= due <= START + 4.6
    assert told(api)[2:] == ["a map", "hello"]
    assert pass_time(api, 60) is None
    assert told(api)[2:] == [
        "a map",
        "hello",
        "Welcome.",
        "Here is",
        "the map.",
        "https://example.com/map",
        "Yes: hello",
    ]
    taken = gaps(api)
    for said in ("Welcome.", "Here is", "the map.", "https://example.com/map", "Yes: hello"):
        assert 1.1 <= taken[said] <= 4.6


def test_human_agent(api):
    """A human agent picks up after a while, types, and hands back after the last word."""
    talk = api.conversation()
    api.write(talk, "zendesk")
    pass_time(api, 10)
    assert told(api)[2:] == ["zendesk", "Welcome.", "Wait."]
    assert api.ok("GET", "/_mock/state")["conversations"][0]["handoff_integration"] == "zendesk_chat"
    pass_time(api, 600)
    assert told(api)[-1] == "Kim here."
    assert 21 <= gaps(api)["Kim here."] <= 335
    api.write(talk, "thanks")
    pass_time(api, 120)
    assert told(api)[-3:] == ["thanks", "Good bye.", "conversation.handoff.ended"]
    taken = gaps(api)
    assert 6 <= taken["Good bye."] <= 30
    assert 2 <= taken["conversation.handoff.ended"] <= 20
    api.write(talk, "hello")
    pass_time(api, 10)
    assert told(api)[-2:] == ["hello", "Yes: hello"]


def test_end_and_survey(api):
    """A goodbye, the end and the survey follow each other; what was planned after the end is dropped."""
    talk = api.conversation()
    api.write(talk, "bye")
    api.write(talk, "never answered")
    pass_time(api, DAY)
    assert told(api)[4:] == ["Welcome.", "Goodbye.", "conversation.ended", "How did we do?"]
    taken = gaps(api)
    assert 0.3 <= taken["conversation.ended"] <= 2.5
    assert 1.2 <= taken["How did we do?"] <= 4.5


def test_ended_by_the_api(api):
    """The survey follows an end by the API in its time; what was still to be said is never said."""
    talk = api.conversation()
    api.write(talk, "hello")
    api.ok("POST", f"/conversations/{talk['id']}/end/")
    assert told(api)[2:] == ["hello", "conversation.ended"]
    pass_time(api, DAY)
    assert told(api)[2:] == ["hello", "conversation.ended", "How did we do?"]
    assert 1.2 <= gaps(api)["How did we do?"] <= 4.5


def test_another_handoff_meanwhile(api):
    """A reply that was to hand off is dropped as a whole once somebody else took over, its end too."""
    talk = api.conversation()
    pass_time(api, 10)
    api.write(talk, "a human")
    api.write(talk, "I am Sam.", role="human_agent", display_name="Sam")
    pass_time(api, DAY)
    assert told(api)[3:] == ["a human", "I am Sam."]
    assert api.ok("GET", f"/conversations/{talk['id']}/")["status"] == "active"


def test_not_behind_what_is_dropped(api):
    """Who hands back before the human agent came does not make the AI Agent wait for that."""
    talk = api.conversation()
    api.write(talk, "zendesk")
    pass_time(api, 10)
    api.ok("POST", f"/conversations/{talk['id']}/end-handoff/")
    api.write(talk, "hello")
    pass_time(api, 5)
    assert told(api)[-2:] == ["hello", "Yes: hello"]


@pytest.mark.parametrize("delay", [0, 3])
def test_named_delay_wins(make_api, delay):
    """A delay that the script names is the whole time, for everything that a reply consists of."""
    api = make_api({**TALKS, "delay": delay}, pace="natural")
    talk = api.conversation()
    api.write(talk, "bye")
    pass_time(api, delay)
    assert {round(at) for at, _ in timeline(api)} == {0, delay}
    assert sorted(told(api)[2:]) == sorted(
        ["Welcome.", "bye", "Goodbye.", "conversation.ended", "How did we do?"]
    )


def test_instant(make_api):
    """At the pace of tests everything is there at once."""
    api = make_api(TALKS)
    talk = api.conversation()
    for text in ("zendesk", "thanks", "bye"):
        api.write(talk, text)
    assert told(api)[2:] == [
        "Welcome.",
        "zendesk",
        "Wait.",
        "Kim here.",
        "thanks",
        "Good bye.",
        "conversation.handoff.ended",
        "bye",
        "Goodbye.",
        "conversation.ended",
        "How did we do?",
    ]
    assert timeline(api)[-1][0] < 0.1


class Standing:
    """A machine's clock that stands: what has a rate goes on as it is told."""

    time = 1_700_000_000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time


def test_late_on_a_fast_clock(make_api):
    """On a clock that outruns the machine, what comes late happened when it was due."""
    api = make_api({"default": "Yes."}, pace="natural", rng=Random(5))
    talk = api.conversation()
    api.write(talk, "hello")
    due = api.advance(0)
    api.advance(1_000)
    at, said = timeline(api)[-1]
    assert said == "Yes."
    assert abs(at + START - due) < 0.001


def test_faster_with_the_clock():
    """A clock that runs a thousand times as fast shortens what is waited for by as much."""
    machine = Standing()
    with MockAda(pace="natural", clock=SteeredClock(1_000, base=machine)) as mock:
        talk = mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
        body = {
            "author": {"role": "end_user", "id": talk["end_user_id"]},
            "content": {"type": "text", "body": "hello"},
        }
        mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)
        mock.settle()
        assert len(mock.events("conversation.message")) == 1
        machine.time += 0.005
        mock.settle()
        assert len(mock.events("conversation.message")) == 2


def test_unknown_pace():
    """A pace that there is not is a usage error."""
    with pytest.raises(UsageError) as caught:
        MockAda(pace="naturel")
    assert str(caught.value) == (
        "There is no pace 'naturel'.\n  Did you mean natural? Write natural or instant."
    )
