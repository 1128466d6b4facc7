"""The options of ``generate`` and ``send`` that choose payloads, and the payloads that they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from ada_mockserver.events.edits import coherent, parse_assignment, set_member, unset_member
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_mockserver.events.scenarios import SCENARIOS, scenario
from ada_schemas.errors import UsageError, unknown
from adakit.options import CONTRACT, Whole, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.case import BodyVariant, Case
    from ada_schemas.contract.contract import Contract

__all__ = ["CHOICE", "Order", "Planned"]

CHOICE = together(
    click.option("--seed", type=Whole(0), help="Repeat what this seed gave; drawn if not given."),
    click.option("--locale", default="en_US", show_default=True, help="Where the people are from."),
    click.option("--case", metavar="ID", help="A variant, as `adakit check --list` names it."),
    click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set a member."),
    click.option("--unset", "removals", multiple=True, metavar="PATH", help="Take a member away."),
    CONTRACT,
)
"""The options that an order is made of, beside its name and count."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One payload with a line for people: what it is in the story, or which case.

    ``encoded_by`` makes its bytes, which for hostile input are no event any more.
    """

    payload: dict[str, Any]
    narration: str
    encoded_by: Callable[[dict[str, Any]], bytes] = encode

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        return self.encoded_by(self.payload)


@dataclass(frozen=True, slots=True)
class Order:
    """Payloads to generate: an event or a scenario of a contract, ``count`` times, with overrides.

    Raises UsageError when made, for a name that is neither an event nor a scenario.
    """

    name: str
    contract: Contract
    seed: int
    count: int = 1
    locale: str = "en_US"
    case: str | None = None
    assignments: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name in SCENARIOS:
            if self.case:
                raise UsageError(
                    f"--case goes with an event, and {self.name} is a scenario.",
                    next_step="Name the event of the case, the part before its first slash.",
                )
            return
        if self.contract.known(self.name) is None:
            events = self.contract.event_names
            listed = f"Events: {', '.join(events)}\nScenarios: {', '.join(SCENARIOS)}"
            raise unknown("event and no scenario", self.name, [*events, *SCENARIOS], next_step=listed)

    def payloads(self) -> Iterator[Planned]:
        """The payloads, in order; the same for the same order."""
        for index in range(self.count):
            for planned in self._round(index):
                yield replace(planned, payload=self._overridden(planned.payload))

    def _round(self, index: int) -> Iterator[Planned]:
        if self.name in SCENARIOS:
            story = scenario(
                self.name, seed=self.seed, locale=self.locale, index=index, contract=self.contract
            )
            for step in story.steps:
                yield Planned(step.payload, step.narration)
            return
        events = EventFactory(seed=self.seed, locale=self.locale, contract=self.contract)
        if self.case is None:
            name = self.contract.event(self.name).name
            yield Planned(events.event(name, key=f"{index}"), f"{name} {index + 1}")
            return
        case, variant = self._case(self.case)
        base = events.event(case.base_event, key=case.id)
        yield Planned(variant.change(base), case.summary, variant.encode)

    def _case(self, case_id: str) -> tuple[Case, BodyVariant]:
        from ada_contract_tests.suites.registry import case_named  # noqa: PLC0415 - only --case needs the cases

        case = case_named(case_id, self.contract)
        if case.payload is None:
            raise UsageError(
                f"{case.id} is about the delivery, not about the event.",
                next_step=f"Repeat it with: adakit check URL --case {case.id} --seed {self.seed}",
            )
        event = case.base_event
        if self.contract.event(self.name).name != event:
            raise UsageError(
                f"{case.id} is no case of {self.name}.", next_step=f"Name its event: {event} --case {case.id}"
            )
        return case, case.payload

    def _overridden(self, base: dict[str, Any]) -> dict[str, Any]:
        """The event with the overrides, and what the documentation ties to them."""
        if not self.assignments and not self.removals:
            return base
        payload, assigned = base, dict(map(parse_assignment, self.assignments))
        for path, value in assigned.items():
            payload = set_member(payload, path, value)
        for path in self.removals:
            payload = unset_member(payload, path)
        return coherent(payload, base=base, keep=(*assigned, *self.removals), contract=self.contract)
