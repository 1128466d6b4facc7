"""The witness: what the consumer says it did, held against what it answered."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections import Counter

import pytest

from ada_contract_tests.engine.run import COMING_UP, STARTING
from ada_contract_tests.engine.witness import BATCH, LONGEST_WAIT, QUIET, Seen, Witness, asking, entries_seen
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.suites.signatures import forgeries
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from ada_schemas.contract.contract import ada_profile
from ada_schemas.errors import TargetError
from support.fake_targets import answer, cases_of, run, silence
from support.witnessed_consumer import Consumer, once

MESSAGE, CREATED = "conversation.message", "conversation.created"
EXAMPLES = [case for event in (CREATED, MESSAGE) for case in cases_of(event, "example", rule="ADA101")]
ALL_CODES = frozenset({"ADA601", "ADA602", "ADA603"})


def checked(consumer, cases, *, codes=ALL_CODES):
    """(rule, case, severity, got) of every finding."""
    witness = Witness(consumer.ask, consumer.target.clock)
    report = run(consumer.target, [*EXAMPLES, *cases], witness=witness, codes=codes)
    return [(f.rule, f.case, f.severity, f.got) for f in report.findings]


def forged(name):
    forgery = next(f for f in forgeries(ada_profile()) if f.name == name)
    severity = "warning" if forgery.of_the_owner else "error"
    (case,) = cases_of(MESSAGE, name, rule="ADA301", forgery=forgery, severity=severity)
    return case


def late():
    return case_named(f"{MESSAGE}/delivery:duplicate-at-the-end")


def test_all_handled():
    """What is accepted and handled once is all right."""
    assert checked(Consumer(once), [*cases_of(MESSAGE, "a", "b"), late()]) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [(None, "nothing"), ("ignored", "ignored"), ("rejected", "rejected"), ("lost", "lost")],
)
def test_acknowledged_and_lost(told, words):
    """A documented event that was answered 200 and had no effect is an error."""
    consumer = Consumer(lambda sent, _: (200, told if sent.mark == "a" else "handled"))
    got = f"answered 200, and the witness says: {words}"
    assert checked(consumer, cases_of(MESSAGE, "a", "b", rule="ADA105")) == [
        ("ADA601", f"{MESSAGE}/a", "error", got)
    ]


@pytest.mark.parametrize(
    "options",
    [{"rule": "ADA202"}, {"rule": "ADA203"}, {"rule": "ADA505"}, {"answer": "either", "handled": "may"}],
)
def test_what_may_be_ignored(options):
    """Unknown values and types, hostile input and absent identity members may be acknowledged and ignored."""
    consumer = Consumer(lambda sent, _: (200, "ignored" if sent.mark == "a" else "handled"))
    assert checked(consumer, cases_of(MESSAGE, "a", **options)) == []


def test_refused_yet_handled():
    """An effect of what was answered 500 happens again with the retry."""
    consumer = Consumer(lambda sent, _: (500 if sent.mark == "a" else 200, "handled"))
    found = checked(consumer, cases_of(MESSAGE, "a"))
    assert found == [
        ("ADA102", f"{MESSAGE}/a", "error", "500"),
        ("ADA602", f"{MESSAGE}/a", "error", "handled, although answered 500"),
    ]


def test_handled_twice():
    """A repetition that has an effect again is an error."""
    consumer = Consumer(lambda _sent, _known: (200, "handled"))
    assert checked(consumer, [late()]) == [("ADA603", late().id, "error", "handled 2 times")]


@pytest.mark.parametrize("name", ["stale", "missing:svix-signature"])
def test_a_forgery_that_takes_effect(name):
    """A forged request that is refused and had an effect all the same is an error."""
    consumer = Consumer(lambda sent, _: (401 if sent.mark == name else 200, "handled"))
    assert checked(consumer, [forged(name)]) == [
        ("ADA602", f"{MESSAGE}/{name}", "error", "handled: a forged request took effect")
    ]


def test_a_forgery_without_id_that_takes_effect():
    """A forgery that left its svix-id out is known by the effects of requests without one."""
    consumer = Consumer(lambda sent, _: (401 if sent.mark == "unsigned" else 200, "handled"))
    consumer.entries = [{"svix_id": None, "type": "v1.conversation.message", "status": "handled"}] * 2
    assert checked(consumer, [forged("unsigned")]) == [
        ("ADA602", f"{MESSAGE}/unsigned", "error", "1 request without svix-id was handled")
    ]


@pytest.mark.parametrize("name", ["future", "malformed:timestamp"])
def test_what_the_owner_signed_takes_effect(name):
    """What only the owner of the secret could have sent is a warning, when it is refused and handled."""
    consumer = Consumer(lambda sent, _: (401 if sent.mark == name else 200, "handled"))
    assert checked(consumer, [forged(name)]) == [
        ("ADA602", f"{MESSAGE}/{name}", "warning", "handled: a forged request took effect")
    ]


def test_hostile_input_that_takes_effect():
    """A correctly signed body that is no event, refused and handled all the same, is a warning."""
    consumer = Consumer(lambda sent, _: (400 if sent.mark == "a" else 200, "handled"))
    assert checked(consumer, cases_of(MESSAGE, "a", rule="ADA505")) == [
        ("ADA602", f"{MESSAGE}/a", "warning", "handled, although answered 400")
    ]


@pytest.mark.parametrize(("handled", "severities"), [(1, ["warning", "warning"]), (2, ["warning", "error"])])
def test_an_empty_id_that_is_signed(handled, severities):
    """A signed empty id that is accepted speaks for one request without svix-id, and not for a stranger's."""

    def doing(sent, _known):
        if sent.headers.get("svix-id"):
            return 200, "handled"
        if sent.mark == "malformed:id" or handled == 2:
            entry = {"svix_id": None, "type": "v1.conversation.message", "status": "handled"}
            consumer.entries.append(entry)
        return (200 if sent.mark == "malformed:id" else 401), None

    consumer = Consumer(doing)
    found = checked(consumer, [forged("malformed:id"), forged("unsigned")])
    assert [severity for _, _, severity, _ in found] == severities


