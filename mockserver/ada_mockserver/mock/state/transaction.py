"""A transaction of the mock: it stores a change of state and the events of the change together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ada_mockserver.events.payload import encode
from ada_mockserver.events.sampling import as_documented
from ada_mockserver.mock.outbox.publish import publish_all
from ada_mockserver.mock.script import DEFAULT_SCRIPT
from ada_schemas.contract.contract import Contract, shipped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from random import Random

    from sqlalchemy.ext.asyncio import AsyncSession

    from ada_mockserver.clock import Clock
    from ada_mockserver.events.payload import Payload
    from ada_mockserver.mock.script import Pace, Script
    from ada_mockserver.mock.store.base import Base
    from ada_mockserver.mock.store.database import Database

__all__ = ["MockContext", "Transaction"]


@dataclass(frozen=True, slots=True)
class MockContext:
    """The surroundings of every transaction: database, clock, chance, the AI Agent's script, the contract.

    ``pace`` is how long agents take where the script names no delay, and how long a story takes.
    ``domain`` is the host of the AI Agent that events name; ``base_url`` is where the mock is reached, for
    addresses that it hands out in events. ``contract_directory`` names the directory of ``contract`` in
    commands.
    """

    database: Database
    clock: Clock
    rng: Random = field(repr=False)
    domain: str = "mock.ada.support"
    script: Script = DEFAULT_SCRIPT
    pace: Pace = "instant"
    base_url: str = "http://127.0.0.1"
    contract: Contract = field(default_factory=shipped, repr=False)
    contract_directory: str | None = None

    @property
    def takes_time(self) -> bool:
        """True where agents take the time that people take for a message, and for what else they do."""
        return self.script.delay is None and self.pace == "natural"

    @asynccontextmanager
    async def begin(self, *, alone: bool = False) -> AsyncIterator[Transaction]:
        """A transaction; all that it stores is stored together when the block ends, or not at all.

        See `Database.begin` for one that is ``alone``.
        """
        async with self.database.begin(alone=alone) as session:
            yield Transaction(self, session, self.clock.now())


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction under way at the time ``now`` (Unix seconds)."""

    context: MockContext
    session: AsyncSession
    now: float

    @property
    def at(self) -> int:
        """The time of the transaction in Unix milliseconds."""
        return int(self.now * 1000)

    @property
    def rng(self) -> Random:
        """The source that ids are drawn from."""
        return self.context.rng

    async def add(self, thing: Base) -> None:
        """Store something new now, so that what refers to it can follow."""
        self.session.add(thing)
        await self.session.flush()

    async def emit(self, payload: Payload, channels: Sequence[str] = ()) -> str | None:
        """Store an event with its channel tags, as the contract has it; none that the contract has not.

        Returns its ``svix-id``.
        """
        return next(iter(await self.emit_all(payload["type"], [payload], channels)), None)

    async def emit_all(
        self, event_type: str, payloads: Iterable[Payload], channels: Sequence[str] = ()
    ) -> list[str]:
        """Store events of one type, each as `emit` does; returns their ``svix-id``s."""
        contract = self.context.contract
        if event_type not in contract.by_type:
            return []
        if contract.is_ada and contract is not shipped():
            payloads = [as_documented(payload, contract) for payload in payloads]
        return await publish_all(
            self.session,
            event_type=event_type,
            bodies=map(encode, payloads),
            channels=channels,
            now=self.now,
        )
