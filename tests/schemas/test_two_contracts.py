"""Two contracts in one process at once: each is an argument, and neither sees the other."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import ada_schemas
from ada_contract_tests import Options, Selection, all_cases, check
from ada_mockserver.events.edits import coherent, set_member
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.scenarios import scenario
from ada_schemas import Contract, UsageError, read_contract
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, shipped
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.variation.enumeration import variations
from support.drift.edits import EDITS

NEW = "conversation.reopened"
GONE = "end_user.updated"
NARROWER = "conversation.handoff.ended"
CHANGES = ("a new event", "a new required member", "a new branch of a union")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A contract with an event, a member and a branch more than ours, and an event less."""
    document = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    for name in CHANGES:
        next(edit for edit in EDITS if edit.id == name).make(document)
    del document["webhooks"]["end-user-updated-webhook"]
    file = tmp_path_factory.mktemp("contract") / "other.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return read_contract(str(file))


def test_schemas_side_by_side(other: Contract) -> None:
    """Names and schemas are those of the contract that is given, before and after the other was asked."""
    for _ in range(2):
        assert NEW in ada_schemas.event_names(contract=other)
        assert NEW not in ada_schemas.event_names()
        theirs, ours = ada_schemas.load(NARROWER, contract=other), ada_schemas.load(NARROWER)
        assert "agent_count" in json.dumps(theirs)
        assert "agent_count" not in json.dumps(ours)
        with pytest.raises(UsageError, match=f"There is no event '{NEW}'"):
            ada_schemas.load(NEW)
        with pytest.raises(UsageError, match=f"There is no event '{GONE}'"):
            ada_schemas.load(GONE, contract=other)


def test_validation_side_by_side(other: Contract) -> None:
    """A payload is valid by the contract that has its members, and by no other, whatever was asked before."""
    ours, theirs = EventFactory(seed=1), EventFactory(seed=1, contract=other)
    for _ in range(2):
        assert ada_schemas.validate(theirs.event(NEW), closed=True, contract=other) == []
        assert [v.path for v in ada_schemas.validate(theirs.event(NEW), closed=True)] == ["type"]
        lacking = ada_schemas.validate(ours.event(NARROWER), closed=True, contract=other)
        assert [v.path for v in lacking] == ["data.agent_count"]
        extra = ada_schemas.validate(theirs.event(NARROWER), closed=True)
        assert [(v.path, v.expected) for v in extra] == [("data.agent_count", "no such member")]


def test_variants_side_by_side(other: Contract) -> None:
    """Variants are enumerated from the contract that is given, one after the other and at the same time."""
    message = EventFactory(seed=1).event("conversation.message")
    carousel = "conversation.message/union:data.content:carousel"

    def ids(contract: Contract) -> set[str]:
        found = {v.id for v in ada_schemas.variants("conversation.message", message, contract=contract)}
        assert found == {v.id for v in variations(contract, "conversation.message")}
        return found

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ids, [shipped(), other] * 4))
    assert [carousel in each for each in found] == [False, True] * 4
    assert {v.id for v in ada_schemas.variants("conversation.message", message)} == found[0]


def test_events_side_by_side(other: Contract) -> None:
    """A factory serves the events of its contract: built, fitted to it, or sampled where no builder is."""
    ours, theirs = EventFactory(seed=4), EventFactory(seed=4, contract=other)
    assert (ours.contract, theirs.contract) == (shipped(), other)
    before = ours.event(NARROWER, key="k")
    assert theirs.event(NARROWER, key="k")["data"] == {**before["data"], "agent_count": 7}
    assert theirs.event(NEW, key="k")["data"]["conversation_id"] == before["data"]["conversation_id"]
    assert ours.event(NARROWER, key="k") == before
    assert EventFactory(seed=4, contract=shipped()).event(NARROWER, key="k") == before
    for factory, name in ((ours, NEW), (theirs, GONE)):
        with pytest.raises(UsageError, match=f"There is no event '{name}'"):
            factory.event(name)


def test_a_story_of_another_contract(other: Contract) -> None:
    """A scenario tells its events as the contract that is given has them."""
    theirs = [s.payload for s in scenario("handoff", seed=3, contract=other).steps]
    ours = [s.payload for s in scenario("handoff", seed=3).steps]
    assert [p["type"] for p in theirs] == [p["type"] for p in ours]
    assert [v for p in theirs for v in ada_schemas.validate(p, closed=True, contract=other)] == []
    assert sum("agent_count" in p["data"] for p in theirs) == 1
    assert not any("agent_count" in p["data"] for p in ours)


def test_changes_keep_to_the_contract(other: Contract) -> None:
    """What is tied to a changed member follows by the contract that is given, and by no other."""
    message = EventFactory(seed=1).event("conversation.message")
    changed = set_member(message, "data.author.role", "human_agent")
    untied = replace(other, constraints=())
    for contract, tied in ((other, True), (untied, False), (shipped(), True)):
        made = coherent(changed, base=message, keep=("data.author.role",), contract=contract)
        assert (made["data"]["author"]["id"] is None) is tied


def test_checks_side_by_side(other: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check runs the cases of the contract that it is given, and counts those alone."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", "whsec_" + "c2VjcmV0" * 4)
    chosen = Selection(select="ADA101,ADA103")
    totals = []
    for contract in (None, other, None, other):
        options = Options(path="/webhooks/ada", selection=chosen, seed=1, contract=contract)
        report = check("adakit.demo.consumer:app", options)
        sent = {result.case.event for result in report.results} - {"any"}
        assert sent == set(ada_schemas.event_names(contract=contract))
        totals.append(report.total_cases)
    assert totals == [len(all_cases()), len(all_cases(other))] * 2
    assert totals[0] != totals[1]
