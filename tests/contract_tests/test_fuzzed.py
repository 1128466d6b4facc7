"""Fuzzed events and sequences as cases: what is sent, and the ids that hold all of it."""

from __future__ import annotations

import base64
import re
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ada_schemas
from ada_contract_tests.case import CaseRun
from ada_contract_tests.fuzz.events import events
from ada_contract_tests.fuzz.sequences import sequences
from ada_contract_tests.suites.edits import MODES, Edit, FuzzedEvent, Step
from ada_contract_tests.suites.fuzzed import (
    area_of,
    areas,
    builder_of,
    can_be_sent,
    fuzzed_case,
    fuzzed_from,
    fuzzed_of_id,
    is_area,
    is_fuzzed,
    is_whole,
)
from ada_contract_tests.suites.registry import all_cases, case_named
from ada_contract_tests.suites.summaries import told
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.shapes import payload_path
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown
from support.fake_targets import FakeTarget, answer, carried_out, session, silence
from support.fuzzed import CREATED, ENDED, MESSAGE, body, message, sequence

CONTRACT = shipped()
NAMES = frozenset(CONTRACT.event_names)
ONE_EVENT = [(name, mode) for name in CONTRACT.event_names for mode in MODES]
IDENTITY = {
    payload_path(path)
    for name in CONTRACT.event_names
    for path, shape in builder_of(CONTRACT, name).places.items()
    if shape.identity or path in ("type", "timestamp", "data")
}
"""Members that are documented as optional, and always sent."""
BROKEN = "holds no event that can be sent: it was cut or changed."


def payload(fuzzed, seed=1):
    """The event that a case of it sends."""
    case = fuzzed_case(fuzzed, CONTRACT)
    run = CaseRun(case, session(FakeTarget()).sender, EventFactory(seed=seed))
    return case.payload.change(run.event())


def deliveries(fuzzed, seed=1):
    """(svix-id, event) of every delivery of a sequence."""
    target = FakeTarget()
    carried_out(fuzzed_case(fuzzed, CONTRACT), target, seed=seed)
    return [(sent.headers["svix-id"], sent.json) for sent in target.sent]


def read(case_id):
    """What an id holds, and what is said of one that holds nothing."""
    try:
        return fuzzed_of_id(case_id, CONTRACT), ""
    except UsageError as error:
        return None, str(error)


def whose(event):
    """The conversation and the end user of an event."""
    data = event["data"]
    return data.get("conversation_id"), data.get("end_user_id")


# --- what is drawn ---


@pytest.mark.parametrize("name", CONTRACT.event_names)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), seed=st.integers(0, 9))
def test_documented_events_are_within_the_contract(name, data, seed):
    """An event within the contract breaks neither its closed schema nor what is tied together."""
    drawn = data.draw(events(CONTRACT, name, "documented"))
    sent = payload(drawn, seed)
    assert ada_schemas.validate(sent, event=name, closed=True) == []
    assert not IDENTITY & {edit.place for edit in drawn.edits if edit.op == "remove"}
    assert CONTRACT.event(name).type == sent["type"]


@pytest.mark.parametrize("name", CONTRACT.event_names)
@settings(max_examples=8, deadline=None)
@given(data=st.data(), seed=st.integers(0, 9))
def test_forward_events_are_within_the_versioning_policy(name, data, seed):
    """An event of tomorrow is one that the receiver's schema lets pass."""
    drawn = data.draw(events(CONTRACT, name, "forward"))
    assert drawn.edits != ()
    assert ada_schemas.validate(payload(drawn, seed), event=name) == []


@settings(max_examples=25, deadline=None)
@given(data=st.data(), which=st.sampled_from(ONE_EVENT))
def test_the_id_of_an_event_holds_it(data, which):
    """What an id is made from is read from it, and it needs no quoting in a shell."""
    drawn = data.draw(events(CONTRACT, *which))
    case = fuzzed_case(drawn, CONTRACT)
    assert re.fullmatch(r"[A-Za-z0-9.:/_-]+", case.id)
    assert (area_of(case.id), is_fuzzed(case.id), is_area(case.id)) == (drawn.area, True, False)
    if is_whole(case.id):
        assert fuzzed_of_id(case.id, CONTRACT) == drawn
        assert case_named(case.id).id == case.id


