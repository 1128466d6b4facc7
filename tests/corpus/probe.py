"""What a probe is made of: steps that deliver something and say what came of it.

An observation is a string of an answer and a fate. The answer is `ok` for a 2xx within the time Svix allows,
another status as a number, `slow` or `dead`. The fate is what the witness says of the attempt: `handled`,
`ignored`, `duplicate`, `rejected`, or `none` where it has no entry.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus.live import Delivery, encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from corpus.live import Live

    Step = Callable[[Live], list[str]]


def delivery(event: Any, **options: Any) -> Delivery:
    """An attempt at an event, or at a body as it is."""
    return Delivery(event if isinstance(event, bytes) else encoded(event), **options)


def observed(live: Live, attempt: Delivery) -> str:
    """Deliver and look."""
    msg_id = None if "svix-id" in attempt.left_out else attempt.msg_id
    before = len(live.fates(msg_id, 0))
    answer = live.deliver(attempt)
    fates = live.fates(msg_id, before + 1, 0.2 if answer == "dead" else 1.2)
    return f"{answer} {fates[-1] if len(fates) > before else 'none'}"


def send(event: Any, **options: Any) -> Step:
    """One attempt."""
    attempt = delivery(event, **options)
    return lambda live: [observed(live, attempt)]


def again(event: Any, *, gap: float = 0, **options: Any) -> Step:
    """Two attempts at the same delivery, one after the other."""

    def step(live: Live) -> list[str]:
        attempt = delivery(event, **options)
        first = observed(live, attempt)
        time.sleep(gap)
        return [first, observed(live, attempt)]

    return step


def together(event: Any) -> Step:
    """Two attempts at the same delivery at once, summed up as one observation."""

    def step(live: Live) -> list[str]:
        attempt = delivery(event)
        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(live.deliver, [attempt, attempt]))
        return [f"{'+'.join(answers)} {'+'.join(sorted(live.fates(attempt.msg_id, 2)))}"]

    return step


def at_once(live: Live, attempts: list[Delivery]) -> list[str]:
    """Deliver all of them concurrently; the answers."""
    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(live.deliver, attempts))


def burst(events: list[Any], **options: Any) -> Step:
    """Different deliveries at once; every kind of observation, once."""

    def step(live: Live) -> list[str]:
        attempts = [delivery(event, **options) for event in events]
        answers = at_once(live, attempts)
        fates = [live.fates(attempt.msg_id, 1) for attempt in attempts]
        return sorted(
            {f"{answer} {fate[-1] if fate else 'none'}" for answer, fate in zip(answers, fates, strict=True)}
        )

    return step


def burst_then_retry(events: list[Any]) -> Step:
    """Different deliveries at once, and again those that failed; in the end, was each of them handled?"""

    def step(live: Live) -> list[str]:
        attempts = [delivery(event) for event in events]
        failed = list(zip(attempts, at_once(live, attempts), strict=True))
        ends = []
        for attempt, answer in failed:
            last = answer
            if answer != "ok":
                time.sleep(0.05)
                last = live.deliver(attempt)
            fates = live.fates(attempt.msg_id, 1 if answer == "ok" else 2)
            ends.append(f"{last} {'handled' if 'handled' in fates else fates[-1] if fates else 'none'}")
        return sorted(set(ends))

    return step


def quietly(*steps: Step) -> Step:
    """Take steps and say nothing of them."""
    return lambda live: [observation for step in steps for observation in step(live)][:0]


def steps(*parts: Step) -> Step:
    """One step after the other."""
    return lambda live: [observation for part in parts for observation in part(live)]


def bare(event: Any, **options: Any) -> Step:
    """One attempt without an entry to wait for, for many that only fill something up."""
    return lambda live: [live.deliver(delivery(event, **options))]


@dataclass(frozen=True)
class Case:
    """A consumer with a bug, and the probe that shows it."""

    id: str
    framework: str
    family: str
    bug: str
    probe: Step
    bad: tuple[str, ...]
    """What is observed of the consumer with the bug."""
    good: tuple[str, ...] | None
    """What is observed of a correct one; by default, that everything is accepted and handled."""
    split: str
    reference: str
    """The correct consumer it is compared with."""
    lenient: bool = False
    """Whether a single one of `bad` among the observations is enough, as where threads race."""
    by_design: str | None = None
    """Why a check is right not to call it an error, where neither what Ada documents nor a stranger causes it."""

    @property
    def witness_only(self) -> bool:
        """Whether the answers are those of a correct consumer, so that only the witness tells them apart."""
        bad = [one.split(" ")[0] for one in self.bad]
        good = ["ok"] * len(bad) if self.good is None else [one.split(" ")[0] for one in self.good]
        return bad == good

    def shows_bug(self, observations: list[str]) -> bool:
        """Whether these are the observations of the bug."""
        if self.lenient:
            return any(one in observations for one in self.bad)
        return tuple(observations) == self.bad

    def shows_health(self, observations: list[str]) -> bool:
        """Whether these are the observations of a correct consumer."""
        if self.good is None:
            return set(observations) == {"ok handled"}
        return tuple(observations) == self.good


CASES: dict[str, Case] = {}

OWNER = "only the owner of the secret can cause it"
LARGE = "of events above 256 KB Ada documents nothing"
BLANK = "a blank text says nothing, so it may be ignored"

FAMILIES = (
    "documented-variant",
    "null",
    "optional-absent",
    "union",
    "metadata",
    "extremes",
    "timestamps",
    "combination",
    "forward-compat",
    "authenticity",
    "status-latency",
    "duplicates",
    "ordering",
    "size-burst",
    "hostile-input",
    "acknowledged-but-lost",
)


def framework_of(consumer_id: str) -> str:
    """The framework an id begins with."""
    first = consumer_id.split("-", maxsplit=1)[0]
    return "node-http" if first == "node" else first


def case(
    family: str,
    consumer_id: str,
    bug: str,
    probe: Step,
    bad: str | tuple[str, ...],
    *,
    good: str | tuple[str, ...] | None = None,
    lenient: bool = False,
    reference: str = "",
    by_design: str | None = None,
) -> None:
    """Add a case; within a family the splits alternate, and the families take turns in which comes first."""
    if family not in FAMILIES or consumer_id in CASES:
        raise ValueError(f"{consumer_id}: unknown family or second case")
    place = FAMILIES.index(family) + sum(other.family == family for other in CASES.values())
    CASES[consumer_id] = Case(
        id=consumer_id,
        framework=framework_of(consumer_id),
        family=family,
        bug=bug,
        probe=probe,
        bad=(bad,) if isinstance(bad, str) else bad,
        good=(good,) if isinstance(good, str) else good,
        split="tune" if place % 2 == 0 else "held-out",
        reference=reference or framework_of(consumer_id) + "-base",
        lenient=lenient,
        by_design=by_design,
    )
