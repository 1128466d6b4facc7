"""A conversation: its transcript beside its events, and what people do in it."""

from __future__ import annotations

import json
import re
from random import Random

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver import MockAda
from ada_mockserver.mock.console import conversation_view
from support.console_stage import HOSTILE, LONG, say
from support.threaded_endpoint import threaded_endpoint


@pytest.fixture
def desk():
    """The customer's endpoint that starts handoffs."""
    with threaded_endpoint() as server:
        yield server


@pytest.fixture
def mock(desk):
    """A mock whose handoffs call the desk."""
    with MockAda(handoff_url=desk.url) as running:
        yield running


def read(mock, talk, part="", **query):
    response = httpx.get(f"{mock.base_url}/conversations/{talk['id']}{part}", params=query)
    assert response.status_code == 200, response.text
    return response.text


def act(mock, talk, what, *, file=None, **fields):
    """Send a form of the page as a browser without scripts does."""
    files = None if file is None else {"file": file}
    return httpx.post(f"{mock.base_url}/conversations/{talk['id']}/{what}", data=fields, files=files)


def write(mock, talk, text, role="human_agent", **content):
    author = {"role": role, "id": talk["end_user_id"], "display_name": "Robin"}
    body = {"author": author, "content": content or {"type": "text", "body": text}}
    mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)


def refused(response):
    """What the page that answers a form says is wrong."""
    assert response.status_code == 400, response.text
    return response.text.partition('<p class="notice bad">')[2].partition("</p>")[0]


def types(mock):
    return [event["type"].removeprefix("v1.conversation.") for event in mock.events()]


def test_from_beginning_to_end(mock, endpoint, desk, open_page):
    """A person talks to the AI Agent, is handed off, gets a file from a human agent, and leaves."""
    mock.add_webhook(endpoint.url)
    page = open_page("/conversations")
    page.get_by_label("Name of the end user").fill("Zoë")
    page.get_by_label("First message").fill("Where is my order?")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Zoë", level=1)).to_be_visible()
    log = page.get_by_role("log")
    expect(log.locator(".ai_agent")).to_contain_text("You wrote: Where is my order?")

    message = page.get_by_label("Message", exact=True)
    message.fill("One line")
    message.press("Shift+Enter")
    message.type("a human, please")
    message.press("Enter")
    expect(message).to_have_value("")
    expect(log.locator(".end_user").last).to_contain_text("One line\na human, please")
    expect(log.locator(".fact").last).to_contain_text("Handed off to custom-handoff")
    call = page.locator("details.call")
    expect(call.locator("summary")).to_contain_text(f"POST {desk.url} 200")
    expect(call.get_by_label("The request")).to_contain_text('"ada_conversation_id": "')
    (headers_and_body,) = desk.requests
    talk = json.loads(headers_and_body[1])["ada_conversation_id"]

    page.get_by_role("radio", name="Human agent").check()
    page.get_by_label("named").fill("Kim")
    message.fill("Here is the receipt.")
    page.get_by_label("Attach a file").set_input_files(
        {"name": "receipt <1>.txt", "mimeType": "text/plain", "buffer": b"12.50 EUR"}
    )
    page.get_by_role("button", name="Send").click()
    link = log.locator(".human_agent").get_by_role("link", name="receipt <1>.txt")
    expect(link).to_be_visible()
    assert httpx.get(link.get_attribute("href")).content == b"12.50 EUR"
    expect(page.get_by_label("Attach a file")).to_have_value("")

    page.get_by_role("button", name="End the handoff").click()
    expect(log.locator(".fact").last).to_contain_text("The handoff to custom-handoff ended")
    page.get_by_label("Ended by").select_option("the end user")
    page.get_by_role("button", name="End the conversation").click()
    expect(log.locator(".fact").last).to_contain_text("Ended by the end user")
    expect(page.get_by_text("nothing more can be said or done in it")).to_be_visible()
    expect(message).to_be_hidden()

    mock.settle()
    expect(log.locator("a.told").last).to_contain_text("conversation.message 200")
    shown = log.locator("a.told").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    events = [event for event in mock.events() if event["type"].startswith("v1.conversation.")]
    assert shown == [f"/events/{event['id']}" for event in events]
    assert {event["payload"]["data"]["conversation_id"] for event in events} == {talk}
    arrived = {headers["svix-id"] for headers, _ in endpoint.requests}
    assert arrived == {event["id"] for event in mock.events()}
    said = [event["payload"]["data"] for event in events if event["type"] == "v1.conversation.message"]
    assert [(each["author"]["role"], each["author"]["display_name"]) for each in said] == [
        ("end_user", "Zoë"),
        ("ai_agent", "AI Agent"),
        ("end_user", "Zoë"),
        ("ai_agent", "AI Agent"),
        ("human_agent", "Kim"),
        ("human_agent", "Kim"),
        ("ai_agent", "AI Agent"),
    ]
    assert said[5]["content"]["mime_type"] == "text/plain"


