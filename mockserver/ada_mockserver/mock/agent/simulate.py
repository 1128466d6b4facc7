"""Whole conversations, as on channels whose other end is no API: a phone call, a mail, a chat.

What people say comes from the dialogues of ``events.dialogues``; who they are, from the personas. Their
course is that of the scenarios. All of it is drawn when it begins: what is still to come is kept as steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ada_mockserver.events.conversation import Close, HandBack, HandOver, Learn, course
from ada_mockserver.events.dialogues import Turn, Words, library
from ada_mockserver.events.ids import pick, source
from ada_mockserver.events.payload import Author, EndUser
from ada_mockserver.events.people import speaker
from ada_mockserver.events.personas import Personas
from ada_mockserver.events.profile import usual
from ada_mockserver.events.story import before_learning, content_of, learnt
from ada_mockserver.mock.agent.replies import greeting, perform_reply
from ada_mockserver.mock.agent.sample_files import sample_file
from ada_mockserver.mock.state.attachments import add_attachment, address
from ada_mockserver.mock.state.conversations import (
    ai_agent,
    end,
    end_handoff,
    hand_off,
    open_conversation,
    say,
    send_survey,
)
from ada_mockserver.mock.state.planned import in_turn, plan
from ada_mockserver.mock.state.records import add_end_user, change_end_user, custom_channel, native_channel
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import StoredEndUser
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ada_mockserver.events.conversation import Action
    from ada_mockserver.events.dialogues import Dialogue, Kind
    from ada_mockserver.events.personas import Persona
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["Begun", "Plot", "follow", "perform_action", "simulate"]


@dataclass(frozen=True, slots=True)
class Plot:
    """A story to tell: a chat, one with a handoff, a phone call, or an exchange of e-mails.

    Where ``dialogue`` is None one is drawn, with a handoff if ``handoff`` is true: by default in the chat of
    that name alone. The same ``seed`` draws the same people, words and times.
    """

    story: Kind
    locale: str = "en_US"
    dialogue: str | None = None
    handoff: bool | None = None
    seed: int | str | None = None

    def dialogues(self, locale: str) -> tuple[Dialogue, ...]:
        """The dialogues that it may be, in the language of a locale; raises `UsageError` if there is none."""
        every = library(locale).dialogues[self.story]
        found, handoff = every, self.handoff
        if self.dialogue is not None:
            found = tuple(one for one in every if one.id == self.dialogue)
            if not found:
                known = ", ".join(sorted(one.id for one in every))
                raise UsageError(f"There is no dialogue '{self.dialogue}' here; there are {known}.")
        elif handoff is None:
            handoff = self.story == "handoff"
        if handoff is not None:
            found = tuple(one for one in found if bool(one.during) is handoff)
        if not found:
            which = "with" if handoff else "without"
            raise UsageError(f"No dialogue {which} a handoff is among these.")
        return found


class Begun(NamedTuple):
    """A story that has begun."""

    conversation: Conversation
    dialogue: Dialogue


async def simulate(transaction: Transaction, plot: Plot) -> Begun:
    """Begin a story; at the pace ``instant`` it is over at once.

    Raises `UsageError` for a locale that nobody knows and a dialogue that there is not, and
    `MissingExtraError` for a locale that needs an extra.
    """
    rng = transaction.rng if plot.seed is None else source("story", plot.seed)
    personas = Personas.load(plot.locale)
    persona, agent = personas.pick_two(rng)
    dialogue = pick(rng, plot.dialogues(personas.locale))
    if plot.story in ("voice", "email"):
        channel = await native_channel(transaction.session, plot.story)
    else:
        channel = await custom_channel(transaction)
    profile: dict[str, Any] = {} if plot.story == "voice" else persona.profile()
    known = before_learning(EndUser("", 0, 0, language=personas.language, **profile), dialogue)
    user = await add_end_user(transaction, **{name: getattr(known, name) for name in ("language", *profile)})
    conversation = await open_conversation(transaction, channel, user.id, {})
    words = Words(rng, personas.locale, end_user=persona, agent=agent)
    actions = course(dialogue, words, channel.modality, rng=rng, profile=usual())
    await follow(transaction, conversation, actions, agent)
    return Begun(conversation, dialogue)


async def follow(
    transaction: Transaction,
    conversation: Conversation,
    actions: Iterable[tuple[int, Action]],
    agent: Persona,
) -> None:
    """Have actions happen from now on, after the script's greeting: each in its time, or all at once."""
    first = greeting(transaction, conversation)
    timed = [] if first is None else [first]
    timed += [(pause, _step(action, agent)) for pause, action in actions]
    if transaction.context.pace == "natural":
        await plan(transaction, conversation, in_turn(transaction.at, timed), story=True)
        return
    for _, step in timed:
        await perform_action(transaction, conversation, step)


def _step(action: Action, agent: Persona) -> dict[str, Any]:
    """An action as data."""
    match action:
        case Turn() as turn:
            said = {name: value for name, value in turn._asdict().items() if value and name != "learns"}
            step = {"kind": "speak", "turn": said}
            if turn.by == "human_agent":
                step["author"] = {"avatar": agent.avatar, "display_name": agent.display_name}
            return step
        case Learn(members):
            return {"kind": "learn", "members": dict(members)}
        case HandOver(integration):
            return {"kind": "hand_over", "integration": integration}
        case HandBack():
            return {"kind": "hand_back"}
        case Close(by):
            return {"kind": "close", "by": by}
    return {"kind": "survey"}


async def perform_action(transaction: Transaction, conversation: Conversation, step: dict[str, Any]) -> None:
    """Do what a step of a story says."""
    match step["kind"]:
        case "speak":
            author = await _author(transaction, conversation, step)
            await say(transaction, conversation, author, await _content(transaction, conversation, step))
        case "learn":
            user = await _end_user(transaction, conversation, lock=True)
            await change_end_user(transaction, user, **learnt(user.value, step["members"]))
        case "hand_over":
            hand_off(transaction, conversation, step["integration"])
        case "hand_back":
            await end_handoff(transaction, conversation)
        case "close":
            await end(transaction, conversation, by=step["by"], survey=False)
        case "survey":
            await send_survey(transaction, conversation)
        case _:
            await perform_reply(transaction, conversation, step)


async def _content(
    transaction: Transaction, conversation: Conversation, step: dict[str, Any]
) -> dict[str, Any]:
    """The content of a message; a file can be downloaded, at an address as long as Ada's."""
    turn = Turn(**step["turn"])
    content = content_of(turn, transaction.rng, transaction.at)
    if turn.file:
        attachment = await add_attachment(
            transaction,
            conversation,
            filename=turn.file,
            mime_type=turn.mime_type,
            content=sample_file(turn.mime_type, turn.file),
        )
        origin = conversation.origin or transaction.context.base_url
        query = urlsplit(content["url"]).query
        content["url"] = await address(transaction, attachment, origin, query=query)
    return content


async def _author(transaction: Transaction, conversation: Conversation, step: dict[str, Any]) -> Author:
    match step["turn"]["by"]:
        case "end_user":
            return speaker((await _end_user(transaction, conversation)).value)
        case "human_agent":
            return Author("human_agent", None, **step["author"])
    return ai_agent(transaction)


async def _end_user(
    transaction: Transaction, conversation: Conversation, *, lock: bool = False
) -> StoredEndUser:
    user = await find(transaction.session, StoredEndUser, conversation.end_user_id, lock=lock)
    assert user is not None  # noqa: S101 - end users are deleted with their conversations
    return user
