"""Validation: what is valid, and what is said of what is not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ada_schemas import UsageError, event_names, validate
from ada_schemas.contract.contract import shipped

ENDED: dict[str, Any] = shipped().event("conversation.ended").examples[0].value
MESSAGE: dict[str, Any] = shipped().event("conversation.message").examples[0].value


def changed(payload: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    copied = copy.deepcopy(payload)
    *way, last = path.split(".")
    node = copied
    for name in way:
        node = node[name]
    node[last] = value
    return copied


def said(payload: Any, **options: Any) -> list[str]:
    return [str(violation) for violation in validate(payload, **options)]


@pytest.mark.parametrize("name", event_names())
def test_documented_examples_are_valid_in_both_forms(name: str) -> None:
    """What Ada shows on its pages passes, closed as well, once trap 3 is corrected."""
    for example in shipped().event(name).examples:
        assert said(example.value) == []
        assert said(example.value, closed=True) == []


def test_the_message_example_is_corrected() -> None:
    """The page shows an empty object as handoff_integration; its schema, and ours, say string or null."""
    assert MESSAGE["data"]["handoff_integration"] is None
    assert said(changed(MESSAGE, "data.handoff_integration", {})) == [
        "data.handoff_integration: expected a string or null, got {} (object)"
    ]


@pytest.mark.parametrize("value", [3, 3.0, 3.5, True, False, "x", "", -1, 10**40])
def test_conversation_metadata_takes_every_scalar(value: Any) -> None:
    """An integer is not refused for being a number too."""
    assert said(changed(ENDED, "data.metadata.key", value)) == []
    assert said(changed(ENDED, "data.metadata.key", value), closed=True) == []


@pytest.mark.parametrize(("value", "got"), [(None, "null"), ([], "[] (list)"), ({}, "{} (object)")])
def test_conversation_metadata_takes_nothing_else(value: Any, got: str) -> None:
    """Null, lists and objects are refused, and the message names the entry."""
    expected = "a string, a boolean, an integer or a number"
    assert said(changed(ENDED, "data.metadata.key", value)) == [
        f"data.metadata.key: expected {expected}, got {got}"
    ]


def test_channel_metadata_takes_no_float() -> None:
    """A channel's metadata is documented without floats; a whole float is an integer to JSON Schema."""
    assert said(changed(MESSAGE, "data.channel.metadata.key", 3.0)) == []
    assert said(changed(MESSAGE, "data.channel.metadata.key", 3.5)) == [
        "data.channel.metadata.key: expected a string, a boolean or an integer, got 3.5 (number)"
    ]


def test_a_new_role_is_valid_for_a_receiver_and_not_for_the_sender() -> None:
    """Enums are open in the receiver's form and closed in the sender's."""
    payload = changed(ENDED, "data.ended_by.role", "supervisor")
    assert said(payload) == []
    assert said(payload, closed=True) == [
        'data.ended_by.role: expected one of end_user, system, human_agent, got "supervisor"'
    ]


def test_a_role_that_is_no_string_is_named() -> None:
    """The message names the member, what it may be and what it is."""
    assert said(changed(ENDED, "data.ended_by.role", 7)) == [
        "data.ended_by.role: expected one of end_user, system, human_agent or another string, got 7 (integer)"
    ]


def test_a_union_is_explained_by_the_branch_that_is_meant() -> None:
    """A bad file is said to be a bad file, not to be no text, no link and no file."""
    content = {"type": "file", "url": 3, "mime_type": "text/plain"}
    assert said(changed(MESSAGE, "data.content", content)) == [
        "data.content.url: expected a string, got 3 (integer)",
        "data.content.filename: expected a value, got nothing",
    ]


@pytest.mark.parametrize("content", [{}, {"url": "https://example.com"}, {"type": 7}])
def test_content_without_a_type_is_no_content(content: dict[str, Any]) -> None:
    """A link requires nothing in the document; corrected, it requires the type that tells it apart."""
    assert said(changed(MESSAGE, "data.content", content)) == [
        (
            "data.content: expected an object of type text, an object of type link, an object of type file"
            f" or an object of another type, got {json.dumps(content)} (object)"
        )
    ]


def test_new_content_and_new_members_are_valid_for_a_receiver() -> None:
    """A branch, a member and an event type that are not documented yet are valid, and not closed."""
    carousel = changed(MESSAGE, "data.content", {"type": "carousel", "items": []})
    assert said(carousel) == []
    assert len(said(carousel, closed=True)) == 1
    extra = changed(ENDED, "data.sentiment", "good")
    assert said(extra) == []
    assert said(extra, closed=True) == ['data.sentiment: expected no such member, got "good"']
    unknown = {"type": "v1.conversation.reopened"}
    assert said(unknown) == []
    assert said(unknown, closed=True)[0].startswith("type: expected one of v1.conversation.created, ")


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ([], "the payload: expected an object with type, timestamp and data, got [] (list)"),
        (None, "the payload: expected an object with type, timestamp and data, got null"),
        ({}, "type: expected an event type such as v1.conversation.created, got nothing"),
        ({"type": 5}, "type: expected an event type such as v1.conversation.created, got 5 (integer)"),
    ],
)
def test_what_is_no_event_is_said_to_be_none(payload: Any, message: str) -> None:
    """A payload without a type that could name its schema gets one clear violation."""
    assert said(payload) == [message]


def test_the_envelope_is_required() -> None:
    """`{}` is no event, although the published document requires nothing."""
    assert said({"type": "v1.conversation.ended"}) == [
        "timestamp: expected a value, got nothing",
        "data: expected a value, got nothing",
    ]


def test_the_closed_form_checks_formats_and_lengths() -> None:
    """A date-time needs a zone, a URI a scheme, an external_id at most 36 characters."""
    assert said(changed(MESSAGE, "data.channel.created_at", "2020-09-20T00:00:00"), closed=True) == [
        'data.channel.created_at: expected the format date-time, got "2020-09-20T00:00:00"'
    ]
    user = shipped().event("end_user.updated").examples[0].value
    assert said(changed(user, "data.external_id", "x" * 37), closed=True) == [
        f'data.external_id: expected a string of at most 36 characters or null, got "{"x" * 37}"'
    ]
    assert said(changed(user, "data.external_id", "x" * 37)) == []


def test_the_closed_form_checks_what_is_tied_together() -> None:
    """A payload that is valid member by member, yet contradicts the documentation, is not closed."""
    payload = changed(MESSAGE, "data.author.role", "ai_agent")
    assert said(payload) == []
    assert said(payload, closed=True) == [
        (
            "the payload: expected a coherent event (agents-have-no-author-id: data.author.id must be null here."
            " The id of an author is null for the AI Agent and for human agents.), got this combination"
        )
    ]


def test_the_event_can_be_named() -> None:
    """A payload can be held against another event than its type says, with or without v1."""
    assert said(ENDED, event="v1.conversation.ended") == []
    assert said(ENDED, event="conversation.created") == [
        'type: expected "v1.conversation.created", got "v1.conversation.ended"'
    ]
    with pytest.raises(UsageError) as caught:
        validate(ENDED, event="conversation.endet")
    assert str(caught.value).startswith(
        "There is no event 'conversation.endet'.\n  Did you mean conversation.ended? The events are: "
    )


def test_long_values_are_cut_in_messages() -> None:
    """A message stays one line, whatever the payload holds."""
    payload = changed(ENDED, "data.metadata.key", ["x" * 500])
    assert len(said(payload)[0]) < 200