def test_typing_while_it_goes_on(mock, open_page):
    """What is typed stays while messages come in; they are followed unless the reader has scrolled up."""
    talk = say(mock, "hello")
    page = open_page(f"/conversations/{talk['id']}", height=700)
    message, scroller = page.get_by_label("Message", exact=True), page.locator("#scroller")
    message.fill("I am about to s")
    for number in range(8):
        say(mock, f"number {number}", talk)
    last = page.get_by_role("log").get_by_text("number 7", exact=True)
    expect(last).to_be_in_viewport()
    expect(message).to_have_value("I am about to s")
    expect(message).to_be_focused()
    scroller.evaluate("element => { element.scrollTop = 0; }")
    button = page.get_by_role("button", name="The newest")
    expect(button).to_be_visible()
    say(mock, "and one more", talk)
    expect(page.get_by_role("log").locator(".end_user").last).to_contain_text("and one more")
    assert scroller.evaluate("element => element.scrollTop") == 0
    button.click()
    expect(button).to_be_hidden()
    message.press("Enter")
    expect(page.get_by_role("log").get_by_text("I am about to s", exact=True)).to_be_in_viewport()


def test_gone(mock):
    """A conversation that was forgotten is said to be gone; a page that is open then loads anew, to say so."""
    talk = say(mock, "hello")
    mock.clear()
    url = f"{mock.base_url}/conversations/{talk['id']}"
    page = httpx.get(url)
    assert (page.status_code, "<h1>There is no such conversation</h1>" in page.text) == (404, True)
    for part in ("transcript?since=1", "earlier?before=1", "around"):
        response = httpx.get(f"{url}/{part}")
        assert (response.status_code, response.headers["hx-refresh"]) == (204, "true")


def test_who_had_it_when(desk):
    """A human agent who writes takes the conversation first, however long ago somebody wrote last."""
    with MockAda(handoff_url=desk.url) as mock:
        talk = say(mock, "hello")
        mock.advance(60)
        write(mock, talk, "Robin here.")
        order = re.findall(r'class="entry (\w+)"', read(mock, talk))
        assert order == ["fact", "end_user", "ai_agent", "fact", "human_agent"]


def test_said_at_once(mock, open_page):
    """What is wrong with a form is said beside it, and what was written is still there."""
    talk = say(mock, "hello")
    page = open_page(f"/conversations/{talk['id']}", expected=["400"])
    mock.call("POST", f"/v2/conversations/{talk['id']}/end/")
    message = page.get_by_label("Message", exact=True)
    expect(message).to_be_hidden()
    page.evaluate("document.getElementById('around').dataset.ended = 'no'")
    message.fill("still there?")
    message.press("Enter")
    expect(page.get_by_text("Conversation is expired")).to_be_visible()
    expect(message).to_have_value("still there?")


def test_details_stay_open(mock, open_page):
    """What the reader has opened, or closed, stays so while the page changes; it does without the feed, too."""
    talk = say(mock, "a human, please")
    mock.settle()
    page = open_page(f"/conversations/{talk['id']}")
    page.get_by_text("Profile of the end user").click()
    page.locator("details.call summary").click()
    page.evaluate("unfollow()")
    page.get_by_role("button", name="End the handoff").click()
    expect(page.get_by_role("button", name="Hand off")).to_be_visible()
    expect(page.get_by_role("log").locator(".fact").last).to_contain_text("ended: the AI Agent goes on")
    expect(page.get_by_label("Profile")).to_be_visible()
    expect(page.get_by_label("The request")).to_be_hidden()


