"""The events as the console lists them: filtered, the newest first, each with what came of its deliveries."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import and_, exists, or_, select

from ada_mockserver.mock.store.base import is_id
from ada_mockserver.mock.store.models import Delivery, Endpoint, Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import InstrumentedAttribute

    from ada_mockserver.mock.store.base import Identified

__all__ = [
    "STATES",
    "EventFilters",
    "Filters",
    "ListedDelivery",
    "ListedEvent",
    "conversation_in",
    "deliveries_of",
    "holds_text",
    "list_events",
    "one_line",
    "placed",
    "summary",
]

STATES = ("delivered", "pending", "failed", "unsent")
"""The states of an event: all deliveries succeeded, one is still to come, one failed, nobody subscribed."""

LONGEST_SUMMARY = 160
_OPENING = 2000
"""Characters of a text that are read for its summary."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which rows of a list to show; "" lets everything through.

    ``type`` is as on the wire; ``endpoint`` and ``conversation`` are ids; ``text`` is found in payloads and
    ids, in any letter case of ASCII. ``before`` and ``after`` are ordinals; with ``after`` the rows of these
    ``ids`` are listed, too.
    """

    type: str = ""
    endpoint: str = ""
    conversation: str = ""
    text: str = ""
    before: int | None = None
    after: int | None = None
    ids: Sequence[str] = ()

    def of_the_payload(self, session: AsyncSession) -> Iterator[ColumnElement[bool]]:
        """The conditions on the event that a row is about."""
        if self.type:
            yield Event.type == self.type
        if self.conversation:
            yield holds_text(session, self.conversation)
        if self.text:
            yield or_(holds_text(session, self.text), *(column == self.text for column in self._named()))

    def _named(self) -> Sequence[InstrumentedAttribute[str]]:
        return (Event.id,)


@dataclass(frozen=True, kw_only=True)
class EventFilters(Filters):
    """Which events to list: `Filters`, and ``state``, one of `STATES`, of the deliveries to ``endpoint``."""

    state: str = ""


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """How far an event is to one endpoint; ``answer`` is the last status or kind of error, "" for none."""

    endpoint_id: str
    url: str
    state: str
    attempts: int
    answer: str
    due_at: float | None


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event in the list; ``at`` is when it was stored (Unix seconds), ``state`` one of `STATES`."""

    ordinal: int
    id: str
    type: str
    at: float
    summary: str
    conversation: str
    deliveries: list[ListedDelivery] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The type without the version before it."""
        return self.type.removeprefix("v1.")

    @property
    def state(self) -> str:
        """The state of its deliveries together."""
        states = {each.state for each in self.deliveries}
        return next((state for state in ("failed", "pending", "delivered") if state in states), "unsent")

    @property
    def again_at(self) -> float | None:
        """When a delivery that failed is tried again next."""
        again = [each.due_at for each in self.deliveries if each.state == "pending" and each.answer]
        return min((at for at in again if at is not None), default=None)


async def list_events(session: AsyncSession, filters: EventFilters, *, limit: int) -> list[ListedEvent]:
    """The events that the filters let through, the newest first."""
    statement = (
        select(Event).where(*_conditions(session, filters)).order_by(Event.ordinal.desc()).limit(limit)
    )
    events = [_listed(event) for event in await session.scalars(statement)]
    deliveries = await deliveries_of(session, [event.id for event in events])
    for event in events:
        event.deliveries.extend(deliveries.get(event.id, ()))
    return events


def placed(filters: Filters, kind: type[Identified]) -> Iterator[ColumnElement[bool]]:
    """The conditions on where a row of this kind stands in its list."""
    if filters.before is not None:
        yield kind.ordinal < filters.before
    if filters.after is not None:
        yield or_(kind.ordinal > filters.after, kind.id.in_(filters.ids))


def holds_text(session: AsyncSession, text: str) -> ColumnElement[bool]:
    """The condition that an event's payload holds a text, as JSON writes it."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    escaped = written.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    if session.get_bind().dialect.name == "sqlite":
        body: ColumnElement[str] = sa.cast(Event.body, sa.Text)
    else:
        body = sa.func.convert_from(Event.body, "UTF8")
    return body.ilike(f"%{escaped}%", escape="!")


