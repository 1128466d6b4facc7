"""ADA1xx and ADA2xx: every documented variant of an event, and those that the versioning policy allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_contract_tests.case import BodyVariant, case
from ada_contract_tests.rules import expecting
from ada_schemas.variation.builder import removing
from ada_schemas.variation.enumeration import ANY, variations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract

__all__ = ["cases"]

ENVELOPE = ("type", "timestamp", "data")
"""Documented as optional on most pages, yet always sent, and required by our schemas: a consumer may refuse
an event without them, and one that answers 500 is warned."""


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
    if event == ANY:
        return
    for member in filter(contract.event(event).payload.member, ENVELOPE):
        yield case(
            f"{event}/absent:{member}",
            "ADA105",
            event,
            f"{member} is absent, although Ada always sends it",
            payload=BodyVariant(change=removing(member)),
            expect=expecting("ADA105", answer="either", handled="may", severity="warning"),
        )
