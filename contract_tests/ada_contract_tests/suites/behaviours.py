"""ADA403 to ADA410, and ADA302's forgery that comes first: behaviours of delivery, as Ada delivers.

Sources: /reference/webhooks/overview; docs.svix.com/retries.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_contract_tests.suites.body_sizes import LARGE_SIZES, SIZES, sized
from ada_contract_tests.suites.connections import FIRST_REQUESTS, over_the_connection_of
from ada_contract_tests.suites.conversations import (
    CONVERSATIONS,
    LONG,
    interleaved,
    long_conversation,
    messages_of_mixed_times,
    same_address,
    second_handoff,
    story,
    updates_of_mixed_times,
)
from ada_mockserver.delivery.signing import generate_secret, signature_headers
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ada_contract_tests.engine.case_run import Stage
    from ada_contract_tests.targets.base import Answer

__all__ = ["BURST", "Behaviour", "behaviours_of"]

Payload = dict[str, Any]

BURST = 50
"""Deliveries at once."""

WITHIN_A_CONVERSATION = (
    "end_user.created",
    "conversation.created",
    "conversation.message",
    "conversation.ended",
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A behaviour of delivery: ``run`` makes its deliveries on a stage; ``lenient`` findings are warnings.

    ``over_http`` is true where it needs a connection, which an application in process has none of.
    ``finish`` makes further deliveries at the end of a run, or at once where there is no run. ``others`` are
    further event types that it delivers: it is left out for an endpoint that does not want them.
    """

    name: str
    rule: str
    summary: str
    run: Callable[[Stage], Awaitable[None]]
    lenient: bool = False
    over_http: bool = False
    finish: Callable[[Stage], Awaitable[None]] | None = None
    others: tuple[str, ...] = ()


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
    await stage.redeliver_wanted([(twin, event) for twin in twins])


async def _after_others(stage: Stage) -> None:
    event, message_id, stamp = stage.event(stage.case.event), stage.courier.new_id(), stage.courier.now()
    await stage.send(event, message_id=message_id, timestamp=stamp, label="first")
    for number in range(3):
        await stage.send(stage.event(stage.case.event, f"other {number}"), label="another event in between")
    await stage.send(event, message_id=message_id, timestamp=stamp, label="again after other events")


async def _ended_first(stage: Stage) -> None:
    names = ("conversation.ended", "conversation.message", "conversation.created")
    end, said, begin = (stage.event(name) for name in names)
    ended = await stage.send(end, label="ended, before created", again=False)
    message = await stage.send(said, label="message, before created", again=False)
    await stage.send(begin, label="created, last", stale=True)
    await stage.redeliver_wanted([(message, said), (ended, end)])


async def _never_announced(stage: Stage) -> None:
    await stage.send(stage.event("conversation.message"), label="message of an unknown conversation")


async def _handoff_never_announced(stage: Stage) -> None:
    await stage.send(stage.event("conversation.handoff.ended"), label="handoff of an unknown conversation")


async def _updated_first(stage: Stage) -> None:
    created, updated = stage.event("end_user.created"), stage.event("end_user.updated")
    early = await stage.send(updated, label="updated, before created", again=False)
    await stage.send(created, label="created, last", stale=True)
    await stage.redeliver_wanted([(early, updated)])


async def _burst(stage: Stage) -> None:
    events = [stage.event(stage.case.event, f"{n}") for n in range(BURST)]
    attempts = await asyncio.gather(
        *(stage.send(event, label=f"one of {BURST} at once", again=False) for event in events)
    )
    await stage.redeliver_wanted(list(zip(attempts, events, strict=True)))


async def _forged_first(stage: Stage) -> None:
    """A forgery with the id of a true event must not make that event count as a duplicate."""
    event, message_id = stage.event(stage.case.event), stage.courier.new_id()
    answer = await _forgery(stage, event, message_id)
    stage.record_unauthentic(answer, message_id=message_id, label="forged")
    await stage.send(event, message_id=message_id, label="the true event, after a forgery with its id")


async def _forged_after(stage: Stage) -> None:
    """A forgery with the id of an event that was verified is one all the same."""
    sent = await stage.send(stage.event(stage.case.event), label="the true event")
    answer = await _forgery(stage, stage.event(stage.case.event, "forged"), sent.message_id or "")
    stage.record_unauthentic(
        answer, message_id=sent.message_id, label="the forgery, after the true event", judged=True
    )


