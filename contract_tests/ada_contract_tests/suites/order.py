"""ADA404: events that come before those that Ada sends first, or without them.

Source: docs.svix.com/retries: a retry arrives after events that happened later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.case import case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.case import Case, CaseRun
    from ada_schemas.contract.contract import Contract

__all__ = ["cases"]


async def _ended_first(run: CaseRun) -> None:
    names = ("conversation.ended", "conversation.message", "conversation.created")
    end, said, begin = (run.event(name) for name in names)
    ended = await run.send(end, label="ended, before created", again=False)
    message = await run.send(said, label="message, before created", again=False)
    await run.send(begin, label="created, last", stale=True)
    await run.redeliver_wanted([(message, said), (ended, end)])


async def _never_announced(run: CaseRun) -> None:
    await run.send(run.event(), label="message of an unknown conversation")


async def _handoff_never_announced(run: CaseRun) -> None:
    await run.send(run.event(), label="handoff of an unknown conversation")


async def _updated_first(run: CaseRun) -> None:
    created, updated = run.event("end_user.created"), run.event("end_user.updated")
    early = await run.send(updated, label="updated, before created", again=False)
    await run.send(created, label="created, last", stale=True)
    await run.redeliver_wanted([(early, updated)])


ORDERS = {
    "conversation.message": (
        "never-announced",
        "a message comes of a conversation that was never announced",
        _never_announced,
        (),
    ),
    "conversation.ended": (
        "before-created",
        "ended and message come before created",
        _ended_first,
        ("conversation.message", "conversation.created"),
    ),
    "conversation.handoff.ended": (
        "never-announced",
        "a handoff ends of a conversation that was never announced",
        _handoff_never_announced,
        (),
    ),
    "end_user.updated": (
        "before-created",
        "updated comes before created",
        _updated_first,
        ("end_user.created",),
    ),
}
"""By event: the end of the id, the summary, the deliveries, and the other events among them."""


def cases(contract: Contract, event: str) -> Iterator[Case]:  # noqa: ARG001 - every suite is asked alike
    """The order that is tried with an event."""
    if event in ORDERS:
        name, summary, deliver, others = ORDERS[event]
        yield case(
            f"{event}/delivery:{name}",
            "ADA404",
            event,
            summary,
            deliver=deliver,
            needs=("target",),
            others=others,
        )
