"""What processes that share an outbox agree on: the time, and the chaos."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from ada_mockserver.clock import Line, SteeredClock
from ada_mockserver.delivery.chaos import CALM, Chaos, parse_rules
from ada_mockserver.mock.store.delivery_tables import attempts, events, settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.chaos import ChaosRule

__all__ = ["adopt_time", "load_settings", "restart_chaos", "store_chaos", "store_time"]

_CLOCK, _CHAOS = "clock", "chaos"


async def load_settings(connection: AsyncConnection, clock: Clock) -> Chaos:
    """The chaos in force; ``clock`` is set to the time that the processes agree on."""
    rows = (await connection.execute(select(settings))).all()
    stored: dict[str, Any] = {row.name: row.value for row in rows}
    if _CLOCK in stored and isinstance(clock, SteeredClock):
        clock.follow(Line(**stored[_CLOCK]))
    if _CHAOS not in stored:
        return CALM
    chaos = stored[_CHAOS]
    return Chaos(_rules(chaos["rules"]), chaos["seed"], chaos["base"])


@lru_cache(maxsize=8)
def _rules(text: str) -> tuple[ChaosRule, ...]:
    return parse_rules(text)


async def store_chaos(connection: AsyncConnection, rules: tuple[ChaosRule, ...], seed: int) -> Chaos:
    """Put rules in force; events are counted from the next one that is published."""
    newest = (await connection.execute(select(func.max(events.c.ordinal)))).scalar_one()
    chaos = Chaos(rules, seed, newest or 0)
    await _store(connection, _CHAOS, {"rules": chaos.text, "seed": chaos.seed, "base": chaos.base})
    return chaos


async def restart_chaos(connection: AsyncConnection) -> None:
    """Count events for chaos from the beginning again, now that there are none."""
    chaos = await _stored(connection, _CHAOS)
    if chaos is not None:
        await _store(connection, _CHAOS, chaos | {"base": 0})


async def store_time(connection: AsyncConnection, line: Line) -> None:
    """Have all processes go by ``line`` from now on."""
    await _store(connection, _CLOCK, asdict(line))


async def adopt_time(connection: AsyncConnection, clock: SteeredClock, *, alone: bool) -> None:
    """Set a clock that begins anew to the time at which the outbox is.

    Where other processes may go by the stored time, so does this one. Where this one is ``alone``, or runs at
    another rate, time goes on from the last that is known of, and not faster than the machine's meanwhile.
    """
    stored = await _stored(connection, _CLOCK)
    rate = clock.line.rate
    if stored is not None:
        line = Line(**stored)
        if not alone and line.rate == rate:
            clock.follow(line)
            return
        machine = clock.base.now()
        known = [
            (await connection.execute(select(func.max(column)))).scalar_one() or 0.0
            for column in (events.c.created_at, attempts.c.started_at, attempts.c.finished_at)
        ]
        clock.follow(Line(machine, max(Line(line.base, line.now, 1.0).at(machine), *known), rate))
    await store_time(connection, clock.line)


async def _stored(connection: AsyncConnection, name: str) -> dict[str, Any] | None:
    statement = select(settings.c.value).where(settings.c.name == name)
    value: dict[str, Any] | None = (await connection.execute(statement)).scalar_one_or_none()
    return value


async def _store(connection: AsyncConnection, name: str, value: dict[str, Any]) -> None:
    await connection.execute(delete(settings).where(settings.c.name == name))
    await connection.execute(insert(settings).values(name=name, value=value))
