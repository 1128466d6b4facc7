"""ADA403 to ADA408, and ADA302's forgery that comes first: behaviours of delivery, as Ada delivers.

Sources: /reference/webhooks/overview; docs.svix.com/retries.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_contract_tests.trial import Attempt, Stage, asks_for_redelivery
from ada_mockserver.payloads import encode
from ada_mockserver.signing import generate_secret, signature_headers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ada_contract_tests.targets.base import Answer
    from ada_mockserver.message import Headers

__all__ = ["BURST", "Behaviour", "behaviours_of"]

Payload = dict[str, Any]

BURST = 50
"""Deliveries at once."""

TOGETHER = 8
"""Deliveries at a time where their order does not matter and their number does."""

CONVERSATIONS = 12
MESSAGES_EACH = 4
LONG = 110
"""Messages of the long conversation."""

SIZES = {"64-kb": 64, "100-kb": 100, "256-kb": 256}
LARGE_SIZES = {"1-mb": 1024, "5-mb": 5 * 1024}
"""Sizes in KiB of the whole event; of the large ones Ada documents nothing."""


LETTER = "拝啓、先日はご返信ありがとうございました。領収書と写真を添付いたします。😀 敬具 – Zoë\n"
"""A line of a long e-mail. Most of its characters have several bytes, so that some lie across two reads."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A behaviour of delivery: ``run`` makes its deliveries on a stage; ``lenient`` findings are warnings.

    ``over_http`` is true where it needs a connection, which an application in process has none of.
    ``finish`` makes further deliveries at the end of a run, or at once where there is no run.
    """

    name: str
    rule: str
    summary: str
    run: Callable[[Stage], Awaitable[None]]
    lenient: bool = False
    over_http: bool = False
    finish: Callable[[Stage], Awaitable[None]] | None = None


async def _once(stage: Stage) -> None:
    await stage.send(stage.event(stage.case.event), label="first")


async def _once_more(stage: Stage) -> None:
    event, message_id = stage.event(stage.case.event), stage.attempts[0].message_id
    await stage.send(event, message_id=message_id, label="again at the end of the run")


async def _again(stage: Stage) -> None:
    event, message_id, stamp = stage.event(stage.case.event), stage.courier.new_id(), stage.courier.now()
    await stage.send(event, message_id=message_id, timestamp=stamp, label="first")
    await stage.send(event, message_id=message_id, timestamp=stamp, label="the same again")


async def _with_new_timestamp(stage: Stage) -> None:
    event, message_id, stamp = stage.event(stage.case.event), stage.courier.new_id(), stage.courier.now()
    await stage.send(event, message_id=message_id, timestamp=stamp - 65, label="first")
    await stage.send(event, message_id=message_id, timestamp=stamp, label="again with a new timestamp")


async def _concurrent(stage: Stage) -> None:
    event, message_id, stamp = stage.event(stage.case.event), stage.courier.new_id(), stage.courier.now()
    twins = await asyncio.gather(
        *(
            stage.send(event, message_id=message_id, timestamp=stamp, label=label, again=False)
            for label in ("one of two at once", "the other of two at once")
        )
    )
    await _redelivered(stage, [(twin, event) for twin in twins])


async def _after_others(stage: Stage) -> None:
    event, message_id, stamp = stage.event(stage.case.event), stage.courier.new_id(), stage.courier.now()
    await stage.send(event, message_id=message_id, timestamp=stamp, label="first")
    for number in range(3):
        await stage.send(stage.event(stage.case.event, f"other {number}"), label="another event in between")
    await stage.send(event, message_id=message_id, timestamp=stamp, label="again after other events")


async def _redelivered(stage: Stage, attempts: Sequence[tuple[Attempt, Payload]]) -> None:
    """Deliver again, after one pause and one after the other, what the consumer asked to have again."""
    wanted = [(a, payload) for a, payload in attempts if asks_for_redelivery(a.answer)]
    for number, (attempt, payload) in enumerate(wanted):
        await stage.redeliver(attempt, payload, pause=number == 0)


async def _ended_first(stage: Stage) -> None:
    names = ("conversation.ended", "conversation.message", "conversation.created")
    end, said, begin = (stage.event(name) for name in names)
    ended = await stage.send(end, label="ended, before created", again=False)
    message = await stage.send(said, label="message, before created", again=False)
    await stage.send(begin, label="created, last", stale=True)
    await _redelivered(stage, [(message, said), (ended, end)])


async def _never_announced(stage: Stage) -> None:
    await stage.send(stage.event("conversation.message"), label="message of an unknown conversation")


async def _handoff_never_announced(stage: Stage) -> None:
    await stage.send(stage.event("conversation.handoff.ended"), label="handoff of an unknown conversation")


async def _updated_first(stage: Stage) -> None:
    created, updated = stage.event("end_user.created"), stage.event("end_user.updated")
    early = await stage.send(updated, label="updated, before created", again=False)
    await stage.send(created, label="created, last", stale=True)
    await _redelivered(stage, [(early, updated)])


async def _burst(stage: Stage) -> None:
    events = [stage.event(stage.case.event, f"{n}") for n in range(BURST)]
    attempts = await asyncio.gather(
        *(stage.send(event, label=f"one of {BURST} at once", again=False) for event in events)
    )
    await _redelivered(stage, list(zip(attempts, events, strict=True)))


def _sized(kib: int) -> Callable[[Stage], Awaitable[None]]:
    async def run(stage: Stage) -> None:
        await stage.send(_letter_of(stage, kib), label=f"an event of about {kib} KB")

    return run


def _letter_of(stage: Stage, kib: int) -> Payload:
    """A message of that size as a whole."""
    event = stage.event("conversation.message")
    missing = kib * 1024 - len(encode(event))
    size = len(LETTER.encode()) + LETTER.count("\n")
    event["data"]["content"]["body"] += "\n" + LETTER * (missing // size + 1)
    return event


async def _in_turns(stage: Stage, sends: Sequence[Callable[[], Awaitable[Attempt]]]) -> None:
    """Run deliveries ``TOGETHER`` at a time, in order, for as long as each gets an answer."""
    for start in range(0, len(sends), TOGETHER):
        if any(attempt.answer.error is not None for attempt in stage.attempts):
            return
        await asyncio.gather(*(send() for send in sends[start : start + TOGETHER]))


def _sending(stage: Stage, event: Payload, label: str) -> Callable[[], Awaitable[Attempt]]:
    async def send() -> Attempt:
        return await stage.send(event, label=label)

    return send


def _message_in(stage: Stage, conversation: Payload, key: str) -> Payload:
    message = stage.event("conversation.message", key)
    ids = {k: conversation["data"][k] for k in ("conversation_id", "end_user_id", "ai_agent_domain")}
    return {**message, "data": {**message["data"], **ids}}


async def _interleaved(stage: Stage) -> None:
    created = [stage.event("conversation.created", f"{n}") for n in range(CONVERSATIONS)]
    channel = created[0]["data"]["channel_id"]
    for event in created:
        event["data"]["channel_id"] = channel
    await _in_turns(stage, [_sending(stage, event, "one of many conversations") for event in created])
    messages = [
        _message_in(stage, event, f"{n}/{turn}")
        for turn in range(MESSAGES_EACH)
        for n, event in enumerate(created)
    ]
    await _in_turns(stage, [_sending(stage, m, "a message among many conversations") for m in messages])


async def _long(stage: Stage) -> None:
    created = stage.event("conversation.created")
    await stage.send(created, label="the beginning of a long conversation")
    messages = [_message_in(stage, created, f"{n}") for n in range(LONG)]
    await _in_turns(stage, [_sending(stage, m, f"one of {LONG} messages") for m in messages])


async def _forged_first(stage: Stage) -> None:
    """A forgery with the id of a true event must not make that event count as a duplicate."""
    courier = stage.courier
    event, message_id = stage.event(stage.case.event), courier.new_id()
    body = encode(event)
    forged = signature_headers(
        [generate_secret(courier.rng)], message_id=message_id, timestamp=courier.now(), body=body
    )
    answer = await courier.request(forged, body)
    stage.record(_unjudged(stage, answer, message_id=message_id, label="forged"))
    await stage.send(event, message_id=message_id, label="the true event, after a forgery with its id")


def _kept_alive(
    first: Callable[[Stage], tuple[Headers, bytes]], after: str
) -> Callable[[Stage], Awaitable[None]]:
    """An ordinary event over the connection of another request."""

    async def run(stage: Stage) -> None:
        courier, event, message_id = stage.courier, stage.event(stage.case.event), stage.courier.new_id()
        body = encode(event)
        true = courier.signed(body, message_id, courier.now()), body
        (before, _), (answer, reused) = await courier.requests_in_turn([first(stage), true])
        stage.record(_unjudged(stage, before, label=f"first: {after}"))
        where = "over the same connection" if reused else "over a new connection"
        label = f"an ordinary event after {after}, {where}"
        attempt = stage.record(Attempt(stage.case.id, stage.case.event, message_id, answer, label=label))
        await _redelivered(stage, [(attempt, event)])

    return run


def _unjudged(stage: Stage, answer: Answer, *, message_id: str | None = None, label: str) -> Attempt:
    """A request of which another rule judges the answer."""
    case = stage.case
    return Attempt(case.id, case.event, message_id, answer, authentic=False, final=False, label=label)


def _another_event(stage: Stage) -> tuple[Headers, bytes]:
    courier, body = stage.courier, encode(stage.event(stage.case.event, "first"))
    return courier.signed(body, courier.new_id(), courier.now()), body


def _large_forgery(stage: Stage) -> tuple[Headers, bytes]:
    return (), encode(_letter_of(stage, 64))


def _cut_off(stage: Stage) -> tuple[Headers, bytes]:
    courier, body = stage.courier, encode(stage.event(stage.case.event, "first"))[:-20]
    return courier.signed(body, courier.new_id(), courier.now()), body


EVERY_EVENT = (
    Behaviour("delivery:duplicate", "ADA403", "the same delivery comes again", _again),
    Behaviour(
        "delivery:duplicate-concurrent", "ADA403", "the same delivery comes twice at once", _concurrent
    ),
    Behaviour(
        "delivery:duplicate-later", "ADA403", "the same delivery comes again after others", _after_others
    ),
    Behaviour(
        "delivery:duplicate-new-timestamp",
        "ADA403",
        "the same event comes again with a new timestamp and signature",
        _with_new_timestamp,
    ),
    Behaviour(
        "delivery:duplicate-at-the-end",
        "ADA403",
        "the same event comes again when all others have come",
        _once,
        finish=_once_more,
    ),
)
FORGED_FIRST = Behaviour(
    "signature:forged-first",
    "ADA302",
    "a forgery with the same svix-id comes before the true event",
    _forged_first,
)
BY_EVENT: dict[str, tuple[Behaviour, ...]] = {
    "conversation.message": (
        Behaviour(
            "delivery:never-announced",
            "ADA404",
            "a message comes of a conversation that was never announced",
            _never_announced,
        ),
        Behaviour("delivery:burst", "ADA405", f"{BURST} deliveries come at once", _burst),
        *(
            Behaviour(f"body:{name}", "ADA406", f"the event has {kib} KB", _sized(kib), name in LARGE_SIZES)
            for name, kib in (SIZES | LARGE_SIZES).items()
        ),
        Behaviour(
            "delivery:interleaved",
            "ADA408",
            f"{CONVERSATIONS} conversations on one channel are interleaved",
            _interleaved,
        ),
        *(
            Behaviour(
                f"connection:after-{name}",
                "ADA409",
                f"an event comes over the connection of {after}",
                _kept_alive(first, after),
                over_http=True,
            )
            for name, after, first in (
                ("event", "another event", _another_event),
                ("forgery", "a large forgery", _large_forgery),
                ("malformed", "malformed JSON", _cut_off),
            )
        ),
        Behaviour("delivery:long-conversation", "ADA408", f"a conversation has {LONG} messages", _long),
    ),
    "conversation.ended": (
        Behaviour("delivery:before-created", "ADA404", "ended and message come before created", _ended_first),
    ),
    "conversation.handoff.ended": (
        Behaviour(
            "delivery:never-announced",
            "ADA404",
            "a handoff ends of a conversation that was never announced",
            _handoff_never_announced,
        ),
    ),
    "end_user.updated": (
        Behaviour("delivery:before-created", "ADA404", "updated comes before created", _updated_first),
    ),
}


def behaviours_of(event: str) -> tuple[Behaviour, ...]:
    """The behaviours that are tried with an event."""
    return (FORGED_FIRST, *EVERY_EVENT, *BY_EVENT.get(event, ()))
