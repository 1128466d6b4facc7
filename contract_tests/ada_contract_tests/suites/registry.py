"""Every case of a contract, in a fixed order. Ids are stable; ignore lists freeze them."""

from __future__ import annotations

import difflib
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
from ada_schemas.contract.catalog import catalog
from ada_schemas.errors import UsageError
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_schemas.contract.catalog import Catalog

__all__ = ["SUITES", "all_cases", "case_named"]

SUITES = (
    variants,
    signatures,
    status,
    deliveries,
    order,
    body_sizes,
    conversations,
    connections,
    hostile,
)
"""The suites, each a module with ``cases(contract, event)``; the order is that of the cases of an event."""


def all_cases(contract: Catalog | None = None) -> tuple[Case, ...]:
    """Every case of a contract, by event in documented order; those about no documented event last."""
    return _cases_of(contract or catalog())


@lru_cache(maxsize=4)
def _cases_of(contract: Catalog) -> tuple[Case, ...]:
    names = [event.name for event in contract.contract.events]
    return tuple(
        case
        for event in (*names, ANY)
        for suite in SUITES
        for case in suite.cases(contract, event)
        if set(case.others) <= set(names)
    )


def case_named(case_id: str, contract: Catalog | None = None) -> Case:
    """The case of that id; raises UsageError that names the nearest."""
    by_id = {case.id: case for case in all_cases(contract)}
    if case_id in by_id:
        return by_id[case_id]
    close = difflib.get_close_matches(case_id, by_id, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UsageError(f"There is no case {case_id!r}.", next_step=f"{hint}List them with: adakit check --list")
