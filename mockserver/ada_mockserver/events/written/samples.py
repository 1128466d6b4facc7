"""Samples: events of any kind about the people and the conversation of a story, in which nothing happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_mockserver.events.audit_log import FULLY_POPULATED, draw_change
from ada_mockserver.events.dialogues import library
from ada_mockserver.events.event import Began, Changed, Composed, Ended, HandoffEnded, Message, ProfileEvent
from ada_mockserver.events.factory import BUILDERS
from ada_mockserver.events.ids import between, pick, uuid4
from ada_mockserver.events.payload import text_content
from ada_mockserver.events.people import HANDOFF_INTEGRATION, speaker
from ada_mockserver.events.sampling import sampled

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.events.dialogues import Words
    from ada_mockserver.events.event import Event
    from ada_mockserver.events.payload import EndUser
    from ada_mockserver.events.people import Cast
    from ada_mockserver.events.story import Told
    from ada_schemas.contract.contract import Contract

__all__ = ["sample"]


def sample(
    name: str,
    contract: Contract,
    rng: Random,
    *,
    cast: Cast,
    user: EndUser,
    state: Told,
    words: Words,
    at: int,
) -> Event:
    """An event of that name as it could be sent at ``at`` (Unix milliseconds), or a moment later."""
    documented, about = contract.event(name), state.subject
    emitted = at + between(rng, 5, 400)
    if name not in BUILDERS or documented.type != f"v1.{name}":
        key = f"{rng.getrandbits(64):016x}"
        made = sampled(documented, cast, seed=key, key="", ordinal=0, at=at)
        return Composed(made, user.id, at)
    match name:
        case "end_user.created":
            return ProfileEvent(name, user, emitted)
        case "end_user.updated":
            return ProfileEvent(name, replace(user, updated_at=at), emitted)
        case "conversation.created":
            return Began(about, emitted)
        case "conversation.message":
            dialogue = pick(rng, library(words.locale).of("messaging", handoff=False))
            text = next(turn.text for turn in dialogue.turns if turn.by == "end_user" and turn.text)
            content = text_content(text.format_map(words))
            return Message(about, uuid4(rng), speaker(user), content, state.handoff, at, emitted)
        case "conversation.handoff.ended":
            return HandoffEnded(about, state.handoff or HANDOFF_INTEGRATION, emitted)
        case "conversation.ended":
            return Ended(about, "end_user", user.id, at, emitted)
    change = draw_change(rng, FULLY_POPULATED, actor=cast.agent, actor_id=cast.agent_id, at=at)
    return Changed(change, emitted)
