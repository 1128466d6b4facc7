"""The sources of a load: what is sent, and which of it belongs together."""

from __future__ import annotations

import itertools
import json

from ada_schemas.contract.contract import shipped
from adakit.load.sources import Ready, lines_of, prepared, ready, rounds
from adakit.payload_plan import Order


def test_a_story_belongs_together():
    """Events of one story have one key, those of another another, and the bytes are those of `generate`."""
    order = Order("handoff", shipped(), seed=1, count=3)
    items = list(ready(order))
    assert [item.body for item in items] == [planned.body for planned in order.payloads()]
    assert [key for key, _ in itertools.groupby(item.key for item in items)] == [0, 1, 2]


def test_overrides_keep_stories_together():
    """With overrides too a story is one, and its bytes are the changed ones."""
    order = Order("handoff", shipped(), seed=1, count=2, assignments=("data.ai_agent_domain=x.ada.support",))
    items = list(ready(order))
    assert {item.key for item in items} == {0, 1}
    assert [item.body for item in items] == [planned.body for planned in order.payloads()]
    assert b"x.ada.support" in items[-1].body


def test_prepared_items_are_the_same():
    """However much is made ahead, what is sent is the same, in its order."""
    items = [Ready(bytes([number]) * 10, number) for number in range(20)]
    for ahead in (0, 35, 1000):
        assert list(prepared(iter(items), ahead)) == items


def test_so_much_is_made_ahead():
    """Made at once is what reaches the given number of bytes, and no more."""
    source = iter([Ready(b"0123456789", None)] * 100)
    made = prepared(source, 35)
    assert len(list(source)) == 96
    assert len(list(made)) == 4


def test_lines_of_one_conversation_belong_together():
    """Lines of NDJSON go with those of their conversation, in each round anew."""
    lines = [b'{"data":{"conversation_id":"a"}}', b'{"data":{"end_user_id":"b"}}', b"{}"]
    assert list(rounds(lines_of(b"\n".join(lines) + b"\n\n"), 2)) == [
        Ready(lines[0], (0, b"a")), Ready(lines[1], (0, b"b")), Ready(lines[2], None),
        Ready(lines[0], (1, b"a")), Ready(lines[1], (1, b"b")), Ready(lines[2], None),
    ]  # fmt: skip


def test_a_text_names_no_conversation():
    """What looks like an id within a text is none; white space around members is no matter."""
    text = json.dumps({"data": {"content": '"conversation_id":"x"', "end_user_id": "u"}}).encode()
    spaced = b'{"data": { "conversation_id" : "c" } }'
    assert [item.key for item in lines_of(text + b"\n" + spaced)] == [b"u", b"c"]


def test_a_file_that_is_no_ndjson_is_sent_as_it_is():
    """One line, a list among the lines, or a line that is no JSON: all of it is one body."""
    for content in (b'{"a": 1}\n', b'{"a": 1}\n[]\n', b"{\n}\n", b""):
        assert lines_of(content) == [Ready(content, None)]


def test_rounds_without_end():
    """Without a count the lines begin again and again."""
    assert len(list(itertools.islice(rounds(lines_of(b"x"), None), 5))) == 5
