"""Reduction: what is left of a failing event or sequence, and how often it takes to find that out."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ada_contract_tests.engine.reduction import fewest, plainest, reduced
from ada_contract_tests.suites.edits import Edit, Step
from support.fuzzed import CREATED, ENDED, MESSAGE, body, message, sequence


class Asked:
    """A predicate that counts how often it is asked, and never about the same twice in vain."""

    def __init__(self, fails):
        self.fails = fails
        self.times = 0

    async def __call__(self, value):
        self.times += 1
        return bool(self.fails(value))


def smallest(fuzzed, fails):
    """What is left, and how often it was asked for."""
    asked = Asked(fails)
    assert fails(fuzzed)
    return asyncio.run(reduced(fuzzed, asked)), asked.times


def plain(value, fails):
    """The plainest value, and how often it was asked for."""
    asked = Asked(fails)
    assert fails(value)
    return asyncio.run(plainest(value, asked)), asked.times


def remove(name):
    return Edit(("data", name), "remove")


def put(name, value):
    return Edit(("data", name), "put", value)


# --- parts ---


@settings(max_examples=60, deadline=None)
@given(number=st.integers(3, 40), data=st.data())
def test_three_of_many(number, data):
    """Of many edits the three that fail together are left, in their order."""
    needed = data.draw(st.lists(st.integers(0, number - 1), min_size=3, max_size=3, unique=True).map(sorted))
    edits = [remove(f"m{n}") for n in range(number)]
    left, times = smallest(
        message(*edits), lambda event: {f"data.m{n}" for n in needed} <= {edit.place for edit in event.edits}
    )
    assert left == message(*(edits[n] for n in needed))
    assert times <= 12 * (number.bit_length() + 3)


@settings(max_examples=60, deadline=None)
@given(number=st.integers(1, 12), data=st.data())
def test_nothing_can_be_taken_away(number, data):
    """Whatever makes it fail, none of the parts that are left can be spared, one at a time."""
    needed = data.draw(
        st.lists(st.frozensets(st.integers(0, number - 1), max_size=4), min_size=1, max_size=4)
    )

    def fails(parts):
        return any(some <= set(parts) for some in needed)

    asked = Asked(fails)
    whole = [*range(number)]
    left = asyncio.run(fewest(whole, asked))
    assert fails(left)
    assert left == sorted(left)
    assert not any(fails(left[:at] + left[at + 1 :]) for at in range(len(left)))
    assert asked.times <= 4 * number**2 + 2


def test_what_fails_without_any_part():
    """Where an ordinary event fails too nothing is left."""
    assert smallest(message(remove("a"), remove("b")), lambda event: True)[0] == message()


def test_one_pass_is_not_enough():
    """A part that was needed may be spared once another is gone: it is looked at again."""
    edits = [remove("b"), remove("a"), put("x", "long text")]

    def fails(event):
        there = {edit.place for edit in event.edits}
        return "data.x" in there and not ("data.a" in there and "data.b" not in there)

    assert smallest(message(*edits), fails)[0] == message(put("x", "a"))


# --- texts ---


@pytest.mark.parametrize("length", [1, 2, 17, 256, 700, 5_000])
def test_the_shortest_text(length):
    """Where its length is what counts, a text is as short as it fails, and plain."""
    left, times = smallest(
        message(body("Grüße 😀 " * 1_500)), lambda event: event.edits and len(event.edits[0].value) >= length
    )
    assert left == message(body("a" * length))
    assert times <= 40


@pytest.mark.parametrize("text", ["é" * 9_000, "é字é" * 3_000, "😀 ö😀" * 700])
def test_the_fewest_bytes(text):
    """Where it is the size of a text, few questions tell that too."""
    left, times = plain(text, lambda value: len(value.encode()) > 2 * len(value) - 1 and len(value) >= 99)
    assert left == left[0] * 99
    assert times <= 40


@pytest.mark.parametrize("needle", ["=", "😀", "İ", "e\u0301", "%s"])
def test_a_character_in_a_text(needle):
    """Where a text fails for what it contains, that alone is left."""
    text = "a long beginning, and then " + needle + " with an end " * 20
    left, times = plain(text, lambda value: needle in value)
    assert left == needle
    assert times <= 150


def test_a_text_at_its_place():
    """What must stand at the beginning stays there; what is between becomes plain."""
    left, _ = plain("=SUM(A1:A2) of the month", lambda text: text.startswith("=") and len(text) > 4)
    assert left == "=aaaa"


def test_a_text_is_never_blank():
    """No step on the way sends a text that shows nothing, since none of those that are drawn does."""
    tried = []
    plain("  x  \n ", lambda text: tried.append(text) or " " in text)
    assert all(text.strip() for text in tried)
    assert plain("a\u200bb", lambda text: "\u200b" in text)[0] in ("a\u200b", "\u200ba")


# --- other values ---


@pytest.mark.parametrize(
    ("number", "fails", "left"),
    [
        (123_456, lambda n: n > 1_000, 1_001),
        (2**63 - 1, lambda n: n >= 2**31, 2**31),
        (-40_000, lambda n: n < -32_768, -32_769),
        (77, lambda n: True, 0),
        (-5, lambda n: n < 0, -1),
        (12_345, lambda n: n % 2 == 1, 1),
        (1234.5678, lambda n: n > 1_000, 1_200.0),
        (0.30000000000000004, lambda n: n != 0.3, 0.5),
        (2.675, lambda n: n == 2.675, 2.675),
        (1e100, lambda n: n > 1e99, 1e100),
    ],
)
def test_numbers(number, fails, left):
    """A number becomes the least that fails, or one of few digits, and stays of its type."""
    found, times = plain(number, fails)
    assert (found, type(found)) == (left, type(number))
    assert times <= 70


@pytest.mark.parametrize("least", [1, 3, 51])
def test_a_list_of_many(least):
    """A list has as many entries as it needs, and they are plain."""
    left, times = plain([f"tag-{n}" for n in range(120)], lambda tags: len(tags) >= least)
    assert left == ["a"] * least
    assert times <= 600


def test_an_entry_of_a_map():
    """Of a map the one entry is left that fails, its key plain where it does not count."""
    entries = {**{f"key_{n}": n for n in range(30)}, "balance": 70_000, "note": "text"}
    left, times = plain(entries, lambda found: any(v > 32_767 for v in found.values() if isinstance(v, int)))
    assert left == {"key": 32_768}
    assert times <= 150


def test_a_key_of_a_map():
    """A key that counts stays."""
    left, _ = plain({"a": 1, "user id": 3, "c": 2}, lambda found: any(" " in key for key in found))
    assert left == {"user id": 0}


@pytest.mark.parametrize("least", [1, 2, 33])
def test_a_map_of_many(least):
    """Where it is how many entries there are, as many are left."""
    left, times = plain({f"key_{n}": n for n in range(60)}, lambda found: len(found) >= least)
    assert len(left) == least
    assert times <= 500


@pytest.mark.parametrize("value", [None, True, {"type": "file", "url": "https://example.com"}])
def test_what_is_as_plain_as_it_gets(value):
    """A branch of a union is whole, and so is null: nothing else is asked for."""
    assert plain(value, lambda _: True) == (value, 0)


def test_the_form_of_an_id_stays():
    """Only values that are put are made plainer: an id would be another's."""
    edit = Edit(("data", "message_id"), "id", "Ab3-Ab3-Ab3-")
    assert smallest(message(edit), lambda event: bool(event.edits))[0] == message(edit)


