"""The template makes the very bytes of the one-shot path."""

from __future__ import annotations

import pytest

from ada_mockserver.delivery.attempt import signed_request
from ada_mockserver.delivery.endpoint import Endpoint
from ada_mockserver.delivery.request_bytes import encode, parse_url
from ada_mockserver.delivery.request_template import RequestTemplate
from ada_schemas.errors import UsageError
from support.command_line import SECRET

OTHER = "whsec_" + "QUJD" * 30
"""A key longer than a block of SHA-256."""


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("x-mine", "100% of %(id)b %s %%"),),
        (("User-Agent", "mine"), ("Host", "elsewhere")),
        (("Svix-Id", "fixed"),),
        (("svix-timestamp", "1"), ("svix-signature", "v1,none")),
        (("Content-Length", "3"),),
        (("Transfer-Encoding", "chunked"),),
        (("x-mark", "\x01id\x01 \x01\x01length\x01\x01"), ("x-latin", "é")),
    ],
)
@pytest.mark.parametrize("secrets", [(), (SECRET,), (SECRET, OTHER)])
def test_as_one_shot(headers, secrets):
    """Whatever the headers and the secrets, the bytes are those of a single attempt, second after second."""
    url = "https://h.example:8443/a%20b/é?x=%41"
    template = RequestTemplate(Endpoint(url, secrets, headers))
    for number, second in enumerate([1_700_000_000, 1_700_000_000, 1_700_000_001, 5]):
        body = b'{"n": %d, "%%": "\xff"}' % number * number
        message_id = f"msg_{number:027}"
        expected = signed_request(
            url, body, secrets=secrets, message_id=message_id, timestamp=second, headers=headers
        )
        assert template.request(message_id.encode(), second, body) == encode(expected, parse_url(url))


@pytest.mark.parametrize(
    ("url", "secrets", "headers", "message"),
    [
        ("ftp://h/", (), (), "The URL is not a web address."),
        ("http://h/", ("",), (), "The signing secret is empty."),
        ("http://h/", (), (("a b", "c"),), "'a b' is not a header name."),
        ("http://h/", (), (("a", "b\nc"),), "The value of the header 'a' holds a line break or a NUL."),
    ],
)
def test_what_cannot_be_sent(url, secrets, headers, message):
    """What no request can hold is refused before the first one."""
    with pytest.raises(UsageError) as refused:
        RequestTemplate(Endpoint(url, secrets, headers))
    assert refused.value.what == message