def test_earlier_messages(mock, open_page, monkeypatch):
    """The newest messages come first, earlier ones when asked for, each of them once, and in order."""
    monkeypatch.setattr(conversation_view, "SHOWN", 4)
    talk = say(mock, "0")
    for number in range(1, 5):
        say(mock, str(number), talk)
    page = open_page(f"/conversations/{talk['id']}", height=480)
    bubbles = page.locator("#scroller .end_user .said")
    expect(bubbles).to_have_text(["3", "4"])
    page.get_by_role("link", name="Earlier messages (6)").click()
    expect(bubbles).to_have_text(["1", "2", "3", "4"])
    expect(bubbles.nth(2)).to_be_in_viewport()  # what was read stays where it was
    expect(bubbles.nth(0)).not_to_be_in_viewport()
    say(mock, "5", talk)
    expect(bubbles).to_have_text(["1", "2", "3", "4", "5"])
    page.get_by_role("link", name="Earlier messages (2)").click()
    expect(bubbles).to_have_text(["0", "1", "2", "3", "4", "5"])
    expect(page.get_by_text("Earlier messages")).to_have_count(0)
    keys = page.locator("#scroller li").evaluate_all("entries => entries.map(entry => entry.id)")
    assert len(keys) == len(set(keys)) == 13
    expect(page.locator("#scroller .fact")).to_contain_text("The conversation began")


def test_earlier_messages_without_scripts(mock, monkeypatch):
    """A link leads to the earlier messages, which nothing follows, and from there to the newest."""
    monkeypatch.setattr(conversation_view, "SHOWN", 4)
    talk = say(mock, "0")
    for number in range(1, 5):
        say(mock, str(number), talk)
    act(mock, talk, "end", by="end_user")
    (before,) = re.findall(r'href="/conversations/\w+\?before=(\d+)"', read(mock, talk))
    page = read(mock, talk, before=before)
    assert re.findall(r'<p class="said">(\d)</p>', page) == ["2", "3"]
    assert "Ended by" not in page
    assert "Back to the newest" in page
    assert 'id="newest"' not in page
    assert 'id="composer"' not in page


def test_too_many_at_once(mock, monkeypatch):
    """A page that follows a conversation in which very much happens says what it leaves out."""
    talk = say(mock, "0")
    monkeypatch.setattr(conversation_view, "MOST_SHOWN", 3)
    for number in range(1, 4):
        say(mock, str(number), talk)
    part = read(mock, talk, "/transcript", since=1)
    assert "5 messages came since and are left out here." in part
    assert part.count('class="bubble"') == 3


def test_nothing_new(mock):
    """A part that is known as it is comes no second time."""
    talk = say(mock, "hello")
    page = read(mock, talk)
    parts = re.findall(r'hx-get="(/conversations/\w+/(?:transcript|around)\?[^"]+)"', page)
    urls = [mock.base_url + part.replace("&amp;", "&") for part in parts]
    assert [httpx.get(url).status_code for url in urls] == [204, 204]
    say(mock, "a human, please", talk)
    assert [httpx.get(url).status_code for url in urls] == [200, 200]


def test_handed_off_by_a_person(desk):
    """A person's handoff calls the endpoint as the script's does, with what the end user wrote last."""
    target = {"url": desk.url, "body": {"talk": "{conversation_id}", "note": "{text}"}}
    script = {"default": ["I see."], "handoffs": {"custom-handoff": target}}
    with MockAda(script=script) as mock:
        talk = say(mock, "hello")
        act(mock, talk, "handoff", integration="custom-handoff")
        mock.settle()
        page = read(mock, talk)
    assert [json.loads(body) for _, body in desk.requests] == [{"talk": talk["id"], "note": "hello"}]
    assert page.count("<summary><span") == 1
    assert "<h1>Robin</h1>" in page  # the name that its message has


