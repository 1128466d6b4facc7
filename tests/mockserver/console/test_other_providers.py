"""The console with another provider's contract: its events, in its words, and nothing of Ada's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver import MockAda, verify
from ada_mockserver.mock.console.variant_list import MOST_EVENTS
from ada_schemas.contract.contract import contract_in
from adakit.check_page.routes import check_page
from support.other_provider import LIBRARY_SECRET, doorbell, library

PAGES = ("/", "/attempts", "/endpoints", "/trigger", "/clock", "/check")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The directory of the library's contract."""
    return library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def mock(directory):
    contract = contract_in(directory)
    pages = [check_page(directory)]
    with MockAda(contract=contract, contract_directory=directory, pages=pages) as running:
        yield running


@pytest.fixture
def bell(tmp_path):
    """The mock of a provider whose payloads do not say their type, and which signs nothing."""
    with MockAda(contract=contract_in(doorbell(tmp_path))) as running:
        yield running


@pytest.fixture
def sent(mock, endpoint):
    """The address of an event that was delivered."""
    webhook = mock.add_webhook(endpoint.url, secret=LIBRARY_SECRET, headers={"X-Tenant": "acme"})
    mock.emit("book.lent")
    mock.settle()
    return SimpleNamespace(path=f"/events/{mock.events()[0]['id']}", webhook=webhook.id)


def look(mock, path):
    answer = httpx.get(mock.base_url + path)
    assert answer.status_code == 200, answer.text
    return answer.text


def element(page, name):
    """The text of the element of that id."""
    return unescape(re.search(rf'id="{name}"[^>]*>(.*?)</pre>', page, re.DOTALL)[1])


@pytest.mark.parametrize("path", [*PAGES, "/compose", "event", "endpoint"])
def test_no_page_speaks_of_ada(mock, sent, path):
    """Each is titled for the provider, and leads to no page of Ada's."""
    text = look(mock, {"event": sent.path, "endpoint": f"/endpoints/{sent.webhook}"}.get(path, path))
    assert "Mock Lend &amp; Co</title>" in text
    assert "not made by Lend &amp; Co" in text
    assert re.findall(r".*\bAda\b.*|.*ADA_.*|.*webhooks/ada.*|.*svix-.*", text) == []
    text = re.sub('<datalist id="rules">.*?</datalist>', "", text)  # titles of rules that hold for many
    assert re.findall(".*/conversations.*|.*/platform.*|.*[Cc]hannel.*|.*[Cc]onversation.*", text) == []
    navigation = re.search(r"<nav.*?</nav>", text, re.DOTALL)[0]
    assert tuple(re.findall(r'href="([^"]*)"', navigation)) == PAGES


