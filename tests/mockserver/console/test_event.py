"""The page of one event: its payload beside the contract, its deliveries, and what is copied from it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from ada_contract_tests.pytest.fixtures import EventMaker
from ada_mockserver.delivery.signing import signature_headers, verify
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_mockserver.mock.console.payload_review import review
from ada_mockserver.mock.console.payload_view import MOST_LINES, payload_lines
from ada_mockserver.mock.console.snippets import LONGEST_BODY, again_with_curl, as_pytest_case, verifying
from ada_schemas.contract.contract import read_contract, shipped
from support.console_stage import HOSTILE, LONG, say, store
from support.node_tools import node_commands

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
AWKWARD = json.dumps(
    {"type": "v1.new", "a": 'it\'s "q" `id` $(id) \\n ! %s {0} \u2028', "b": HOSTILE, "c": "Zoë 東京"},
    ensure_ascii=False,
).encode()
BYTES = b'{"type": "v1.new",\r\n\t"a": "\\ud800", "b": "\x7f\x1b[1m"}\x00\xff\n'


def look(mock, event_id, query=""):
    answer = httpx.get(f"{mock.base_url}/events/{event_id}{query}")
    assert answer.status_code == 200
    return answer.text


def words(text):
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def shown(text, name):
    """The text of the element of that id."""
    return unescape(re.search(rf'id="{name}"[^>]*>([^<]*)<', text)[1])


def ran(command, *, secret=SECRET, folder):
    environment = {
        **os.environ,
        "ADA_WEBHOOK_SECRET": secret,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, cwd=folder, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def message(**data):
    payload = EventFactory(seed=5).event("conversation.message")
    return {**payload, "data": {**payload["data"], **data}}


def lines(payload, contract=None):
    """The tree of a payload, by the places of its lines."""
    found = {}

    def walk(line):
        found[line.place] = line
        for each in line.inner:
            walk(each)

    walk(payload_lines(review(json.dumps(payload), contract or shipped())))
    return found


def test_members_are_described():
    """Each member has the contract's words, through the branch of a union that the value is."""
    found = lines(message(content={"type": "file", "url": "https://example.com", "filename": "a"}))
    role = found["data.author.role"]
    assert role.about[-1].startswith("One of end_user, ai_agent, human_agent")
    assert found["data.content"].about == ("An object of type text, link or file; may be absent.",)
    assert found["data.content.type"].about[-1] == "Always file; always there."
    assert [each.name for each in found["data.content"].missing] == ['"mime_type"']
    assert not any(line.undocumented for line in found.values())


def test_what_the_contract_does_not_name():
    """Undocumented members are marked, what breaks the schema and what is merely new are told apart."""
    payload = message(content={"type": "carousel", "cards": [1]}, extra={"deep": 1}, message_id=7)
    payload["data"]["channel"] |= {"modality": "fax", "metadata": {"free": 1}}
    found = lines(payload)
    assert [place for place, line in found.items() if line.undocumented] == ["data.extra"]
    assert found["data.message_id"].problems == ("expected a string, got 7 (integer)",)
    assert found["data.message_id"].notes == ()
    assert found["data.channel.modality"].problems == ()
    assert found["data.channel.modality"].notes == ('expected one of messaging, email, voice, got "fax"',)
    assert found["data.channel.metadata.free"].about == ()


def object_of(required=(), **properties):
    return {"type": "object", "required": list(required), "properties": properties}


def named(name):
    return {"$ref": f"#/components/schemas/{name}"}


SHOP = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "webhooks": {
        "paid": {"post": {"requestBody": {"content": {"application/json": {"schema": named("Paid")}}}}}
    },
    "components": {
        "schemas": {
            "Paid": object_of(
                ["type", "by"],
                type={"const": "paid"},
                by={"oneOf": [named("Card"), named("Cash")], "discriminator": {"propertyName": "kind"}},
                items={"type": "array", "items": named("Item")},
            ),
            "Card": object_of(
                ["kind", "last4"], kind={"const": "card"}, last4={"type": "string", "description": "Its end."}
            ),
            "Cash": object_of(["kind"], kind={"const": "cash"}),
            "Item": object_of(price={"type": "integer", "description": "In cents."}),
        }
    },
}


