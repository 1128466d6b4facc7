"""Whole conversations at once, as on channels whose other end is no API: a phone call, a mail, a chat.

What people say comes from the dialogues of ``events.dialogues``; who they are, from the personas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import select

from ada_mockserver.events.dialogues import pick_dialogue
from ada_mockserver.events.ids import object_id
from ada_mockserver.events.payload import Author, Channel, file_content, text_content
from ada_mockserver.events.people import HANDOFF_INTEGRATION
from ada_mockserver.events.personas import Personas
from ada_mockserver.mock.state.conversing import (
    ai_agent,
    end,
    end_handoff,
    hand_off,
    open_talk,
    save_talk,
    say,
)
from ada_mockserver.mock.state.records import add_channel, channel_of
from ada_mockserver.mock.store.conversation_tables import channels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_mockserver.events.dialogues import Turn
    from ada_mockserver.events.personas import Persona
    from ada_mockserver.mock.state.conversing import Talk
    from ada_mockserver.mock.state.transaction import Call

__all__ = ["STORIES", "Story", "custom_channel", "simulate"]

Story = Literal["messaging", "handoff", "voice", "email"]

STORIES: tuple[Story, ...] = get_args(Story)
"""A chat on a custom channel, one with a handoff, a phone call, and an exchange of e-mails."""


async def simulate(call: Call, story: Story, *, locale: str = "en_US") -> Talk:
    """A conversation from beginning to end, between people drawn at random; returns it."""
    personas = Personas.load(locale)
    persona, agent = personas.pick_two(call.rng)
    dialogue = pick_dialogue(story, call.rng, end_user=persona, agent=agent)
    channel = await _channel(call, story)
    known = {} if story == "voice" else _profile(persona)
    talk = await open_talk(call, channel, None, {}, language=personas.language, **known)
    authors = {
        "end_user": Author("end_user", talk.end_user_id, known.get("avatar"), known.get("display_name")),
        "ai_agent": ai_agent(call),
        "human_agent": Author("human_agent", None, agent.avatar, agent.display_name),
    }
    if call.backend.script.greeting is not None:
        await say(call, talk, authors["ai_agent"], text_content(call.backend.script.greeting))
    await _speak(call, talk, dialogue.turns, authors)
    if dialogue.during:
        await hand_off(call, talk, HANDOFF_INTEGRATION)
        await _speak(call, talk, dialogue.during, authors)
        await end_handoff(call, talk)
        await _speak(call, talk, dialogue.after, authors)
    if story == "voice":  # the call disconnects
        await end(call, talk, role="system", ended_by=None)
    else:
        await end(call, talk, role="end_user", ended_by=talk.end_user_id)
    await save_talk(call, talk)
    return talk


async def _speak(call: Call, talk: Talk, turns: Sequence[Turn], authors: dict[str, Author]) -> None:
    for turn in turns:
        content = text_content(turn.text)
        if turn.file:
            url = f"https://files.example.com/attachments/{talk.id}/{turn.file}"
            content = file_content(url, turn.mime_type, turn.file)
        await say(call, talk, authors[turn.by], content)


def _profile(persona: Persona) -> dict[str, str]:
    return {
        "first_name": persona.first_name,
        "last_name": persona.last_name,
        "display_name": persona.display_name,
        "email": persona.email,
        "avatar": persona.avatar,
    }


async def _channel(call: Call, story: Story) -> Channel:
    if story not in ("voice", "email"):
        return await custom_channel(call)
    statement = select(channels).where(channels.c.custom.is_(False), channels.c.modality == story)
    return channel_of((await call.connection.execute(statement.limit(1))).one())


async def custom_channel(call: Call) -> Channel:
    """The first custom channel for messages; one is created where there is none."""
    statement = select(channels).where(channels.c.custom.is_(True), channels.c.modality == "messaging")
    row = (await call.connection.execute(statement.order_by(channels.c.ordinal).limit(1))).one_or_none()
    if row is not None:
        return channel_of(row)
    channel = Channel(
        id=object_id(call.rng, call.at),
        name="My Custom Channel",
        description="Messages that an application sends through the Conversations API",
        modality="messaging",
        markdown=False,
        created_at=call.at,
        custom=True,
    )
    await add_channel(call.connection, channel)
    return channel
