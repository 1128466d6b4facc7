"""The page from which events are triggered: variants, stories, scenarios."""

from __future__ import annotations

import json
import re
from html import unescape

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver import MockAda
from ada_mockserver.events.scenarios import Teller
from ada_mockserver.events.variants import event_variations, variant_of, variation_named
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, read_contract, shipped
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.variation.enumeration import ANY
from adakit.payload_plan import Order
from support.console_stage import HOSTILE

CASE = "conversation.message/null:data.author.avatar"


MARKUP = "<b onclick=x>ended</b>"


def sent(endpoint):
    """The payloads that an endpoint got."""
    return [json.loads(body) for _, body in endpoint.requests]


def post(mock, path="/trigger", **fields):
    """Send a form as a browser without scripts does."""
    return httpx.post(f"{mock.base_url}{path}", data=fields)


def alert(answer):
    """What a page says is wrong."""
    return unescape(re.search(r'role="alert">(.*?)</p>', answer.text)[1])


def test_variant(mock, endpoint, open_page):
    """A person finds a variant, looks at its payload, sends it, and sees it arrive."""
    mock.add_webhook(endpoint.url)
    page = open_page("/trigger")
    page.get_by_label("Find").fill("MESSAGE/null:data.author.avatar")
    expect(page.get_by_role("status").filter(has_text="with these words")).to_have_text(
        "1 variant with these words"
    )
    page.get_by_label("Seed").last.fill("7")
    page.get_by_role("link", name="null:data.author.avatar").click()
    expected = variant_of(variation_named(shipped(), CASE), seed=7, contract=shipped())
    payload = page.get_by_role("region", name="Its payload")
    expect(payload).to_contain_text(expected["data"]["conversation_id"])
    edit = page.get_by_role("link", name="Edit first")
    expect(edit).to_have_attribute(
        "href", "/compose?case=conversation.message/null%3Adata.author.avatar&seed=7"
    )
    page.get_by_label("The variant that is chosen").get_by_role("button", name="Send").click()
    mock.settle()
    row = page.get_by_role("listitem").filter(has_text="conversation.message").first
    expect(row).to_contain_text("200")
    assert sent(endpoint) == [expected]
    (event,) = mock.events()
    expect(row.get_by_role("link")).to_have_attribute("href", f"/events/{event['id']}")
    endpoint.outcome = 500
    mock.resend(event["id"])
    mock.settle()
    expect(row).to_contain_text("500")


def test_several(mock, endpoint, open_page):
    """A person ticks two variants and sends both to one endpoint, which does not even subscribe."""
    hook = mock.add_webhook(endpoint.url, events=["v1.conversation.ended"])
    mock.add_webhook("http://127.0.0.1:1/other")
    page = open_page(f"/trigger?endpoint={hook.id}&event=end_user.created", width=390)
    page.get_by_label("Tick end_user.created/example:documented").check()
    page.get_by_label("Find").fill("type absent")
    expect(page.get_by_text("1 variant with these words")).to_be_visible()
    expect(page.get_by_label("Tick end_user.created/example:documented")).to_be_checked()
    page.get_by_label("Tick end_user.created/absent:type").check()
    page.get_by_role("button", name="Send what is ticked").click()
    expect(page.get_by_role("heading", name="2 events sent")).to_be_visible()
    mock.settle()
    assert sorted(each.get("type", "none") for each in sent(endpoint)) == ["none", "v1.end_user.created"]
    assert len(mock.attempts()) == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_group(mock, endpoint):
    """All variants of an event that have the words are sent, and the page tells how many were delivered."""
    mock.add_webhook(endpoint.url)
    answer = post(mock, group="conversation.ended", text="null", seed="3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/trigger?text=null&sent=0-5#sent")
    mock.settle()
    meant = [each for each in event_variations(shipped(), "conversation.ended") if "null" in each.summary]
    made = [variant_of(each, seed=3, contract=shipped()) for each in meant]
    assert sorted(map(json.dumps, sent(endpoint))) == sorted(map(json.dumps, made))
    page = httpx.get(f"{mock.base_url}/trigger?sent=0-5&part=sent").text
    assert ">5 events sent</h2>" in page
    assert '5 <span class="badge good">delivered</span>' in page
    assert page.count("<li ") == 5


def test_again(mock):
    """The page that follows a variant has that variant chosen, with its seed: to send it again, or edit it."""
    answer = post(mock, case=CASE, seed="7", text="null")
    page = httpx.get(f"{mock.base_url}{answer.headers['location']}").text
    assert f"/compose?case={CASE.replace(':', '%3A')}&amp;seed=7" in page
    assert ">1 event sent</h2>" in page