# --- sequences ---


def test_the_fewest_deliveries():
    """Of a long sequence the two deliveries are left that fail, in one conversation of one person."""
    steps = [
        Step(CREATED, talk=2, person=2),
        *(Step(MESSAGE, ordinal=n, at=n, edits=(body("x" * 50), remove("channel"))) for n in range(8)),
        Step(ENDED, talk=2, person=2, at=40.5),
        *(Step(MESSAGE, talk=2, person=2, ordinal=n, at=50, edits=(body("stop"),)) for n in range(3)),
    ]

    def fails(found):
        ended = [at for at, step in enumerate(found.steps) if step.event == ENDED]
        stops = [
            at
            for at, step in enumerate(found.steps)
            if step.event == MESSAGE and any(edit.value == "stop" for edit in step.edits)
        ]
        return bool(
            ended
            and stops
            and ended[0] < stops[-1]
            and found.steps[stops[-1]].talk == found.steps[ended[0]].talk
        )

    left, times = smallest(sequence(*steps), fails)
    assert [(step.event, step.talk, step.person) for step in left.steps] == [(ENDED, 0, 0), (MESSAGE, 0, 0)]
    assert left.steps[1].edits == (body("stop"),)
    assert times <= 60


def test_two_conversations_stay_two():
    """Conversations that make it fail are numbered from 0, and stay as many."""
    steps = [Step(CREATED, talk=n, person=0 if n else 3) for n in (3, 5, 6)]

    def fails(found):
        return len({step.talk for step in found.steps}) >= 2

    left, _ = smallest(sequence(*steps), fails)
    assert len(left.steps) == 2
    assert sorted({step.talk for step in left.steps} | {step.person for step in left.steps}) in (
        [0, 1],
        [0, 1, 2],
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=20).filter(any))
def test_a_repetition_in_a_sequence(again):
    """One delivery that counts is left of any sequence, in few questions."""
    steps = [Step(MESSAGE, ordinal=n, again=int(twice)) for n, twice in enumerate(again)]
    left, times = smallest(sequence(*steps), lambda found: any(step.again for step in found.steps))
    assert [(step.again, step.ordinal) for step in left.steps] == [(1, 0)]
    assert times <= 60


def test_what_is_left_alone_is_neither_late_nor_repeated():
    """A delivery whose first, or whose later event, was taken away is an ordinary one."""
    steps = [Step(MESSAGE, at=5), Step(ENDED, at=9), Step(MESSAGE, at=5, again=1, late=True)]
    left, _ = smallest(sequence(*steps), lambda found: found.steps and found.steps[-1].event == MESSAGE)
    assert left == sequence(Step(MESSAGE))
    left, _ = smallest(
        sequence(*steps), lambda found: [s.event for s in found.steps][-2:] == [ENDED, MESSAGE]
    )
    assert left == sequence(Step(ENDED, at=1), Step(MESSAGE, late=True))


def test_a_fault_that_comes_and_goes_ends():
    """A predicate that answers at random does not keep the search going for ever."""
    answers = iter([True, False, False] * 100_000)
    asked = Asked(lambda _: next(answers))
    asyncio.run(reduced(message(*(put(f"m{n}", "some text") for n in range(30))), asked))
    assert asked.times <= 600
