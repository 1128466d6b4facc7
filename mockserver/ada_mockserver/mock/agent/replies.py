"""Replies of the script: given at once, or planned in the transaction of the message that they answer.

A script that names a delay gives each reply as a whole after it. Where none is named and the pace is natural,
each message, handover and end takes the time that it takes people, one after another.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.pace import before_hand_back, before_hand_over, pause_before, pick_up
from ada_mockserver.events.payload import Author, link_content, text_content
from ada_mockserver.events.profile import usual
from ada_mockserver.mock.script import End, HandOff, Say
from ada_mockserver.mock.state.conversations import ai_agent, end, end_handoff, hand_off, say
from ada_mockserver.mock.state.handoff_calls import open_call, start_call, unanswered
from ada_mockserver.mock.state.planned import Step, free_from, in_turn, plan

if TYPE_CHECKING:
    from ada_mockserver.events.dialogues import Role
    from ada_mockserver.mock.script import Action, Human
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = [
    "answer",
    "begin_human",
    "greet",
    "greeting",
    "hand_over",
    "pause_of",
    "perform_reply",
    "say_handoff_failed",
]

Timed = tuple[int, dict[str, Any]]
"""A step of a reply, and the milliseconds before it at the natural pace."""


async def greet(transaction: Transaction, conversation: Conversation) -> None:
    """The AI Agent begins, where the script has a greeting."""
    if first := greeting(transaction, conversation):
        await _in_time(transaction, conversation, first[1], [first])


async def answer(transaction: Transaction, conversation: Conversation, text: str) -> None:
    """Reply to a message of the end user: as the script says, or as the scripted human agent does.

    While the call that starts a handoff has no answer, the message waits for who has the conversation then.
    """
    if conversation.handoff is None:
        turn = conversation.turns
        reply = {"kind": "reply", "text": text, "turn": turn}
        actions = transaction.context.script.react(text, turn=turn)
        parts = [
            (_pause(transaction, conversation, action), {**reply, "only": index})
            for index, action in enumerate(actions)
        ]
        await _in_time(transaction, conversation, reply, parts)
        conversation.turns += 1
    elif (call := await open_call(transaction, conversation)) is not None:
        call.waiting = [*call.waiting, text]
    else:
        await _human_in_time(transaction, conversation)


async def say_handoff_failed(transaction: Transaction, conversation: Conversation) -> None:
    """The AI Agent says that no human agent could be reached, where the script has a text for it."""
    text = transaction.context.script.handoff_failed
    if text is not None:
        step = {"kind": "handoff_failed"}
        pause = pause_of(transaction, conversation, "ai_agent", _dressed(conversation, text))
        await _in_time(transaction, conversation, step, [(pause, step)])


async def hand_over(
    transaction: Transaction,
    conversation: Conversation,
    integration: str,
    human: Human | None = None,
    *,
    text: str,
) -> None:
    """The AI Agent hands over: the integration's endpoint is called, else the scripted human picks up.

    ``text`` is the message that led to it.
    """
    waiting = await unanswered(transaction, conversation)
    hand_off(transaction, conversation, integration)
    conversation.human = None if human is None else asdict(human)
    if await start_call(transaction, conversation, text=text, waiting=waiting) is None:
        await begin_human(transaction, conversation)


async def begin_human(transaction: Transaction, conversation: Conversation) -> None:
    """Have the scripted human agent, if there is one, pick up."""
    if conversation.human is not None:
        waiting = pick_up(transaction.rng, conversation.channel.modality, usual().pace)
        await _human_in_time(transaction, conversation, waiting=waiting)


async def perform_reply(transaction: Transaction, conversation: Conversation, step: dict[str, Any]) -> None:
    """Do what a step of a reply says."""
    script = transaction.context.script
    match step["kind"]:
        case "human":
            await _human_answers(transaction, conversation)
        case "hand_back":
            await end_handoff(transaction, conversation)
        case "reply":
            actions = script.react(step["text"], turn=step["turn"])
            only = step.get("only")
            for action in actions if only is None else actions[only : only + 1]:
                await _act(transaction, conversation, action, step["text"])
        case "handoff_failed" if script.handoff_failed is not None:
            body = _dressed(conversation, script.handoff_failed)
            await say(transaction, conversation, ai_agent(transaction), text_content(body))
        case "greeting" if script.greeting is not None:
            await say(transaction, conversation, ai_agent(transaction), text_content(script.greeting))


def greeting(transaction: Transaction, conversation: Conversation) -> Timed | None:
    """The greeting as a step, None where the script has none."""
    text = transaction.context.script.greeting
    if text is None:
        return None
    return pause_of(transaction, conversation, "ai_agent", text), {"kind": "greeting"}


def pause_of(transaction: Transaction, conversation: Conversation, by: Role, text: str) -> int:
    """The milliseconds that somebody takes for a text on the channel of the conversation."""
    # Of no length are files alone.
    length, modality = max(1, len(text)), conversation.channel.modality
    return pause_before(transaction.rng, by, modality, length, usual().pace)


def _pause(transaction: Transaction, conversation: Conversation, action: Action) -> int:
    if isinstance(action, Say):
        text = action.link or _dressed(conversation, action.text)
        return pause_of(transaction, conversation, "ai_agent", text)
    return before_hand_over(transaction.rng)


async def _in_time(
    transaction: Transaction, conversation: Conversation, reply: dict[str, Any], parts: list[Timed]
) -> None:
    """Give a reply: as a whole at once or after the script's delay, or part by part at the natural pace."""
    context = transaction.context
    if context.takes_time:
        if parts:
            start = await free_from(transaction, conversation)
            await plan(transaction, conversation, in_turn(start, parts))
    elif context.script.delay:
        due_at = transaction.at + round(context.script.delay * 1000)
        await plan(transaction, conversation, [Step(due_at, reply)])
    else:
        await perform_reply(transaction, conversation, reply)