def test_another_contract(tmp_path):
    """References and branches of a contract that is not Ada's are followed by what the value is."""
    (tmp_path / "shop.json").write_text(json.dumps(SHOP))
    contract = read_contract(str(tmp_path / "shop.json"))
    paid = {"type": "paid", "by": {"kind": "card"}, "items": [{"price": 5, "tax": 1}]}
    found = lines(paid, contract)
    missing = [(each.name, each.about) for each in found["by"].missing]
    assert missing == [('"last4"', ("Its end.", "A string; always there."))]
    assert found["items.0.price"].about == ("In cents.", "An integer; may be absent.")
    assert [place for place, line in found.items() if line.undocumented] == ["items.0.tax"]
    cash = lines({"type": "paid", "by": {"kind": "cash", "last4": ""}}, contract)
    assert [place for place, line in cash.items() if line.undocumented] == ["by.last4"]
    assert lines({"type": "v1.conversation.ended"}, contract)["type"].about == ()


@pytest.mark.parametrize(
    "payload", [[1, {"a": 2}], "text", None, {"type": 3}, {"type": "v1.new", "data": []}]
)
def test_any_json_is_a_tree(payload):
    found = payload_lines(review(json.dumps(payload), shipped()))
    assert not found.about
    assert found.kind == {list: "array", str: "string", dict: "object"}.get(type(payload), "literal")


def test_large_payloads_are_cut():
    """So many lines, so many levels and so long a text are on the page; the rest is named."""
    found = payload_lines(review(json.dumps([0] * (MOST_LINES + 9)), shipped()))
    assert len(found.inner) == MOST_LINES
    assert (found.inner[-1].kind, found.inner[-1].text) == ("left", "10 more")
    deep = payload_lines(review("[" * 90 + "]" * 90, shipped()))
    levels = 0
    while deep.inner:
        deep, levels = deep.inner[0], levels + 1
    assert (levels, deep.text) == (24, "[" * 66 + "]" * 66)
    text = payload_lines(review(json.dumps(LONG), shipped()))
    assert len(text.text) + len(text.more) == len(json.dumps(LONG))


@pytest.mark.parametrize("body", [AWKWARD, BYTES, b"x" * 300, b""], ids=["quotes", "bytes", "text", "empty"])
def test_programs_verify(body, tmp_path):
    """Each program finds the delivery valid, whatever stands in it, and not with another secret."""
    old = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
    headers = dict(
        signature_headers([old, SECRET], message_id="msg_it's", timestamp=1_700_000_000, body=body)
    )
    programs = verifying(body, headers, fetched_from="http://127.0.0.1:1/")
    (tmp_path / "verify.py").write_text(programs["Python"], encoding="utf-8")
    (tmp_path / "verify.mjs").write_text(programs["Node"], encoding="utf-8")
    (tmp_path / "verify.sh").write_text(programs["Shell"], encoding="utf-8")
    node, _ = node_commands()
    commands = ([sys.executable, "verify.py"], [*node, "verify.mjs"], ["sh", "verify.sh"])
    assert [ran(each, folder=tmp_path) for each in commands] == ["valid\n"] * 3
    if body is AWKWARD:
        said = [ran(each, secret=OTHER_SECRET, folder=tmp_path) for each in commands]
        assert said == ["not valid\n"] * 3


def test_programs_fetch_a_long_body(mock, endpoint, tmp_path):
    """The page's programs hold the delivery's own headers, and fetch a body that is long."""
    mock.add_webhook(endpoint.url, secret=SECRET)
    event_id = store(mock, json.dumps({"type": "v1.new", "a": "x" * LONGEST_BODY}).encode())
    page = look(mock, event_id)
    assert endpoint.requests[0][0]["svix-signature"] in unescape(page)
    node, _ = node_commands()
    for name, command in (("python", [sys.executable]), ("node.mjs", node), ("shell", ["sh"])):
        program = tmp_path / name
        text = shown(page, f"event-verify-{program.stem}")
        program.write_text(text, encoding="utf-8")
        assert len(text) < 2000
        assert ran([*command, name], folder=tmp_path) == "valid\n"


