"""What holds for every page: the policy, escaping, accessibility, no secret, and room on a phone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from ada_mockserver.mock.console.rendering import POLICY
from support.console_stage import HOSTILE, LONG, say
from support.node_tools import npm_packages

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBjb25zb2xlIHRlc3Rz"
FIXED = (
    "/",
    "/attempts",
    "/conversations",
    "/endpoints",
    "/trigger",
    "/clock",
    "/check",
    "/platform/integrations",
)


class Inline(HTMLParser):
    """Collects what the pages' policy keeps from working: scripts and styles within a page."""

    def __init__(self, text):
        super().__init__()
        self.found, self._kind = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._kind = tag if tag in ("script", "style") else ""
        self.found += [f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name == "style"]
        self.found += [f"{tag} {value}" for name, value in attrs if (value or "").startswith("javascript:")]

    def handle_data(self, data):
        if self._kind and data.strip():
            self.found.append(data)

    def handle_endtag(self, tag):
        self._kind = ""


class Links(HTMLParser):
    """Collects where a page's navigation leads."""

    def __init__(self, text):
        super().__init__()
        self.found, self._inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._inside = self._inside or tag == "nav"
        if self._inside and tag == "a":
            self.found.append(dict(attrs)["href"])

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "nav"


@pytest.fixture
def filled(mock, endpoint):
    """A mock with an endpoint, and what people may have said and called each other at the worst."""
    mock.add_webhook(endpoint.url, secret=SECRET, headers={"X-Api-Key": "t0ken"})
    mock.play("handoff", seed=1)
    talk = say(mock, HOSTILE)
    say(mock, LONG, talk)
    body = {"profile": {"first_name": HOSTILE, "metadata": {HOSTILE: HOSTILE}}}
    mock.call("PATCH", f"/v2/end-users/{talk['end_user_id']}/", body)
    mock.settle()
    endpoint.outcome = 500
    say(mock, "Once more", talk)
    mock.settle()
    return mock


@pytest.fixture
def paths(filled):
    """Every page that there is: those of the navigation, and one of each thing."""
    listed = Links(httpx.get(filled.base_url).text).found
    assert set(FIXED) <= set(listed)
    found = [httpx.get(f"{filled.base_url}/?text={text}").text for text in ("Once more", "long long")]
    events = [re.search(r'id="e-(\w+)"', page)[1] for page in found]
    (hook,) = filled.call("GET", "/v2/webhooks/")["data"]
    conversation = filled.events("conversation.message")[-1]["payload"]["data"]["conversation_id"]
    return [
        *listed,
        *(f"/events/{event_id}" for event_id in events),
        f"/compose?event={events[0]}",
        f"/endpoints/{hook['id']}",
        f"/conversations/{conversation}",
        "/check?endpoint=none",
    ]


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The script of axe-core, which judges what a person who cannot see or point would meet."""
    folder = npm_packages(Path(__file__).with_name("axe"), "axe", tmp_path_factory)
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def test_policy(filled, paths):
    """Pages run their own files alone, hold no script and no style, and show no secret unasked."""
    for path in paths:
        page = httpx.get(filled.base_url + path)
        assert page.status_code == 200, path
        assert page.headers["content-security-policy"] == f"{POLICY}'self'", path
        assert page.headers["cache-control"] == "no-store", path
        assert Inline(page.text).found == [], path
        assert HOSTILE not in page.text, path
        for secret in (SECRET.removeprefix("whsec_"), "t0ken", filled.api_key):
            assert secret not in page.text, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_seen(filled, paths, open_page, axe, scheme):
    """No page breaks on hostile texts, is wider than a phone, or has what axe-core calls serious."""
    page = open_page("/", width=390, height=844, scheme=scheme)
    for path in paths:
        page.goto(filled.base_url + path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        assert page.title().endswith("· Mock Ada"), path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.evaluate(f"{axe}; 0")
        found = page.evaluate("axe.run().then(result => result.violations)")
        serious = [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]
        assert serious == [], f"{path} ({scheme})"


def test_templates():
    """No template has a script or a style in it, which the pages' policy would keep from working."""
    for package in ("ada_mockserver.mock.console", "adakit.check_page"):
        for file in (resources.files(package) / "templates").iterdir():
            assert Inline(file.read_text(encoding="utf-8")).found == [], file.name


def test_files(mock):
    """Scripts and styles are served, and nothing beside them."""
    served = httpx.get(f"{mock.base_url}/static/console.css")
    assert (served.status_code, served.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert served.headers["x-content-type-options"] == "nosniff"
    for name in ("none.css", "LICENSE-htmx.txt", ".hidden.css", "%2e%2e%2fpage.py", "..%2fpage.js"):
        assert httpx.get(f"{mock.base_url}/static/{name}").status_code == 404, name
