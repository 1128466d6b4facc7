"""The editor: drafts from events, cases and types, checked while one types, and sent."""

from __future__ import annotations

import json
import re
from html import unescape

import httpx
import pytest
from playwright.sync_api import expect

from ada_contract_tests.suites.registry import case_named
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.mock.console.draft import NO_TYPE, checked, drafted_case
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError
from ada_schemas.variation.enumeration import variations
from support.console_stage import HOSTILE, store


def words(text):
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def draft(text):
    """The text in the editor of a page."""
    return unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.DOTALL)[1])


def compose(mock, query=""):
    return httpx.get(f"{mock.base_url}/compose{query}")


def send(mock, text, **fields):
    """Send the form as a browser without scripts does."""
    return httpx.post(f"{mock.base_url}/compose", data={"text": text, **fields})


def check(mock, text, **fields):
    answer = httpx.post(f"{mock.base_url}/compose/check", data={"text": text, **fields})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return words(answer.text)


def message(**data):
    payload = EventFactory(seed=5).event("conversation.message")
    return {**payload, "data": {**payload["data"], **data}}


def test_drafts(mock):
    """An editor holds an event that is there, an ordinary one of a type, or a case; or says why not."""
    event_id = store(mock, json.dumps(message(body=HOSTILE)).encode(), channels=("one", "two"))
    copy = compose(mock, f"?event={event_id}")
    assert json.loads(draft(copy.text)) == message(body=HOSTILE)
    assert 'value="one, two"' in copy.text
    assert '\n  "data": {\n' in draft(copy.text)
    drawn = json.loads(draft(compose(mock, "?type=conversation.ended").text))
    assert drawn["type"] == "v1.conversation.ended"
    assert json.loads(draft(compose(mock).text))["type"] == shipped().events[0].type
    case = "conversation.message/union:data.content:file"
    cased = compose(mock, f"?case={case}&seed=3")
    assert json.loads(draft(cased.text)) == drafted_case(case, seed=3, contract=shipped())
    assert f"the case {case} , seed 3" in words(cased.text)
    for query, said in (
        ("?event=msg_none", "There is no such event any more."),
        ("?type=v1.none", "There is no event 'v1.none'."),
        ("?case=none/x", "There is no event 'none'."),
    ):
        answer = compose(mock, query)
        assert (answer.status_code, draft(answer.text)) == (400, "{}")
        assert said in words(answer.text)


@pytest.mark.parametrize(
    "case_id",
    [
        "conversation.message/union:data.content:file",
        "conversation.message/absent:data",
        variations(shipped(), "any")[0].id,
    ],
)
def test_cases_are_those_of_the_check(case_id):
    """A case is the very payload that the contract check sends for it."""
    case = case_named(case_id, shipped())
    expected = case.payload.change(EventFactory(seed=3).event(case.base_event, key=case.id))
    assert drafted_case(case_id, seed=3, contract=shipped()) == expected


def test_other_cases_are_named():
    with pytest.raises(UsageError) as refused:
        drafted_case("conversation.message/signature:forged", seed=3, contract=shipped())
    assert refused.value.what == (
        "The case 'conversation.message/signature:forged' cannot be edited here: "
        "it is not about the members of an event."
    )
    assert refused.value.next_step == (
        "Repeat it with: adakit check URL --case conversation.message/signature:forged --seed 3"
    )


def test_check(mock, endpoint):
    """Problems by their places, what is undocumented, where the JSON breaks, and who would get it."""
    hook = mock.add_webhook(endpoint.url, events=["v1.conversation.message"])
    other = mock.add_webhook("http://other.example/", events=["v1.conversation.ended"])
    good = check(mock, json.dumps(message()))
    assert good == f"A conversation.message as Ada documents it. It goes to 1 endpoint: {endpoint.url}"
    bad = check(mock, json.dumps(message(message_id=7, content={"type": "text"}, extra={"<b>": 1})))
    assert "data.message_id : expected a string, got 7 (integer)" in bad
    assert "data.content.body : expected a value, got nothing" in bad
    assert "Undocumented, and allowed data.extra It goes to 1 endpoint" in bad
    assert check(mock, '{\n  "type": 1,\n  x}') == (
        "The payload is not valid JSON: Expecting property name enclosed in double quotes at line 3, column 3."
    )
    assert check(mock, "[]") == "An event is a JSON object, in braces."
    new = check(mock, '{"type": "v1.new"}')
    assert new == (
        "The contract names no v1.new : a consumer should accept and ignore it. "
        "No endpoint subscribes to it: it is stored, and sent to nobody."
    )
    ended = '{"type": "v1.conversation.ended"}'
    assert check(mock, ended).endswith("It goes to 1 endpoint: http://other.example/")
    assert check(mock, ended, endpoint=hook.id).endswith(f"It goes to 1 endpoint: {endpoint.url}")
    mock.call("PATCH", f"/v2/webhooks/{other.id}", {"enabled": False})
    assert check(mock, ended, endpoint=other.id).endswith("it is stored, and sent to nobody.")


