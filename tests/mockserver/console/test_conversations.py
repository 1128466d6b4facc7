"""The list of conversations, and the beginning of a new one."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver.mock.console.pages import conversations
from support.console_stage import HOSTILE, say


def read(mock, **query):
    """The page, and the ids of the conversations on it in their order."""
    response = httpx.get(f"{mock.base_url}/conversations", params=query)
    assert response.status_code == 200, response.text
    return response.text, re.findall(r'<li id="c-(\w+)">', response.text)


def start(mock, **fields):
    return httpx.post(f"{mock.base_url}/conversations", data={"channel": mock.channel_id, **fields})


def data_of(mock, kind):
    return [event["payload"]["data"] for event in mock.events() if event["type"] == f"v1.{kind}"]


def test_rows_come_by_themselves(mock, open_page):
    """What happens is in the list without a reload, also while it is filtered; a row leads to its page."""
    page = open_page("/conversations")
    expect(page.get_by_text("There is no conversation yet.")).to_be_visible()
    first = say(mock, "Where is my order?")
    rows = page.locator("#list li")
    expect(rows).to_contain_text("AI Agent: Thank you for your message. You wrote: Where is my order?")
    page.get_by_label("Status").select_option("in a handoff")
    expect(page.get_by_text("No conversation fits these filters.")).to_be_visible()
    say(mock, "a human, please", first)
    expect(rows.locator(".badge")).to_have_text("custom-handoff")
    rows.get_by_role("link").click()
    expect(page).to_have_url(f"{mock.base_url}/conversations/{first['id']}")


def test_filters(mock):
    """A text is found in messages, names and at the beginning of ids; a status is that of the conversation."""
    talks = [say(mock, text) for text in ("50% off? ÄPFEL", "a human, please", "bye")]
    ids = [talk["id"] for talk in talks]
    mock.call("PATCH", f"/v2/end-users/{talks[1]['end_user_id']}/", {"profile": {"first_name": "Zoë"}})
    for text, found in {"50% OFF": 0, "ÄPFEL": 0, "zoë": 1, ids[2]: 2}.items():
        assert read(mock, text=text)[1] == [ids[found]], text
    for text in ("5_% off", "end_user", "body"):
        assert read(mock, text=text)[1] == [], text
    for holder, found in {"AI Agent": 0, "handoff": 1, "ended": 2}.items():
        assert read(mock, holder=holder)[1] == [ids[found]], holder
    assert set(read(mock, holder="nobody", before="x")[1]) == set(ids)
    assert read(mock, text="\0' OR 1=1 --")[1] == []


def test_older_ones(mock, monkeypatch):
    """A link leads to the conversations before these, none of them left out or twice, filters kept."""
    monkeypatch.setattr(conversations, "SHOWN", 3)
    ids = [say(mock, "apples")["id"] for _ in range(5)]
    say(mock, "pears")
    page, newest = read(mock, text="apples")
    assert "6 in all" in page
    (query,) = re.findall(r'href="/conversations\?([^"]+)">Older', page)
    older = httpx.get(f"{mock.base_url}/conversations?{query.replace('&amp;', '&')}").text
    assert newest + re.findall(r'<li id="c-(\w+)">', older) == ids[::-1]
    assert "Older conversations" not in older
    assert 'hx-trigger="live' not in older


def test_start(mock):
    """A form that is filled in begins a conversation: its end user says the first message, and is answered."""
    response = start(
        mock, name="Zoë", email="zoe@example.com", metadata='{"plan": "pro", "seats": 3}', text="Hi\r\nthere"
    )
    assert response.status_code == 303
    (begun,) = data_of(mock, "conversation.created")
    assert response.headers["location"] == f"/conversations/{begun['conversation_id']}"
    assert begun["metadata"] == {"plan": "pro", "seats": 3}
    (user,) = data_of(mock, "end_user.created")
    assert (user["profile"]["display_name"], user["profile"]["email"]) == ("Zoë", "zoe@example.com")
    said, answered = data_of(mock, "conversation.message")
    assert said["author"] == {
        "id": user["end_user_id"],
        "role": "end_user",
        "avatar": None,
        "display_name": "Zoë",
    }
    assert said["content"] == {"type": "text", "body": "Hi\nthere"}
    assert answered["author"]["role"] == "ai_agent"


@pytest.mark.parametrize("modality", ["voice", "email"])
def test_start_elsewhere(mock, modality):
    """Conversations begin on Ada's own channels, too, with nothing but the channel chosen."""
    listed = mock.call("GET", "/v2/channels/?type=native")["data"]
    (channel,) = (each["id"] for each in listed if each["modality"] == modality)
    assert start(mock, channel=channel).status_code == 303
    (begun,) = data_of(mock, "conversation.created")
    assert begun["channel_id"] == channel
    assert data_of(mock, "conversation.message") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"metadata": "{"}, "is not valid JSON"),
        ({"metadata": "[1]"}, "$.metadata must be an object"),
        ({"metadata": '{"a": [1]}'}, "$.metadata.a must be"),
        ({"metadata": json.dumps({"a": "x" * 5000})}, "is larger than 4 KB"),
        ({"email": "zoe"}, "must be an e-mail address"),
        ({"channel": "gone"}, "is not there any more"),
    ],
)
def test_start_refused(mock, fields, said):
    """What cannot be is said beside its field, what was filled in is still there, and nothing begins."""
    response = start(mock, text=HOSTILE, **fields)
    assert response.status_code == 400
    (name,) = fields
    fault = response.text.partition(f'id="wrong-{name}">')[2].partition("<")[0]
    assert said in fault
    assert f'aria-describedby="wrong-{name}"' in response.text
    assert "&lt;script&gt;document.title" in response.text
    assert mock.events() == []


def test_shown_as_text(mock, open_page):
    """Whatever names and messages hold is shown as text, on a phone too."""
    start(mock, name=HOSTILE, text=HOSTILE)
    page = open_page("/conversations", width=390)
    expect(page.locator("#list .name")).to_have_text(HOSTILE)
    expect(page.locator("#list .what")).to_contain_text(HOSTILE)
    assert page.title() == "Conversations · Mock Ada"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
