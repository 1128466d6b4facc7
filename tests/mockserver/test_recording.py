"""Recordings: what must not be shared is out, and events still belong together."""

from __future__ import annotations

import json
import re

import pytest

from ada_mockserver import scenario
from ada_mockserver.events.payload import encode
from ada_mockserver.events.scenarios import SCENARIOS
from ada_mockserver.recording import Recorded, Redactor, read_recording
from ada_schemas import validate
from ada_schemas.errors import UsageError
from ada_schemas.foreign_json import read_json

KEY = b"k" * 24
HEADERS = (
    ("Svix-Id", "msg_2b6k9zXAbCdEfGhIjKlMnOpQrSt"),
    ("svix-timestamp", "1600000000"),
    ("svix-signature", "v1,dGVsbC1ub2JvZHk="),
    ("Content-Type", "application/json"),
    ("Authorization", "Bearer tell-nobody"),
)


def redacted(payload, key=KEY):
    return Redactor(key).event(payload)


def texts(value):
    """Every text in a payload."""
    match value:
        case dict():
            return [text for member in value.values() for text in texts(member)]
        case list():
            return [text for member in value for text in texts(member)]
        case str():
            return [value]
    return []


def steps(name):
    return [step.payload for step in scenario(name, seed=5).steps]


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios(name):
    """Of whole stories no name, address, text or id is left, and every event is as valid as before."""
    for payload in steps(name):
        made = redacted(payload)
        assert validate(made) == []
        kept = set(texts(payload)) & set(texts(made))
        unkept = {
            text
            for text in kept
            if not re.fullmatch(
                r"\d{4}-\d\d-\d\dT.*|[a-z_-]+|v1\.[a-z_.]+|[a-z]{2}-[A-Z]{2}|[a-z]+/[a-z0-9.+-]+|", text
            )
        }
        assert unkept == set()
        assert shape(made) == shape(payload)


def shape(value):
    """The members and the types of a payload."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            return [shape(member) for member in value]
    return type(value)


def test_ids_are_consistent():
    """The same id is replaced by the same one, wherever it stands, and others by others."""
    made = [redacted(payload) for payload in steps("handoff")]
    conversations = {event["data"].get("conversation_id") for event in made} - {None}
    assert len(conversations) == 1
    assert conversations.isdisjoint(texts(steps("handoff")))
    assert all(re.fullmatch(r"[0-9a-f]{24}", each) for each in conversations)
    assert redacted(steps("handoff")[0]) != redacted(steps("handoff")[0], b"another key")


@pytest.mark.parametrize(
    ("name", "text", "pattern"),
    [
        ("email", "ada.lovelace@ada.cx", r"person-[0-9a-f]{8}@example\.com"),
        ("display_name", "Ada Lovelace", r"Name [0-9a-f]{6}"),
        ("body", "Call me: +49 171 555-0123, Zoë!", r"Xxxx xx: \+00 000 000-0000, Xxx!"),
        ("body", "ada@ada.cx", r"person-[0-9a-f]{8}@example\.com"),
        ("url", "https://files.example.org/a/invoice.pdf?X-Amz-Signature=tell", r"https://example\.com/[0-9a-f]{12}\.pdf"),
        ("url", "https://u:p@host/x?token=tell", r"https://example\.com/[0-9a-f]{12}"),
        ("ai_agent_domain", "acme.eu.ada.support", r"agent-[0-9a-f]{6}\.eu\.ada\.support"),
        ("message_id", "61f46e0b-fa39-4e44-850b-c1ca8f958dd3", r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"),
        ("external_id", "CRM-0042/x", r"[A-Z]{3}-\d{4}/[a-z]"),
        ("anything", "5f7e0e2c1e7c7e000f0f9c3a", r"[0-9a-f]{24}"),
        ("anything", "漢字 text", r"xx xxxx"),
        ("role", "two words", r"xxx xxxxx"),
    ],
)  # fmt: skip
def test_texts(name, text, pattern):
    """What a text is decides what it becomes."""
    made = redacted({name: text})[name]
    assert re.fullmatch(pattern, made)
    assert made != text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("role", "human_agent"),
        ("type", "v1.conversation.message"),
        ("timestamp", "2020-09-20T00:00:00+00:00"),
        ("created_at", "2023-12-08T19:06:04.890000"),
        ("handoff_integration", "zendesk_chat"),
        ("mime_type", "application/pdf"),
        ("id", None),
        ("vip", True),
        ("orders", 7),
        ("total", 54.05),
        ("text", ""),
    ],
)
def test_kept(name, value):
    """What the contract enumerates, times, small numbers and nothing stay."""
    assert redacted({name: value}) == {name: value}


def test_ids_by_name():
    """What is named an id is replaced as one, whatever its form: two stay two."""
    made = redacted([{"external_id": "CRM-0042"}, {"external_id": "CRM-0043"}, {"external_id": "CRM-0042"}])
    first, second, third = (each["external_id"] for each in made)
    assert first == third != second


def test_metadata():
    """What stands in metadata is the customer's own, whatever its name; large numbers change."""
    payload = {
        "metadata": {"type": "platinum", "phone": 491715550123, "balance": -1234567.5, "a@b.cx": "x", "n": 5}
    }
    made = redacted(payload)["metadata"]
    assert made["type"] == "xxxxxxxx"
    assert (len(str(made["phone"])), made["phone"] != 491715550123) == (12, True)
    assert (made["balance"] < -999_999, made["balance"] != -1234567.5) == (True, True)
    assert (made["n"], "a@b.cx" in made, len(made)) == (5, False, 5)


