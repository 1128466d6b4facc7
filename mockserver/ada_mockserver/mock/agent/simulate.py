"""Whole conversations at once, as on channels whose other end is no API: a phone call, a mail, a chat.

What people say comes from the dialogues of ``events.dialogues``; who they are, from the personas. Their
course is that of the scenarios.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events.conversation import Close, HandBack, HandOver, Learn, course
from ada_mockserver.events.dialogues import Turn, Words, library
from ada_mockserver.events.ids import pick
from ada_mockserver.events.payload import Author, EndUser, text_content
from ada_mockserver.events.people import speaker
from ada_mockserver.events.personas import Personas
from ada_mockserver.events.profile import usual
from ada_mockserver.events.story import before_learning, content_of, learnt
from ada_mockserver.mock.state.conversations import (
    ai_agent,
    end,
    end_handoff,
    hand_off,
    open_conversation,
    say,
)
from ada_mockserver.mock.state.records import add_end_user, change_end_user, custom_channel, native_channel

if TYPE_CHECKING:
    from ada_mockserver.events.dialogues import Kind
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["simulate"]


async def simulate(transaction: Transaction, story: Kind) -> Conversation:
    """A conversation from beginning to end, between people drawn at random; returns it.

    ``story`` is a chat on a custom channel, one with a handoff, a phone call, or an exchange of e-mails.
    """
    rng, personas = transaction.rng, Personas.load("en_US")
    persona, agent = personas.pick_two(rng)
    dialogue = pick(rng, library(personas.locale).of(story, handoff=story == "handoff"))
    if story in ("voice", "email"):
        channel = await native_channel(transaction.session, story)
    else:
        channel = await custom_channel(transaction)
    profile: dict[str, Any] = {} if story == "voice" else persona.profile()
    known = before_learning(EndUser("", 0, 0, language=personas.language, **profile), dialogue)
    user = await add_end_user(transaction, **{name: getattr(known, name) for name in ("language", *profile)})
    conversation = await open_conversation(transaction, channel, user.id, {})
    authors = {
        "end_user": speaker(user.value),
        "ai_agent": ai_agent(transaction),
        "human_agent": Author("human_agent", None, agent.avatar, agent.display_name),
    }
    if transaction.context.script.greeting is not None:
        content = text_content(transaction.context.script.greeting)
        await say(transaction, conversation, authors["ai_agent"], content)
    words = Words(rng, personas.locale, end_user=persona, agent=agent)
    for _, action in course(dialogue, words, channel.modality, rng=rng, profile=usual()):
        match action:
            case Turn() as turn:
                content = content_of(turn, rng, transaction.at)
                await say(transaction, conversation, authors[turn.by], content)
            case Learn(members):
                await change_end_user(transaction, user, **learnt(user.value, members))
                authors["end_user"] = speaker(user.value)
            case HandOver(integration):
                hand_off(transaction, conversation, integration)
            case HandBack():
                await end_handoff(transaction, conversation)
            case Close(by):
                await end(transaction, conversation, by=by)
    return conversation
