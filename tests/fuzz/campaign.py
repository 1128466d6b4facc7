"""Tries inputs of one entrance until its time is over, and makes those that fail as small as it can."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from fuzz.sandbox import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

__all__ = ["Entrance", "Found", "Result", "run"]

BATCH = 100
"""Inputs of one seed."""
SHRINKING = 60.0
"""Seconds at most to make what fails smaller."""
SOURCES = Path(__file__).parents[2]


@dataclass(frozen=True)
class Entrance:
    """One way into the kit: the inputs that it gets, and the check that raises where a promise breaks.

    ``shown`` writes an input for people; ``smaller`` gives inputs that say less than a given one.
    """

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]
    shown: Callable[[Any], str] = repr
    smaller: Callable[[Any], Iterator[Any]] = lambda _: iter(())


@dataclass
class Found:
    """One kind of failure: the smallest input that showed it, the seed that repeats it, how often it came."""

    kind: str
    entrance: Entrance
    seed: int
    value: Any
    error: BaseException
    times: int = 1

    def take(self, value: Any, error: BaseException) -> None:
        """Count another input, and keep it unless it is longer: the later one is the simpler one."""
        self.times += 1
        if len(self.entrance.shown(value)) <= len(self.entrance.shown(self.value)):
            self.value, self.error = value, error


@dataclass
class Result:
    """The sum of a campaign."""

    tried: int = 0
    seconds: float = 0.0
    found: dict[str, Found] = field(default_factory=dict)


def run(entrance: Entrance, *, first: int, seconds: float, survey: bool = False) -> Result:
    """Try the inputs of one seed after the other, until the time is over or something fails.

    A ``survey`` goes on after a failure, and makes none of them smaller.
    """
    result, began, number = Result(), time.monotonic(), first
    while time.monotonic() - began < seconds and (survey or not result.found):
        _batch(entrance, number, result, end=began + seconds, survey=survey)
        number += 1
    if not survey:
        for found in result.found.values():
            _reduce(found, end=time.monotonic() + SHRINKING)
    result.seconds = time.monotonic() - began
    return result


def _batch(entrance: Entrance, number: int, result: Result, *, end: float, survey: bool) -> None:
    @seed(number)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,) if survey else (Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(entrance.inputs)
    def attempt(value: Any) -> None:
        over = time.monotonic() > (end + SHRINKING if result.found else end)
        if over:
            return
        result.tried += 1
        try:
            entrance.check(value)
        except Exception as error:
            kind = _kind_of(error)
            found = result.found.setdefault(kind, Found(kind, entrance, number, value, error, times=0))
            found.take(value, error)
            if not survey:
                raise

    try:
        attempt()
    except Exception:
        if not result.found:  # Hypothesis' own: a strategy is wrong
            raise


def _kind_of(error: BaseException) -> str:
    """A name for a failure: the same for the same promise, or for the same line of our sources."""
    if isinstance(error, Broken):
        return error.kind
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(SOURCES) and "/tests/" not in f.filename]
    last = (ours or list(frames))[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _reduce(found: Found, *, end: float) -> None:
    """Take away from the input whatever the failure does not need."""
    smaller = True
    while smaller and time.monotonic() < end:
        smaller = False
        for candidate in found.entrance.smaller(found.value):
            if time.monotonic() > end:
                return
            try:
                found.entrance.check(candidate)
            except Exception as error:
                if _kind_of(error) == found.kind:
                    found.value, found.error, smaller = candidate, error, True
                    break
