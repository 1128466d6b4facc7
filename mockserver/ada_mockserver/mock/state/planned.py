"""Steps of a conversation that are planned: nothing of one exists before it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.models import PlannedSteps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["Step", "free_from", "in_turn", "plan"]


class Step(NamedTuple):
    """What happens at ``due_at`` (Unix milliseconds): JSON whose ``kind`` says who understands the rest."""

    due_at: int
    what: dict[str, Any]


def in_turn(start: int, pauses: Iterable[tuple[int, dict[str, Any]]]) -> list[Step]:
    """Steps one after another from ``start``, each with the milliseconds before it."""
    steps = []
    for pause, what in pauses:
        start += pause
        steps.append(Step(start, what))
    return steps


async def plan(
    transaction: Transaction, conversation: Conversation, steps: list[Step], *, story: bool = False
) -> None:
    """Plan steps in their order, at least one; once one of them has to be dropped, so are those after it."""
    planned = PlannedSteps(
        conversation_id=conversation.id,
        due_at=steps[0].due_at / 1000,
        ends_at=steps[-1].due_at,
        handoff_count=conversation.handoff_count,
        steps=[list(step) for step in steps],
        story=story,
    )
    await transaction.add(planned)
    wake_on_commit(transaction.session)


async def free_from(transaction: Transaction, conversation: Conversation) -> int:
    """The time from which the agent who has the conversation has nothing more planned to say."""
    last = await transaction.session.scalar(
        select(func.max(PlannedSteps.ends_at)).where(
            PlannedSteps.conversation_id == conversation.id,
            PlannedSteps.handoff_count == conversation.handoff_count,
            PlannedSteps.story.is_(False),
        )
    )
    return max(transaction.at, last or 0)
