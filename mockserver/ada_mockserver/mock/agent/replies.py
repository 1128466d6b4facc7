"""What the script answers, and when: at once, or planned in the transaction of the message that it answers.

Nothing of an answer exists before it is due: its messages, its change of state and its events come into being
together then. One whose conversation has ended since, or has been handed over or back, is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from ada_mockserver.events.payload import Author, link_content, text_content
from ada_mockserver.mock.agent.script import End, HandOff, Say
from ada_mockserver.mock.state.conversing import (
    ai_agent,
    end,
    end_handoff,
    find_talk,
    hand_off,
    save_talk,
    say,
)
from ada_mockserver.mock.store.conversation_tables import conversations, planned
from ada_mockserver.mock.store.database import wake_on_commit

if TYPE_CHECKING:
    from ada_mockserver.mock.agent.script import Human
    from ada_mockserver.mock.state.conversing import Talk
    from ada_mockserver.mock.state.transaction import Backend, Call

__all__ = ["answer", "greet", "perform_due"]


async def greet(call: Call, talk: Talk) -> None:
    """The AI Agent begins, where the script has a greeting."""
    if call.backend.script.greeting is not None:
        await _in_time(call, talk, {"kind": "greeting"})


async def answer(call: Call, talk: Talk, text: str) -> None:
    """What follows a message of the end user: the script's reply, or the scripted human agent's."""
    if talk.handoff is None:
        await _in_time(call, talk, {"kind": "reply", "text": text, "turn": talk.turns})
        talk.turns += 1
    elif talk.human is not None:
        await _in_time(call, talk, {"kind": "human"})


async def perform_due(backend: Backend) -> float | None:
    """Give the answers that are due by now, each in a transaction of its own, until none is.

    Returns when the next one is due, in Unix seconds of the mock's clock, None where none is planned.
    """
    while await _perform_first(backend):
        pass
    async with backend.call() as call:
        due: float | None = (await call.connection.execute(select(func.min(planned.c.due_at)))).scalar_one()
    return due


async def _perform_first(backend: Backend) -> bool:
    async with backend.call() as call:
        # Together with its conversation, so that processes that share a database keep the order.
        statement = (
            select(planned)
            .join(conversations, conversations.c.id == planned.c.conversation_id)
            .where(planned.c.due_at <= call.now)
            .order_by(planned.c.due_at, planned.c.ordinal)
            .limit(1)
            .with_for_update(skip_locked=True, of=(planned, conversations))
        )
        row = (await call.connection.execute(statement)).one_or_none()
        if row is None:
            return False
        await call.connection.execute(delete(planned).where(planned.c.ordinal == row.ordinal))
        talk = await find_talk(call, row.conversation_id)
        if talk is not None and not talk.ended and talk.shift == row.shift:
            await _perform(call, talk, row.cue)
            await save_talk(call, talk)
    return True


async def _in_time(call: Call, talk: Talk, cue: dict[str, Any]) -> None:
    """Perform a cue after the script's delay."""
    delay = call.backend.script.delay
    if not delay:
        await _perform(call, talk, cue)
        return
    await call.connection.execute(
        insert(planned).values(conversation_id=talk.id, due_at=call.now + delay, shift=talk.shift, cue=cue)
    )
    wake_on_commit(call.connection)


async def _perform(call: Call, talk: Talk, cue: dict[str, Any]) -> None:
    script = call.backend.script
    if cue["kind"] == "human":
        await _human_answers(call, talk)
    elif cue["kind"] == "reply":
        await _reply(call, talk, cue["text"], cue["turn"])
    elif script.greeting is not None:
        await say(call, talk, ai_agent(call), text_content(script.greeting))


async def _reply(call: Call, talk: Talk, text: str, turn: int) -> None:
    for action in call.backend.script.react(text, turn=turn):
        match action:
            case Say(link=str(url)):
                await say(call, talk, ai_agent(call), link_content(url, None))
            case Say(text=body):
                await say(call, talk, ai_agent(call), text_content(_dressed(talk, body)))
            case HandOff(integration, human):
                await hand_off(call, talk, integration)
                if human is not None:
                    talk.human = _part(human)
                    await _in_time(call, talk, {"kind": "human"})
            case End():
                await end(call, talk, role="system", ended_by=None)


def _dressed(talk: Talk, body: str) -> str:
    """A reply in the manner of its channel: by e-mail it is a letter."""
    if talk.channel.modality != "email":
        return body
    return f"Hello,\n\n{body}\n\nKind regards\nYour support team"


def _part(human: Human) -> dict[str, Any]:
    return {
        "display_name": human.display_name,
        "avatar": human.avatar,
        "replies": list(human.replies),
        "ends": human.ends,
    }


async def _human_answers(call: Call, talk: Talk) -> None:
    human = talk.human
    if human is None or not human["replies"]:
        return
    reply, *rest = human["replies"]
    talk.human = {**human, "replies": rest}
    author = Author("human_agent", None, human["avatar"], human["display_name"])
    await say(call, talk, author, text_content(reply))
    if not rest and human["ends"]:
        await end_handoff(call, talk)
