"""Secrets are kept out of texts that reports print."""

from __future__ import annotations

import pytest

from ada_contract_tests.targets.redact import redact


def test_redact():
    """Signing secrets and the values of secret headers go; other headers stay."""
    headers = (
        ("svix-signature", "v1,abcdefghij v1,klmnopqrst"),
        ("Authorization", "Bearer sesame-open"),
        ("content-type", "application/json"),
    )
    text = "whsec_AbC+/= klmnopqrst sesame-open v1,abcdefghij v1,klmnopqrst application/json"
    assert redact(text, headers) == "whsec_... [redacted] [redacted] [redacted] application/json"


@pytest.mark.parametrize(
    "name", ["Webhook-Signature", "authorization", "Cookie", "x-token", "X-Secret-Value", "X-API-Key"]
)
def test_redacted_header(name):
    """A header whose name speaks of a secret is kept out of what is shown."""
    assert redact("got 'open sesame'", ((name, "open sesame"),)) == "got '[redacted]'"
