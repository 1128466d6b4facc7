"""Whole conversations at once, as on channels whose other end is no API: a phone call, a mail, a chat.

What people say comes from the dialogues of ``events.dialogues``; who they are, from the personas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_mockserver.events.conversation import Close, HandBack, HandOver, Speak, course
from ada_mockserver.events.dialogues import pick_dialogue
from ada_mockserver.events.payload import Author, file_content, text_content
from ada_mockserver.events.personas import Personas
from ada_mockserver.mock.state.conversations import (
    ai_agent,
    end,
    end_handoff,
    hand_off,
    open_conversation,
    say,
)
from ada_mockserver.mock.state.records import custom_channel, native_channel

if TYPE_CHECKING:
    from ada_mockserver.events.dialogues import Kind
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["simulate"]


async def simulate(transaction: Transaction, story: Kind) -> Conversation:
    """A conversation from beginning to end, between people drawn at random; returns it.

    ``story`` is a chat on a custom channel, one with a handoff, a phone call, or an exchange of e-mails.
    """
    personas = Personas.load("en_US")
    persona, agent = personas.pick_two(transaction.rng)
    dialogue = pick_dialogue(story, transaction.rng, end_user=persona, agent=agent)
    known = {} if story == "voice" else persona.profile()
    if story in ("voice", "email"):
        channel = await native_channel(transaction.session, story)
    else:
        channel = await custom_channel(transaction)
    conversation = await open_conversation(
        transaction, channel, None, {}, language=personas.language, **known
    )
    authors = {
        "end_user": Author(
            "end_user", conversation.end_user_id, known.get("avatar"), known.get("display_name")
        ),
        "ai_agent": ai_agent(transaction),
        "human_agent": Author("human_agent", None, agent.avatar, agent.display_name),
    }
    if transaction.context.script.greeting is not None:
        content = text_content(transaction.context.script.greeting)
        await say(transaction, conversation, authors["ai_agent"], content)
    for action in course(story, dialogue):
        match action:
            case Speak(turn):
                content = text_content(turn.text)
                if turn.file:
                    url = f"https://files.example.com/attachments/{conversation.id}/{turn.file}"
                    content = file_content(url, turn.mime_type, turn.file)
                await say(transaction, conversation, authors[turn.by], content)
            case HandOver(integration):
                hand_off(transaction, conversation, integration)
            case HandBack():
                await end_handoff(transaction, conversation)
            case Close(by_end_user):
                await end(transaction, conversation, by_end_user=by_end_user)
    return conversation
