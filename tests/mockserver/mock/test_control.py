"""Control: state, events, seeding, clearing, health; and the console."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from importlib import resources

import pytest

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
    """The console shows webhooks, conversations, events, what people said, and no secret."""
    made = api.ok("POST", "/_mock/seed", {"webhooks": [WEBHOOK], "stories": ["handoff"]})
    talk = api.conversation()
    api.write(talk, "<script>alert(1)</script>")
    page = api.request("GET", "/", headers={"authorization": ""})
    assert page.status_code == 200
    assert_policy_covers(page)
    for shown in (WEBHOOK["url"], made["stories"][0]["conversation_id"], "v1.conversation.handoff.ended"):
        assert shown in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>alert" not in page.text
    for secret in (SECRET.removeprefix("whsec_"), "t0ken", "key-of-the-tests"):
        assert secret not in page.text
    part = api.request("GET", "/?content")
    assert part.text.startswith("<main>")


class Inline(HTMLParser):
    """Collects the scripts and styles of a page, and the attributes that a policy by hash does not allow."""

    def __init__(self, text):
        super().__init__()
        self.found, self.attributes, self._kind = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._kind = tag if tag in ("script", "style") else ""
        barred = ("style", "src") if tag == "a" else ("style", "src", "href")
        self.attributes += [n for n, _ in attrs if n.startswith("on") or n in barred]

    def handle_data(self, data):
        if self._kind:
            self.found.append((self._kind, data))

    def handle_endtag(self, tag):
        self._kind = ""


def assert_policy_covers(page):
    """Hold a page against its policy, which a browser would do."""
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    inline = Inline(page.text)
    assert inline.attributes == []
    assert inline.found
    expected = {
        "default-src": "'none'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    expected["frame-ancestors"] = "'none'"
    for kind, text in inline.found:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        expected[f"{kind}-src"] = f"'sha256-{digest}'"
    assert policy == expected


def test_templates():
    """No template has a script or a style in an attribute, which the pages' policy would keep from working."""
    folder = resources.files("ada_mockserver.mock.console")
    for name in ("page.html", "content.html", "survey.html", "integrations.html"):
        assert Inline((folder / name).read_text(encoding="utf-8")).attributes == []


def test_empty_console(api):
    """A console of a new mock says how to begin."""
    page = api.request("GET", "/").text
    assert "Register one with <code>POST http://mock.test/api/v2/webhooks/</code>" in page
    assert "Nothing has been sent yet." in page


def test_survey(api):
    """The survey's link leads to a page."""
    page = api.request("GET", f"/survey/{api.conversation()['id']}")
    assert "How did we do?" in page.text
    assert_policy_covers(page)
    assert api.refused("GET", "http://mock.test/survey/5f5e")[0] == 404