def test_curl_sends_it(mock, endpoint, tmp_path):
    """The commands that are copied send the same bytes, signed anew, with the endpoint's own header."""
    mock.add_webhook(endpoint.url, secret=SECRET, headers={"X-Shop": "it's", "X-Api-Key": "hidden"})
    event_id = store(mock, AWKWARD)
    command = shown(look(mock, event_id), "event-curl")
    assert command.startswith("# The endpoint also gets the header X-Api-Key, whose value is not shown.\n")
    assert "hidden" not in command
    ran(["sh", "-c", command], folder=tmp_path)
    headers, body = endpoint.requests[-1]
    assert len(endpoint.requests) == 2
    assert (body, headers["x-shop"], headers["content-type"]) == (AWKWARD, "it's", "application/json")
    assert headers["svix-id"] != event_id
    verify(SECRET, dict(headers.items()), body, now=float(headers["svix-timestamp"]))


@pytest.mark.parametrize("body", [BYTES, b"a\x00\x1b[1m\xe2\x80\xaeb"], ids=["bytes", "controls"])
def test_bytes_survive_the_shell(body, tmp_path):
    """No command holds what a terminal would obey, and each writes the very bytes."""
    command = again_with_curl(body, url="http://h/", headers=(), fetched_from="").splitlines()[0]
    assert command.isprintable()
    ran(["sh", "-c", command], folder=tmp_path)
    assert (tmp_path / "event.json").read_bytes() == body


def made_by(code, **scope):
    """The event that a copied test delivers."""
    delivered = []
    exec(code, scope)  # noqa: S102 - it is what a user pastes
    (test,) = (value for name, value in scope.items() if name.startswith("test_"))

    def ada_deliver(event):
        delivered.append(event)
        return type("Delivered", (), {"status": 200})

    given = {"ada_event": EventMaker(1, "x", SECRET), "ada_deliver": ada_deliver, "ada_secret": SECRET}
    test(**{name: given[name] for name in test.__code__.co_varnames[: test.__code__.co_argcount]})
    return delivered[0]


@pytest.mark.parametrize("name", shipped().event_names)
def test_case_has_the_payload(name):
    """A copied test delivers the event's own data, for each event of the contract."""
    payload = EventFactory(seed=9).event(name)
    event = made_by(as_pytest_case(encode(payload), event_type=payload["type"]))
    assert {**json.loads(event.body), "timestamp": ""} == {**payload, "timestamp": ""}


def test_case_of_awkward_members():
    """Members that no keyword can name, that lack, or that contradict each other are delivered as they are."""
    payload = message(**{"class": 1, "a.b": 2, "é": "'\"\\\n"}, author={"role": "ai_agent", "id": "x"})
    del payload["data"]["channel"]
    event = made_by(as_pytest_case(encode(payload), event_type=payload["type"]))
    assert event.json["data"] == payload["data"]


@pytest.mark.parametrize(
    "body",
    [
        AWKWARD,
        BYTES,
        b'{"type": "v1.conversation.message", "data": 7}',
        b'{"type": "v1.conversation.message", "data": {"a__b": 7}}',
        b'{"type": "v1.conversation.message", "data": {}, "more": 7}',
    ],
)
def test_case_of_other_bodies(body):
    """What is no event of the contract is delivered byte for byte."""
    event = made_by(as_pytest_case(body, event_type="v1.conversation.message"))
    assert event.body == body
    verify(SECRET, event.headers, event.body, now=float(event.headers["svix-timestamp"]))


def test_case_of_a_long_body(tmp_path):
    """A long event is read from its fixture file."""
    body = encode(message(long=LONG))
    code = as_pytest_case(body, event_type="v1.conversation.message")
    (tmp_path / "event.json").write_bytes(body)
    assert len(code) < 1000
    assert made_by(code, __file__=str(tmp_path / "test_it.py")).body == body


def test_case_runs(mock, tmp_path, monkeypatch, forks):
    """What the page offers is pasted into a file, and passes against a consumer that is right."""
    for name in ("known", "other"):
        body, kind = (
            (encode(message()), "v1.conversation.message") if name == "known" else (AWKWARD, "v1.new")
        )
        code = shown(look(mock, store(mock, body, kind)), "event-pytest")
        (tmp_path / f"test_{name}.py").write_text(code, encoding="utf-8")
    settings = "[pytest]\nada_target = adakit.demo.consumer:app\nada_path = /webhooks/ada\n"
    (tmp_path / "pytest.ini").write_text(settings)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    output = tmp_path / "output"
    arguments = ("-p", "adakit", "-p", "no:cacheprovider", "test_known.py", "test_other.py")
    code = forks.pytest(*arguments, folder=tmp_path, output=output, errors=tmp_path / "errors", timeout=60)
    assert code == 0, output.read_text()
    assert "2 passed" in output.read_text()


