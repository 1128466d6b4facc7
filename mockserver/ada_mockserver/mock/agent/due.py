"""Planned steps that fall due: replies of the script, and stories under way.

What is planned is kept with the change that it follows from, so a restart does not lose it. A step whose
conversation has ended since, or has been handed over or back, is dropped with all that was to follow it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ada_mockserver.mock.agent.replies import perform_reply
from ada_mockserver.mock.agent.simulate import perform_action
from ada_mockserver.mock.state.conversations import send_survey
from ada_mockserver.mock.state.planned import Step, plan
from ada_mockserver.mock.store.models import Conversation, PlannedSteps

if TYPE_CHECKING:
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = ["perform_due"]


async def perform_due(context: MockContext) -> float | None:
    """Take the steps that are due by now, each in a transaction of its own, until none is.

    Returns when the next one is due, in Unix seconds of the mock's clock, None where none is planned.
    """
    while await _perform_first(context):
        pass
    async with context.begin() as transaction:
        return await transaction.session.scalar(select(func.min(PlannedSteps.due_at)))


async def _perform_first(context: MockContext) -> bool:
    async with context.begin() as transaction:
        # Together with its conversation, so that processes that share a database keep the order.
        statement = (
            select(PlannedSteps, Conversation)
            .join(Conversation, Conversation.id == PlannedSteps.conversation_id)
            .where(PlannedSteps.due_at <= transaction.now)
            .order_by(PlannedSteps.due_at, PlannedSteps.ordinal)
            .limit(1)
            .with_for_update(skip_locked=True, of=(PlannedSteps, Conversation))
        )
        row = (await transaction.session.execute(statement)).one_or_none()
        if row is None:
            return False
        planned, conversation = row
        await transaction.session.delete(planned)
        # It happens when it was due: on a fast clock, and after a pause of the server, that was earlier.
        await _perform(replace(transaction, now=planned.due_at), planned, conversation)
    return True


async def _perform(transaction: Transaction, planned: PlannedSteps, conversation: Conversation) -> None:
    step, *rest = (Step(*each) for each in planned.steps)
    after_end = step.what["kind"] == "survey"
    if conversation.ended != after_end or conversation.handoff_count != planned.handoff_count:
        return
    if after_end:
        await send_survey(transaction, conversation)
    elif planned.story:
        await perform_action(transaction, conversation, step.what)
    else:
        await perform_reply(transaction, conversation, step.what)
    if rest:
        await plan(transaction, conversation, rest, story=planned.story)
