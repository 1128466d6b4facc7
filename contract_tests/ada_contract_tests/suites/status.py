"""ADA401 and ADA402: an ordinary delivery, of which the status and the time count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.case import BodyVariant, case
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract

__all__ = ["cases"]


def cases(contract: Contract, event: str) -> Iterator[Case]:  # noqa: ARG001 - every suite is asked alike
    """One case for each of the two rules; what they say of all other deliveries is judged with the run."""
    if event == ANY:
        return
    for name, rule, summary in (
        ("200", "ADA401", "every accepted delivery is answered 200"),
        ("in-time", "ADA402", "the answer comes within the time limit"),
    ):
        yield case(f"{event}/status:{name}", rule, event, summary, payload=BodyVariant(), needs=("target",))
