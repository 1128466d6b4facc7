"""The options of ``generate`` and ``send`` that choose payloads, and the payloads that they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ada_mockserver.events.edits import has_member, overridden, parse_assignment, set_member
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_mockserver.events.profile import changed
from ada_mockserver.events.scenarios import SCENARIOS, Teller
from ada_mockserver.events.written.telling import WrittenTeller
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import UsageError, some, unknown
from adakit.options import CONTRACT, Whole, read_text, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.case import BodyVariant, Case
    from ada_mockserver.events.edits import Edit
    from ada_mockserver.events.profile import Profile
    from ada_mockserver.events.story import Step
    from ada_mockserver.events.written.plan import Plan
    from ada_schemas.contract.contract import Contract

__all__ = ["CHOICE", "OVERRIDES", "PROFILE", "Order", "Planned", "read_profile"]

LISTED = 30
"""Events at most that an error lists."""

PROFILE = click.option(
    "--profile", metavar="FILE", help="Shares and weights of stories, channels, languages ..."
)

OVERRIDES = together(
    click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Set a member."),
    click.option("--unset", "removals", multiple=True, metavar="PATH", help="Take a member away."),
)
"""The options that change single members."""

CHOICE = together(
    click.option("--seed", type=Whole(0), help="Repeat what this seed gave; drawn if not given."),
    click.option("--locale", help="Where the people are from.  [default: en_US, many in traffic]"),
    PROFILE,
    click.option("--case", metavar="ID", help="A variant, as `adakit check --list` names it."),
    OVERRIDES,
    CONTRACT,
)
"""The options that an order is made of, beside its name and count."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One payload with a line for people: what it is, or which case.

    It has what a `ada_mockserver.events.story.Step` has. ``encoded_by`` makes its bytes, which for hostile
    input are no event any more.
    """

    payload: dict[str, Any]
    narration: str
    encoded_by: Callable[[dict[str, Any]], bytes] = encode

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        return self.encoded_by(self.payload)

    @property
    def about(self) -> str:
        """The id of the end user whom it is about, "" for nobody."""
        data = self.payload.get("data")
        found = data.get("end_user_id") if isinstance(data, dict) else None
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Order:
    """Payloads to generate: an event or a scenario of a contract, ``count`` times, with overrides.

    ``written`` is the scenario where a user wrote it, in a file of that ``name``.

    Raises UsageError when made, for a name that is neither an event nor a scenario.
    """

    name: str
    contract: Contract
    seed: int
    count: int = 1
    locale: str | None = None
    profile: str | None = None
    case: str | None = None
    assignments: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()
    written: Plan | None = None

    def __post_init__(self) -> None:
        if self.written is not None:
            return
        if self._is_scenario:
            if self.case:
                raise UsageError(
                    f"--case goes with an event, and {self.name} is a scenario.",
                    next_step="Name the event of the case, the part before its first slash.",
                )
            return
        if self.contract.known(self.name) is None:
            events, scenarios = self.contract.event_names, SCENARIOS if self.contract.is_ada else ()
            listed = f"Events: {some(events, LISTED)}"
            if not scenarios:
                raise unknown("event", self.name, events, next_step=listed)
            listed += f"\nScenarios: {', '.join(scenarios)}"
            raise unknown("event and no scenario", self.name, [*events, *scenarios], next_step=listed)

    @property
    def _is_scenario(self) -> bool:
        """True for a name of one of the stories, which are told of Ada's events alone."""
        return self.name in SCENARIOS and self.contract.is_ada

    @property
    def event_type(self) -> str | None:
        """The type of all its events on the wire; None where they have several."""
        if self.written is not None or self._is_scenario:
            return None
        return self.contract.event(self.name).type

    def payloads(self) -> Iterator[Planned | Step]:
        """The payloads, in order, one after the other; the same for the same order.

        In a scenario an override changes the events that have its member; where none of a story has, those
        that have a place for it. Raises UsageError for one that fits nowhere.
        """
        edited = self.assignments or self.removals
        if self.written is None and not self._is_scenario:
            for planned in self._events():
                yield self._overridden(planned, self._edits) if edited else planned
            return
        for steps in self._stories():
            yield from self._overridden_story(steps) if edited else steps

    def bodies(self) -> Iterator[list[bytes]]:
        """The bytes of the payloads, in order: those of a story together, else one by one."""
        if self.written is None and not self._is_scenario:
            for planned in self.payloads():
                yield [planned.body]
        elif self.assignments or self.removals:
            for steps in self._stories():
                yield [planned.body for planned in self._overridden_story(steps)]
        else:
            yield from map(self._teller(read_profile(self.profile)).bodies, range(self.count))

    def _stories(self) -> Iterator[tuple[Step, ...]]:
        teller = self._teller(read_profile(self.profile))
        for index in range(self.count):
            yield teller.tell(index).steps

    def _teller(self, profile: Profile | None) -> Teller | WrittenTeller:
        if self.written is not None:
            return WrittenTeller(self.written, seed=self.seed, profile=profile)
        return Teller(self.name, seed=self.seed, locale=self.locale, contract=self.contract, profile=profile)

    def _events(self) -> Iterator[Planned]:
        events = EventFactory(seed=self.seed, locale=self.locale or "en_US", contract=self.contract)
        if self.case is None:
            name = self.contract.event(self.name).name
            for index in range(self.count):
                yield Planned(events.event(name, key=f"{index}"), f"{name} {index + 1}")
            return
        case, variant = self._case(self.case)
        base = events.event(case.base_event, key=case.id)
        for _ in range(self.count):
            yield Planned(variant.change(base), case.summary, variant.encode)

    def _case(self, case_id: str) -> tuple[Case, BodyVariant]:
        from ada_contract_tests.suites.registry import case_named  # noqa: PLC0415 - only --case needs them

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

    @property
    def _printed_by(self) -> str:
        return "generate" if self.written is None else "scenario run"

    @property
    def _edits(self) -> list[Edit]:
        """The overrides; a removal is one without a value."""
        assigned = (parse_assignment(one) for one in self.assignments)
        return [*((path, (value,)) for path, value in assigned), *((path, ()) for path in self.removals)]

    def _overridden(self, planned: Planned | Step, edits: list[Edit]) -> Planned:
        """The event with the overrides, and what the documentation ties to them."""
        made = overridden(planned.payload, edits, self.contract)
        return Planned(made, planned.narration, getattr(planned, "encoded_by", encode))

    def _overridden_story(self, steps: tuple[Step, ...]) -> Iterator[Planned]:
        fitting: list[list[Edit]] = [[] for _ in steps]
        for edit in self._edits:
            path, value = edit
            there = [number for number, step in enumerate(steps) if has_member(step.payload, path)]
            if not there and value:
                there = [n for n, step in enumerate(steps) if _settable(step.payload, path, *value)]
            if not there:
                raise UsageError(
                    f"The path '{path}' leads nowhere in any event of {self.name}.",
                    next_step=f"Look at the events with: adakit {self._printed_by} {self.name}",
                )
            for number in there:
                fitting[number].append(edit)
        for step, edits in zip(steps, fitting, strict=True):
            yield self._overridden(step, edits)


def _settable(payload: dict[str, Any], path: str, value: Any) -> bool:
    try:
        set_member(payload, path, value)
    except UsageError:
        return False
    return True


def read_profile(file: str | None) -> Profile | None:
    """The profile of a file, None for none; raises UsageError for one that does not fit."""
    if file is None:
        return None
    return changed(parse_yaml(read_text(file), name=file), name=file)
