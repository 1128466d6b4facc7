"""What is drawn for fuzzing: how much, of what, the same for a seed, and nothing that no sender lets through."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from dataclasses import replace
from itertools import chain, groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ada_schemas
from ada_contract_tests.fuzz import draw
from ada_contract_tests.fuzz.draw import drawn
from ada_contract_tests.fuzz.rows import factors_in
from ada_contract_tests.fuzz.sequences import HANDED_BACK
from ada_contract_tests.fuzz.special import special
from ada_contract_tests.fuzz.sweep import NAMED, sweep
from ada_contract_tests.fuzz.texts import TOKENS, WHOLES, addresses, longest, names, texts
from ada_contract_tests.fuzz.values import LONGEST_MESSAGE, varies
from ada_contract_tests.suites.edits import MODES, Edit, FuzzedEvent, is_visible
from ada_contract_tests.suites.fuzzed import builder_of, changed
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.shapes import payload_path
from support.fuzzed import CREATED, ENDED, MESSAGE

CONTRACT = shipped()
NAMES = frozenset(CONTRACT.event_names)
SEQUENCES = "any/fuzz:sequences"


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Without Schemathesis, wherever the tests run."""
    monkeypatch.setattr(draw, "is_installed", lambda: False)


def taken(area, number, seed="1", names=NAMES):
    return drawn(CONTRACT, area, names=names, number=number, seed=seed)


def sent(fuzzed):
    """The event that is sent."""
    return changed(fuzzed, CONTRACT, EventFactory(seed=3).event(fuzzed.event))


def texts_in(value):
    """Every text in a value, names of members included."""
    match value:
        case str():
            return [value]
        case dict():
            return [*value, *chain.from_iterable(map(texts_in, value.values()))]
        case list():
            return list(chain.from_iterable(map(texts_in, value)))
    return []


# --- how much, and of what ---


@pytest.mark.parametrize(("mode", "most"), [("documented", 40), ("forward", 10), ("hostile", 10)])
def test_how_many_events(mode, most):
    """N events within the contract, and a quarter as many of the other modes; none of them twice."""
    found = taken(f"{MESSAGE}/fuzz:{mode}", 40)
    assert 0.8 * most <= len(found) <= most
    assert {(fuzzed.event, fuzzed.mode) for fuzzed in found} == {(MESSAGE, mode)}
    assert len({json.dumps(fuzzed.as_json()) for fuzzed in found}) == len(found)


def test_nothing_is_drawn_twice():
    """An event with few forms is sent once in each of them, however many are asked for."""
    found = taken("conversation.handoff.ended/fuzz:documented", 200)
    assert len({json.dumps(fuzzed.as_json()) for fuzzed in found}) == len(found) < 200


@pytest.mark.parametrize("area", [*(f"{ENDED}/fuzz:{mode}" for mode in MODES), SEQUENCES])
def test_the_least(area):
    """Where one is asked for, one is drawn of everything."""
    assert len(taken(area, 1)) == 1


def test_sequences_of_chosen_events():
    """A sequence has none but the chosen events, and begins somewhere in a conversation."""
    chosen = frozenset({CREATED, ENDED})
    found = taken(SEQUENCES, 20, names=chosen)
    assert {step.event for fuzzed in found for step in fuzzed.steps} == chosen
    assert {
        step.event
        for fuzzed in taken(SEQUENCES, 5, names=frozenset({"audit_log.emitted"}))
        for step in fuzzed.steps
    } == {"audit_log.emitted"}


def test_what_sequences_are_made_of():
    """Among some hundred are several conversations, a person of two, late and repeated messages, handoffs."""
    found = taken(SEQUENCES, 300)
    steps = [step for fuzzed in found for step in fuzzed.steps]
    assert 200 < len(found) <= 300
    assert {len({step.talk for step in fuzzed.steps}) for fuzzed in found} >= {1, 2, 3}
    assert any(step.talk != step.person for step in steps)
    assert any(step.late for step in steps)
    assert {step.again for step in steps} == {0, 1}
    roles = {edit.value for step in steps for edit in step.edits if edit.place == "data.author.role"}
    assert roles >= {"human_agent", "ai_agent"}
    assert {step.event for step in steps} == NAMES - {"audit_log.emitted"}
    said = [[step.edits for step in fuzzed.steps if step.event == MESSAGE] for fuzzed in found]
    pairs = [pair for edits in said for pair in pairwise(edits)]
    again = sum(one == other and any(e.place == "data.content.body" for e in one) for one, other in pairs)
    assert again > len(pairs) / 30
    names = [[step.event for step in fuzzed.steps] for fuzzed in found]
    assert any(pair == (HANDED_BACK, HANDED_BACK) for each in names for pair in pairwise(each))
    for by in ((None, "end_user"), ("human_agent", "ai_agent")):
        assert sum(longest_turn(edits, by) >= 6 for edits in said) > len(found) / 40


def longest_turn(messages, by):
    """How many messages in a row are by those who have these roles."""
    roles = (next((e.value for e in edits if e.place == "data.author.role"), None) for edits in messages)
    turns = groupby(roles, lambda role: role in by)
    return max((len(list(turn)) for held, turn in turns if held), default=0)


def test_a_contract_without_conversations():
    """Another provider's events make sequences too, each of a later time than the one before."""
    other = replace(CONTRACT, events=tuple(e for e in CONTRACT.events if e.name == "audit_log.emitted"))
    found = drawn(other, SEQUENCES, names=frozenset(other.event_names), number=10, seed="1")
    assert {step.event for fuzzed in found for step in fuzzed.steps} == {"audit_log.emitted"}


