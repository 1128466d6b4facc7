"""Rules of chaos: their text, and what they do to which attempt."""

from __future__ import annotations

from random import Random

import pytest

from ada_mockserver.delivery.chaos import CALM, KINDS, Chaos, ChaosRule, Draw, Plan, parse_rules
from ada_schemas.errors import UsageError


def plan(rules, *, seed=1, event_type="v1.conversation.message", ordinal=1, number=1, now=0.0, base=0):
    chaos = Chaos(parse_rules(rules), seed, base)
    return chaos.plan(event_type=event_type, ordinal=ordinal, endpoint=1, number=number, now=now)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("duplicate", "duplicate=1"),
        ("duplicate=3@10%", "duplicate=3@10%"),
        ("delay=2", "delay=2"),
        (" delay = uniform(0.5, 3) @ 30% ", "delay=uniform(0.5,3)@30%"),
        ("delay=lognormal(0.5,1)", "delay=lognormal(0.5,1)"),
        ("reorder", "reorder=2"),
        ("burst=10", "burst=10"),
        ("drop@#3@#5", "drop@#3@#5"),
        ("reset@v1.conversation.*@0.5%@every", "reset@conversation.*@0.5%@every"),
        (
            "bad-signature@conversation.ended@end_user.created",
            "bad-signature@conversation.ended@end_user.created",
        ),
        ("stale-timestamp", "stale-timestamp=600"),
        ("drop@5%,delay=uniform(1,2);reset@5%", "drop@5%,delay=uniform(1,2),reset@5%"),
        ("", ""),
    ],
)
def test_text(text, shown):
    """A rule is read from its text and shown as one that reads the same."""
    chaos = Chaos(parse_rules(text))
    assert chaos.text == shown
    assert parse_rules(chaos.text) == chaos.rules


@pytest.mark.parametrize(
    ("text", "problem", "next_step"),
    [
        (
            "duplicat",
            "'duplicat' is no rule of chaos.",
            f"Did you mean duplicate?\nWrite KIND[=VALUE][@WHEN]..., such as delay=2@30%; kinds: {', '.join(KINDS)}.",
        ),
        (
            "drop@",
            "'drop@' is no rule of chaos.",
            f"Write KIND[=VALUE][@WHEN]..., such as delay=2@30%; kinds: {', '.join(KINDS)}.",
        ),
        ("delay", "The rule of chaos 'delay' says not how long.", KINDS["delay"]),
        (
            "drop=1",
            "The rule of chaos 'drop=1' has a value, which drop takes none of.",
            "Write drop, or drop@10%.",
        ),
        (
            "delay=fast",
            "The rule of chaos 'delay=fast' has a value 'fast' that is no number of seconds above 0.",
            KINDS["delay"],
        ),
        (
            "delay=nan",
            "The rule of chaos 'delay=nan' has a value 'nan' that is no number of seconds above 0.",
            KINDS["delay"],
        ),
        (
            "duplicate=1.5",
            "The rule of chaos 'duplicate=1.5' has a count '1.5' that is not a whole number up to 20.",
            KINDS["duplicate"],
        ),
        (
            "delay=uniform(3,1)",
            "The rule of chaos 'delay=uniform(3,1)' has a range 'uniform(3,1)' that ends before it begins.",
            KINDS["delay"],
        ),
        (
            "delay=uniform(-1,1)",
            "The rule of chaos 'delay=uniform(-1,1)' has a value 'uniform(-1,1)' whose numbers cannot be used.",
            KINDS["delay"],
        ),
        (
            "drop@200%",
            "The rule of chaos 'drop@200%' has a probability '200%' that is not from 0% to 100%.",
            "Write it as @10%.",
        ),
        (
            "drop@#0",
            "The rule of chaos 'drop@#0' names an event '#0' by no number.",
            "Write the third event as @#3.",
        ),
        (
            "delay=1@every",
            "The rule of chaos 'delay=1@every' names every attempt, but only the first can be held.",
            "Write delay without @every.",
        ),
        (
            "drop@0.5",
            "The rule of chaos 'drop@0.5' has a condition '0.5' that is none.",
            "Write @10%, @#3 (the third event), @conversation.* (event types) or @every (retries, too).",
        ),
        (
            "drop@conversation.massage",
            (
                "The rule of chaos 'drop@conversation.massage' has a condition 'conversation.massage' that no event"
                " meets."
            ),
            "Did you mean conversation.message?",
        ),
        (
            "drop@v1.order.*",
            "The rule of chaos 'drop@v1.order.*' has a condition 'v1.order.*' that no event meets.",
            (
                "Events: conversation.created, conversation.message, conversation.ended,"
                " conversation.handoff.ended, end_user.created, end_user.updated, audit_log.emitted."
            ),
        ),
    ],
)
def test_errors(text, problem, next_step):
    """A rule that is wrong is named, with the reason and the next step."""
    with pytest.raises(UsageError) as error:
        parse_rules(text)
    assert (error.value.what, error.value.next_step) == (problem, next_step)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", Plan()),
        ("duplicate=2", Plan(("duplicate",), copies=2)),
        ("delay=1.5", Plan(("delay",), hold=1.5)),
        ("drop", Plan(("drop",), broken="drop")),
        ("reset", Plan(("reset",), broken="reset")),
        ("bad-signature", Plan(("bad-signature",), forged=True)),
        ("stale-timestamp", Plan(("stale-timestamp",), age=600)),
        ("delay=1,delay=2,drop", Plan(("delay", "delay", "drop"), hold=3, broken="drop")),
    ],
)
def test_plans(rules, expected):
    """Each kind does its own to an attempt, and several add up."""
    assert plan(rules) == expected


