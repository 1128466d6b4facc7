"""Control: state, events, seeding, clearing, health; and the console."""

from __future__ import annotations

import pytest

from ada_mockserver.mock.console.rendering import POLICY

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {"url": "http://127.0.0.1:9/hook", "secret": SECRET, "headers": {"x-token": "t0ken"}}


def test_health(api):
    """Health is answered without a key."""
    api.client.headers.pop("authorization")
    assert api.ok("GET", "/_mock/health") == {"status": "ok"}


def test_state(api):
    """The state counts everything, and shows the newest first."""
    talks = [api.conversation() for _ in range(3)]
    api.write(talks[0], "a human, please")
    state = api.ok("GET", "/_mock/state?limit=2")
    assert state["counts"] == {
        "channels": 6,
        "end_users": 3,
        "conversations": 3,
        "messages": 2,
        "events": 11,
        "deliveries": 0,
        "attempts": 0,
        "webhooks": 0,
        "pending_deliveries": 0,
    }
    assert [talk["id"] for talk in state["conversations"]] == [talks[2]["id"], talks[1]["id"]]
    assert api.ok("GET", "/_mock/state")["conversations"][2]["handoff_integration"] == "custom-handoff"


def test_events(api):
    """Events are listed with their tags and payloads, by type."""
    talk = api.conversation()
    (created,) = api.ok("GET", "/_mock/events?type=conversation.created")["data"]
    assert created["id"].startswith("msg_")
    assert (created["type"], created["channels"]) == ("v1.conversation.created", [talk["channel_id"]])
    assert created["payload"]["data"]["conversation_id"] == talk["id"]
    assert [event["type"] for event in api.ok("GET", "/_mock/events")["data"]] == [
        "v1.conversation.created",
        "v1.end_user.created",
        "v1.audit_log.emitted",
    ]


def test_seeded(api):
    """Ids and secrets can be given; what is there already, by id or external id, stays."""
    document = {
        "channels": [{"id": "5df263b7db5a7e6ea03fae9b", "name": "Ours", "metadata": {"a": 1}}],
        "webhooks": [WEBHOOK],
        "end_users": [{"external_id": "crm-1", "profile": {"email": "a@example.com", "metadata": {"n": 1}}}],
        "stories": ["voice"],
    }
    made = api.ok("POST", "/_mock/seed", document)
    assert made["channels"][0]["id"] == "5df263b7db5a7e6ea03fae9b"
    assert made["end_users"][0]["profile"]["email"] == "a@example.com"
    key = api.ok("GET", f"/webhooks/{made['webhooks'][0]['id']}/secret")
    assert key == {"key": SECRET}
    assert made["stories"][0]["story"] == "voice"
    again = api.ok(
        "POST", "/_mock/seed", {"channels": document["channels"], "end_users": document["end_users"]}
    )
    assert again["channels"] == made["channels"]
    assert again["end_users"] == made["end_users"]
    kinds = ("webhooks", "channels", "end_users", "stories", "events", "installations")
    assert api.ok("POST", "/_mock/seed") == {kind: [] for kind in kinds}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (
            {"webhook": []},
            {
                "$.webhook": "is not known; known are: channels, end_users, events, installations, stories, webhooks"
            },
        ),
        ({"stories": ["fax"]}, {"$.stories[0]": "must be one of: messaging, handoff, voice, email"}),
        ({"webhooks": [{}]}, {"$.webhooks[0].url": "is required"}),
        (
            {"webhooks": [{**WEBHOOK, "secret": "whsec_!"}]},
            {
                "$.webhooks[0].secret": "The signing secret is not base64: it holds a character other than"
                " A-Z, a-z, 0-9, '+', '/' and '='."
            },
        ),
        (
            {"webhooks": [{**WEBHOOK, "headers": {"a": "b\r\nc"}}]},
            {"$.webhooks[0].headers": "The value of the header 'a' holds a line break or a NUL."},
        ),
        ({"channels": [{"id": "../x"}]}, {"$.channels[0].id": "must be letters and digits, at most 64"}),
    ],
)
def test_seed_refused(api, document, found):
    """What cannot be made is refused, and nothing of the same call is kept."""
    assert api.invalid("POST", "/_mock/seed", {"end_users": [{}], **document}) == found
    assert api.ok("GET", "/_mock/state")["counts"]["end_users"] == 0


def test_cleared(api):
    """Clearing forgets everything, and leaves what a new AI Agent has."""
    api.ok("POST", "/_mock/seed", {"webhooks": [WEBHOOK], "stories": ["handoff"]})
    api.ok("POST", "/_mock/clear")
    state = api.ok("GET", "/_mock/state")
    assert state["counts"] == {**dict.fromkeys(state["counts"], 0), "channels": 3}


def test_console(api):
    """The console's list has the events, and no key is asked for."""
    api.ok("POST", "/_mock/seed", {"webhooks": [WEBHOOK], "stories": ["handoff"]})
    page = api.request("GET", "/", headers={"authorization": ""})
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == f"{POLICY}'self'"
    for shown in (WEBHOOK["url"], "conversation.handoff.ended"):
        assert shown in page.text
    rows = api.request("GET", "/?rows&type=conversation.handoff.ended").text
    assert rows.count("<li ") == 1
    assert api.request("GET", "/?rows&before=1&after=x&ids=&type=none").text.strip() == ""


def test_empty_console(api):
    """A console of a new mock says how to begin."""
    page = api.request("GET", "/").text
    assert "have a client call <code>http://mock.test/api/v2</code>" in page
    assert "Nothing has been sent yet." in api.request("GET", "/attempts").text


def test_survey(api):
    """The survey's link leads to a page."""
    page = api.request("GET", f"/survey/{api.conversation()['id']}")
    assert "How did we do?" in page.text
    assert page.headers["content-security-policy"] == f"{POLICY}'self'"
    assert api.refused("GET", "http://mock.test/survey/5f5e")[0] == 404