@pytest.mark.parametrize("area", [*(f"{MESSAGE}/fuzz:{mode}" for mode in MODES), SEQUENCES])
def test_a_seed_draws_the_same(area):
    """The same seed draws the same, in the same order; another one draws others."""
    assert taken(area, 12, "7") == taken(area, 12, "7")
    assert taken(area, 12, "7") != taken(area, 12, "8")


@pytest.mark.parametrize("name", CONTRACT.event_names)
def test_every_level_comes(name):
    """Every value of an enum, every branch, null and absence of every member is among some hundred events."""
    events = [sent(fuzzed) for fuzzed in sweep(CONTRACT, name, number=150, seed=1)]
    seen = {
        path: {_level(event, payload_path(path)) for event in events} for path in factors_in(CONTRACT, name)
    }
    lacking = {
        path: set(levels) - seen[path] - {"set", "n/a"}
        for path, levels in factors_in(CONTRACT, name).items()
        if ":" not in path
    }
    assert {path: levels for path, levels in lacking.items() if levels} == {}


def _level(event, place):
    """What a member is, in the words of a row."""
    for part in place.split("."):
        if not isinstance(event, dict) or part not in event:
            return "absent"
        event = event[part]
    if event is None:
        return "null"
    if isinstance(event, dict):
        return event.get("type", "set") if event else "empty"
    return "empty" if event in ("", []) else str(event)


def test_every_special_text_has_its_turn():
    """The sweep leaves no text out that fits into a message: what counts alone is alone, the rest within others."""
    events = sweep(CONTRACT, MESSAGE, number=900, seed=2)
    bodies = {edit.value for fuzzed in events for edit in fuzzed.edits if edit.place == "data.content.body"}
    assert len(set(WHOLES) - bodies) <= 2, "but those whose turn comes next"
    assert [
        token for token in TOKENS if is_visible(token) and not any(token in text for text in bodies)
    ] == []


def test_texts_are_as_long_as_their_kind():
    """A description may be longer than a name, and a file's name as long as file systems take."""
    edits = [edit for fuzzed in sweep(CONTRACT, MESSAGE, number=900, seed=3) for edit in fuzzed.edits]

    def sizes(place):
        return {len(edit.value) for edit in edits if edit.place == place and isinstance(edit.value, str)}

    assert 200 < max(sizes("data.content.filename")) <= 255
    assert 500 < max(sizes("data.channel.description")) <= 1_000
    assert 100 < max(sizes("data.author.display_name")) <= 200


def test_every_id_takes_new_forms():
    """A third of the additions give any one id of an event a new form; without turns of their own, a sixth."""
    events = taken(f"{MESSAGE}/fuzz:forward", 1_200)
    changed_ids = Counter(edit.place for fuzzed in events for edit in fuzzed.edits if edit.op == "id")
    places = builder_of(CONTRACT, MESSAGE).places.items()
    ids = [payload_path(p) for p, shape in places if getattr(shape, "holds", "") == "id" and ":" not in p]
    assert {place for place in ids if changed_ids[place] < len(events) * 0.23} == set()


# --- values ---


@pytest.mark.parametrize("name", CONTRACT.event_names)
def test_special_values_are_within_the_contract(name):
    """Each value of the tables may stand by itself wherever it is put."""
    builder, tables = (
        builder_of(CONTRACT, name),
        {**NAMED, "time": "times", "text": "words", "url": "addresses"},
    )
    for path, shape in builder.places.items():
        if path == "type" or not varies(shape) or getattr(shape, "holds", "") not in tables or ":" in path:
            continue
        for value in special(tables[shape.holds]):
            edit = Edit(tuple(payload_path(path).split(".")), "put", value)
            event = sent(FuzzedEvent(name, "documented", (edit,)))
            assert ada_schemas.validate(event, event=name, closed=True) == [], (path, value)


def test_what_is_never_sent():
    """No text within the contract is blank, or holds a control character, a lone surrogate or what is unassigned."""
    every = [fuzzed for name in NAMES for fuzzed in taken(f"{name}/fuzz:documented", 60)]
    found = [text for fuzzed in every for edit in fuzzed.edits for text in texts_in(edit.value)]
    assert len(found) > 1_000
    assert {unicodedata.category(c) for text in found for c in text if c not in "\n\r\t"} & {
        "Cc",
        "Cs",
        "Cn",
        "Co",
    } == set()
    assert [text for text in found if text and not text.strip()] == []


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.tuples(st.just(LONGEST_MESSAGE), texts(LONGEST_MESSAGE)),
        st.tuples(st.just(200), names(*longest(""))),
        st.tuples(st.just(4_000), addresses()),
    )
)
def test_texts_are_no_longer_than_they_may_be(drawn):
    """A text shows something, and keeps within its length; a name is of 500 bytes at most."""
    most, text = drawn
    assert 1 <= len(text) <= most + 10
    assert any(not c.isspace() and c.isprintable() for c in text)
    assert most != 200 or len(text.encode()) <= 500


def test_hostile_values_are_of_every_kind():
    """Beyond the contract there are other types, numbers of no type, and members that are gone."""
    edits = [edit for fuzzed in taken(f"{MESSAGE}/fuzz:hostile", 600) for edit in fuzzed.edits]
    put = [edit.value for edit in edits if edit.op == "put"]
    assert {type(value).__name__ for value in put} == {
        "NoneType",
        "bool",
        "int",
        "float",
        "str",
        "list",
        "dict",
    }
    assert any(isinstance(value, int) and abs(value) >= 2**63 for value in put)
    assert any("\x00" in text for text in texts_in(put))
    assert any(edit.op == "remove" for edit in edits)
    assert all(edit.path != ("type",) for edit in edits)