def summary(payload: Any, event_type: str = "") -> str:
    """A line about an event: what was said, else the members of its data that tell it from others.

    They are members of the payload itself where it has no data; its type is not among them.
    """
    data = payload.get("data", payload) if isinstance(payload, dict) else None
    if not isinstance(data, dict):
        return one_line(json.dumps(payload, ensure_ascii=False))
    content = data.get("content")
    if isinstance(content, dict):
        said = (
            content.get("body") or content.get("link_text") or content.get("filename") or content.get("url")
        )
        author = data.get("author")
        who = author.get("role", "") if isinstance(author, dict) else ""
        return one_line(f"{str(who).replace('_', ' ')}: {said if said is not None else json.dumps(content)}")
    others = {name: value for name, value in data.items() if value != event_type}
    told = " · ".join(_telling(others)) or " · ".join(
        f"{k} {v}" for k, v in others.items() if isinstance(v, str)
    )
    return one_line(told or json.dumps(others, ensure_ascii=False))


def _telling(data: dict[str, Any]) -> Iterator[str]:
    """The short texts of an event's data, without ids and times, of the nested ones their role or name."""
    for name, value in data.items():
        if name.endswith(("_at", "_domain", "timestamp", "_ip", "_user_agent")):
            continue
        if isinstance(value, str) and (not name.endswith("id") or name == "external_id"):
            yield f"{name.replace('_', ' ')} {value}"
        elif isinstance(value, dict):
            inner = next((value[each] for each in ("role", "display_name", "name") if value.get(each)), None)
            if isinstance(inner, str):
                yield f"{name.replace('_', ' ')} {inner}"


def one_line(text: str) -> str:
    """The beginning of a text, in a line."""
    line = " ".join(text[:_OPENING].split())
    return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1]}…"


def conversation_in(body: bytes) -> str:
    """The id of the conversation that an event is about, "" for none, and for what cannot be an id here."""
    found = _conversation(_payload(body))
    return found if is_id(found) else ""


def _payload(body: bytes) -> Any:
    """The payload of a body, or the beginning of its text where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:_OPENING].decode("utf-8", "replace")


def _conversation(payload: Any) -> str:
    data = payload.get("data") if isinstance(payload, dict) else None
    conversation = data.get("conversation_id") if isinstance(data, dict) else None
    return conversation if isinstance(conversation, str) else ""


def _listed(event: Event) -> ListedEvent:
    payload = _payload(event.body)
    said = summary(payload, event.type)
    return ListedEvent(event.ordinal, event.id, event.type, event.created_at, said, _conversation(payload))


def _conditions(session: AsyncSession, filters: EventFilters) -> Iterable[ColumnElement[bool]]:
    yield from filters.of_the_payload(session)
    yield from placed(filters, Event)
    mine = and_(
        Delivery.event_id == Event.id,
        Delivery.endpoint_id == filters.endpoint if filters.endpoint else sa.true(),
    )
    if filters.state == "unsent":
        yield ~exists().where(mine)
    elif filters.state == "delivered":
        yield exists().where(mine)
        yield ~exists().where(mine, Delivery.state != "delivered")
    elif filters.state == "pending":
        yield exists().where(mine, Delivery.state == "pending")
        yield ~exists().where(mine, Delivery.state == "failed")
    elif filters.state:
        yield exists().where(mine, Delivery.state == filters.state)
    if filters.endpoint and filters.state != "unsent":
        yield exists().where(mine)


async def deliveries_of(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[ListedDelivery]]:
    """The deliveries of events, by the events' ids."""
    answers = await _last_answers(session, ids)
    statement = (
        select(Delivery, Endpoint.url)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.event_id.in_(ids))
        .order_by(Delivery.ordinal)
    )
    found: defaultdict[str, list[ListedDelivery]] = defaultdict(list)
    for delivery, url in await session.execute(statement):
        answer = answers.get(delivery.ordinal, "")
        found[delivery.event_id].append(
            ListedDelivery(
                delivery.endpoint_id, url, delivery.state, delivery.attempts, answer, delivery.due_at
            )
        )
    return found


async def _last_answers(session: AsyncSession, ids: Sequence[str]) -> dict[int, str]:
    """The answer to the last attempt that ended, by the ordinal of its delivery."""
    statement = (
        select(LoggedAttempt.delivery, LoggedAttempt.status, LoggedAttempt.error_kind)
        .where(LoggedAttempt.event_id.in_(ids), LoggedAttempt.state.in_(("succeeded", "failed")))
        .order_by(LoggedAttempt.ordinal)
    )
    return {row.delivery: str(row.status or row.error_kind or "") for row in await session.execute(statement)}