def test_line():
    """A line holds when a request came, its headers without their values, and the event."""
    body = encode({"type": "v1.conversation.ended", "data": {"conversation_id": "5f7e0e2c1e7c7e000f0f9c3a"}})
    line = Redactor(KEY).line(HEADERS, body, at=1_600_000_000.12345, verified=True)
    assert line.endswith(b"}\n")
    recorded = json.loads(line)
    assert recorded["at"] == 1_600_000_000.123
    assert recorded["verified"] is True
    assert re.fullmatch(r"msg_[A-Za-z0-9]{27}", recorded["svix_id"])
    assert recorded["svix_id"] != HEADERS[0][1]
    assert recorded["headers"] == {
        "svix-id": "***",
        "svix-timestamp": "1600000000",
        "svix-signature": "***",
        "content-type": "application/json",
        "authorization": "***",
    }
    assert recorded["event"]["type"] == "v1.conversation.ended"
    assert b"5f7e0e2c" not in line


@pytest.mark.parametrize("body", [b"not JSON: Ada Lovelace", b"\xff", b"[1]", b'"Ada"', b"[" * 100_000])
def test_no_event(body):
    """What is no JSON object is recorded by its size alone."""
    recorded = json.loads(Redactor(KEY).line((), body, at=0, verified=None))
    assert recorded == {
        "at": 0, "svix_id": None, "verified": None, "headers": {}, "event": None, "bytes": len(body)
    }  # fmt: skip


def test_lone_surrogate():
    """A text that has no UTF-8 form is recorded too."""
    line = Redactor(KEY).line((), b'{"a": "\\ud800", "b_id": "\\ud800x", "\\ud800": 1}', at=0, verified=None)
    (recorded,) = read_recording(line, name="a.ndjson")
    assert list(json.loads(recorded.body)) == ["a", "b_id", "\\ud800"]


def test_read():
    """A recording is read back, each event with the id that it came under."""
    event = {"type": "v1.conversation.ended", "data": {}}
    line = Redactor(KEY).line(HEADERS, encode(event), at=0, verified=True)
    empty = Redactor(KEY).line(HEADERS, b"x", at=0, verified=True)
    plain = encode(event)
    found = read_recording(b"\n".join([line, b"", empty, plain]), name="a.ndjson")
    assert found == [
        Recorded(json.loads(line)["svix_id"], "v1.conversation.ended", encode(event)),
        Recorded(None, "v1.conversation.ended", plain),
    ]


@pytest.mark.parametrize(
    "line",
    [
        rb'{"type":"v1.x", "text": "\u00e9\ud800", "amount": 1.10, "a": 1, "a": 2}',
        b'{"type": "v1.x", "event": "opened"}',
        b'{"type": "v1.x", "event": {"id": 5}, "data": {}}',
        b'{"type": "v1.x", "event": null}',
    ],
)
def test_read_events(line):
    """A line that is an event goes out byte for byte, though it has a member called event."""
    found = read_recording(b"\xef\xbb\xbf" + line + b"\r\n", name="a.ndjson")
    assert found == [Recorded(None, "v1.x", line)]


def test_deepest():
    """What was recorded can be read again; an event for which a record leaves no level is not in it."""
    for depth, is_recorded in ((99, True), (100, False)):
        body = b'{"a":' * depth + b"1" + b"}" * depth
        assert read_json(body, name="body")
        line = Redactor(KEY).line((), body, at=0, verified=None)
        assert json.loads(line).get("bytes") == (None if is_recorded else len(body))
        assert [each.body for each in read_recording(line + b'{"type":"x"}', name="a")] == [
            *([body] if is_recorded else []),
            b'{"type":"x"}',
        ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b'{"type": "x"}\n[1]\n',
            (
                "Line 2 of a.ndjson is no recorded request.\n"
                "  A recording is what `adakit listen --record FILE` writes, one JSON object a line."
            ),
        ),
        (
            b'{"type": "x"}\n\n{"a": NaN}\n',
            (
                "Line 3 of a.ndjson is not valid JSON: NaN is not JSON.\n"
                "  A recording is what `adakit listen --record FILE` writes, one JSON object a line."
            ),
        ),
        (
            b'{"type": "x"}\n{"event": {"type": "\\ud800"}}\n',
            (
                "Line 2 of a.ndjson cannot be sent again. The payload cannot be written as JSON: "
                "'utf-8' codec can't encode character '\\ud800' in position 9: surrogates not allowed.\n"
                "  A recording is what `adakit listen --record FILE` writes, one JSON object a line."
            ),
        ),
        (b"\n", "a.ndjson holds no event.\n  Record some with: adakit listen --record FILE"),
        (b'{"event": null}', "a.ndjson holds no event.\n  Record some with: adakit listen --record FILE"),
    ],
)
def test_bad_recording(content, message):
    """What is no recording is refused, naming the line."""
    with pytest.raises(UsageError) as error:
        read_recording(content, name="a.ndjson")
    assert str(error.value) == message
