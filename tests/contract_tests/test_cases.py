"""The cases: their ids, which are frozen in people's ignore lists, and how they are chosen."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from ada_contract_tests.case import CaseRun
from ada_contract_tests.engine.check import Options, planned
from ada_contract_tests.engine.reproduction import Reproduction
from ada_contract_tests.rules import FAMILIES, RULES, rule, selected_codes
from ada_contract_tests.suites.authentic import authentic
from ada_contract_tests.suites.registry import all_cases, case_named
from ada_contract_tests.suites.selection import Selection
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import ada_profile, event_names
from ada_schemas.errors import UsageError
from support.fake_targets import FakeTarget, carried_out, carry_out, session

GOLDEN = Path(__file__).with_name("case_ids.txt")
IDS = [case.id for case in all_cases()]
CREATED, MESSAGE = "conversation.created", "conversation.message"


def chosen(**options):
    return Selection(**options).choose()


def base_of(case, events):
    """The event that a case starts from."""
    return CaseRun(case, session(FakeTarget()).sender, events).event()


def payload_of(case, events):
    """The event that a case sends, before encoding; of one that is no body, the event that it starts from."""
    base = base_of(case, events)
    return base if case.payload is None else case.payload.change(base)


async def bodies_of(case, seed):
    """The bytes of every request that a case makes, in order."""
    target = FakeTarget()
    await carry_out(case, target, seed=seed)
    return [sent.body for sent in target.sent]


def rules_of(cases):
    return {case.rule for case in cases}


def events_of(cases):
    return {case.event for case in cases}


# --- ids ---


def test_ids_are_the_committed_ones():
    """Ids and their rules are as committed: ignore lists freeze them.

    New cases are welcome; a case that goes, or goes to another rule, breaks people's lists and belongs into
    the changelog. Update the list with: adakit check --list > tests/contract_tests/case_ids.txt
    """
    now = [f"{case.rule}  {case.id}" for case in all_cases()]
    before = GOLDEN.read_text(encoding="utf-8").splitlines()
    gone, new = set(before) - set(now), set(now) - set(before)
    assert not gone, f"gone: {sorted(gone)[:20]}; see this test's docstring"
    assert not new, f"new: {sorted(new)[:20]}; see this test's docstring"
    assert now == before, "the order differs; see this test's docstring"


def test_ids_are_unique():
    """No two cases share an id, not even in different letters: Windows names files by them."""
    assert [n for n, count in Counter(i.lower() for i in IDS).items() if count > 1] == []


def test_ids_need_no_quoting():
    """Ids hold only letters, digits and . : / - _ and begin with their event."""
    assert [case.id for case in all_cases() if not re.fullmatch(r"[A-Za-z0-9.:/_-]+", case.id)] == []
    assert [case.id for case in all_cases() if not case.id.startswith(f"{case.event}/")] == []


def test_every_rule_is_known_and_has_cases():
    """Every case has a rule; every rule has cases, but those of the witness and of what an option adds."""
    assert rules_of(all_cases()) == {code for code in RULES if code[3] not in "678"}


def test_every_rule_is_of_the_family_that_its_code_says():
    """A rule's family is a known one and spans its code, and the families stand in the order of their codes."""
    assert {code: FAMILIES[found.family].rstrip("x") for code, found in RULES.items()} == {
        code: code[:4] for code in RULES
    }
    assert list(dict.fromkeys(found.family for found in RULES.values())) == list(FAMILIES)


def test_every_event_has_the_cases_that_every_event_has():
    """No event lacks an example, an unknown member, a forgery, a duplicate or the status case."""
    by_event = defaultdict(set)
    for case in all_cases():
        by_event[case.event].add(case.rule)
    everywhere = {"ADA101", "ADA201", "ADA204", "ADA301", "ADA302", "ADA303", "ADA401", "ADA402", "ADA403"}
    assert {event: everywhere - by_event[event] for event in event_names()} == {
        event: set() for event in event_names()
    }


