"""The audit of the soak finds each kind of broken promise."""

from __future__ import annotations

from collections import Counter

import pytest

from soak.audit import Stored, audit
from soak.consumer import Receipt

KEY = ("v1.conversation.message", "m1")


def receipt(begun, outcome="ok", *, event="msg_1", key=KEY):
    return Receipt(event, key, begun, begun + 0.1, outcome)


def audited(*receipts, kills=(), answered=(KEY,), attempts=None, state="delivered", events=("msg_1",)):
    """The kinds of promise that were broken."""
    states = Counter(attempts or {"succeeded": 1, "failed": len(receipts) - 1})
    stored = Stored(set(events), {"msg_1": Counter({state: 1})}, {"msg_1": states})
    counts, wrong = audit(answered=set(answered), receipts=list(receipts), kills=list(kills), stored=stored)
    assert counts["requests received"] == len(receipts)
    return [kind for kind, cases in wrong.items() if cases]


def test_kept():
    """One delivery of what was answered and stored is as it should be."""
    assert audited(receipt(1)) == []


@pytest.mark.parametrize("outcome", ["failed", "dropped", "hung"])
def test_repeated_after_failure(outcome):
    """A repetition after a failure or no answer is as it should be."""
    assert audited(receipt(1, outcome), receipt(2)) == []


@pytest.mark.parametrize("outcome", ["ok", "vanished"])
def test_repeated_after_kill(outcome):
    """A repetition after an attempt that a kill left unfinished is as it should be, once for each."""
    interrupted = {"succeeded": 1, "interrupted": 1}
    assert audited(receipt(10, outcome), receipt(20), kills=[10.05], attempts=interrupted) == []
    without_reason = ["repetitions without a reason"]
    assert audited(receipt(10, outcome), receipt(20), kills=[30], attempts=interrupted) == without_reason
    assert audited(receipt(10, outcome), receipt(20), kills=[15]) == without_reason
    twice = (receipt(10, outcome), receipt(20), receipt(30))
    assert audited(*twice, kills=[15, 25], attempts={"succeeded": 2, "interrupted": 1})[-1:] == without_reason


def test_repeated_without_reason():
    """A repetition of what was answered 200 is found."""
    assert audited(receipt(1), receipt(2)) == ["repetitions without a reason"]


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({"answered": [KEY, ("v1.conversation.message", "m2")]}, ["events of answered calls that were lost"]),
        ({"events": ["msg_1", "msg_2"]}, ["stored events that were never delivered"]),
        ({"state": "failed"}, ["deliveries that did not end as delivered"]),
        ({"attempts": {"succeeded": 1, "in-flight": 1}}, ["attempts that are still in flight"]),
        ({"attempts": {"succeeded": 2}}, ["deliveries with more than one success"]),
        ({"attempts": {"succeeded": 0}}, ["requests that the outbox knows of no attempt for"]),
        ({"events": []}, ["events that were delivered but never stored"]),
    ],
)
def test_broken(options, kinds):
    """Each broken promise is found, and is the only one that is."""
    assert audited(receipt(1), **options) == kinds
