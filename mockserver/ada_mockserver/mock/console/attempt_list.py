"""The attempts as the console lists them: filtered, the newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, false, func, or_, select

from ada_mockserver.mock.console.event_list import holds_text
from ada_mockserver.mock.store.models import Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["AttemptFilters", "ListedAttempt", "list_attempt_rows"]


@dataclass(frozen=True, slots=True)
class AttemptFilters:
    """Which attempts to list; "" lets everything through.

    ``answer`` is a status, a class of them (``5xx``), a kind of error or a state; the others are as those of
    `ada_mockserver.mock.console.event_list.EventFilters`, ``ids`` are those of attempts.
    """

    type: str = ""
    answer: str = ""
    endpoint: str = ""
    conversation: str = ""
    text: str = ""
    before: int | None = None
    after: int | None = None
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ListedAttempt:
    """An attempt in the list; ``answer`` is its status or kind of error, "" for none.

    ``at`` is when it began (Unix seconds), ``elapsed`` how many seconds it took.
    """

    ordinal: int
    id: str
    event_id: str
    type: str
    at: float
    url: str
    state: str
    answer: str
    number: int
    trigger: str
    chaos: tuple[str, ...]
    elapsed: float | None

    @property
    def name(self) -> str:
        """The type without the version before it."""
        return self.type.removeprefix("v1.")


async def list_attempt_rows(
    session: AsyncSession, filters: AttemptFilters, *, limit: int
) -> list[ListedAttempt]:
    """The attempts that the filters let through, the newest first."""
    kind = LoggedAttempt
    statement = (
        select(
            kind.ordinal,
            kind.id,
            kind.event_id,
            Event.type,
            kind.started_at,
            kind.url,
            kind.state,
            func.coalesce(cast(kind.status, String), kind.error_kind, ""),
            kind.number,
            kind.trigger,
            kind.chaos,
            kind.elapsed,
        )
        .join(Event, Event.id == kind.event_id)
        .where(*_conditions(session, filters))
        .order_by(kind.ordinal.desc())
        .limit(limit)
    )
    return [ListedAttempt(*tuple(row)) for row in await session.execute(statement)]


def _conditions(session: AsyncSession, filters: AttemptFilters) -> Iterable[ColumnElement[bool]]:
    kind = LoggedAttempt
    if filters.type:
        yield Event.type == filters.type
    if filters.endpoint:
        yield kind.endpoint_id == filters.endpoint
    if filters.before is not None:
        yield kind.ordinal < filters.before
    if filters.after is not None:
        yield or_(kind.ordinal > filters.after, kind.id.in_(filters.ids))
    if filters.conversation:
        yield holds_text(session, filters.conversation)
    if filters.text:
        yield or_(holds_text(session, filters.text), kind.event_id == filters.text, kind.id == filters.text)
    if filters.answer:
        yield _answered(filters.answer)


def _answered(answer: str) -> ColumnElement[bool]:
    kind = LoggedAttempt
    if match := re.fullmatch(r"([1-5])xx", answer.lower()):
        first = int(match[1]) * 100
        return kind.status.between(first, first + 99)
    if answer.isascii() and answer.isdecimal():
        return kind.status == int(answer) if len(answer) == 3 else false()
    return or_(kind.error_kind == answer.lower(), kind.state == answer.lower())
