"""What tells the ignored from the handled: found in the payloads of both, in the words of the contract."""

from __future__ import annotations

from functools import cache

import pytest

from ada_contract_tests.engine.ignored_facts import telling_facts
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.paths import ABSENT, get
from ada_schemas.contract.vocabulary import vocabulary
from ada_schemas.variation.enumeration import variations

MESSAGE, ENDED, AUDIT, PERSON = (
    "conversation.message",
    "conversation.ended",
    "audit_log.emitted",
    "end_user.created",
)


@cache
def documented(event):
    """The payload of every documented variant of an event."""
    base = EventFactory(seed=1).event(event)
    return [v.apply(base) for v in variations(shipped(), event) if v.rule < "ADA2" and not v.refusable]


def told(event, acts):
    """The facts, as (path, words), of a consumer that acts on what ``acts`` says, and ignores the rest."""
    payloads = documented(event)
    ignored = [payload for payload in payloads if not acts(payload)]
    handled = [payload for payload in payloads if acts(payload)]
    facts = telling_facts(vocabulary(shipped(), event), ignored, handled)
    settled = frozenset().union(*(fact.settles for fact in facts))
    return [(fact.path, fact.words) for fact in facts], len(ignored) - len(settled)


def is_one_of(path, *values):
    return lambda payload: get(payload, path) in values


ROLE, CONTENT, CHANNEL = "data.author.role", "data.content.type", "data.channel.type"
AGENTS = is_one_of(ROLE, "ai_agent", "human_agent")
TEXT = is_one_of(CONTENT, "text")
NATIVE = is_one_of(CHANNEL, "native")


@pytest.mark.parametrize(
    ("event", "acts", "facts"),
    [
        (MESSAGE, AGENTS, [(ROLE, ("end_user",))]),
        (MESSAGE, is_one_of(ROLE, "human_agent"), [(ROLE, ("end_user", "ai_agent"))]),
        (MESSAGE, NATIVE, [(CHANNEL, ("custom",))]),
        (
            MESSAGE,
            is_one_of("data.channel.modality", "messaging"),
            [("data.channel.modality", ("email", "voice"))],
        ),
        (
            MESSAGE,
            is_one_of("data.channel.capabilities.markdown", True),
            [("data.channel.capabilities.markdown", ("false",))],
        ),
        (
            MESSAGE,
            lambda payload: AGENTS(payload) and TEXT(payload),
            [(ROLE, ("end_user",)), (CONTENT, ("link", "file"))],
        ),
        (
            MESSAGE,
            lambda payload: not is_one_of("data.author.avatar", None)(payload),
            [("data.author.avatar", ("null",))],
        ),
        (
            MESSAGE,
            lambda payload: not is_one_of("data.author.avatar", None, ABSENT)(payload),
            [("data.author.avatar", ("null",))],
        ),
        (
            MESSAGE,
            lambda payload: not is_one_of("data.author.avatar", ABSENT)(payload),
            [("data.author.avatar", ("absent",))],
        ),
        (
            MESSAGE,
            lambda payload: get(payload, "data.handoff_integration") in (None, ABSENT),
            [("data.handoff_integration", ("not-null",))],
        ),
        (
            ENDED,
            lambda payload: not is_one_of("data.ended_by.role", "system")(payload),
            [("data.ended_by.role", ("system",))],
        ),
        (
            ENDED,
            lambda payload: get(payload, "data.metadata") not in ({}, ABSENT),
            [("data.metadata", ("absent", "empty"))],
        ),
        (
            AUDIT,
            is_one_of("data.activity", "created", "deleted"),
            [("data.activity", ("updated", "executed", "invited", "activated", "deactivated"))],
        ),
        (
            PERSON,
            lambda payload: isinstance(get(payload, "data.profile.email"), str),
            [("data.profile.email", ("null",))],
        ),
    ],
)
def test_facts_that_explain_everything(event, acts, facts):
    """A consumer that acts on a part is explained by the members that it looks at, and nothing is left."""
    assert told(event, acts) == (facts, 0)


def test_what_no_single_member_tells():
    """Where two members together decide, none of them is blamed: some of what has it is handled."""
    facts, left = told(
        MESSAGE,
        lambda payload: not (is_one_of(ROLE, "end_user")(payload) and is_one_of(CONTENT, "file")(payload)),
    )
    assert {ROLE, CONTENT}.isdisjoint(path for path, _ in facts)
    assert left > 10


def test_a_fact_that_others_make_spare():
    """A fact that explained the most at first is dropped where the others explain all of it."""

    def payload(role="ai_agent", kind="text", modality="messaging", markdown=True):
        channel = {"modality": modality, "capabilities": {"markdown": markdown}}
        return {"data": {"author": {"role": role}, "content": {"type": kind}, "channel": channel}}

    ignored = [
        payload(modality="voice", role="end_user"),
        payload(modality="voice", kind="link"),
        payload(modality="voice", markdown=False),
        payload(role="end_user"),
        payload(kind="link"),
        payload(markdown=False),
    ]
    facts = telling_facts(vocabulary(shipped(), MESSAGE), ignored, [payload()])
    assert {(fact.path, *fact.words) for fact in facts} == {
        (ROLE, "end_user"),
        (CONTENT, "link"),
        ("data.channel.capabilities.markdown", "false"),
    }


def test_nothing_handled():
    """Without anything that was handled there is nothing to tell from."""
    words = vocabulary(shipped(), MESSAGE)
    assert telling_facts(words, documented(MESSAGE), []) == []


def test_one_message_that_got_lost():
    """A message like those that are handled is explained by nothing."""
    event = EventFactory(seed=1).event(MESSAGE)
    assert telling_facts(vocabulary(shipped(), MESSAGE), [event], [event, *documented(MESSAGE)]) == []


def test_the_phrase_of_a_fact():
    """A fact is said with all of its words."""
    words, payloads = vocabulary(shipped(), MESSAGE), documented(MESSAGE)
    ignored = [payload for payload in payloads if not TEXT(payload)]
    (fact,) = telling_facts(words, ignored, [payload for payload in payloads if TEXT(payload)])
    assert fact.phrase == "data.content.type link or file"
    assert len(fact.explains) == len(ignored)
