"""Chaos: disturbances between a sender and a receiver, by chance or for chosen events, seeded.

A rule reads ``KIND[=VALUE][@WHEN]...``, rules are separated by commas: ``delay=lognormal(0.5,1)@30%``,
``duplicate@conversation.message@10%``, ``drop@#3``. Which attempts a rule meets is drawn from the seed, the
event's number and the attempt's, so that the same events meet the same misfortune.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ada_mockserver.events.ids import source
from ada_mockserver.numbers import finite
from ada_schemas.contract.contract import event_names
from ada_schemas.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from random import Random

    from ada_schemas.contract.contract import Contract

__all__ = ["CALM", "KINDS", "Chaos", "ChaosRule", "Draw", "Plan", "parse_rules"]

KINDS = {
    "duplicate": "the same request again at once: duplicate, or duplicate=3 for three more",
    "reorder": "later events overtake: held for a random time of up to reorder=2 seconds",
    "delay": "held for delay=1.5, delay=uniform(0.5,3) or delay=lognormal(0.5,1) (median, sigma) seconds",
    "burst": "held and sent all at once every burst=5 seconds",
    "drop": "the request is sent, the connection closed before the answer is read",
    "reset": "the connection is reset in the middle of the request",
    "bad-signature": "signed with a secret that is not the endpoint's",
    "stale-timestamp": "signed stale-timestamp=600 seconds ago",
}
"""Each kind of chaos and how it is written."""

_DEFAULTS = {"duplicate": 1.0, "reorder": 2.0, "burst": 5.0, "stale-timestamp": 600.0}
_HOLDS = ("reorder", "delay", "burst")
_RULE = re.compile(r"(?P<kind>[a-z-]+)(=(?P<value>[^@]*))?(?P<when>(@[^@]+)*)")
_DRAW = re.compile(r"(?P<name>uniform|lognormal)\((?P<first>[^,]+),(?P<second>[^,]+)\)")
_SEPARATOR = re.compile(r"[,;](?![^(]*\))")
_EVENT = re.compile(r"[a-z0-9_.*?-]*[a-z*?][a-z0-9_.*?-]*")
_LONGEST = 86_400.0


@dataclass(frozen=True, slots=True)
class Draw:
    """A number or a distribution: ``fixed``, ``uniform`` (low, high) or ``lognormal`` (median, sigma)."""

    name: str
    first: float
    second: float = 0.0

    def draw(self, rng: Random) -> float:
        """The number, or one that is drawn with ``rng``."""
        match self.name:
            case "uniform":
                return self.first + (self.second - self.first) * rng.random()
            case "lognormal":
                # Box and Muller, since of all methods only random() keeps its sequence between Pythons.
                angle, radius = 2 * math.pi * rng.random(), math.sqrt(-2 * math.log(1 - rng.random()))
                return min(_LONGEST, self.first * math.exp(self.second * radius * math.cos(angle)))
        return self.first

    def __str__(self) -> str:
        return f"{self.first:g}" if self.name == "fixed" else f"{self.name}({self.first:g},{self.second:g})"


@dataclass(frozen=True, slots=True)
class ChaosRule:
    """One kind of chaos and what it meets.

    ``value`` is in seconds, for ``duplicate`` a count. Without ``events`` (globs, with or without ``v1.``)
    and ``ordinals`` (the n-th event, from 1) it meets every event, each with ``probability``. It meets the
    first attempt alone unless ``every`` attempt, or nothing would arrive where it always strikes.
    """

    kind: str
    value: Draw = Draw("fixed", 0.0)
    probability: float = 1.0
    events: tuple[str, ...] = ()
    ordinals: tuple[int, ...] = ()
    every: bool = False

    def meets(self, event_type: str, ordinal: int, number: int) -> bool:
        """True if it can meet this attempt, chance aside."""
        if number > 1 and not self.every:
            return False
        if not self.events and not self.ordinals:
            return True
        short = event_type.removeprefix("v1.")
        return ordinal in self.ordinals or any(fnmatchcase(short, glob) for glob in self.events)

    def __str__(self) -> str:
        return "".join(
            (
                self.kind,
                f"={self.value}" if self.kind in {*_DEFAULTS, "delay"} else "",
                *(f"@{glob}" for glob in self.events),
                *(f"@#{ordinal}" for ordinal in self.ordinals),
                f"@{self.probability * 100:.12g}%" if self.probability < 1 else "",
                "@every" if self.every else "",
            )
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The disturbances of one attempt; ``names`` are their kinds, for the log.

    ``hold`` is how many seconds to wait before the first attempt, ``copies`` how often the request is sent
    again, ``broken`` how the connection ends before there is an answer, ``age`` the seconds that the
    timestamp lies back.
    """

    names: tuple[str, ...] = ()
    hold: float = 0.0
    copies: int = 0
    broken: str = ""
    forged: bool = False
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Chaos:
    """Rules and their seed; events are counted from the first one after ``base``."""

    rules: tuple[ChaosRule, ...] = ()
    seed: int = 0
    base: int = 0

    def plan(self, *, event_type: str, ordinal: int, endpoint: int, number: int, now: float = 0.0) -> Plan:
        """The disturbances of attempt ``number`` (from 1) to deliver the event of this ordinal.

        ``endpoint`` is its number; ``now`` is when the attempt would begin, which bursts are aligned to.
        """
        plan = Plan()
        for index, rule in enumerate(self.rules):
            rng = source(self.seed, "chaos", ordinal - self.base, endpoint, number, index)
            struck = rng.random() < rule.probability
            if struck and rule.meets(event_type, ordinal - self.base, number):
                plan = _applied(rule, plan, rng, now)
        return plan

    @property
    def text(self) -> str:
        """The rules as `parse_rules` reads them."""
        return ",".join(str(rule) for rule in self.rules)


