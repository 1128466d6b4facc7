"""Settings that processes which share an outbox agree on: the time, the chaos, and whose events they are."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ada_mockserver.clock import Line, SteeredClock
from ada_mockserver.delivery.chaos import CALM, Chaos, parse_rules
from ada_mockserver.mock.store.models import Event, LoggedAttempt, Setting
from ada_schemas.contract.contract import ada_profile
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.chaos import ChaosRule
    from ada_schemas.contract.contract import Contract

__all__ = ["adopt_provider", "adopt_time", "load_settings", "restart_chaos", "store_chaos", "store_time"]

_CLOCK, _CHAOS, _PROVIDER = "clock", "chaos", "provider"


async def load_settings(session: AsyncSession, clock: Clock, contract: Contract | None = None) -> Chaos:
    """The chaos in force, its rules those of ``contract``; ``clock`` is set to the time that is agreed on."""
    stored = {setting.name: setting.value for setting in await session.scalars(select(Setting))}
    if _CLOCK in stored and isinstance(clock, SteeredClock):
        clock.line = Line(**stored[_CLOCK])
    if _CHAOS not in stored:
        return CALM
    chaos = stored[_CHAOS]
    return Chaos(_rules(chaos["rules"], contract), chaos["seed"], chaos["base"])


@lru_cache(maxsize=8)
def _rules(text: str, contract: Contract | None) -> tuple[ChaosRule, ...]:
    return parse_rules(text, contract)


async def store_chaos(session: AsyncSession, rules: tuple[ChaosRule, ...], seed: int) -> Chaos:
    """Put rules in force; events are counted from the next one that is published."""
    newest = await session.scalar(select(func.max(Event.ordinal)))
    chaos = Chaos(rules, seed, newest or 0)
    await _store(session, _CHAOS, {"rules": chaos.text, "seed": chaos.seed, "base": chaos.base})
    return chaos


async def restart_chaos(session: AsyncSession) -> None:
    """Count events for chaos from the beginning again, now that there are none."""
    chaos = await _stored(session, _CHAOS)
    if chaos is not None:
        await _store(session, _CHAOS, chaos | {"base": 0})


async def store_time(session: AsyncSession, line: Line) -> None:
    """Have all processes go by ``line`` from now on."""
    await _store(session, _CLOCK, asdict(line))


async def adopt_time(session: AsyncSession, clock: SteeredClock, *, alone: bool) -> None:
    """Set a clock that begins anew to the time at which the outbox is.

    Where other processes may go by the stored time, so does this one. Where this one is ``alone``, or runs at
    another rate, time goes on from the last that is known of, and not faster than the machine's meanwhile.
    """
    stored = await _stored(session, _CLOCK)
    rate = clock.line.rate
    if stored is not None:
        line = Line(**stored)
        if not alone and line.rate == rate:
            clock.line = line
            return
        machine = clock.base.now()
        known = [
            await session.scalar(select(func.max(column))) or 0.0
            for column in (Event.created_at, LoggedAttempt.started_at, LoggedAttempt.finished_at)
        ]
        clock.line = Line(machine, max(Line(line.base, line.now, 1.0).at(machine), *known), rate)
    await store_time(session, clock.line)


async def adopt_provider(session: AsyncSession, contract: Contract, *, is_new: bool) -> None:
    """Keep a database for the events of one provider, since another's would be signed as they are not.

    One that ``is_new`` becomes that of the contract's provider; one that names none is Ada's. Raises
    `UsageError` where it is another's.
    """
    ada, mine = ada_profile(), contract.profile
    stored = await _stored(session, _PROVIDER)
    if stored is None and is_new and not contract.is_ada:
        await _store(session, _PROVIDER, {"namespace": mine.namespace, "name": mine.provider})
        return
    owner = stored or {"namespace": ada.namespace, "name": ada.provider}
    if owner["namespace"] != mine.namespace and not (is_new and stored is None):
        raise UsageError(
            f"The database holds events of {owner['name']}, and the contract is that of {mine.provider}.",
            next_step="Name another database.",
        )


async def _stored(session: AsyncSession, name: str) -> dict[str, Any] | None:
    setting = await session.get(Setting, name)
    return None if setting is None else setting.value


async def _store(session: AsyncSession, name: str, value: dict[str, Any]) -> None:
    await session.merge(Setting(name=name, value=value))