def test_the_same_seed_gives_the_same_bytes():
    """What a case sends depends on the seed alone."""

    async def compare():
        for case in all_cases():
            assert await bodies_of(case, seed=5) == await bodies_of(case, seed=5), case.id

    asyncio.run(compare())


def test_cases_share_no_ids():
    """No two cases are about the same conversation, message or end user."""
    owners = defaultdict(set)
    events = EventFactory(seed=5)
    for case in all_cases():
        data = base_of(case, events)["data"]
        for name in ("conversation_id", "message_id", "end_user_id"):
            if name in data:
                owners[data[name]].add(case.id)
    assert [ids for ids in owners.values() if len(ids) > 1] == []


def test_another_seed_shares_no_ids():
    """Two runs with different seeds share no conversation, message or end-user id."""
    found = []
    for seed in (5, 6):
        events = EventFactory(seed=seed)
        text = json.dumps([payload_of(case, events) for case in all_cases()])
        found.append(set(re.findall(r'"(?:conversation|message|end_user)_id": "([^"]*)"', text)))
    shared = found[0] & found[1]
    fixed = {
        value
        for case in all_cases()
        if case.rule in ("ADA101", "ADA107", "ADA205")
        for value in re.findall(r'"\w+_id": "([^"]*)"', json.dumps(payload_of(case, EventFactory(seed=5))))
    }
    assert shared <= fixed


# --- selecting ---


def test_everything():
    """Without options all cases are chosen, in their order."""
    assert chosen() == list(all_cases())


@pytest.mark.parametrize(
    ("select", "codes"),
    [
        ("ADA104", {"ADA104"}),
        ("ada104", {"ADA104"}),
        ("ADA104, ADA201", {"ADA104", "ADA201"}),
        (
            "ADA30x",
            {"ADA301", "ADA302", "ADA303", "ADA304", "ADA305", "ADA306", "ADA307", "ADA308", "ADA309"},
        ),
        ("ADA2xx,,ADA401", {code for code in RULES if code.startswith("ADA2")} | {"ADA401"}),
        ("ADA4", {code for code in RULES if code.startswith("ADA4")}),
        ("ADA", set(RULES)),
    ],
)
def test_codes(select, codes):
    """Codes are given in any letter case, separated by commas; x and a shorter code stand for many."""
    assert selected_codes(select) == codes & set(RULES)


@pytest.mark.parametrize("select", ["ADA999", "ADA9xx", "A", "xxx", "104", "ADA104x1", "*"])
def test_unknown_codes(select):
    """A code that fits no rule is a usage error that lists the rules."""
    with pytest.raises(UsageError, match="There is no rule") as caught:
        chosen(select=select)
    assert "The rules are: ADA101, " in caught.value.next_step


def test_a_code_that_is_almost_right():
    """The nearest rule is suggested."""
    with pytest.raises(UsageError) as caught:
        rule("ADA1O4")
    assert caught.value.next_step.startswith("Did you mean ADA104? ")


def test_ignoring_rules():
    """Ignored rules are left out of what is selected."""
    assert rules_of(chosen(select="ADA10x", ignore="ADA101,ADA102")) == {
        code for code in RULES if code.startswith("ADA10") and code not in ("ADA101", "ADA102")
    }


def test_ignoring_cases():
    """Single cases are ignored by id or by a glob over ids."""
    one = f"{MESSAGE}/enum:data.author.role:human_agent"
    left = {case.id for case in chosen(ignore=f"{one}, {CREATED}/signature:*,ADA4xx")}
    assert set(IDS) - left == {
        case.id
        for case in all_cases()
        if case.id == one or case.id.startswith(f"{CREATED}/signature:") or case.rule.startswith("ADA4")
    }


def test_an_ignored_case_that_does_not_exist():
    """An entry of an ignore list that fits nothing is an error, not a silent nothing."""
    with pytest.raises(UsageError) as caught:
        chosen(ignore=f"{MESSAGE}/enum:data.author.role:human_agnt")
    assert caught.value.what == "There is no case 'conversation.message/enum:data.author.role:human_agnt'."
    assert caught.value.next_step == (
        "Did you mean conversation.message/enum:data.author.role:human_agent?"
        " List them with: adakit check --list"
    )


