"""ADA403, ADA405, and ADA302 about ids that are known: how one event is delivered, whichever it is.

Sources: /reference/webhooks/overview; docs.svix.com/retries.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ada_contract_tests.pacing import asks_for_redelivery
from ada_contract_tests.rules import expecting
from ada_contract_tests.suites.signatures import Forgery
from ada_contract_tests.suites.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ada_contract_tests.case import CaseRun
    from ada_contract_tests.exchange import Delivery

__all__ = ["cases"]

BURST = 50
"""Deliveries at once."""

TOGETHER = 6
"""Deliveries in the same moment: the shortest usual queue of connections has room for them."""

EARLIER = 65
"""Seconds before a delivery at which the same one was signed once, unless a profile refuses that age."""

ROUNDS = 4
SLOW = 0.5
"""Seconds for an answer after which no further round comes."""

BY_A_STRANGER = Forgery("", "", "", other_secret=True)
TRUE_EVENT = expecting("ADA302", answer="accepted", handled="must")

cases = Suite("ADA403")


@cases.delivered(
    "signature:forged-first",
    "a forgery with the same id comes before the true event",
    rule="ADA302",
    expect=TRUE_EVENT,
)
async def _forged_first(run: CaseRun) -> None:
    """A forgery with the id of a true event must not make that event count as a duplicate."""
    event, message_id = run.event(), run.sender.new_id()
    await run.forge(event, seal=BY_A_STRANGER, message_id=message_id, label="forged")
    await run.send(event, message_id=message_id, label="the true event, after a forgery with its id")


@cases.delivered(
    "signature:forged-after",
    "a forgery with the id of a true event comes after it",
    rule="ADA302",
    expect=TRUE_EVENT,
)
async def _forged_after(run: CaseRun) -> None:
    """A forgery with the id of an event that was verified is one all the same."""
    sent = await run.send(run.event(), label="the true event")
    await run.forge(
        run.event(key="forged"),
        seal=BY_A_STRANGER,
        message_id=sent.message_id or "",
        label="the forgery, after the true event",
        judged=True,
    )


@cases.delivered("delivery:duplicate", "the same delivery comes again", deliveries=2)
async def _again(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    await run.send(event, message_id=message_id, timestamp=stamp, label="first")
    await run.send(event, message_id=message_id, timestamp=stamp, label="the same again")


@cases.delivered("delivery:duplicate-concurrent", "the same delivery comes twice at once", deliveries=2)
async def _concurrent(run: CaseRun) -> None:
    stamp = run.sender.now()

    async def twins(number: int) -> list[Delivery]:
        event, message_id = run.event(key=f"{number or ''}"), run.sender.new_id()
        return await run.together([(event, message_id)] * 2, timestamp=stamp, label="one of two at once")

    await _in_rounds(twins)


@cases.delivered("delivery:duplicate-later", "the same delivery comes again after others", deliveries=5)
async def _after_others(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    await run.send(event, message_id=message_id, timestamp=stamp, label="first")
    for number in range(3):
        await run.send(run.event(key=f"other {number}"), label="another event in between")
    await run.send(event, message_id=message_id, timestamp=stamp, label="again after other events")


@cases.delivered(
    "delivery:duplicate-new-timestamp",
    "the same event comes again with a new timestamp and signature",
    deliveries=2,
)
async def _with_new_timestamp(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    tolerance = run.events.contract.profile.tolerance or 2 * EARLIER
    earlier = min(EARLIER, int(tolerance / 2))
    await run.send(event, message_id=message_id, timestamp=stamp - earlier, label="first")
    await run.send(event, message_id=message_id, timestamp=stamp, label="again with a new timestamp")


@cases.delivered(
    "delivery:duplicate-at-the-end",
    "the same event comes again when all others have come",
    deliveries=2,
    at_the_end=True,
)
async def _at_the_end(run: CaseRun) -> None:
    first = await run.send(run.event(), label="first")

    async def once_more(run: CaseRun) -> None:
        await run.send(run.event(), message_id=first.message_id, label="again at the end of the run")

    run.at_end = once_more


@cases.delivered(
    "delivery:burst", f"{BURST} deliveries come at once", rule="ADA405", deliveries=BURST, at_a_time=BURST
)
async def _burst(run: CaseRun) -> None:
    """As many at once as can be answered in time, where each answer takes long."""
    burst = run.sender.at_once(BURST)
    events = [run.event(key=f"{n}") for n in range(burst)]
    sent = await asyncio.gather(
        *(run.send(event, label=f"one of {burst} at once", again=False) for event in events)
    )
    await run.redeliver_wanted(list(zip(sent, events, strict=True)))


@cases.delivered(
    "delivery:together",
    f"{TOGETHER} deliveries arrive in the same moment",
    rule="ADA405",
    deliveries=TOGETHER,
)
async def _together(run: CaseRun) -> None:
    """Deliveries of distinct conversations that wait on open connections, and are released at once."""

    async def round_of(number: int) -> list[Delivery]:
        events = [(run.event(key=f"{number}/{n}"), run.sender.new_id()) for n in range(TOGETHER)]
        return await run.together(events, label=f"one of {TOGETHER} in the same moment")

    await _in_rounds(round_of)


async def _in_rounds(deliver: Callable[[int], Awaitable[list[Delivery]]]) -> None:
    """Deliver several times over, since not every round meets in the consumer; a slow one is spared.

    So is one that asks to have a delivery again: it knows what comes at once.
    """
    for number in range(ROUNDS):
        attempts = [delivery.attempt for delivery in await deliver(number)]
        if any(a.error is not None or a.elapsed > SLOW or asks_for_redelivery(a) for a in attempts):
            return