@pytest.mark.parametrize(
    "path", ["/conversations", "/conversations/1", "/platform/integrations", "/survey/1"]
)
def test_pages_of_adas_are_not_there(mock, path):
    """They are answered 404, with a page for a browser."""
    answer = httpx.get(mock.base_url + path, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "Not found" in answer.text


@pytest.mark.parametrize("form", ["story", "scenario"])
def test_forms_of_adas_are_not_there(mock, form):
    """Stories and scenarios are told of Ada alone."""
    answer = httpx.post(f"{mock.base_url}/trigger/{form}", data={"story": "messaging", "scenario": "handoff"})
    assert answer.status_code == 404
    assert mock.events() == []


def test_lists_say_what_an_event_is_about(mock):
    """A line has the texts of the payload without its type; a type finds its events by its name."""
    mock.emit("book.lent")
    mock.emit("book.returned")
    rows = look(mock, "/?rows&type=book.lent&conversation=nowhere")
    assert re.findall(r'<b class="name">(.*?)</b>', rows) == ["book.<wbr>lent"]
    (what,) = re.findall(r'<span class="what">(.*?)</span>', rows)
    assert "book.lent" not in what
    assert what.startswith("reader ")


def test_an_event_is_read_by_its_own_type(mock, sent):
    """Its page knows the event by the member that the profile names, and describes its members."""
    page = look(mock, sent.path)
    assert "not in the contract" not in page
    assert "Always book.lent; always there." in page
    assert "It breaks the contract" not in page


def test_programs_verify(mock, sent, tmp_path):
    """They hold the headers of Standard Webhooks, and take the secret from the provider's variable."""
    page = look(mock, sent.path)
    assert "<dt><code>webhook-signature</code></dt>" in page
    node, shell = element(page, "event-verify-node"), element(page, "event-verify-shell")
    assert "process.env.LEND_SECRET." in node
    for command, program in (([sys.executable, "-"], element(page, "event-verify-python")), (["sh"], shell)):
        env = {**os.environ, "LEND_SECRET": LIBRARY_SECRET}
        ran = subprocess.run(
            command, input=program.encode(), capture_output=True, env=env, check=True, timeout=60
        )
        assert ran.stdout == b"valid\n"


def test_commands_name_the_contract(mock, sent, endpoint, directory):
    """Both send the event's type in its header, and sign by the contract."""
    page = look(mock, sent.path)
    curl = element(page, "event-curl").splitlines()[-1]
    assert curl == (
        f"curl -i {endpoint.url} -H 'content-type: application/json' -H 'X-Lend-Event: book.lent'"
        " -H 'X-Tenant: acme'"
        f" $(adakit sign event.json --format curl --contract {directory}) --data-binary @event.json"
    )
    adakit = element(page, "event-adakit").splitlines()[-1]
    assert adakit == (
        f"adakit send --payload event.json --to {endpoint.url} --header 'X-Lend-Event: book.lent'"
        f" --contract {directory}"
    )


def test_commands_send(mock, sent, endpoint, tmp_path):
    """They send the event's bytes, signed anew in the provider's headers."""
    page, commands = look(mock, sent.path), Path(sys.executable).parent
    env = {**os.environ, "LEND_SECRET": LIBRARY_SECRET, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    for name in ("event-curl", "event-adakit"):
        subprocess.run(["sh", "-ec", element(page, name)], env=env, cwd=tmp_path, check=True, timeout=60)
    _, *repeated = endpoint.requests
    assert len(repeated) == 2
    for headers, body in repeated:
        assert json.loads(body) == mock.events()[0]["payload"]
        verify(LIBRARY_SECRET, dict(headers.items()), body, now=float(headers["webhook-timestamp"]))
        assert headers.get_all("x-lend-event") == ["book.lent"]


def delivered_by(code, name, secret):
    """The event that a copied test delivers."""
    delivered, scope = [], {}
    exec(code, scope)  # noqa: S102 - it is what a user pastes

    def deliver(event):
        delivered.append(event)
        return SimpleNamespace(status=200)

    scope[name](deliver, secret)
    return delivered[0]


def test_a_copied_test_sends_the_delivery(mock, sent):
    """It signs the bytes of the event in the provider's headers, with the others beside."""
    code = element(look(mock, sent.path), "event-pytest")
    event = delivered_by(code, "test_book_lent", LIBRARY_SECRET)
    assert json.loads(event.body) == mock.events()[0]["payload"]
    headers = event.headers
    verify(LIBRARY_SECRET, headers, event.body, now=float(headers["webhook-timestamp"]))
    assert headers["X-Lend-Event"] == "book.lent"
    at = headers["webhook-timestamp"]
    assert headers["X-Lend-Delivery"] == f"no. {headers['webhook-id']} at {at}"


def test_a_draft_without_type(mock, endpoint):
    """The member that lacks is named; what is sent has no type in its header."""
    mock.add_webhook(endpoint.url)
    checked = httpx.post(f"{mock.base_url}/compose/check", data={"text": '{"id": "x"}'}).text
    assert "<code>event</code>: expected an event type such as book.lent, got nothing" in checked
    assert "It says no type (<code>event</code>)." in checked
    told = httpx.post(f"{mock.base_url}/compose", data={"text": '{"event": "book.new"}'})
    assert told.status_code == 303
    mock.settle()
    assert endpoint.requests[0][0]["x-lend-event"] == "book.new"


def test_a_type_that_the_payload_does_not_say(bell, endpoint):
    """The editor asks for it, and judges by it; it goes out in its header."""
    bell.add_webhook(endpoint.url, events=["rung"])
    page = look(bell, "/compose?type=rung")
    assert '<input name="type" value="rung"' in page
    assert "It goes out in the header <code>X-Bell</code>." in page
    draft = {"text": '{"door": "front"}', "type": "rung"}
    checked = httpx.post(f"{bell.base_url}/compose/check", data=draft).text
    assert "<code>door</code>: expected an integer, got &#34;front&#34;" in checked
    assert f"<code>{endpoint.url}</code>" in checked
    unknown = httpx.post(f"{bell.base_url}/compose/check", data={**draft, "type": "burnt"}).text
    assert "The contract names no <code>burnt</code>" in unknown
    assert httpx.post(f"{bell.base_url}/compose", data=draft).status_code == 303
    bell.settle()
    ((headers, body),) = endpoint.requests
    assert (headers["x-bell"], body) == ("rung", b'{"door":"front"}')
    event = look(bell, f"/events/{bell.events()[0]['id']}")
    assert "Its request has no signature that is known here." in event
    assert "adakit sign" not in event
    delivery = delivered_by(element(event, "event-pytest"), "test_rung", None)
    assert delivery.headers == {"content-type": "application/json", "X-Bell": "rung"}
    assert "Signing secret" not in look(bell, "/endpoints")


def test_variants_of_a_type_that_the_payload_does_not_say(bell, endpoint):
    """They go out under the type of their event; there are none of no contract."""
    assert "no contract" not in look(bell, "/trigger")
    bell.add_webhook(endpoint.url)
    answer = httpx.post(f"{bell.base_url}/trigger", data={"group": "opened", "seed": "1"})
    assert answer.status_code == 303
    bell.settle()
    assert {headers["x-bell"] for headers, _ in endpoint.requests} == {"opened"}


def test_many_event_types(tmp_path):
    """Of more than can be listed with their variants one is chosen first, by words in its name."""
    names = [f"bell.{number:03}" for number in range(MOST_EVENTS + 1)]
    with MockAda(contract=contract_in(doorbell(tmp_path, *names))) as bells:
        page = look(bells, "/trigger")
        assert f"{len(names)} event types. Choose one to see its variants." in page
        assert "/trigger?event=bell.007&amp;" in page
        assert "/example:complete" not in page
        some = look(bells, "/trigger?text=bell+9&part=variants")
        assert "6 event types with these words." in some
        one = look(bells, "/trigger?event=bell.007&chosen=bell.009/example:complete&chosen=none/x&chosen=x")
        assert "Send bell.007/example:complete" in one
        assert re.findall('value="(bell.*?)" checked', one) == ["bell.009/example:complete"]
        assert "No variant has these words." in look(bells, "/trigger?event=bell.007&text=nothing+like+it")


def test_by_the_browser(mock, endpoint, open_page):
    """An endpoint is added, a variant sent, its event looked at, and the endpoint checked."""
    page = open_page("/endpoints")
    page.get_by_label("URL", exact=True).fill(endpoint.url)
    page.get_by_text("Headers, secret").click()
    page.get_by_label("Signing secret").fill(LIBRARY_SECRET)
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("heading", name=endpoint.url)).to_be_visible()
    page.get_by_role("link", name="Trigger").click()
    page.locator(".variant-filters select").select_option("book.returned")
    expect(page.get_by_role("heading", name="book.lent")).to_have_count(0)
    page.get_by_role("button", name="Send book.returned/example:complete").click()
    expect(page.get_by_role("heading", name="1 event sent")).to_be_visible()
    mock.settle()
    page.get_by_role("link", name=re.compile("^book.returned")).first.click()
    expect(page.get_by_role("heading", name="book.returned")).to_be_visible()
    expect(page.locator("#event-verify")).to_contain_text("webhook-signature")
    expect(page.locator(".line-of-time .badge").first).to_have_text("200")
    for path in PAGES:
        page.get_by_role("navigation").locator(f'a[href="{path}"]').click()
        expect(page.get_by_role("navigation").locator("[aria-current]")).to_have_attribute("href", path)
    page.get_by_text("Which cases, and how").click()
    expect(page.get_by_label("Time limit of a delivery, s")).to_have_value("7")
    page.get_by_label("Select rules").fill("ADA101,ADA301")
    page.get_by_role("button", name="Run the check").click()
    expect(page.get_by_text("FAIL", exact=True)).to_be_visible()  # it verifies nothing
    expect(page.get_by_role("row", name="book.returned")).to_be_visible()


def test_a_check_repeats_with_the_contract(mock, endpoint, directory):
    """The line that repeats a case names the contract's directory, and nothing that its profile says."""
    webhook = mock.add_webhook(endpoint.url, secret=LIBRARY_SECRET)
    form = {"endpoint": webhook.id, "accept": "2xx", "timeout": "7", "select": "ADA301", "seed": "3"}
    answer = httpx.post(f"{mock.base_url}/check", data=form)
    assert answer.status_code == 303, answer.text
    report, until = mock.base_url + answer.headers["location"] + "/report/json", time.monotonic() + 60
    while (found := httpx.get(report)).status_code == 404:
        assert time.monotonic() < until
    first = found.json()["findings"][0]
    shown = [answer.headers["location"], f"{answer.headers['location']}/case?id={quote(first['case'])}"]
    for path in shown:
        assert re.findall(r".*\bAda\b.*|.*svix.*", look(mock, path)) == []
    line = first["reproduce"][0]
    assert f"--contract {directory}" in line
    assert not re.search("--accept|--timeout", line)


def test_a_check_says_nothing_of_ada(mock, endpoint):
    """Its page, its cases and what is said of a rule and a finding are in the words of the provider."""
    webhook = mock.add_webhook(endpoint.url, secret=LIBRARY_SECRET)
    form = {"endpoint": webhook.id, "select": "ADA301,ADA402", "seed": "3"}
    page = httpx.post(f"{mock.base_url}/check", data=form).headers["location"]
    until = time.monotonic() + 60
    while (found := httpx.get(f"{mock.base_url}{page}/report/json")).status_code == 404:
        assert time.monotonic() < until
    case = found.json()["findings"][0]["case"]
    shown = {name: look(mock, f"{page}/{name}") for name in ("", "cases", f"case?id={case}", "report/html")}
    for text in shown.values():
        assert re.findall(r".*\bAda\b.*|.*docs\.ada.*|.*\bsvix-.*", text) == []
    assert "answer within 7 s" in shown[""]
    assert "Every delivery carries webhook-id, webhook-timestamp and" in shown[f"case?id={case}"]
    assert "Anyone who knows the URL can write events into your systems." in shown[f"case?id={case}"]


def test_a_provider_that_no_document_names(tmp_path):
    """The mock has no article in its name."""
    directory = doorbell(tmp_path)
    profile = tmp_path / "profile.toml"
    profile.write_text(profile.read_text().replace('"Doorbell"', '"the provider"'), encoding="utf-8")
    with MockAda(contract=contract_in(directory)) as unnamed:
        page = look(unnamed, "/")
    assert "Mock provider</title>" in page
    assert "not made by the provider" in page
