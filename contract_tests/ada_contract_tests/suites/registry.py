"""Every case of a contract, in a fixed order. Ids are stable; ignore lists freeze them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ada_contract_tests.suites import (
    body_sizes,
    connections,
    conversations,
    deliveries,
    hostile,
    order,
    signatures,
    status,
    variants,
)
from ada_contract_tests.suites.fuzzed import areas, fuzzed_case, fuzzed_of_id, is_fuzzed
from ada_contract_tests.suites.handoffs import HANDOFF_IDS
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError, unknown
from ada_schemas.variation.enumeration import ANY, told_apart

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract

__all__ = ["SUITES", "all_cases", "all_names", "case_named"]

SUITES = (variants, signatures, status, deliveries, order, body_sizes, conversations, connections, hostile)
"""The suites, each a module with ``cases(contract, event)``; the order is that of the cases of an event."""


def all_cases(contract: Contract | None = None) -> tuple[Case, ...]:
    """Every case of a contract, by event in documented order; those about no documented event last."""
    return _cases_of(contract or shipped())


@lru_cache(maxsize=4)
def _cases_of(contract: Contract) -> tuple[Case, ...]:
    names = contract.event_names
    found = [
        case
        for event in (*names, ANY)
        for suite in SUITES
        for case in suite.cases(contract, event)
        if set(case.others) <= set(names) and (contract.profile.families or not case.is_about_signing)
    ]
    ids = told_apart([case.id for case in found])
    return tuple(
        case if case.id == own else replace(case, id=own) for case, own in zip(found, ids, strict=True)
    )


def all_names(contract: Contract | None = None) -> dict[str, int]:
    """The id of every case, also of those that an option adds, with its place in their order."""
    return _names_of(contract or shipped())


@lru_cache(maxsize=4)
def _names_of(known: Contract) -> dict[str, int]:
    drawn = areas(known, frozenset(known.event_names))
    ids = [*(case.id for case in (*all_cases(known), *drawn)), *HANDOFF_IDS]
    return {case_id: number for number, case_id in enumerate(ids)}


def case_named(case_id: str, contract: Contract | None = None) -> Case:
    """The case of that id; raises UsageError that names the nearest."""
    if is_fuzzed(case_id):
        known = contract or shipped()
        return fuzzed_case(fuzzed_of_id(case_id, known), known, case_id)
    if case_id in HANDOFF_IDS:
        raise UsageError(
            f"The case {case_id} is about the start of a handoff.", next_step="Add --handoff-path PATH."
        )
    by_id = {case.id: case for case in all_cases(contract)}
    if case_id in by_id:
        return by_id[case_id]
    raise unknown("case", case_id, by_id, next_step="List them with: adakit check --list")