def test_as_generated():
    """A variant is the payload that ``adakit generate --case`` makes, for each kind of variation."""
    kinds = {}
    for name in (*shipped().event_names, ANY):
        for each in event_variations(shipped(), name):
            kinds.setdefault((name, each.rule), each)
    for variation in kinds.values():
        event = "conversation.created" if variation.event == ANY else variation.event
        (planned,) = Order(event, shipped(), 7, case=variation.id).payloads()
        assert variant_of(variation, seed=7, contract=shipped()) == planned.payload, variation.id


def test_light(mock):
    """The page is small although there are more than a thousand variants, and so is all of one event."""
    page = httpx.get(f"{mock.base_url}/trigger")
    assert "1173 variants</p>" in page.text
    assert len(page.content) < 100_000
    whole = httpx.get(f"{mock.base_url}/trigger?event=conversation.message&all=1")
    assert whole.text.count('name="chosen"') == 375
    assert len(whole.content) < 300_000


def test_story(mock, endpoint, open_page):
    """A person has a phone call happen, which is a conversation of the mock, and its events arrive."""
    mock.add_webhook(endpoint.url)
    page = open_page("/trigger")
    page.get_by_label("Story").first.select_option("A phone call")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="of the conversation so far")).to_be_visible()
    mock.settle()
    (created,) = [each for each in sent(endpoint) if each["type"] == "v1.conversation.created"]
    talk = created["data"]["conversation_id"]
    assert "v1.conversation.ended" in {each["type"] for each in sent(endpoint)}
    link = page.get_by_role("link", name="The conversation")
    expect(link).to_have_attribute("href", f"/conversations/{talk}")


def test_scenario(mock, endpoint):
    """The events of a scenario go out as the seed tells them, and nothing of them is stored beside."""
    hook = mock.add_webhook(endpoint.url)
    answer = post(mock, "/trigger/scenario", scenario="handoff", seed="5", locale="de_DE", endpoint=hook.id)
    assert answer.status_code == 303
    mock.settle()
    told = [step.payload for step in Teller("handoff", seed=5, locale="de_DE").tell(0).steps]
    assert answer.headers["location"] == f"/trigger?endpoint={hook.id}&sent=0-{len(told)}#sent"
    assert sorted(map(json.dumps, sent(endpoint))) == sorted(map(json.dumps, told))


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("", {}, "Nothing is chosen. Tick variants, or send one or all of an event."),
        ("", {"case": CASE, "seed": "-1"}, "The seed must be a whole number. Leave it empty to draw one."),
        ("", {"case": CASE, "endpoint": "ep_0"}, "The endpoint is not there any more, or is disabled. "),
        ("", {"case": "conversation.message/other"}, "There is no such variant. Choose one from the list."),
        ("/story", {"story": "opera"}, "There is no such story. The stories are messaging, handoff, "),
        ("/story", {"story": "voice", "dialogue": "none"}, "There is no dialogue 'none' here; there are "),
        ("/story", {"story": "voice", "locale": "xx_XX"}, "xx_XX"),
        ("/scenario", {"scenario": "opera"}, "opera"),
    ],
)
def test_wrong(mock, path, fields, said):
    """The page says beside the form what is wrong, and sends nothing."""
    answer = post(mock, f"/trigger{path}", **fields)
    assert answer.status_code == 400
    assert said.strip() in alert(answer)
    assert mock.events() == []


def test_wrong_case(mock):
    """A link to a variant that there is not leads to the list."""
    answer = httpx.get(f"{mock.base_url}/trigger", params={"case": f"{HOSTILE}/x", "text": HOSTILE})
    assert answer.status_code == 400
    assert HOSTILE not in answer.text
    assert alert(answer).startswith(
        """There is no event "<script>document.title='taken'<". The events are: """
    )


def test_hostile_contract(tmp_path, open_page, chromium):
    """Names and values of a contract are shown as the text that they are."""
    document = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    text = json.dumps(document).replace("ended_by", MARKUP)
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    with MockAda(contract=read_contract(str(file))) as mock:
        page = chromium.new_page()
        page.goto(f"{mock.base_url}/trigger?event=conversation.ended")
        expect(page.get_by_text(f"data.{MARKUP} is absent", exact=True)).to_be_visible()
        page.get_by_text(f"data.{MARKUP} is absent", exact=True).click()
        expect(page.get_by_role("region", name="Its payload")).to_contain_text("v1.conversation.ended")
        assert page.title() == "Trigger · Mock Ada"
        page.close()
