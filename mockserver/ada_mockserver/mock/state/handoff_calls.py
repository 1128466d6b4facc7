"""Calls that start handoffs: stored with the handoff itself, and made once that is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.events.ids import new_id
from ada_mockserver.events.payload import encode
from ada_mockserver.mock.outbox.attempt import masked
from ada_mockserver.mock.outbox.attempts_log import moment
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.handoff_calls import HandoffCall
from ada_mockserver.mock.store.models import PlannedSteps

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["list_calls", "open_call", "start_call", "unanswered"]


async def start_call(
    transaction: Transaction, conversation: Conversation, *, text: str, waiting: list[str]
) -> HandoffCall | None:
    """Store the call that starts the handoff of the conversation; None where its integration has no URL.

    ``text`` is the message that led to the handoff, ``waiting`` those after it that nobody has answered.
    """
    integration = conversation.handoff
    assert integration is not None  # noqa: S101 - the handoff has just begun
    target = transaction.context.script.handoffs.get(integration)
    if target is None or target.url is None:
        return None
    values = {
        "channel_id": conversation.channel.id,
        "conversation_id": conversation.id,
        "end_user_id": conversation.end_user_id,
        "integration": integration,
        "text": text,
    }
    call = HandoffCall(
        id=new_id("call_", transaction.rng),
        conversation_id=conversation.id,
        integration=integration,
        handoff_count=conversation.handoff_count,
        url=target.url,
        headers=[list(header) for header in target.all_headers()],
        body=encode(target.filled(values, conversation.details)),
        timeout=target.timeout,
        created_at=transaction.now,
        waiting=waiting,
    )
    await transaction.add(call)
    wake_on_commit(transaction.session)
    return call


async def open_call(transaction: Transaction, conversation: Conversation) -> HandoffCall | None:
    """The call that starts the handoff of the conversation, while it has no answer yet.

    Who asks has the conversation locked, and so the call.
    """
    statement = select(HandoffCall).where(
        HandoffCall.conversation_id == conversation.id,
        HandoffCall.handoff_count == conversation.handoff_count,
        HandoffCall.state.in_(("pending", "in-flight")),
    )
    return await transaction.session.scalar(statement)


async def unanswered(transaction: Transaction, conversation: Conversation) -> list[str]:
    """The end user's messages whose replies are planned and not begun; a handoff drops those."""
    statement = (
        select(PlannedSteps.steps)
        .where(
            PlannedSteps.conversation_id == conversation.id,
            PlannedSteps.handoff_count == conversation.handoff_count,
            PlannedSteps.story.is_(False),
        )
        .order_by(PlannedSteps.ordinal)
    )
    first = [steps[0][1] for steps in await transaction.session.scalars(statement)]
    return [step["text"] for step in first if step["kind"] == "reply" and not step.get("only")]


async def list_calls(
    session: AsyncSession, *, conversation_id: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """The calls, or those of a conversation, the newest first; confidential headers are masked.

    They are values that fit JSON.
    """
    statement = select(HandoffCall).order_by(HandoffCall.ordinal.desc()).limit(limit)
    if conversation_id is not None:
        statement = statement.where(HandoffCall.conversation_id == conversation_id)
    return [_shown(call) for call in await session.scalars(statement)]


def _shown(call: HandoffCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "conversation_id": call.conversation_id,
        "integration": call.integration,
        "state": call.state,
        "created_at": moment(call.created_at),
        "started_at": moment(call.started_at),
        "finished_at": moment(call.finished_at),
        "elapsed": call.elapsed,
        "request": {
            "url": call.url,
            "headers": masked(call.headers),
            "body": call.body.decode("utf-8", "replace"),
        },
        **call.outcome(masked(call.response_headers or [])),
    }