def test_first_attempt():
    """A rule meets the first attempt alone unless it says every."""
    assert plan("drop", number=2) == Plan()
    assert plan("drop@every", number=2).broken == "drop"


def test_event_types():
    """A glob picks event types, with or without ``v1.``."""
    assert plan("drop@conversation.*").broken == "drop"
    assert plan("drop@v1.conversation.message").broken == "drop"
    assert plan("drop@end_user.*") == Plan()
    assert plan("drop@end_user.*@conversation.message").broken == "drop"


def test_ordinals():
    """A number picks an event, counted from the one after the rule was put in force."""
    assert [bool(plan("drop@#2", ordinal=n).broken) for n in (1, 2, 3)] == [False, True, False]
    assert [bool(plan("drop@#2", ordinal=n, base=7).broken) for n in (8, 9, 10)] == [False, True, False]


def test_probability():
    """A percentage meets that share of the events, drawn from the seed and the event alone."""
    met = [bool(plan("drop@30%", ordinal=n).broken) for n in range(1, 2001)]
    assert 540 < sum(met) < 660
    assert met == [bool(plan("drop@30%", ordinal=n).broken) for n in range(1, 2001)]
    assert met == [bool(plan("drop@30%", ordinal=n + 9, base=9).broken) for n in range(1, 2001)]
    assert met != [bool(plan("drop@30%", ordinal=n, seed=2).broken) for n in range(1, 2001)]
    assert not any(plan("drop@0%", ordinal=n).broken for n in range(1, 100))


def test_rules_are_independent():
    """What one rule draws has no influence on another."""
    alone = [plan("delay=uniform(0,1)", ordinal=n).hold for n in range(1, 50)]
    assert alone == [plan("delay=uniform(0,1),drop@50%", ordinal=n).hold for n in range(1, 50)]


def test_distributions():
    """A delay is fixed, uniform between two bounds, or lognormal about its median."""
    rng = Random(3)
    uniform = [Draw("uniform", 1, 3).draw(rng) for _ in range(4000)]
    assert min(uniform) >= 1
    assert max(uniform) <= 3
    assert 1.95 < sum(uniform) / 4000 < 2.05
    lognormal = sorted(Draw("lognormal", 0.5, 1).draw(rng) for _ in range(4001))
    assert 0.45 < lognormal[2000] < 0.55
    assert 0.16 < lognormal[635] / lognormal[2000] * 0.5 < 0.21  # one sigma below: median / e
    assert Draw("lognormal", 86_400, 9).draw(Random(1)) <= 86_400


def test_reorder():
    """Reordering holds each event for a time of its own, up to the window."""
    holds = [plan("reorder=2", ordinal=n).hold for n in range(1, 200)]
    assert 0 <= min(holds) < 0.1
    assert 1.9 < max(holds) <= 2
    assert holds != sorted(holds)


def test_burst():
    """A burst sends at once what came within its span, whenever that was, a delay included."""
    assert [1000 + n + plan("burst=5", now=1000.0 + n).hold for n in (0.5, 2, 4.9)] == [1005, 1005, 1005]
    assert 1001 + plan("delay=6,burst=5", now=1001.0).hold == 1010


def test_calm():
    """Without rules nothing happens."""
    assert Chaos() == CALM
    assert CALM.plan(event_type="v1.x", ordinal=1, endpoint=1, number=1) == Plan()
    assert ChaosRule("drop").meets("v1.x", 1, 1)
