"""The conversations as the console lists them: filtered, those first in which something happened last."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import and_, exists, func, or_, select

from ada_mockserver.mock.console.event_list import one_line
from ada_mockserver.mock.store.models import Conversation, Message, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.events.payload import EndUser

__all__ = [
    "HOLDERS",
    "ROLES",
    "ConversationFilters",
    "ListedConversation",
    "list_conversations",
    "messages_of",
    "name_of",
]

HOLDERS = ("AI Agent", "handoff", "ended")
"""Who may have a conversation: the AI Agent, an integration, nobody any more."""

_SAID = ("content.body", "content.link_text", "content.filename", "author.display_name")
_NAMES = ("display_name", "first_name", "last_name", "email", "external_id")

ROLES = {"end_user": "End user", "ai_agent": "AI Agent", "human_agent": "Human agent"}
"""The roles of authors in words."""


@dataclass(frozen=True, slots=True)
class ConversationFilters:
    """Which conversations to list; "" lets everything through.

    ``text`` is found in messages and in the names of end users, in any letter case of ASCII, or begins an id;
    ``holder`` is one of `HOLDERS`; ``before`` is the `ListedConversation.place` of one.
    """

    text: str = ""
    holder: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class ListedConversation:
    """A conversation in the list; times are Unix seconds, ``said`` is a line of its last message.

    ``holder`` is who has it: the integration of a handoff, else one of `HOLDERS`.
    """

    id: str
    place: str
    name: str
    channel: str
    modality: str
    state: str
    holder: str
    begun_at: float
    at: float
    by: str
    said: str


async def list_conversations(
    session: AsyncSession, filters: ConversationFilters, *, limit: int
) -> list[ListedConversation]:
    """The conversations that the filters let through, so many at most."""
    statement = (
        select(Conversation, StoredEndUser.value)
        .join(StoredEndUser, StoredEndUser.id == Conversation.end_user_id)
        .where(*_conditions(session, filters))
        .order_by(Conversation.last_at.desc(), Conversation.ordinal.desc())
        .limit(limit)
    )
    rows = (await session.execute(statement)).all()
    ids = [conversation.id for conversation, _ in rows]
    first, last = await messages_of(session, ids, func.min), await messages_of(session, ids, func.max)
    return [
        _listed(conversation, name_of(user, first.get(conversation.id)), last.get(conversation.id))
        for conversation, user in rows
    ]


def name_of(user: EndUser, first: dict[str, Any] | None) -> str:
    """The name of an end user, in a line.

    It is the name in the profile, else in the ``first`` message: clients say it there alone. Where there is
    none, it is the end of the id.
    """
    names = " ".join(filter(None, (user.first_name, user.last_name)))
    said = first["author"].get("display_name") if first and first["author"]["role"] == "end_user" else ""
    return one_line(user.display_name or names or said or user.email or "") or f"End user …{user.id[-6:]}"


def _listed(conversation: Conversation, name: str, last: dict[str, Any] | None) -> ListedConversation:
    state = "ended" if conversation.ended else "handoff" if conversation.handoff else "AI Agent"
    content = last["content"] if last else {}
    said = content.get("body") or content.get("link_text") or content.get("filename") or content.get("url")
    return ListedConversation(
        id=conversation.id,
        place=f"{conversation.last_at}.{conversation.ordinal}",
        name=name,
        channel=conversation.channel.name,
        modality=conversation.channel.modality,
        state=state,
        holder=state if conversation.handoff is None else conversation.handoff,
        begun_at=conversation.created_at / 1000,
        at=conversation.last_at / 1000,
        by=ROLES.get(last["author"]["role"], last["author"]["role"]) if last else "",
        said=one_line(said or ""),
    )


async def messages_of(
    session: AsyncSession, ids: Sequence[str], which: Callable[..., Any] = func.max
) -> dict[str, dict[str, Any]]:
    """The last message of each conversation, or the first with ``func.min``, by the conversations' ids."""
    chosen = (
        select(which(Message.ordinal))
        .where(Message.conversation_id.in_(ids))
        .group_by(Message.conversation_id)
    )
    statement = select(Message.conversation_id, Message.data).where(Message.ordinal.in_(chosen))
    return {row.conversation_id: row.data for row in await session.execute(statement)}


def _conditions(session: AsyncSession, filters: ConversationFilters) -> Iterable[ColumnElement[bool]]:
    if filters.holder == "ended":
        yield Conversation.ended.is_(True)
    elif filters.holder:
        yield Conversation.ended.is_(False)
        agent = Conversation.handoff.is_(None)
        yield agent if filters.holder == "AI Agent" else ~agent
    if place := re.fullmatch(r"([0-9]{1,15})\.([0-9]{1,15})", filters.before):
        last_at, ordinal = map(int, place.groups())
        yield or_(
            Conversation.last_at < last_at,
            and_(Conversation.last_at == last_at, Conversation.ordinal < ordinal),
        )
    if filters.text:
        said = exists().where(
            Message.conversation_id == Conversation.id, _holds(session, Message.data, filters.text, *_SAID)
        )
        begins = Conversation.id.startswith(filters.text, autoescape=True)
        yield or_(begins, _holds(session, StoredEndUser.value, filters.text, *_NAMES), said)


def _holds(session: AsyncSession, column: Any, text: str, *paths: str) -> ColumnElement[bool]:
    """The condition that one of these members of a JSON column holds a text.

    PostgreSQL cannot look into JSON that has a NUL somewhere: there the column holds it anywhere.
    """
    if session.get_bind().dialect.name == "sqlite":
        members = (func.json_extract(column, f"$.{path}") for path in paths)
        return or_(*(sa.cast(member, sa.Text).icontains(text, autoescape=True) for member in members))
    return sa.cast(column, sa.Text).icontains(json.dumps(text)[1:-1], autoescape=True)
