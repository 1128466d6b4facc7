"""The conversations of a run, shared out: each index goes to one worker, whatever the number of workers.

The master holds the `Allotment` and hands out blocks of indices in order; a worker holds a `Share`, which
asks for the next block before it runs out. No I/O: how the two reach each other is the caller's.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Allotment", "Share"]


class Allotment:
    """The indices from 0 on, each given out once; ``budget`` is how many there are, None for no end."""

    def __init__(self, budget: int | None = None) -> None:
        self._budget = budget
        self._next = 0
        self._held: Counter[str] = Counter()

    def take(self, holder: str, wanted: int) -> range:
        """The next indices, ``wanted`` of them or as many as are left; ``holder`` is to tell them."""
        first = self._next
        self._next += wanted
        if self._budget is not None:
            self._next = min(self._next, self._budget)
        self._held[holder] += self._next - first
        return range(first, self._next)

    def finish(self, holder: str, count: int) -> None:
        """Count conversations of ``holder`` that are over."""
        self._held[holder] -= count

    def give_up(self, holder: str) -> int:
        """Expect no more of ``holder``, which is gone; returns how many conversations it has not finished."""
        return self._held.pop(holder, 0)

    @property
    def holders(self) -> list[str]:
        """Who has conversations to finish."""
        return [holder for holder, count in self._held.items() if count > 0]

    @property
    def used_up(self) -> bool:
        """True if no index is left to hand out."""
        return self._next == self._budget

    @property
    def complete(self) -> bool:
        """True if every conversation of the budget is over."""
        return self.used_up and not self.holders


class Share:
    """What one worker has been given of an allotment and has not begun.

    ``report(wanted, finished)`` tells the holder of the allotment how many conversations are over since the
    last time, and asks for more; the answer comes by `receive`, at once or later. ``block`` says how many to
    ask for: with as many as there are users, a worker holds little that idle users elsewhere could tell.
    """

    def __init__(self, report: Callable[[int, int], None], *, block: Callable[[], int]) -> None:
        self._report = report
        self._block = block
        self._indices: deque[int] = deque()
        self._finished = 0
        self._asked = False
        self.used_up = False

    def receive(self, indices: Iterable[int], *, used_up: bool) -> None:
        """Take in what was given; ``used_up`` if there will be no more."""
        self._indices.extend(indices)
        self._asked, self.used_up = False, used_up
        if used_up and self._finished:
            self._send(0)  # those that were over between the question and this answer

    def take(self) -> int | None:
        """The next index; None where there is none yet, or no more."""
        block = self._block()
        if len(self._indices) <= block // 4 and not self._asked and not self.used_up:
            self._asked = True
            self._send(block)
        return self._indices.popleft() if self._indices else None

    def finish(self) -> None:
        """Count a conversation that is over."""
        self._finished += 1
        if self.used_up:
            self._send(0)

    def _send(self, wanted: int) -> None:
        finished, self._finished = self._finished, 0
        self._report(wanted, finished)
