"""The page of the mock's time, of what it has ahead, and of the chaos."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver import MockAda
from support.console_stage import HOSTILE, say


def post(mock, path="/clock", **fields):
    """Send a form as a browser without scripts does."""
    return httpx.post(f"{mock.base_url}{path}", data=fields)


def alert(answer):
    """What a page says is wrong."""
    return unescape(re.search(r'role="alert"[^>]*>(.*?)</p>', answer.text)[1])


def rows(mock):
    """The table of what is ahead."""
    page = httpx.get(f"{mock.base_url}/clock?part=ahead").text
    found = re.findall(r"<tr><td.*?</tr>", page)
    return [tuple(unescape(re.sub(r"<[^>]*>", "|", row)).strip("|").split("||")) for row in found]


def test_advance(mock, endpoint, open_page):
    """A person moves on to the next attempt, and a retry arrives; the page says how many it were."""
    mock.add_webhook(endpoint.url)
    endpoint.outcome = 500
    mock.emit("conversation.ended")
    mock.settle()
    page = open_page("/clock", width=390)
    picture = page.get_by_role("img", name="1 attempts, 6 retries after these, where each fails")
    expect(picture).to_be_visible()
    began = mock.clock.now()
    endpoint.outcome = 200
    page.get_by_role("button", name="To what is next").click()
    expect(page.get_by_text("Moved on by 5 s: 1 attempt fell due on the way.")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert len(endpoint.requests) == 2
    assert mock.clock.now() - began == pytest.approx(5, abs=0.01)
    expect(page.get_by_text("Nothing is due.")).to_be_visible()
    page.get_by_label("Or advance by").fill("1d2h")
    page.get_by_role("button", name="Advance").click()
    expect(page.get_by_text("Moved on by 1 d 2 h: 0 attempts")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"advance": "soon"}, "must be seconds, or a text such as 90s, 27h35m or 7d"),
        ({"advance": ""}, "must be seconds, or a text such as 90s, 27h35m or 7d"),
        ({"advance": HOSTILE}, "must be seconds, or a text such as 90s, 27h35m or 7d"),
        ({"by": "next"}, "Nothing is due. Trigger an event, or give a span."),
        (
            {"advance": "400d"},
            "The clock cannot be moved on by 3.456e+07 s. Give seconds from 0 to 31622400.",
        ),
    ],
)
def test_bad_span(mock, fields, said):
    """A span that is none is answered beside the field, and the clock stays."""
    began = mock.clock.now()
    answer = post(mock, **fields)
    assert (answer.status_code, alert(answer)) == (400, said)
    assert HOSTILE not in answer.text
    assert mock.clock.now() == began


def test_advance_without_scripts(mock, endpoint):
    """The form alone moves the clock through the whole schedule."""
    mock.add_webhook(endpoint.url)
    endpoint.outcome = 500
    mock.emit("conversation.ended")
    mock.settle()
    answer = post(mock, by="27h36m")
    assert (answer.status_code, answer.headers["location"]) == (303, "/clock?moved=99360&attempts=7")
    assert len(endpoint.requests) == 8


def test_whole_schedule(mock):
    """The longest button covers the schedule however much longer the waits are."""
    assert 'value="27h36m"' in httpx.get(f"{mock.base_url}/clock").text
    with MockAda(jitter=0.2) as other:
        page = httpx.get(f"{other.base_url}/clock").text
    assert 'value="33h7m"' in page
    assert "to its last retry it is 27 h 35 min, each wait up to 20 % longer or shorter." in page


def test_deletion(mock):
    """The steps of a deletion job are ahead, and the clock goes to them."""
    mock.call("POST", "/v2/end-users/delete/", {"identifiers": [{"type": "email", "value": "a@b.example"}]})
    ((_, what, count),) = rows(mock)
    assert (what, count) == ("Steps of deletion jobs", "1")
    assert post(mock, by="next").status_code == 303


def test_ahead(mock, endpoint):
    """What is ahead is counted by when it is due: attempts, the retries after them, secrets, end users."""
    hook = mock.add_webhook(endpoint.url)
    say(mock, "Hello")
    mock.settle()
    assert rows(mock) == []
    endpoint.outcome = 500
    mock.emit("conversation.ended")
    mock.emit("conversation.created")
    mock.settle()
    assert post(mock, f"/endpoints/{hook.id}/rotate").status_code == 303  # the audit log tells of it
    mock.settle()
    found = rows(mock)
    assert [(what, count) for _, what, count in found] == [
        ("Attempts", "3"),
        *[("Retries after these, where each fails", "3")] * 6,
        ("Rotated secrets that stop signing", "1"),
    ]


def test_chaos(mock, endpoint, open_page):
    """A person switches duplicates on, an event comes twice; calm again, it comes once."""
    mock.add_webhook(endpoint.url)
    page = open_page("/clock")
    page.get_by_role("switch", name="duplicate").check()
    page.get_by_label("Events").first.fill("conversation.ended, end_user.*")
    page.get_by_label("Seed", exact=True).fill("4")
    page.get_by_role("button", name="Set the chaos").click()
    expect(page.get_by_text("in force, seed 4")).to_be_visible()
    expect(page.get_by_text("duplicate=1@conversation.ended@end_user.*").first).to_be_visible()
    mock.emit("conversation.ended")
    mock.settle()
    assert len(endpoint.requests) == 2
    page.get_by_role("button", name="Calm again").click()
    expect(page.get_by_text("calm", exact=True)).to_be_visible()
    mock.emit("conversation.ended")
    mock.settle()
    assert len(endpoint.requests) == 3


def test_chaos_as_text(mock):
    """Rules as text become switches, two of one kind included, which say the same when sent again."""
    rules = "drop@30%,delay=uniform(0.5,3)@#3,delay=2@conversation.*,bad-signature@every"
    answer = post(mock, "/clock/chaos/text", rules=rules, seed="9")
    assert (answer.status_code, answer.headers["location"]) == (303, "/clock?done=chaos#chaos")
    before = mock.call("GET", "/_mock/chaos")
    assert (",".join(before["rules"]), before["seed"]) == (rules, 9)
    page = httpx.get(f"{mock.base_url}/clock").text
    fields = {}
    for field in re.findall(r"<input [^>]*>", page):
        name = re.search(r'name="((?:kind|value|rate|events|on|every)-\d+)"', field)
        if name and ('type="checkbox"' not in field or " checked" in field):
            value = re.search(r'value="([^"]*)"', field)
            fields[name[1]] = unescape(value[1]) if value else "on"
    assert post(mock, "/clock/chaos", **fields, seed="9").status_code == 303
    after = mock.call("GET", "/_mock/chaos")
    assert (sorted(after["rules"]), after["seed"]) == (sorted(before["rules"]), 9)
    assert post(mock, "/clock/chaos/calm").headers["location"] == "/clock?done=calm#chaos"
    assert mock.call("GET", "/_mock/chaos") == {"rules": [], "seed": 0}


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/text", {"rules": "dro"}, "'dro' is no rule of chaos. Did you mean"),
        ("/text", {"rules": HOSTILE}, "is no rule of chaos."),
        ("/text", {"rules": "drop", "seed": "x"}, "must be a whole number; leave it empty to draw one"),
        (
            "",
            {"kind-0": "drop", "on-0": "on", "rate-0": "110"},
            "The rule of chaos 'drop@110%' has a probability '110%' that is not from 0% to 100%.",
        ),
        (
            "",
            {"kind-0": "burst", "on-0": "on", "value-0": "1,drop"},
            "One switch is one rule. Write several as text.",
        ),
    ],
)
def test_bad_chaos(mock, path, fields, said):
    """A rule that is none is answered beside its field in the words of the command; nothing changes."""
    answer = post(mock, f"/clock/chaos{path}", **fields)
    assert answer.status_code == 400
    assert said in alert(answer)
    assert HOSTILE not in answer.text
    assert mock.call("GET", "/_mock/chaos")["rules"] == []


def test_reset(mock):
    """Everything is forgotten, but only by who says that it is meant."""
    mock.emit("conversation.ended")
    answer = post(mock, "/clock/reset")
    assert (answer.status_code, alert(answer)) == (400, "Tick that you are sure.")
    assert len(mock.events()) == 1
    assert post(mock, "/clock/reset", sure="1").headers["location"] == "/"
    assert mock.events() == []
