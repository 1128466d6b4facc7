"""The URL target: which URLs it takes, and what it hands to the wire."""

from __future__ import annotations

import asyncio

import pytest

from ada_contract_tests.targets.url import UrlTarget, split_path
from ada_mockserver.delivery.http import Request, Response
from ada_schemas.errors import TargetError, WireError


class FakeWire:
    """Answers every request with ``outcome`` and keeps it."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.sent = []

    async def send(self, request, *, timeout):
        self.sent.append((request, timeout))
        if isinstance(self.outcome, WireError):
            raise self.outcome
        return self.outcome


RESPONSE = Response(200, (), b"ok", 0.1)


def ask(url, *, target_path=None, path=None, **options):
    wire = FakeWire(RESPONSE)
    target = UrlTarget(url, path=target_path, wire=wire, **options)

    async def main():
        await target.start()
        answer = await target.request((("a", "b"),), b"{}", timeout=2.0, path=path)
        await target.stop()
        return answer

    assert asyncio.run(main()).response is RESPONSE
    return wire.sent[0]


def test_request():
    """The request goes to the wire as it is."""
    sent = ask("https://shop.example/hook")
    assert sent == (Request("https://shop.example/hook", (("a", "b"),), b"{}", "POST"), 2.0)


def test_method():
    """Another method than POST is passed on."""
    wire = FakeWire(RESPONSE)
    target = UrlTarget("http://localhost", wire=wire)
    asyncio.run(target.request((), b"", timeout=1.0, method="GET"))
    assert wire.sent[0][0].method == "GET"


@pytest.mark.parametrize(
    ("url", "target_path", "path", "expected"),
    [
        ("http://localhost:8000", None, None, "http://localhost:8000/"),
        ("http://localhost:8000/hook?a=1#top", None, None, "http://localhost:8000/hook?a=1"),
        ("http://localhost:8000/hook?a=1", "/other", None, "http://localhost:8000/other"),
        ("http://localhost:8000/hook?a=1", "other?b=2", None, "http://localhost:8000/other?b=2"),
        ("http://localhost:8000/hook?a=1", "/other", "/seen?c=3", "http://localhost:8000/seen?c=3"),
        ("http://[::1]:8000/hook", None, None, "http://[::1]:8000/hook"),
        ("HTTPS://Shop.Example/é", None, None, "https://Shop.Example/%C3%A9"),
    ],
)
def test_url_of_the_request(url, target_path, path, expected):
    """The path of the request, else the target's, else the URL's own with its query, is asked for."""
    assert ask(url, target_path=target_path, path=path)[0].url == expected


def test_wire_error():
    """An error on the wire is in the answer, not raised."""
    error = WireError("connection refused", kind="refused")
    answer = asyncio.run(UrlTarget("http://localhost", wire=FakeWire(error)).request((), b"", timeout=1.0))
    assert (answer.response, answer.error, answer.traceback) == (None, error, None)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://shop.example:8443/hook", "https://shop.example:8443/hook"),
        ("https://shop.example/hook?token=abc&v2&x=", "https://shop.example/hook?token=...&v2&x=..."),
    ],
)
def test_name(url, name):
    """The name is the URL without the values in its query, and no target in process."""
    target = UrlTarget(url, wire=FakeWire(RESPONSE))
    assert (target.name, target.in_process) == (name, False)


EXAMPLE = "Give it as http://localhost:8000/webhooks or https://example.com/webhooks."

REMOVE = "Remove it; where the endpoint needs one, pass it as a header: --header 'Authorization: ...'"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:8000", f"'localhost:8000' does not begin with http:// or https://.\n  {EXAMPLE}"),
        ("ftp://shop.example", f"'ftp://shop.example' does not begin with http:// or https://.\n  {EXAMPLE}"),
        ("http:///hook", f"The URL 'http:///hook' names no host.\n  {EXAMPLE}"),
        (
            "http://localhost:0",
            f"The URL 'http://localhost:0' has the port 0, which nothing listens on.\n  {EXAMPLE}",
        ),
        ("http://localhost:99999", f"The URL cannot be read: Port out of range 0-65535.\n  {EXAMPLE}"),
        ("http://[::1", f"The URL cannot be read: Invalid IPv6 URL.\n  {EXAMPLE}"),
        (
            "http://localhost/a b",
            "The URL holds a space or a control character.\n  Remove it or percent-encode it.",
        ),
        (
            "http://localhost/a\nb",
            "The URL holds a space or a control character.\n  Remove it or percent-encode it.",
        ),
        (
            "https://me:sesame@shop.example/",
            f"The URL holds a user name or a password, which would end up in reports.\n  {REMOVE}",
        ),
    ],
)
def test_wrong_url(url, message):
    """A URL that cannot be used is a usage error with its reason, and never shows a password."""
    with pytest.raises(TargetError) as caught:
        UrlTarget(url, wire=FakeWire(RESPONSE))
    assert (str(caught.value), caught.value.usage) == (message, True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/hook", ("/hook", "")),
        ("hook", ("/hook", "")),
        ("", ("/", "")),
        ("/a%20b?x=1&y=%2F#top", ("/a%20b", "x=1&y=%2F")),
        ("/a b/é?q=é", ("/a%20b/%C3%A9", "q=%C3%A9")),
    ],
)
def test_split_path(path, expected):
    """A path is split from its query, encoded where it is not yet, and loses its fragment."""
    assert split_path(path) == expected