@settings(max_examples=25, deadline=None)
@given(drawn=sequences(CONTRACT, NAMES))
def test_sequences(drawn):
    """A sequence is of valid events in the order of retries, and its id holds it."""
    case = fuzzed_case(drawn, CONTRACT)
    assert not is_whole(case.id) or fuzzed_of_id(case.id, CONTRACT) == drawn
    made = deliveries(drawn)
    assert len(made) == case.deliveries == len(drawn.steps) > 0
    for (_, event), step in zip(made, drawn.steps, strict=True):
        assert ada_schemas.validate(event, event=step.event, closed=True) == []
    first = {step.key: number for number, step in reversed(list(enumerate(drawn.steps)))}
    happened = [s.at for n, s in enumerate(drawn.steps) if first[s.key] == n and not s.late]
    assert happened == sorted(happened), "only what is late comes after what happened later"


@settings(max_examples=25, deadline=None)
@given(drawn=sequences(CONTRACT, NAMES))
def test_sameness_in_a_sequence(drawn):
    """Deliveries of one message are alike to the byte; conversations and end users are as numbered."""
    made = list(zip(drawn.steps, deliveries(drawn), strict=True))
    by_key = {step.key: sent for step, sent in made}
    assert all(sent == by_key[step.key] for step, sent in made)
    assert len({message_id for _, (message_id, _) in made}) == len(by_key)
    talks = {
        (whose(event)[0], step.talk) for step, (_, event) in made if step.event.startswith("conversation")
    }
    assert len(talks) == len({talk for _, talk in talks}) == len({conversation for conversation, _ in talks})
    people = {(whose(event)[1], step.person) for step, (_, event) in made if whose(event)[1]}
    assert len(people) == len({person for _, person in people})


# --- sequences as they are sent ---


def test_the_times_of_a_sequence():
    """Events have the time at which they happened, whenever they come; the conversation began with the first."""
    steps = [Step(ENDED, at=90.5), Step(CREATED, late=True), Step(MESSAGE, at=3_600)]
    (_, ended), (_, created), (_, said) = deliveries(sequence(*steps))
    start, *later = [datetime.fromisoformat(event["timestamp"]) for event in (created, ended, said)]
    assert [(moment - start).total_seconds() for moment in later] == [90.5, 3600]
    assert datetime.fromisoformat(said["data"]["created_at"]) == later[1]


def test_the_end_user_of_several_conversations():
    """Conversations of one person name the same end user; those of another do not."""
    steps = [
        Step(CREATED),
        Step(CREATED, talk=1, person=0),
        Step(CREATED, talk=2, person=2),
        Step("end_user.updated", talk=1, person=0),
    ]
    first, second, third, updated = [event for _, event in deliveries(sequence(*steps))]
    assert whose(first)[1] == whose(second)[1] == updated["data"]["end_user_id"] != whose(third)[1]
    assert len({whose(event)[0] for event in (first, second, third)}) == 3


def test_a_sequence_ends_where_no_answer_comes():
    """After a delivery without an answer nothing more is sent: the rest would tell nothing."""
    target = FakeTarget(lambda sent: silence("dropped"))
    carried_out(fuzzed_case(sequence(Step(CREATED), Step(ENDED)), CONTRACT), target)
    assert len(target.sent) == 1


def test_a_step_that_is_asked_for_again():
    """A 409 to the early event is put right by Ada's retry: it is delivered again at the end."""
    target = FakeTarget(lambda sent: answer(409 if sent.number == 1 else 200))
    run = carried_out(fuzzed_case(sequence(Step(ENDED), Step(CREATED, late=True)), CONTRACT), target)
    assert [sent.event for sent in target.sent] == [ENDED, CREATED, ENDED]
    assert target.sent[0].headers["svix-id"] == target.sent[2].headers["svix-id"]
    assert (run.exchange.put_off, run.exchange.last.status) == (None, 200)


def test_the_same_case_is_the_same_to_the_byte():
    """An event derives from the seed and its id; another seed gives another."""
    case = fuzzed_case(message(body("x")), CONTRACT)
    targets = [FakeTarget() for _ in range(3)]
    for target, seed in zip(targets, (4, 4, 5), strict=True):
        carried_out(case, target, seed=seed)
    once, again, other = (target.sent[0].body for target in targets)
    assert once == again != other


# --- what is said of a case ---


def test_the_summary_of_an_event():
    """A case says what its event has that an ordinary one has not, and of a long text its length."""
    edits = [
        Edit(("data", "author", "role"), "put", "human_agent"),
        Edit(("data", "handoff_integration"), "put", None),
        body("x" * 1_234),
        Edit(("data", "channel", "name"), "remove"),
        Edit(("data", "message_id"), "id", "Ab3-Ab3"),
    ]
    assert fuzzed_case(message(*edits), CONTRACT).summary == (
        'author.role is "human_agent", handoff_integration is null, content.body has 1,234 characters, '
        "channel.name is absent, message_id has the form Ab3-Ab3"
    )
    assert fuzzed_case(message(), CONTRACT).summary == "an ordinary event"