@pytest.mark.parametrize(
    ("events", "names"),
    [
        (["conversation.message"], {MESSAGE}),
        (["v1.conversation.message"], {MESSAGE}),
        (["conversation.*", "!conversation.message", "!*handoff*"], {CREATED, "conversation.ended"}),
        (["v1.conversation.created,conversation.message"], {CREATED, MESSAGE}),
        (["end_user.*"], {"end_user.created", "end_user.updated"}),
        (["!v1.conversation.*"], {"end_user.created", "end_user.updated", "audit_log.emitted", "any"}),
        (["!any"], set(event_names())),
        (["any"], {"any"}),
        ([""], {*event_names(), "any"}),
    ],
)
def test_events(events, names):
    """Globs choose events, with or without v1.; ! leaves out; undocumented ones belong to no filter."""
    assert events_of(chosen(events=events, select="ADA101,ADA203")) == names


def test_an_event_glob_that_fits_nothing():
    """A glob that fits no event is a usage error that lists the events."""
    with pytest.raises(UsageError, match=r"No event fits 'conversations\.\*'"):
        chosen(events=["conversations.*"])
    with pytest.raises(UsageError, match="No event fits 'nope'"):
        chosen(events=["!nope"])


def test_cases_by_id():
    """Cases that are named win over everything else, in the order in which they are named, once each."""
    ids = [f"{MESSAGE}/status:200", f"{CREATED}/status:200"]
    found = chosen(cases=[*ids, ids[0]], select="ADA101", events=["audit_log.*"])
    assert [case.id for case in found] == ids


def test_nothing_left():
    """When nothing is left to run, that is a usage error."""
    with pytest.raises(UsageError, match="No case is left to run"):
        chosen(select="ADA101", ignore="ADA1")


def test_a_case_by_its_name():
    """A case is found by its id alone, and a wrong id suggests the nearest."""
    assert case_named(IDS[7]) is all_cases()[7]
    with pytest.raises(UsageError) as caught:
        case_named("zzz")
    assert str(caught.value) == "There is no case 'zzz'.\n  List them with: adakit check --list"


def test_a_consumer_that_verifies_nothing():
    """Without a secret, all that is about signing is left out: ADA3xx, and bodies without a signature."""
    cases = planned(Options(), unsigned=True)
    assert not any(case.expect.handled == "never" or case.rule.startswith("ADA3") for case in cases)
    assert rules_of(cases) == {c for c in RULES if c[3] not in "3678"}


def test_any_2xx():
    """With --accept 2xx the rule about the status is left out."""
    assert "ADA401" not in rules_of(planned(Options(accept="2xx")))
    assert "ADA401" in rules_of(planned(Options(accept="200")))
    with pytest.raises(UsageError, match="'3xx' is no status to accept"):
        planned(Options(accept="3xx"))


@pytest.mark.parametrize(
    ("options", "unsigned"),
    [
        (Options(accept="2xx", selection=Selection(select="ADA401")), False),
        (Options(selection=Selection(select="ADA3xx")), True),
    ],
)
def test_nothing_left_after_all(options, unsigned):
    """What an option leaves out of a selection until nothing is left is said."""
    with pytest.raises(UsageError) as caught:
        planned(options, unsigned=unsigned)
    assert caught.value.next_step == (
        "--secret none leaves out ADA3xx, --accept 2xx leaves out ADA401; select others too."
    )


# --- what a case is ---


@pytest.mark.parametrize(
    ("case_id", "is_body"),
    [
        (f"{MESSAGE}/example:complete", True),
        ("any/body:no-object:null", True),
        (f"{MESSAGE}/hostile:empty-object", True),
        ("any/body-unsigned:no-object:null", False),
        (f"{MESSAGE}/signature:unsigned", False),
        (f"{MESSAGE}/signature:forged-first", False),
        (f"{MESSAGE}/delivery:duplicate", False),
    ],
)
def test_what_a_case_is_about(case_id, is_body):
    """A case about the body alone is repeated by sending that once; others need the check itself."""
    assert (case_named(case_id).payload is not None) is is_body