def test_fixture_file(mock, endpoint, tmp_path):
    """The file holds the bytes that were sent, and both commands that take one send them."""
    event_id = store(mock, encode(message()))
    answer = httpx.get(f"{mock.base_url}/events/{event_id}/fixture.json")
    name = f"conversation.message-{event_id}.json"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    (tmp_path / name).write_bytes(answer.content)
    adakit = (sys.executable, "-m", "adakit")
    ran([*adakit, "send", "--payload", name, "--to", endpoint.url], folder=tmp_path)
    ran([*adakit, "replay", name, "--to", endpoint.url], folder=tmp_path)
    assert [body for _, body in endpoint.requests] == [encode(message())] * 2


def test_deliveries_are_shown(mock, endpoint):
    """Each attempt with its answer and its signature, when the next is due, and what the schedule holds."""
    endpoint.outcome = 500
    hook = mock.add_webhook(endpoint.url, secret=SECRET)
    refused = mock.add_webhook("http://127.0.0.1:1/gone")
    talk = say(mock, "Hello")
    mock.settle()
    mock.advance(6)
    event_id = endpoint.requests[-1][0]["svix-id"]
    page = look(mock, event_id)
    text = words(page)
    assert f"{endpoint.url} pending Resend" in text
    assert "#1 500" in text
    assert "5 s later #2 500" in text
    assert "#2 refused" in text
    assert "next try" in text
    assert text.count("If it fails, again after 30 min 2 h 5 h 10 h 10 h") == 2
    assert f'href="/endpoints/{hook.id}"' in page
    assert f'href="/endpoints/{refused.id}"' in page
    assert f'href="/conversations/{talk["id"]}"' in page
    first = next(each for each in mock.attempts(event_id) if each["endpoint_id"] == hook.id)
    signature = dict(first["request"]["headers"])["svix-signature"]
    assert signature in unescape(
        look(mock, event_id, f"?attempt={first['id']}").partition('id="event-verify"')[2]
    )


@pytest.mark.parametrize(
    ("chaos", "said"),
    [
        (
            "bad-signature",
            "Chaos signed it with another secret: it is not valid, and a consumer must refuse it.",
        ),
        (
            "stale-timestamp",
            "Chaos set its time back: it is valid, and a consumer must refuse it as too old.",
        ),
    ],
)
def test_chaos_is_named(mock, endpoint, chaos, said):
    mock.add_webhook(endpoint.url, secret=SECRET)
    mock.set_chaos(chaos)
    text = words(look(mock, store(mock, b"{}")))
    assert f"chaos: {chaos}" in text
    assert said in text


def test_neighbours(mock, endpoint):
    """An event leads to those before and after it in its conversation alone."""
    mock.add_webhook(endpoint.url)
    talk, other = say(mock, "one"), say(mock, "other")
    say(mock, "two", talk)
    say(mock, "three", other)
    mock.settle()
    listed = httpx.get(f"{mock.base_url}/?rows&conversation={talk['id']}").text
    mine = re.findall(r'id="e-(\w+)"', listed)[::-1]
    page = look(mock, mine[1])
    assert re.search(r'href="/events/(\w+)" rel="prev"', page)[1] == mine[0]
    assert re.search(r'href="/events/(\w+)" rel="next"', page)[1] == mine[2]
    assert 'rel="prev"' not in look(mock, mine[0])


def test_resent_without_scripts(mock, endpoint):
    """A plain form resends; what cannot be done is said on the page."""
    hook = mock.add_webhook(endpoint.url)
    late = store(mock, encode(message()))
    path = f"{mock.base_url}/events/{late}/resend"
    answer = httpx.post(path, data={"endpoint": hook.id})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/events/{late}")
    mock.settle()
    assert [headers["svix-id"] for headers, _ in endpoint.requests] == [late, late]
    wrong = httpx.post(path, data={"endpoint": "ep_none"})
    assert wrong.status_code == 400
    assert "There is no endpoint &#39;ep_none&#39;." in wrong.text
    alone = store(mock, b"{}", "v1.nobody.takes")
    mock.call("PATCH", f"/v2/webhooks/{hook.id}", {"enabled": False})
    wrong = httpx.post(f"{mock.base_url}/events/{alone}/resend", headers={"hx-request": "true"})
    assert wrong.status_code == 400
    assert "No endpoint that it was meant for is enabled." in wrong.text
    assert "<html" not in wrong.text
    assert httpx.post(f"{mock.base_url}/events/msg_none/resend").status_code == 404


