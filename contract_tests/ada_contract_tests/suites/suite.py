"""A suite: cases that are written once and made for every event, or for one of the default contract's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import case
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ada_contract_tests.case import Case, Deliver, Need
    from ada_schemas.contract.contract import Contract

__all__ = ["Suite"]


class Suite:
    """Cases that every documented event has, or one of Ada's; ``rule`` judges those that name no other."""

    def __init__(self, rule: str = "") -> None:
        self._rule = rule
        self._added: list[tuple[str, Callable[[str], Case]]] = []

    def add(
        self,
        name: str,
        summary: str,
        *,
        rule: str = "",
        of: str = "",
        needs: Sequence[Need] = ("target",),
        **details: Any,
    ) -> None:
        """Add the case ``<event>/name`` of the event ``of``, or of each; ``details`` are those of `case`."""
        code = rule or self._rule

        def make(event: str) -> Case:
            return case(f"{event}/{name}", code, event, summary, needs=needs, **details)

        self._added.append((of, make))

    def delivered(self, name: str, summary: str, **details: Any) -> Callable[[Deliver], Deliver]:
        """Add a case, see `add`, whose deliveries the decorated function makes."""

        def add(deliver: Deliver) -> Deliver:
            self.add(name, summary, deliver=deliver, **details)
            return deliver

        return add

    def __call__(self, contract: Contract, event: str) -> Iterator[Case]:
        """The cases of an event, in the order in which they were added; those of Ada's for Ada alone."""
        own = event if contract.is_ada else ""
        return (make(event) for of, make in self._added if own == of != "" or not (of or event == ANY))
