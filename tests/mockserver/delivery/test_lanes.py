"""Lanes: of items with one key never two are under way, and they stay in their order."""

from __future__ import annotations

from ada_mockserver.delivery.lanes import NOTHING, Lanes


def first(item):
    return item[0]


def test_without_a_key():
    """Without keys every item may go at once."""
    lanes = Lanes(["a1", "a2"])
    assert [lanes.take(), lanes.take()] == [("a1", None), ("a2", None)]
    assert not lanes.exhausted
    assert lanes.take() == (NOTHING, None)
    assert lanes.exhausted


def test_what_waits_for_its_key():
    """An item whose key is taken is passed over, and follows when the one before it is done."""
    lanes = Lanes(["a1", "a2", "a3", "b1"], first)
    assert [lanes.take(), lanes.take()] == [("a1", "a"), ("b1", "b")]
    assert [lanes.follow("a"), lanes.follow("b"), lanes.follow("a"), lanes.follow("a")] == [
        *("a2", NOTHING, "a3", NOTHING)
    ]


def test_a_key_that_is_free_again():
    """When nothing of a key is left, the next item of it may go like any other."""
    lanes = Lanes(iter(["a1", "a2"]), first)
    assert lanes.take() == ("a1", "a")
    assert lanes.follow("a") is NOTHING
    assert lanes.take() == ("a2", "a")


def test_items_that_belong_to_nothing():
    """An item without a key waits for no other, nor another for it."""
    lanes = Lanes([1, 2, 3], lambda item: None)
    assert [lanes.take(), lanes.take()] == [(1, None), (2, None)]
    assert lanes.follow(None) is NOTHING


def test_what_is_read_ahead():
    """No more is read ahead than was said, however long the conversation before it is."""
    read = []
    lanes = Lanes((read.append(n) or f"a{n}" for n in range(1000)), first, most=10)
    assert lanes.take() == ("a0", "a")
    assert lanes.take() == (NOTHING, None)
    assert (len(read), lanes.exhausted) == (11, False)
    assert lanes.follow("a") == "a1"
    assert lanes.take() == (NOTHING, None)
    assert len(read) == 12
