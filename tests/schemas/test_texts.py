"""Texts that find limits are what they claim to be: long as they say, hard to compress, cut anywhere in two."""

from __future__ import annotations

import zlib
from urllib.parse import parse_qs, urlsplit

import pytest

from ada_mockserver import EventFactory
from ada_schemas import variants
from ada_schemas.contract.contract import shipped
from ada_schemas.variation.texts import cut_texts, presigned_address, varied_words

MESSAGE = "conversation.message"
EMOJI = 130
INDEX_ROW = 2704
"""Bytes of an index row of PostgreSQL, compressed."""


def made(*kinds: str) -> dict[str, tuple[str, ...]]:
    """The variants of all events of those families: their details by event and place."""
    found: dict[str, tuple[str, ...]] = {}
    for event in shipped().event_names:
        for variant in variants(event, EventFactory(seed=7).event(event, key="base")):
            family, _, rest = variant.id.partition("/")[2].partition(":")
            place, _, detail = rest.rpartition(":")
            if family in kinds:
                where = f"{event} {place or detail}"
                found[where] = (*found.get(where, ()), detail)
    return found


def is_cut(encoded: bytes, codec: str) -> bool:
    """True if the bytes end within a character."""
    try:
        encoded.decode(codec)
    except UnicodeDecodeError:
        return True
    return False


@pytest.mark.parametrize("length", [1000, 2100, 4100])
def test_an_address_is_presigned_and_long(length):
    """An address is an https URL of so many characters, in ASCII, with a file's path and a whole query."""
    address = presigned_address(length)
    parts = urlsplit(address)
    query = parse_qs(parts.query, strict_parsing=True)
    assert (len(address), parts.scheme, parts.hostname) == (length, "https", "attachments.s3.example.com")
    assert address.isascii()
    assert list(query) == [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
    ]


@pytest.mark.parametrize("text", [presigned_address(4100), varied_words(10_000)], ids=["address", "words"])
def test_compressed_it_is_still_too_long(text):
    """The longest address and the longest of the varied texts do not fit into an index row, compressed."""
    assert len(zlib.compress(text.encode(), 9)) > INDEX_ROW


@pytest.mark.parametrize("length", [3000, 10_000])
def test_words_are_varied(length):
    """A text of varied words has so many characters, words of ten at most, and hardly one of them twice."""
    text = varied_words(length)
    words = text.split(" ")
    assert len(text) == length
    assert max(map(len, words)) <= 10
    assert len(set(words)) > 0.9 * len(words)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-8"])
def test_every_cut_splits_an_emoji(codec):
    """A cut at any place falls into an emoji of one of two texts, counted in UTF-16 units and in bytes."""
    texts = [text.encode(codec) for _, text in (cut_texts(EMOJI)[k] for k in ("emoji-even", "emoji-odd"))]
    step = 2 if codec == "utf-16-le" else 1
    whole = [n for n in range(1, 256) if not any(is_cut(text[: n * step], codec) for text in texts)]
    assert whole == []
    assert min(len(text) // step for text in texts) > 255


@pytest.mark.parametrize("limit", [50, 63, 64, 80, 100, 128, 140, 160, 200, 250, 255, 256])
def test_three_bytes_fill_a_limit_that_characters_do_not_reach(limit):
    """For any usual limit there is a text that fits into it in characters and not in bytes."""
    texts = [text for _, text in cut_texts(EMOJI).values()]
    assert any(len(text) <= limit < len(text.encode()) for text in texts if "😀" not in text)


def test_every_address_is_long():
    """Every member that holds an address has a variant of each length."""
    lengths = ("1000-characters", "2100-characters", "4100-characters")
    assert made("address") == dict.fromkeys(
        (
            f"{MESSAGE} data.author.avatar",
            f"{MESSAGE} data.content:link.url",
            f"{MESSAGE} data.content:file.url",
            "end_user.created data.profile.avatar",
            "end_user.updated data.profile.avatar",
        ),
        lengths,
    )


def test_every_free_text_is_empty_blank_and_cut():
    """Every message, name and title has a variant that is empty, two that are blank, and four to be cut."""
    blank, cut = made("blank"), made("text")
    empty = [p for p, details in made("length").items() if "0-characters" in details] + list(made("empty"))
    assert set(blank.values()) == {("space", "whitespace")}
    assert len(blank) == 15
    assert set(blank) == {p for p, details in cut.items() if set(cut_texts(1)) <= set(details)} == set(cut)
    assert set(blank) <= set(empty)


def test_a_message_is_long_and_varied():
    """The texts of messages and of links have variants of 3,000 and 10,000 characters of varied words."""
    varied = {place: [d for d in found if "varied" in d] for place, found in made("length").items()}
    assert {place: found for place, found in varied.items() if found} == {
        f"{MESSAGE} data.content:text.body": ["3000-varied", "10000-varied"],
        f"{MESSAGE} data.content:link.link_text": ["3000-varied", "10000-varied"],
    }


def test_names_of_metadata_come_one_at_a_time():
    """Each odd name has a variant of each map of metadata; its summary shows the name, or its length."""
    ordinary = EventFactory(seed=7).event("conversation.created", key="base")
    before = ordinary["data"]["metadata"]
    found = {
        v.summary: v.payload["data"]["metadata"]
        for v in variants("conversation.created", ordinary)
        if "/metadata:data.metadata:key-" in v.id
    }
    added = {summary: [k for k in entries if k not in before] for summary, entries in found.items()}
    assert added == {
        'data.metadata has the key ""': [""],
        'data.metadata has the key "$where"': ["$where"],
        'data.metadata has the key ".plan"': [".plan"],
        'data.metadata has the key "plan."': ["plan."],
        'data.metadata has the key "#"': ["#"],
        'data.metadata has the key "[0]"': ["[0]"],
        'data.metadata has the key "_id"': ["_id"],
        'data.metadata has the key "order\\nnumber"': ["order\nnumber"],
        "data.metadata has a key of 65 characters": ["order_number_" * 5],
        "data.metadata has a key of 256 characters": [f"{'order_number_' * 19}no_20_000"],
    }
    assert all(
        entries[name] == "value" for entries in found.values() for name in entries if name not in before
    )
    assert len(set(map(len, added.values()))) == 1
    places = {p for p, details in made("metadata").items() if sum("key-" in d for d in details) == len(added)}
    assert len(places) == 5
