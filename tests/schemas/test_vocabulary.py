"""The vocabulary of an event: the values that are documented, and the states that members can have."""

from __future__ import annotations

import pytest

from ada_schemas.contract.contract import shipped
from ada_schemas.contract.vocabulary import vocabulary
from ada_schemas.errors import UsageError

WORDS = vocabulary(shipped(), "conversation.message")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("data.author.role", ("end_user", "ai_agent", "human_agent", "null", "absent", "not-null")),
        ("data.content.type", ("text", "link", "file", "null", "absent", "not-null")),
        ("data.channel.type", ("native", "custom", "null", "absent", "not-null")),
        ("data.channel.capabilities.markdown", ("true", "false", "null", "absent", "not-null")),
        (
            "data.handoff_integration",
            ("salesforce", "zendesk_chat", "custom-handoff", "null", "absent", "not-null"),
        ),
        ("data.author.display_name", ("null", "absent", "not-null", "empty")),
        ("data.channel.metadata", ("null", "absent", "not-null", "empty")),
        ("data.author.id", ("null", "absent", "not-null")),
        ("type", ()),
        ("data.author.rôle", ()),
    ],
)
def test_words(path, words):
    """A member has the words of its enum, its union or its type, and those of its states."""
    assert WORDS.words(path) == words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("end_user", {"end_user", "not-null"}),
        ("supervisor", {"not-null"}),
        ("", {"empty", "not-null"}),
        (" \t", {"empty", "not-null"}),
        ({}, {"empty", "not-null"}),
        (None, {"null"}),
        (7, {"not-null"}),
    ],
)
def test_what_a_value_says(value, said):
    """Of a documented value its own word holds, of any value a state."""
    assert WORDS.said_by({"data": {"author": {"role": value}}}, "data.author.role") == said


def test_absence():
    """An absent member says so; one with documented values is lacking besides."""
    for payload in ({}, {"data": None}, {"data": {"author": {}}}):
        assert WORDS.said_by(payload, "data.author.role") == {"absent"}
        assert WORDS.lacks(payload, "data.author.role")
    assert not WORDS.lacks({"data": {"author": {"role": None}}}, "data.author.role")
    assert not WORDS.lacks({}, "data.author.id")


def test_a_text_that_reads_like_a_word():
    """A free text that happens to be a word of the vocabulary is a text."""
    for text in ("null", "absent", "empty"):
        payload = {"data": {"author": {"display_name": text}}}
        assert WORDS.said_by(payload, "data.author.display_name") == {"not-null"}


def test_booleans():
    """A boolean is said as JSON writes it."""
    payload = {"data": {"channel": {"capabilities": {"markdown": False}}}}
    assert WORDS.said_by(payload, "data.channel.capabilities.markdown") == {"false", "not-null"}


def test_an_unknown_event():
    """An event that is not in the contract has no vocabulary."""
    with pytest.raises(UsageError, match="There is no event"):
        vocabulary(shipped(), "conversation.begun")