def test_nothing_there(untouched):
    for path in ("msg_none", "msg_none/fixture.json", "%00"):
        assert httpx.get(f"{untouched.base_url}/events/{path}").status_code == 404
    live = httpx.get(f"{untouched.base_url}/events/msg_none/live")
    assert words(live.text) == "This event is not there any more: the mock was cleared."


def test_nothing_delivers(mock, monkeypatch):
    """A mock that stores alone shows events, and says that it sends none."""
    event_id = store(mock, encode(message()))
    monkeypatch.setattr(mock._running.assembly.app.state, "outbox", None)
    assert "/resend" not in look(mock, event_id)
    answer = httpx.post(f"{mock.base_url}/events/{event_id}/resend")
    assert answer.status_code == 400
    assert "This mock stores events and delivers none." in words(answer.text)


def test_endpoints_that_are_gone(mock, endpoint):
    """What is not delivered any more is said, with the reason; nothing offers to send there."""
    hooks = [mock.add_webhook(f"{endpoint.url}/{name}") for name in ("off", "deleted")]
    event_id = store(mock, encode(message()))
    mock.call("PATCH", f"/v2/webhooks/{hooks[0].id}", {"enabled": False})
    mock.call("DELETE", f"/v2/webhooks/{hooks[1].id}")
    page = look(mock, event_id)
    text = words(page)
    assert f"{endpoint.url}/off delivered The endpoint is disabled." in text
    assert f"{endpoint.url}/deleted delivered The endpoint was deleted." in text
    assert f'href="/endpoints/{hooks[1].id}"' not in page


def test_any_body_is_shown(mock):
    """What is no JSON, or none that is read, is shown as text."""
    for body in (b"\xff\x00<b>\n", b"[NaN]", b"[" * 5000, AWKWARD, BYTES):
        page = look(mock, store(mock, body, HOSTILE[:60]))
        assert "<script>document" not in page
        assert ("It is shown as text." in page) == (body is not AWKWARD)


def test_people_read_it(mock, endpoint, open_page):
    """A member tells what it is, objects fold, attempts open and stay open while others come."""
    endpoint.outcome = 500
    mock.add_webhook(endpoint.url)
    event_id = store(mock, encode(message(extra=HOSTILE, long=LONG)))
    page = open_page(f"/events/{event_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("v1.conversation.message")
    assert page.title() == "v1.conversation.message · Mock Ada"
    about = page.get_by_text("Who wrote the message.")
    expect(about).to_be_hidden()
    page.get_by_role("checkbox", name="Describe data.author", exact=True).check()
    expect(about).to_be_visible()
    page.get_by_role("checkbox", name="data.author unfolded").uncheck()
    expect(page.get_by_text('"display_name"').first).to_be_hidden()
    page.get_by_label("Describe all").check()
    expect(page.get_by_text("Identifies the message.")).to_be_visible()
    expect(page.get_by_text("undocumented")).to_have_count(2)
    page.locator("summary", has_text="#1").click()
    expect(page.get_by_role("heading", name="Answer 500")).to_be_visible()
    endpoint.outcome = 200
    page.get_by_role("button", name="Resend", exact=True).click()
    mock.settle()
    expect(page.locator(".line-of-time li")).to_have_count(2)
    expect(page.locator("#event-state")).to_have_text("delivered")
    expect(page.get_by_role("heading", name="Answer 500")).to_be_visible()
    assert page.title() == "v1.conversation.message · Mock Ada"


def test_beside_the_list(mock, endpoint, open_page):
    """On a wide screen it opens beside the list of events, with its own styles."""
    mock.add_webhook(endpoint.url)
    event_id = store(mock, encode(message()))
    page = open_page("/")
    page.locator(f"#e-{event_id} a").click()
    beside = page.locator("#detail")
    expect(beside.get_by_role("heading", level=1)).to_have_text("v1.conversation.message")
    expect(beside.locator("#event")).to_have_css("container-type", "inline-size")
    expect(beside.locator(".line-of-time li")).to_have_count(1)
    page.get_by_role("link", name="Full page").click()
    expect(page.locator("main > #event")).to_be_visible()
    expect(page.get_by_role("link", name="Full page")).to_be_hidden()