def test_effects_of_earlier_requests_without_id():
    """What was handled before the run is not held against it."""
    consumer = Consumer(lambda sent, _: (401, "rejected") if sent.mark == "unsigned" else (200, "handled"))
    consumer.entries = [{"svix_id": None, "type": "v1.conversation.message", "status": "handled"}] * 2
    assert checked(consumer, [forged("unsigned")]) == []


@pytest.mark.parametrize("size", range(2, 8))
def test_a_consumer_that_works_in_batches(size):
    """Whatever is left of a batch at the end is an event that was acknowledged and never handled."""
    batch = []

    def doing(sent, _known):
        batch.append({"svix_id": sent.headers["svix-id"], "type": sent.json["type"], "status": "handled"})
        if len(batch) == size:
            consumer.entries += batch
            batch.clear()
        return 200, None

    consumer = Consumer(doing)
    found = checked(consumer, cases_of(MESSAGE, "a", "b", "c"))
    assert {(rule, severity) for rule, _, severity, _ in found} == {("ADA601", "error")}


@pytest.mark.parametrize("size", range(2, 6))
def test_a_batch_that_began_with_what_may_be_ignored(size):
    """An event that completes a batch of what may be ignored is followed by one that does not."""
    batch = []

    def doing(sent, _known):
        batch.append({"svix_id": sent.headers["svix-id"], "type": sent.json["type"], "status": "handled"})
        if len(batch) == size or sent.mark == "last":
            consumer.entries += batch
            batch.clear()
        return 200, None

    consumer = Consumer(doing)
    waiting = [f"w{n}" for n in range(size - 1)]
    cases = [*EXAMPLES, *cases_of(MESSAGE, "last"), *cases_of(MESSAGE, *waiting, rule="ADA202")]
    witness = Witness(consumer.ask, consumer.target.clock)
    report = run(consumer.target, cases, witness=witness, codes=ALL_CODES, jobs=1)
    assert [(f.rule, f.severity) for f in report.findings] == [("ADA601", "error")]


