"""The mock with a contract of one's own: its events are what can be subscribed to and what is sent."""

from __future__ import annotations

import json

import pytest

from ada_mockserver import MockAda
from ada_schemas import validate
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, read_contract
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import AdakitError, UsageError
from support.drift.edits import EDITS

NEW, GONE = "v1.conversation.reopened", "v1.end_user.created"
URL = "http://127.0.0.1:9/"


@pytest.fixture(scope="module")
def contract(tmp_path_factory):
    """A contract with an event more than ours, one less, and a member more in the end of a handoff."""
    document = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    for name in ("a new event", "a new required member"):
        next(edit for edit in EDITS if edit.id == name).make(document)
    del document["webhooks"]["end-user-created-webhook"]
    file = tmp_path_factory.mktemp("contract") / "other.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return read_contract(str(file))


@pytest.fixture(scope="module")
def mock(contract):
    with MockAda(contract=contract) as running:
        yield running


def test_subscribing(mock):
    """Webhooks subscribe to the events of the contract, and to no other."""
    listed = [event["name"] for event in mock.call("GET", "/v2/webhooks/event-types/")["data"]]
    assert NEW in listed
    assert GONE not in listed
    mock.add_webhook(URL, events=[NEW])
    with pytest.raises(AdakitError, match=f"must be one of: .*{NEW}"):
        mock.add_webhook(URL, events=[GONE])
    with MockAda() as ours, pytest.raises(AdakitError, match="must be one of"):
        ours.add_webhook(URL, events=[NEW])


def test_events(mock, contract):
    """What happens is sent as the contract has it, and what it has no event for is not sent."""
    mock.clear()
    mock.play("handoff")
    sent = [event["payload"] for event in mock.events()]
    assert {"v1.conversation.created", "v1.conversation.handoff.ended"} < {each["type"] for each in sent}
    assert GONE not in {each["type"] for each in sent}
    assert [violation for each in sent for violation in validate(each, contract=contract)] == []


def test_sample(mock, contract):
    """An event that nothing causes is sent on request, to those who subscribed to it."""
    mock.clear()
    mock.add_webhook(URL, events=[NEW])
    payload = mock.emit("conversation.reopened")
    assert payload["type"] == NEW
    assert validate(payload, closed=True, contract=contract) == []
    assert [event["payload"] for event in mock.events(NEW)] == [payload]
    mock.settle()
    assert [attempt["event_type"] for attempt in mock.attempts()] == [NEW]
    with pytest.raises(AdakitError, match=r"\$\.events\[0\].*no event 'x\.y'"):
        mock.emit("x.y")


def test_chaos(mock):
    """Rules of chaos name the events of the contract."""
    mock.set_chaos(f"drop@{NEW}")
    assert mock.call("GET", "/_mock/chaos")["rules"] == ["drop@conversation.reopened"]
    mock.clear()
    with MockAda() as ours, pytest.raises(UsageError, match="no event meets"):
        ours.set_chaos(f"drop@{NEW}")
