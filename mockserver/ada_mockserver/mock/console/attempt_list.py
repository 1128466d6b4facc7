"""The attempts as the console lists them: filtered, the newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, false, func, or_, select

from ada_mockserver.mock.console.event_list import Filters, placed
from ada_mockserver.mock.store.models import Event, LoggedAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import InstrumentedAttribute

__all__ = ["AttemptFilters", "ListedAttempt", "list_attempt_rows"]


@dataclass(frozen=True, kw_only=True)
class AttemptFilters(Filters):
    """Which attempts to list: `Filters`, and ``answer``: a status, a class of them, an error or a state."""

    answer: str = ""

    def _named(self) -> Sequence[InstrumentedAttribute[str]]:
        return (LoggedAttempt.event_id, LoggedAttempt.id)


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
    yield from filters.of_the_payload(session)
    yield from placed(filters, kind)
    if filters.endpoint:
        yield kind.endpoint_id == filters.endpoint
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