def test_rules_that_were_not_selected():
    """The witness speaks for the selected rules only."""
    consumer = Consumer(lambda _sent, _known: (200, "handled"))
    assert checked(consumer, [late()], codes=frozenset({"ADA601"})) == []


def test_no_wait_before_a_repetition():
    """The repetition at the end of a run comes when the rest is through: nothing is waited for."""
    consumer = Consumer(once)
    began = consumer.target.clock.monotonic()
    assert checked(consumer, [late()]) == []
    assert consumer.target.clock.monotonic() == began


# --- waiting for a consumer that works behind a queue ---


def settled(seen_at, wanted, **options):
    """How long is waited, in seconds, for a consumer whose entries appear at these times."""
    clock = ManualClock()

    async def ask(only):
        return entries_seen(
            {"svix_id": message_id, "type": "v1.x", "status": "handled"}
            for message_id, moment in seen_at.items()
            if clock.monotonic() >= moment
        )

    started = clock.monotonic()
    seen = asyncio.run(Witness(ask, clock).settled(wanted, **options))
    return sorted(k for k in seen.counts if k), round(clock.monotonic() - started, 1)


def shifted(times):
    now = ManualClock().monotonic()
    return {key: now + moment for key, moment in times.items()}


def test_nothing_to_wait_for():
    """Where everything has its entry at once, nothing is waited for."""
    assert settled(shifted({"a": 0, "b": 0}), ["a", "b"]) == (["a", "b"], 0.0)


def test_work_behind_a_queue():
    """Work that goes on is waited for, as long as something changes in time."""
    times = {f"{n:02}": 4.0 * n for n in range(10)}
    found, waited = settled(shifted(times), list(times))
    assert len(found) == 10
    assert 36.0 <= waited <= 37.0


def test_what_never_comes():
    """Waiting ends once nothing has changed for a while."""
    found, waited = settled(shifted({"a": 0}), ["a", "b"])
    assert found == ["a"]
    assert QUIET <= waited <= QUIET + 1


MANY = [f"{n:02}" for n in range(40)]


def test_a_batch_every_half_a_minute():
    """What handles a queue in batches is waited for, also where a request overtook another at the last one."""
    done = dict.fromkeys(MANY[:20], 0)
    found, waited = settled(shifted(done | {"22": 0} | dict.fromkeys(MANY[20:22] + MANY[23:], 29.5)), MANY)
    assert (found, waited) == (MANY, pytest.approx(29.5, abs=0.6))
    found, waited = settled(shifted(dict.fromkeys(MANY, 29.5)), MANY)
    assert (found, waited) == (MANY, pytest.approx(29.5, abs=0.6))


def test_batches_that_stop():
    """Where no further batch comes, waiting ends."""
    found, waited = settled(shifted(dict.fromkeys(MANY[:20], 0)), MANY)
    assert (found, waited) == (MANY[:20], pytest.approx(BATCH, abs=0.6))


@pytest.mark.parametrize("lost", [["07"], ["07", "08", "31"], MANY[1::2]])
def test_what_is_lost_among_others_is_no_batch(lost):
    """For an event without an entry, after which others have theirs, nobody waits for long."""
    there = [name for name in MANY if name not in lost]
    found, waited = settled(shifted(dict.fromkeys(there, 0)), MANY)
    assert (found, waited) == (there, pytest.approx(QUIET, abs=0.6))


