"""Consumers with one limit that Ada does not know, and their twins without it: one is found, the other is not."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import pytest

from ada_contract_tests.suites.registry import all_cases
from support.fake_targets import MESSAGE, FakeTarget, answer, run

RULES = ("ADA106", "ADA107", "ADA408")
CASES = [case for case in all_cases() if case.event == MESSAGE and case.rule in RULES]

BODY, CAPTION = "data.content:text.body", "data.content:link.link_text"
NAME, METADATA = "data.author.display_name", "data.channel:custom.metadata"


def message(event):
    return event["data"].get("content", {})


def name(event):
    return event["data"].get("author", {}).get("display_name") or ""


def author(event):
    return event["data"].get("author", {}).get("id")


def body(event):
    return message(event).get("body", "")


def address(event):
    return message(event).get("url", "")


def metadata(event):
    return event["data"].get("channel", {}).get("metadata") or {}


def at_most(limit, text):
    """A column or an index row that is too short."""
    if len(text) > limit:
        raise ValueError(f"more than {limit}")


def short_name(name):
    """A name of a column of its own, or of a field of a document."""
    if not name or name[0] in "$#." or len(name) > 64:
        raise ValueError(f"no name: {name[:30]!r}")


def once(key, known):
    """A unique key."""
    if key in known:
        raise ValueError("a duplicate")
    known.add(key)


def of_conversation(event, part):
    """A part of a message, within its conversation; the event's type keeps other events apart."""
    return event["type"], event["data"].get("conversation_id"), part


LIMITS: list[tuple[str, Any, Any, set[str]]] = [
    (
        "a type for addresses that ends at 2,083 characters",
        lambda event, _: at_most(2083, address(event)),
        lambda event, _: address(event),
        {
            f"address:data.content:{kind}.url:{n}-characters"
            for kind in ("file", "link")
            for n in (2100, 4100)
        },
    ),
    (
        "an index over an address",
        lambda event, _: at_most(2704, zlib.compress(address(event).encode())),
        lambda event, _: at_most(2704, hashlib.sha256(address(event).encode()).digest()),
        {f"address:data.content:{kind}.url:4100-characters" for kind in ("file", "link")},
    ),
    (
        "an index over a text",
        lambda event, _: at_most(2704, zlib.compress(body(event).encode())),
        lambda event, _: at_most(2704, zlib.compress(body(event)[:500].encode())),
        {f"length:{BODY}:10000-varied"},
    ),
    (
        "a name that is cut at 80 UTF-16 units",
        lambda event, _: name(event).encode("utf-16-le")[:160].decode("utf-16-le"),
        lambda event, _: name(event)[:80].encode("utf-16-le"),
        {f"text:{NAME}:emoji-odd"},
    ),
    (
        "a text that is cut at 255 UTF-16 units",
        lambda event, _: body(event).encode("utf-16-le")[:510].decode("utf-16-le"),
        lambda event, _: body(event)[:255].encode("utf-16-le"),
        {f"text:{BODY}:emoji-even"},
    ),
    (
        "a name that is cut at 140 bytes",
        lambda event, _: name(event).encode()[:140].decode(),
        lambda event, _: name(event).encode()[:140].decode(errors="ignore"),
        {f"text:{NAME}:{label}" for label in ("emoji-odd", "cjk-300-bytes")},
    ),
    (
        "a column of 100 bytes for names of up to 100 characters",
        lambda event, _: at_most(100, name(event).encode() if len(name(event)) <= 100 else b""),
        lambda event, _: at_most(100, name(event) if len(name(event)) <= 100 else ""),
        {f"text:{NAME}:{label}" for label in ("cjk-121-bytes", "cjk-300-bytes")},
    ),
    (
        "the initial of a name",
        lambda event, _: name(event) and name(event).split()[0],
        lambda event, _: (name(event).split() or ["?"])[0],
        {f"blank:{NAME}:space", f"blank:{NAME}:whitespace"},
    ),
    (
        "the first character of a text",
        lambda event, _: body(event)[0] if "body" in message(event) else "",
        lambda event, _: body(event)[:1],
        {f"length:{BODY}:0-characters"},
    ),
    (
        "a document store that refuses some names",
        lambda event, _: [short_name(entry) for entry in metadata(event)],
        lambda event, _: [short_name(f"name_{n}") for n, _ in enumerate(metadata(event))],
        {
            f"metadata:{METADATA}:key-{label}"
            for label in ("empty", "dollar", "leading-dot", "hash", "65-characters", "256-characters")
        },
    ),
    (
        "a unique time",
        lambda event, known: once(of_conversation(event, event["timestamp"]), known),
        lambda event, known: once(of_conversation(event, event["data"].get("message_id")), known),
        {"delivery:same-timestamp"},
    ),
    (
        "a unique text of an author",
        lambda event, known: (
            body(event) and once(of_conversation(event, (author(event), body(event))), known)
        ),
        lambda event, known: once(of_conversation(event, event["data"].get("message_id")), known),
        {"delivery:same-text"},
    ),
]


def failed(handle, cases=CASES):
    """The cases that fail, with what they are about, where ``handle(event, known)`` answers, which raises for what it cannot take."""
    known: set[Any] = set()

    def answering(sent):
        try:
            handle(sent.json, known)
        except (ValueError, IndexError) as error:
            return answer(500, str(error).encode())
        return answer(200)

    report = run(FakeTarget(answering), cases, jobs=1)
    return {f.case.removeprefix(f"{MESSAGE}/"): f.summary for f in report.findings}


@pytest.mark.parametrize(
    ("wrong", "right", "cases"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_a_limit_is_found(wrong, right, cases):
    """The cases that go beyond a limit fail, and all others pass; without it they pass too."""
    assert set(failed(wrong)) == cases
    assert failed(right, [case for case in CASES if case.id.removeprefix(f"{MESSAGE}/") in cases]) == {}


def test_the_name_that_breaks_it_is_told():
    """The finding about a name of metadata shows that name."""

    def handle(event, _):
        if any(entry.startswith("$") for entry in metadata(event)):
            raise ValueError("no operator")

    named = [case for case in CASES if f":{METADATA}:" in case.id]
    assert failed(handle, named) == {
        f"metadata:{METADATA}:key-dollar": 'data.channel.metadata has the key "$where"'
    }