def test_planned(desk):
    """At the pace of people the page says who answers next, and when."""
    with MockAda(handoff_url=desk.url, pace="natural", rng=Random(1)) as mock:
        talk = say(mock, "hello")
        (expected,) = re.findall(r'<p class="expected">.*?</p>', read(mock, talk))
        assert "<b>AI Agent</b> answers <time" in expected
        mock.advance(600)
        page = read(mock, talk)
        assert 'class="expected"' not in page
        assert "Hello! How can I help you today?" in page
        story = {"id": mock.play("handoff", seed=1)}
        page = read(mock, story)
        assert page.count('class="expected"') == 5
        assert "<b>End user</b> writes" in page


def bare(event, talk):
    """An event without what differs between two conversations: ids and times."""
    text = json.dumps(event["payload"])
    for each in ("id", "end_user_id"):
        text = text.replace(talk[each], each)
    text = re.sub(r"/attachments/[^\"]*", "/attachments/", text)
    text = re.sub(r'"(message_id|timestamp|created_at|updated_at)": "[^"]*"', r'"\1": ""', text)
    return event["type"], event["channels"], json.loads(text)


def test_the_same_by_both_entrances(mock):
    """The same things done by the API and by forms without scripts emit the same events, and call alike."""

    def upload(talk):
        url = f"{mock.base_url}/api/v2/conversations/{talk['id']}/attachments/"
        file = ("receipt.pdf", b"%PDF", "application/pdf")
        headers = {"authorization": f"Bearer {mock.api_key}"}
        return {"type": "file", **httpx.post(url, files={"file": file}, headers=headers).json()}

    def by_api(talk):
        say(mock, "hello", talk)
        say(mock, "a human, please", talk)
        say(mock, "anybody?", talk)
        write(mock, talk, "Robin here.")
        write(mock, talk, "", **upload(talk))
        mock.call("POST", f"/v2/conversations/{talk['id']}/end-handoff/")
        say(mock, "thanks", talk)
        write(mock, talk, "One more thing.")
        mock.call("POST", f"/v2/conversations/{talk['id']}/end/")

    def by_forms(talk):
        def send(what, **fields):
            assert act(mock, talk, what, **fields).status_code == 303

        for text in ("hello", "a human, please", "anybody?"):
            send("messages", text=text)
        send("messages", role="human_agent", name="Robin", text="Robin here.")
        file = ("receipt.pdf", b"%PDF", "application/pdf")
        send("messages", role="human_agent", name="Robin", file=file)
        send("end-handoff")
        send("messages", text="thanks")
        send("messages", role="human_agent", name="Robin", text="One more thing.")
        send("end", by="end_user")

    emitted = []
    for do in (by_api, by_forms):
        begun = len(mock.events())
        talk = mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
        mock.call("PATCH", f"/v2/end-users/{talk['end_user_id']}/", {"profile": {"display_name": "Robin"}})
        do(talk)
        emitted.append([bare(event, talk) for event in mock.events()[begun:]])
    assert len(emitted[0]) == 17
    assert emitted[0] == emitted[1]


def test_refusals(mock):
    """What cannot be done is refused with the reason, as the API words it, and changes nothing."""
    talk = say(mock, "hello")
    begun = mock.events()
    assert refused(act(mock, talk, "messages")) == "Write something, or choose a file."
    nameless = act(mock, talk, "messages", role="human_agent", name=" ", text=HOSTILE)
    assert refused(nameless) == "A human agent needs a name."
    assert "&lt;script&gt;document.title" in nameless.text
    file = ("run.exe", b"MZ", "application/octet-stream")
    assert refused(act(mock, talk, "messages", text="see this", file=file)).startswith(
        "The file must be of one of these types: txt, log, csv,"
    )
    assert (
        refused(act(mock, talk, "handoff", integration="nobody")) == "The script knows no such integration."
    )
    assert refused(act(mock, talk, "end-handoff")) == "The conversation is not in an active handoff."
    assert refused(act(mock, talk, "end", by="me")) == "Choose who ends the conversation."
    assert mock.events() == begun
    act(mock, talk, "handoff", integration="custom-handoff")
    again = refused(act(mock, talk, "handoff", integration="custom-handoff"))
    assert again == "The conversation is in a handoff to custom-handoff already."
    act(mock, talk, "end", by="system")
    for what, fields in {"messages": {"text": "x"}, "handoff": {"integration": "custom-handoff"}}.items():
        assert refused(act(mock, talk, what, **fields)) == "Conversation is expired"
    assert refused(act(mock, talk, "end", by="system")) == "The conversation has ended already."
    assert act(mock, {"id": "gone"}, "end", by="system").status_code == 404
    large = act(mock, talk, "messages", file=("a.txt", b"x" * (11 * 1024 * 1024), "text/plain"))
    assert (large.status_code, large.json()["errors"][0]["type"]) == (413, "content_too_large")


