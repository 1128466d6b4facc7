"""One endpoint: how it fares, its settings, its secret, and what it missed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver.delivery.signing import verify
from support.console_stage import HOSTILE

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DAY = 86_400.0


def look(mock, hook, query=""):
    """The page as text without markup."""
    answer = httpx.get(f"{mock.base_url}/endpoints/{hook.id}{query}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return words(answer)


def words(answer):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def act(mock, hook, action="", **fields):
    """Send a form of the page as a browser without scripts does."""
    path = f"/endpoints/{hook.id}{action and f'/{action}'}"
    return httpx.post(mock.base_url + path, data=fields, timeout=30)


def done(answer):
    """What the page says to which a form led."""
    assert answer.status_code == 303
    page = httpx.get(str(answer.request.url.join(answer.headers["location"])))
    return unescape(re.search(r'class="notice good" role="status">([^<]+)<', page.text)[1])


def fault(answer, field):
    assert answer.status_code == 400
    assert f'aria-describedby="{field}-fault' in answer.text
    return unescape(re.search(rf'id="{field}-fault">([^<]+)<', answer.text)[1])


def refused(answer):
    """What is wrong, above the page."""
    assert answer.status_code == 400
    return unescape(re.search(r'class="notice bad" role="alert">([^<]+)<', answer.text)[1])


def messages(mock, count):
    for _ in range(count):
        mock.emit("conversation.message")
    mock.settle()


def settings(mock, hook):
    """The form's fields as they are filled in."""
    text = httpx.get(f"{mock.base_url}/endpoints/{hook.id}").text
    return {
        "url": unescape(re.search(r'name="url" value="([^"]*)"', text)[1]),
        "description": unescape(re.search(r'name="description"[^>]*>\n([^<]*)<', text)[1]),
        "event_filters": re.findall(r'name="event_filters" value="([^"]*)" checked', text),
        "channels": unescape(re.search(r'name="channels"[^>]*>\n([^<]*)<', text)[1]),
        "headers": unescape(re.search(r'name="headers"[^>]*>\n([^<]*)<', text)[1]),
    }


def test_reveal(mock, endpoint, open_page):
    """The secret is on no page until somebody reveals it, and can be hidden again."""
    hook = mock.add_webhook(endpoint.url, secret=SECRET)
    messages(mock, 1)
    for path in ("/endpoints", f"/endpoints/{hook.id}", f"/endpoints/{hook.id}?part=secret", "/attempts"):
        assert SECRET.removeprefix("whsec_") not in httpx.get(mock.base_url + path).text
    page = open_page(f"/endpoints/{hook.id}")
    page.get_by_role("button", name="Reveal").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#secret-panel").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == SECRET
    page.get_by_role("link", name="Hide").click()
    expect(page.get_by_role("button", name="Reveal")).to_be_visible()
    assert SECRET not in page.content()
    plain = act(mock, hook, "secret")
    assert (plain.status_code, plain.headers["cache-control"]) == (200, "no-store")
    assert SECRET in plain.text


def test_rotate(mock, endpoint, open_page):
    """A rotated secret signs beside the new one for 24 h, and the page says until when."""
    hook = mock.add_webhook(endpoint.url, secret=SECRET)
    page = open_page(f"/endpoints/{hook.id}")
    page.get_by_text("Rotate", exact=True).click()
    page.get_by_role("button", name="Rotate secret").click()
    expect(page.get_by_role("status").filter(has_text="The secret is rotated.")).to_be_visible()
    expect(
        page.get_by_text("The old secret signs beside it until 2020-09-14 12:26 UTC (in 1 d).")
    ).to_be_visible()
    messages(mock, 1)
    headers, body = endpoint.requests[-1]
    assert len(headers["svix-signature"].split()) == 2
    new = mock.call("GET", f"/v2/webhooks/{hook.id}/secret/")["key"]
    assert new != SECRET
    for secret in (SECRET, new):
        verify(secret, dict(headers), body, now=int(headers["svix-timestamp"]))
    mock.advance(DAY + 1)
    assert "old secret" not in look(mock, hook)


def test_rotate_to_own(mock, endpoint):
    """One may bring a secret; one that cannot sign is refused beside its field."""
    hook = mock.add_webhook(endpoint.url)
    assert done(act(mock, hook, "rotate", secret=f" {SECRET} ")) == "The secret is rotated."
    assert mock.call("GET", f"/v2/webhooks/{hook.id}/secret/")["key"] == SECRET
    assert (
        fault(act(mock, hook, "rotate", secret="v1,x"), "rotate-secret")
        == "The signing secret begins with 'v1,' as a signature does."
    )
    entries = [event["payload"]["data"] for event in mock.events("v1.audit_log.emitted")]
    assert [(each["activity"], each["interface"]) for each in entries] == [("updated", "dashboard")]


