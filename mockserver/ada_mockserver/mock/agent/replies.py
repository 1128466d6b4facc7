"""Replies of the script: given at once, or planned in the transaction of the message that they answer.

Nothing of an answer exists before it is due: its messages, its change of state and its events come into being
together then. One whose conversation has ended since, or has been handed over or back, is dropped.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ada_mockserver.events.payload import Author, link_content, text_content
from ada_mockserver.mock.script import End, HandOff, Say
from ada_mockserver.mock.state.conversations import ai_agent, end, end_handoff, hand_off, say
from ada_mockserver.mock.store.database import wake_on_commit
from ada_mockserver.mock.store.models import Conversation, PlannedReply

if TYPE_CHECKING:
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = ["answer", "greet", "perform_due"]


async def greet(transaction: Transaction, conversation: Conversation) -> None:
    """The AI Agent begins, where the script has a greeting."""
    if transaction.context.script.greeting is not None:
        await _in_time(transaction, conversation, {"kind": "greeting"})


async def answer(transaction: Transaction, conversation: Conversation, text: str) -> None:
    """Reply to a message of the end user: as the script says, or as the scripted human agent does."""
    if conversation.handoff is None:
        reply = {"kind": "reply", "text": text, "turn": conversation.turns}
        await _in_time(transaction, conversation, reply)
        conversation.turns += 1
    elif conversation.human is not None:
        await _in_time(transaction, conversation, {"kind": "human"})


async def perform_due(context: MockContext) -> float | None:
    """Give the replies that are due by now, each in a transaction of its own, until none is.

    Returns when the next one is due, in Unix seconds of the mock's clock, None where none is planned.
    """
    while await _perform_first(context):
        pass
    async with context.begin() as transaction:
        return await transaction.session.scalar(select(func.min(PlannedReply.due_at)))


async def _perform_first(context: MockContext) -> bool:
    async with context.begin() as transaction:
        # Together with its conversation, so that processes that share a database keep the order.
        statement = (
            select(PlannedReply, Conversation)
            .join(Conversation, Conversation.id == PlannedReply.conversation_id)
            .where(PlannedReply.due_at <= transaction.now)
            .order_by(PlannedReply.due_at, PlannedReply.ordinal)
            .limit(1)
            .with_for_update(skip_locked=True, of=(PlannedReply, Conversation))
        )
        row = (await transaction.session.execute(statement)).one_or_none()
        if row is None:
            return False
        planned, conversation = row
        await transaction.session.delete(planned)
        if not conversation.ended and conversation.handoff_count == planned.handoff_count:
            await _perform(transaction, conversation, planned.reply)
    return True


async def _in_time(transaction: Transaction, conversation: Conversation, reply: dict[str, Any]) -> None:
    """Give a reply after the script's delay."""
    delay = transaction.context.script.delay
    if not delay:
        await _perform(transaction, conversation, reply)
        return
    await transaction.add(
        PlannedReply(
            conversation_id=conversation.id,
            due_at=transaction.now + delay,
            handoff_count=conversation.handoff_count,
            reply=reply,
        )
    )
    wake_on_commit(transaction.session)


async def _perform(transaction: Transaction, conversation: Conversation, reply: dict[str, Any]) -> None:
    script = transaction.context.script
    if reply["kind"] == "human":
        await _human_answers(transaction, conversation)
    elif reply["kind"] == "reply":
        await _reply(transaction, conversation, reply["text"], reply["turn"])
    elif script.greeting is not None:
        await say(transaction, conversation, ai_agent(transaction), text_content(script.greeting))


async def _reply(transaction: Transaction, conversation: Conversation, text: str, turn: int) -> None:
    author = ai_agent(transaction)
    for action in transaction.context.script.react(text, turn=turn):
        match action:
            case Say(link=str(url)):
                await say(transaction, conversation, author, link_content(url, None))
            case Say(text=body):
                await say(transaction, conversation, author, text_content(_dressed(conversation, body)))
            case HandOff(integration, human):
                hand_off(transaction, conversation, integration)
                if human is not None:
                    conversation.human = asdict(human)
                    await _in_time(transaction, conversation, {"kind": "human"})
            case End():
                await end(transaction, conversation, by="system")


def _dressed(conversation: Conversation, body: str) -> str:
    """A reply in the manner of its channel: by e-mail it is a letter."""
    if conversation.channel.modality != "email":
        return body
    return f"Hello,\n\n{body}\n\nKind regards\nYour support team"


async def _human_answers(transaction: Transaction, conversation: Conversation) -> None:
    human = conversation.human
    if human is None or not human["replies"]:
        return
    reply, *rest = human["replies"]
    conversation.human = {**human, "replies": rest}
    author = Author("human_agent", None, human["avatar"], human["display_name"])
    await say(transaction, conversation, author, text_content(reply))
    if not rest and human["ends"]:
        await end_handoff(transaction, conversation)
