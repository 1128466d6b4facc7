"""ADA1xx and ADA2xx: every documented variant of an event, and those that the versioning policy allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_contract_tests.case import BodyVariant, case
from ada_contract_tests.rules import expecting
from ada_schemas.variation.enumeration import ANY, envelope_variations, variations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract

__all__ = ["cases"]


def cases(contract: Contract, event: str) -> Iterator[Case]:
    """The variants of an event, in the order of the contract."""
    for variation in variations(contract, event):
        expect = expecting(variation.rule)
        if variation.refusable:
            expect = replace(expect, answer="either", handled="may")
        elif variation.ignorable:
            expect = replace(expect, handled="may")
        variant = BodyVariant(change=variation.apply)
        yield case(
            variation.id,
            variation.rule,
            event,
            variation.summary,
            payload=variant,
            expect=expect,
            base_event=contract.event_names[0] if event == ANY else event,
        )
    for variation in envelope_variations(contract, event):  # one that answers 500 is warned
        yield case(
            variation.id,
            variation.rule,
            event,
            variation.summary,
            payload=BodyVariant(change=variation.apply),
            expect=expecting(variation.rule, answer="either", handled="may", severity="warning"),
        )
