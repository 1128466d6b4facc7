"""The loop that every generator is timed by, whoever wrote it."""

from __future__ import annotations

import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["drained", "repeated"]


def drained(bodies: Iterator[bytes]) -> Callable[[int], dict[str, Any]]:
    """Times the next so many of the bodies; each is made, and dropped."""

    def run(count: int) -> dict[str, Any]:
        start = time.perf_counter()
        deque(islice(bodies, count), maxlen=0)
        return {"count": count, "seconds": time.perf_counter() - start}

    return run


def repeated(work: Callable[[Any], Any], values: list[Any]) -> Callable[[int], dict[str, Any]]:
    """Times so many calls, one after the other with the values, again and again."""

    def run(count: int) -> dict[str, Any]:
        rounds = max(1, round(count / len(values)))
        start = time.perf_counter()
        for _ in range(rounds):
            for value in values:
                work(value)
        return {"count": rounds * len(values), "seconds": time.perf_counter() - start}

    return run