async def _act(transaction: Transaction, conversation: Conversation, action: Action, text: str) -> None:
    author = ai_agent(transaction)
    match action:
        case Say(link=str(url)):
            await say(transaction, conversation, author, link_content(url, None))
        case Say(text=body):
            await say(transaction, conversation, author, text_content(_dressed(conversation, body)))
        case HandOff(integration, human):
            await hand_over(transaction, conversation, integration, human, text=text)
        case End():
            await end(transaction, conversation, by="system")


def _dressed(conversation: Conversation, body: str) -> str:
    """A reply in the manner of its channel: by e-mail it is a letter."""
    if conversation.channel.modality != "email":
        return body
    return f"Hello,\n\n{body}\n\nKind regards\nYour support team"


async def _human_in_time(transaction: Transaction, conversation: Conversation, *, waiting: int = 0) -> None:
    """Have the scripted human agent, if there is one, say what is next, ``waiting`` milliseconds later."""
    human = conversation.human
    if human is not None and human["replies"]:
        pause = waiting + pause_of(transaction, conversation, "human_agent", human["replies"][0])
        step = {"kind": "human"}
        await _in_time(transaction, conversation, step, [(pause, step)])


async def _human_answers(transaction: Transaction, conversation: Conversation) -> None:
    human = conversation.human
    if human is None or not human["replies"]:
        return
    reply, *rest = human["replies"]
    conversation.human = {**human, "replies": rest}
    author = Author("human_agent", None, human["avatar"], human["display_name"])
    await say(transaction, conversation, author, text_content(reply))
    if rest or not human["ends"]:
        return
    if transaction.context.takes_time:
        pause = before_hand_back(transaction.rng)
        await plan(transaction, conversation, in_turn(transaction.at, [(pause, {"kind": "hand_back"})]))
    else:
        await end_handoff(transaction, conversation)