@pytest.mark.parametrize(
    ("case_id", "programs"),
    [
        (f"{MESSAGE}/example:complete", ["check", "send", "generate"]),
        ("any/body:no-object:null", ["check", "send", "generate"]),
        (f"{MESSAGE}/signature:unsigned", ["check"]),
        (f"{MESSAGE}/delivery:duplicate", ["check"]),
        (f"{CREATED}/{authentic(ada_profile())[0].name}", ["check"]),
    ],
)
def test_how_a_case_is_repeated(case_id, programs):
    """Over HTTP a body can also be sent by itself; in process only the check repeats a case."""
    case = case_named(case_id)
    lines = Reproduction("http://h/", None, 5).lines(case)
    assert [line.split()[1] for line in lines] == programs
    assert len(Reproduction("app:app", "/hook", 5).lines(case)) == 1


def test_a_line_for_the_shell():
    """What the shell would take apart is quoted, and a path stands in place of the URL's."""
    lines = Reproduction("http://h/x?a=1", "y?b=2", 5).lines(case_named(f"{MESSAGE}/status:200"))
    assert lines[0].startswith("adakit check 'http://h/x?a=1' --path 'y?b=2' --case ")
    assert lines[1].endswith(" --to 'http://h/y?b=2'")
    assert " && curl -i 'http://h/y?b=2' -H " in lines[2]


@pytest.mark.parametrize(
    ("case_id", "handling"),
    [
        (f"{MESSAGE}/example:complete", "must"),
        (f"{MESSAGE}/signature:unsigned", "never"),
        ("any/forward:new-event:v1.conversation.reopened", "may"),
        (f"{MESSAGE}/absent:data.conversation_id", "may"),
        ("any/body:no-object:null", "may"),
        (f"{MESSAGE}/length:data.content:text.body:0-characters", "may"),
        (f"{MESSAGE}/blank:data.content:text.body:space", "may"),
        (f"{MESSAGE}/blank:data.content:link.link_text:space", "must"),
        (f"{MESSAGE}/blank:data.author.display_name:space", "must"),
    ],
)
def test_what_the_witness_is_asked(case_id, handling):
    """Documented events must be handled, forgeries never; what is not documented, or says nothing, may be."""
    assert case_named(case_id).expect.handled == handling


def test_behaviours_of_events_that_are_not_wanted():
    """A behaviour that also delivers another event type is left out where that type is not chosen."""
    both = {case.id for case in chosen(events=["end_user.*"])}
    updated = {case.id for case in chosen(events=["end_user.updated"])}
    lost = {case for case in both - updated if case.startswith("end_user.updated/")}
    assert lost == {
        "end_user.updated/delivery:before-created",
        "end_user.updated/delivery:mixed-times",
        "end_user.updated/delivery:whole-profile",
    }


@pytest.mark.parametrize("event", event_names())
@pytest.mark.parametrize("name", ["raw:escaped-unicode", "raw:spaced"])
def test_raw_forms_have_something_to_escape(event, name):
    """The event that is sent with its characters escaped, or not, has some outside of ASCII."""
    (body,) = asyncio.run(bodies_of(case_named(f"{event}/{name}"), seed=1))
    assert "Zoë – 謝謝 😀" in json.dumps(json.loads(body), ensure_ascii=False)


BEHAVIOURS = [case for case in all_cases() if case.payload is None and "target" in case.needs]


@pytest.mark.parametrize("case", BEHAVIOURS, ids=lambda case: case.id)
def test_behaviours_name_what_they_deliver(case):
    """A behaviour delivers its own event type and those that it names, no other and none less."""
    target = FakeTarget()
    carried_out(case, target)
    bodies = [sent for sent in target.sent if sent.body.endswith(b"}")]  # one is cut off on purpose
    assert {sent.event for sent in bodies} == {case.event, *case.others}
