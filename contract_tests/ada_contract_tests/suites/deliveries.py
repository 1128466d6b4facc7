"""ADA403, ADA405, and ADA302 about ids that are known: how one event is delivered, whichever it is.

Sources: /reference/webhooks/overview; docs.svix.com/retries.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ada_contract_tests.case import case
from ada_contract_tests.rules import expecting
from ada_contract_tests.suites.signatures import Forgery
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.case import Case, CaseRun
    from ada_schemas.contract.contract import Contract

__all__ = ["BURST", "cases"]

BURST = 50
"""Deliveries at once."""

BY_A_STRANGER = Forgery("", "", "", other_secret=True)


async def _again(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    await run.send(event, message_id=message_id, timestamp=stamp, label="first")
    await run.send(event, message_id=message_id, timestamp=stamp, label="the same again")


async def _concurrent(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    twins = await asyncio.gather(
        *(
            run.send(event, message_id=message_id, timestamp=stamp, label=label, again=False)
            for label in ("one of two at once", "the other of two at once")
        )
    )
    await run.redeliver_wanted([(twin, event) for twin in twins])


async def _after_others(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    await run.send(event, message_id=message_id, timestamp=stamp, label="first")
    for number in range(3):
        await run.send(run.event(key=f"other {number}"), label="another event in between")
    await run.send(event, message_id=message_id, timestamp=stamp, label="again after other events")


async def _with_new_timestamp(run: CaseRun) -> None:
    event, message_id, stamp = run.event(), run.sender.new_id(), run.sender.now()
    await run.send(event, message_id=message_id, timestamp=stamp - 65, label="first")
    await run.send(event, message_id=message_id, timestamp=stamp, label="again with a new timestamp")


async def _at_the_end(run: CaseRun) -> None:
    first = await run.send(run.event(), label="first")

    async def once_more(run: CaseRun) -> None:
        await run.send(run.event(), message_id=first.message_id, label="again at the end of the run")

    run.at_end = once_more


async def _burst(run: CaseRun) -> None:
    events = [run.event(key=f"{n}") for n in range(BURST)]
    sent = await asyncio.gather(
        *(run.send(event, label=f"one of {BURST} at once", again=False) for event in events)
    )
    await run.redeliver_wanted(list(zip(sent, events, strict=True)))


async def _forged_first(run: CaseRun) -> None:
    """A forgery with the id of a true event must not make that event count as a duplicate."""
    event, message_id = run.event(), run.sender.new_id()
    await run.forge(event, seal=BY_A_STRANGER, message_id=message_id, label="forged")
    await run.send(event, message_id=message_id, label="the true event, after a forgery with its id")


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


FORGED = (
    ("forged-first", "a forgery with the same svix-id comes before the true event", _forged_first),
    ("forged-after", "a forgery with the svix-id of a true event comes after it", _forged_after),
)
DUPLICATES = (
    ("duplicate", "the same delivery comes again", _again),
    ("duplicate-concurrent", "the same delivery comes twice at once", _concurrent),
    ("duplicate-later", "the same delivery comes again after others", _after_others),
    (
        "duplicate-new-timestamp",
        "the same event comes again with a new timestamp and signature",
        _with_new_timestamp,
    ),
    ("duplicate-at-the-end", "the same event comes again when all others have come", _at_the_end),
)


def cases(contract: Contract, event: str) -> Iterator[Case]:  # noqa: ARG001 - every suite is asked alike
    """The deliveries that are tried with every event."""
    if event == ANY:
        return
    for name, summary, deliver in FORGED:
        yield case(
            f"{event}/signature:{name}",
            "ADA302",
            event,
            summary,
            deliver=deliver,
            needs=("target",),
            expect=expecting("ADA302", answer="accepted", handled="must"),
        )
    for name, summary, deliver in DUPLICATES:
        yield case(f"{event}/delivery:{name}", "ADA403", event, summary, deliver=deliver, needs=("target",))
    burst = f"{BURST} deliveries come at once"
    yield case(f"{event}/delivery:burst", "ADA405", event, burst, deliver=_burst, needs=("target",))