def test_sent(mock, endpoint):
    """What is sent goes out as compact JSON to those who subscribe; its page is next."""
    mock.add_webhook(endpoint.url)
    payload = message(extra="Zoë", number=12345678901234567890)
    answer = send(mock, json.dumps(payload, indent=2).replace("\n", "\r\n"), channels=" a, b,a ")
    assert answer.status_code == 303
    mock.settle()
    headers, body = endpoint.requests[-1]
    assert answer.headers["location"] == f"/events/{headers['svix-id']}"
    assert body == json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    page = httpx.get(mock.base_url + answer.headers["location"]).text
    assert re.findall(r'class="tag">([^<]*)<', page)[:2] == ["a", "b"]


def test_sent_to_one(mock, endpoint):
    """One endpoint gets it, whatever its filters."""
    mock.add_webhook(endpoint.url + "/all")
    one = mock.add_webhook(endpoint.url, events=["v1.conversation.ended"])
    assert send(mock, json.dumps(message()), endpoint=one.id).status_code == 303
    mock.settle()
    assert [each["endpoint_id"] for each in mock.attempts()] == [one.id]
    mock.call("PATCH", f"/v2/webhooks/{one.id}", {"enabled": False})
    refused = send(mock, json.dumps(message()), endpoint=one.id)
    assert refused.status_code == 400
    assert "The endpoint is not there any more, or is disabled: choose another." in words(refused.text)


def test_refused(untouched):
    """What is no JSON object stays in the editor, with what is wrong."""
    for text, said in (
        ('{"a": NaN}', "The payload is not valid JSON: NaN is not JSON."),
        ("7", "An event is a JSON object, in braces."),
        ('{"a": "\\ud800"}', "The payload cannot be written as JSON"),
        ("", "The payload is not valid JSON: Expecting value at line 1, column 1."),
        ("[" * 500, "The payload is not valid JSON"),
        (HOSTILE, "The payload is not valid JSON: Expecting value at line 1, column 1."),
    ):
        answer = send(untouched, text)
        assert (answer.status_code, draft(answer.text)) == (400, text)
        assert said in words(answer.text)
    assert "Nothing has happened yet." in words(httpx.get(untouched.base_url).text)
    assert untouched.attempts() == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('"v1.new"', "v1.new"),
        ("7", NO_TYPE),
        ('""', NO_TYPE),
        ('"a\\u0000b"', "ab"),
        (f'"{"x" * 300}"', "x" * 200),
    ],
)
def test_types_are_kept(said, kept):
    """An event is kept under its type, as far as that is one and the database holds it."""
    assert checked(f'{{"type": {said}}}', shipped()).type == kept


def test_formatted(untouched):
    """The draft comes back a member a line; one that is no JSON as it was."""
    for text, formatted in (('{"a":[1],"b":1e400}', '{"a":[1],"b":1e400}'), ('{"a":[]}', '{\n  "a": []\n}')):
        answer = httpx.post(f"{untouched.base_url}/compose/format", data={"text": text, "channels": "x"})
        assert (answer.status_code, draft(answer.text)) == (200, formatted)
        assert 'name="channels" value="x"' in answer.text


def test_people_write(mock, endpoint, open_page):
    """One edits an event, reads what is wrong with it as one types, and sends it."""
    mock.add_webhook(endpoint.url)
    event_id = store(mock, json.dumps(message(extra=HOSTILE)).encode())
    page = open_page(f"/events/{event_id}")
    page.get_by_role("link", name="Edit and send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit and send")
    editor = page.get_by_label("Payload")
    result = page.locator("#compose-check")
    expect(result).to_contain_text("data.extra")
    editor.fill('{"type": "v1.conversation.message"')
    expect(result).to_contain_text("at line 1, column 35.")
    editor.fill('{"type": "v1.conversation.message",')
    editor.press("Enter")
    editor.press("Tab")
    editor.press_sequentially('"timestamp": "now", "data": 7}')
    expect(editor).to_have_value('{"type": "v1.conversation.message",\n  "timestamp": "now", "data": 7}')
    expect(result).to_contain_text("data: expected an object, got 7 (integer)")
    editor.press("Escape")
    editor.press("Tab")
    expect(page.get_by_role("combobox", name="To", exact=True)).to_be_focused()
    editor.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("v1.conversation.message")
    mock.settle()
    expect(page.locator("#event-state")).to_have_text("delivered")
    assert endpoint.requests[-1][1] == b'{"type":"v1.conversation.message","timestamp":"now","data":7}'
    assert page.title() == "v1.conversation.message · Mock Ada"