def test_one_event_after_a_batch():
    """A consumer whose entries came late before is given the time of a batch for a single event too."""
    times, clock = shifted(dict.fromkeys(MANY, 3.0)), ManualClock()
    times["alone"] = times["00"] + 12.0

    async def ask(only):
        now = clock.monotonic()
        done = [{"svix_id": i, "type": "v1.x", "status": "handled"} for i, at in times.items() if now >= at]
        return entries_seen(done)

    async def twice():
        witness = Witness(ask, clock)
        await witness.settled(MANY)
        return await witness.settled(["alone"])

    assert asyncio.run(twice()).counts.keys() >= {"alone"}


def test_waiting_is_bounded():
    """However busy the consumer is, waiting ends."""
    times = {f"{n:04}": 1.0 * n for n in range(500)}
    _, waited = settled(shifted(times), [*times, "never"])
    assert LONGEST_WAIT <= waited <= LONGEST_WAIT + 1
    _, shorter = settled(shifted(times), [*times, "never"], longest=7.0)
    assert 7.0 <= shorter <= 8.0


# --- what the witness answers ---


def asked(found, only=("msg_1", None)):
    """What asking a target about some messages gives that answers so."""

    class Target:
        name = "http://consumer.example/hook"

        async def request(self, headers, body, *, timeout, method, path, keep):
            assert (headers, body, method, path) == ((), b"", "GET", "/_seen")
            return found

    return asyncio.run(asking(Target(), "/_seen")(only))


def test_entries_are_counted():
    """An entry counts for its svix-id and its status."""
    entries = [
        {"svix_id": "msg_1", "type": "v1.conversation.ended", "status": "handled"},
        {"svix_id": "msg_1", "type": "v1.conversation.ended", "status": "duplicate"},
        {"svix_id": None, "type": None, "status": "rejected"},
    ]
    seen = asked(answer(200, json.dumps(entries).encode()))
    assert asked(answer(200, json.dumps(entries).encode()), only=["msg_2"]) == Seen(
        {}, frozenset({"v1.conversation.ended"}), others=3
    )
    assert seen == Seen(
        {"msg_1": {"handled": 1, "duplicate": 1}, None: {"rejected": 1}}, frozenset({"v1.conversation.ended"})
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (answer(404), "it answers 404"),
        (answer(200, b"<html>"), "it does not answer a JSON list of {svix_id, type, status}"),
        (answer(200, b'{"seen": []}'), "it does not answer a JSON list of {svix_id, type, status}"),
        (answer(200, b'[{"id": 1}]'), "it does not answer a JSON list of {svix_id, type, status}"),
        (answer(200, b"{}"), "it does not answer a JSON list of {svix_id, type, status}"),
        (answer(200, b"[" * 100_000), "it does not answer a JSON list of {svix_id, type, status}"),
        (
            answer(200, b'[{"svix_id":' + b"[" * 100_000),
            "it does not answer a JSON list of {svix_id, type, status}",
        ),
        (
            answer(200, b'[{"svix_id": null, "status": 7}]'),
            "it does not answer a JSON list of {svix_id, type, status}",
        ),
        (
            answer(200, b'[{"svix_id": null, "status": "handled", "n": ' + b"9" * 5_000 + b"}]"),
            "it does not answer a JSON list of {svix_id, type, status}",
        ),
        (answer(200, b"7"), "it does not answer a JSON list of {svix_id, type, status}"),
        (
            Attempt(response=Response(200, (), b"[", 0.1, truncated=True)),
            "its answer is larger than can be read",
        ),
        (silence("refused", "127.0.0.1:9 refused the connection."), "127.0.0.1:9 refused the connection"),
    ],
)
def test_a_witness_that_cannot_be_used(found, reason):
    """Whatever is not the list that was agreed on is said in a sentence."""
    with pytest.raises(TargetError) as caught:
        asked(found)
    assert caught.value.what == f"The witness /_seen cannot be used: {reason}."
    assert caught.value.next_step == (
        "It should answer a JSON list with an object {svix_id, type, status} for each request."
    )