def test_what_applies(mock):
    """What can be done depends on who has the conversation; what cannot is not offered."""
    talk = say(mock, "hello")
    offered = {
        "hand off": ">Hand off</button>",
        "end handoff": ">End the handoff</button>",
        "end": ">End the conversation</button>",
        "write": 'id="composer"',
    }

    def shown():
        page = read(mock, talk)
        return [name for name, mark in offered.items() if mark in page], page

    names, page = shown()
    assert names == ["hand off", "end", "write"]
    assert re.findall(r'<option value="([^"]+)">', page.partition('name="integration"')[2])[:3] == [
        "custom-handoff",
        "zendesk_chat",
        "salesforce",
    ]
    assert "the human agent" not in page.partition('name="by"')[2].partition("</select>")[0]
    act(mock, talk, "handoff", integration="zendesk_chat")
    names, page = shown()
    assert names == ["end handoff", "end", "write"]
    assert "Robin answers, as scripted." in page
    assert "Hello, Robin here." in page
    act(mock, talk, "end", by="human_agent")
    names, page = shown()
    assert names == []
    assert types(mock)[-3:] == ["handoff.ended", "ended", "message"]
    assert "Ended by the human agent" in page


def test_handed_off_in_vain(mock, desk):
    """A call that fails is shown with its error, and who goes on."""
    desk.outcome = 503
    talk = say(mock, "hello")
    act(mock, talk, "handoff", integration="custom-handoff")
    mock.settle()
    page = read(mock, talk)
    assert "Handed off to custom-handoff" in page
    assert "The handoff to custom-handoff failed: the AI Agent goes on" in page
    assert "I could not reach a human agent just now." in page
    summary = page.partition("<summary><span")[2].partition("</summary>")[0]
    assert f"POST {desk.url}" in summary
    assert '<span class="badge bad">503</span>' in summary


def test_shown_as_text(mock, open_page):
    """Names, texts, addresses and names of files are text, whatever they hold; none leads where it should not."""
    talk = say(mock, HOSTILE)
    mock.call("PATCH", f"/v2/end-users/{talk['end_user_id']}/", {"profile": {"display_name": HOSTILE}})
    urls = ["javascript:alert(1)", "javascript://x/%0Aalert(1)", "https:evil.test", "HTTPS://ok.test/a"]
    for url in urls:
        write(mock, talk, "", "end_user", type="file", url=url, mime_type=HOSTILE, filename=HOSTILE)
    say(mock, LONG, talk)
    say(mock, "\u202e\0 [a](javascript:alert(1)) **bold**", talk)
    page = open_page(f"/conversations/{talk['id']}", width=390, scheme="dark")
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    files = page.locator(".end_user .said", has_text="file")
    expect(files).to_have_count(len(urls))
    expect(page.locator(".end_user .bubble").get_by_role("link", name=HOSTILE)).to_have_count(1)
    assert page.locator("a[href^='javascript'], a[href^='https:evil']").count() == 0
    expect(page.get_by_text("96000 more characters: see its event").first).to_be_visible()
    expect(page.get_by_text("[a](javascript:alert(1)) **bold**").first).to_be_visible()
    assert page.title() == "Conversation · Mock Ada"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
