"""The data export: the conversations and messages of a window of time, in order, as Ada's records of them."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ada_mockserver.events.payload import member_time
from ada_mockserver.mock.api.errors import refused
from ada_mockserver.mock.store.models import Conversation, Message, StoredEndUser

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row, SQLColumnExpression
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.events.payload import EndUser
    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS"]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000
_USUAL_DAYS, _MOST_DAYS, _KEPT_DAYS = 7, 60, 366
"""Days of a window unless its end is given, and at most; days for which records can be had."""
_PROFILE = ("first_name", "last_name", "display_name", "avatar", "email", "language")
_PLATFORMS = {"messaging": "chat"}
"""What an export calls Ada's own channels, where that is not their modality."""

_ALSO = {"created": "updated_to", "updated": "created_to"}
"""The bound of the other time, which may be given too."""
_CREATED = Conversation.created_at
_UPDATED = sa.case(
    (Conversation.last_at > Conversation.updated_at, Conversation.last_at), else_=Conversation.updated_at
)


class _Window(NamedTuple):
    """The times of the records: from ``since`` up to, not including, ``to``; in Unix milliseconds."""

    name: str
    since: int
    to: int


async def _conversations(call: Call) -> dict[str, Any]:
    given = [name for name in ("created", "updated") if f"{name}_since" in call.query]
    if not given:
        raise refused("$.created_since", "is required, unless updated_since is given", "query")
    if len(given) == 2:
        raise refused("$.updated_since", "goes not with created_since", "query")
    at, also = (_CREATED, _UPDATED) if given == ["created"] else (_UPDATED, _CREATED)
    window, until = _window(call, given[0]), _moment(call, _ALSO[given[0]])
    statement = sa.select(Conversation, StoredEndUser.value, at.label("at")).join(
        StoredEndUser, StoredEndUser.id == Conversation.end_user_id
    )
    if until is not None:
        statement = statement.where(also < until)
    rows, uri = await _page(call, statement, at, window, Conversation.ordinal)
    said = await _said_in(call.transaction.session, [row[0].id for row in rows])
    return {
        "data": [_conversation(row[0], row[1], said[row[0].id]) for row in rows],
        "meta": {"next_page_uri": uri},
    }


async def _messages(call: Call) -> dict[str, Any]:
    at = Message.created_at
    statement = sa.select(Message, Conversation.end_user_id, at.label("at")).join(
        Conversation, Conversation.id == Message.conversation_id
    )
    if conversation_id := call.query.get("conversation_id"):
        statement = statement.where(Conversation.id == (Conversation.key(conversation_id) or ""))
    rows, uri = await _page(call, statement, at, _window(call, "created"), Message.ordinal)
    return {"data": [_message(row[0], row[1]) for row in rows], "meta": {"next_page_uri": uri}}


def _window(call: Call, name: str) -> _Window:
    since, to = _moment(call, f"{name}_since"), _moment(call, f"{name}_to")
    assert since is not None  # noqa: S101 - it is given
    if to is None:
        to = since + _USUAL_DAYS * _DAY
    if to > since + _MOST_DAYS * _DAY:
        raise refused(f"$.{name}_to", f"must be at most {_MOST_DAYS} days after {name}_since", "query")
    return _Window(name, max(since, call.transaction.at - _KEPT_DAYS * _DAY), to)


