"""The order of deliveries that are made several at a time: events of one conversation one after the other."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

__all__ = ["NOTHING", "Lanes", "conversation_of"]

Item = TypeVar("Item")

NOTHING: Any = object()
"""In place of an item, where none may be delivered now."""


def conversation_of(payload: Any) -> Hashable:
    """The id of the conversation that an event belongs to, else of its end user; None if it has neither."""
    data = payload.get("data") if isinstance(payload, dict) else None
    if not isinstance(data, dict):
        return None
    found = data.get("conversation_id") or data.get("end_user_id")
    return found if isinstance(found, str) else None


class Lanes(Generic[Item]):
    """Hands out items so that of those with one key never two are under way, and in their order.

    An item without a key waits for no other. ``most`` items are read ahead to find one whose key is free.
    """

    def __init__(
        self, items: Iterable[Item], key: Callable[[Item], Hashable] | None = None, *, most: int = 1000
    ) -> None:
        self._items = iter(items)
        self._key = key
        self._most = most
        self._lanes: dict[Hashable, deque[Item] | None] = {}
        self._waiting = 0
        self.exhausted = False

    def take(self) -> tuple[Any, Hashable]:
        """The next item whose key is free, and that key, taken from now on; `NOTHING` if none may go now."""
        if self._key is None:
            return self._read(), None
        while self._waiting < self._most and (item := self._read()) is not NOTHING:
            key = self._key(item)
            if key is None:
                return item, None
            if key not in self._lanes:
                self._lanes[key] = None
                return item, key
            lane = self._lanes[key]
            if lane is None:
                lane = self._lanes[key] = deque()
            lane.append(item)
            self._waiting += 1
        return NOTHING, None

    def follow(self, key: Hashable) -> Any:
        """The item after the one of ``key`` that is done; `NOTHING` if none waits: the key is free again."""
        if key is None:
            return NOTHING
        lane = self._lanes[key]
        if not lane:
            del self._lanes[key]
            return NOTHING
        self._waiting -= 1
        return lane.popleft()

    def _read(self) -> Any:
        item = next(self._items, NOTHING)
        if item is NOTHING:
            self.exhausted = True
        return item
