"""Draws fuzzed events and sequences: a seed draws the same ones with the same release of Hypothesis."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from ada_contract_tests.fuzz.events import events
from ada_contract_tests.fuzz.from_schemathesis import is_installed, made_by_schemathesis
from ada_contract_tests.fuzz.sequences import sequences
from ada_contract_tests.fuzz.sweep import sweep
from ada_contract_tests.suites.edits import MODES
from ada_contract_tests.suites.fuzzed import can_be_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

    from ada_contract_tests.suites.edits import Fuzzed, Mode
    from ada_schemas.contract.contract import Contract

__all__ = ["drawn"]

T = TypeVar("T")

SHARES: dict[Mode, float] = {"documented": 1.0, "forward": 0.25, "hostile": 0.25}
"""Events of each mode, for each one that is asked for."""

SWEPT = 0.8
"""The share of those within the contract that the sweep makes; Hypothesis draws the rest."""

FOREIGN = 0.15
"""The share of those of each mode that Schemathesis makes, where it is installed."""

SEQUENCES = 1.0
"""Sequences, for each event of one name that is asked for."""


def drawn(contract: Contract, area: str, *, names: frozenset[str], number: int, seed: str) -> list[Fuzzed]:
    """What is sent in place of the case of an area, none of it twice.

    ``number`` is how many events are drawn of each name; ``names`` are the events that sequences are made of.
    """
    event, _, mode = area.partition("/")
    mode = mode.partition(":")[2]
    own = int.from_bytes(hashlib.sha256(f"{seed} {area}".encode()).digest()[:8])
    if mode in MODES:
        chosen: Mode = next(m for m in MODES if m == mode)
        most = max(1, round(number * SHARES[chosen]))
        swept = round(most * SWEPT) if chosen == "documented" else 0
        found: list[Fuzzed] = [*sweep(contract, event, number=swept, seed=own)]
        if is_installed():
            foreign = max(1, round(most * FOREIGN))
            found += made_by_schemathesis(
                contract, event, chosen, number=foreign, seed=own, examples=_examples
            )
        if len(found) < most:
            found += _examples(events(contract, event, chosen), most - len(found), own)
        return [each for each in _apart(found) if can_be_sent(each, contract, validated=False)]
    return list(_apart(_examples(sequences(contract, names), max(1, round(number * SEQUENCES)), own)))


def _examples(strategy: SearchStrategy[T], number: int, seed: int) -> list[T]:
    found: list[T] = []

    @seeded(seed)
    @settings(
        max_examples=number,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=tuple(HealthCheck),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def _apart(found: list[Fuzzed]) -> Iterator[Fuzzed]:
    seen = set()
    for fuzzed in found:
        text = json.dumps(fuzzed.as_json())
        if text not in seen:
            seen.add(text)
            yield fuzzed