def test_the_summary_of_a_sequence():
    """A sequence is told delivery by delivery, with what is particular about each."""
    steps = [
        Step(MESSAGE, edits=(body("yes"),)),
        Step(MESSAGE, ordinal=1),
        Step(CREATED, late=True),
        Step(MESSAGE, again=1, edits=(body("yes"),)),
        Step("end_user.updated", talk=1, person=1),
    ]
    assert told(sequence(*steps)) == [
        '1. conversation.message of conversation A (content.body is "yes")',
        "2. conversation.message 2 of conversation A",
        "3. conversation.created of conversation A, late",
        '4. conversation.message of conversation A (content.body is "yes"), again',
        "5. end_user.updated of end user B",
    ]
    assert fuzzed_case(sequence(*steps), CONTRACT).summary == (
        "5 deliveries, the last of them: end_user.updated of end user B"
    )
    assert fuzzed_case(sequence(*steps[:2]), CONTRACT).summary == (
        '1. conversation.message of conversation A (content.body is "yes"); '
        "2. conversation.message 2 of conversation A"
    )


def test_the_areas():
    """Each event has an area a mode, and there is one for sequences; only those of chosen events are listed."""
    every = [area.id for area in areas(CONTRACT, NAMES)]
    assert len(every) == len(ONE_EVENT) + 1
    assert all(is_area(case_id) and not is_fuzzed(case_id) for case_id in every)
    assert [(area.rule, area.id) for area in areas(CONTRACT, frozenset({ENDED}))] == [
        ("ADA701", f"{ENDED}/fuzz:documented"),
        ("ADA702", f"{ENDED}/fuzz:forward"),
        ("ADA703", f"{ENDED}/fuzz:hostile"),
        ("ADA704", "any/fuzz:sequences"),
    ]
    assert areas(CONTRACT, frozenset()) == []


def test_no_enumerated_case_is_taken_for_a_fuzzed_one():
    """Ids of enumerated cases are neither areas nor fuzzed, and neither is what has their words elsewhere."""
    others = [case.id for case in all_cases()]
    others += ["a:b/fuzz", "x/y/fuzz:documented", "fuzz:documented", "x/fuzz:a:b:c"]
    assert [case_id for case_id in others if is_area(case_id) or is_fuzzed(case_id)] == []


# --- ids that hold nothing ---


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_id_that_was_cut_or_changed(data):
    """An id that lost a part, or of which a character is another, is an error, and never another event."""
    drawn = data.draw(st.sampled_from([message(body("some text"), body("x" * 700)), sequence(Step(CREATED))]))
    case_id = fuzzed_case(drawn, CONTRACT).id
    area, _, token = case_id.rpartition(":")
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.!é=/"))
    broken = f"{area}:{data.draw(st.sampled_from([token[:at], f'{token[:at]}{other}{token[at + 1 :]}']))}"
    found, error = read(broken)
    if found is None:
        told = shown(f"The case {broken} {BROKEN}")
        assert (
            error == f"{told}\n  Copy the id whole, or run the check again with --fuzz N and the same --seed."
        )
    else:
        assert found == drawn, "some bits of the last characters hold nothing"


@pytest.mark.parametrize(
    "case_id",
    [
        f"{MESSAGE}/fuzz:documented:",
        f"{MESSAGE}/fuzz:sequences:6_iLjgUA",
        "any/fuzz:documented:6_iLjgUA",
        "conversation.opened/fuzz:documented:6_iLjgUA",
        "/fuzz::",
    ],
)
def test_an_id_without_an_event(case_id):
    """A token that is none, or stands where no event is drawn, is an error."""
    with pytest.raises(UsageError, match=re.escape(f"The case {case_id} {BROKEN}")):
        case_named(case_id)