def starting(not_yet, ready):
    """The report about a service whose witness answers so until it is ready, or the error; the time; what was sent."""
    consumer = Consumer(once)
    clock = consumer.target.clock
    began = clock.monotonic()

    class Target:
        name = "http://consumer.example/seen"

        async def request(self, *_, **__):
            if clock.monotonic() < began + ready:
                return not_yet
            return answer(200, json.dumps(consumer.entries).encode())

    witness = Witness(asking(Target(), None), clock)
    try:
        outcome = run(consumer.target, EXAMPLES, witness=witness, codes=ALL_CODES)
    except TargetError as error:
        outcome = error
    return outcome, clock.monotonic() - began, len(consumer.target.sent)


REFUSED = silence("refused", "127.0.0.1:9 refused the connection.", "Does the server run?")


@pytest.mark.parametrize(("not_yet", "ready"), [(REFUSED, 1.4), (answer(503), 8.0)])
def test_a_witness_of_a_service_that_is_starting(not_yet, ready):
    """A witness is waited for as its service is: nothing is held against one that is not there yet."""
    report, took, _ = starting(not_yet, ready)
    assert (report.findings, report.ok) == ((), True)
    assert ready <= took < ready + 2


@pytest.mark.parametrize(
    ("not_yet", "reason", "step", "longest"),
    [
        (REFUSED, "127.0.0.1:9 refused the connection", "Does the server run?", COMING_UP),
        (
            answer(503),
            "it answers 503",
            "It should answer a JSON list with an object {svix_id, type, status} for each request.",
            STARTING,
        ),
    ],
)
def test_a_witness_that_never_starts(not_yet, reason, step, longest):
    """A witness that does not come up in time ends the check before anything is sent."""
    error, took, sent = starting(not_yet, 1_000)
    what = f"The witness http://consumer.example/seen cannot be used: {reason}."
    assert (error.what, error.next_step) == (what, step)
    assert (took, sent) == (pytest.approx(longest), 0)


def test_entries_of_some_messages():
    """Of the messages that are asked for entries are counted, of all others the type, and how many there are."""
    entries = [
        {"svix_id": name, "type": f"v1.{name}", "status": status}
        for name, status in (("a", "handled"), ("b", "handled"), ("a", "duplicate"), (None, "rejected"))
    ]
    seen = entries_seen(entries, only={"a"})
    assert seen == Seen({"a": Counter(handled=1, duplicate=1)}, frozenset({"v1.a", "v1.b"}), others=2)
    assert set(entries_seen(entries).counts) == {"a", "b", None}


def test_the_type_of_hostile_input():
    """A witness may tell the type of what it handled as it came, which need not be text."""
    body = json.dumps([{"svix_id": "a", "type": [1], "status": "handled"}]).encode()
    assert asked(answer(200, body), only={"a"}) == Seen({"a": Counter(handled=1)}, frozenset({"[1]"}))


def test_a_long_list_is_held_one_entry_at_a_time():
    """Of a list of many entries those of the run are kept, and the rest is never there as a whole."""
    body = (
        b"[" + b",".join(b'{"svix_id":"msg_%d","type":"x","status":"ok"}' % n for n in range(20_000)) + b"]"
    )
    tracemalloc.start()
    try:
        seen = asked(answer(200, body), only={"msg_7", "msg_19999"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == Seen({"msg_7": {"ok": 1}, "msg_19999": {"ok": 1}}, others=19_998)
    assert peak < len(body)  # all entries at once take ten times as much


def test_a_status_is_clipped():
    """What a witness says is shown and bounded, however it looks."""
    body = json.dumps([{"svix_id": "msg_1", "status": "\x1b]0;\u202e" + "x" * 200_000}]).encode()
    assert asked(answer(200, body)) == Seen(
        {"msg_1": {f"\\x1b]0;\\u202e{'x' * 65}… (200,005 characters)": 1}}
    )