def _moment(call: Call, name: str) -> int | None:
    """A time of the query in Unix milliseconds, rounded up: no record is between two of them."""
    text = call.query.get(name)
    if text is None or (not text and name.endswith("_to")):
        return None
    try:
        moment = datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise refused(f"$.{name}", "must be a time in UTC such as 2024-07-01T00:00:00Z", "query")
    return -(-((moment - _EPOCH) // timedelta(microseconds=1)) // 1000)


async def _page(
    call: Call,
    statement: sa.Select[*tuple[Any, ...]],
    at: SQLColumnExpression[int],
    window: _Window,
    ordinal: SQLColumnExpression[int],
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None]:
    """The first rows of the window, and the link to the page that begins at the last one's time, or None.

    So a record of that time comes on both pages. Where a whole page is of the time at which it begins, it
    goes on to the first record after that: the link would lead to the same page again.
    """
    session, size = call.transaction.session, call.query["page_size"]
    statement = statement.where(at >= window.since, at < window.to).order_by(at, ordinal)
    rows = (await session.execute(statement.limit(size + 1))).all()
    if len(rows) > size and rows[size - 1].at == window.since:
        alike = sa.select(sa.func.count()).select_from(statement.where(at == window.since).subquery())
        size = 1 + (await session.scalar(alike) or 0)
        rows = (await session.execute(statement.limit(size + 1))).all()
    if len(rows) <= size:
        return rows, None
    bounds = {f"{window.name}_since": _bound(rows[size - 1].at), f"{window.name}_to": _bound(window.to)}
    url = call.request.url.include_query_params(**bounds)
    return rows[:size], f"{url.path}?{url.query}"


def _bound(at: int) -> str:
    return member_time(at).replace("+00:00", "Z")


class _Said(NamedTuple):
    """A message as far as the record of its conversation tells of it."""

    at: int
    role: str
    name: str | None


async def _said_in(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[_Said]]:
    """The messages of conversations, in order."""
    found: defaultdict[str, list[_Said]] = defaultdict(list)
    columns = sa.select(Message.conversation_id, Message.created_at, Message.data)
    for start in range(0, len(ids), 500):
        chosen = Message.conversation_id.in_(ids[start : start + 500])
        for conversation_id, at, data in await session.execute(
            columns.where(chosen).order_by(Message.ordinal)
        ):
            author = data["author"]
            found[conversation_id].append(_Said(at, author["role"], author["display_name"]))
    return found


def _conversation(conversation: Conversation, end_user: EndUser, said: Sequence[_Said]) -> dict[str, Any]:
    """A conversation as a record; what the mock cannot know is null, or left out where null does not fit."""
    channel, created_at = conversation.channel, conversation.created_at
    human = [each for each in said if each.role == "human_agent"]
    agents = {each.name or "": _agent_id(each.name or "") for each in human}
    profile = {name: getattr(end_user, name) for name in _PROFILE}
    updated = member_time(max(conversation.updated_at, conversation.last_at))
    record = {
        "_id": conversation.id,
        "agent_handle_time": _seconds(each.at for each in human),
        "agent_id": list(agents.values()),
        "agent_name": list(agents),
        "bot_handle_time": _seconds([created_at, *(each.at for each in said if each.role == "ai_agent")]),
        "chatter_id": conversation.end_user_id,
        "classifications": [],
        "csat": {},
        "date_created": member_time(created_at),
        "date_updated": updated,
        "end_user_id": conversation.end_user_id,
        "generated_topic_label": None,
        "generated_topic_v2_desc": None,
        "generated_topic_v2_id": None,
        "generated_topic_v2_parent_id": None,
        "generated_topic_v2_title": None,
        "is_engaged": any(each.role == "end_user" for each in said),
        "is_escalated": conversation.handoff_count > 0,
        "is_test_user": False,
        "metavariables": {
            **{name: value for name, value in profile.items() if value is not None},
            **end_user.metadata,
            **conversation.details,
        },
        "platform": "custom" if channel.custom else _PLATFORMS.get(channel.modality, channel.modality),
        "record_last_updated": updated,
        "used_articles": [],
        "used_coaching": [],
        "used_playbooks": [],
        "variables": {},
    }
    if end_user.language is not None:
        record["language"] = end_user.language
    if human:
        last = human[-1].name or ""
        record |= {"last_agent_id": agents[last], "last_agent_name": last}
    return record


def _seconds(times: Iterable[int]) -> float:
    """From the first to the last of some times in milliseconds."""
    known = list(times)
    return (max(known) - min(known)) / 1000 if known else 0.0


def _agent_id(name: str) -> str:
    """An id for a human agent, of whom the mock knows the name alone."""
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def _message(message: Message, end_user_id: str) -> dict[str, Any]:
    """A message as a record."""
    role, content = message.data["author"]["role"], message.data["content"]
    created = member_time(message.created_at)
    return {
        "_id": message.id,
        "answer_id": None,
        "answer_title": None,
        "chatter_id": end_user_id,
        "conversation_id": message.conversation_id,
        "date_created": created,
        "link_was_clicked": None,
        "message_data": {
            "_type": content["type"],
            "body": content.get("link_text") or content.get("filename") or content.get("body"),
            **{name: value for name, value in content.items() if name != "type"},
            "has_variables": False,
            "reviewable_message": False,
        },
        "recipient": "ada" if role == "end_user" else end_user_id,
        "record_last_updated": created,
        "sender": {"end_user": end_user_id, "ai_agent": "ada"}.get(role, "agent"),
    }


OPERATIONS = {"export-conversations": _conversations, "export-messages": _messages}
