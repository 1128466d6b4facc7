"""The list of endpoints, and the form that adds one."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver.delivery.signing import parse_secret
from ada_mockserver.mock.store.endpoints import disable_endpoint
from support.console_stage import HOSTILE, LONG

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AUDIT = "v1.audit_log.emitted"


def add(mock, **fields):
    """Send the form as a browser without scripts does."""
    return httpx.post(f"{mock.base_url}/endpoints", data=fields)


def listed(mock, query=""):
    """The text of each endpoint in the list."""
    page = httpx.get(f"{mock.base_url}/endpoints{query}")
    assert page.status_code == 200
    rows = re.findall(r'<li id="hook-.*?</li>', page.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", row)).split()) for row in rows]


def test_add(mock, endpoint, open_page):
    """A person adds an endpoint with a filter and a header; it gets what it subscribed to, and no more."""
    page = open_page("/endpoints")
    page.get_by_label("URL").fill(endpoint.url)
    page.get_by_label("Description").fill("Orders")
    page.get_by_label("conversation.message").check()
    page.get_by_text("Channels, headers, secret").click()
    page.get_by_label("Headers").fill("X-Tenant: staging")
    page.get_by_label("Signing secret").fill(SECRET)
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(endpoint.url)
    expect(page.get_by_role("status").filter(has_text="Added.")).to_be_visible()
    mock.emit("conversation.message")
    mock.emit("conversation.ended")
    mock.settle()
    ((headers, body),) = endpoint.requests
    assert b'"type":"v1.conversation.message"' in body
    assert headers["x-tenant"] == "staging"
    page.get_by_label("Console").get_by_role("link", name="Endpoints").click()
    row = page.get_by_role("listitem").filter(has_text=endpoint.url)
    expect(row).to_contain_text("Orders")
    expect(row).to_contain_text("conversation.message")
    expect(row).to_contain_text("100 % of the last 1")
    endpoint.outcome = 500
    mock.emit("conversation.message")
    mock.settle()
    expect(row).to_contain_text("50 % of the last 2")
    expect(row).to_contain_text("1 pending")
    picture = row.get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "1 of the last 2 attempts succeeded")


def test_add_without_scripts(mock):
    """The form alone adds an endpoint of every event, with a secret of its own; the audit log has it."""
    answer = add(mock, url="http://127.0.0.1:1/hook", description="", channels="a\r\n\r\n b ", headers="")
    assert answer.status_code == 303
    (hook,) = mock.call("GET", "/v2/webhooks/")["data"]
    assert answer.headers["location"] == f"/endpoints/{hook['id']}?done=added"
    assert (hook["event_filters"], hook["enabled"]) == ([], True)
    parse_secret(mock.call("GET", f"/v2/webhooks/{hook['id']}/secret/")["key"])
    set_by = mock.call("PATCH", f"/_mock/webhooks/{hook['id']}", {})
    assert set_by["channels"] == ["a", "b"]
    entry = mock.events(AUDIT)[-1]["payload"]["data"]
    assert (entry["entity_id"], entry["activity"], entry["interface"]) == (hook["id"], "created", "dashboard")
    assert entry["context_user_agent"].startswith("python-httpx")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("url", "", "must be a URL"),
        ("url", "nowhere", "must be a URL"),
        ("url", "http:// x", "must be a URL"),
        ("url", "ftp://127.0.0.1/", "cannot be delivered to: The URL is not a web address."),
        ("description", "\0", "holds the character NUL"),
        ("event_filters", "v1.nothing", "must be one of: v1.conversation.created, "),
        ("headers", "no colon", "must be lines of the form Name: value"),
        ("headers", ": x", "must be lines of the form Name: value"),
        ("headers", "X-A: 1\nx-a: 2", "names 'x-a' twice"),
        ("headers", "Svix-Id: 1", "The header 'Svix-Id' is set by each delivery itself."),
        ("secret", f'"{SECRET}"', "The signing secret stands in quotes."),
    ],
)
def test_refused(untouched, field, value, message):
    """What cannot be used is said beside its field, in the API's words; nothing is added, nothing lost."""
    fields = {"url": "http://127.0.0.1:1/hook", "description": "Kept", "headers": "", field: value}
    answer = add(untouched, **fields)
    assert answer.status_code == 400
    fault = re.search(rf'id="add-{field}-fault">([^<]+)<', answer.text)
    assert fault
    assert unescape(fault[1]).startswith(message)
    assert re.search(rf'aria-describedby="add-{field}-fault[" ]', answer.text)
    assert field in ("url", "description") or 'value="http://127.0.0.1:1/hook"' in answer.text
    assert untouched.call("GET", "/v2/webhooks/")["data"] == []


def test_states(mock, endpoint):
    """An endpoint is enabled or disabled, and it is said why."""
    hooks = [mock.add_webhook(endpoint.url) for _ in range(4)]
    for hook, reason in zip(hooks[:3], ("by-hand", "asked", "failing"), strict=True):
        disable(mock, hook.id, reason)
    rows = listed(mock)
    assert ["disabled" in row for row in rows] == [False, True, True, True]
    assert "disabled a week of nothing but failures" in rows[1]
    assert "disabled it answered webhook-delivery: disable" in rows[2]
    assert "disabled by hand" in rows[3]
    assert "No attempt yet" in rows[0]


def disable(mock, hook_id, reason):
    """Disable an endpoint as the outbox does."""

    async def change():
        async with mock._running.assembly.context.database.begin() as session:
            await disable_endpoint(session, hook_id, reason=reason, now=mock.clock.now())

    mock._run(change())


def test_empty(untouched):
    """Without an endpoint the form is open."""
    page = httpx.get(f"{untouched.base_url}/endpoints").text
    assert "There is no endpoint." in page
    assert '<details class="panel add" id="add" open>' in page


def test_pages(mock):
    """Endpoints beyond the first 50 are on a page of their own."""
    mock.call("POST", "/_mock/seed", {"webhooks": [{"url": f"http://127.0.0.1:1/{n}"} for n in range(52)]})
    first = httpx.get(f"{mock.base_url}/endpoints").text
    assert len(listed(mock)) == 50
    query = re.search(r'href="/endpoints(\?before=\d+)"', first)[1]
    assert [row.split()[0] for row in listed(mock, query)] == ["http://127.0.0.1:1/1", "http://127.0.0.1:1/0"]
    assert len(listed(mock, "?before=x")) == 50


def test_hostile(mock, open_page):
    """Markup, and 100 KB of text, in a URL, a description, a channel and a header are shown as text."""
    url = f"http://127.0.0.1:1/{HOSTILE.replace(' ', '%20')}"
    add(mock, url=url, description=HOSTILE, channels=HOSTILE, headers=f"X-Hostile: {HOSTILE}")
    add(mock, url="http://127.0.0.1:1/long", description=LONG, channels=LONG, headers=f"X-Long: {LONG}")
    page = open_page("/endpoints", width=390)
    expect(page.get_by_text(HOSTILE, exact=True)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="long long")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="onerror").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(url)
    expect(page.get_by_label("Headers")).to_have_value(f"X-Hostile: {HOSTILE}")
    assert page.title() != "taken"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
