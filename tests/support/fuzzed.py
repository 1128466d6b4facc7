"""Fuzzed events and sequences, in few words, and a fuzz run against a consumer in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.check import Options, planned, run_cases
from ada_contract_tests.engine.fuzzing import FuzzPlan
from ada_contract_tests.suites.edits import Edit, FuzzedEvent, FuzzedSequence
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.targets.open import Secret
from support.fake_targets import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ada_contract_tests.engine.run_events import RunEvent
    from ada_contract_tests.engine.witness import Witness
    from ada_contract_tests.findings import Report
    from ada_contract_tests.suites.edits import Step
    from support.fake_targets import FakeTarget

__all__ = ["CREATED", "ENDED", "MESSAGE", "body", "fuzz", "message", "sequence"]

CREATED, MESSAGE, ENDED = "conversation.created", "conversation.message", "conversation.ended"


def body(text: str) -> Edit:
    """Another text of a message."""
    return Edit(("data", "content", "body"), "put", text)


def message(*edits: Edit) -> FuzzedEvent:
    """A message with edits, within the contract."""
    return FuzzedEvent(MESSAGE, "documented", edits)


def sequence(*steps: Step) -> FuzzedSequence:
    """A sequence of deliveries."""
    return FuzzedSequence(steps)


def fuzz(
    target: FakeTarget,
    number: int = 20,
    *,
    select: str = "ADA701",
    events: str = MESSAGE,
    folder: Path | None = None,
    seconds: float = 0.0,
    cases: tuple[str, ...] = (),
    witness: Witness | None = None,
    notify: Callable[[RunEvent], None] | None = None,
    **options: Any,
) -> Report:
    """The report of a check of ``target`` that fuzzes, by the way of both entrances; one delivery at a time."""
    chosen = Options(
        selection=Selection(select=select, events=(events,), cases=cases),
        fuzz=FuzzPlan(number, seconds, folder),
        **{"seed": 1, "jobs": 1, **options},
    )
    secret = Secret(SECRET, given=True)
    run = run_cases(
        planned(chosen),
        target,
        secret,
        chosen,
        clock=target.clock,
        target=target.name,
        witness=witness,
        notify=notify,
    )
    return asyncio.run(run)
