"""Errors, as pages for people and as JSON for programs."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def told(answer):
    """The text of the page, from its heading on."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def get(mock, path, **headers):
    return httpx.get(mock.base_url + path, headers={**BROWSER, **headers})


def test_not_found(untouched):
    """Who looks for what is not there gets a page that leads to the nearest one."""
    answer = get(untouched, "/endpoints/ep_none")
    assert answer.status_code == 404
    assert told(answer) == (
        "Not found There is no such webhook. It may have been deleted, or the mock was cleared or started anew"
        " since. Endpoints Events"
    )
    assert '<a class="button primary" href="/endpoints">' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_no_path(untouched):
    """A path that is not there says where the API is; what is in it is no markup."""
    answer = get(untouched, "/<script>x</script>")
    assert answer.status_code == 404
    assert told(answer).startswith(f"Not found Not Found: Ada's API is below {untouched.base_url}/api/v2. ")
    assert "<script>x" not in answer.text


def test_form_visited(untouched):
    """An address of a form, visited, leads back to its page, and says what it takes."""
    answer = get(untouched, "/endpoints/ep_none/rotate")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert told(answer) == (
        "That did not work Method Not Allowed. This address takes what a form sends; the page with the form is"
        " one step back. Endpoints Events"
    )


def test_failure(mock, monkeypatch):
    """A failure of the mock's own is a page, too, without its reason."""
    monkeypatch.setattr(mock._running.assembly.app.state, "outbox", object())
    hook = mock.add_webhook("http://127.0.0.1:1/")
    answer = httpx.post(f"{mock.base_url}/endpoints/{hook.id}/recover", data={"span": "all"}, headers=BROWSER)
    assert answer.status_code == 500
    assert told(answer) == (
        "The mock failed The mock failed; its log has the reason. The mock's log, in the terminal that runs it,"
        " has the reason. Endpoints Events"
    )


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/endpoints/ep_none", {"accept": "*/*"}),
        ("/endpoints/ep_none", {"accept": "application/json, text/html"}),
        ("/endpoints/ep_none", {"hx-request": "true"}),
        ("/_mock/nothing", {}),
        ("/api/v2/nothing", {}),
        ("/v2/nothing", {}),
        ("/static/nothing.js", {}),
        ("/attachments/a/b", {}),
    ],
)
def test_programs(untouched, path, headers):
    """Programs, and paths that are theirs, get JSON."""
    answer = get(untouched, path, authorization=f"Bearer {untouched.api_key}", **headers)
    assert answer.status_code in (403, 404)
    assert set(answer.json()["errors"][0]) == {"type", "message", "details"}
