"""The consumers of corpus.deep are what they are said to be; that no enumerated case hits them is proven apart."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from corpus.deep import create_app
from corpus.deep.catalogue import KINDS, bug
from corpus.deep.consumers import BUGS, CORRECT
from corpus.deep.crm import Crm
from corpus.deep.driver import Driver, wrongs
from corpus.deep.events import ABSENT, ended, message, text, updated
from corpus.deep.prove import accused, undocumented, unfit


@pytest.mark.parametrize("consumer_id", BUGS)
def test_trigger_is_minimal(consumer_id: str) -> None:
    """A trigger is documented and shows its bug; without one part of it, it does not."""
    assert list(unfit(BUGS[consumer_id])) == []


@pytest.mark.parametrize("consumer_id", CORRECT)
def test_correct_consumer_stands(consumer_id: str) -> None:
    """A correct consumer handles every delivery of every trigger once."""
    assert list(accused(consumer_id)) == []


def test_numbers() -> None:
    """There is enough of every kind, in several frameworks, and much of it only the witness tells."""
    kinds = Counter(one.kind for one in BUGS.values())
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 7
    assert {one.framework for one in BUGS.values()} == {"starlette", "flask", "fastapi"}
    assert sum(one.witness_only for one in BUGS.values()) > len(BUGS) / 4
    assert len(CORRECT) >= 4


def test_unfit_trigger_is_told() -> None:
    """What is wrong with a trigger is said: that it shows nothing, or shows as much with less."""
    fit = BUGS["text-slash"]
    harmless = {**vars(fit), "steps": (message(text("ok")),), "near": ()}
    assert list(unfit(type(fit)(**harmless))) == ["the trigger shows nothing, not lost"]
    wordy = {**vars(fit), "steps": (message(), *fit.steps), "near": ()}
    assert list(unfit(type(fit)(**wordy))) == ["without delivery 1, the trigger still shows ['lost']"]


def test_undocumented_trigger_is_told() -> None:
    """A trigger that Ada would not send is named as one."""
    step = message({"data.content": {"type": "text"}})
    assert list(undocumented("the trigger", [step])) == [
        "the trigger, delivery 1: data.content.body: expected a value, got nothing"
    ]
    (tied,) = undocumented("the trigger", [message({"data.author.id": None})])
    assert tied.startswith(
        "the trigger, delivery 1: the payload: expected a coherent event (only-agents-have-no"
    )


def test_trigger_as_data() -> None:
    """A trigger is a list of deliveries with the members that differ, and what comes again."""
    assert BUGS["sequence-redelivered-after-the-end"].as_data()["deliveries"] == [
        {
            "event": "conversation.message",
            "conversation": "A",
            "end_user": "U",
            "number": 1,
            "differs": {},
            "absent": [],
        },
        {
            "event": "conversation.ended",
            "conversation": "A",
            "end_user": "U",
            "number": 1,
            "differs": {},
            "absent": [],
        },
        {"again": 1},
    ]
    (delivery,) = BUGS["interaction-caller-no-name"].as_data()["deliveries"]
    assert delivery["absent"] == ["data.author.display_name"]
    assert json.loads(json.dumps(delivery)) == delivery


def test_steps_share_what_they_name() -> None:
    """Steps are about the conversation and the end user that they name; others are about others."""
    one, other = message().payload()["data"], ended(conversation="B").payload()["data"]
    assert one["conversation_id"] != other["conversation_id"]
    assert one["end_user_id"] == other["end_user_id"] == updated().payload()["data"]["end_user_id"]
    assert "tags" not in updated({"tags": ABSENT}).payload()


def test_second_entry_is_refused() -> None:
    """Ids are stable: none is given twice."""
    with pytest.raises(ValueError, match=r"^text-slash: unknown kind or second consumer$"):
        bug("text-slash", happens="", trigger="", steps=(), shows="500")(Crm)


def test_forgery_is_refused() -> None:
    """A consumer in process checks signatures, and its witness says that nothing was handled."""
    with Driver("correct-desk", now=lambda: 0.0) as driver:
        assert driver.deliver(message().payload(), "msg_1") == 401
        assert driver.seen() == [{"svix_id": "msg_1", "type": None, "status": "rejected"}]


def test_application_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command names a consumer by an environment variable."""
    monkeypatch.setenv("CORPUS_DEEP", "correct-crm")
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", "whsec_c2VjcmV0")
    assert callable(create_app())
    assert wrongs("correct-crm", [message()]) == []