def test_disable_and_recover(mock, endpoint, open_page):
    """A person disables an endpoint, enables it again, and has delivered what it missed."""
    hook = mock.add_webhook(endpoint.url)
    page = open_page(f"/endpoints/{hook.id}")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Disabled: by hand.")).to_be_visible()
    messages(mock, 3)
    assert endpoint.requests == []
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_role("button", name="Disable")).to_be_visible()
    page.get_by_role("button", name="Last hour").click()
    expect(page.get_by_text("4 events queued for delivery.")).to_be_visible()
    expect(page.locator(".counts").get_by_text("5", exact=True)).to_be_visible()
    mock.settle()
    sent = [body for _, body in endpoint.requests if b'"v1.conversation.message"' in body]
    assert len(sent) == 3


def test_recover(mock, endpoint):
    """What was missed is delivered since a time, in UTC; there may be nothing, or be too much to ask."""
    hook = mock.add_webhook(endpoint.url)
    endpoint.outcome = 500
    messages(mock, 1)
    mock.advance(3 * DAY)
    early = mock.clock.now()
    messages(mock, 2)
    mock.advance(3 * DAY)
    endpoint.outcome = 200
    assert "failed 3" in look(mock, hook)
    assert done(act(mock, hook, "recover", span="24h")) == "There is nothing to deliver again."
    since = datetime.fromtimestamp(early, UTC).strftime("%Y-%m-%dT%H:%M")
    assert done(act(mock, hook, "recover", since=since)) == "2 events queued for delivery."
    assert done(act(mock, hook, "recover", span="all")) == "1 event queued for delivery."
    mock.settle()
    assert "delivered 3 failed 0" in look(mock, hook)
    bad = act(mock, hook, "recover", since="yesterday")
    assert fault(bad, "recover-since") == "must be a time: a date and an hour, in UTC"
    assert 'value="yesterday"' in bad.text


def test_resend(mock, endpoint, open_page):
    """What failed for good is sent again, one event or all."""
    hook = mock.add_webhook(endpoint.url)
    endpoint.outcome = 500
    messages(mock, 3)
    mock.advance(3 * DAY)
    endpoint.outcome = 200
    endpoint.requests.clear()
    page = open_page(f"/endpoints/{hook.id}")
    first = page.locator("li", has=page.get_by_role("button", name="Resend conversation.message")).first
    expect(first).to_contain_text("exhausted after 8 attempts")
    first.get_by_role("button").click()
    expect(page.get_by_text("1 event queued for delivery.")).to_be_visible()
    expect(page.get_by_role("button", name="Resend all 2")).to_be_visible()
    expect(page.locator(".counts")).to_contain_text(re.compile(r"delivered\s*1"))
    page.get_by_role("button", name="Resend all 2").click()
    expect(page.get_by_text("2 events queued for delivery.")).to_be_visible()
    expect(page.get_by_text("Nothing is due, and nothing failed for good.")).to_be_visible()
    ids = [event["id"] for event in mock.events("v1.conversation.message")]
    sent = [headers["svix-id"] for headers, _ in endpoint.requests]
    assert (sent[0], sorted(sent[1:])) == (ids[2], sorted(ids[:2]))


def test_not_queued(mock, endpoint, monkeypatch):
    """A disabled endpoint gets nothing again, nor does any of a mock that only stores."""
    hook = mock.add_webhook(endpoint.url)
    act(mock, hook, "disable")
    disabled = f"The endpoint {hook.id} is disabled."
    assert refused(act(mock, hook, "recover", span="all")) == disabled
    assert refused(act(mock, hook, "resend")) == disabled
    assert refused(act(mock, hook, "resend", event_id="msg_none")) == "There is no event 'msg_none'."
    monkeypatch.setattr(mock._running.assembly.app.state, "outbox", None)
    only_stores = "This mock stores events, and delivers none."
    assert refused(act(mock, hook, "recover", span="all")) == only_stores


def test_settings(mock, endpoint, open_page):
    """A person changes settings; a confidential header is masked, and kept unless it is written anew."""
    headers = {"Authorization": "Bearer hidden", "X-Api-Key": "hidden too", "X-Tenant": "a"}
    hook = mock.add_webhook(endpoint.url, headers=headers, channels=["one"])
    page = open_page(f"/endpoints/{hook.id}")
    expect(page.get_by_label("Headers")).to_have_value("Authorization: ***\nX-Api-Key: ***\nX-Tenant: a")
    page.get_by_label("Headers").fill("Authorization: ***\nX-Api-Key: new\nX-Tenant: b")
    page.get_by_label("Channel tags").fill("")
    page.get_by_label("Description").fill("Changed")
    page.get_by_label("conversation.message").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    messages(mock, 1)
    sent, body = endpoint.requests[-1]
    assert b'"v1.conversation.message"' in body
    assert [sent[name] for name in headers] == ["Bearer hidden", "new", "b"]
    assert settings(mock, hook) == {
        "url": endpoint.url,
        "description": "Changed",
        "event_filters": ["v1.conversation.message"],
        "channels": "",
        "headers": "Authorization: ***\nX-Api-Key: ***\nX-Tenant: b",
    }
    assert "Bearer hidden" not in page.content()


