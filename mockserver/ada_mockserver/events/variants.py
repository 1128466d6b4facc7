"""Events that differ from ordinary ones in one way, by the ids that the contract check gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_mockserver.events.factory import EventFactory
from ada_schemas.variation.enumeration import ANY, envelope_variations, variations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_mockserver.events.payload import Payload
    from ada_schemas.contract.contract import Contract
    from ada_schemas.variation.builder import Variation

__all__ = ["event_variations", "variant_of", "variation_named"]


def event_variations(contract: Contract, event: str) -> Sequence[Variation]:
    """Everything by which an event of a contract varies; ``any`` stands for events that are in none."""
    return (*variations(contract, event), *envelope_variations(contract, event))


def variation_named(contract: Contract, case_id: str) -> Variation | None:
    """The variation of that id, None where it is none; raises `UsageError` for an event of no contract."""
    event = case_id.partition("/")[0]
    return next((each for each in event_variations(contract, event) if each.id == case_id), None)


def variant_of(variation: Variation, *, seed: int, contract: Contract) -> Payload:
    """The payload that ``adakit generate --case ID --seed SEED`` makes."""
    base = contract.event_names[0] if variation.event == ANY else variation.event
    return variation.apply(EventFactory(seed=seed, contract=contract).event(base, key=variation.id))