CALM = Chaos()
"""No chaos."""


def _applied(rule: ChaosRule, plan: Plan, rng: Random, now: float) -> Plan:
    plan = replace(plan, names=(*plan.names, rule.kind))
    value = rule.value.draw(rng)
    match rule.kind:
        case "duplicate":
            return replace(plan, copies=plan.copies + int(value))
        case "reorder":
            return replace(plan, hold=plan.hold + value * rng.random())
        case "delay":
            return replace(plan, hold=plan.hold + value)
        case "burst":
            return replace(plan, hold=plan.hold + value - (now + plan.hold) % value)
        case "bad-signature":
            return replace(plan, forged=True)
        case "stale-timestamp":
            return replace(plan, age=value)
    return replace(plan, broken=rule.kind)


def parse_rules(text: str, contract: Contract | None = None) -> tuple[ChaosRule, ...]:
    """The rules that ``text`` holds, about the events of ``contract``, ours if it is None.

    Raises `UsageError` that names the rule and its mistake.
    """
    names = event_names(contract=contract)
    return tuple(_parse(part.strip(), names) for part in _SEPARATOR.split(text) if part.strip())


def _parse(text: str, names: list[str]) -> ChaosRule:
    match = _RULE.fullmatch(text.replace(" ", ""))
    kind = match["kind"] if match else re.split(r"[=@]", text)[0]
    if match is None or kind not in KINDS:
        usage = f"Write KIND[=VALUE][@WHEN]..., such as delay=2@30%; kinds: {', '.join(KINDS)}."
        nearest = "" if kind in KINDS else did_you_mean(kind, KINDS)
        raise UsageError(
            f"'{text}' is no rule of chaos.", next_step=f"{nearest}\n{usage}" if nearest else usage
        )
    rule = ChaosRule(kind, _value(text, kind, match["value"]))
    for when in match["when"].split("@")[1:]:
        rule = _narrowed(text, rule, when, names)
    return rule


def _value(text: str, kind: str, written: str | None) -> Draw:
    if written is None:
        if kind == "delay":
            raise _wrong(text, "says not how long", KINDS[kind])
        return Draw("fixed", _DEFAULTS.get(kind, 0.0))
    if kind not in {*_DEFAULTS, "delay"}:
        raise _wrong(text, f"has a value, which {kind} takes none of", f"Write {kind}, or {kind}@10%.")
    drawn = _DRAW.fullmatch(written)
    if drawn is None or kind != "delay":
        number = _number(written)
        if not 0 < number <= _LONGEST:
            raise _wrong(text, f"has a value '{written}' that is no number of seconds above 0", KINDS[kind])
        if kind == "duplicate" and (number != int(number) or number > 20):
            raise _wrong(text, f"has a count '{written}' that is not a whole number up to 20", KINDS[kind])
        return Draw("fixed", number)
    first, second = _number(drawn["first"]), _number(drawn["second"])
    if not (0 <= first <= _LONGEST and 0 <= second <= _LONGEST):
        raise _wrong(text, f"has a value '{written}' whose numbers cannot be used", KINDS[kind])
    if drawn["name"] == "uniform" and first > second:
        raise _wrong(text, f"has a range '{written}' that ends before it begins", KINDS[kind])
    return Draw(drawn["name"], first, second)


def _narrowed(text: str, rule: ChaosRule, when: str, names: list[str]) -> ChaosRule:
    if when.endswith("%"):
        share = _number(when[:-1])
        if not 0 <= share <= 100:
            raise _wrong(text, f"has a probability '{when}' that is not from 0% to 100%", "Write it as @10%.")
        return replace(rule, probability=share / 100)
    if when.startswith("#"):
        if not re.fullmatch(r"#[1-9][0-9]{0,8}", when):
            raise _wrong(text, f"names an event '{when}' by no number", "Write the third event as @#3.")
        return replace(rule, ordinals=(*rule.ordinals, int(when[1:])))
    if when == "every":
        if rule.kind in _HOLDS:
            problem = "names every attempt, but only the first can be held"
            raise _wrong(text, problem, f"Write {rule.kind} without @every.")
        return replace(rule, every=True)
    glob = when.removeprefix("v1.")
    if not _EVENT.fullmatch(glob):
        usage = "Write @10%, @#3 (the third event), @conversation.* (event types) or @every (retries, too)."
        raise _wrong(text, f"has a condition '{when}' that is none", usage)
    if not any(fnmatchcase(name, glob) for name in names):
        hint = did_you_mean(glob, names) or f"Events: {', '.join(names)}."
        raise _wrong(text, f"has a condition '{when}' that no event meets", hint)
    return replace(rule, events=(*rule.events, glob))


def _number(text: str) -> float:
    """The number, which is in no range if it is none."""
    number = finite(text)
    return math.nan if number is None else number


def _wrong(text: str, problem: str, next_step: str) -> UsageError:
    return UsageError(f"The rule of chaos '{text}' {problem}.", next_step=next_step)
