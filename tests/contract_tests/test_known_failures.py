"""What a project says of failures beforehand: the part that needs no pytest."""

from __future__ import annotations

import pytest

from ada_contract_tests.known_failures import KnownFailures, read_entries
from ada_contract_tests.suites.registry import case_named

FILE = case_named("conversation.message/union:data.content:file")


@pytest.mark.parametrize(
    ("entry", "rule", "ignored"),
    [
        ("ADA103", "ADA103", True),
        ("conversation.message/union:*", "ADA402", True),
        ("ADA601", "ADA601", True),
        ("ADA6xx", "ADA603", True),
        ("ADA402", "ADA402", False),
        ("ADA601", "ADA103", False),
    ],
)
def test_ignored_findings(entry, rule, ignored):
    """Ignoring a rule leaves out its cases; found elsewhere it is ignored only where it has none of its own."""
    known = KnownFailures(ignored=read_entries([f"{entry}: for a reason"], option="ada_ignore"))
    assert known.ignores(FILE, rule) is ignored