def test_an_event_too_long_for_an_id():
    """What does not fit into an id is named by a digest, from which it cannot be sent again."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 900)))
    case = fuzzed_case(message(body(text)), CONTRACT)
    assert re.fullmatch(rf"{MESSAGE}/fuzz:documented:[0-9a-f]{{8}}\.long", case.id)
    assert (is_whole(case.id), is_whole(fuzzed_case(message(), CONTRACT).id)) == (False, True)
    assert payload(message(body(text)))["data"]["content"]["body"] == text
    with pytest.raises(
        UsageError, match=re.escape(f"{case.id} holds no event that can be sent: it was too long")
    ):
        case_named(case.id)


STEP = [CREATED, [0, 0, 0, 0, 0, 0], []]


def test_an_id_with_more_behind_it():
    """An id that something was pasted to is refused, although the event in it can be read."""
    area, _, token = fuzzed_case(message(body("=")), CONTRACT).id.rpartition(":")
    packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_")
    longer = base64.b64encode(packed + b"more", altchars=b"-_").decode().rstrip("=")
    with pytest.raises(UsageError, match=r"holds no event that can be sent: it was cut or changed\."):
        fuzzed_of_id(f"{area}:{longer}", CONTRACT)


@pytest.mark.parametrize(
    ("area", "value"),
    [
        *(
            (f"{MESSAGE}/documented", edits)
            for edits in (
                None,
                {},
                "text",
                [None],
                [[[], "put", 1]],
                [[["data", 1], "put", 1]],
                [["data", "put", 1]],
                [[["data"], "remove", 1]],
                [[["data"], "drop"]],
                [[["data", "message_id"], "id", 1]],
                [[["data", "content", "body"], "put", 1]],
                [[["data", "new"], "put", 1]],
            )
        ),
        *(
            ("any/sequences", steps)
            for steps in (
                [None],
                [["conversation.opened", *STEP[1:]]],
                [[CREATED, [0, 0, 0, 0, 2, 0], []]],
                [[CREATED, [-1, 0, 0, 0, 0, 0], []]],
                [[CREATED, [10**9, 0, 0, 0, 0, 0], []]],
                [[CREATED, [0, 0, 0, 0, 0, -1], []]],
                [[CREATED, [0, 0, 0, 0, 0, float("nan")], []]],
                [[CREATED, [0, 0, 0, 0, 0, 1e300], []]],
                [[CREATED, [0, 0, 0, 0, 0], []]],
                [[CREATED, STEP[1], [None]]],
                [[CREATED, STEP[1], [[["data", "new"], "put", 1]]]],
            )
        ),
        ("any/documented", []),
        (f"{MESSAGE}/sequences", [STEP]),
        (f"{MESSAGE}/other", []),
        ("conversation.opened/documented", []),
    ],
)
def test_json_that_is_no_event(area, value):
    """What no run has written is refused, whatever it is, so that neither an id nor a kept file can send it."""
    event, _, mode = area.partition("/")
    with pytest.raises(ValueError, match=r"^no |^an event "):
        fuzzed_from(event, mode, value, CONTRACT)


def test_what_can_be_sent():
    """Edits that contradict what the documentation ties together cannot be sent; hostile ones always can."""
    role = Edit(("data", "author", "role"), "put", "ai_agent")
    name = Edit(("data", "author", "id"), "put", "5f3c")
    assert can_be_sent(message(role), CONTRACT)
    assert not can_be_sent(message(role, name), CONTRACT)
    assert not can_be_sent(sequence(Step(CREATED), Step(MESSAGE, edits=(role, name))), CONTRACT)
    assert can_be_sent(FuzzedEvent(MESSAGE, "hostile", (role, name)), CONTRACT)


def test_what_is_tied_to_an_edit_follows_it():
    """A new author or type of content brings what belongs to it, and takes away what does not."""
    sent = payload(message(Edit(("data", "author", "role"), "put", "ai_agent")))
    assert (sent["data"]["author"]["role"], sent["data"]["author"]["id"]) == ("ai_agent", None)
    content = payload(message(Edit(("data", "content"), "put", {"type": "file"})))["data"]["content"]
    assert (content["type"], "body" in content, content["url"][:8]) == ("file", False, "https://")


def test_hostile_edits_are_sent_as_they_are():
    """Beyond the contract nothing is brought in line, and an absent member stays absent."""
    edits = (Edit(("data", "author"), "put", [1]), Edit(("data", "content"), "remove"))
    data = payload(FuzzedEvent(MESSAGE, "hostile", edits))["data"]
    assert (data["author"], "content" in data) == ([1], False)


@pytest.mark.parametrize(
    "edit",
    [
        Edit(("data", "nothing", "here"), "put", 1),
        Edit(("data", "message_id", "here"), "put", 1),
        Edit(("data", "nothing"), "remove"),
        Edit(("data", "author"), "id", "Ab3-"),
    ],
)
def test_an_edit_where_nothing_is(edit):
    """A change of what is not there changes nothing."""
    event = {"data": {"message_id": "m", "author": {}}}
    assert edit.apply(event) == event