async def _forgery(stage: Stage, event: Payload, message_id: str) -> Answer:
    courier, body = stage.courier, encode(event)
    forged = signature_headers(
        [generate_secret(courier.rng)], message_id=message_id, timestamp=courier.now(), body=body
    )
    return await courier.request(forged, body)


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
    Behaviour("delivery:burst", "ADA405", f"{BURST} deliveries come at once", _burst),
)
FORGED = (
    Behaviour(
        "signature:forged-first",
        "ADA302",
        "a forgery with the same svix-id comes before the true event",
        _forged_first,
    ),
    Behaviour(
        "signature:forged-after",
        "ADA302",
        "a forgery with the svix-id of a true event comes after it",
        _forged_after,
    ),
)
BY_EVENT: dict[str, tuple[Behaviour, ...]] = {
    "conversation.created": (
        Behaviour(
            "delivery:whole-chat",
            "ADA410",
            "a chat from its beginning to its end, and a link after it",
            story("conversation"),
            others=WITHIN_A_CONVERSATION,
        ),
        Behaviour(
            "delivery:whole-call", "ADA410", "a call as a whole", story("voice"), others=WITHIN_A_CONVERSATION
        ),
        Behaviour(
            "delivery:whole-e-mail",
            "ADA410",
            "an exchange of e-mails as a whole",
            story("email"),
            others=WITHIN_A_CONVERSATION,
        ),
    ),
    "conversation.message": (
        Behaviour(
            "delivery:never-announced",
            "ADA404",
            "a message comes of a conversation that was never announced",
            _never_announced,
        ),
        *(
            Behaviour(f"body:{name}", "ADA406", f"the event has {kib} KB", sized(kib), name in LARGE_SIZES)
            for name, kib in (SIZES | LARGE_SIZES).items()
        ),
        Behaviour(
            "delivery:interleaved",
            "ADA408",
            f"{CONVERSATIONS} conversations on one channel are interleaved",
            interleaved,
            others=("conversation.created",),
        ),
        Behaviour(
            "delivery:long-conversation",
            "ADA408",
            f"a conversation has {LONG} messages",
            long_conversation,
            others=("conversation.created",),
        ),
        Behaviour(
            "delivery:mixed-times",
            "ADA108",
            "the messages of a conversation have their times in several forms",
            messages_of_mixed_times,
            others=("conversation.created",),
        ),
        *(
            Behaviour(
                f"connection:after-{name}",
                "ADA409",
                f"an event comes over the connection of {after}",
                over_the_connection_of(first, after),
                over_http=True,
            )
            for name, after, first in FIRST_REQUESTS
        ),
    ),
    "conversation.ended": (
        Behaviour(
            "delivery:before-created",
            "ADA404",
            "ended and message come before created",
            _ended_first,
            others=("conversation.message", "conversation.created"),
        ),
    ),
    "conversation.handoff.ended": (
        Behaviour(
            "delivery:never-announced",
            "ADA404",
            "a handoff ends of a conversation that was never announced",
            _handoff_never_announced,
        ),
        Behaviour(
            "delivery:whole-handoff",
            "ADA410",
            "a chat that is handed to a human agent and back",
            story("handoff"),
            others=WITHIN_A_CONVERSATION,
        ),
        Behaviour(
            "delivery:second-handoff",
            "ADA410",
            "a conversation is handed off twice",
            second_handoff,
            others=("conversation.message",),
        ),
    ),
    "end_user.created": (
        Behaviour(
            "delivery:same-address",
            "ADA408",
            "two end users have one e-mail address and one name",
            same_address,
        ),
    ),
    "end_user.updated": (
        Behaviour(
            "delivery:before-created",
            "ADA404",
            "updated comes before created",
            _updated_first,
            others=("end_user.created",),
        ),
        Behaviour(
            "delivery:mixed-times",
            "ADA108",
            "the updates of an end user have their times in several forms",
            updates_of_mixed_times,
            others=("end_user.created",),
        ),
        Behaviour(
            "delivery:whole-profile",
            "ADA410",
            "a profile is filled in, step by step",
            story("profile"),
            others=("end_user.created",),
        ),
    ),
    "audit_log.emitted": (
        Behaviour("delivery:whole-day", "ADA410", "a day of configuration changes", story("audit")),
    ),
}


def behaviours_of(event: str) -> tuple[Behaviour, ...]:
    """The behaviours that are tried with an event."""
    return (*FORGED, *EVERY_EVENT, *BY_EVENT.get(event, ()))