def test_saved_as_it_is(mock, endpoint):
    """A form that is sent as it came changes nothing, whatever a client wrote through the API."""
    headers = {"X-A": "1:2", "Cookie": "c", "x-empty": ""}
    hook = mock.add_webhook(
        endpoint.url, events=["v1.end_user.created"], channels=["a b", HOSTILE], headers=headers
    )
    description = f"\nFirst\n  second {HOSTILE} \n"
    before = mock.call("PATCH", f"/v2/webhooks/{hook.id}", {"description": description})
    fields = settings(mock, hook)
    assert (
        done(act(mock, hook, **{**fields, "description": fields["description"].replace("\n", "\r\n")}))
        == "Saved."
    )
    after = mock.call("PATCH", f"/_mock/webhooks/{hook.id}", {})
    assert after == {**before, "channels": ["a b", HOSTILE], "updated_at": after["updated_at"]}
    assert after["description"] == description
    assert settings(mock, hook) == fields
    mock.call("PATCH", f"/_mock/webhooks/{hook.id}", {"channels": []})
    mock.emit("end_user.created")
    mock.settle()
    assert [endpoint.requests[-1][0][name] for name in headers] == ["1:2", "c", ""]


def test_bad_settings(mock, endpoint):
    """Settings that cannot be used change nothing, and stay in the form."""
    hook = mock.add_webhook(endpoint.url)
    before = settings(mock, hook)
    answer = act(mock, hook, **{**before, "url": "no url", "description": HOSTILE})
    assert fault(answer, "set-url") == "must be a URL"
    assert refused(answer) == "Not saved: see what is marked below."
    assert unescape(re.search(r'name="description"[^>]*>\n([^<]*)<', answer.text)[1]) == HOSTILE
    assert "<script>document" not in answer.text
    assert settings(mock, hook) == before


def test_figures(mock, endpoint):
    """The chart counts attempts by time: here 3 that succeeded, a day later 2 that failed."""
    hook = mock.add_webhook(endpoint.url, events=["v1.conversation.message"])
    messages(mock, 3)
    assert "Attempts of the last 5 minutes Auto" in look(mock, hook)
    mock.advance(DAY)
    endpoint.outcome = 503
    messages(mock, 2)
    page = look(mock, hook)
    assert "Attempts of the last 7 days Auto" in page
    assert "60 % 3 succeeded , 2 failed" in page
    table = re.search(r"From \(UTC\) Succeeded Failed (.*?) Deliveries", page)[1]
    assert [row.split()[2:] for row in re.findall(r"\S+ \d\d:\d\d \d+ \d+", table)] == [
        ["3", "0"],
        ["0", "2"],
    ]
    hour = look(mock, hook, "?span=1h")
    assert "Attempts of the last hour" in hour
    assert "0 % 0 succeeded , 2 failed" in hour
    assert "Every attempt has failed since" in hour
    assert "pending 2 delivered 3 failed 0" in hour
    assert "conversation.message attempt 2" in hour


def test_live(mock, endpoint, open_page):
    """The page follows: an attempt that is made is there without a reload; what somebody opened or wrote stays."""
    hook = mock.add_webhook(endpoint.url)
    page = open_page(f"/endpoints/{hook.id}")
    expect(page.get_by_text("Nothing was sent to it yet.")).to_be_visible()
    page.get_by_label("Description").fill("Half written")
    mock.emit("conversation.message")
    attempts = page.get_by_role("list", name="Last attempts, the newest first").get_by_role("listitem")
    expect(attempts).to_have_count(1)
    expect(attempts).to_contain_text("200")
    expect(page.get_by_label("Description")).to_have_value("Half written")
    page.get_by_text("The numbers as a table").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("heading", level=1).click()
    mock.emit("conversation.message")
    expect(attempts).to_have_count(2)
    expect(page.get_by_role("row")).to_have_count(2)


def test_delete(mock, endpoint, open_page):
    """A person deletes an endpoint; a page of it that is open says so, and its address leads back."""
    hook = mock.add_webhook(endpoint.url)
    left_open = open_page(f"/endpoints/{hook.id}")
    expect(left_open.locator("#live")).to_have_text("Live")
    page = open_page(f"/endpoints/{hook.id}", expected=["404"])
    page.get_by_text("Delete this endpoint").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_text("There is no endpoint.")).to_be_visible()
    expect(left_open.get_by_text("This endpoint is deleted.")).to_be_visible()
    assert mock.call("GET", "/v2/webhooks/")["data"] == []
    page.goto(f"{mock.base_url}/endpoints/{hook.id}")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Endpoints").click()
    expect(page.get_by_role("heading", name="Endpoints")).to_be_visible()


@pytest.mark.parametrize(
    "action", ["", "enable", "disable", "delete", "secret", "rotate", "recover", "resend"]
)
def test_none(untouched, action):
    """No form does anything to an endpoint that is not there."""
    path = f"/endpoints/ep_none{action and f'/{action}'}"
    answer = httpx.post(untouched.base_url + path, data={"span": "all"})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["message"] == "There is no such webhook."
