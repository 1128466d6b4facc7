"""A conversation as the console shows it: what was said and what happened, in order, and what is to come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import func, select

from ada_mockserver.mock.console.conversation_list import ROLES
from ada_mockserver.mock.console.event_list import deliveries_of, one_line
from ada_mockserver.mock.state.planned import Step
from ada_mockserver.mock.store.models import ConversationFact, Message, PlannedSteps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.mock.console.event_list import ListedDelivery
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["SHOWN", "Entry", "Expected", "Transcript", "read_transcript"]

SHOWN = 200
"""Messages that come at a time."""

MOST_SHOWN = 600
"""Messages that a page holds which follows a conversation; of more the newest."""

LONGEST_TEXT = 4000
"""Characters of a text that are shown; its event has all of them."""

MOST_EXPECTED = 5
"""Planned steps that are shown, the first."""

_FACTS = {
    "begun": "The conversation began",
    "handed-off": "Handed off to {}",
    "handoff-failed": "The handoff to {} failed: the AI Agent goes on",
    "handoff-ended": "The handoff to {} ended: the AI Agent goes on",
    "ended": "Ended by {}",
}
_EVENTS = {
    "begun": "conversation.created",
    "handoff-ended": "conversation.handoff.ended",
    "ended": "conversation.ended",
}
_ENDERS = {"end_user": "the end user", "human_agent": "the human agent", "system": "the system"}
_EXPECTED = {
    "reply": ("AI Agent", "answers"),
    "greeting": ("AI Agent", "greets"),
    "handoff_failed": ("AI Agent", "says that nobody could be reached"),
    "human": ("Human agent", "answers"),
    "hand_back": ("Human agent", "hands back"),
    "hand_over": ("AI Agent", "hands off"),
    "survey": ("AI Agent", "sends the survey"),
    "learn": ("Profile", "changes"),
    "close": ("Conversation", "ends"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A message or a fact of a conversation, at a time in Unix milliseconds.

    ``kind`` is ``text``, ``link``, ``file``, or ``fact``, whose ``text`` says what happened. ``role`` is that
    of the author as on the wire, ``who`` what people call that. ``left_out`` counts the characters that
    follow ``text``; ``href`` is where a link or a file leads, "" for an address that is none; ``event`` is
    the type of its event without the version.
    """

    key: str
    at: int
    kind: str
    text: str
    role: str = ""
    who: str = ""
    name: str = ""
    url: str = ""
    href: str = ""
    mime_type: str = ""
    left_out: int = 0
    event: str = "conversation.message"
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A planned step: somebody does something at a time in Unix seconds."""

    who: str
    what: str
    at: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """Entries in order, with the ``deliveries`` of their events by the events' ids, and what is to come.

    ``start`` is the ordinal of a message, ``earlier`` counts those before it, and ``left_out`` those from it
    on that are too many.
    """

    entries: Sequence[Entry]
    deliveries: Mapping[str, Sequence[ListedDelivery]]
    expected: Sequence[Expected]
    start: int
    earlier: int
    left_out: int

    @property
    def stamp(self) -> str:
        """A text that differs once anything in it has changed."""
        return hashlib.sha256(repr(self).encode("utf-8", "replace")).hexdigest()[:16]


async def read_transcript(
    session: AsyncSession, conversation: Conversation, *, before: int | None = None, since: int | None = None
) -> Transcript:
    """The newest messages, or those ``before`` the message of that ordinal, with the facts among them.

    With ``since`` those from the message of that ordinal on, as far as there are not too many.
    """
    mine = Message.conversation_id == conversation.id
    statement = select(Message).where(mine).order_by(Message.ordinal.desc())
    if before is not None:
        statement = statement.where(Message.ordinal < before)
    if since is not None:
        statement = statement.where(Message.ordinal >= since)
    statement = statement.limit(SHOWN if since is None else MOST_SHOWN)
    messages = (await session.scalars(statement)).all()[::-1]
    first = messages[0].ordinal if messages else 0
    start = first if since is None else since

    async def count(*where: ColumnElement[bool]) -> int:
        return await session.scalar(select(func.count(Message.ordinal)).where(mine, *where)) or 0

    earlier = await count(Message.ordinal < start)
    left_out = await count(Message.ordinal >= start, Message.ordinal < first)
    until = None
    if before is not None:
        until = await session.scalar(select(Message.created_at).where(mine, Message.ordinal == before))
    facts = await _facts(session, conversation, messages[0].created_at if earlier + left_out else None, until)
    entries = sorted((*map(_said, messages), *map(_happened, facts)), key=attrgetter("at"))
    return Transcript(
        entries,
        await deliveries_of(session, [entry.event_id for entry in entries if entry.event_id is not None]),
        await _expected(session, conversation) if before is None else (),
        start,
        earlier,
        left_out,
    )


async def _facts(
    session: AsyncSession, conversation: Conversation, after: int | None, until: int | None
) -> Sequence[ConversationFact]:
    """The facts from the message at one time, if any, until that at another."""
    statement = select(ConversationFact).where(ConversationFact.conversation_id == conversation.id)
    if after is not None:
        statement = statement.where(ConversationFact.at >= after)
    if until is not None:
        statement = statement.where(ConversationFact.at < until)
    return (await session.scalars(statement.order_by(ConversationFact.ordinal))).all()


async def _expected(session: AsyncSession, conversation: Conversation) -> list[Expected]:
    """The steps that are planned, as far as they will be taken as things are now."""
    statement = (
        select(PlannedSteps)
        .where(
            PlannedSteps.conversation_id == conversation.id,
            PlannedSteps.handoff_count == conversation.handoff_count,
        )
        .order_by(PlannedSteps.due_at, PlannedSteps.ordinal)
        .limit(MOST_EXPECTED)
    )
    steps = [Step(*step) for planned in await session.scalars(statement) for step in planned.steps]
    taken = [step for step in steps if step.what["kind"] == "survey" or not conversation.ended]
    return [_to_come(step) for step in sorted(taken, key=attrgetter("due_at"))[:MOST_EXPECTED]]


def _to_come(step: Step) -> Expected:
    what = step.what
    if what["kind"] == "speak":
        who, does = ROLES[what["turn"]["by"]], "writes"
    else:
        who, does = _EXPECTED.get(what["kind"], ("Conversation", "goes on"))
    return Expected(who, does, step.due_at / 1000)


def _happened(fact: ConversationFact) -> Entry:
    who = _ENDERS.get(fact.who or "", fact.who or "nobody")
    text = _FACTS.get(fact.kind, fact.kind).format(who)
    event = _EVENTS.get(fact.kind, "")
    return Entry(f"f-{fact.ordinal}", fact.at, "fact", text, event=event, event_id=fact.event_id)


def _said(message: Message) -> Entry:
    author, content = message.data["author"], message.data["content"]
    url = str(content.get("url") or "")
    text = str(content.get("body") or content.get("filename") or content.get("link_text") or "")
    return Entry(
        f"m-{message.ordinal}",
        message.created_at,
        content["type"],
        text[:LONGEST_TEXT],
        role=author["role"],
        who=ROLES.get(author["role"], author["role"]),
        name=one_line(author.get("display_name") or ""),
        url=url[:LONGEST_TEXT],
        href=_address(url),
        mime_type=one_line(content.get("mime_type") or ""),
        left_out=max(0, len(text) - LONGEST_TEXT),
        event_id=message.event_id,
    )


def _address(url: str) -> str:
    """A URL of a message where a browser may be led, "" for another: clients write what they like."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc and len(url) <= LONGEST_TEXT else ""
