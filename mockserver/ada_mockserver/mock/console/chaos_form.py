"""The switches of the chaos: a row for each rule in force, and one for each kind of which none is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_mockserver.delivery.chaos import KINDS, parse_rules
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ada_mockserver.delivery.chaos import Chaos, ChaosRule
    from ada_schemas.contract.contract import Contract

__all__ = ["Switch", "rules_of", "switches_of", "switches_sent"]

VALUES = {"duplicate": "1", "reorder": "2", "delay": "1.5", "burst": "5", "stale-timestamp": "600"}
"""The kinds that take a value, each with the one that a switch proposes."""

MOST_ROWS = 50


@dataclass(slots=True)
class Switch:
    """A rule as fields; ``fault`` says what is wrong with it, "" for nothing."""

    kind: str
    on: bool = False
    value: str = ""
    rate: str = "100"
    events: str = ""
    every: bool = False
    fault: str = ""

    @property
    def text(self) -> str:
        """The rule as `parse_rules` reads it."""
        value = f"={self.value.strip()}" if self.kind in VALUES and self.value.strip() else ""
        events = "".join(f"@{each}" for each in self.events.replace(",", " ").split())
        rate = self.rate.strip().removesuffix("%").strip()
        share = f"@{rate}%" if rate and rate != "100" else ""
        return f"{self.kind}{value}{events}{share}{'@every' if self.every else ''}"


def switches_of(chaos: Chaos) -> list[Switch]:
    """The switches as they stand with this chaos, in the order of the kinds."""
    found = []
    for kind in KINDS:
        rules = [rule for rule in chaos.rules if rule.kind == kind]
        found += [_switch(rule) for rule in rules] or [Switch(kind, value=VALUES.get(kind, ""))]
    return found


def _switch(rule: ChaosRule) -> Switch:
    events = " ".join((*rule.events, *(f"#{number}" for number in rule.ordinals)))
    value = str(rule.value) if rule.kind in VALUES else ""
    return Switch(rule.kind, True, value, f"{rule.probability * 100:.12g}", events, rule.every)


def switches_sent(form: Mapping[str, object]) -> list[Switch]:
    """The switches of a form that was sent."""
    found = []
    for number in range(MOST_ROWS):
        kind = str(form.get(f"kind-{number}") or "")
        if kind not in KINDS:
            break
        value, rate, events = (
            str(form.get(f"{each}-{number}") or "") for each in ("value", "rate", "events")
        )
        on, every = (f"{each}-{number}" in form for each in ("on", "every"))
        found.append(Switch(kind, on, value, rate, events, every))
    return found


def rules_of(switches: Iterable[Switch], contract: Contract) -> str | None:
    """The rules of the switches that are on; None where one is no rule: it has its fault then."""
    on = [switch for switch in switches if switch.on]
    for switch in on:
        try:
            rules = parse_rules(switch.text, contract)
        except UsageError as error:
            switch.fault = " ".join(f"{error.what} {error.next_step}".split())
        else:
            switch.fault = "" if len(rules) == 1 else "One switch is one rule. Write several as text."
    return None if any(switch.fault for switch in on) else ",".join(switch.text for switch in on)
