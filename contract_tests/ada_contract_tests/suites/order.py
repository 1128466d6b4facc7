"""ADA404: events that come before those that are sent first, or without them.

Source: docs.svix.com/retries: a retry arrives after events that happened later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.suites.suite import Suite

if TYPE_CHECKING:
    from ada_contract_tests.case import CaseRun

__all__ = ["cases"]

cases = Suite("ADA404")


@cases.delivered(
    "delivery:never-announced",
    "a message comes of a conversation that was never announced",
    of="conversation.message",
)
async def _never_announced(run: CaseRun) -> None:
    await run.send(run.event(), label="message of an unknown conversation")


@cases.delivered(
    "delivery:before-created",
    "ended and message come before created",
    of="conversation.ended",
    others=("conversation.message", "conversation.created"),
)
async def _ended_first(run: CaseRun) -> None:
    names = ("conversation.ended", "conversation.message", "conversation.created")
    end, said, begin = (run.event(name) for name in names)
    ended = await run.send(end, label="ended, before created", again=False)
    message = await run.send(said, label="message, before created", again=False)
    await run.send(begin, label="created, last", stale=True)
    await run.redeliver_wanted([(message, said), (ended, end)])


@cases.delivered(
    "delivery:never-announced",
    "a handoff ends of a conversation that was never announced",
    of="conversation.handoff.ended",
)
async def _handoff_never_announced(run: CaseRun) -> None:
    await run.send(run.event(), label="handoff of an unknown conversation")


@cases.delivered(
    "delivery:before-created",
    "updated comes before created",
    of="end_user.updated",
    others=("end_user.created",),
)
async def _updated_first(run: CaseRun) -> None:
    created, updated = run.event("end_user.created"), run.event("end_user.updated")
    early = await run.send(updated, label="updated, before created", again=False)
    await run.send(created, label="created, last", stale=True)
    await run.redeliver_wanted([(early, updated)])
